"""Commands of a stage, written as a stage of their own: the text of it, and what is copied from it."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from layerwise.graph.directories import unknown_directory
from layerwise.graph.independence import Left
from layerwise.graph.outputs import Outputs
from layerwise.graph.passage import brief, named
from layerwise.graph.request import Request
from layerwise.graph.run_script import RunScript
from layerwise.graph.sibling import Sibling, sibling
from layerwise.graph.vertex import Graph, Kind
from layerwise.syntax.edit import Edit
from layerwise.syntax.new_stage import NewStage, free_name, with_stage
from layerwise.syntax.shell_tree import Command
from layerwise.syntax.tree import Copy, Dockerfile, Run, Stage

_GLOBAL = ("-g", "--global")
_LINKED = "every directory of {} that is copied is root's with mode 0755, as the copy with --link makes it"
_PLAIN = re.compile(r"[\w/.+@=:~-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Apart:
    """A rewrite that takes commands into a stage of their own.

    Attributes:
        edits: Of the Dockerfile.
        beside: The RUNs of the old stage that need not wait for them, nor they for those.
        sibling: How the stages stand to each other.
        doubts: What only a build can show.
    """

    edits: tuple[Edit, ...]
    beside: tuple[Run, ...]
    sibling: Sibling
    doubts: tuple[str, ...]

    @property
    def variant(self) -> str:
        """Tells the rewrites of the same commands apart."""
        return "with a new order" if any(isinstance(one, Run | Copy) for one in self.sibling.over) else "in order"


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of builds besides the file.

    Attributes:
        request: What is built; a new stage can't have the name of one of its contexts.
        varying: Arguments that change from build to build.
    """

    request: Request
    varying: Collection[str]


@dataclass(frozen=True, slots=True)
class Moved:
    """A RUN that moves, its script, and what it leaves."""

    script: RunScript
    outputs: Outputs

    @property
    def run(self) -> Run:
        """The instruction."""
        return self.script.run


def apart(
    dockerfile: Dockerfile, graphs: Sequence[Graph], stage: Stage, moved: Sequence[Moved], setting: Setting
) -> tuple[Apart | str, ...]:
    """Return the rewrites, or why there is none; nothing where nothing would run beside the commands.

    The first leaves the old stage in its order; a second one lets what the commands don't need go below what they need.
    """
    made = [_apart(dockerfile, graphs, stage, moved, setting, sinking=sinking) for sinking in (False, True)]
    return tuple(one for index, one in enumerate(made) if one is not None and one not in made[:index])


def _apart(
    dockerfile: Dockerfile,
    graphs: Sequence[Graph],
    stage: Stage,
    moved: Sequence[Moved],
    setting: Setting,
    *,
    sinking: bool,
) -> Apart | str | None:
    runs = tuple(one.run for one in moved)
    paths = tuple(path for one in moved for path in one.outputs.left)
    left = Left(runs[-1], paths, all(one.outputs.tools for one in moved))
    found = sibling(graphs, stage, runs, left, dockerfile, setting.varying, sinking=sinking)
    if isinstance(found, str):
        return found
    until = stage.instructions[: stage.instructions.index(found.place) + 1]
    beside = tuple(one for one in until if isinstance(one, Run) and one not in runs and one not in found.base)
    if not beside:
        return None
    if why := _shared(graphs, moved) or _unfit(graphs, found, moved) or _quoted(moved):
        return why
    name = free_name(
        dockerfile, next((one.outputs.name for one in moved if one.outputs.name), "stage"), setting.request.contexts
    )
    texts = {id(one.run): _text(dockerfile, one, name) for one in moved}
    said = (*found.repeated, *runs)
    lines = [
        texts.get(id(one)) or dockerfile.source(one.block).rstrip("\r\n")
        for one in sorted(said, key=stage.instructions.index)
    ]
    linked = {path: _linked(graphs, setting.request, found.place, runs, path) for path in _targets(moved)}
    copies = tuple(_copies(moved, name, linked))
    assert copies, "what nothing is copied of would be lost"
    made = NewStage(name, found.base, found.over, tuple(lines), runs, found.place, copies)
    edits = with_stage(dockerfile, stage, made, setting.request.contexts)
    if isinstance(edits, str):
        return edits
    links = (_LINKED.format(path) for path, link in linked.items() if link)
    doubts = (*found.doubts, *(doubt for one in moved for doubt in one.outputs.doubts), *links)
    return Apart(edits, beside, found, tuple(dict.fromkeys(doubts)))


