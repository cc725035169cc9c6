"""Expansion of variables and removal of quotes, as BuildKit's shell lexer does (frontend/dockerfile/shell/lex.go).

The forms are ``$x ${x} ${x:-w} ${x-w} ${x:+w} ${x+w} ${x:?w} ${x?w} ${x#p} ${x##p} ${x%p} ${x%%p} ${x/p/r} ${x//p/r}``;
any other is an error. Names are letters, digits and underscores, all digits, or one special character.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache

from layerwise.syntax import patterns
from layerwise.syntax.lines import SPACES
from layerwise.syntax.words import Piece

Lookup = Callable[[str], str | None]
"""Gives the value of a name, or None where it is not set."""

_SPECIAL = frozenset("@*#?-$!0")


class ExpansionError(ValueError):
    """A word that BuildKit can't expand: an unknown operator, an unclosed quote or brace, a value that must be set."""


def expand(word: str, lookup: Lookup, escape: str = "\\") -> str:
    """Expand the variables of a word and remove its quotes; what stands unquoted is not split.

    Raises:
        ExpansionError: BuildKit would refuse the word.
    """
    if not _needs_lexing(escape).search(word):
        return word
    return _Lexer(word, lookup, escape).run()[0]


def expand_words(text: str, lookup: Lookup, escape: str = "\\") -> tuple[str, ...]:
    """Expand the variables of a text, split the result at white space outside quotes, and remove the quotes.

    Raises:
        ExpansionError: BuildKit would refuse the text.
    """
    return tuple(piece.text for piece in _Lexer(text, lookup, escape).run()[1])


def unquoted_words(text: str) -> tuple[str, ...]:
    r"""Split a here-document's delimiter and remove its quotes; variables stay written, the escape is ``\``.

    Raises:
        ExpansionError: BuildKit would refuse the text.
    """
    return tuple(piece.text for piece in _Lexer(text, _unset, "\\", keep_unset=True).run()[1])


def unquote(word: str, escape: str = "\\") -> str:
    """Remove quotes and escapes and leave the variables as they are written; a word that can't be read stays whole."""
    if not _needs_lexing(escape).search(word):
        return word
    try:
        return _Lexer(word, _unset, escape, keep_unset=True).run()[0]
    except ExpansionError:
        return word


def shell_pieces(text: str) -> Iterator[Piece]:
    r"""Split a text as BuildKit does when it looks for here-documents: quotes, escapes and variables stay written.

    The escape character is ``\`` whatever the directive says.

    Raises:
        ExpansionError: BuildKit can't read the text, and then sees no here-document in it.
    """
    yield from _Lexer(text, _unset, "\\", keep_unset=True, raw_quotes=True, raw_escapes=True).run()[1]


def references(word: str, escape: str = "\\") -> frozenset[str]:
    """Return the names that a word reads; those inside an operator's word or pattern count, set or not.

    Raises:
        ExpansionError: BuildKit would refuse the word.
    """
    if "$" not in word:
        return frozenset()
    names: set[str] = set()

    def note(name: str) -> str:
        names.add(name)
        return "set"  # so that ${x:?message} is read through

    _Lexer(word, note, escape).run()
    return frozenset(names)


def _unset(_name: str) -> None:
    return None


@cache
def _needs_lexing(escape: str) -> re.Pattern[str]:
    return re.compile(rf"[$'\"{re.escape(escape)}]")


@cache
def _plain_run(escape: str, stop: str) -> re.Pattern[str]:
    return re.compile(rf"[^$<'\"{re.escape(escape + stop)}{SPACES}]+")


_WORD_OR_SPACE = re.compile(rf"(?P<space>[{SPACES}]+)|[^{SPACES}]+")
_NUMBER = re.compile(r"\d+")
_IDENTIFIER = re.compile(r"\w+")


