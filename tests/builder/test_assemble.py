import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.builder.recorded import SHAPES, observed, records, text

from layerwise.builder.assemble import assemble
from layerwise.builder.facts import Facts
from layerwise.builder.observed import Observed, Status, Vertex
from layerwise.builder.overhead_records import without
from layerwise.builder.placing import layout, shown_key
from layerwise.builder.provenance import Origin, Provenance
from layerwise.builder.redact import MASK, Redactor
from layerwise.builder.step_records import emulated
from layerwise.records import (
    BuildRecord,
    Ending,
    Outcome,
    Overhead,
    Place,
    Resources,
    Source,
    Sources,
    Span,
    StepRecord,
)

BEGAN = 1_000.0
AMD64, ARM64 = "linux/amd64", "linux/arm64"
DEBIAN = "FROM debian:12@sha256:0a1b"
DOCKERFILE = """\
FROM debian:12 AS app
RUN make
COPY --link files /srv
RUN test
"""


def vertex(name: str, *spans: tuple[float, float], digest: str = "", **rest: Any) -> Vertex:
    """A vertex that ran in `spans`, seconds since the build began; its digest is by default its name."""
    runs = tuple((BEGAN + begin, BEGAN + end) for begin, end in spans)
    derived = {
        "outcome": Outcome.EXECUTED if spans else Outcome.SKIPPED,
        "runs": runs,
        "seconds": sum(end - begin for begin, end in spans) if spans else None,
    }
    return Vertex(digest=digest or name, name=name, **derived | rest)


def hit(name: str, *transfers: tuple[float, float], **rest: Any) -> Vertex:
    moved = tuple((BEGAN + begin, BEGAN + end) for begin, end in transfers)
    return vertex(name, outcome=Outcome.CACHED, transfers=moved, **rest)


def status(name: str, begin: float, end: float, size: int | None = None) -> Status:
    return Status(name=name, span=(BEGAN + begin, BEGAN + end), seconds=end - begin, size_bytes=size)


def origins(**lines: tuple[int, ...]) -> dict[str, Origin]:
    return {name: Origin(lines=places) for name, places in lines.items()}


def provenance(found: dict[str, Origin]) -> Provenance:
    return Provenance(origins=found, dockerfile=None, arguments=(), target="")


def build(*vertices: Vertex, redact: Redactor | None = None, wall_s: float = 10.0, **facts: Any) -> BuildRecord:
    seen = Observed(vertices=vertices, ending=Ending.COMPLETED, started_at=BEGAN, ended_at=BEGAN + wall_s)
    known = Facts(id="b1", project="shop", source=Source.ENGINE, **facts)
    return assemble(seen, known, redact or Redactor(b"key"))


def step(*vertices: Vertex, **facts: Any) -> StepRecord:
    (one,) = build(*vertices, **facts).steps
    return one


def overheads(*vertices: Vertex) -> list[tuple[str, float]]:
    return [(one.kind, pytest.approx(one.duration_s)) for one in build(*vertices).overheads]


def test_what_is_known_of_a_build_stays_as_it_is() -> None:
    sources = Sources(dockerfile="Dockerfile", commit="c0ffee")
    record = build(builder="maker", group="g", outputs=("image",), sources=sources, platforms=(AMD64,))
    assert (record.id, record.project, record.source, record.builder) == ("b1", "shop", Source.ENGINE, "maker")
    assert (record.group, record.outputs, record.platforms) == ("g", ("image",), (AMD64,))
    assert (record.sources.dockerfile, record.sources.commit) == ("Dockerfile", "c0ffee")


def test_a_build_lasts_as_long_as_its_engine_says() -> None:
    record = build(vertex("[2/2] RUN make", (1, 3)), span=(BEGAN - 1, BEGAN + 5))
    assert (record.started_at, record.wall_s) == (BEGAN - 1, 6)
    assert record.steps[0].spans == (Span(2, 4),)


def test_else_a_build_lasts_from_its_first_event_to_its_last() -> None:
    record = build(vertex("[2/2] RUN make", (1, 3)), wall_s=7.0)
    assert (record.started_at, record.wall_s) == (BEGAN, 7)


