"""Whether a step needs what an instruction above it does: what a stage of its own must hold before it can run there."""

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from layerwise.ecosystems.effects import SYSTEM, Path
from layerwise.graph.passage import Passage, brief, named
from layerwise.graph.variable_order import variable_past
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.syntax import variables
from layerwise.syntax.tree import Copy, Instruction, Pairs, Run

_STATE = Path("/var", tree=True)
_PACKAGES = ("apt", "apk", "dnf")
_PLAIN = frozenset({"shell", "files.change"})
_ANY = """
    ca-certificates openssl gnupg git build-essential build-base gcc g++ make cmake clang python3 python3-dev pkg-config
    linux-headers libc-dev musl-dev patch file
"""
"""OS packages that installers run themselves, whatever is installed."""
_PROVIDERS = {
    "npm": {"node", "nodejs", "npm", "nodejs-current"},
    "curl": {"curl"},
    "wget": {"wget"},
    "tar": {"tar", "xz-utils", "xz", "bzip2", "zstd", "gzip"},
    "unzip": {"unzip"},
    "pip": {"python3-pip", "py3-pip", "python3-venv"},
    "python": {"python3", "python", "python3-venv", "python-is-python3"},
    "composer": {"composer", "php", "unzip"},
    "yarn": {"yarn", "yarnpkg", "nodejs", "npm"},
    "pnpm": {"nodejs", "npm"},
    "conda": set(),
}


@dataclass(frozen=True, slots=True)
class Need:
    """Whether one instruction is needed by another below it, and the doubt where it is taken not to be."""

    needed: bool
    doubt: str = ""


_NEEDED, _FREE = Need(needed=True), Need(needed=False)


def needs(graphs: Sequence[Graph], above: Instruction, below: Instruction, escape: str) -> Need:
    """Return whether ``below`` needs what ``above`` does, on some platform."""
    if isinstance(above, Pairs):
        return _needs_variables(graphs, above, below, escape)
    if not isinstance(above, Run | Copy):
        return Need(above.keyword in {"WORKDIR", "USER", "SHELL"} or above.opaque)
    placed = [(graph, graph.at(above), graph.at(below)) for graph in graphs]
    found = [_steps(graph, one, other) for graph, one, other in placed if one is not None and other is not None]
    return max(found, key=_weight, default=_FREE)


@dataclass(frozen=True, slots=True)
class Left:
    """What commands leave: the last of them, where all of it lies, and whether it is a tool no installer looks for."""

    maker: Run
    paths: tuple[Path, ...]
    tool: bool


def uses(graphs: Sequence[Graph], left: Left, below: Instruction) -> Need:
    """Return whether a step below may use or change what commands left."""
    steps = [step for graph in graphs if (step := graph.at(below)) is not None]
    return max((_uses(left, step) for step in steps), key=_weight, default=_FREE)


def untouched(left: Left, below: Sequence[Instruction]) -> str:
    """Return the doubt about some steps, one at least, that use and change nothing of what commands left."""
    *others, last = map(brief, below)
    if not others:
        return f"{last} runs nothing, and replaces nothing, of what {brief(left.maker)} brings"
    several = f"{', '.join(others)} and {last}"
    return f"{several} run nothing, and replace nothing, of what {brief(left.maker)} brings"


def _uses(left: Left, below: Step) -> Need:
    effects, kinds = below.effects, {work.kind for work in below.effects.work} - _PLAIN
    if effects.opaque or effects.needs_source:
        return _NEEDED
    of_system = any(path.overlaps(one) for path in left.paths for one in SYSTEM)
    assert below.instruction, "only steps of instructions are asked about"
    doubt = untouched(left, [below.instruction]) if kinds and (of_system or left.tool) else ""
    if of_packages(below) or (left.tool and kinds and kinds <= _THIRD_PARTY):
        return Need(needed=False, doubt=doubt)
    touched = (*effects.reads, *effects.writes)
    return Need(any(path.overlaps(other) for path in left.paths for other in touched), doubt)


_THIRD_PARTY = frozenset(
    {"download", "pip.install", "pip.unpack", "conda.install", "conda.create", "uv.install", "gem.install"}
)


def _weight(need: Need) -> tuple[bool, str]:
    return need.needed, need.doubt


