"""Collecting what is wrong with a file, so that one run names everything."""

from bisect import bisect_right

from layerwise.errors import Problem
from layerwise.syntax.lines import Lines


class Problems:
    """The problems found so far."""

    __slots__ = ("_lines", "found")

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.found: list[Problem] = []

    def add(self, offset: int, message: str) -> None:
        """Note a problem at an offset of the text."""
        starts = self._lines.line_starts
        line = bisect_right(starts, offset) - 1
        excerpt = self._lines.line(line) if self._lines.text else ""
        self.found.append(Problem(line + 1, offset - starts[line] + 1, message, excerpt))

    def in_order(self) -> tuple[Problem, ...]:
        """Return the problems by place."""
        return tuple(sorted(self.found, key=lambda problem: (problem.line, problem.column)))