def test_without_times_nothing_is_critical() -> None:
    seen = Observed(
        vertices=(
            Vertex(digest="1", name="[2/2] RUN make", outcome=Outcome.EXECUTED, seconds=2.0),
            Vertex(digest="2", name="[internal] load build context", outcome=Outcome.EXECUTED, seconds=1.0),
            Vertex(digest="3", name="[internal] load .dockerignore", outcome=Outcome.EXECUTED, seconds=0.5),
        ),
        ending=Ending.COMPLETED,
        builder="maker",
    )
    record = assemble(seen, Facts(id="b1", project="shop", source=Source.PLAIN), Redactor(b"key"))
    assert (record.started_at, record.wall_s, record.builder) == (None, None, "maker")
    assert [(one.duration_s, one.spans, one.critical_s) for one in record.steps] == [(2.0, (), 0.0)]
    assert [(one.kind, one.duration_s, one.spans) for one in record.overheads] == [
        ("context", 1.0, ()),
        ("definition", 0.5, ()),
    ]


def test_a_step_that_ran_has_its_time() -> None:
    one = step(vertex("[app 2/4] RUN  make &&\n  test", (1, 3), (5, 6), inputs=("base",)))
    assert (one.stage, one.number, one.instruction, one.keyword) == ("app", 2, "RUN make && test", "RUN")
    assert (one.outcome, one.duration_s, one.spans) == (Outcome.EXECUTED, 3, (Span(1, 3), Span(5, 6)))
    assert one.inputs == ("base",)


def test_a_cached_step_has_transfers_and_no_time() -> None:
    one = step(hit("[app 2/4] RUN make", (1, 3)))
    assert (one.outcome, one.duration_s, one.spans, one.transfers) == (Outcome.CACHED, None, (), (Span(1, 3),))
    assert one.transfer_s == 2


def test_a_step_that_failed_has_its_error_with_the_end_of_its_log() -> None:
    one = step(
        vertex("[2/2] RUN make", (0, 1), outcome=Outcome.FAILED, error="exit code: 2", log=("cc", "no such file"))
    )
    assert (one.outcome, one.duration_s, one.error) == (Outcome.FAILED, 1, "exit code: 2\ncc\nno such file")


def test_a_step_whose_end_is_not_known_has_no_time() -> None:
    one = step(vertex("[2/2] RUN make", (0, 1), outcome=Outcome.CANCELLED, seconds=None))
    assert (one.outcome, one.duration_s) == (Outcome.CANCELLED, None)


def test_lines_and_keys_come_from_the_provenance() -> None:
    found = {"run": Origin(lines=(4,), runs_on=AMD64, command=("sh",), size_bytes=7)}
    one = step(
        vertex("[other 9/9] RUN make it", (0, 1), digest="run"),
        provenance={ARM64: provenance(found)},
        layout=layout(DOCKERFILE),
        native=AMD64,
    )
    assert (one.place, one.platform, one.runs_on) == (Place.PROVENANCE, ARM64, AMD64)
    assert (one.line, one.id, one.size_bytes, one.emulated) == (4, "app:4", 7, False)
    place = layout(DOCKERFILE).at_line(4, "RUN")
    assert place is not None
    assert one.key == place.key


def test_a_line_that_is_not_in_the_dockerfile_is_kept_with_what_is_shown() -> None:
    one = step(vertex("[app 9/9] RUN other", (0, 1), digest="run"), provenance={AMD64: provenance(origins(run=(99,)))})
    assert (one.place, one.line, one.id, one.key) == (Place.PROVENANCE, 99, "app:9", shown_key("RUN other"))


def test_a_vertex_that_serves_two_lines_and_two_platforms_is_four_steps_with_one_time() -> None:
    twice = "FROM debian:12 AS one\nRUN make\nFROM debian:12 AS two\nRUN make\n"
    record = build(
        vertex("[one 2/2] RUN make", (0, 10), digest="run"),
        provenance={platform: provenance(origins(run=(2, 4))) for platform in (AMD64, ARM64)},
        layout=layout(twice),
    )
    assert [(one.platform, one.id, one.line) for one in record.steps] == [
        (AMD64, "one:2", 2),
        (AMD64, "two:2", 4),
        (ARM64, "one:2", 2),
        (ARM64, "two:2", 4),
    ]
    assert {one.critical_s for one in record.steps} == {10}
    assert record.explained_s == 10
    assert len(list(record.distinct())) == 1


