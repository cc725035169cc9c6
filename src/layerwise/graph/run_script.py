"""The script of a RUN, part by part, with the place of each part in the Dockerfile's text."""

from dataclasses import dataclass

from layerwise.ecosystems import Part, command_of, parts_of_run
from layerwise.graph.vertex import Step
from layerwise.syntax.tree import Dockerfile, Heredoc, Run, Span


@dataclass(frozen=True, slots=True)
class RunScript:
    """A RUN whose script can be taken apart.

    Attributes:
        run: The instruction.
        parts: Of its top level, at least one.
        body: The here-document that is the script, None where the script stands behind RUN.
    """

    run: Run
    parts: tuple[Part, ...]
    body: Heredoc | None

    def span(self, within: Span) -> Span:
        """Return where a span of the script, a part's or a word's, stands in the Dockerfile's text."""
        if self.body is not None:
            start = self.body.body.start
            return Span(start + within.start, start + within.end)
        return self.run.source_span(*within)

    def text(self, within: Span) -> str:
        """Return the script's own characters in a span, continued lines joined."""
        return (self.body.content if self.body else self.run.text)[within.start : within.end]

    @property
    def chained(self) -> bool:
        """Whether ``&&`` alone joins the parts, so that each runs once, after all above it succeeded."""
        return all(part.joiner in ("", "&&") for part in self.parts)


def run_script(dockerfile: Dockerfile, step: Step) -> RunScript | None:
    """Return the script of a RUN's step, None where it can't be taken apart or its places can't be told."""
    run = step.instruction
    if not isinstance(run, Run) or run.opaque or step.scope is None or step.display.startswith("ONBUILD "):
        return None
    command = command_of(run)
    body = next((one for one in run.heredocs if one.content == command), None)
    if run.heredocs and (body is None or dockerfile.source(body.body) != body.content):
        return None
    parts = parts_of_run(command, step.shell, step.scope)
    return RunScript(run, parts, body) if parts else None
