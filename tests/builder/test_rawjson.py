import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builder.recorded import SHAPES, content, observed

from layerwise.builder.observed import Observed, Vertex
from layerwise.builder.rawjson import read_rawjson
from layerwise.records import Ending, Outcome

STEP = b'{"vertexes":[{"digest":"sha256:a","name":"[2/2] RUN make","started":"2026-01-02T03:04:05.123456789Z"}]}\n'
ENDED = STEP.replace(b'89Z"', b'89Z","completed":"2026-01-02T03:04:07Z"')
LIVE = {shape: content(shape, "live.rawjson") for shape in SHAPES}
ENDINGS = {"failed": Ending.FAILED, "interrupted": Ending.CANCELLED, "killed": Ending.CUT}


def read(text: bytes) -> Observed | None:
    return read_rawjson(text.splitlines(keepends=True))


def times(vertex: Vertex, build: Observed) -> list[float]:
    """When a vertex ran, since its build began: buildx sets the engine's times by its own clock."""
    assert build.started_at is not None
    return [moment - build.started_at for span in (*vertex.runs, *vertex.transfers) for moment in span]


def whole_before(text: bytes, place: int) -> set[str]:
    """The vertices of which a stream says nothing from a place on."""
    rest = [json.loads(line) for line in text[text.rfind(b"\n", 0, place) + 1 :].splitlines() if line.startswith(b"{")]
    later = {
        one.get("digest") or one["vertex"]
        for line in rest
        for kind in ("vertexes", "statuses", "logs")
        for one in line.get(kind, ())
    }
    found = read(text)
    assert found is not None
    return {vertex.digest for vertex in found.vertices} - later


def test_each_line_is_an_event() -> None:
    found = read(STEP + ENDED)
    assert found is not None
    (step,) = found.vertices
    assert (step.name, step.seconds) == ("[2/2] RUN make", pytest.approx(1.876543, abs=1e-6))
    assert (found.ending, found.notes) == (Ending.COMPLETED, ())


def test_a_stream_without_events_is_no_build() -> None:
    assert read(b"") is None
    assert read(b"Dockerfile:3\nERROR: no such file\n") is None
    assert read(b'{"warnings":[]}\n') is None


def test_lines_that_are_no_events_are_words_of_buildx() -> None:
    found = read(STEP + ENDED + b"Dockerfile:3\n------\n   3 | >>> RUN make\n\nERROR: failed to solve: no\n")
    assert found is not None
    assert (found.ending, found.error) == (Ending.FAILED, "failed to solve: no")


def test_a_stream_may_have_the_line_ends_of_windows() -> None:
    assert read((STEP + ENDED).replace(b"\n", b"\r\n")) == read(STEP + ENDED)


def test_a_broken_line_in_the_middle_is_left_out_and_named() -> None:
    found = read(STEP + STEP[:40] + b"\n" + ENDED)
    assert found is not None
    assert (found.ending, found.notes) == (Ending.COMPLETED, ("line 2 is no event and was left out",))


@pytest.mark.parametrize(
    "line",
    [
        b'{"vertexes":[{"name":"of nothing"}]}',
        b'{"vertexes":[{"digest":"a","started":"2026-01-02T03:04:05"}]}',
        b'{"vertexes":[{"digest":"a","started":"yesterday"}]}',
        b'{"vertexes":[{"digest":"\xff"}]}',
        b'{"vertexes":' + b"[" * 100_000,
    ],
)
def test_a_line_that_is_no_event_of_buildkit_is_left_out(line: bytes) -> None:
    found = read(line + b"\n" + STEP + ENDED)
    assert found is not None
    assert found.notes == ("line 1 is no event and was left out",)


def test_a_line_that_is_cut_off_ends_the_stream() -> None:
    found = read(ENDED + STEP[:60])
    assert found is not None
    assert (found.ending, found.notes) == (Ending.CUT, ("the log ends in the middle of a line",))


def test_a_line_that_is_cut_off_by_the_words_of_a_failure_does_not_hide_it() -> None:
    found = read(STEP + STEP[:60] + b"\nERROR: failed to solve: Canceled: context canceled\n")
    assert found is not None
    assert found.ending is Ending.CANCELLED


@pytest.mark.parametrize("shape", SHAPES)
def test_a_recorded_stream_ends_as_its_build_did(shape: str) -> None:
    assert observed(shape).ending is ENDINGS.get(shape, Ending.COMPLETED)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_recorded_stream_has_nothing_that_can_not_be_read(shape: str) -> None:
    assert observed(shape).notes == (
        ("the log ends while [4/5] RUN echo begun; sleep 300 runs",) if shape == "killed" else ()
    )


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape not in ("bake", "killed")])
def test_what_buildx_showed_is_what_its_engine_kept(shape: str) -> None:
    live, history = observed(shape), observed(shape, "history.rawjson")
    kept = {vertex.digest: vertex for vertex in history.vertices}
    assert kept.keys() == {vertex.digest for vertex in live.vertices}
    for vertex in live.vertices:
        same = kept[vertex.digest]
        assert (same.name, same.outcome, same.error) == (vertex.name, vertex.outcome, vertex.error)
        assert set(same.inputs) == set(vertex.inputs)
        assert times(same, history) == pytest.approx(times(vertex, live), abs=1e-5)


def test_the_targets_of_a_bake_come_in_one_stream() -> None:
    names = {vertex.name for vertex in observed("bake").vertices}
    assert {"[web web 1/1] RUN cp /common /web", "[worker worker 1/1] RUN cp /common /worker"} <= names
    assert observed("bake").started_at == pytest.approx(observed("bake", "history.rawjson").started_at, abs=1)


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_a_stream_that_is_cut_anywhere_keeps_what_came(shape: str, data: st.DataObject) -> None:
    text = LIVE[shape]
    place = data.draw(st.integers(0, len(text)))
    whole, part = read(text), read(text[:place])
    assert whole is not None
    if part is None:
        assert not whole_before(text, place)
        return
    assert part.ending in (Ending.CUT, Ending.COMPLETED, whole.ending)
    before = whole_before(text, place)
    assert {one for one in part.vertices if one.digest in before} == {
        one for one in whole.vertices if one.digest in before
    }
    assert all(one.seconds is None or one.seconds >= 0 for one in part.vertices)
    assert all(one.outcome is not Outcome.EXECUTED or one.seconds is not None for one in part.vertices)


@pytest.mark.parametrize("shape", ["fresh", "failed"])
@given(data=st.data())
def test_a_stream_with_bytes_changed_is_read_or_noted_but_never_breaks(shape: str, data: st.DataObject) -> None:
    text = bytearray(LIVE[shape])
    for place in data.draw(st.lists(st.integers(0, len(text) - 1), max_size=20)):
        text[place] = data.draw(st.integers(0, 255))
    assert read(bytes(text)) is not None
