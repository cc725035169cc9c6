"""Prints what is drawn to standard output."""

import sys

from rich.console import Console, RenderableType

_WIDTH = 120


def render(what: RenderableType) -> None:
    """Print to standard output: as wide as the terminal, or wide enough for a log."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    with console.capture() as captured:
        console.print(what, crop=False)
    lines = captured.get().rstrip().splitlines()
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in lines))
    sys.stdout.flush()
