"""A stage that keeps some lines of a requirements file: what mounts them changes when one of those lines does.

BuildKit knows what is mounted from a stage by its content (docs/cache.md), so a step that mounts the lines is served
from the cache although the stage ran again, as long as it keeps the same.
"""

from dataclasses import dataclass

from layerwise.ecosystems.sieve import Rewritten, Sieve, sieve_of
from layerwise.graph.copying import Selection
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.syntax.shell_tree import Command
from layerwise.syntax.tree import Run


@dataclass(frozen=True, slots=True)
class Sifting:
    """A COPY of a requirements file and the RUN below it that keeps some of its lines.

    Attributes:
        copy: Id of the step of the COPY.
        run: Id of the step of the RUN.
        selection: What the COPY takes.
        sieve: What the RUN keeps.
    """

    copy: str
    run: str
    selection: Selection
    sieve: Sieve

    def hides(self, path: str, rewritten: Rewritten | None) -> bool:
        """Whether a change of a context file does not show in what is kept.

        Args:
            path: Relative to the context.
            rewritten: Its texts, None where they are not known.
        """
        if path in self.selection.links:
            return False
        if self.selection.takes(path) != self.sieve.source:
            return True
        memo = self.selection.context.memo
        return memo.once(("hidden by a sieve", self.sieve, rewritten), lambda: self.sieve.hides(rewritten))


def sieve_in(step: Step) -> Sieve | None:
    """Return what a RUN keeps of a requirements file; None where it does anything else besides."""
    run = step.instruction
    looks_like_one = isinstance(run, Run) and not run.flags and run.text.startswith("sed ")
    parts = step.parts() if looks_like_one and not step.effects.opaque else ()
    if len(parts) != 1 or parts[0].call is None or not isinstance(parts[0].node, Command):
        return None
    return sieve_of(parts[0].call, parts[0].node, parts[0].scope)


def siftings(graph: Graph) -> tuple[Sifting, ...]:
    """Return the stages of a graph that keep lines of a file that a COPY brings right above."""
    found = []
    steps = {step.id: step for step in graph}
    for step in graph:
        sieve = sieve_in(step) if len(step.edges) == 1 else None
        if sieve is None:
            continue
        copy = steps[step.edges[0].step]
        if copy.kind is Kind.COPY and len(copy.files) == 1 and copy.files[0].source_of(sieve.source) is not None:
            found.append(Sifting(copy.id, step.id, copy.files[0], sieve))
    return tuple(found)


def sifted_by(step: Step, paths: tuple[str, ...]) -> str | None:
    """Return the text of the one file that another step takes of a step, where that keeps lines; None for any other."""
    sieve = sieve_in(step)
    if sieve is None or paths != (sieve.target,):
        return None
    sifted = step.sees.with_sieve(sieve).sifted(sieve.target)
    return sifted.text() if sifted else None
