"""How two images differ: on a terminal and as JSON."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from layerwise.prove.difference import Difference
from layerwise.prove.smoke import Smoke
from layerwise.prove.verdict import Owner, PlatformVerdict, Standing, Verdict
from layerwise.report.figures import Json
from layerwise.report.smoke import smoke_document, smoke_text
from layerwise.report.verify_rows import Row, groups, rows
from layerwise.syntax.display import one_line

_ROWS = 40
_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def verify_document(verdict: Verdict, runs: Sequence[Smoke] = ()) -> Json:
    """Return ``layerwise.verify/1``, with what a smoke command did."""
    return {
        "schema": "layerwise.verify/1",
        "equal": verdict.equal and all(run.equal for run in runs),
        "a": verdict.left,
        "b": verdict.right,
        "platforms": [_platform_document(platform) for platform in verdict.platforms],
        "smoke": smoke_document(runs),
    }


def verify_text(verdict: Verdict, runs: Sequence[Smoke] = (), *, verbose: bool = False) -> RenderableType:
    """Return the screen of ``layerwise verify``: real differences by package, then what is expected and what is noise.

    Args:
        verdict: What the comparison came to.
        runs: What a smoke command did.
        verbose: Every difference, and not the first 40 of a platform.
    """
    parts: list[RenderableType] = [Text(_headline(verdict), "bold")]
    parts += [Text(f"  {name}  {one_line(image)}") for name, image in (("A", verdict.left), ("B", verdict.right))]
    for platform in verdict.platforms:
        parts += ["", Text(summary(platform), "bold"), *_platform(platform, None if verbose else _ROWS)]
    if runs:
        parts += ["", smoke_text(runs)]
    return Group(*parts)


def _platform_document(platform: PlatformVerdict) -> Json:
    return {
        "platform": platform.platform,
        "paths": platform.paths,
        "noise": len(platform.standing(Standing.NOISE)),
        "noise_rules": [
            {"rule": rule, "reason": reason, "count": count} for (rule, reason), count in platform.noise.items()
        ],
        "expected": [{**_place(one.difference), "reason": one.reason} for one in platform.standing(Standing.EXPECTED)],
        "real": [
            {**_place(one.difference), "owner": _owner(one.owner), "excerpt": [_readable(line) for line in one.excerpt]}
            for one in platform.standing(Standing.REAL)
        ],
    }


def _place(difference: Difference) -> dict[str, Json]:
    left, right = (None if side is None else _readable(side) for side in (difference.left, difference.right))
    return {"where": _readable(difference.where), "what": difference.facet.value, "a": left, "b": right}


def _owner(owner: Owner | None) -> Json:
    return None if owner is None else {"manager": owner.manager, "package": _readable(owner.package)}


def _readable(text: str) -> str:
    r"""Return a text in which bytes that are no UTF-8 are written as ``\xff``."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _headline(verdict: Verdict) -> str:
    real = sum(len(platform.standing(Standing.REAL)) for platform in verdict.platforms)
    return "The images are the same." if verdict.equal else f"The images are not the same: {_counted(real)}."


def _counted(real: int) -> str:
    return "1 real difference" if real == 1 else f"{real:,} real differences"


def summary(platform: PlatformVerdict) -> str:
    """Return what the comparison of one platform came to."""
    real, noise = (len(platform.standing(standing)) for standing in (Standing.REAL, Standing.NOISE))
    what = _counted(real) if real else "the same"
    among = "" if platform.paths is None else f" in {platform.paths:,} paths"
    return f"{one_line(platform.platform)}: {what}{among}{f'; noise: {noise:,}' if noise else ''}"


def _platform(platform: PlatformVerdict, most: int | None) -> Iterator[RenderableType]:
    left, hidden = most, 0
    for group in groups(platform.standing(Standing.REAL)):
        shown = group.rows[:left]
        hidden += len(group.rows) - len(shown)
        left = None if left is None else left - len(shown)
        yield from _group(group.title if shown else "", shown)
    if hidden:
        yield _indented(f"and {hidden:,} more places", 2)
    if expected := rows(platform.standing(Standing.EXPECTED)):
        yield from _group("expected", expected[:most])
    if platform.noise:
        yield _indented("noise", 2, "dim")
    for (rule, reason), count in platform.noise.items():
        yield _indented(f"{count:,} {rule}: {reason}", 4, "dim")


def _group(title: str, shown: tuple[Row, ...]) -> Iterator[RenderableType]:
    if title:
        yield _indented(title, 2)
    for row in shown:
        yield _indented("  ".join(filter(None, (row.where, row.said))), 4)
        for line in row.excerpt:
            yield _indented(_printable(line), 6, _STYLES.get(line[:1], ""))


def _printable(line: str) -> str:
    """Return a line of a file with its white space, and nothing that a terminal would obey."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in line.expandtabs(4))


def _indented(text: str, columns: int, style: str = "") -> RenderableType:
    return Padding(Text(text, style), (0, 0, 0, columns))
