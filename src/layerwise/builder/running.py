"""A build that has not ended: the engine gives its steps away afterwards only, but its Dockerfile may lie here.

What it may be making is guessed widely, for nothing that it may be making is to be taken for another's.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.builder.history import Remembered, Span
from layerwise.errors import DockerfileError
from layerwise.syntax.parser import read
from layerwise.syntax.tree import Instruction

_MAKE = ("RUN", "COPY", "ADD", "WORKDIR")


@dataclass(frozen=True, slots=True)
class Running:
    """A build that runs.

    Attributes:
        span: From its start; nobody knows its end.
        steps: Keyword and text of its steps, white space put together, the text "" where it may be any; None where
            nobody knows them.
    """

    span: Span
    steps: tuple[tuple[str, str], ...] | None

    def may_have_made(self, at_s: float, keyword: str, text: str) -> bool:
        """Whether it may have made a record at this moment, of a step that ends in this text; "" for no step."""
        if not self.span.holds(at_s):
            return False
        return (
            self.steps is None or not keyword or any(keyword == own and text.endswith(end) for own, end in self.steps)
        )


def running_of(build: Remembered) -> Running:
    """Return what may be known of a build that runs."""
    try:
        dockerfile = read(build.dockerfile) if build.dockerfile else None
    except (DockerfileError, OSError):
        dockerfile = None
    if dockerfile is None:
        return Running(build.span, None)
    steps = (step for instruction in dockerfile.instructions() for step in _steps(instruction))
    return Running(build.span, tuple(steps))


def _steps(instruction: Instruction) -> Iterator[tuple[str, str]]:
    if instruction.keyword not in _MAKE:
        return
    if instruction.keyword != "RUN":
        expanded = "" if "$" in instruction.text else instruction.text
        yield instruction.keyword, " ".join(expanded.split())
        return
    texts = [
        " ".join(instruction.exec_form or ()) or instruction.text,
        *(each.content for each in instruction.heredocs),
    ]
    yield from ((instruction.keyword, " ".join(text.split())) for text in texts)