def test_a_triggered_instruction_stands_where_it_is_written() -> None:
    text = "FROM debian:12 AS base\nONBUILD RUN one\nONBUILD RUN two\nFROM base\n"
    record = build(
        vertex("[stage-1 1/2] ONBUILD RUN one", (0, 1), digest="one"),
        vertex("[stage-1 2/2] ONBUILD RUN two", (1, 2), digest="two"),
        provenance={AMD64: provenance(origins(one=(4,), two=(4,)))},
        layout=layout(text),
        native=ARM64,
    )
    assert [(one.line, one.id, one.emulated) for one in record.steps] == [
        (2, "stage-1:1", True),
        (3, "stage-1:2", True),
    ]
    assert not any(one.key.startswith("shown:") for one in record.steps)


def test_a_vertex_that_the_provenance_does_not_know_is_placed_by_its_name() -> None:
    one = step(
        vertex("[app 2/4] RUN make", (0, 1)),
        provenance={AMD64: provenance({})},
        layout=layout(DOCKERFILE),
        platforms=(AMD64,),
    )
    assert (one.place, one.line, one.platform, one.runs_on) == (Place.NAME, 2, AMD64, AMD64)


def test_a_name_may_say_the_platform() -> None:
    one = step(vertex("[linux/amd64->arm64 app 2/4] RUN make", (0, 1)), native=AMD64)
    assert (one.platform, one.runs_on, one.emulated, one.line) == (ARM64, AMD64, False, 0)


def test_without_a_platform_nobody_knows_whether_a_step_was_emulated() -> None:
    assert step(vertex("[app 2/4] RUN make", (0, 1)), native=AMD64).emulated is None
    assert step(vertex("[app 2/4] COPY a b", (0, 1)), native=AMD64).emulated is False


def test_the_platforms_of_a_build_are_those_of_its_steps_where_nobody_says_more() -> None:
    record = build(vertex(f"[{ARM64} 2/2] RUN a", (0, 1)), vertex(f"[{AMD64} 2/2] RUN a", (0, 1)))
    assert record.platforms == (ARM64, AMD64)


def test_resources_are_the_engine_s_own_or_those_measured_from_outside() -> None:
    engine = Resources(cpu_s=1.0, peak_memory_bytes=2, source="engine")
    outside = Resources(cpu_s=3.0, peak_memory_bytes=4, source="cgroup")
    known = {AMD64: provenance({"a": Origin(lines=(2,), resources=engine), "b": Origin(lines=(4,))})}
    record = build(
        vertex("[app 2/4] RUN a", (0, 1), digest="a"),
        vertex("[app 4/4] RUN b", (1, 2), digest="b"),
        vertex("[app 4/4] RUN c", (1, 2), digest="c"),
        provenance=known,
        resources={"a": outside, "b": outside, "c": outside},
    )
    assert [one.resources for one in record.steps] == [engine, outside, outside]


LINKED = (
    vertex("[app 1/4] " + DEBIAN, (0, 1), digest="from"),
    vertex("[app 3/4] COPY --link files /srv", (1, 2), digest="copy", inputs=("context",)),
    vertex("[app 3/4] LINK COPY --link files /srv", (2, 4), digest="merge", inputs=("from", "copy")),
    vertex("[app 4/4] RUN test", (4, 10), digest="run", inputs=("merge",)),
)


def test_a_linked_copy_is_one_step_with_its_merge() -> None:
    record = build(*LINKED)
    assert [one.id for one in record.steps] == ["app:1", "app:3", "app:4"]
    _, copy, run = record.steps
    assert (copy.duration_s, copy.spans, copy.inputs) == (3, (Span(1, 4),), ("context", "from"))
    assert run.inputs == ("copy",)
    assert [one.critical_s for one in record.steps] == [1, 3, 6]


def test_a_linked_copy_from_the_cache_that_is_merged_anew_stays_a_hit() -> None:
    copy = hit("[app 3/4] COPY --link files /srv", digest="copy")
    record = build(copy, LINKED[2])
    (one,) = record.steps
    assert (one.outcome, one.duration_s, one.spans, one.transfers) == (Outcome.CACHED, None, (), (Span(2, 4),))