def _shared(graphs: Sequence[Graph], moved: Sequence[Moved]) -> str:
    """Return what else writes into a directory that the commands leave, above them."""
    trees = [path for one in moved for path in one.outputs.paths if path.tree]
    runs = [one.run for one in moved]
    for graph in graphs:
        step = graph.at(runs[-1])
        for above in graph.above(step) if step else ():
            known = above.instruction not in runs and not above.effects.opaque
            inside = (tree.path for tree in trees for path in above.effects.writes if tree.covers(path.path))
            if known and above.kind is not Kind.WORKDIR and (path := next(inside, "")):
                return f"{named(above)} writes into {path} too"
    return ""


def _unfit(graphs: Sequence[Graph], found: Sibling, moved: Sequence[Moved]) -> str:
    """Return which COPY that would be said twice brings more than the commands read, or fills what they leave."""
    trees = {path.path for one in moved for path in one.outputs.paths if path.tree}
    for graph in graphs:
        steps = [step for one in moved if (step := graph.at(one.run)) is not None]
        manifests = {path for step in steps for path in step.effects.manifests}
        for copy in found.repeated:
            step = graph.at(copy) if isinstance(copy, Copy) else None
            if step and step.files and not manifests.issuperset(step.files[0].placed.values()):
                return f"{brief(copy)} brings more than it reads, and would be said twice"
        for step in steps:
            if filled := [tree for tree in trees for copied in step.sees.copies() if copied.holds(tree)]:
                return f"the build context has files for {filled[0]}"
    return ""


def _quoted(moved: Sequence[Moved]) -> str:
    paths = (path.path for one in moved for path in one.outputs.paths)
    odd = next((path for path in paths if not _PLAIN.fullmatch(path)), "")
    return f"{odd} has a character that a COPY would have to quote" if odd else ""


def _text(dockerfile: Dockerfile, moved: Moved, name: str) -> str:
    """Return the lines of a RUN in its new stage: npm's global packages go below a prefix of their own there."""
    run, script = moved.run, moved.script
    places = []
    for index in moved.outputs.staged:
        part = script.parts[index]
        assert isinstance(part.node, Command)
        assert part.call
        flag = next((at for at, one in enumerate(part.call.arguments) if one.value in _GLOBAL), 0)
        places.append(script.span(part.node.arguments[flag].span).end)
    text, start = dockerfile.source(run.block), run.block.start
    for place in sorted(places, reverse=True):
        cut = place - start
        text = f"{text[:cut]} --prefix=/{name}{text[cut:]}"
    return text.rstrip("\r\n")


def _targets(moved: Sequence[Moved]) -> tuple[str, ...]:
    """Return where what the commands leave is copied to."""
    prefixes = (one.outputs.prefix for one in moved if one.outputs.prefix)
    return tuple(dict.fromkeys((*prefixes, *(path.path for one in moved for path in one.outputs.paths))))


def _linked(graphs: Sequence[Graph], request: Request, place: Run, moved: Sequence[Run], path: str) -> bool:
    """Whether the copy to ``path`` may be linked: then it waits for nothing, and nothing above makes it anew."""
    for graph in graphs:
        step = graph.at(place)
        above = () if step is None else (*graph.above(step), step)
        left = tuple(one for one in above if one.instruction not in moved)
        if unknown_directory(left, request, path, trusting_installers=True):
            return False
    return True


def _copies(moved: Sequence[Moved], name: str, linked: Mapping[str, bool]) -> list[str]:
    def flags(path: str) -> str:
        return f"--link --from={name}" if linked[path] else f"--from={name}"

    lines = []
    for one in moved:
        if one.outputs.prefix:
            lines.append(f"COPY {flags(one.outputs.prefix)} /{name}/ {one.outputs.prefix}/")
        lines += [f"COPY {flags(path.path)} {path.path} {path.path}" for path in one.outputs.paths]
    return list(dict.fromkeys(lines))
