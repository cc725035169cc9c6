from tests.docker.faults.__main__ import table
from tests.docker.faults.trial import Row

DIGEST = "sha256:" + "0" * 64


def lines(*rows: Row) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in list(table(rows))[2:]]


def told(phase: str, fault: str, *said: str) -> Row:
    return Row(phase, fault, "4", "the old image, whole", said, "failed", f"layerwise: x names {DIGEST}; no step ran")


def test_phases_in_which_the_same_comes_of_the_same_faults_are_one_row():
    rows = [told(phase, fault, "layerwise: no") for phase in ("a", "b") for fault in ("429", "500")]
    named = "the old image, whole"
    assert lines(*rows) == [["a; b", "429; 500", "4", named, "no", "failed", "x names sha256:…; no step ran"]]


def test_what_differs_from_run_to_run_is_left_out():
    said = (
        "layerwise: recorded 0123456789ab: failed in 1.0 s, 2 steps: 1 executed",
        f"layerwise: localhost:4321/layerwise-test/faults/0a1b/shop:1 names {DIGEST}",
        "layerwise: linux/amd64: the push failed (no); it is tried again in 2 s",
        "ERROR: localhost:4321 has no room",
        "ERROR: localhost:4322 has no room",
    )
    ((*_, shown, _, _),) = lines(told("a", "500", *said))
    assert shown == "registry/shop:1 names sha256:…<br>ERROR: registry has no room"
