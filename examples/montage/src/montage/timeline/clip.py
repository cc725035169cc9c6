"""The values that a timeline is made of."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Motion:
    """A camera move: scale and centre at the start and at the end of a clip."""

    start_scale: float
    end_scale: float
    start: tuple[float, float]
    end: tuple[float, float]


@dataclass(frozen=True)
class Clip:
    """One picture for some seconds."""

    picture: Path
    begin: float
    end: float
    motion: Motion

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.begin


@dataclass(frozen=True)
class Timeline:
    """The clips in order, without gaps."""

    clips: tuple[Clip, ...]

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.clips[-1].end if self.clips else 0.0

    def at(self, time: float) -> Clip | None:
        """The clip that is seen at a time."""
        return next((clip for clip in self.clips if clip.begin <= time < clip.end), None)
