"""Results of dev/public.py as text, and as the Markdown of docs/public.md."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


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
        yield f"  {one['scenario']:13}{one['before_s']:28.1f}{one['after_s']:9.1f}{_reduction(one):7.0%}{foreseen}"
    yield f"  {_verdict(result)}"
    yield from (f"    differs: {one}" for one in result["real"])
    yield from (f"    differs in two builds of the original too: {one}" for one in result["own"])
    yield from (f"    with {name} alone: {found or 'equal'}" for name, found in result["alone"].items())


def markdown(results: Sequence[Mapping[str, Any]]) -> str:
    """The table of the docs: a row a scenario."""
    lines = [
        "| Dockerfile | applied | scenario | measured before, s | after, s | less | predicted before, s | after, s"
        " | images |",
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
            cells = [f"{one['before_s']:.1f}", f"{one['after_s']:.1f}", f"{_reduction(one):.0%}", *foreseen]
            lines.append(f"| {' | '.join([*first, one['scenario'], *cells, last])} |")
            first, last = ["", ""], ""
    return "\n".join(lines)


def refusals(results: Sequence[Mapping[str, Any]]) -> str:
    """The table of what was not applied: offered and refused, by pass."""
    offered = Counter(one["pass"] for result in results for one in result.get("offered", ()))
    refused = Counter(one["pass"] for result in results for one in result.get("refused", ()))
    kept = Counter(one["pass"] for result in results for one in result.get("kept", ()))
    names = sorted(set(kept) | set(offered) | set(refused))
    rows = [f"| `{name}` | {kept[name]} | {offered[name]} | {refused[name]} |" for name in names]
    return "\n".join(["| pass | applied | offered | refused |", "|---|---:|---:|---:|", *rows])


def _passes(edits: Sequence[Mapping[str, Any]]) -> str:
    counted = Counter(one["pass"] for one in edits)
    return ", ".join(f"`{name}`" + (f" ×{count}" if count > 1 else "") for name, count in counted.items())  # noqa: RUF001


def _guess(result: Mapping[str, Any], scenario: str) -> Mapping[str, Any] | None:
    return next((one for one in result["predicted"] if one["name"] == scenario), None)


def _reduction(one: Mapping[str, Any]) -> float:
    return 1 - float(one["after_s"]) / float(one["before_s"])


def _verdict(result: Mapping[str, Any]) -> str:
    real, own = result["differs_by"]["real"], result["differs_by"]["own"]
    if real:
        return f"DIFFER in {real}"
    paths = "the same layers" if result["paths"] is None else f"{result['paths']:,} paths, {result['noise']:,} noise"
    return f"equal ({paths})" + (f", but for {own} in which two builds of the original differ" if own else "")
