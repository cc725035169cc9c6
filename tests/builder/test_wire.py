import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builder.recorded import LOG, SHAPES, blobs, engine_records, observed

from layerwise.builder.events import Gathering, SolveStatus
from layerwise.builder.observed import Observed, Status, Vertex
from layerwise.builder.wire import WireError, read_statuses

RECORDED = {shape: blobs(shape, LOG)[0] for shape in SHAPES}


def number(value: int) -> bytes:
    made = b""
    while value > 0x7F:
        made += bytes((value & 0x7F | 0x80,))
        value >>= 7
    return made + bytes((value,))


def field(tag: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return number(tag << 3) + number(value)
    data = value.encode() if isinstance(value, str) else value
    return number(tag << 3 | 2) + number(len(data)) + data


def framed(*messages: bytes) -> bytes:
    return b"".join(struct.pack("<I", len(message)) + message for message in messages)


def vertex(*fields: bytes) -> bytes:
    return field(1, field(1, "sha256:a") + b"".join(fields))


def read(*messages: bytes) -> list[SolveStatus]:
    return list(read_statuses(framed(*messages)))


def gathered(statuses: Iterable[SolveStatus]) -> Observed:
    gathering = Gathering()
    for one in statuses:
        gathering.take(one)
    found = gathering.observed()
    assert found is not None
    return found


def rounded(one: Vertex) -> dict[str, object]:
    """A vertex with times to a millisecond: rawjson and the wire round the engine's nanoseconds by themselves."""
    return {
        "name": one.name,
        "outcome": one.outcome,
        "inputs": one.inputs,
        "runs": [tuple(round(moment, 3) for moment in span) for span in one.runs],
        "transfers": [tuple(round(moment, 3) for moment in span) for span in one.transfers],
        "statuses": {(status.name, status.size_bytes, seconds(status)) for status in one.statuses},
        "group": one.group,
        "error": one.error,
        "log": one.log,
    }


def seconds(status: Status) -> float:
    return round(status.seconds, 2)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_log_of_a_record_says_what_rawjson_says_of_the_same_build(shape: str) -> None:
    wire, rawjson = engine_records(shape)[0].observed, observed(shape, "history.rawjson")
    assert {one.digest: rounded(one) for one in wire.vertices} == {one.digest: rounded(one) for one in rawjson.vertices}
    assert wire.started_at == pytest.approx(rawjson.started_at, abs=1e-5)
    assert wire.ended_at == pytest.approx(rawjson.ended_at, abs=1e-5)


def test_no_bytes_are_no_messages() -> None:
    assert list(read_statuses(b"")) == []


def test_a_vertex_is_read_with_its_times() -> None:
    started = field(1, 1_700_000_000) + field(2, 123_456_789)
    (status,) = read(
        vertex(field(2, "sha256:b"), field(2, "sha256:c"), field(3, "RUN é"), field(4, 1), field(5, started))
    )
    (one,) = status.vertexes
    assert (one.digest, one.inputs, one.name, one.cached) == ("sha256:a", ["sha256:b", "sha256:c"], "RUN é", True)
    assert one.started is not None
    assert one.started.timestamp() == pytest.approx(1_700_000_000.123457, abs=1e-6)
    assert one.completed is None


def test_a_log_is_read_with_its_stream() -> None:
    (status,) = read(field(3, field(1, "sha256:a") + field(3, 2) + field(4, b"\xff\n")))
    assert (status.logs[0].stream, status.logs[0].data) == (2, "/wo=")


def test_a_negative_number_is_read_as_one() -> None:
    (status,) = read(field(2, field(1, "x") + field(2, "sha256:a") + field(4, (1 << 64) - 1)))
    assert status.statuses[0].current == -1


def test_a_time_without_seconds_is_none() -> None:
    assert read(vertex(field(5, b"")))[0].vertexes[0].started is None


def test_a_time_before_the_epoch_is_one() -> None:
    started = read(vertex(field(5, field(1, (1 << 64) - 60))))[0].vertexes[0].started
    assert started is not None
    assert started.timestamp() == -60


def test_fields_that_nobody_reads_are_passed_over() -> None:
    unread = field(99, 7) + field(98, "text") + number(97 << 3 | 1) + b"12345678" + number(96 << 3 | 5) + b"1234"
    assert read(unread + vertex(unread)) == read(vertex())


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x01", "in the middle of a length"),
        (b"\x09\0\0\0ab", "in the middle of a message"),
        (framed(b"\x0a\x09ab"), "a field ends behind its message"),
        (framed(b"\x08\xff"), "a number ends behind its message"),
        (framed(number(1 << 3 | 3)), "kind 3 is not known"),
        (framed(field(1, 5)), "vertexes is of kind 0, not 2"),
        (framed(field(1, field(1, 5))), "digest is of kind 0, not 2"),
        (framed(field(1, field(3, "a name"))), "digest"),
        (framed(vertex(field(5, field(1, "text")))), "seconds is of kind 2, not 0"),
        (framed(vertex(field(5, field(1, 1 << 62)))), "a time is none"),
    ],
)
def test_bytes_that_are_no_such_message_are_refused(data: bytes, problem: str) -> None:
    with pytest.raises(WireError, match=problem):
        list(read_statuses(data))


@given(st.binary(max_size=200), st.sampled_from([framed, bytes]))
def test_any_bytes_are_messages_or_refused(data: bytes, wrap: type[bytes]) -> None:
    try:
        found = list(read_statuses(wrap(data)))
    except WireError:
        return
    assert all(isinstance(one, SolveStatus) for one in found)


@given(st.data())
def test_a_log_that_is_cut_keeps_its_whole_messages(data: st.DataObject) -> None:
    log = RECORDED["stages"]
    place = data.draw(st.integers(0, len(log)))
    whole, ends = list(read_statuses(log)), list(accumulate(4 + length for length in lengths(log)))
    part: list[SolveStatus] = []
    with suppress(WireError):
        for one in read_statuses(log[:place]):
            part.append(one)  # noqa: PERF402 - what came before the error is what is asked for
    assert part == whole[: sum(end <= place for end in ends)]


def lengths(log: bytes) -> Iterator[int]:
    place = 0
    while place < len(log):
        (length,) = struct.unpack_from("<I", log, place)
        yield length
        place += 4 + length


@pytest.mark.parametrize("shape", ["fresh", "failed"])
@given(data=st.data())
def test_a_log_with_bytes_changed_is_read_or_refused(shape: str, data: st.DataObject) -> None:
    log = bytearray(RECORDED[shape])
    for place in data.draw(st.lists(st.integers(0, len(log) - 1), min_size=1, max_size=20)):
        log[place] = data.draw(st.integers(0, 255))
    try:
        found = list(read_statuses(bytes(log)))
    except WireError:
        return
    assert gathered(found).vertices
