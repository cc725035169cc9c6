"""The commands that a script runs, with the variables it sets filled in and the directory it stands in.

A reading, not an execution: conditions count as taken, a ``for`` over listed words is unrolled, and what only a run
could tell (``$1``, ``$(git rev-parse HEAD)``) stays as written.
"""

import itertools
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from layerwise.invocation.invocation import joined, unresolved
from layerwise.invocation.words import BARE, SINGLE, Word, commands


@dataclass(frozen=True, slots=True)
class Argument:
    """A word of a command after expansion.

    Attributes:
        text: With the variables that the script sets, and else with their defaults.
        line: The 1-based line where it is written.
        open: With a default that the caller's environment may override still as written: ``${TAG:-latest}``.
    """

    text: str
    line: int
    open: str


@dataclass(frozen=True, slots=True)
class Call:
    """One simple command.

    Attributes:
        words: The command's name and arguments.
        directories: Where it may run, the likeliest first, relative to the repository's root.
        variables: What the script set before it, its own assignments (``A=b command``) included.
    """

    words: tuple[Argument, ...]
    directories: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)


def calls(
    text: str, line: int = 1, *, variables: Mapping[str, str] | None = None, directories: tuple[str, ...] = (".",)
) -> Iterator[Call]:
    """Yield the commands of a shell text whose first line is ``line``, run in the first of ``directories``."""
    return calls_of(((text, line),), variables=variables, directories=directories)


def calls_of(
    parts: Iterable[tuple[str, int]],
    *,
    variables: Mapping[str, str] | None = None,
    directories: tuple[str, ...] = (".",),
) -> Iterator[Call]:
    """Yield the commands of several texts, each with its first line, that one shell runs in turn."""
    script = _Script(dict(variables or {}), directories)
    for text, line in parts:
        for words in commands(text, line):
            yield from script.run(words)


def filled(text: str, variables: Mapping[str, str]) -> str:
    """Return the text with the known variables filled in, and with the directories that scripts look up by name."""
    text = _VARIABLE.sub(lambda match: variables.get(match[1] or match[2], match.group()), text)
    for _ in range(_MOST_NESTED):
        before, text = text, _LOOKUP.sub(_looked_up, text)
        if before == text:
            break
    return text


def defaulted(text: str) -> str:
    """Return the text with ``${NAME:-default}`` replaced by its default, other variables as written."""
    for _ in range(_MOST_NESTED):
        before, text = text, _VARIABLE.sub(lambda match: match.group() if match[3] is None else match[3], text)
        if before == text:
            break
    return text


_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?:\[[@*0]\])?(?::?[-=]((?:[^{}]|\{[^{}]*\})*))?\})")
_PATH = r"""["']?([^\s"'$();&|]+)["']?"""
_LOOKUP = re.compile(
    rf"""\$\(\s*(?:(dirname|realpath|readlink)(?:\s+-\S+)*\s+{_PATH}
      | cd(?:\s+-\S+)*\s+{_PATH}\s*(?:\d*>&?\s*[^\s&]+\s*)*(?:&&|\|\||;)\s*(?:exit\s*;\s*)?pwd(?:\s+-\w)?
      | git\s+rev-parse\s+--show-toplevel)\s*\)""",
    re.VERBOSE,
)
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\+?)=(.*)", re.DOTALL)
_OPENING = frozenset({"if", "then", "elif", "else", "do", "while", "until", "!", "{", "time"})
_SETTING = frozenset({"export", "local", "readonly", "declare", "typeset"})
_MOST_TURNS = 64
_MOST_NESTED = 5


