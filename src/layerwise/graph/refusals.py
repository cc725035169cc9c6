"""What BuildKit refuses only when it builds: errors of parts, said with their place in the Dockerfile."""

from collections.abc import Iterator
from contextlib import contextmanager

from layerwise.errors import DockerfileError, Problem
from layerwise.syntax.tree import Dockerfile, Instruction
from layerwise.syntax.variables import ExpansionError


class Unbuildable(ValueError):
    """A ``--from`` that BuildKit refuses: a stage that comes later, an index that no stage has, a variable."""


@contextmanager
def located(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[None]:
    """Say of an error raised inside that it is this instruction's.

    Raises:
        DockerfileError: In place of an ExpansionError or an Unbuildable.
    """
    try:
        yield
    except (ExpansionError, Unbuildable) as error:
        line, column = dockerfile.position(instruction.span.start)
        written = dockerfile.text[instruction.span.start :].partition("\n")[0].rstrip("\r")
        problem = Problem(line, column, str(error), " " * (column - 1) + written)
        raise DockerfileError(dockerfile.path, (problem,)) from error
