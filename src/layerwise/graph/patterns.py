"""Path patterns as Docker reads them: Go's ``filepath.Match`` for sources of COPY, moby's matcher for everything else.

The two differ on purpose. A source of COPY is matched with ``filepath.Match``, which has no ``**``. ``.dockerignore``,
``--exclude`` and ``--parents`` use moby/patternmatcher, which turns a pattern into a regular expression, knows ``**``
and lets a pattern take everything below a directory it matches.
"""

import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

_CLASS = re.compile(r"\[(?:\^|(?!\^))((?:\\.|[^\\\]-])(?:-(?:\\.|[^\\\]-]))?)+\]", re.DOTALL)
_RANGE = re.compile(r"(\\.|[^\\])(?:-(\\.|[^\\]))?", re.DOTALL)
_LETTER_ESCAPES = frozenset(
    "dDsSwWbBafnrtv"
)  # the letters that mean the same after "\" in Go's and Python's expressions


class BadPattern(ValueError):
    """A pattern that Docker refuses."""


def clean(path: str) -> str:
    """Return the shortest equal path, as Go's ``path.Clean`` does."""
    normal = posixpath.normpath(path) if path else "."
    return normal[1:] if normal.startswith("//") else normal


def has_wildcards(text: str) -> bool:
    """Whether COPY takes ``text`` for a pattern: an unescaped ``*``, ``?`` or ``[``."""
    return re.search(r"[*?\[]", re.sub(r"\\.", "", text, flags=re.DOTALL)) is not None


def split_wildcards(path: str) -> tuple[str, str]:
    """Split a relative path before its first component with a wildcard."""
    parts = path.split("/")
    first = next((index for index, part in enumerate(parts) if has_wildcards(part)), len(parts))
    return "/".join(parts[:first]), "/".join(parts[first:])