class _Lexer:
    """One reading of a text.

    ``words`` and ``buffer`` are shared with the operators' words inside ``${…}``, which reset the buffer: what stands
    before such an operator in the same word is lost from ``words`` (not from the result). So it is in BuildKit, whose
    ``wordsBuffer`` is shared in the same way.
    """

    def __init__(
        self,
        text: str,
        lookup: Lookup,
        escape: str,
        *,
        keep_unset: bool = False,
        raw_quotes: bool = False,
        raw_escapes: bool = False,
    ) -> None:
        self.text = text
        self.lookup = lookup
        self.escape = escape
        self.keep_unset = keep_unset
        self.raw_quotes = raw_quotes
        self.raw_escapes = raw_escapes
        self.position = 0
        self.buffer: list[str] = []
        self.start = 0

    def run(self) -> tuple[str, list[Piece]]:
        return self._until("", raw_escapes=self.raw_escapes)

    def _peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def _take(self) -> str:
        char = self.text[self.position : self.position + 1]
        self.position += 1 if char else 0
        return char

    def _until(self, stop: str, *, raw_escapes: bool) -> tuple[str, list[Piece]]:
        """Read up to ``stop`` and past it, or to the end where it is empty."""
        outer, self.raw_escapes = self.raw_escapes, raw_escapes
        try:
            return self._read(stop)
        finally:
            self.raw_escapes = outer

    def _read(self, stop: str) -> tuple[str, list[Piece]]:
        plain = _plain_run(self.escape, stop)
        out: list[str] = []
        words: list[Piece] = []
        self.buffer = []
        while self.position < len(self.text):
            begin = self.position
            if run := plain.match(self.text, begin):
                self.position = run.end()
                out.append(run[0])
                self._add(begin, run[0])
                continue
            char = self.text[begin]
            if char == stop:
                self.position += 1
                return "".join(out), self._flush(words, begin)
            if char == "$":
                out.append(self._dollar())
                self._split(begin, out[-1], words)
            elif char in SPACES:
                self.position += 1
                out.append(char)
                self._flush(words, begin)
            else:
                out.append(self._special(char))
                self._add(begin, out[-1])
        if stop:
            raise ExpansionError(f"{stop} is missing")
        return "".join(out), self._flush(words, self.position)

    def _add(self, begin: int, text: str) -> None:
        if not self.buffer:
            self.start = begin
        self.buffer.append(text)

    def _split(self, begin: int, text: str, words: list[Piece]) -> None:
        """Add what a variable gave, or a space: its white space parts words."""
        for run in _WORD_OR_SPACE.finditer(text):
            if run.lastgroup == "space":
                self._flush(words, begin)
            else:
                self._add(begin, run[0])

    def _flush(self, words: list[Piece], end: int) -> list[Piece]:
        text = "".join(self.buffer)
        if text:
            words.append(Piece(text, self.start, end))
        self.buffer = []
        return words

    def _special(self, char: str) -> str:
        if char == self.escape:
            return self._escaped()
        if char == "'":
            return self._single_quoted()
        return self._double_quoted() if char == '"' else self._redirection()

    def _escaped(self) -> str:
        self.position += 1
        char = self._take()
        return self.escape + char if self.raw_escapes else char

    def _single_quoted(self) -> str:
        end = self.text.find("'", self.position + 1)
        if end < 0:
            raise ExpansionError("a single quote is not closed")
        inner = self.text[self.position : end + 1]
        self.position = end + 1
        return inner if self.raw_quotes else inner[1:-1]

    def _double_quoted(self) -> str:
        self.position += 1
        out: list[str] = []
        while char := self._peek():
            if char == '"':
                self.position += 1
                return f'"{"".join(out)}"' if self.raw_quotes else "".join(out)
            if char == "$":
                out.append(self._dollar())
                continue
            self.position += 1
            if char == self.escape:
                if self.raw_escapes:
                    out.append(char)
                following = self._peek()
                if not following:
                    continue
                if following in {'"', "$", self.escape}:
                    char = self._take()
            out.append(char)
        raise ExpansionError("a double quote is not closed")

    def _redirection(self) -> str:
        """Read ``<``, or ``<<`` with the blanks behind it, which belong to a here-document's word."""
        self.position += 1
        if self._peek() != "<":
            return "<"
        self.position += 1
        begin = self.position
        while self._peek() in {"\t", "\r", " "}:
            self.position += 1
        return "<<" + self.text[begin : self.position]

    def _name(self) -> str:
        match = _NUMBER.match(self.text, self.position)
        if match is None and self._peek() in _SPECIAL:
            return self._take()
        match = match or _IDENTIFIER.match(self.text, self.position)
        name = match[0] if match else ""
        # \w takes numerals such as superscripts besides, which are neither letter nor digit to Go.
        while name and not all(char == "_" or char.isalpha() or char.isdecimal() for char in name):
            name = name[:-1]
        self.position += len(name)
        return name

    def _dollar(self) -> str:
        self.position += 1
        if self._peek() == "{":
            return self._braced()
        name = self._name()
        if not name:
            return "$"
        value = self.lookup(name)
        if value is None:
            return f"${name}" if self.keep_unset else ""
        return value

    def _braced(self) -> str:
        self.position += 1
        if not self._peek():
            raise ExpansionError("} is missing behind ${")
        if self._peek() in "{}:":
            raise ExpansionError("${ is followed by no name")
        name = self._name()
        operator = self._take()
        if operator == "}":
            value = self.lookup(name)
            if value is None:
                return f"${{{name}}}" if self.keep_unset else ""
            return value
        if operator == "/":
            return self._replacement(name)
        if operator == ":":
            operator += self._take()
        if operator[:1] and operator[0] in ":+-?#%":
            return self._operated(name, operator)
        raise ExpansionError(_unsupported(name, operator))

    def _operated(self, name: str, operator: str) -> str:
        pattern = operator[-1] in "#%"
        if pattern and len(operator) > 1:
            raise ExpansionError(_unsupported(name, operator))
        word = self._until("}", raw_escapes=pattern)[0]
        value = self.lookup(name)
        if value is None and self.keep_unset:
            return f"${{{name}{operator}{word}}}"
        if operator[-1] not in "-+?#%":
            raise ExpansionError(_unsupported(name, operator))
        if pattern:
            return _trimmed(operator, word, value or "")
        null = value is None or (len(operator) > 1 and value == "")
        return _chosen(operator[-1], name, value or "", word, null=null)

    def _replacement(self, name: str) -> str:
        every = self._peek() == "/"
        if every:
            self.position += 1
        pattern = self._until("/", raw_escapes=True)[0]
        replacement = self._until("}", raw_escapes=True)[0]
        value = self.lookup(name)
        if value is None and self.keep_unset:
            return f"${{{name}/{pattern}/{replacement}}}"
        try:
            return patterns.replaced(pattern, value or "", replacement, every=every)
        except patterns.PatternError as error:
            raise ExpansionError(str(error)) from error


def _trimmed(operator: str, pattern: str, value: str) -> str:
    longest = pattern.startswith(operator)
    cut = patterns.without_suffix if operator == "%" else patterns.without_prefix
    try:
        return cut(pattern[1:] if longest else pattern, value, longest=longest)
    except patterns.PatternError as error:
        raise ExpansionError(str(error)) from error


def _chosen(operator: str, name: str, value: str, word: str, *, null: bool) -> str:
    if operator == "-":
        return word if null else value
    if operator == "+":
        return "" if null else word
    if null:
        raise ExpansionError(f"{name}: {word or 'it must be set and not empty'}")
    return value


def _unsupported(name: str, operator: str) -> str:
    return (
        f"${{{name}{operator}…}} is not an expansion BuildKit knows: it has :- - :+ + :? ? # ## % %% / and //; "
        "in a RUN the shell expands, elsewhere compute the value in an ARG"
    )
