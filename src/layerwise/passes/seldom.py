"""Which lines of a requirements file seldom change, and so are worth an install of their own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from layerwise.ecosystems.sieve import Sieve, pinned
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


def seldom_changed(path: str, text: str, commits: Iterable[Change]) -> Seldom | None:
    """Return the packages of a requirements file that an install of their own saves most seconds for.

    None where it is not expected to save any: by priors, which say the same of each package.

    Args:
        path: Of the file in the build context.
        text: What it holds.
        commits: The replayed changes.
    """
    names = _pinned(text)
    touching = [change for change in commits if path in change.files]
    changing = {name: tuple(_changes(name, path, one) for one in touching) for name in names}
    counts = {name: sum(changed) for name, changed in changing.items()}
    ranked = sorted(names, key=lambda name: counts[name])
    sets = [ranked[:count] for count in range(1, len(ranked) + 1)]
    best = max(sets, key=lambda one: (_saved(one, changing, touching), -len(one)), default=[])
    if not best or _saved(best, changing, touching) <= 0:
        return None
    others = sorted(((name, counts[name]) for name in names if name not in best and counts[name]), key=_most)
    return Seldom(
        names=tuple(name for name in names if name in best),
        commits=len(touching),
        changed=sum(map(any, zip(*(changing[name] for name in best), strict=True))),
        others=tuple(others),
    )


def _pinned(text: str) -> tuple[str, ...]:
    """Return the packages that have a line which pins them, and no other that does."""
    found = [name for line in text.split("\n") if (name := pinned(line))]
    return tuple(name for name in found if found.count(name) == 1 and name.lower() not in _TOOLS)


def _changes(name: str, path: str, change: Change) -> bool:
    """Whether a change of the file is one of the line that pins a package, as far as is known."""
    return not Sieve(((name,),), "/", "/").hides(change.texts(path))


def _saved(names: Sequence[str], changing: Mapping[str, Sequence[bool]], touching: Sequence[Change]) -> float:
    """Return the seconds that an install of its own saves over some changes of the file."""
    prior, overhead = priors().work["pip.install"], priors().run_overhead_s
    saved = 0.0
    for index, change in enumerate(touching):
        again = any(changing[name][index] for name in names)
        once = prior.base_s + overhead if again else -prior.package_s * len(names)
        saved -= change.weight * (once + overhead)
    return saved


def _most(one: tuple[str, int]) -> tuple[int, str]:
    return -one[1], one[0]
