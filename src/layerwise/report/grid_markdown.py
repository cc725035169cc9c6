"""A table as Markdown."""

from collections.abc import Iterator

from layerwise.report.build_words import Code, Words
from layerwise.report.grid import Content, Grid
from layerwise.report.markup import code, plain, table_row


def table(grid: Grid) -> Iterator[str]:
    """Yield the lines of a table after the empty line that it needs; none where it has no rows."""
    if not grid.rows:
        return
    yield ""
    yield table_row(*(plain(name.removeprefix(">")) for name in grid.columns))
    yield f"|{'|'.join('---:' if name.startswith('>') else '---' for name in grid.columns)}|"
    for cells in grid.rows:
        yield table_row(*map(written, cells))


def written(content: Content) -> str:
    """Return a cell or a sentence, its code as code."""
    words: Words = (content,) if isinstance(content, str) else content
    return "".join(code(piece.text) if isinstance(piece, Code) else plain(piece) for piece in words)