def test_a_linked_copy_that_is_pulled_is_so_with_its_merge() -> None:
    copy = hit("[app 3/4] COPY --link files /srv", digest="copy")
    merge = hit("[app 3/4] LINK COPY --link files /srv", (5, 7), digest="merge", inputs=("from", "copy"))
    (one,) = build(copy, merge).steps
    assert one.transfers == (Span(5, 7),)


def shared_copy(*, arrow: str = "") -> tuple[Vertex, ...]:
    return (
        vertex(f"[{AMD64} app 3/4] COPY --link files /srv", (0, 1), digest="copy"),
        vertex(f"[{AMD64} app 3/4] LINK COPY --link files /srv", (1, 2), digest="merge-a", inputs=("from-a", "copy")),
        vertex(f"[{ARM64} app 3/4] LINK COPY --link files /srv", (1, 5), digest="merge-b", inputs=("from-b", "copy")),
    )


def test_a_linked_copy_that_platforms_share_is_merged_for_each_of_them() -> None:
    known = {
        AMD64: provenance({"copy": Origin(lines=(3,)), "merge-a": Origin(lines=(3,))}),
        ARM64: provenance({"copy": Origin(lines=(3,)), "merge-b": Origin(lines=(3,))}),
    }
    record = build(*shared_copy(), provenance=known)
    assert [(one.platform, one.duration_s, one.inputs) for one in record.steps] == [
        (AMD64, 2, ("from-a",)),
        (ARM64, 5, ("from-b",)),
    ]
    assert [one.critical_s for one in record.steps] == [5, 5]


def test_the_names_of_its_merges_say_whose_a_linked_copy_is_too() -> None:
    record = build(*shared_copy())
    assert [(one.platform, one.duration_s, one.place) for one in record.steps] == [
        (AMD64, 2, Place.NAME),
        (ARM64, 5, Place.NAME),
    ]


def test_a_linked_copy_of_two_stages_is_merged_into_each() -> None:
    known = {AMD64: provenance(origins(copy=(3, 7), one=(3,), two=(7,)))}
    record = build(
        vertex("[one 2/2] COPY --link x /x", (0, 1), digest="copy"),
        vertex("[one 2/2] LINK COPY --link x /x", (1, 2), digest="one", inputs=("a", "copy")),
        vertex("[two 3/3] LINK COPY --link x /x", (1, 4), digest="two", inputs=("b", "copy")),
        provenance=known,
    )
    assert [(one.line, one.duration_s) for one in record.steps] == [(3, 2), (7, 4)]


def test_a_merge_belongs_to_the_last_copy_that_it_merges() -> None:
    record = build(
        vertex("[app 2/3] COPY --link a /a", (0, 1), digest="a"),
        vertex("[app 2/3] LINK COPY --link a /a", (1, 2), digest="merge-a", inputs=("from", "a")),
        vertex("[app 3/3] COPY --link b /b", (0, 1), digest="b"),
        vertex("[app 3/3] LINK COPY --link b /b", (2, 5), digest="merge-b", inputs=("from", "a", "b")),
    )
    assert [(one.instruction, one.duration_s) for one in record.steps] == [
        ("COPY --link a /a", 2),
        ("COPY --link b /b", 4),
    ]


def test_a_merge_whose_copy_is_not_there_is_a_step_by_itself() -> None:
    record = build(vertex("[app 3/4] LINK COPY --link files /srv", (1, 2)))
    assert [one.instruction for one in record.steps] == ["COPY --link files /srv"]


@pytest.mark.parametrize("known", [{}, {AMD64: provenance(origins(add=(3,)))}])
def test_a_download_is_one_step_with_its_copy(known: dict[str, Provenance]) -> None:
    name = "[app 3/4] ADD https://host/file /srv/"
    record = build(
        vertex(name, (1, 2), digest="add", inputs=("from", "http")),
        vertex(name, (0, 1), digest="http"),
        provenance=known,
    )
    (one,) = record.steps
    assert (one.vertex, one.duration_s, one.spans, one.inputs) == ("add", 2, (Span(0, 2),), ("from",))


