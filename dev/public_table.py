"""Results of dev/public.py as text, and as the Markdown of docs/public.md."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_FEW_S = 2.0
_MEASURED = ("measured before, s", "after, s", "less")
_PREDICTED = ("predicted before, s", "after, s")


def text(result: Mapping[str, Any]) -> str:
    """What one Dockerfile came to, for a terminal."""
    return "\n".join(_lines(result))


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n{result['name']} at {result['commit'][:12]}, {result['date']}"
    if "failed" in result:
        yield f"  does not build: {result['failed']}"
        return
    yield from (f"  kept: {one['pass']}, line {one['line']}, {one['safety']}: {one['why']}" for one in result["kept"])
    yield from (f"  offered: {one['pass']}, line {one['line']}, {one['why']}" for one in result["offered"])
    yield from (f"  refused: {one['pass']}, line {one['line']}: {one['why']}" for one in result["refused"])
    if "measured" not in result:
        return
    yield "  scenario      measured, one run: before s  after s   less   predicted, prior: before s  after s"
    for one in result["measured"]:
        guess = _guess(result, one["scenario"])
        foreseen = f"{guess['before_s']:29.1f}{guess['after_s']:9.1f}" if guess else ""
        yield f"  {one['scenario']:13}{one['before_s']:28.1f}{_after(one):>9}{_less(one):>7}{foreseen}"
    yield f"  {_verdict(result)}"
    yield from (f"    differs: {one}" for one in result.get("real", ()))
    yield from (f"    differs in two builds of the original too: {one}" for one in result["own"])
    yield from (f"    with {name} alone: {found or 'equal'}" for name, found in result.get("alone", {}).items())


def markdown(results: Sequence[Mapping[str, Any]]) -> str:
    """The table of the docs: a row a scenario."""
    lines = [
        _row("Dockerfile", "applied", "scenario", *_MEASURED, *_PREDICTED, "images"),
        "|---|---|---|---:|---:|---:|---:|---:|---|",
    ]
    for result in results:
        if "measured" not in result:
            continue
        first = [f"{result['name']} `{result['commit'][:8]}`", _passes(result["kept"]) or "nothing"]
        last = _verdict(result)
        for one in result["measured"]:
            guess = _guess(result, one["scenario"])
            foreseen = [f"{guess['before_s']:.1f}", f"{guess['after_s']:.1f}"] if guess else ["", ""]
            cells = [f"{one['before_s']:.1f}", _after(one), _less(one), *foreseen]
            lines.append(_row(*first, one["scenario"], *cells, last))
            first, last = ["", ""], ""
    return "\n".join(lines)


def refusals(results: Sequence[Mapping[str, Any]]) -> str:
    """The table of what was not applied: offered and refused, by pass."""
    offered = Counter(one["pass"] for result in results for one in result.get("offered", ()))
    refused = Counter(one["pass"] for result in results for one in result.get("refused", ()))
    kept = Counter(one["pass"] for result in results for one in result.get("kept", ()))
    names = sorted(set(kept) | set(offered) | set(refused))
    rows = (_row(f"`{name}`", str(kept[name]), str(offered[name]), str(refused[name])) for name in names)
    return "\n".join([_row("pass", "applied", "offered", "refused"), "|---|---:|---:|---:|", *rows])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _passes(edits: Sequence[Mapping[str, Any]]) -> str:
    counted = Counter(one["pass"] for one in edits)
    return ", ".join(f"`{name}`" + (f" ×{count}" if count > 1 else "") for name, count in counted.items())  # noqa: RUF001


def _guess(result: Mapping[str, Any], scenario: str) -> Mapping[str, Any] | None:
    return next((one for one in result["predicted"] if one["name"] == scenario), None)


def _after(one: Mapping[str, Any]) -> str:
    return f"{one['after_s']:.1f}" if "after_s" in one else ""


def _less(one: Mapping[str, Any]) -> str:
    """The share of the seconds that is saved; "" where so few are that it says nothing."""
    if "after_s" not in one or max(one["before_s"], one["after_s"]) < _FEW_S:
        return ""
    return f"{1 - one['after_s'] / one['before_s']:.0%}"


def _verdict(result: Mapping[str, Any]) -> str:
    own = result["own_differences"]
    but = f", but for {own} in which two builds of the original differ" if own else ""
    if "paths" not in result:
        return "left as it is" + but
    if result["real_differences"]:
        return f"DIFFER in {result['real_differences']}"
    return f"equal ({result['paths']:,} paths, {result['noise']:,} noise)" + but
