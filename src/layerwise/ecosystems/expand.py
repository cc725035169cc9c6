"""Shell expansion: from a word as written to the arguments it becomes, as far as values are known."""

import re
from dataclasses import dataclass

from layerwise.ecosystems.call import Argument
from layerwise.ecosystems.state import State
from layerwise.syntax.shell_tree import Expansion, Glob, Part, ShellWord, Text

_BLANKS = re.compile(r"[ \t\n]+")
_GLOB = re.compile(r"[*?\[]")


@dataclass(slots=True)
class _Field:
    """An argument in the making: ``started`` once even an empty value would count as an argument."""

    text: str = ""
    known: bool = True
    prefix: str = ""
    glob: bool = False
    started: bool = False

    def add(self, text: str) -> None:
        if self.known and not self.glob:
            self.prefix += text
        self.text += text
        self.started = True

    def add_unknown(self, text: str) -> None:
        self.known = False
        self.text += text
        self.started = True

    def add_glob(self, text: str) -> None:
        self.glob = True
        self.text += text
        self.started = True

    def argument(self) -> Argument:
        return Argument(self.text, self.known, self.prefix, self.glob)


def expand(word: ShellWord, state: State, home: str | None) -> tuple[Argument, ...]:
    """Return the arguments that ``word`` becomes: several where a known value holds blanks, none where it is empty."""
    fields = [_Field()]
    for index, part in enumerate(word.parts):
        if index == 0 and word.tilde and isinstance(part, Text):
            _add_tilde(fields[-1], part.text, home)
        else:
            _add(fields, part, state, home)
    return tuple(field.argument() for field in fields if field.started)


def expand_all(words: tuple[ShellWord, ...], state: State, home: str | None) -> tuple[Argument, ...]:
    """Return the arguments that the words become."""
    return tuple(argument for word in words for argument in expand(word, state, home))


def value_of(word: ShellWord, state: State, home: str | None) -> str | None:
    """Return the value of a word that is not split (an assignment's), None where it cannot be told."""
    fields = [_Field(started=True)]
    for index, part in enumerate(word.parts):
        if index == 0 and word.tilde and isinstance(part, Text):
            _add_tilde(fields[-1], part.text, home)
        elif isinstance(part, Expansion):
            _add(fields, Expansion(part.name, part.operator, part.word, quoted=True), state, home)
        elif isinstance(part, Glob):
            fields[-1].add(part.text)
        else:
            _add(fields, part, state, home)
    return fields[0].text if fields[0].known else None


def _add_tilde(field: _Field, text: str, home: str | None) -> None:
    if home is not None and (text == "~" or text.startswith("~/")):
        field.add(home + text[1:])
    else:
        field.add_unknown(text)


def _add(fields: list[_Field], part: Part, state: State, home: str | None) -> None:
    if isinstance(part, Text):
        fields[-1].add(part.text)
    elif isinstance(part, Glob):
        # Braces without a slash only name files beside each other, as a glob does.
        (fields[-1].add_unknown if part.braces and "/" in part.text else fields[-1].add_glob)(part.text)
    elif not isinstance(part, Expansion):
        fields[-1].add_unknown("$(…)")
    elif (value := _value(part, state, home)) is None:
        fields[-1].add_unknown(f"${part.name}")
    elif part.quoted:
        fields[-1].add(value)
    else:
        _add_split(fields, value)


def _add_split(fields: list[_Field], value: str) -> None:
    """Add an unquoted value: blanks part arguments, globs are globs again."""
    pieces = _BLANKS.split(value)
    for index, piece in enumerate(pieces):
        if index and fields[-1].started:
            fields.append(_Field())
        if piece:
            (fields[-1].add_glob if _GLOB.search(piece) else fields[-1].add)(piece)


def _value(part: Expansion, state: State, home: str | None) -> str | None:
    known = _variable(part.name, state, home)
    operator = part.operator.removeprefix(":")
    if part.operator in {"", ":?", "?"}:
        return known
    if operator not in {"-", "=", "+"} or part.word is None or known is None:
        return None
    empty = known == "" and part.operator.startswith(":")
    if operator == "+":
        return "" if empty else value_of(part.word, state, home)
    return value_of(part.word, state, home) if empty else known


def _variable(name: str, state: State, home: str | None) -> str | None:
    if name in state.variables:
        return state.variables[name]
    return {"PWD": state.cwd, "HOME": home}.get(name)
