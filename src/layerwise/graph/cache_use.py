"""What the commands of a RUN do with its download caches, asked before a mount takes the place of those."""

from collections.abc import Iterable
from dataclasses import dataclass

from layerwise.ecosystems import Part, accounts, archive, fetch, files, text
from layerwise.ecosystems.call import Argument
from layerwise.ecosystems.effects import CacheDirectory, Path
from layerwise.ecosystems.places import place
from layerwise.graph.run_script import RunScript
from layerwise.syntax.shell_tree import Command

LISTS = "/var/lib/apt/lists"
ARCHIVES = "/var/cache/apt"
UNFINISHED = Path(f"{LISTS}/partial", tree=True)
# Directories that are in Debian's images themselves: a command that removes one of them changes more than a cache.
_OF_THE_BASE = frozenset({LISTS, ARCHIVES, f"{ARCHIVES}/archives"})
TOOLS = frozenset().union(*(module.NAMES for module in (accounts, archive, fetch, files, text)))
"""Commands that work on whatever files they are given, as package managers do not."""


@dataclass(frozen=True, slots=True)
class CacheUse:
    """What becomes of the parts of a script when its caches are mounted.

    Attributes:
        owners: The parts that download, by index.
        cleaning: The parts that only remove what lies in the caches.
        words: Arguments of other parts that do: index of the part, and of the argument.
        kept: The caches that hold something when the RUN has ended as it stands.
    """

    owners: tuple[int, ...]
    cleaning: tuple[int, ...]
    words: tuple[tuple[int, int], ...]
    kept: tuple[CacheDirectory, ...]


def cache_use(script: RunScript, caches: Iterable[CacheDirectory]) -> CacheUse | str:
    """Return what the parts of a script do with ``caches``, or why that can't be told or stands in a mount's way."""
    trees = tuple(Path(cache.path, tree=True) for cache in caches)
    owners, cleaning, words = list[int](), list[int](), list[tuple[int, int]]()
    emptied = set[str]()
    for index, part in enumerate(script.parts):
        if part.joiner == "&":
            return "commands run in the background"
        if any(cache.path == tree.path for cache in part.effects.caches for tree in trees):
            if not isinstance(part.node, Command) or part.call is None:
                return f"`{_shown(script, part)}` is no plain command"
            owners.append(index)
            continue
        found = _removed(part, trees)
        if isinstance(found, str):
            return f"`{_shown(script, part)}` {found}"
        gone, places = found
        emptied |= {tree.path for tree in trees for one in places if one.covers(tree.path) or _below(one, tree)}
        if gone is None:
            cleaning.append(index)
        words += [(index, word) for word in gone or ()]
    turned_off = bool(owners) and all(script.parts[index].effects.uncached for index in owners)
    kept = tuple(cache for cache in caches if cache.path not in emptied and not turned_off)
    return CacheUse(tuple(owners), tuple(cleaning), tuple(words), kept)


def _shown(script: RunScript, part: Part) -> str:
    words = " ".join(script.text(part.node.span).split())
    return words if len(words) <= 60 else f"{words[:57]}..."  # noqa: PLR2004  # what fits into a line of a report


def _below(one: Path, tree: Path) -> bool:
    """Whether a clean-up inside a cache takes what it is kept for."""
    return tree.covers(one.path) and one != UNFINISHED


_Removed = tuple[tuple[int, ...] | None, tuple[Path, ...]]


def _removed(part: Part, trees: tuple[Path, ...]) -> _Removed | str:
    """Return the arguments of a part that only remove from the caches, None for all of it; and what they remove.

    Where it does something else there, that is said instead.
    """
    effects = part.effects
    if effects.opaque:
        return f"may do anything ({effects.opaque})"
    if part.call is not None and part.call.name == "rm":
        return _words(part, trees)
    inside = [path for path in effects.writes if any(tree.covers(path.path) for tree in (*trees, UNFINISHED))]
    tool = part.call is None or part.call.name in TOOLS
    if not tool and inside and len(inside) == len(effects.writes) and not effects.fetches:
        return None, tuple(inside)
    if tool and any(tree.covers(path.path) for tree in trees for path in (*effects.reads, *effects.writes)):
        return "works on what lies in the cache"
    if tool and any(path.covers(tree.path) for tree in trees for path in effects.writes):
        return "works on a directory in which the cache lies"
    return (), ()


def _words(part: Part, trees: tuple[Path, ...]) -> _Removed | str:
    assert part.call
    node = part.node
    if not isinstance(node, Command) or len(node.arguments) != len(part.call.arguments):
        return "removes paths that can't be told apart"
    gone, places, others = list[int](), list[Path](), 0
    for index, argument in enumerate(part.call.arguments):
        if argument.prefix.startswith("-"):
            continue
        named = place(argument, part.scope)
        if any(tree.covers(named.path) for tree in trees):
            if _whole(argument, named):
                return f"removes {argument.text}, which is there without the cache too"
            gone.append(index)
            places.append(named)
        elif any(named.covers(tree.path) for tree in trees):
            return f"removes more than the cache: {argument.text}"
        else:
            others += 1
    return (tuple(gone) if others else None if gone else ()), tuple(places)


def _whole(argument: Argument, named: Path) -> bool:
    """Whether a directory of the base image goes: itself by name, or as one of all that lies in another."""
    if argument.value is not None:
        return named.path in _OF_THE_BASE
    return argument.text.endswith("/*") and named.path == ARCHIVES
