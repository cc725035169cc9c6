"""What tells a finding again when lines have moved: its rule or pass, the stage, and the instruction's text."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from layerwise.analysis import Analysis
from layerwise.graph.state import origin
from layerwise.plan import Chosen, Plan
from layerwise.rules import Finding
from layerwise.syntax.tree import Instruction, Stage


class Place(NamedTuple):
    """What a finding is about.

    Attributes:
        name: Of the rule or pass.
        stage: The stage's name, of one without a name its FROM; "" above the first one.
        instruction: In the words of ``graph.state.origin``; "" where the finding is about none.
    """

    name: str
    stage: str
    instruction: str


def places_found(analysis: Analysis, found: Iterable[Finding]) -> tuple[Place, ...]:
    """Return the places of what rules found."""
    return tuple(_place(analysis, name, diagnosis.line) for name, _, diagnosis in found)


def places_chosen(plan: Plan, chosen: Iterable[Chosen]) -> tuple[Place, ...]:
    """Return the places of rewrites, in the file as it stands."""
    return tuple(_place(plan.before, one.pass_name, one.line) for one in chosen)


def fingerprints(places: Iterable[Place]) -> tuple[str, ...]:
    """Return the fingerprint of each place; of equal places the first, the second and so on have their own."""
    before = Counter[Place]()
    made = []
    for place in places:
        text = "\0".join((*place, str(before[place])))
        made.append(hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32])
        before[place] += 1
    return tuple(made)


def instruction_at(analysis: Analysis, line: int) -> Instruction | None:
    """Return the instruction that begins at a line."""
    return next((one for one in analysis.dockerfile.instructions() if one.line == line), None)


def _place(analysis: Analysis, name: str, line: int) -> Place:
    instruction = instruction_at(analysis, line)
    if instruction is None:
        return Place(name, "", "")
    stages = (
        _name(stage) for stage in analysis.dockerfile.stages if instruction in (stage.opening, *stage.instructions)
    )
    return Place(name, next(stages, ""), origin(instruction))


def _name(stage: Stage) -> str:
    return stage.opening.name or origin(stage.opening)
