"""Names a rewrite by what its claim rests on, so that a proof can be remembered and found again."""

import hashlib
from collections.abc import Iterator

from layerwise.analysis import Analysis
from layerwise.graph.state import origin
from layerwise.graph.vertex import Kind
from layerwise.passes.base import Proposal
from layerwise.syntax.tree import Copy, Run, Stage

_STEPS = (Run, Copy)


def rewrite_digest(name: str, proposal: Proposal, analysis: Analysis) -> str:
    """Return a digest that two proposals share only where a proof of the one is a proof of the other.

    It changes with the pass, its class and doubts, with what is replaced and what comes instead, with the base images,
    target and platforms, and with the RUN, COPY and ADD that stand in the stage above the last edit: those run before
    it, or are passed by it. It does not change with what stands elsewhere, with ARG, ENV and the like, or with lines.
    """
    parts = [name, proposal.safety.value, *proposal.doubts, "", *_edits(proposal, analysis), "", proposal.ignore or ""]
    parts += ["", *_stood_upon(proposal, analysis), "", *_bases(proposal, analysis)]
    return _digest(*parts, "", *_asked(analysis))


def place_digest(name: str, subject: str, analysis: Analysis) -> str:
    """Return a digest of a rewrite of one very file, whatever else is rewritten in it.

    What speaks against a rewrite speaks against it there, until somebody changes the file.
    """
    return _digest("file", name, subject, *(text or "" for text in analysis.texts), *_asked(analysis))


def rewrite_shape(proposal: Proposal, analysis: Analysis) -> tuple[str | int, ...]:
    """Return what tells whether two proposals of one subject, made in different texts, do the same.

    That is what comes, and how many steps stand from the first edit to the last one.
    """
    start = min((edit.span.start for edit in proposal.edits), default=0)
    end = max((edit.span.end for edit in proposal.edits), default=0)
    stage = analysis.dockerfile.stages[proposal.stage].instructions
    steps = sum(isinstance(one, _STEPS) and start <= one.span.start < end for one in stage)
    return (*sorted(edit.text for edit in proposal.edits), proposal.ignore or "", steps)


def _asked(analysis: Analysis) -> Iterator[str]:
    yield analysis.facts.request.target or ""
    yield from sorted(analysis.facts.request.platforms)


def _digest(*parts: str) -> str:
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _edits(proposal: Proposal, analysis: Analysis) -> Iterator[str]:
    text = analysis.dockerfile.text
    for edit in sorted(proposal.edits, key=lambda one: one.span):
        yield text[edit.span.start : edit.span.end]
        yield edit.text


def _stood_upon(proposal: Proposal, analysis: Analysis) -> Iterator[str]:
    """Yield the steps above the last edit, in the stage of the proposal."""
    end = max((edit.span.end for edit in proposal.edits), default=0)
    for instruction in analysis.dockerfile.stages[proposal.stage].instructions:
        if isinstance(instruction, _STEPS) and instruction.span.start < end:
            yield origin(instruction)


def _bases(proposal: Proposal, analysis: Analysis) -> Iterator[str]:
    """Yield the FROM lines of the stage and of those that it starts from, as each platform expands them."""
    chain = {stage.index for stage in _chain(proposal.stage, analysis)}
    for graph in analysis.graphs:
        for step in graph:
            if step.kind is Kind.FROM and step.stage_index in chain:
                yield step.display
    yield from (origin(analysis.dockerfile.stages[index].opening) for index in sorted(chain))


def _chain(index: int, analysis: Analysis) -> Iterator[Stage]:
    stages = analysis.dockerfile.stages
    stage: Stage | None = stages[index]
    while stage is not None:
        yield stage
        above = (other for other in stages[: stage.index] if other.opening.name == stage.opening.image.lower())
        stage = next(above, None)