def test_work_around_the_steps_comes_by_its_start() -> None:
    found = build(
        vertex("exporting to image", (5, 9)),
        vertex("[internal] load build context", (1, 2)),
        vertex("[internal] load build definition from Dockerfile", (0, 1)),
    ).overheads
    assert [(one.kind, one.spans) for one in found] == [
        ("definition", (Span(0, 1),)),
        ("context", (Span(1, 2),)),
        ("export", (Span(5, 9),)),
    ]


def test_an_export_is_told_apart_from_its_unpacking_and_its_push() -> None:
    export = vertex(
        "exporting to image",
        (0, 10),
        statuses=(
            status("exporting layers", 0, 3, 99),
            status("unpacking to shop:1", 3, 5),
            status("pushing layers", 5, 8, 40),
            status("pushing manifest for shop:1", 8, 9, 2),
        ),
    )
    found = build(export).overheads
    assert [(one.kind, one.duration_s, one.size_bytes, one.critical_s) for one in found] == [
        ("export", 4, None, 4),
        ("unpack", 2, None, 2),
        ("push", 4, 42, 4),
    ]
    assert found[0].spans == (Span(0, 3), Span(9, 10))


def test_pushing_while_unpacking_takes_no_time_twice() -> None:
    statuses = (status("unpacking to shop:1", 2, 8), status("pushing layers", 4, 9))
    found = overheads(vertex("exporting to image", (0, 10), statuses=statuses))
    assert found == [("export", 3), ("unpack", 6), ("push", 5)]


def test_an_export_of_a_log_without_times_is_told_apart_by_seconds() -> None:
    statuses = (
        Status(name="exporting layers", span=None, seconds=1.0),
        Status(name="pushing layers", span=None, seconds=2.0),
        Status(name="pushing manifest for shop:1", span=None, seconds=0.5),
    )
    export = vertex("exporting to image", outcome=Outcome.EXECUTED, seconds=4.0, statuses=statuses)
    assert overheads(export) == [("export", 1.5), ("push", 2.5)]


def test_work_that_never_began_is_none() -> None:
    assert overheads(vertex("[internal] load build context"), hit("[auth] shop:pull token for host")) == []


def test_work_that_failed_at_once_is_kept_with_its_error() -> None:
    failing = vertex("importing cache manifest from host/x", outcome=Outcome.FAILED, error="not found")
    (one,) = build(failing).overheads
    assert (one.kind, one.duration_s, one.spans, one.error) == ("cache-import", 0, (), "not found")


def test_a_base_that_only_a_copy_names_has_the_bytes_of_its_layers() -> None:
    statuses = (
        status("resolve debian", 0, 1),
        status("sha256:aa", 1, 2, 100),
        status("sha256:bb", 1, 2, 50),
        status("extracting sha256:aa", 2, 3, 100),
    )
    (one,) = build(hit(DEBIAN, (0, 3), statuses=statuses)).overheads
    assert (one.kind, one.duration_s, one.size_bytes) == ("base", 3, 150)


def test_a_context_has_the_bytes_that_were_sent() -> None:
    (one,) = build(
        vertex("[internal] load build context", (0, 1), statuses=(status("transferring context:", 0, 1, 777),))
    ).overheads
    assert one.size_bytes == 777


def test_bases_are_named_with_their_digests() -> None:
    record = build(
        vertex(f"[{AMD64} a 1/2] {DEBIAN}", (0, 1)),
        vertex(f"[{ARM64} a 1/2] {DEBIAN}", (0, 1)),
        vertex("FROM tools@sha256:2c", (0, 1)),
        vertex("[context python:3.12] localhost/python", (0, 1)),
    )
    assert record.sources.bases == (("debian:12", "sha256:0a1b"), ("python:3.12", ""), ("tools", "sha256:2c"))


def test_a_bake_is_read_without_its_targets() -> None:
    record = build(
        vertex("[web internal] load build definition from Dockerfile", (0, 1)),
        vertex("[web 2/3] RUN make", (1, 2)),
        vertex("[web] exporting to image", (2, 3)),
    )
    assert [(one.id, one.instruction) for one in record.steps] == [("stage-0:2", "RUN make")]
    assert [(one.kind, one.name) for one in record.overheads] == [
        ("definition", "[internal] load build definition from Dockerfile"),
        ("export", "exporting to image"),
    ]


