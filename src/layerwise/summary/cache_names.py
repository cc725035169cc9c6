"""What BuildKit says of a record of its build cache, and whether that is what a step is called.

A RUN's record shows the arguments that ran: no flags, variables by their names, a heredoc's body. The step shows the
instruction: flags, variables expanded where the builder knew them, of a heredoc the first line. So these can be held
against each other, and nothing else of a RUN. A file operation's record has the very name of its step.
"""

import json
import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from layerwise.builder.names import StepName, step_name
from layerwise.syntax.display import one_line

_RUN = re.compile(r"mount (?P<target>\S+) from exec (?P<command>.*)", re.DOTALL)
_MOUNT = re.compile(r"cached mount (?P<target>\S+) from exec (?P<command>.*?)(?: with id \".*\")?", re.DOTALL)
_LOCAL, _BASE = "local source for ", "pulled from "
_SHELL = re.compile(r"(?:\S+ )*?(?:\S*/)?(?:|a|ba|da|k|z)sh (?:\S+ )*?-\w*c (?P<script>.*)", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{(?:[^{}]|\{[^{}]*\})*\}|\w+)")
_FLAGS = re.compile(r"(?:ONBUILD )?RUN (?:--\S+ )*")
_HEREDOC = re.compile(r"<<-?[\"']?(?P<name>\w+)[\"']? \((?P<first>.*?)(?P<more>\.\.\.)?\)")
_SCRIPT = "/dev/pipes/"
"""Where the builder puts a heredoc with a ``#!``, under the heredoc's name."""


class Maker(Enum):
    """What made a record of the build cache."""

    RUN = "run"
    FILES = "files"
    """COPY, ADD or WORKDIR."""
    CACHE_MOUNT = "cache-mount"
    LOCAL = "local"
    """The client's files: of the build context, the Dockerfile, a named context."""
    BASE = "base"
    OTHER = "other"


class Match(Enum):
    """How well a record's description is a step's."""

    NONE = 0
    LIKELY = 1
    """Other steps may be called the same."""
    SURE = 2


@dataclass(frozen=True)
class Description:
    """The description of a record, read.

    Attributes:
        text: As BuildKit has it, redacted.
        maker: What made the record.
        subject: The command of a RUN, a mount's directory, the context's name, the base's reference; else the text.
        command: Of a RUN or of the RUN that made a cache mount.
        step: What the name of a file operation says.
    """

    text: str
    maker: Maker
    subject: str
    command: str = ""
    step: StepName | None = None

    @property
    def script(self) -> str:
        """The command without the shell that runs it."""
        found = _SHELL.fullmatch(self.command)
        return found["script"] if found else self.command

    @property
    def what(self) -> str:
        """What the record is, on one line."""
        if self.maker is Maker.RUN:
            return f"RUN {one_line(self.script)}"
        if self.maker is Maker.FILES and self.step:
            return self.step.instruction
        if self.maker is Maker.CACHE_MOUNT:
            return f"cache mount {self.subject} of RUN {one_line(self.script)}"
        if self.maker is Maker.LOCAL:
            return {"context": "build context", "dockerfile": "Dockerfile"}.get(self.subject, f"context {self.subject}")
        return f"base {self.subject}" if self.maker is Maker.BASE else one_line(self.text)

    def names(self, stage: str, number: int, instruction: str) -> Match:
        """Return how well it is a step's, which BuildKit shows as ``[stage number/n] instruction``."""
        elsewhere = self.step is not None and (self.step.stage, self.step.number) != (stage, number)
        return Match.NONE if elsewhere else self.shows(instruction)

    def shows(self, instruction: str) -> Match:
        """Return how well it is that of an instruction as BuildKit shows it, wherever that stands."""
        if self.maker is Maker.RUN and _FLAGS.match(instruction):
            return self._ran(_FLAGS.sub("", instruction, count=1))
        return Match.LIKELY if self.step and self.step.instruction == instruction else Match.NONE

    def _ran(self, shown: str) -> Match:
        if heredoc := _HEREDOC.fullmatch(shown):
            return Match.LIKELY if self._opens(heredoc) else Match.NONE
        if self._first and "<<" in shown:
            return Match.LIKELY if _fits(self._first, _plain(shown)) else Match.NONE
        written = _plain(_joined(shown))
        fits = [pieces for pieces in self._forms if _fits(pieces, written)]
        return max((Match.SURE if len(pieces) == 1 else Match.LIKELY for pieces in fits), key=_rank, default=Match.NONE)

    def _opens(self, heredoc: re.Match[str]) -> bool:
        if heredoc["first"].startswith("#!"):
            return self.script == f"{_SCRIPT}{heredoc['name']}"
        opening = self._first or (self._forms[-1] if self._forms else ())
        return bool(self._first) == bool(heredoc["more"]) and _fits(opening, _plain(heredoc["first"]))

    @cached_property
    def _forms(self) -> tuple[tuple[str, ...], ...]:
        """The whole command (of an exec form), and the script, both in pieces."""
        return tuple(_pieces(text) for text in dict.fromkeys((self.command, self.script)))

    @cached_property
    def _first(self) -> tuple[str, ...]:
        """The first line of a script of several, in pieces."""
        first, _, rest = self.script.strip().partition("\n")
        return _pieces(first) if rest else ()


def read_description(text: str) -> Description:
    """Return what a record's description says; ``text`` is redacted."""
    if run := _RUN.fullmatch(text):
        return Description(text, Maker.RUN, run["command"], command=run["command"])
    if mount := _MOUNT.fullmatch(text):
        return Description(text, Maker.CACHE_MOUNT, mount["target"], command=mount["command"])
    if step := step_name(text):
        return Description(text, Maker.FILES, step.instruction, step=step)
    for start, maker in ((_LOCAL, Maker.LOCAL), (_BASE, Maker.BASE)):
        if text.startswith(start):
            return Description(text, maker, one_line(text.removeprefix(start)))
    return Description(text, Maker.OTHER, one_line(text))


def _rank(match: Match) -> int:
    return match.value


def _joined(shown: str) -> str:
    """Return the words of an exec form as the record joins them; a shell form as it is."""
    try:
        words = json.loads(shown) if shown.startswith("[") else None
    except ValueError:
        return shown
    return " ".join(map(str, words)) if isinstance(words, list) else shown


def _plain(text: str) -> str:
    """Return a command on one line without backslashes: the builder drops those that escape something from a name."""
    return one_line(text.replace("\\", ""))


def _pieces(script: str) -> tuple[str, ...]:
    """Return what stands between the variables of a script: in the step's name those may be expanded."""
    return tuple(_VARIABLE.split(_plain(script)))


def _fits(pieces: tuple[str, ...], text: str) -> bool:
    """Whether ``text`` is the pieces in order, with anything between them."""
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return text == first
    place, end = len(first), len(text) - len(last)
    if place > end or not text.startswith(first) or not text.endswith(last):
        return False
    for piece in pieces[1:-1]:
        found = text.find(piece, place, end)
        if found < 0:
            return False
        place = found + len(piece)
    return True
