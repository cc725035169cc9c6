"""Which lines of a requirements file seldom change, and so are worth an install of their own."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from layerwise.ecosystems.sieve import Rewritten, pinned
from layerwise.model.change import Change
from layerwise.model.priors import priors

_TOOLS = frozenset({"pip", "setuptools", "wheel"})
"""What installs other packages: they come at the moment at which they always came."""


@dataclass(frozen=True, slots=True)
class Seldom:
    """The packages whose lines seldom change.

    Attributes:
        names: As the file writes them, in its order.
        commits: How many commits changed the file.
        changed: How many of them changed one of those lines, or may have.
        others: The other pinned packages that commits changed, with how many did, the most first.
    """

    names: tuple[str, ...]
    commits: int
    changed: int
    others: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class _Group:
    """Packages whose lines the same commits changed."""

    names: frozenset[str] = frozenset()
    changed: frozenset[int] = frozenset()

    def __or__(self, other: "_Group") -> "_Group":
        return _Group(self.names | other.names, self.changed | other.changed)


def seldom_changed(path: str, text: str, commits: Iterable[Change]) -> Seldom | None:
    """Return the packages of a requirements file that an install of their own saves most seconds for.

    None where it is not expected to save any: by priors, which say the same of each package.

    Args:
        path: Of the file in the build context.
        text: What it holds.
        commits: The replayed changes.
    """
    names = tuple(name for name, kept in _pins(text).items() if len(kept) == 1 and name.lower() not in _TOOLS)
    touching = [change for change in commits if path in change.files]
    groups = _groups(names, [change.texts(path) for change in touching])
    best, saved = _Group(), 0.0
    for one in _nested(groups, touching):
        if (more := _saved(one, touching)) > saved:
            best, saved = one, more
    if not best.names:
        return None
    counts = {name: len(group.changed) for group in groups for name in group.names}
    others = ((name, counts[name]) for name in names if name not in best.names and counts[name])
    return Seldom(
        names=tuple(name for name in names if name in best.names),
        commits=len(touching),
        changed=len(best.changed),
        others=tuple(sorted(others, key=lambda one: (-one[1], one[0]))),
    )


def _groups(names: Sequence[str], texts: Sequence[Rewritten | None]) -> list[_Group]:
    """Return packages by the changes of the file that are changes of their lines, as far as is known."""
    changing: defaultdict[str, set[int]] = defaultdict(set)
    for index, one in enumerate(texts):
        before, after = (_pins(one.before), _pins(one.after)) if one else ({}, {})
        for name in names:
            if one is None or before.get(name) != after.get(name):
                changing[name].add(index)
    alike: defaultdict[frozenset[int], set[str]] = defaultdict(set)
    for name in names:
        alike[frozenset(changing[name])].add(name)
    return [_Group(frozenset(found), changed) for changed, found in alike.items()]


def _nested(groups: Iterable[_Group], touching: Sequence[Change]) -> Iterable[_Group]:
    """Yield sets of packages, each with those more that save most, or cost least."""
    left, taken = list(groups), _Group()
    while left:
        most = max(left, key=lambda one: _saved(taken | one, touching))
        left.remove(most)
        taken |= most
        yield taken


def _pins(text: str) -> dict[str, list[str]]:
    """Return the lines of a requirements file that pin a package, with their ends, by its name."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for line in re.split(r"(?<=\n)", text):
        if name := pinned(line.removesuffix("\n")):
            found[name].append(line)
    return found


def _saved(group: _Group, touching: Sequence[Change]) -> float:
    """Return the seconds that an install of its own saves over some changes of the file."""
    prior, overhead = priors().work["pip.install"], priors().run_overhead_s
    total = sum(change.weight for change in touching)
    again = sum(touching[index].weight for index in group.changed)
    once = prior.package_s * len(group.names)
    return once * (total - again) - (prior.base_s + overhead) * again - overhead * total
