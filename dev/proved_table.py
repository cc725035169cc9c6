"""Results of dev/proved.py: the figures of predictions, as text and as the Markdown of docs/public.md."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from dev.proved_results import results

_SIDES = ("before", "after")
_DAYS = ("priors", "recorded")


@dataclass(frozen=True, slots=True)
class Guess:
    """A measured figure and what was predicted.

    Attributes:
        scenario: What changed.
        side: ``before`` or ``after`` the plan.
        measured_s: Median of the runs, seconds.
        predicted_s: By the day: ``priors`` and ``recorded``; of ``after`` only where the plan was of the same edits.
    """

    scenario: str
    side: str
    measured_s: float
    predicted_s: Mapping[str, float]

    def error(self, day: str) -> float | None:
        """Return the absolute error as a share of the measured seconds; None where nothing was predicted."""
        return abs(self.predicted_s[day] - self.measured_s) / self.measured_s if day in self.predicted_s else None


def guesses(result: Mapping[str, Any]) -> Iterator[Guess]:
    """Yield the figures of a result, by scenario and side."""
    kept = sorted(f"{edit['pass']}:{edit['line']}" for edit in result["proof"]["kept"]) if "proof" in result else []
    for row in result.get("scenarios", ()):
        for place, side in enumerate(_SIDES):
            measured = row[f"{side}_s"]
            if measured:
                days = (day for day in _DAYS if side == "before" or result[day]["edits"] == kept)
                found = {day: result[day]["scenarios"].get(row["name"]) for day in days}
                predicted = {day: seconds[place] for day, seconds in found.items() if seconds is not None}
                yield Guess(row["name"], side, measured, predicted)


def error_of(found: Sequence[Guess], day: str) -> float | None:
    """Return the median error of a day; None where nothing was both predicted and measured."""
    errors = [error for guess in found if (error := guess.error(day)) is not None]
    return median(errors) if errors else None


def text(result: Mapping[str, Any]) -> str:
    """What one Dockerfile came to, for a terminal."""
    return "\n".join(_lines(result))


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n{result['name']} at {result['commit'][:12]}, {result['date']}"
    if "failed" in result:
        yield f"  not proved: {result['failed']}"
        return
    proof, found = result["proof"], tuple(guesses(result))
    yield f"  {proof['verdict']} ({proof['builds']} builds; load average {_load(result)})"
    yield from (f"  kept: {one['pass']}, line {one['line']}: {one['why']}" for one in proof["kept"])
    yield from (f"  dropped: {one['pass']}, line {one['line']}, {_fault(one)}" for one in proof["dropped"])
    yield "  scenario      side    measured s   priors s  recorded s"
    for one in found:
        cells = "".join(f"{_seconds(one.predicted_s.get(day)):>11}" for day in _DAYS)
        yield f"  {one.scenario:13} {one.side:7}{one.measured_s:11.1f}{cells}"
    yield "  median error: " + ", ".join(f"{day} {_percent(error_of(found, day))}" for day in _DAYS)


def markdown() -> str:
    """The generated part of the docs: a row a scenario and side, then the median errors."""
    return markdown_of(results())


def markdown_of(kept: Sequence[Mapping[str, Any]]) -> str:
    """Return the table of these results."""
    whole = [one for one in kept if "failed" not in one]
    if not whole:
        return "Nothing has been kept yet."
    rows = [
        "| Dockerfile | scenario | side | measured, s | predicted by priors, s | after a record, s |",
        "|---|---|---|---:|---:|---:|",
    ]
    errors = [
        "| Dockerfile | figures | median error by priors | after a record | load average | proof |",
        "|---|---:|---:|---:|---:|---|",
    ]
    every: list[Guess] = []
    for one in whole:
        found, name = tuple(guesses(one)), f"{one['name']} `{one['commit'][:8]}`"
        every += found
        errors.append(_row(name, str(len(found)), *_errors(found), _load(one), _proof(one["proof"])))
        for guess in found:
            predicted = (_seconds(guess.predicted_s.get(day)) for day in _DAYS)
            rows.append(_row(name, guess.scenario, guess.side, f"{guess.measured_s:.1f}", *predicted))
            name = ""
    errors.append(_row("all", str(len(every)), *_errors(every), "", ""))
    return "\n".join([*errors, "", *rows])


def _errors(found: Sequence[Guess]) -> tuple[str, ...]:
    return tuple(_percent(error_of(found, day)) for day in _DAYS)


def _proof(proof: Mapping[str, Any]) -> str:
    dropped = "; ".join(f"dropped `{one['pass']}`, {_fault(one)}" for one in proof["dropped"])
    return f"{proof['verdict']}{' ' if dropped else ''}{dropped}".replace("|", "/").replace("<", "&lt;")


def _fault(dropped: Mapping[str, Any]) -> str:
    return f"{dropped['fault']}: {dropped['reason']}"


def _load(result: Mapping[str, Any]) -> str:
    least, most = result["load"]
    return f"{least:.1f} to {most:.1f}"


def _seconds(found: float | None) -> str:
    return "" if found is None else f"{found:.1f}"


def _percent(found: float | None) -> str:
    return "unknown" if found is None else f"{found:.0%}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
