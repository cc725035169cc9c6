"""How commands of a stage can run in a stage of their own beside it: what both start from, and what is said twice."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from layerwise.graph.copy_order import copy_past
from layerwise.graph.independence import Left, needs, of_packages, untouched, uses
from layerwise.graph.passage import Passage, brief
from layerwise.graph.variable_order import variable_past
from layerwise.graph.vertex import Graph
from layerwise.syntax import variables
from layerwise.syntax.tree import Copy, Dockerfile, Instruction, Pairs, Run, Stage


@dataclass(frozen=True, slots=True)
class Sibling:
    """A stage beside another one.

    Attributes:
        base: What both start from besides the image, in order; it ends with a RUN, or is empty.
        over: What stands above some of ``base`` and must go below it.
        repeated: What the new stage says again before the commands, in order: configuration, and what they read.
        place: The RUN of the old stage below which the files are copied: the last of the commands, or one below it.
        doubts: What only a build can show.
    """

    base: tuple[Instruction, ...]
    over: tuple[Instruction, ...]
    repeated: tuple[Instruction, ...]
    place: Run
    doubts: tuple[str, ...]


def sibling(
    graphs: Sequence[Graph],
    stage: Stage,
    moved: Sequence[Run],
    left: Left,
    dockerfile: Dockerfile,
    varying: Collection[str],
    *,
    sinking: bool,
) -> Sibling | str:
    """Return how ``moved`` can run beside the rest of their stage, or why not.

    ``varying`` arguments change from build to build: what defines them, or hands them on, goes below the base too.
    ``sinking``: so may other steps that they don't need, so that their stage starts without those.
    """
    end = stage.instructions.index(moved[-1])
    above = [one for one in stage.instructions[:end] if one not in moved]
    if strange := next((one for one in above if one.opaque or one.keyword in {"ONBUILD", "VOLUME"}), None):
        return f"{brief(strange)} stands above it"
    escape = dockerfile.escape
    calm = _calm(above, varying, escape)
    forced: set[int] = set()
    while True:
        kept, doubts = _kept(graphs, above, moved, escape, forced)
        last = max((index for index in kept if isinstance(above[index], Run)), default=-1)
        kept_or_calm = kept | {index for index in calm if index < last}
        over = [index for index in range(last) if index not in kept_or_calm]
        clashes = [index for index in over if not sinking and isinstance(above[index], Run | Copy)]
        clashes = clashes or [
            index for index in over if not _may_sink(graphs, above, index, kept_or_calm, last, escape)
        ]
        if not clashes:
            break
        forced.update(clashes)
    base = tuple(above[index] for index in sorted(kept_or_calm) if index <= last)
    sunk = tuple(above[index] for index in over)
    moving = tuple(
        f"{brief(one)} and {brief(base[-1])} may change places" for one in sunk if isinstance(one, Run | Copy)
    )
    repeated = tuple(above[index] for index in sorted(kept) if index > last)
    place, passed = _place(graphs, stage, left)
    return Sibling(base, sunk, repeated, place, tuple(dict.fromkeys((*doubts, *moving, *passed))))


def _place(graphs: Sequence[Graph], stage: Stage, left: Left) -> tuple[Run, tuple[str, ...]]:
    """Return the last RUN below which neither the commands' own place nor that of their files matters, with doubts.

    The copy below it waits for nobody, and where the files are others, what stands above the copy need not run again.
    """
    place, doubts = left.maker, list[Instruction]()
    passed: list[Instruction] = []
    for below in stage.instructions[stage.instructions.index(left.maker) + 1 :]:
        if not isinstance(below, Run | Copy) and below.keyword not in _CALM:
            break
        need = uses(graphs, left, below)
        if need.needed:
            break
        passed += [below] if need.doubt else []
        if isinstance(below, Run):
            place, doubts = below, list(passed)
    return place, (untouched(left, doubts),) if doubts else ()


_CALM = frozenset({"ARG", "ENV", "LABEL", "EXPOSE", "WORKDIR", "CMD", "ENTRYPOINT", "STOPSIGNAL", "HEALTHCHECK"})


def _calm(above: Sequence[Instruction], varying: Collection[str], escape: str) -> set[int]:
    """Return the configuration that is the same in each build, by index: it need not leave its place."""
    unsteady = set(varying)
    found: set[int] = set()
    for index, one in enumerate(above):
        if isinstance(one, Pairs):
            names = {pair.name for pair in one.pairs}
            used = set().union(*(variables.references(pair.value or "", escape) for pair in one.pairs))
            if unsteady & (names | used):
                unsteady |= names if one.keyword != "LABEL" else set()
                continue
        if not isinstance(one, Run | Copy):
            found.add(index)
    return found


def _kept(
    graphs: Sequence[Graph], above: Sequence[Instruction], moved: Sequence[Run], escape: str, forced: set[int]
) -> tuple[set[int], list[str]]:
    """Return the instructions that ``moved`` need, and those that these need, with the doubts about the others."""
    kept: set[int] = set()
    doubts: list[str] = []
    for index in range(len(above) - 1, -1, -1):
        users = [*moved, *(above[other] for other in sorted(kept))]
        found = [needs(graphs, above[index], user, escape) for user in users]
        if index in forced or any(need.needed for need in found):
            kept.add(index)
        else:
            doubts += [need.doubt for need in found if need.doubt]
    return kept, doubts


def _may_sink(
    graphs: Sequence[Graph], above: Sequence[Instruction], index: int, kept: set[int], last: int, escape: str
) -> bool:
    """Whether an instruction that is not needed may go below all of the base that stands below it."""
    sinking = above[index]
    return all(_passes(graphs, sinking, above[other], escape) for other in sorted(kept) if index < other <= last)


def _passes(graphs: Sequence[Graph], sinking: Instruction, base: Instruction, escape: str) -> bool:
    if isinstance(base, Pairs):
        names = frozenset(pair.name for pair in base.pairs)
        return base.keyword == "LABEL" or _free(variable_past(graphs, sinking, names, escape).passage)
    if isinstance(sinking, Copy):
        return copy_past(graphs, sinking, base, escape).passage is Passage.FREE
    if not isinstance(sinking, Run):
        return True
    if not all(of_packages(step) for graph in graphs if (step := graph.at(sinking)) is not None):
        return False
    return isinstance(base, Run | Copy) and not needs(graphs, base, sinking, escape).needed


def _free(passage: Passage) -> bool:
    return passage in (Passage.FREE, Passage.INSTALLER)
