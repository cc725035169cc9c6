"""R expressions on a command line, as far as they are plain calls with literals.

Anything else (a variable, an operator, a call as an argument that is no vector of literals) is not followed.
"""

import re
from dataclasses import dataclass

Value = str | bool | float | None | tuple["Value", ...]
"""A string, a truth value, a number, NULL, or a vector of them."""


@dataclass(frozen=True, slots=True)
class RCall:
    """A call with literal arguments.

    Attributes:
        name: The function, without its package in front.
        package: The package in front of ``::``, "" where none is.
        positional: Arguments without a name.
        named: Arguments by name.
    """

    name: str
    package: str
    positional: tuple[Value, ...]
    named: dict[str, Value]

    def argument(self, position: int, name: str) -> Value:
        """Return an argument by its name, else by its position; None where it is not given."""
        if name in self.named:
            return self.named[name]
        return self.positional[position] if position < len(self.positional) else None


class _Unknown(Exception):  # not an error: the expression is beyond this module
    """The expression is not made of plain calls."""


_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^'\\]|\\['\"\\])*'|\"(?:[^\"\\]|\\['\"\\])*\")|(?P<number>\d+(?:\.\d+)?L?)"
    r"|(?P<name>[A-Za-z.][\w.]*)|(?P<mark>:::?|[(),;={}!]))"
)
_TAKE_NAMES = frozenset({"library", "require"})
_WORDS: dict[str, Value] = {"TRUE": True, "T": True, "FALSE": False, "F": False, "NULL": None}


def calls_of(text: str) -> tuple[RCall, ...] | None:
    """Return the calls of an expression in order, both branches of an ``if``; None where it is not plain."""
    try:
        return _Parser(_tokens(text)).statements()
    except _Unknown:
        return None


def _tokens(text: str) -> list[tuple[str, str]]:
    """Return kinds and texts; a line's end closes a statement as ``;`` does, within brackets it is nothing."""
    found: list[tuple[str, str]] = []
    position, depth = 0, 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise _Unknown
        if "\n" in text[position : match.start(match.lastgroup)] and depth == 0 and found:
            found.append(("mark", ";"))
        word = match[match.lastgroup]
        depth += {"(": 1, ")": -1}.get(word, 0) if match.lastgroup == "mark" else 0
        found.append((match.lastgroup, word))
        position = match.end()
    return found


@dataclass(slots=True)
class _Parser:
    tokens: list[tuple[str, str]]
    position: int = 0

    def statements(self, end: str = "") -> tuple[RCall, ...]:
        found: list[RCall] = []
        while self.position < len(self.tokens):
            if end and self.peek() == end:
                self.position += 1
                return tuple(found)
            if self.peek() == ";":
                self.position += 1
                continue
            found += self.statement()
        if end:
            raise _Unknown
        return tuple(found)

    def statement(self) -> tuple[RCall, ...]:
        if self.peek() == "{":
            self.position += 1
            return self.statements("}")
        if self.peek() != "if":
            return (self.call(),)
        self.position += 1
        self.take("(")
        while self.peek() == "!":
            self.position += 1
        asked = self.call()
        self.take(")")
        found = (asked, *self.statement())
        if self.peek() == "else":
            self.position += 1
            found += self.statement()
        return found

    def call(self) -> RCall:
        package, name = "", self.name()
        if self.peek() in {"::", ":::"}:
            self.position += 1
            package, name = name, self.name()
        self.take("(")
        positional: list[Value] = []
        named: dict[str, Value] = {}
        while self.peek() != ")":
            if self.peek(1) == "=":
                key = self.name()
                self.take("=")
                named[key] = self.value()
            else:
                positional.append(self.value(bare=name in _TAKE_NAMES))
            if self.peek() != ")":
                self.take(",")
        self.take(")")
        return RCall(name, package, tuple(positional), named)

    def value(self, *, bare: bool = False) -> Value:
        kind, word = self.tokens[self.position] if self.position < len(self.tokens) else ("", "")
        if kind == "name" and bare and self.peek(1) in {")", ","}:
            self.position += 1
            return word
        if kind == "name" and word not in _WORDS:
            inner = self.call()
            if inner.name not in {"c", "list", "character"} or inner.package:
                raise _Unknown
            return (*inner.positional, *inner.named.values())
        self.position += 1
        if kind == "string":
            return re.sub(r"\\(.)", r"\1", word[1:-1])
        if kind == "number":
            return float(word.rstrip("L"))
        if kind == "name":
            return _WORDS[word]
        raise _Unknown

    def name(self) -> str:
        kind, word = self.tokens[self.position] if self.position < len(self.tokens) else ("", "")
        if kind not in {"name", "string"}:
            raise _Unknown
        self.position += 1
        return word.strip("'\"")

    def peek(self, ahead: int = 0) -> str:
        at = self.position + ahead
        return self.tokens[at][1] if at < len(self.tokens) and self.tokens[at][0] != "string" else ""

    def take(self, word: str) -> None:
        if self.peek() != word:
            raise _Unknown
        self.position += 1


def strings(value: Value) -> tuple[str, ...] | None:
    """Return a string, or a vector of strings, as a tuple; None for anything else."""
    parts = value if isinstance(value, tuple) else (value,)
    found = tuple(one for one in parts if isinstance(one, str))
    return found if len(found) == len(parts) else None
