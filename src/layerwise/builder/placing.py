"""Where in a Dockerfile a vertex comes from: its stage, number and line, and the key of its instruction."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from layerwise.builder.names import StepName
from layerwise.errors import DockerfileError
from layerwise.graph.context import Context
from layerwise.graph.lower import lower
from layerwise.graph.request import Request
from layerwise.graph.state import instruction_key
from layerwise.graph.vertex import Graph
from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Dockerfile


@dataclass(frozen=True, slots=True)
class Position:
    """One instruction that makes a step.

    Attributes:
        stage: As BuildKit shows it.
        number: The ``i`` of ``[stage i/n]``, where no named context takes the place of the stage's base.
        line: In the Dockerfile.
        keyword: ``RUN``, or ``ONBUILD RUN`` for a triggered one.
        written: The instruction on one line.
        key: As in ``records.StepRecord``.
    """

    stage: str
    number: int
    line: int
    keyword: str
    written: str
    key: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The steps of a Dockerfile by where they stand; empty where its text is not known."""

    by_line: Mapping[tuple[int, str], Position] = field(default_factory=dict)
    by_number: Mapping[tuple[str, int, str], Position] = field(default_factory=dict)

    def at_line(self, line: int, instruction: str) -> Position | None:
        """Return the step that an instruction at a line makes, if it is of the same kind as ``instruction``."""
        return self.by_line.get((line, _keyword(instruction)))

    def numbered(self, stage: str, number: int, instruction: str) -> Position | None:
        """Return the step of ``[stage number/n]``, if it is of the same kind as ``instruction``."""
        return self.by_number.get((stage, number, _keyword(instruction)))

    def fits(self, names: Sequence[StepName]) -> bool:
        """Whether steps can be those of this Dockerfile: each has its place, and the text where nothing is expanded."""
        return bool(names) and all(
            (position := self.numbered(name.stage, name.number, name.instruction)) is not None
            and (_expands(position) or position.written == name.instruction)
            for name in names
        )


def layout(text: str | None, contexts: Collection[str] = ()) -> Layout:
    """Return the layout of a Dockerfile's text; of one that BuildKit would refuse, an empty one.

    Args:
        text: The Dockerfile, None where it is not known.
        contexts: Named contexts of the build: a stage whose base is one of them has no FROM among its numbers.
    """
    if text is None:
        return Layout()
    try:
        dockerfile = parse(text, "Dockerfile")
    except DockerfileError:
        return Layout()
    positions = tuple(_positions(dockerfile, contexts))
    numbered = {(position.stage, shown, position.keyword): position for position, shown in positions}
    if len(dockerfile.stages) == 1:  # BuildKit leaves the name of a stage out where there is but one
        numbered |= {("stage-0", shown, position.keyword): position for position, shown in positions}
    return Layout({(position.line, position.keyword): position for position, _ in positions}, numbered)


def shown_key(instruction: str) -> str:
    """Return the key of a step of which only what BuildKit shows is known."""
    return f"shown:{hashlib.sha256(instruction.encode('utf-8', 'surrogateescape')).hexdigest()}"


def graphs_of(dockerfile: Dockerfile, context: Context, contexts: Collection[str] = ()) -> Iterator[Graph]:
    """Yield the graph of each stage that can be a target, the last stage's at the end; none of one that can't be built.

    ``contexts`` are the names of what takes the place of bases.
    """
    names = [stage.opening.name for stage in dockerfile.stages[:-1] if stage.opening.name]
    for target in (*names, None):
        request = Request(context=context, target=target, contexts={name: name for name in contexts})
        try:
            graph = lower(dockerfile, request, request.platforms[0])
        except DockerfileError:
            continue
        yield graph


def _positions(dockerfile: Dockerfile, contexts: Collection[str]) -> Iterator[tuple[Position, int]]:
    """Yield the steps, each with its number as BuildKit shows it."""
    for graph in graphs_of(dockerfile, Context.from_paths(()), contexts):
        replaced = {step.stage for step in graph if step.display.removeprefix("FROM ") in contexts}
        for step in graph:
            if step.instruction is not None:
                number = int(step.id.rpartition(":")[2])
                key = instruction_key(step.instruction)
                position = Position(step.stage, number, step.line, _keyword(step.display), step.display, key)
                yield position, number - (step.stage in replaced)


def _expands(position: Position) -> bool:
    """Whether BuildKit shows an instruction in other words than those written: with values, a digest, a summary."""
    return position.keyword == "FROM" or "$" in position.written or "<<" in position.written


def _keyword(instruction: str) -> str:
    first, _, rest = instruction.partition(" ")
    if first.upper() == "ONBUILD":
        return f"ONBUILD {rest.partition(' ')[0].upper()}"
    return first.upper()
