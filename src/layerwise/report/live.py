"""Which display a build's progress has: a live one on a terminal, lines elsewhere, or what the user asks for."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import IO

from layerwise.builder.drive.progress import View
from layerwise.builder.events import SolveStatus
from layerwise.report.live_board import Expected
from layerwise.report.live_plain import PlainView

QUIET = ("quiet", "none")


class SilentView:
    """Shows nothing."""

    def take(self, number: int, status: SolveStatus, line: bytes) -> None:
        """Show nothing."""

    def say(self, number: int, text: str) -> None:
        """Show nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""

    def tick(self) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Show nothing."""


class RawView(SilentView):
    """Passes the events of all calls on as they come, for programs."""

    def __init__(self, stream: IO[bytes]) -> None:
        """Write to a stream."""
        self._stream = stream

    def take(self, number: int, status: SolveStatus, line: bytes) -> None:  # noqa: ARG002 - as View asks
        """Pass a line on."""
        self._stream.write(line)
        self._stream.flush()


def view_of(
    progress: str, platforms: Sequence[str], expected: Callable[[], Expected], environment: Mapping[str, str]
) -> View:
    """Return the view that shows a build on standard error.

    Args:
        progress: ``auto``, ``tty``, ``plain``, ``quiet``, ``none`` or ``rawjson``, as buildx has them.
        platforms: That of each call, "" where a call makes several or buildx decides.
        expected: Says how long steps take; asked for where that is shown.
        environment: Says whether a terminal can move its cursor.
    """
    if progress in QUIET:
        return SilentView()
    if progress == "rawjson":
        return RawView(sys.stderr.buffer)
    moves = sys.stderr.isatty() and environment.get("TERM") != "dumb"
    if progress == "tty" or (progress == "auto" and moves):
        from layerwise.report.live_view import LiveView  # noqa: PLC0415 - rich is loaded where it draws

        return LiveView(platforms, expected(), sys.stderr)
    several = len(platforms) > 1
    return PlainView(tuple(name if several else "" for name in platforms), _write)


def _write(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