class _Script:
    def __init__(self, variables: dict[str, str], directories: tuple[str, ...]) -> None:
        self.variables = variables
        self.start = directories
        self.directories = directories
        self.loops: list[tuple[str, tuple[str, ...]]] = []

    def run(self, words: tuple[Word, ...]) -> Iterator[Call]:
        words = tuple(itertools.dropwhile(lambda word: _text(word) in _OPENING, words))
        own = tuple(itertools.takewhile(_is_assignment, words))
        words = words[len(own) :]
        name = _text(words[0]) if words else ""
        if not words:
            self._assign(own)
        elif name in _SETTING:
            self._assign(tuple(word for word in words[1:] if _is_assignment(word)))
        elif name == "for":
            self._open_loop(words)
        elif name == "done":
            self.loops = self.loops[:-1]
        elif name in {"cd", "pushd"}:
            self._enter(words)
        else:
            yield from self._calls(own, words)

    def _calls(self, own: tuple[Word, ...], words: tuple[Word, ...]) -> Iterator[Call]:
        names = [name for name, _ in self.loops]
        turns = itertools.product(*(values for _, values in self.loops))
        for turn in itertools.islice(turns, _MOST_TURNS):
            variables = self.variables | dict(zip(names, turn, strict=True))
            given = {name: value for name, _, value in (_assigned(word, variables) for word in own)}
            arguments = tuple(argument for word in words for argument in _arguments(word, variables))
            yield Call(arguments, self.directories, variables | given)

    def _assign(self, words: tuple[Word, ...]) -> None:
        for word in words:
            name, more, value = _assigned(word, self.variables)
            self.variables[name] = f"{self.variables.get(name, '')} {value}".strip() if more else value

    def _open_loop(self, words: tuple[Word, ...]) -> None:
        """Note ``for NAME in WORDS``; a list that only a run can tell leaves the variable as written."""
        values = tuple(argument.text for word in words[3:] for argument in _arguments(word, self.variables))
        known = values and not any(unresolved(value) for value in values)
        name = _text(words[1]) if len(words) > 1 else ""
        self.loops.append((name, values if known else (f"${name}",)))

    def _enter(self, words: tuple[Word, ...]) -> None:
        path = defaulted(_filled(words[-1], self.variables))
        if len(words) == 1 or unresolved(joined(".", path)):
            return
        entered = (joined(directory, path) for directory in (self.directories[0], *self.start))
        self.directories = tuple(dict.fromkeys((*entered, *self.start)))


def _assigned(word: Word, variables: Mapping[str, str]) -> tuple[str, bool, str]:
    """Return name, whether it is ``+=``, and the value; of an array the words inside its parentheses."""
    match = _ASSIGNMENT.match(_text(word))
    assert match is not None
    name, more, value = match.groups()
    if value.startswith("(") and value.endswith(")"):
        return name, bool(more), value[1:-1]
    return name, bool(more), _ASSIGNMENT.sub(r"\3", _filled(word, variables), count=1)


def _arguments(word: Word, variables: Mapping[str, str]) -> Iterator[Argument]:
    """Expand one word: an unquoted variable, or an array, may hold several."""
    whole = _VARIABLE.fullmatch(_text(word))
    splits = whole and (word.pieces[0].quote == BARE or "[" in whole.group())
    text = _filled(word, variables)
    if not splits:
        yield Argument(defaulted(text), word.line, text)
        return
    for inner in commands(defaulted(text), word.line):
        texts = (_filled(part, variables) for part in inner)
        yield from (Argument(defaulted(text), word.line, text) for text in texts)


def _filled(word: Word, variables: Mapping[str, str]) -> str:
    return "".join(piece.text if piece.quote == SINGLE else filled(piece.text, variables) for piece in word.pieces)


def _looked_up(match: re.Match[str]) -> str:
    """Return what ``$(dirname PATH)``, ``$(cd PATH && pwd)`` and the like print, ``/`` being the repository's root."""
    program, path, entered = match.groups()
    if program == "dirname":
        return posixpath.dirname(path) or "."
    return path or entered or "/"


def _text(word: Word) -> str:
    return "".join(piece.text for piece in word.pieces)


def _is_assignment(word: Word) -> bool:
    return _ASSIGNMENT.match(word.pieces[0].text) is not None
