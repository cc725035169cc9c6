"""What a command did in two images: on a terminal and as JSON."""

import difflib
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from layerwise.prove.smoke import Ran, Smoke
from layerwise.report.figures import Json
from layerwise.syntax.display import one_line

_LINES = 12
_LONGEST = 10_000  # characters of output in a document


def smoke_document(runs: Sequence[Smoke]) -> Json:
    """Return what the command did, by platform."""
    return [{"platform": run.platform, "equal": run.equal, "a": _ran(run.left), "b": _ran(run.right)} for run in runs]


def smoke_text(runs: Sequence[Smoke]) -> RenderableType:
    """Return what the command did, with the first lines that differ."""
    return Group(*(line for run in runs for line in _lines(run)))


def _ran(ran: Ran) -> Json:
    return {"exit_code": ran.exit_code, "output": _decoded(ran)[:_LONGEST]}


def _lines(run: Smoke) -> Iterator[Text]:
    if run.equal:
        yield Text(f"{run.platform}: the command does the same in both, exit code {run.left.exit_code}")
        return
    codes = f"exit code {run.left.exit_code} in A, {run.right.exit_code} in B"
    yield Text(f"{run.platform}: the command does not do the same: {codes}", "bold")
    left, right = (_decoded(ran).splitlines() for ran in (run.left, run.right))
    shown = list(difflib.unified_diff(left, right, "A", "B", n=1, lineterm=""))[2:]
    for line in shown[:_LINES]:
        yield Text(f"  {line[:1]}{one_line(line[1:])}", {"+": "green", "-": "red"}.get(line[:1], "dim"))
    if len(shown) > _LINES:
        yield Text(f"  and {len(shown) - _LINES} more lines", "dim")


def _decoded(ran: Ran) -> str:
    return ran.output.decode(errors="replace")
