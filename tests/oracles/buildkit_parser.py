"""BuildKit's own Go parser, through the package ``dockerfile``, and our tree brought to its form.

The package says nothing of what only an instruction's own reader refuses (unknown instructions and flags, FROM with
two arguments, COPY with one, …), and gives lines but no columns. What else differs has its row in ``EXCEPTIONS``.
"""

import re
from typing import NamedTuple

import dockerfile

from layerwise.errors import DockerfileError
from layerwise.syntax import words
from layerwise.syntax.keywords import KEYWORDS
from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Copy, Dockerfile, From, Heredoc, Instruction, Onbuild, Pairs, Unknown


class Command(NamedTuple):
    """What both parsers say of an instruction; ``heredocs`` is None where the package gives none."""

    keyword: str
    first: int
    last: int
    flags: tuple[str, ...]
    values: tuple[str, ...]
    heredocs: tuple[tuple[str, int, str], ...] | None
    json: bool


def theirs(text: str) -> list[Command] | None:
    """Parse with BuildKit's parser; None where it refuses."""
    try:
        commands = dockerfile.parse_string(text)
    except dockerfile.GoParseError:
        return None
    return [
        Command(
            (f"{command.cmd} {command.sub_cmd}" if command.sub_cmd else command.cmd).upper(),
            command.start_line,
            command.end_line,
            command.flags,
            command.value,
            None
            if command.sub_cmd
            else tuple((doc.name, doc.file_descriptor, doc.content) for doc in command.heredocs),
            command.json,
        )
        for command in commands
    ]


def ours(tree: Dockerfile) -> list[Command]:
    """Bring a tree to the package's form."""
    return [_our_command(tree, instruction) for instruction in tree.instructions()]


def _our_command(tree: Dockerfile, instruction: Instruction) -> Command:
    inner = instruction.trigger if isinstance(instruction, Onbuild) else instruction
    keyword = instruction.keyword if inner is instruction else f"{instruction.keyword} {inner.keyword}"
    return Command(
        keyword,
        instruction.line,
        instruction.end_line,
        tuple(f"--{flag.name}" + ("" if flag.value is None else f"={flag.value}") for flag in instruction.flags),
        _values(tree, inner),
        None if inner is not instruction else tuple(_document(tree, one) for one in instruction.heredocs),
        inner.exec_form is not None,
    )


def _document(tree: Dockerfile, heredoc: Heredoc) -> tuple[str, int, str]:
    return heredoc.name, heredoc.file_descriptor, tree.source(heredoc.body)


def _values(tree: Dockerfile, instruction: Instruction) -> tuple[str, ...]:
    text = instruction.text
    match instruction:
        case Unknown():
            return ("",)
        case Pairs():
            return tuple(_pair_values(tree, instruction))
        case Copy():
            return (*(word.text for word in instruction.sources), instruction.destination.text)
        case From():
            return tuple(piece.text for piece in words.blank_separated(text))
    if instruction.keyword == "HEALTHCHECK":
        kind, _, rest = text.partition(" ")
        return (kind, *(instruction.exec_form or filter(None, (rest.lstrip(),))))
    if instruction.exec_form is not None:
        return instruction.exec_form
    if instruction.keyword in {"EXPOSE", "VOLUME"}:
        return tuple(piece.text for piece in words.blank_separated(text))
    return (text,) if text else ()


def _pair_values(tree: Dockerfile, instruction: Pairs) -> list[str]:
    values: list[str] = []
    pieces = words.quoted(instruction.text, tree.escape)
    if instruction.keyword == "ARG":
        return [piece.text for piece in pieces]
    for piece in pieces:
        name, equals, value = piece.text.partition("=")
        if not equals and not values:
            return words.BLANK.split(instruction.text, 1)
        values += [name, value]
    return values


class Deviation(NamedTuple):
    """A kind of text on which the package differs from today's BuildKit, and so from us."""

    cause: str
    pattern: re.Pattern[str]


DEVIATIONS = (
    Deviation(
        "the package's parser is older than `<< NAME`, a here-document with a blank before its name",
        re.compile(r"<<(?:[\t\r ]|[\\`][\t ]*\r?\n)"),
    ),
    Deviation(
        "it does not know the check directive, which there ends the directives above an escape",
        re.compile(r"#\s*check\s*=.*#\s*escape\s*=", re.DOTALL | re.IGNORECASE),
    ),
    Deviation(
        "it escapes with a backslash within flags, whatever the escape directive says",
        re.compile(r"escape\s*=\s*`.*--[^\s'\"\\`]*['\"\\`]", re.DOTALL | re.IGNORECASE),
    ),
    Deviation(
        "it takes only ASCII blanks between the # and the name of a directive",
        re.compile(r"#\s*[^\S\t\n\f\r ]\s*escape", re.IGNORECASE),
    ),
    Deviation("it hands the text to Go as a C string of UTF-8, which ends at a NUL", re.compile("[\0\ud800-\udfff]")),
)


def deviation(text: str) -> Deviation | None:
    """Return why the two parsers may differ on a text, if they may."""
    return next((one for one in DEVIATIONS if one.pattern.search(text)), None)


def difference(text: str) -> str | None:
    """Say how the two parsers differ on a text; None where they agree as far as the package can tell."""
    if deviation(text):
        return None
    try:
        tree = parse(text)
    except DockerfileError:
        return None
    expected = theirs(text)
    found = ours(tree)
    if any(_array_and_more(mine) for mine in found):
        return None
    if expected is None:
        return "we accept what BuildKit's parser refuses"
    for instruction, mine, their in zip(tree.instructions(), found, expected, strict=False):
        if _refused_later(instruction):
            their = their._replace(values=mine.values, json=mine.json)  # noqa: PLW2901
        if mine != their:
            return f"ours:   {mine}\ntheirs: {their}"
    return None if len(found) == len(expected) else f"{len(found)} instructions against {len(expected)}"


def _array_and_more(command: Command) -> bool:
    """Whether an array is not the last of the text: the package decodes it alone, BuildKit takes the shell form."""
    return not command.json and any(value.startswith("[") for value in command.values)


def _refused_later(instruction: Instruction) -> bool:
    """Whether BuildKit will refuse what ONBUILD stores, when it is triggered; we keep it opaque, the package as words."""
    return (
        isinstance(instruction, Onbuild)
        and isinstance(instruction.trigger, Unknown)
        and instruction.trigger.keyword in KEYWORDS
    )
