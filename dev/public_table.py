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
    yield f"  {'scenario':12}{'before':>9}{'after':>9}{'less':>8}   measured, s, one run     {'before':>9}{'after':>9}   predicted, s, prior"
    for one in result["measured"]:
        guess = _guess(result, one["scenario"])
        foreseen = f"{guess['before_s']:9.1f}{guess['after_s']:9.1f}" if guess else ""
        less = f"{_reduction(one):8.0%}"
        yield f"  {one['scenario']:12}{one['before_s']:9.1f}{one['after_s']:9.1f}{less}   {'':25}{foreseen}"
    yield f"  {_verdict(result)}"
    for heading in ("real", "own", "of_rewrite"):
        yield from (f"    {heading}: {one}" for one in result.get(heading, ()))
    yield from (f"    alone, {name}: {found or 'equal'}" for name, found in result.get("blamed", {}).items())


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
    if result["paths"] is None and result["equal"]:
        return "the same layers"
    if result["equal"]:
        return f"equal: {result['paths']:,} paths, {result['noise']:,} differences are noise"
    if not result["of_rewrite"]:
        return f"equal but for {len(result['own'])} that two builds of the original differ in too"
    return f"NOT EQUAL in {len(result['of_rewrite'])}"
