"""What a list of patterns says of all names in a directory: most are told apart without trying each pattern on each.

Where no pattern matches a path itself, what its directory inherits decides, and that is the same for every name there.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from layerwise.graph.patterns import Pattern, PatternList

Verdict: TypeAlias = Callable[[str], bool]
"""Whether the list matches a name in a directory."""

_OPEN = re.compile(r"\*\*|[\\\[\]^]")  # without these a pattern says how many components it has, and each by itself


@dataclass(frozen=True, slots=True)
class DirectoryPatterns:
    """A list of patterns, sorted by what it takes to see that one of them does not match a name.

    Attributes:
        patterns: The list.
        anywhere: Last components that match in any directory.
        placed: Last components that match in some directories: how deep those lie, what their path matches.
        others: Patterns that only the whole path tells.
    """

    patterns: PatternList
    anywhere: frozenset[str]
    placed: tuple[tuple[int, re.Pattern[str], str], ...]
    others: tuple[Pattern, ...]

    @classmethod
    def of(cls, patterns: PatternList) -> "DirectoryPatterns":
        """Sort a list."""
        anywhere: set[str] = set()
        placed: list[tuple[int, re.Pattern[str], str]] = []
        others: list[Pattern] = []
        for pattern in patterns.patterns:
            above, _, last = pattern.text.rpartition("/")
            if not _OPEN.search(pattern.text):
                placed.append((pattern.text.count("/"), _wild(above), last))
            elif above == "**" and not _OPEN.search(last):
                anywhere.add(last)
            else:
                others.append(pattern)
        return cls(patterns, frozenset(anywhere), tuple(placed), tuple(others))

    def verdict(self, directory: str) -> Verdict | bool:
        """Return what tells which names in a directory (``""`` is the root) are matched; a bool where all are alike."""
        inherited = self.patterns.inherited(directory)
        maybe = self._maybe(directory)
        if maybe is None:
            return inherited
        before = f"{directory}/" if directory else ""
        return lambda name: self.patterns.matches(before + name) if maybe(name) else inherited

    def _maybe(self, directory: str) -> Verdict | None:
        """Return what tells which names a pattern may match itself: it is wrong at most where it says so."""
        depth = directory.count("/") + 1 if directory else 0
        here = (last for level, above, last in self.placed if level == depth and above.fullmatch(directory))
        known = _any_of(self.anywhere.union(here))
        if not self.others:
            return known
        before = f"{directory}/" if directory else ""
        matchers = tuple(pattern.matches for pattern in self.others)
        return lambda name: (known is not None and known(name)) or any(match(before + name) for match in matchers)


def _any_of(components: frozenset[str]) -> Verdict | None:
    wild = frozenset(one for one in components if re.search(r"[*?]", one))
    literal = components - wild
    if not wild:
        return literal.__contains__ if literal else None
    matches = re.compile("|".join(_wild(one).pattern for one in sorted(wild)), re.DOTALL).fullmatch
    return lambda name: name in literal or matches(name) is not None


def _wild(text: str) -> re.Pattern[str]:
    pieces = re.split(r"([*?])", text)
    return re.compile("".join({"*": "[^/]*", "?": "[^/]"}.get(piece) or re.escape(piece) for piece in pieces))
