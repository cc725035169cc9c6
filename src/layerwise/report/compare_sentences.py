"""What text and Markdown say in sentences of how two builds differ."""

from collections.abc import Iterator

from layerwise.report.build_words import took
from layerwise.report.units import moment, seconds, share
from layerwise.summary.compare import Comparison, Moved
from layerwise.syntax.display import one_line

_DIGITS = 12
_TWICE = 2
_SHORT = frozenset({"commit", "dockerfile", "base"})


def changed(comparison: Comparison) -> str:
    """Return in one sentence how long both builds took, and how many steps came and went."""
    before, after = comparison.before, comparison.after
    began = "" if before.started_at is None else f" of {moment(before.started_at)}"
    walls = " -> ".join(map(took, (before.wall_s, after.wall_s)))
    came = sum(pair.before is None for pair in comparison.steps)
    went = sum(pair.after is None for pair in comparison.steps)
    steps = f"; steps that came: {came}, that went: {went}" if came or went else ""
    return f"Against build {one_line(before.id)[:_DIGITS]}{began}: {walls}{_difference(comparison)}{steps}."


def more(value: float) -> str:
    """Return seconds with their sign."""
    return f"+{seconds(value)}" if value >= 0 else f"-{seconds(-value)}"


def moved(comparison: Comparison) -> Iterator[str]:
    """Yield a sentence for each input that is not the same in both builds."""
    for one in comparison.moved:
        what = " ".join(filter(None, (one.what, one_line(one.name))))
        if one.hidden:
            yield f"{what}: another value, not shown"
        elif one.before is None:
            yield f"{what}: only after{_value(one, one.after)}"
        elif one.after is None:
            yield f"{what}: only before{_value(one, one.before)}"
        elif one.what == "file":
            yield f"{what}: other content"
        else:
            yield f"{what}: {_short(one, one.before)} -> {_short(one, one.after)}"


def _difference(comparison: Comparison) -> str:
    before_s, after_s = comparison.before.wall_s, comparison.after.wall_s
    if not before_s or after_s is None or after_s == before_s:
        return ""
    if after_s >= before_s * _TWICE:
        return f", {after_s / before_s:.1f} times as long"
    return f", {share(abs(after_s - before_s) / before_s)} {'more' if after_s > before_s else 'less'}"


def _value(one: Moved, value: str | None) -> str:
    return "" if one.what == "file" else f", {_short(one, value or '')}"


def _short(one: Moved, value: str) -> str:
    text = one_line(value)
    if one.what not in _SHORT:
        return text or "none"
    return text.removeprefix("sha256:")[:_DIGITS]
