"""The script of a RUN, part by part, with the place of each part in the Dockerfile's text."""

from collections.abc import Collection
from dataclasses import dataclass

from layerwise.ecosystems import Part, command_of
from layerwise.graph.vertex import Step
from layerwise.syntax.edit import Edit
from layerwise.syntax.shell_tree import ShellWord
from layerwise.syntax.tree import Dockerfile, Heredoc, Run, Span

OF_SHELL = frozenset(
    {"cd", "export", "set", "umask", "exec", "trap", "alias", "unset", "ulimit", "shopt", "eval", ".", "source"}
)
"""Commands that change the shell they run in, which those behind them feel."""


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

    def without(self, gone: Collection[int], reason: str = "") -> tuple[Edit, ...]:
        """Return the edits that take parts out, by their index, each with what joins it to the part before it.

        What stands between the two, a comment on the part among it, goes too. Not all of them can go.
        """
        assert len(gone) < len(self.parts), "a RUN without a command is none: remove the instruction"
        spans = [self.span(part.node.span) for part in self.parts]
        first = next(index for index in range(len(spans)) if index not in gone)
        later = (index for index in range(first + 1, len(spans)) if index in gone)
        cut = [Span(spans[index - 1].end, spans[index].end) for index in later]
        if first:
            cut.insert(0, Span(spans[0].start, spans[first].start))
        return tuple(Edit(span, "", reason) for span in cut)

    def without_word(self, before: ShellWord, word: ShellWord) -> Edit:
        """Return the edit that takes a word of a command out, with the blanks behind the one before it."""
        return Edit(Span(self.span(before.span).end, self.span(word.span).end), "")

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
    parts = step.parts()
    return RunScript(run, parts, body) if parts else None


def common_script(dockerfile: Dockerfile, steps: Collection[Step]) -> RunScript | None:
    """Return the script of a RUN that does the same on every platform, whatever variables tell those apart."""
    scripts = [run_script(dockerfile, step) for step in steps]
    found = [script for script in scripts if script is not None]
    doings = {tuple((part.joiner, part.node, part.call, part.effects) for part in script.parts) for script in found}
    return found[0] if len(found) == len(scripts) and len(doings) == 1 else None
