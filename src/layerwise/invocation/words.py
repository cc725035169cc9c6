"""Shell text as words: enough of the shell's grammar to find commands and their arguments with their lines.

Builds are called from scripts, recipes and workflows that are full of other things, so this reader accepts every
text. Substitutions stay in the words as written; ``commands.py`` fills in the variables that the script sets.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

SINGLE, DOUBLE, BARE = "'", '"', ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a word that stands in one kind of quotes (``'``, ``"`` or none); the quotes are not in ``text``."""

    text: str
    quote: str


@dataclass(frozen=True, slots=True)
class Word:
    """One word; ``line`` is the 1-based line of its start."""

    pieces: tuple[Piece, ...]
    line: int

    @property
    def text(self) -> str:
        """The word without its quotes."""
        return "".join(piece.text for piece in self.pieces)


def commands(text: str, line: int = 1) -> Iterator[tuple[Word, ...]]:
    """Yield the words of each simple command, redirections and comments left out; ``line`` is the text's first."""
    return _Reader(text, line).commands()


_TOKEN = re.compile(
    r"""(?P<joined>\\\r?\n)
      | (?P<blank>[ \t\r]+)
      | (?P<heredoc>\d*<<-?[ \t]*(?P<delimiter>["']?\w+["']?))
      | (?P<redirection>\d*(?:<<<|>>|>\||[<>]&?(?!\()|&>>?))
      | (?P<end>\n|;;?|\|[|&]?|&&?|\))
      | (?P<single>\$?'[^']*'?)
      | (?P<double>")
      | (?P<nested>\$\{\{|\$\(|\$\{|[<>]\()
      | (?P<backtick>`[^`]*`?)
      | (?P<escaped>\\.)
      | (?P<array>(?<==)\()
      | (?P<group>\()
      | (?P<plain>[^\s\\"'`$;&|()<>]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_INSIDE_QUOTES = re.compile(
    r"""(?P<close>") | (?P<joined>\\\n) | (?P<escaped>\\["\\$`]) | (?P<nested>\$\{\{|\$\(|\$\{)
      | (?P<backtick>`[^`]*`?) | (?P<plain>[^"\\$`]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_CLOSING = {"${{": "}}", "$(": ")", "${": "}", "<(": ")", ">(": ")", "(": ")"}


class _Reader:
    def __init__(self, text: str, line: int) -> None:
        self.text = text
        self.line = line
        self.at = 0
        self.pieces: list[Piece] = []
        self.start = line
        self.words: list[Word] = []
        self.drop_next = False
        self.heredocs: list[str] = []

    def commands(self) -> Iterator[tuple[Word, ...]]:
        while self.at < len(self.text):
            if self.text[self.at] == "#" and not self.pieces:
                self._skip_comment()
            elif self._token():
                yield from self._finished()
        self._end_word()
        yield from self._finished()

    def _token(self) -> bool:
        """Take one token; say whether it ends the command."""
        match = _TOKEN.match(self.text, self.at)
        assert match is not None
        kind, token = match.lastgroup, match.group()
        if kind in {"single", "double", "nested", "backtick", "escaped", "plain", "array"}:
            self._into_word(kind, token)
            return False
        self._advance(match.end())
        if kind == "joined" and self.pieces:
            return False
        self._end_word()
        if kind == "redirection":
            self.drop_next = True
        elif match["heredoc"]:
            self.heredocs.append(match["delimiter"].strip("\"'"))
        elif kind == "end" and "\n" in token:
            self._skip_heredocs()
        return kind in {"end", "group"}

    def _into_word(self, kind: str, token: str) -> None:
        if not self.pieces:
            self.start = self.line
        if kind == "double":
            self._double_quoted()
        elif kind in {"nested", "array"}:
            self._piece(self._nested(token), BARE)
        elif kind == "single":
            self._piece(token.lstrip("$").strip("'"), SINGLE)
            self._advance(self.at + len(token))
        else:
            self._piece(_plain(kind, token), SINGLE if kind == "escaped" else BARE)
            self._advance(self.at + len(token))

    def _double_quoted(self) -> None:
        self._advance(self.at + 1)
        self._piece("", DOUBLE)
        while match := _INSIDE_QUOTES.match(self.text, self.at):
            kind, token = match.lastgroup or "", match.group()
            if kind == "nested":
                self._piece(self._nested(token), DOUBLE)
                continue
            self._advance(match.end())
            if kind == "close":
                return
            if kind != "joined":
                self._piece(_plain(kind, token), SINGLE if kind == "escaped" else DOUBLE)

    def _nested(self, opening: str) -> str:
        """Take a substitution to its closing mark, quotes and nested ones inside it included."""
        start = self.at
        closing = _CLOSING[opening]
        self._advance(self.at + len(opening))
        while self.at < len(self.text) and not self.text.startswith(closing, self.at):
            match = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|\\.|\$\{\{|\$\(|\$\{|\(""", re.DOTALL).match(
                self.text, self.at
            )
            if match and match.group() in _CLOSING and closing != "}}":
                self._nested(match.group())
            else:
                self._advance(match.end() if match else self.at + 1)
        self._advance(min(self.at + len(closing), len(self.text)))
        return self.text[start : self.at]

    def _piece(self, text: str, quote: str) -> None:
        if self.pieces and self.pieces[-1].quote == quote:
            text = self.pieces.pop().text + text
        self.pieces.append(Piece(text, quote))

    def _end_word(self) -> None:
        if self.pieces and not self.drop_next:
            self.words.append(Word(tuple(self.pieces), self.start))
        if self.pieces:
            self.drop_next = False
        self.pieces = []

    def _finished(self) -> Iterator[tuple[Word, ...]]:
        self.drop_next = False
        if self.words:
            yield tuple(self.words)
        self.words = []

    def _advance(self, to: int) -> None:
        self.line += self.text.count("\n", self.at, to)
        self.at = to

    def _skip_comment(self) -> None:
        end = self.text.find("\n", self.at)
        self._advance(end if end >= 0 else len(self.text))

    def _skip_heredocs(self) -> None:
        for delimiter in self.heredocs:
            end = re.compile(rf"^[ \t]*{re.escape(delimiter)}[ \t\r]*$", re.MULTILINE).search(self.text, self.at)
            self._advance(end.end() if end else len(self.text))
        self.heredocs = []


def _plain(kind: str, token: str) -> str:
    if kind == "escaped":
        return token[1:]
    if kind == "backtick":
        return f"$({token.strip('`')})"
    return token
