from pathlib import Path

from tests.builder.push.fault_table import Row, table
from tests.builder.push.faults import FAULTS, PHASES

MOVED, DONE = "127.0.0.1:80/shop:latest names sha256:" + "0" * 64, "names these images already"
BUSY = "127.0.0.1:80/shop@sha256:{}: 127.0.0.1:80 fails with {} ({}): try again later"
STRUCK = ("401", "500", "503", "slow", "reset")


def lines(*rows: Row) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in list(table(rows))[2:]]


def test_phases_in_which_the_same_comes_of_the_same_faults_are_one_row():
    rows = [
        Row(phase, fault, False, "1", BUSY.format(digit * 64, fault, words), MOVED)
        for phase, digit, words in (("a", "0", "unknown error"), ("b", "1", "no idea"))
        for fault in ("500", "503")
    ]
    said = "registry/shop: registry fails with 5xx: try again later"
    moved = "registry/shop:latest names sha256:…"
    assert lines(*rows) == [["a, b", "500, 503", "", "version 1, whole", said, moved]]


def test_where_most_faults_pass_those_are_named_that_do_not():
    passed = [Row("a", fault, True, "2", MOVED, DONE) for fault in STRUCK if fault != "401"]
    (other, _, *_), (stayed, _, once, *_) = lines(*passed, Row("b", "401", True, "1", "no", MOVED))[::-1]
    assert (other, stayed, once) == ("b", "a", "all but 401")


def test_what_is_told_of_a_fault_in_another_row_is_not_told_again():
    said = f"{MOVED}; what latest named, sha256:{'1' * 64}, is not kept under previous: registry wants fewer requests"
    ((*_, shown, _),) = lines(Row("a", "429", False, "2", said, DONE))
    assert shown.endswith("; what latest named, sha256:…, is not kept under previous: …")


def test_the_page_tells_of_every_fault_at_every_phase():
    page = Path(__file__).parents[3] / "docs" / "faults.md"
    rows = [line.strip("| ").split(" | ") for line in page.read_text().splitlines() if line.startswith("| ")]
    told = {(phase, one) for phases, faults, *_ in rows for phase in phases.split(", ") for one in faults.split(", ")}
    assert {(phase, fault) for phase in PHASES for fault in FAULTS} <= told
