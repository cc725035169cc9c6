"""Which commits touch files that patterns match: asked again for each text of a plan, answered once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from layerwise.graph.memo import Memo
from layerwise.graph.patterns import PatternList
from layerwise.model.change import Change


@dataclass(frozen=True, slots=True)
class Parted:
    """A commit that touches files of some patterns: the rest of its files, and all of them."""

    rest: frozenset[str]
    files: frozenset[str]


class Touched:
    """The answers for some commits.

    Args:
        commits: The commits.
    """

    def __init__(self, commits: Sequence[Change]) -> None:
        self._commits = commits
        self._memo = Memo()

    def any_of(self, pattern: str) -> bool:
        """Whether a commit touches a file that a pattern of an ignore file matches."""
        return self._memo.once(("any", pattern), lambda: any(map(PatternList.compile([pattern]).matches, self._paths)))

    def parted(self, patterns: Sequence[str]) -> tuple[Parted, ...]:
        """Return the commits that touch files of the patterns and leave the Dockerfile as it is, in order."""
        return self._memo.once(("parted", *patterns), lambda: self._parted(patterns))

    @cached_property
    def _paths(self) -> frozenset[str]:
        return frozenset().union(*(commit.files for commit in self._commits))

    def _parted(self, patterns: Sequence[str]) -> tuple[Parted, ...]:
        matches = PatternList.compile(patterns).matches
        found = []
        for commit in self._commits:
            mine = frozenset(path for path in commit.files if matches(path))
            if mine and not commit.instructions:
                found.append(Parted(commit.files - mine, commit.files))
        return tuple(found)
