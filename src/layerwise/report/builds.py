"""The list of recorded builds as text, Markdown and JSON."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from layerwise.records import BENCH, Basis
from layerwise.report.build_words import brief, took
from layerwise.report.figures import Json, figure, instant
from layerwise.report.grid import Column, Grid, laid_out
from layerwise.report.grid_markdown import table
from layerwise.report.grid_text import Drawn
from layerwise.report.units import moment
from layerwise.store.store import BuildRow
from layerwise.syntax.display import one_line

_DIGITS = 12
_COMMIT = 10
_NONE = "No build is recorded here. `layerwise record -- docker buildx build ...` records one."


def builds_text(rows: Sequence[BuildRow]) -> RenderableType:
    """Return the list for a terminal."""
    return Drawn(_grid(rows)) if rows else Text(_NONE)


def builds_markdown(rows: Sequence[BuildRow]) -> str:
    """Return the list as Markdown."""
    return "\n".join(table(_grid(rows))).strip() if rows else _NONE


def builds_document(rows: Sequence[BuildRow]) -> Json:
    """Return ``layerwise.builds/1``."""
    return {"schema": "layerwise.builds/1", "builds": [_row(row) for row in rows]}


def _grid(rows: Sequence[BuildRow]) -> Grid:
    several = len({row.project for row in rows}) > 1
    columns: tuple[Column[BuildRow], ...] = (
        Column("build", lambda row: one_line(row.id)[:_DIGITS]),
        Column("of", lambda row: _subject(row, several=several)),
        Column("started, UTC", lambda row: moment(row.started_at)),
        Column("what changed", lambda row: one_line(row.change) + (" (bench)" if row.group.startswith(BENCH) else "")),
        Column(">wall", lambda row: took(row.wall_s)),
        Column(">cached", lambda row: f"{row.cached} of {row.cached + row.executed}"),
        Column(">ran for", lambda row: took(row.executed_s)),
        Column("platforms", lambda row: ", ".join(map(brief, row.platforms))),
        Column("commit", lambda row: one_line(row.commit)[:_COMMIT]),
        Column("ended", lambda row: str(row.ending.value)),
    )
    return laid_out(columns, rows, spare=("commit", ">ran for", "platforms", ">cached"))


def _subject(row: BuildRow, *, several: bool) -> str:
    """Return what was built, as far as it tells one row of the list from another."""
    target = f"{row.dockerfile}, {row.target}" if row.target else row.dockerfile
    return one_line(f"{row.project}: {target}".removesuffix(": ") if several else target) or "?"


def _row(row: BuildRow) -> Json:
    return {
        "id": row.id,
        "project": row.project,
        "dockerfile": row.dockerfile,
        "target": row.target,
        "platforms": list(row.platforms),
        "started_at": instant(row.started_at),
        "wall_s": figure(row.wall_s),
        "ending": row.ending.value,
        "change": row.change,
        "source": row.source.value,
        "group": row.group,
        "commit": row.commit,
        "executed": row.executed,
        "cached": row.cached,
        "executed_s": figure(row.executed_s),
        "basis": (Basis.UNKNOWN if row.wall_s is None and row.executed_s is None else Basis.MEASURED).value,
    }