def compile_glob(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of Go's ``filepath.Match``; a class may match ``/``, as it does there.

    Raises:
        BadPattern: The pattern is malformed.
    """
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        if char == "[":
            found = _CLASS.match(pattern, position)
            if found is None:
                raise BadPattern(pattern)
            parts.append(_class_expression(found[0]))
            position = found.end()
            continue
        if char == "\\":
            position += 1
            if position == len(pattern):
                raise BadPattern(pattern)
            parts.append(re.escape(pattern[position]))
        else:
            parts.append({"*": "[^/]*", "?": "[^/]"}.get(char) or re.escape(char))
        position += 1
    return re.compile("".join(parts), re.DOTALL)


def _class_expression(text: str) -> str:
    negated = text.startswith("[^")
    ranges = [
        (low[-1], (high or low)[-1]) for low, high in _RANGE.findall(text[2 if negated else 1 : -1])
    ]  # an empty range such as [z-a] matches nothing in Go
    body = "".join(f"{re.escape(low)}-{re.escape(high)}" for low, high in ranges if low <= high)
    if not body:
        return "(?s:.)" if negated else "(?!)"
    return f"[{'^' if negated else ''}{body}]"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern of a list.

    Attributes:
        text: Cleaned, without the ``!``.
        negated: Whether it began with ``!``: what it matches is no longer matched.
        matches: Whether it matches a whole path.
    """

    text: str
    negated: bool
    matches: Callable[[str], object] = field(compare=False, repr=False)

    @property
    def written(self) -> str:
        """The pattern with its ``!``."""
        return f"!{self.text}" if self.negated else self.text


def compile_pattern(text: str) -> Pattern:
    """Compile one pattern of moby/patternmatcher.

    Raises:
        BadPattern: The pattern is malformed, or nothing but ``!``.
    """
    text = clean(text.strip())
    if text == "!":
        raise BadPattern(text)
    negated = text.startswith("!")
    text = text[1:] if negated else text
    compile_glob(text)  # moby asks filepath.Match whether a pattern is well formed
    return Pattern(text, negated, _matcher(text))


def _matcher(text: str) -> Callable[[str], object]:
    """Choose among moby's kinds of match; they differ in more than speed: ``**a`` matches ``ba``, ``**a*`` doesn't."""
    special = re.search(r"[*?\\\[\]]", text.removeprefix("**").removesuffix("**"))
    if special is None and text.startswith("**"):
        if text.endswith("**") and len(text) > len("**"):
            return _expression(text).fullmatch
        suffix = text.removeprefix("**")
        return lambda path: path.endswith(suffix) or "/" + path == suffix
    if special is None and text.endswith("**"):
        prefix = text.removesuffix("**")
        return lambda path: path.startswith(prefix)
    return text.__eq__ if special is None else _expression(text).fullmatch


def _expression(text: str) -> re.Pattern[str]:
    """Write the expression moby writes, wildcards inside a class included (``[*]`` becomes ``[[^/]*]`` there)."""
    parts: list[str] = []
    for found in re.finditer(r"\*\*/?|\\.|.", text, re.DOTALL):
        piece = found[0]
        if piece.startswith("**"):
            parts.append(".*" if found.end() == len(text) else "(.*/)?")
        elif piece.startswith("\\"):
            if piece[1].isalnum() and piece[1] not in _LETTER_ESCAPES:
                raise BadPattern(text)
            parts.append(piece if piece[1].isalnum() else re.escape(piece[1]))
        elif piece in "[]^":
            parts.append(piece)
        else:
            parts.append({"*": "[^/]*", "?": "[^/]"}.get(piece) or (piece if piece == "-" else re.escape(piece)))
    try:
        return re.compile(_without_nested_classes("".join(parts)), re.ASCII)
    except re.error:
        raise BadPattern(text) from None


def _without_nested_classes(expression: str) -> str:
    """Escape each ``[`` inside a class: Go takes it for itself, Python warns of it."""
    parts: list[str] = []
    inside = False
    for piece in re.findall(r"\\.|.", expression, re.DOTALL):
        parts.append("\\[" if inside and piece == "[" else piece)
        inside = piece == "[" or (inside and piece != "]")
    return "".join(parts)


class _Verdict(NamedTuple):
    """What a list says of a path: matched or not, the index of the deciding pattern, which patterns hold below it."""

    matched: bool
    decider: int | None
    held: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class PatternList:
    """Patterns in order, the last that matches deciding; directories are asked first, and verdicts remembered.

    This is moby's ``MatchesUsingParentResults``, which the builder walks with. It differs from matching each path and
    its parents afresh: a pattern that could not change the verdict on a directory is not tried there, and so does not
    hold below it.
    """

    patterns: tuple[Pattern, ...]
    _directories: dict[str, _Verdict] = field(default_factory=dict, compare=False, repr=False)
    _paths: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def compile(cls, texts: Iterable[str]) -> "PatternList":
        """Compile patterns; empty ones are left out.

        Raises:
            BadPattern: One is malformed.
        """
        return cls(tuple(compile_pattern(text) for text in texts if text.strip()))

    def matches(self, path: str) -> bool:
        """Whether the list matches a relative path, by itself or by a directory above it."""
        matched = self._paths.get(path)
        if matched is None:
            matched = self._paths[path] = self._verdict(path).matched
        return matched

    def decider(self, path: str) -> int | None:
        """Return the index of the pattern that decides on ``path``, None where none matches."""
        return self._verdict(path).decider

    def inherited(self, directory: str) -> bool:
        """Whether the list matches what lies in ``directory`` and is matched by no pattern itself."""
        if not directory:
            return False
        held = zip(self.patterns, self._directory(directory).held, strict=True)
        return next((not pattern.negated for pattern, holds in reversed(tuple(held)) if holds), False)

    def may_release_below(self, directory: str) -> bool:
        """Whether a negated pattern could match something below ``directory``."""
        return any(_reaches(pattern.text, directory) for pattern in self.patterns if pattern.negated)

    def _verdict(self, path: str) -> _Verdict:
        parent = path.rpartition("/")[0]
        return self._judge(path, self._directory(parent) if parent else None)

    def _directory(self, path: str) -> _Verdict:
        verdict = self._directories.get(path)
        if verdict is None:
            verdict = self._directories[path] = self._verdict(path)
        return verdict

    def _judge(self, path: str, parent: _Verdict | None) -> _Verdict:
        matched, decider = False, None
        held: list[bool] = []
        for index, pattern in enumerate(self.patterns):
            holds = parent is not None and parent.held[index]
            if not holds and pattern.negated == matched:
                holds = bool(pattern.matches(path))
            if holds:
                matched, decider = not pattern.negated, index
            held.append(holds)
        return _Verdict(matched, decider, tuple(held))


def _reaches(pattern: str, directory: str) -> bool:
    literal = pattern.removesuffix("/**").removesuffix("/*")
    if re.search(r"[*?\\\[\]^]", literal):
        return True
    return (literal + "/").startswith(directory + "/")
