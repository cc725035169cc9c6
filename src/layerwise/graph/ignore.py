"""The rules of a ``.dockerignore`` file, read as Docker reads it (moby/patternmatcher, ignorefile)."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from layerwise.errors import Problem, SourceError
from layerwise.graph.patterns import BadPattern, Pattern, PatternList, clean, compile_pattern

IGNORE_FILE = ".dockerignore"


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """Which paths of the build context never reach the builder.

    Attributes:
        path: The file the rules come from, as shown to the user; "" where there is none.
        patterns: In the order written.
        lines: The 1-based line of each pattern.
        text: Of the file, "" where there is none.
    """

    path: str = ""
    patterns: PatternList = field(default_factory=lambda: PatternList(()))
    lines: tuple[int, ...] = ()
    text: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str, path: str = IGNORE_FILE) -> "IgnoreRules":
        """Read the text of an ignore file.

        Raises:
            SourceError: Docker would refuse one or more of its patterns.
        """
        patterns: list[Pattern] = []
        lines: list[int] = []
        problems: list[Problem] = []
        for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
            written = _pattern_of(line)
            if written is None:
                continue
            try:
                patterns.append(compile_pattern(written))
                lines.append(number)
            except BadPattern:
                problems.append(Problem(number, 1, "not a pattern that Docker accepts", line.rstrip("\r")))
        if problems:
            raise SourceError(path, tuple(problems))
        return cls(path, PatternList(tuple(patterns)), tuple(lines), text)

    def ignores(self, path: str) -> bool:
        """Whether ``path``, relative to the context's root, is ignored."""
        return self.patterns.matches(path)

    def why(self, path: str) -> int | None:
        """Return the 1-based line that decides on ``path``, a ``!`` line included; None where none speaks of it."""
        decider = self.patterns.decider(path)
        return None if decider is None else self.lines[decider]

    def releases(self, path: str) -> bool:
        """Whether it is a ``!`` line that decides on ``path``: somebody wants it in the context."""
        decider = self.patterns.decider(path)
        return decider is not None and self.patterns.patterns[decider].negated

    def extended(self, patterns: Iterable[str], comment: str) -> str:
        """Return the text of the file with further patterns below a comment at its end; what is there stays."""
        end = "\r\n" if "\r\n" in self.text else "\n"
        between = "" if not self.text else end if self.text.endswith("\n") else end + end
        return self.text + between + end.join((f"# {comment}", *patterns, ""))

    def hides_all_below(self, directory: str) -> bool:
        """Whether ``directory`` is ignored and no ``!`` line could bring back something below it."""
        return self.ignores(directory) and not self.patterns.may_release_below(directory)


def ignore_file(dockerfile: str, exists: Callable[[str], bool]) -> str | None:
    """Return the ignore file that counts for ``dockerfile``, a path relative to the context's root.

    ``<dockerfile>.dockerignore`` beside it wins over the context's own; the two are never merged.
    """
    candidates = (f"{dockerfile}{IGNORE_FILE}", IGNORE_FILE)
    return next((path for path in candidates if exists(path)), None)


def exact_pattern(path: str) -> str:
    """Return the pattern of an ignore file that means ``path`` and what is below it, and nothing else."""
    written = re.sub(r"([*?\[\]\\^])", r"\\\1", path)
    return f"\\{written}" if written.startswith(("#", "!")) else written


def _pattern_of(line: str) -> str | None:
    """Clean one line; a ``#`` opens a comment only in the first column."""
    if line.startswith("#") or not line.strip():
        return None
    written = line.strip()
    negated = written.startswith("!")
    written = written.removeprefix("!").strip() if negated else written
    if written:
        written = clean(written)
        written = written.removeprefix("/") or written
    return f"!{written}" if negated else written
