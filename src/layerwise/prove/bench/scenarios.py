"""The scenarios that a bench measures: the model's, and those that only a build can tell of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from layerwise.analysis import Analysis
from layerwise.errors import UsageError
from layerwise.graph.state import origin
from layerwise.graph.vertex import Graph, Kind
from layerwise.model.change import Change
from layerwise.model.scenarios import scenario_named
from layerwise.syntax.tree import Instruction

FIRST, MIDDLE, LAST = "dockerfile-first", "dockerfile", "dockerfile-last"
FRESH, CHECKOUT = "fresh", "checkout"
_ORDER = ("cold", "unchanged", "code", "deps:", "args", "code+args", MIDDLE, "base", CHECKOUT, FRESH)
_INSTRUCTION = "dockerfile:"


@dataclass(frozen=True, slots=True)
class Listed:
    """What a bench looks at.

    Attributes:
        measured: Scenarios to build.
        predicted: Scenarios that are left to the model: one for each instruction of which no change is measured.
        absent: Names of scenarios that mean nothing for this build, and why, a sentence each.
    """

    measured: tuple[Change, ...]
    predicted: tuple[Change, ...] = ()
    absent: tuple[tuple[str, str], ...] = ()


def listed(analysis: Analysis, dockerfile: str, asked: Sequence[str] = ()) -> Listed:
    """Return the scenarios of a build.

    Args:
        analysis: Of the file as it stands.
        dockerfile: Its path in the context, "" where it is not there.
        asked: What the user wants measured, ``pip`` for ``deps:pip`` and ``dockerfile`` for all three; empty for all.

    Raises:
        UsageError: He asks for something that is none of them.
    """
    own = frozenset({dockerfile} if dockerfile else ())
    found = [_with(change, own) for change in analysis.facts.scenarios if change.name != MIDDLE]
    ends = tuple(_ends(analysis.graphs[0], own))
    found += [*ends, _checkout(analysis), Change(FRESH, subject="an empty engine, and the cache of a registry")]
    measured = tuple(sorted(found, key=_place))
    taken = frozenset().union(*(change.instructions for change in ends))
    predicted = tuple(each for each in _instructions(analysis.graphs[0], own) if each.instructions.isdisjoint(taken))
    if not asked:
        return Listed(measured, predicted, tuple(_absent(measured)))
    wanted = tuple(change for name in asked for change in _named(name, measured))
    return Listed(tuple(each for each in measured if each in wanted))


def _with(change: Change, own: frozenset[str]) -> Change:
    """Return a change with the Dockerfile among its files where it is one of instructions: a COPY may take it."""
    return replace(change, files=change.files | own) if change.instructions else change


def _named(name: str, known: Sequence[Change]) -> tuple[Change, ...]:
    if name.lower() == MIDDLE:
        found = tuple(change for change in known if change.name.startswith(MIDDLE))
    else:
        one = scenario_named(name, known)
        found = (one,) if one else ()
    if not found:
        raise UsageError(f"no scenario is called {name!r}; there are {', '.join(change.name for change in known)}")
    return found


def _place(change: Change) -> tuple[int, int]:
    within = (FIRST, MIDDLE, LAST).index(change.name) if change.name in (FIRST, MIDDLE, LAST) else 0
    name = MIDDLE if change.name in (FIRST, LAST) else change.name
    return next(at for at, known in enumerate(_ORDER) if name == known or known[-1] == ":" == name[4:5]), within


def _ends(graph: Graph, own: frozenset[str]) -> Iterable[Change]:
    """Yield the change of a first, a middle and a last RUN; of fewer than three each once."""
    runs = [step for step in graph if step.kind is Kind.RUN and step.instruction and not _triggered(step.display)]
    places = {len(runs) // 2: MIDDLE} if runs else {}
    if runs:
        places = {0: FIRST, len(runs) - 1: LAST} | places
    for place, name in sorted(places.items()):
        instruction = runs[place].instruction
        assert instruction
        yield _changed(name, instruction, own)


def _instructions(graph: Graph, own: frozenset[str]) -> Iterable[Change]:
    """Yield the change of each instruction that makes a step."""
    for step in graph:
        if step.kind is not Kind.FROM and step.instruction and not _triggered(step.display):
            yield _changed(f"{_INSTRUCTION}{step.line}", step.instruction, own)


def _changed(name: str, instruction: Instruction, own: frozenset[str]) -> Change:
    subject = f"line {instruction.line} ({instruction.keyword}) changed"
    return Change(name, files=own, instructions=frozenset({origin(instruction)}), subject=subject)


def _triggered(display: str) -> bool:
    return display.startswith("ONBUILD ")


def _checkout(analysis: Analysis) -> Change:
    files = frozenset(
        path for graph in analysis.graphs for step in graph for each in step.files for path in each.placed
    )
    return Change(CHECKOUT, files=files, subject="the same files from another checkout: another path and umask")


def _absent(measured: Sequence[Change]) -> Iterable[tuple[str, str]]:
    names = {change.name for change in measured}
    if "code" not in names:
        yield "code", "no COPY takes a source file of the context"
    if not any(name.startswith("deps:") for name in names):
        yield "deps", "no step installs packages with a package manager that layerwise knows"
    if MIDDLE not in names:
        yield MIDDLE, "there is no RUN to change"
    if "args" not in names:
        yield "args", "no build argument is seen to have another value on each build"