@pytest.mark.parametrize(
    ("runs_on", "native", "expected"),
    [
        ("linux/arm64", "linux/amd64", True),
        ("linux/arm64/v8", "linux/arm64", False),
        ("linux/amd64", "linux/amd64", False),
        ("linux/386", "linux/amd64", False),
        ("linux/amd64", "linux/386", True),
        ("linux/arm/v7", "linux/arm64", True),
        ("", "linux/amd64", None),
        ("linux/amd64", "", None),
    ],
)
def test_a_step_of_another_architecture_is_emulated(runs_on: str, native: str, expected: bool | None) -> None:
    assert emulated(runs_on, native) is expected


MOMENTS = st.integers(0, 40)
SPANS = st.lists(st.tuples(MOMENTS, MOMENTS).map(lambda pair: Span(min(pair), max(pair))), max_size=5)


@given(SPANS, SPANS)
def test_what_is_left_of_spans_is_what_nothing_took(spans: list[Span], taken: list[Span]) -> None:
    left = without(spans, taken)
    for moment in (number / 2 + 0.25 for number in range(80)):
        assert covered(moment, left) == (covered(moment, spans) and not covered(moment, taken))


def covered(moment: float, spans: list[Span] | tuple[Span, ...]) -> bool:
    return any(span.start_s <= moment <= span.end_s for span in spans)


RECORDED = [record for shape in SHAPES for record in records(shape)]


@pytest.mark.parametrize("record", RECORDED, ids=lambda record: record.id)
def test_a_recorded_build_adds_up(record: BuildRecord) -> None:
    assert record.wall_s is not None
    assert 0.5 * record.wall_s < record.explained_s <= record.wall_s + 1e-6
    assert [one.spans[0].start_s for one in record.overheads if one.spans] == sorted(
        one.spans[0].start_s for one in record.overheads if one.spans
    )
    for one in (*record.steps, *record.overheads):
        spans = (*one.spans, *(one.transfers if isinstance(one, StepRecord) else ()))
        assert all(-0.01 <= span.start_s <= span.end_s <= record.wall_s + 0.01 for span in spans)
        assert one.critical_s <= length(one, record) + 1e-6
        assert one.duration_s is None or one.duration_s == pytest.approx(sum(e - b for b, e in one.spans), abs=1e-5)


def length(one: StepRecord | Overhead, record: BuildRecord) -> float:
    if isinstance(one, Overhead):
        return one.duration_s
    mine = [same for same in record.steps if same.vertex == one.vertex]
    return sum(span.end_s - span.start_s for same in mine for span in (*same.spans, *same.transfers))


@pytest.mark.parametrize("record", RECORDED, ids=lambda record: record.id)
def test_each_recorded_step_stands_once_for_each_platform(record: BuildRecord) -> None:
    places = [(one.platform, one.id) for one in record.steps]
    assert len(places) == len(set(places))


@pytest.mark.parametrize("shape", ["bake", "download", "exported", "named", "platforms", "stages"])
def test_each_recorded_step_has_the_line_of_its_instruction(shape: str) -> None:
    lines = text(shape).splitlines()
    for record in records(shape):
        for one in record.steps:
            assert one.place is Place.PROVENANCE
            assert one.instruction.split()[0] == lines[one.line - 1].split()[0].upper()
            assert len(one.key) == 64


def test_the_recorded_build_of_two_platforms_has_the_steps_of_both() -> None:
    (record,) = records("platforms")
    found = {(one.platform, one.id): one for one in record.steps}
    own = ["stage-2:1", "stage-2:2", "stage-2:3", "stage-2:4", "stage-2:5", "stage-2:6"]
    tools = ["assets:1", "assets:2", "assets:3", "tools:1", "tools:2", "tools:3"]
    assert sorted(found) == [(platform, name) for platform in (AMD64, ARM64) for name in (*tools[:3], *own, *tools[3:])]
    assert found[ARM64, "tools:3"].runs_on == AMD64
    assert found[ARM64, "tools:3"].vertex != found[AMD64, "tools:3"].vertex
    assert found[ARM64, "assets:3"].vertex == found[AMD64, "assets:3"].vertex
    assert [found[platform, "stage-2:3"].emulated for platform in (AMD64, ARM64)] == [False, True]
    kinds = {one.kind for one in record.overheads}
    assert kinds == {"definition", "context", "cache-key", "cache-import", "export", "unpack", "push", "cache-export"}


