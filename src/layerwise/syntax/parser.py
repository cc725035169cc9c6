"""Text to tree: what BuildKit accepts is a ``Dockerfile``, what it refuses a ``DockerfileError`` naming all of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from layerwise.errors import DockerfileError
from layerwise.syntax import directives, instructions
from layerwise.syntax.lines import LONGEST, Lines
from layerwise.syntax.problems import Problems
from layerwise.syntax.tree import Dockerfile, From, Instruction, Stage


def read(path: Path | str) -> Dockerfile:
    """Parse a file.

    Raises:
        DockerfileError: BuildKit would refuse it.
        OSError: It can't be read.
    """
    return parse(decode(Path(path).read_bytes()), str(path))


def decode(content: bytes) -> str:
    """Decode a file's bytes so that any byte survives: ``encode`` with the same handler gives them back."""
    return content.decode("utf-8", "surrogateescape")


def parse(text: str, path: str = "Dockerfile") -> Dockerfile:
    """Parse a text; ``str`` of the result is the text again.

    Raises:
        DockerfileError: BuildKit would refuse it.
    """
    lines = Lines(text)
    problems = Problems(lines)
    header = directives.read(lines, problems)
    preamble: list[Instruction] = []
    stages: list[tuple[From, list[Instruction]]] = []
    rest = preamble
    while (line := lines.next()) is not None:
        instruction = instructions.read(line, lines, problems)
        if isinstance(instruction, From):
            rest = []
            stages.append((instruction, rest))
        else:
            rest.append(instruction)
    _check_whole(lines, problems, preamble, staged=bool(stages))
    if problems.found:
        raise DockerfileError(path, problems.in_order())
    return Dockerfile(
        path,
        text,
        header,
        lines.escape,
        tuple(preamble),
        tuple(_stages(stages)),
        lines.line_starts,
    )


def _stages(found: Sequence[tuple[From, list[Instruction]]]) -> Iterator[Stage]:
    nameless = 0
    for index, (opening, rest) in enumerate(found):
        yield Stage(index, opening, tuple(rest), opening.name or str(nameless))
        nameless += not opening.name


def _check_whole(lines: Lines, problems: Problems, preamble: list[Instruction], *, staged: bool) -> None:
    for index in lines.too_long():
        problems.add(lines.starts[index], f"a line has more than the {LONGEST} bytes that BuildKit reads: break it up")
    early = next((instruction for instruction in preamble if instruction.keyword != "ARG"), None)
    if early is not None and early.keyword != "FROM":  # a FROM is here only if it was refused
        problems.add(early.span.start, f"{early.keyword} stands before the first FROM: only ARG may")
    elif not staged and not problems.found:
        problems.add(0, "there is no stage: a Dockerfile needs a FROM")
