"""A builder's build cache: what takes the room, and what it would cost to make it again."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from layerwise.report.build_words import Code, brief, took
from layerwise.report.figures import Json, figure
from layerwise.report.grid import Column, Grid, laid_out
from layerwise.report.grid_text import Drawn
from layerwise.report.units import cut, size
from layerwise.summary.cache_names import Maker
from layerwise.summary.disk import Disk, KindTotal, Row
from layerwise.syntax.display import one_line

_ROWS = 15
_WIDTH = 80
_KINDS = {
    "regular": "results of steps, and bases",
    "exec.cachemount": "cache mounts",
    "source.local": "files of build contexts",
    "source.git.checkout": "git checkouts",
    "frontend": "frontends",
    "internal": "BuildKit's own",
}
_REBUILT = (
    "rebuild: median seconds of the step when it ran, in recorded builds; a record in an image frees nothing while the "
    "image is there"
)
_UNKNOWN = "?: no recorded step is known to have made it"


def disk_text(disk: Disk) -> RenderableType:
    """Return the screen of ``layerwise cache du``: the totals, and the largest records."""
    return Group(*_parts(disk))


def disk_document(disk: Disk) -> Json:
    """Return ``layerwise.cache-du/1``."""
    return {
        "schema": "layerwise.cache-du/1",
        "size_bytes": disk.size_bytes,
        "reclaimable_bytes": disk.reclaimable_bytes,
        "shared_bytes": disk.shared_bytes,
        "unsized": disk.unsized,
        "kinds": [
            {
                "kind": one.kind,
                "records": one.records,
                "size_bytes": one.size_bytes,
                "reclaimable_bytes": one.reclaimable_bytes,
            }
            for one in disk.kinds
        ],
        "records": [_record(row) for row in disk.rows],
    }


def _record(row: Row) -> Json:
    item = row.item
    return {
        "id": item.id,
        "parents": list(item.parents),
        "kind": item.kind,
        "maker": row.maker.value,
        "what": row.what,
        "platform": row.platform or None,
        "description": item.description,
        "size_bytes": item.size_bytes,
        "shared": item.shared,
        "reclaimable": item.reclaimable,
        "created_at": item.created_at,
        "last_used": item.last_used,
        "usage_count": item.usage_count,
        "rebuild_s": figure(row.rebuild_s),
        "runs": row.runs,
        "basis": row.basis.value,
    }


def _parts(disk: Disk) -> Iterator[RenderableType]:
    yield Text(_headline(disk), "bold")
    if not disk.rows:
        return
    yield from ("", Drawn(_kind_grid(disk.kinds)), "", Drawn(_row_grid(disk.rows[:_ROWS])))
    if rest := disk.rows[_ROWS:]:
        yield Text(f"and {len(rest)} smaller records, {size(sum(row.item.size_bytes or 0 for row in rest))}", "dim")
    yield Text(_REBUILT, "dim")
    if any(_rebuild(row) == "?" for row in disk.rows[:_ROWS]):
        yield Text(_UNKNOWN, "dim")


def _headline(disk: Disk) -> str:
    if not disk.rows:
        return "The build cache is empty."
    records = "1 record" if len(disk.rows) == 1 else f"{len(disk.rows)} records"
    shared = f"; images hold {size(disk.shared_bytes)} of it as well" if disk.shared_bytes else ""
    unsized = f"; of {disk.unsized} the size is not known" if disk.unsized else ""
    sizes = f"{size(disk.size_bytes)} in {records}, {size(disk.reclaimable_bytes)} reclaimable"
    return f"Build cache: {sizes}{shared}{unsized}."


def _kind_grid(kinds: tuple[KindTotal, ...]) -> Grid:
    return laid_out(
        (
            Column(">size", lambda one: size(one.size_bytes)),
            Column("kind", lambda one: _KINDS.get(one.kind) or one_line(one.kind) or "?"),
            Column(">records", lambda one: str(one.records)),
            Column(">reclaimable", lambda one: size(one.reclaimable_bytes)),
        ),
        kinds,
    )


def _row_grid(rows: tuple[Row, ...]) -> Grid:
    return laid_out(
        (
            Column(">size", lambda row: "?" if row.item.size_bytes is None else size(row.item.size_bytes)),
            Column("record", lambda row: (Code(cut(row.what, _WIDTH)),)),
            Column("platform", lambda row: brief(row.platform) if row.platform else ""),
            Column(">rebuild", _rebuild),
            Column(">runs", lambda row: str(row.runs or "")),
            Column("last used", lambda row: one_line(row.item.last_used)),
            Column("", _remark),
        ),
        rows,
        spare=("", ">runs", "last used", "platform"),
    )


def _rebuild(row: Row) -> str:
    """Return the seconds of a step; what no step made has none to tell."""
    return took(row.rebuild_s) if row.maker in (Maker.RUN, Maker.FILES) else ""


def _remark(row: Row) -> str:
    if not row.item.reclaimable:
        return "in use"
    return "in an image" if row.item.shared else ""
