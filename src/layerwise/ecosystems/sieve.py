r"""``sed -nE '/^(a|b)==[0-9A-Za-z.+!-]+$/p' FILE > OUT``: keeps lines of a requirements file.

One form is understood, the one that split-requirements writes; a line is kept as it is, its end with it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from layerwise.ecosystems.call import Call
from layerwise.ecosystems.effects import Scope
from layerwise.ecosystems.places import absolute_path
from layerwise.syntax.shell_tree import Command

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
"""What the name of a package that can be kept looks like."""

_VERSION = "[0-9A-Za-z.+!-]+"
_SCRIPT = re.compile(rf"/\^\(((?:{NAME}|\\\.|\|)+)\)==\[0-9A-Za-z\.\+!-\]\+\$/p")
_LINE = re.compile(rf"({NAME})=={_VERSION}")
_DOT = "\\."
_QUIET = "-nE"


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A file of the build context of which a change rewrites the text.

    Attributes:
        path: Relative to the context.
        before: Its text before.
        after: Its text after.
    """

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Sieve:
    """What one such command does.

    Attributes:
        names: The packages whose lines are kept, as written; those of each script in a group of their own.
        source: The file that is read, absolute.
        target: The file that is written, absolute.
    """

    names: tuple[tuple[str, ...], ...]
    source: str
    target: str

    @cached_property
    def _kept(self) -> re.Pattern[str]:
        names = "|".join(re.escape(name) for group in self.names for name in group)
        return re.compile(rf"(?:{names})=={_VERSION}", re.ASCII)

    def kept(self, text: str) -> str:
        """Return the lines of a text that are kept."""
        lines = re.split(r"(?<=\n)", text)
        return "".join(line for line in lines if self._kept.fullmatch(line.removesuffix("\n")))

    def hides(self, rewritten: Rewritten | None) -> bool:
        """Whether the lines that are kept stay the same; not so where the texts are not known."""
        return rewritten is not None and self.kept(rewritten.before) == self.kept(rewritten.after)


def pinned(line: str) -> str | None:
    """Return the package that a line pins and does nothing else, as written; None for any other line."""
    found = _LINE.fullmatch(line)
    return found[1] if found else None


def script(names: Iterable[str]) -> str:
    """Return the script of sed that keeps the lines of packages."""
    return f"/^({'|'.join(name.replace('.', _DOT) for name in names)})=={_VERSION}$/p"


def scripts(names: Iterable[str], width: int) -> tuple[str, ...]:
    """Return such scripts of no more than so many characters, where names are not longer than that."""
    groups: list[tuple[str, ...]] = [()]
    for name in names:
        longer = (*groups[-1], name)
        fits = len(longer) == 1 or len(script(longer)) <= width
        groups[-1:] = (longer,) if fits else (groups[-1], (name,))
    return tuple(map(script, groups))


def sieve_of(call: Call, node: Command, scope: Scope) -> Sieve | None:
    """Return what a command of just this form keeps, None for any other."""
    words = [one.value or "" for one in call.arguments]
    if call.name != "sed" or not words or words[0] != _QUIET or node.assignments or len(node.redirects) != 1:
        return None
    written = words[1:-1]
    if "-e" in written:
        flags, written = written[::2], written[1::2]
        if len(flags) != len(written) or set(flags) != {"-e"}:
            return None
    names = tuple(map(_names, written))
    redirect, source = node.redirects[0], absolute_path(words[-1], scope) if words[-1:] != [""] else None
    target = redirect.target.literal if redirect.operator == ">" and redirect.target else None
    place = absolute_path(target, scope) if target else None
    every = [name for group in names for name in group]
    if not every or () in names or len(set(every)) < len(every) or source is None or place is None or source == place:
        return None
    return Sieve(names, source, place)


def _names(written: str) -> tuple[str, ...]:
    found = _SCRIPT.fullmatch(written)
    names = tuple(one.replace(_DOT, ".") for one in found[1].split("|")) if found else ()
    plain = all(re.fullmatch(NAME, name) for name in names)
    return names if names and plain and script(names) == written else ()
