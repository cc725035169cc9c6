"""What a bench asks of whoever builds for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from layerwise.builder.made import Trace
from layerwise.recording.timed import Timed


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One build.

    Attributes:
        context: The build context.
        dockerfile: The Dockerfile.
        platform: What for; several joined by commas for a base image.
        scope: The part of the cache to build in, "" for none.
        tag: The name of the image, "" where only the cache is to have the result.
        archive: A file that the image is written to as an OCI archive, without attestations, in place of all that; None
            for none.
        options: Further options of ``docker buildx build``.
        scenario: What the record says, "" for no record.
        bench: The bench's name, for the record.
        plain: Whether the user's own options are left out: it is none of his builds.
    """

    context: Path
    dockerfile: Path
    platform: str
    scope: str = ""
    tag: str = ""
    archive: Path | None = None
    options: tuple[str, ...] = ()
    scenario: str = ""
    bench: str = ""
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """What is seen of a cache.

    Attributes:
        claims: By the id of a build, the ids of the records that it made for sure.
        sizes: By id, the bytes of every record.
        waiting: Ids of builds of which more may become sure, once another build has ended.
        contested: How many records are left alone, for another build may have made them.
        disturbed: Ids of builds beside which another one ran, as far as this machine's buildx began it.
        doubtful: By the id of a build, marks of records that another one may have made.
    """

    claims: Mapping[str, tuple[str, ...]]
    sizes: Mapping[str, int]
    waiting: frozenset[str] = frozenset()
    contested: int = 0
    disturbed: frozenset[str] = frozenset()
    doubtful: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Need:
    """What a bench will add, in bytes, estimated.

    Attributes:
        cache: To the build cache, as the builder counts it.
        disk: To the engine's disk, images beside the cache.
    """

    cache: int
    disk: int


class Engine(Protocol):
    """Builds, and takes away what its builds made."""

    @property
    def isolation(self) -> str:
        """How the builds are kept apart from others' cache, a sentence."""

    def check(self, need: Need) -> tuple[str, ...]:
        """Return what speaks against the bench though it can be done, a sentence each.

        Raises:
            BuilderError: It can't be done: nothing answers, or there is no room.
        """

    def own(self, name: str) -> None:
        """Build from now on in a builder of this name, which is made where it is not there, and nobody else uses.

        Raises:
            BuilderError: It can't be made.
        """

    def disown(self, name: str) -> None:
        """Remove a builder, and all that it has cached; nothing where there is none.

        Raises:
            BuilderError: It can't be removed.
        """

    def unfresh(self) -> str:
        """Return why there is no empty builder with the cache of a registry, "" where one can be had."""

    def unmovable(self, references: Sequence[str]) -> str:
        """Return why no base can be had that has moved, "" where one can."""

    def build(self, order: Order) -> Timed:
        """Build.

        Raises:
            BuilderError: There is no docker here.
            StoreError: The store can't be written.
            KeyboardInterrupt: The user's.
        """

    def unfinished(self, directory: Path, known: frozenset[str]) -> tuple[Trace, ...]:
        """Return what is left of the builds of contexts below a directory, those of known ids left out.

        Raises:
            BuilderError: One of them still runs.
        """

    def look(self, traces: Sequence[Trace]) -> Looked:
        """Return what the cache holds, and which of it these builds made.

        Raises:
            BuilderError: The builder does not answer.
        """

    def remove(self, ids: Sequence[str]) -> int:
        """Remove records of the cache; return how many stay, for something uses them.

        Raises:
            BuilderError: The builder does not answer.
        """

    def remove_image(self, tag: str) -> None:
        """Remove an image, where it is there.

        Raises:
            BuilderError: The engine does not answer, or the image is in use.
        """
