import json

from tests.docker.rawjson import Outcome, read


def _line(*vertexes: dict[str, object]) -> str:
    return json.dumps({"vertexes": vertexes})


def _at(seconds: float) -> str:
    return f"2026-11-23T19:50:{seconds:012.9f}Z"


RUN = {"digest": "sha256:a", "name": "[stage-0 2/3] RUN make", "inputs": ["sha256:b"]}


def test_a_vertex_that_started_and_completed_was_executed() -> None:
    (vertex,) = read(
        [_line(RUN), _line({**RUN, "started": _at(1)}), _line({**RUN, "started": _at(1), "completed": _at(3.5)})]
    )
    assert (vertex.outcome, vertex.seconds, vertex.inputs) == (Outcome.EXECUTED, 2.5, ("sha256:b",))


def test_one_cached_event_makes_a_vertex_cached_whatever_ran_later() -> None:
    hit = {**RUN, "started": _at(1), "completed": _at(1), "cached": True}
    (vertex,) = read([_line(hit), _line({**RUN, "started": _at(2), "completed": _at(4)})])
    assert vertex.outcome is Outcome.CACHED


def test_a_vertex_that_never_started_was_skipped() -> None:
    assert read([_line(RUN)])[0].outcome is Outcome.SKIPPED


def test_an_error_is_told_apart_from_being_cancelled_by_another() -> None:
    failed = {**RUN, "started": _at(1), "completed": _at(2), "error": "exit code: 1"}
    cancelled = {**failed, "digest": "sha256:c", "error": "exit code: 137: context canceled: context canceled"}
    assert [vertex.outcome for vertex in read([_line(failed, cancelled)])] == [Outcome.FAILED, Outcome.CANCELLED]


def test_vertices_stand_in_the_order_in_which_they_started() -> None:
    names = {"late": 9.0, "early": 2.0, "never": None}
    events = [{"digest": name, "name": name} | ({"started": _at(at)} if at else {}) for name, at in names.items()]
    assert [vertex.name for vertex in read([_line(*events)])] == ["early", "late", "never"]


def test_overlapping_intervals_count_once() -> None:
    intervals = [(1, 4), (2, 3), (3.5, 5), (7, 8)]
    events = [_line({**RUN, "started": _at(begun), "completed": _at(end)}) for begun, end in intervals]
    assert read(events)[0].seconds == 5.0


def test_text_after_a_failure_is_left_out() -> None:
    assert read(["Dockerfile:3", "----", "   3 | >>> RUN make", "ERROR: failed to build", ""]) == ()


def test_only_numbered_vertices_but_from_are_steps() -> None:
    names = [
        "[internal] load build context",
        "[builder  3/12] RUN x",
        "[2/3] COPY a b",
        "[linux/amd64->arm64 b 1/2] FROM c",
    ]
    vertices = read([_line(*({"digest": name, "name": name} for name in names))])
    assert [vertex.is_step for vertex in vertices] == [False, True, True, False]
    assert vertices[1].instruction == "RUN x"
