"""The table of dev.guide, which needs no engine."""

from typing import Any

from dev.guide import table


def row(name: str, before_s: float | None, after_s: float | None, **more: Any) -> dict[str, Any]:
    predicted = {"before_s": 90.0, "after_s": None}
    return {"name": name, "before_s": before_s, "after_s": after_s, "predicted": predicted, "unmeasured": "", **more}


PROOF = {
    "verdict": "One edit stays.",
    "kept": [{"pass": "late-args", "line": 4, "why": "nothing reads it"}],
    "dropped": [{"pass": "tool-stage", "line": 9, "why": "of its own", "reason": "code takes 2 s more"}],
    "notes": ["a note"],
    "scenarios": [
        row("cold", 100.0, 70.0, reduction=0.3, after_below_cold=0.3),
        row("deps:pip", 50.0, 8.0, reduction=0.84, after_below_cold=0.92),
        row("args", 100.0, 2.0, reduction=0.98, after_below_cold=0.98),
        row("deps:npm", None, None, unmeasured="no room in the budget"),
    ],
}


def test_each_row_is_held_against_the_cold_build_of_the_original_and_the_aim() -> None:
    rows = {line.split()[0]: line.split()[1:] for line in table(PROOF) if line}
    assert rows["cold"][:4] == ["100.0", "70.0", "30.0%", "40%"]
    assert rows["deps:pip"][:4] == ["50.0", "8.0", "92.0%", "90%"]
    assert rows["args"] == ["100.0", "2.0", "98.0%", "90.0,", "unknown"]
    assert " ".join(rows["deps:npm"]) == "no room in the budget"


def test_what_was_kept_and_dropped_is_said_with_the_reason() -> None:
    said = list(table(PROOF))
    assert "kept: late-args, line 4: nothing reads it" in said
    assert "dropped: tool-stage, line 9: code takes 2 s more" in said
    assert said[-1] == "a note"
