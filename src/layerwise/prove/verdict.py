"""What a comparison of two images comes to."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from layerwise.prove.difference import Difference


class Standing(Enum):
    """What a difference means."""

    NOISE = "noise"
    """A rule of the noise policy excuses it."""
    EXPECTED = "expected"
    """Whoever asked for the comparison wants it."""
    REAL = "real"


@dataclass(frozen=True, slots=True, order=True)
class Owner:
    """The package that a path belongs to, and the package manager that says so."""

    manager: str
    package: str

    def __str__(self) -> str:
        return f"{self.package} ({self.manager})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A difference and what it means.

    Attributes:
        difference: What differs.
        standing: What that means.
        rule: Name of the rule that excuses it, "" where none does.
        reason: Why it is noise or expected, "" of a real one.
        owner: The package that the path belongs to, None where none is known.
        excerpt: Lines of a diff of two text files, the first few.
    """

    difference: Difference
    standing: Standing
    rule: str = ""
    reason: str = ""
    owner: Owner | None = None
    excerpt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformVerdict:
    """The comparison of one platform.

    Attributes:
        platform: ``os/arch[/variant]``.
        judged: All differences, those of the config first, then by path.
        paths: How many both file systems have together; None where they were not read, for all layers are the
            same or only one side has the platform.
    """

    platform: str
    judged: tuple[Judged, ...]
    paths: int | None = None

    def standing(self, standing: Standing) -> tuple[Judged, ...]:
        """Return the differences that mean the same."""
        return tuple(one for one in self.judged if one.standing is standing)

    @property
    def noise(self) -> Mapping[tuple[str, str], int]:
        """How many differences each rule excuses, by its name and reason, the most first."""
        rules = Counter((one.rule, one.reason) for one in self.standing(Standing.NOISE))
        return dict(sorted(rules.items(), key=lambda pair: (-pair[1], pair[0])))

    @property
    def equal(self) -> bool:
        """Whether nothing real differs."""
        return not any(one.standing is Standing.REAL for one in self.judged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The comparison of two images, A and B.

    Attributes:
        left: What A was asked for by.
        right: What B was asked for by.
        platforms: One for each platform of either.
    """

    left: str
    right: str
    platforms: tuple[PlatformVerdict, ...]

    @property
    def equal(self) -> bool:
        """Whether nothing real differs on any platform."""
        return all(platform.equal for platform in self.platforms)
