"""The caches that last: what each holds, how old it is, and whether BuildKit can import it."""

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from rich.console import Group, RenderableType
from rich.text import Text

from layerwise.builder.cache.contents import LARGEST
from layerwise.builder.cache.kept import Kept
from layerwise.builder.cache.prune import Gone
from layerwise.report.figures import Json, instant
from layerwise.report.grid import Column, Grid, laid_out
from layerwise.report.grid_text import Drawn
from layerwise.report.units import age, share, size
from layerwise.syntax.display import one_line

_NONE = "No build cache is kept here. `layerwise build --cache registry` or `--cache local` keeps one."


def caches_text(kept: Sequence[Kept], now: float) -> RenderableType:
    """Return the screen of ``layerwise cache inspect``; ``now`` is in seconds since the epoch."""
    if not kept:
        return Text(_NONE)
    lost = [
        Text(f"{_name(one)} is too large: BuildKit imports nothing of it.") for one in kept if one.outline.too_large
    ]
    return Group(Drawn(_grid(kept, now)), *lost)


def caches_document(place: str, kept: Sequence[Kept]) -> Json:
    """Return ``layerwise.cache-inspect/1``."""
    return {
        "schema": "layerwise.cache-inspect/1",
        "place": place,
        "limit_bytes": LARGEST,
        "caches": [_cache(one) for one in kept],
    }


def gone_lines(gone: Sequence[Gone], *, dry: bool) -> Iterator[str]:
    """Yield what ``layerwise cache prune`` removed, or would remove."""
    removed = [one for one in gone if not one.why]
    for one in gone:
        end = f"stays: {one.why}" if one.why else ("would go" if dry else "removed")
        yield f"{one_line(one.what)}  {size(one.size_bytes)}  {end}"
    total = sum(one.size_bytes for one in removed)
    counted = "nothing" if not removed else f"{len(removed)} of {size(total)}, layers that others share counted too"
    yield f"{'Would remove' if dry else 'Removed'} {counted}."


def _grid(kept: Sequence[Kept], now: float) -> Grid:
    columns: tuple[Column[Kept], ...] = (
        Column("cache", _name),
        Column("of", lambda one: one.made.branch if one.made else ""),
        Column("platform", lambda one: one.made.platform if one.made else ""),
        Column(">records", lambda one: str(one.records)),
        Column(">layers", lambda one: str(one.outline.layers)),
        Column(">size", lambda one: size(one.outline.size_bytes)),
        Column(">newest", lambda one: "?" if one.newest is None else age(max(now - one.newest, 0.0))),
        Column(">of 1 MiB", lambda one: share(_largest(one) / LARGEST)),
    )
    return laid_out(columns, kept, spare=(">layers", "platform", "of"))


def _name(kept: Kept) -> str:
    return one_line(PurePath(kept.name).name)


def _largest(kept: Kept) -> int:
    return max(kept.outline.config.size or 0, kept.outline.manifest_bytes)


def _cache(kept: Kept) -> Json:
    made = kept.made
    return {
        "name": kept.name,
        "digest": kept.digest,
        "branch": made.branch if made else None,
        "platform": made.platform if made else None,
        "records": kept.records,
        "layers": kept.outline.layers,
        "size_bytes": kept.outline.size_bytes,
        "config_bytes": kept.outline.config.size,
        "manifest_bytes": kept.outline.manifest_bytes,
        "importable": not kept.outline.too_large,
        "newest_at": instant(kept.newest),
    }
