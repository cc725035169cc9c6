"""The parts of a RUN by the package manager they belong to, as layers of their own would have them."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from layerwise.ecosystems import Part
from layerwise.ecosystems.effects import Effects, Path
from layerwise.graph.run_script import OF_SHELL, RunScript
from layerwise.syntax.shell_tree import Command

_NEUTRAL = frozenset({"shell", "files", "archive", "download", "accounts", "unknown", "copy", "workdir"})


@dataclass(frozen=True, slots=True)
class Group:
    """Consecutive parts of one package manager.

    Attributes:
        manager: As the first word of a kind of work: ``apt``, ``npm``.
        parts: Indices of its parts, in order, clean-up from below among them.
    """

    manager: str
    parts: tuple[int, ...]


def groups(script: RunScript) -> tuple[Group, ...] | str:
    """Return the groups of a script's parts, or why they can't be layers of their own.

    A part without a package manager stays with the one above it; one that only cleans the caches of an earlier
    manager goes up to it.
    """
    if not script.chained:
        return "its commands are not joined by `&&` alone"
    if why := next((reason for part in script.parts if (reason := _keeps_to_itself(part, script))), ""):
        return why
    found: list[tuple[str, list[int]]] = [("", [])]
    for index, part in enumerate(script.parts):
        manager = _manager(part)
        if (owner := _cleaned(part, index, found, script.parts)) is not None:
            owner.append(index)
        elif manager and found[-1][0] and manager != found[-1][0]:
            found.append((manager, [index]))
        else:
            found[-1] = (found[-1][0] or manager, [*found[-1][1], index])
    made = tuple(Group(manager, tuple(parts)) for manager, parts in found)
    return _parted(made, script.parts) or made


def _manager(part: Part) -> str:
    managers = {work.kind.partition(".")[0] for work in part.effects.work} - _NEUTRAL
    return next(iter(managers)) if len(managers) == 1 else ""


def _keeps_to_itself(part: Part, script: RunScript) -> str:
    """Say why a part is no plain command, or would leave something in its shell for the next one."""
    shown = f"`{script.text(part.node.span)}`"
    if not isinstance(part.node, Command) or part.call is None:
        return f"{shown} is no plain command"
    if part.effects.opaque:
        return part.effects.opaque
    first = script.parts[0].scope
    if (part.scope.cwd, part.scope.environment) != (first.cwd, first.environment) or part.call.name in OF_SHELL:
        return f"{shown} runs in a shell that another command has set up"
    if part.call.name == "ln" and not any(one.text.startswith("-") and "s" in one.text for one in part.call.arguments):
        return f"{shown} makes a hard link, which layers would part"
    return ""


def _cleaned(part: Part, index: int, found: Sequence[tuple[str, list[int]]], parts: Sequence[Part]) -> list[int] | None:
    """Return the group above whose caches are all that a part removes, where it may go up there."""
    for _, members in reversed(found[:-1]):
        if part.effects.cleans(cache for member in members for cache in parts[member].effects.caches):
            between = parts[members[-1] + 1 : index]
            return members if not any(_meet(part.effects, other.effects) for other in between) else None
    return None


def _meet(one: Effects, other: Effects) -> bool:
    return _overlap(one.writes, (*other.reads, *other.writes)) or _overlap(other.writes, (*one.reads, *one.writes))


def _overlap(some: Iterable[Path], others: Iterable[Path]) -> bool:
    return any(one.overlaps(other) for one, other in itertools.product(some, tuple(others)))


def _parted(made: Sequence[Group], parts: Sequence[Part]) -> str:
    """Say what must not be parted: an update from its install, and a removal from what it removes."""
    for place, group in enumerate(made):
        kinds = [work.kind for index in group.parts for work in parts[index].effects.work]
        updates = [kind for kind in kinds if kind.endswith(".update")]
        installs = [kind for kind in kinds if kind in {"apt.install", "apk.install"}]
        earlier = [other for other in made[:place] if other.manager == group.manager]
        if earlier and installs and not updates:
            return f"{group.manager} installs again from the lists that were fetched before {made[place - 1].manager}"
        if earlier and any(kind.endswith(".remove") for kind in kinds):
            return f"{group.manager} removes packages that a layer above would keep"
        removed = [path for index in group.parts if _removes(parts[index]) for path in parts[index].effects.writes]
        above = [path for other in made[:place] for index in other.parts for path in parts[index].effects.writes]
        if _overlap(removed, above):
            return "something is removed that a layer above would keep"
    return ""


def _removes(part: Part) -> bool:
    return part.call is not None and part.call.name in {"rm", "rmdir", "find", "unlink", "shred"}
