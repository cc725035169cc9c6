"""Progress on a terminal: what has ended scrolls away, what runs stands below it, a row each."""

import time
from collections.abc import Callable, Sequence
from typing import IO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from layerwise.builder.events import SolveStatus, text_of
from layerwise.report.build_words import brief
from layerwise.report.live_board import Board, End, Ended, Expected, Running
from layerwise.report.units import duration, seconds
from layerwise.syntax.display import one_line

_FRAME_S = 0.1
_MARKS = {End.DONE: ("✓", "green"), End.CACHED: ("=", "cyan"), End.FAILED: ("✗", "red"), End.CANCELLED: ("-", "dim")}
_PLAIN_MARKS = {End.DONE: "+", End.CACHED: "=", End.FAILED: "x", End.CANCELLED: "-"}
_OTHER_LINES = 3
"""Lines of the terminal that rows leave free."""


class LiveView:
    """Draws a board again and again."""

    def __init__(
        self,
        platforms: Sequence[str],
        expected: Expected,
        stream: IO[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Begin to draw.

        Args:
            platforms: That of each call, "" where a call makes several or buildx decides.
            expected: How long steps take.
            stream: The terminal.
            clock: Seconds since the epoch.
        """
        self._board = Board(platforms, expected)
        self._console = Console(file=stream, highlight=False)
        self._clock = clock
        self._began = clock()
        self._drawn = 0.0
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._live.start()

    def take(self, number: int, status: SolveStatus, line: bytes) -> None:  # noqa: ARG002 - as View asks
        """Show events."""
        for ended in self._board.take(number, status):
            self._console.print(self._line(ended), overflow="ellipsis", no_wrap=True)
        for warning in status.warnings:
            self._console.print(Text(f"! {one_line(text_of(warning.short))}", style="yellow"))

    def say(self, number: int, text: str) -> None:
        """Take a line of buildx's own words; they are shown at the end."""

    def note(self, text: str) -> None:
        """Show a sentence of ours."""
        self._console.print(Text(f"  {one_line(text)}", style="dim"))

    def tick(self) -> None:
        """Draw what runs, a few times a second."""
        now = self._clock()
        if now - self._drawn < _FRAME_S:
            return
        self._drawn = now
        self._live.update(self._frame(now), refresh=True)

    def close(self) -> None:
        """Take what runs off the terminal."""
        if self._live.is_started:
            self._live.update(Text(), refresh=True)
            self._live.stop()

    def _frame(self, now: float) -> RenderableType:
        rows = self._board.running(now)
        room = max(self._console.height - _OTHER_LINES, 1)
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        table.add_column(justify="right", no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        for row in rows[:room]:
            cells = (_short(row.platform), row.place, row.what, seconds(row.seconds), _left(row))
            table.add_row(*map(Text, cells))
        hidden = f", {len(rows) - room} more run" if len(rows) > room else ""
        return Group(table, Text(f"{self._counted()}{duration(now - self._began)}{hidden}", style="dim"))

    def _counted(self) -> str:
        counted = (
            f"{_short(platform)} {done} done ({cached} cached)".strip()
            for platform, done, cached in self._board.counted()
        )
        return "".join(f"{text}, " for text in counted)

    def _line(self, ended: Ended) -> Text:
        mark, style = _MARKS[ended.end]
        if not _shows(self._console, mark):
            mark = _PLAIN_MARKS[ended.end]
        line = Text(f"{mark} ", style=style)
        line.append(" ".join(filter(None, (_short(ended.platform), ended.place, ended.what))), style="default")
        told = "cached" if ended.end is End.CACHED else seconds(ended.seconds)
        return line.append(f"  {told if ended.end in (End.DONE, End.CACHED) else ended.end.value}", style="dim")


def _short(platform: str) -> str:
    return brief(platform) if platform else ""


def _left(row: Running) -> str:
    """Return how long something is still expected to run, by earlier builds."""
    if row.left_s is None:
        return ""
    return f"about {duration(row.left_s)} left" if row.left_s else "longer than before"


def _shows(console: Console, mark: str) -> bool:
    """Whether the terminal's encoding has a character."""
    try:
        mark.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