def _needs_variables(graphs: Sequence[Graph], above: Pairs, below: Instruction, escape: str) -> Need:
    if above.keyword == "LABEL":
        return _FREE
    names = frozenset(pair.name for pair in above.pairs)
    used = frozenset().union(*(variables.references(pair.value or "", escape) for pair in above.pairs))
    if isinstance(below, Pairs) and below.keyword != "LABEL":
        theirs = frozenset().union(*(variables.references(pair.value or "", escape) for pair in below.pairs))
        return Need(not names.isdisjoint(theirs) or any(pair.name in names | used for pair in below.pairs))
    return Need(variable_past(graphs, below, names, escape).passage not in (Passage.FREE, Passage.INSTALLER))


def _steps(graph: Graph, above: Step, below: Step) -> Need:
    made_by = _source(graph, above)
    effects, kinds = made_by.effects, {work.kind for work in made_by.effects.work}
    if effects.opaque or below.effects.opaque or below.effects.needs_source:
        return _NEEDED
    if below.kind is Kind.RUN and kinds == {"npm.global"} == {work.kind for work in below.effects.work}:
        return Need(needed=False, doubt=f"{named(below)} uses nothing of what {named(above)} brings")
    if below.kind is Kind.RUN and of_packages(above):
        if _provides(above, below):
            return _NEEDED
        return Need(needed=False, doubt=f"{named(above)} brings nothing that {named(below)} looks at")
    if above.kind is Kind.RUN and below.kind is Kind.RUN and _files_alone(above, below):
        return Need(needed=False, doubt=f"{named(below)} does not run what {named(above)} brings")
    if of_packages(below):
        return Need(any(written.overlaps(path) for written in above.effects.writes for path in (*SYSTEM, _STATE)))
    touched = (*below.effects.reads, *below.effects.writes, *(SYSTEM if below.kind is Kind.RUN else ()))
    # Packages of the system may set up /srv or /opt themselves; that is none of what a COPY brings there.
    written = [path for path in above.effects.writes if path.tree or not of_packages(above)]
    return Need(any(path.overlaps(other) for path in written for other in touched))


def _source(graph: Graph, step: Step) -> Step:
    """Return the RUN that made what a COPY brings from another stage, the step itself where none can be named."""
    made = [graph.step(edge.step) for edge in step.edges if edge.paths is not None]
    return made[0] if len(made) == 1 and made[0].kind is Kind.RUN else step


def of_packages(step: Step) -> bool:
    """Whether a step installs packages of the system and does nothing else."""
    managers = {work.kind.partition(".")[0] for work in step.effects.work if work.kind not in _PLAIN}
    return step.kind is Kind.RUN and bool(managers) and managers <= set(_PACKAGES) and not step.effects.opaque


def _provides(above: Step, below: Step) -> bool:
    """Whether OS packages have programs that a command runs: its own, and those that any installer may start."""
    names = {name.partition("=")[0] for work in above.effects.work for name in work.names}
    wanted = set(_ANY.split())
    for program in programs(below):
        wanted |= _PROVIDERS.get(program, {program})
    return not names or not names.isdisjoint(wanted) or any(name.endswith(("-dev", "-devel")) for name in names)


def programs(step: Step) -> frozenset[str]:
    """Return the names under which OS packages may have what a step runs, by the kinds of its work."""
    tools = {work.kind.partition(".")[0] for work in step.effects.work} - {"shell", "files", "unknown"}
    aliases = {"download": ("curl", "wget"), "archive": ("tar", "unzip"), "python": ("python", "pip")}
    return frozenset(name for tool in tools for name in aliases.get(tool, (tool,)))


def _files_alone(above: Step, below: Step) -> bool:
    """Whether a RUN only downloads files that another one neither names nor can be taken to start."""
    writes = [path for path in above.effects.writes if not path.path.endswith("/.wget-hsts")]
    kinds = {work.kind for work in above.effects.work} - _PLAIN
    started = programs(below)
    return (
        kinds == {"download"}
        and not any(path.tree for path in writes)
        and not any(_named(path, below.effects.reads) or posixpath.basename(path.path) in started for path in writes)
    )


def _named(path: Path, reads: Iterable[Path]) -> bool:
    return any(read.covers(path.path) for read in reads if not any(read.overlaps(system) for system in SYSTEM))