def test_the_recorded_build_on_a_fresh_engine_pulled_what_it_had_in_the_cache() -> None:
    (record,) = records("fresh")
    outcomes = {one.id: one.outcome for one in record.steps if one.keyword != "FROM"}
    assert outcomes.pop("stage-2:7") is Outcome.EXECUTED
    assert set(outcomes.values()) == {Outcome.CACHED}
    pulled = {one.id for one in record.steps if one.keyword != "FROM" and one.transfer_s > 0.01}
    assert pulled == {"stage-2:6"}
    assert record.explained_s > 0.9 * (record.wall_s or 0)


def test_the_recorded_unchanged_build_ran_nothing() -> None:
    (record,) = records("unchanged")
    assert {one.outcome for one in record.steps if one.keyword != "FROM"} == {Outcome.CACHED}


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from strings([name, one])


@pytest.mark.parametrize("shape", ["stages", "unchanged"])
def test_the_secret_of_a_recorded_build_is_nowhere_in_its_record(shape: str) -> None:
    (record,) = records(shape)
    assert "swordfish" not in msgspec.json.encode(record).decode()
    name, value = record.sources.arguments[0]
    assert (name, value[:5]) == ("API_TOKEN", "hmac:")
    assert f"WORKDIR /srv/{MASK}" in {one.instruction for one in record.steps}


def test_the_recorded_builds_of_one_secret_have_one_hmac() -> None:
    (one,), (same,), (other,) = records("stages"), records("unchanged"), records("stages", Redactor(b"another"))
    assert one.sources.arguments == same.sources.arguments != other.sources.arguments


SECRET = st.text(st.characters(codec="utf-8"), min_size=6, max_size=30).map(lambda text: f"x§{text}§y")


@given(SECRET)
@example("x§ two\nlines of  it §y")
@example('x§ "quoted" \\ §y')
def test_nothing_of_a_secret_argument_is_in_a_record(secret: str) -> None:
    quoted = json.dumps(secret, ensure_ascii=False)
    lines = tuple(line for line in secret.split("\n") if line.strip())
    seen = Observed(
        vertices=(
            vertex(f"[1/2] FROM host/{secret}@sha256:0a", (0, 1), digest="1"),
            vertex(
                f"[2/2] WORKDIR /srv/{secret}/x",
                (1, 2),
                digest="2",
                outcome=Outcome.FAILED,
                error=f"no {quoted}",
                log=lines,
            ),
            vertex(f"importing cache manifest from {secret}", (2, 3), digest="3", error=f"{secret}: not found"),
            vertex("exporting to image", (3, 9), statuses=(status(f"unpacking to {secret}", 3, 4),)),
        ),
        ending=Ending.FAILED,
        started_at=BEGAN,
        ended_at=BEGAN + 10,
        error=f"failed to solve: {quoted}",
        notes=(f"the log ends while {secret} runs",),
    )
    facts = Facts(id="b1", project="shop", source=Source.ENGINE, arguments=(("API_TOKEN", secret), ("PLAIN", "1")))
    record = assemble(seen, facts, Redactor(b"key"))
    told = [one for one in strings(json.loads(msgspec.json.encode(record))) if "§" in one]
    kept = {
        secret,
        secret.strip(),
        " ".join(secret.split()),
        *(line.strip() for line in lines if len(line.strip()) > 5),
    }
    assert not [(part, one) for one in told for part in kept if part in one]
    assert record.sources.arguments[1] == ("PLAIN", "1")
    assert record.sources.arguments[0][1].startswith("hmac:")


def test_the_stream_of_a_bake_has_both_targets_in_one_record() -> None:
    facts = Facts(id="b1", project="shop", source=Source.RAWJSON, layout=layout(text("bake")))
    record = assemble(observed("bake"), facts, Redactor(b"key"))
    assert {(one.id, one.line) for one in record.steps} == {
        ("common:1", 1),
        ("common:2", 2),
        ("common:3", 3),
        ("web:1", 6),
        ("worker:1", 9),
    }
    assert "export" in {one.kind for one in record.overheads}
    assert record.wall_s is not None
    assert record.wall_s < 60
