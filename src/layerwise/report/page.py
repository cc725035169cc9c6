"""The pieces of a page that is one file: nothing in it is loaded from elsewhere, and nothing runs."""

from collections.abc import Iterable, Iterator
from importlib.resources import files

from layerwise.report.build_words import Code
from layerwise.report.diff_lines import diff_lines
from layerwise.report.grid import Content as Cell
from layerwise.report.grid import Grid
from layerwise.report.tags import Content, tag, write

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(title: str, *body: Content) -> str:
    """Return a whole page."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", files("layerwise.report").joinpath("page.css").read_text("utf-8")),
    )
    return f"<!DOCTYPE html>\n{write(tag('html', head, tag('body', tag('main', *body)), lang='en'))}\n"


def section(title: str, *body: Content) -> Iterator[Content]:
    """Yield a titled part; nothing where it is empty."""
    if body:
        yield tag("section", tag("h2", title), *body)


def folded(title: str, *body: Content, shown: bool = False) -> Iterator[Content]:
    """Yield a part that can be folded away, and is at first unless it is ``shown``; nothing where it is empty."""
    if body:
        yield tag("details", tag("summary", title), *body, **({"open": "open"} if shown else {}))


def table(grid: Grid) -> Iterator[Content]:
    """Yield a table; nothing where it has no rows."""
    if not grid.rows:
        return
    aligned = ["right" if name.startswith(">") else "left" for name in grid.columns]
    head = (tag("th", name.removeprefix(">"), class_=side) for name, side in zip(grid.columns, aligned, strict=True))
    rows = (
        tag("tr", *(tag("td", *words(cell), class_=side) for cell, side in zip(cells, aligned, strict=True)))
        for cells in grid.rows
    )
    yield tag("div", tag("table", tag("thead", tag("tr", *head)), tag("tbody", *rows)), class_="wide")


def listed(lines: Iterable[Cell]) -> Iterator[Content]:
    """Yield lines as a list; nothing where there are none."""
    if items := tuple(tag("li", *words(line)) for line in lines):
        yield tag("ul", *items)


def diff(text: str) -> Iterator[Content]:
    """Yield a diff in colours; nothing where it is empty."""
    if lines := tuple(tag("span", f"{line}\n", class_=kind) for kind, line in diff_lines(text)):
        yield tag("pre", *lines)


def words(cell: Cell) -> Iterator[Content]:
    """Yield a cell or a sentence, its code as code."""
    for piece in (cell,) if isinstance(cell, str) else cell:
        yield tag("code", piece.text) if isinstance(piece, Code) else piece
