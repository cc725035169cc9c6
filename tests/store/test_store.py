from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.records import build, digest, step
from tests.store.conftest import Clock

from layerwise.errors import UsageError
from layerwise.records import (
    BuildRecord,
    Ending,
    Outcome,
    Overhead,
    Place,
    Proof,
    Resources,
    Seen,
    Source,
    Sources,
    Span,
    StepRecord,
)
from layerwise.store import BuildRow, Store
from layerwise.store.schema import words

TEXT = st.text(st.characters(), max_size=8)
SECONDS = st.floats(allow_nan=False, allow_infinity=False)
BYTES = st.none() | st.integers(-(2**63), 2**63 - 1)
SPANS = st.lists(st.builds(Span, SECONDS, SECONDS), max_size=2).map(tuple)
TEXTS = st.lists(TEXT, max_size=2).map(tuple)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple)
STEPS = st.builds(
    StepRecord,
    vertex=TEXT,
    platform=TEXT,
    stage=TEXT,
    number=st.integers(0, 99),
    line=st.integers(0, 99),
    instruction=TEXT,
    key=TEXT,
    place=st.sampled_from(Place),
    outcome=st.sampled_from(Outcome),
    spans=SPANS,
    transfers=SPANS,
    duration_s=st.none() | SECONDS,
    size_bytes=BYTES,
    resources=st.none() | st.builds(Resources, cpu_s=st.none() | SECONDS, peak_memory_bytes=BYTES, source=TEXT),
    inputs=TEXTS,
    emulated=st.none() | st.booleans(),
    critical_s=SECONDS,
    error=TEXT,
)
OVERHEADS = st.builds(
    Overhead, kind=TEXT, name=TEXT, spans=SPANS, duration_s=SECONDS, size_bytes=BYTES, critical_s=SECONDS, error=TEXT
)
SOURCES = st.builds(
    Sources,
    dockerfile=TEXT,
    dockerfile_digest=TEXT,
    target=TEXT,
    arguments=PAIRS,
    bases=PAIRS,
    commit=TEXT,
    dirty=st.none() | PAIRS,
    context=TEXT,
)
RECORDS = st.builds(
    BuildRecord,
    id=TEXT,
    project=TEXT,
    source=st.sampled_from(Source),
    ending=st.sampled_from(Ending),
    started_at=st.none() | SECONDS,
    wall_s=st.none() | SECONDS,
    steps=st.lists(STEPS, max_size=3).map(tuple),
    overheads=st.lists(OVERHEADS, max_size=2).map(tuple),
    platforms=TEXTS,
    builder=TEXT,
    group=TEXT,
    outputs=TEXTS,
    sources=SOURCES,
    change=st.builds(Seen, kind=TEXT, evidence=TEXT),
    error=TEXT,
    notes=TEXTS,
)


def filled(store: Store, *records: BuildRecord) -> None:
    for record in records:
        assert store.add(record)


def emptied(shared: tuple[Store, Clock]) -> Store:
    store, _ = shared
    store.prune(project=None, keep=0, older_than=None)
    return store


def ids(found: tuple[BuildRecord, ...] | tuple[BuildRow, ...]) -> list[str]:
    return [one.id for one in found]


@given(RECORDS)
@example(
    build(step("COPY caf\udce9 /"), id="b1", project="/home/caf\udce9", sources=Sources(dirty=(("\udcff", "\0"),)))
)
def test_a_record_comes_out_as_it_went_in(shared: tuple[Store, Clock], record: BuildRecord) -> None:
    store = emptied(shared)
    filled(store, record)
    assert store.records(None, limit=2) == (record,)
    assert store.records(record.project, limit=2) == (record,)
    (row,) = store.builds(record.project)
    assert (row.ending, row.source, row.started_at) == (record.ending, record.source, record.started_at)
    ran = {one.vertex for one in record.distinct() if one.outcome is Outcome.EXECUTED}
    assert row.executed == len(ran)


@given(st.lists(st.tuples(st.none() | st.integers(0, 5), st.integers(0, 5)), max_size=8))
def test_the_newest_build_comes_first_and_an_unknown_start_is_the_time_of_adding(
    shared: tuple[Store, Clock], times: list[tuple[int | None, int]]
) -> None:
    store, (_, clock) = emptied(shared), shared
    for number, (started_at, now) in enumerate(times):
        clock.now = float(now)
        filled(store, build(id=str(number), started_at=started_at))
    at = {str(number): now if started is None else started for number, (started, now) in enumerate(times)}
    expected = sorted(at, key=lambda name: (at[name], int(name)), reverse=True)
    assert ids(store.builds("shop")) == ids(store.records(None, limit=99)) == expected
    assert ids(store.builds(None, limit=3)) == expected[:3]
    assert [store.find(f"^{back}", "shop").id for back in range(len(times))] == expected


def test_a_build_that_is_there_already_stays_as_it_was(store: Store) -> None:
    first = build(step(), id="b1")
    filled(store, first)
    assert not store.add(build(step("RUN other"), id="b1", project="elsewhere"))
    assert store.records(None, limit=9) == (first,)
    assert store.executions("elsewhere", [digest("RUN other")]) == {}


def test_a_list_shows_what_a_build_was_and_did(store: Store) -> None:
    record = build(
        step(vertex="shared", seconds=3),
        step(vertex="shared", seconds=3, platform="linux/arm64"),
        step(number=3, seconds=0.5),
        step(number=4, outcome=Outcome.CACHED),
        step(number=5, outcome=Outcome.FAILED, seconds=9),
        id="b7",
        ending=Ending.FAILED,
        group="bake",
        change=Seen(kind="code", evidence="src/a.py differs"),
        sources=Sources(dockerfile="docker/Dockerfile", target="web", commit="c0ffee"),
    )
    filled(store, record)
    assert store.builds("shop") == (
        BuildRow(
            id="b7",
            project="shop",
            dockerfile="docker/Dockerfile",
            target="web",
            platforms=("linux/amd64", "linux/arm64"),
            started_at=1_000_000.0,
            wall_s=9.0,
            ending=Ending.FAILED,
            change="code",
            source=Source.ENGINE,
            group="bake",
            commit="c0ffee",
            executed=2,
            cached=1,
            executed_s=3.5,
        ),
    )


def test_seconds_are_not_known_where_those_of_one_step_are_not(store: Store) -> None:
    filled(store, build(step(), step(number=3, duration_s=None), id="b1"), build(id="b2", started_at=0.0))
    assert [row.executed_s for row in store.builds("shop")] == [None, 0.0]


def test_each_project_has_its_own_builds(store: Store) -> None:
    filled(store, build(id="b1", project="b"), build(id="b2", project="a"), build(id="b3", project="b"))
    assert ids(store.builds("b")) == ids(store.records("b", limit=9)) == ["b3", "b1"]
    assert store.projects() == (("a", 1), ("b", 2))


# find


def test_a_build_is_found_by_its_id_wherever_it_belongs(store: Store) -> None:
    filled(store, build(id="ab"), build(id="abcd", project="other"))
    assert store.find("ab", "shop").id == "ab"
    assert store.find("abcd", "shop").id == "abcd"
    assert store.find("abcd", None).project == "other"


def test_the_beginning_of_an_id_is_enough_and_one_of_the_project_goes_first(store: Store) -> None:
    filled(store, build(id="abc1"), build(id="abc2", project="other"), build(id="xyz%1", project="other"))
    assert store.find("abc", "shop").id == "abc1"
    assert store.find("abc", "other").id == "abc2"
    assert store.find("xyz%", "shop").id == "xyz%1"


def test_an_id_that_begins_another_means_itself(store: Store) -> None:
    filled(store, build(id="abc"), build(id="abcd"))
    assert store.find("abc", None).id == "abc"


def test_the_latest_build_is_that_of_the_project(store: Store) -> None:
    filled(store, build(id="b1"), build(id="b2", started_at=2e6), build(id="b3", started_at=3e6, project="other"))
    assert [store.find(back, "shop").id for back in ("^", "^0", "^1")] == ["b2", "b2", "b1"]
    assert store.find("^", None).id == "b3"


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("abc", "several builds' ids begin with 'abc': abc6, abc5, abc4, abc3, abc2, …"),
        ("ABC", "no build's id begins with 'ABC' (newest of shop: abc6, abc5, abc4, abc3, abc2, …)"),
        ("a_c", "no build's id begins with 'a_c' (newest of shop: abc6, abc5, abc4, abc3, abc2, …)"),
        ("ab", "'ab' is too short: an id's first 3 characters, or ^ for the latest build"),
        ("", "'' is too short: an id's first 3 characters, or ^ for the latest build"),
        ("^6", "there is no build ^6 (newest of shop: abc6, abc5, abc4, abc3, abc2, …)"),
        ("^-1", "'^-1' names no build: write ^ for the latest, ^1 for the one before, and so on"),
        ("^" + "9" * 5000, f"'^{'9' * 5000}' names no build: write ^ for the latest, ^1 for the one before, and so on"),
    ],
)
def test_what_names_no_single_build_is_told_what_there_is(store: Store, reference: str, says: str) -> None:
    filled(store, *(build(id=f"abc{number}", started_at=float(number)) for number in range(1, 7)))
    with pytest.raises(UsageError) as caught:
        store.find(reference, "shop")
    assert str(caught.value) == says


@pytest.mark.parametrize(
    ("project", "says"), [("shop", "no build of shop is recorded yet"), (None, "no build is recorded yet")]
)
def test_an_empty_store_says_so(store: Store, project: str | None, says: str) -> None:
    for reference in ("^", "abc"):
        with pytest.raises(UsageError) as caught:
            store.find(reference, project)
        assert says in str(caught.value)


# before


def test_only_earlier_builds_of_the_same_file_and_target_come_before(store: Store) -> None:
    web = Sources(dockerfile="Dockerfile", target="web")
    builds = [build(id=f"b{number}", started_at=float(number), sources=web) for number in range(5)]
    others = [
        build(id="target", started_at=1.0, sources=replace(web, target="")),
        build(id="file", started_at=1.0, sources=replace(web, dockerfile="other")),
        build(id="project", started_at=1.0, sources=web, project="other"),
        build(id="same-time", started_at=3.0, sources=web),
    ]
    filled(store, *builds, *others)
    assert store.before(builds[3], limit=2) == (builds[2], builds[1])
    assert store.before(builds[0], limit=2) == ()


def test_a_build_without_a_start_comes_after_those_that_were_there(store: Store, clock: Clock) -> None:
    unknown = build(id="b2", started_at=None)
    filled(store, build(id="b1"))
    assert ids(store.before(unknown, limit=9)) == ["b1"]
    filled(store, unknown)
    clock.now += 10
    filled(store, build(id="b3", started_at=None))
    assert ids(store.before(unknown, limit=9)) == ["b1"]


# executions

MAKE = digest("RUN make")
AMD64 = ("linux/amd64", MAKE)


def test_executions_stand_by_platform_and_key_the_newest_first(store: Store) -> None:
    filled(
        store,
        build(step(start=5, seconds=2, size=10), step(platform="linux/arm64", emulated=True), id="b1"),
        build(step(seconds=3, number=7, line=9), step("RUN test", number=3), id="b2", started_at=2e6),
        build(step(seconds=99), id="b3", project="other"),
    )
    found = store.executions("shop", [MAKE, digest("RUN absent")])
    assert set(found) == {AMD64, ("linux/arm64", MAKE)}
    assert [(one.build, one.started_at, one.duration_s, one.size_bytes, one.emulated) for one in found[AMD64]] == [
        ("b2", 2_000_000.0, 3.0, None, False),
        ("b1", 1_000_005.0, 2.0, 10, False),
    ]
    assert [(one.platform, one.key, one.emulated) for one in found["linux/arm64", MAKE]] == [
        ("linux/arm64", MAKE, True)
    ]


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.EXECUTED])
def test_a_step_that_did_not_run_to_its_end_is_no_execution(store: Store, outcome: Outcome) -> None:
    filled(store, build(step(outcome=outcome), id="b1"), build(step(duration_s=None), id="b2"))
    assert store.executions("shop", [MAKE]) == {}


@pytest.mark.parametrize("ending", list(Ending))
def test_a_step_of_a_build_of_any_ending_is_an_execution(store: Store, ending: Ending) -> None:
    filled(store, build(step(), id="b1", ending=ending))
    assert len(store.executions("shop", [MAKE])[AMD64]) == 1


def test_no_more_executions_are_given_than_asked_for(store: Store) -> None:
    filled(store, *(build(step(), id=f"b{number}", started_at=float(number)) for number in range(9)))
    assert [one.build for one in store.executions("shop", [MAKE], limit=3)[AMD64]] == ["b8", "b7", "b6"]


def test_more_keys_than_a_database_takes_at_once_are_no_trouble(store: Store) -> None:
    keys = [f"key{number}" for number in range(1001)]
    filled(store, build(*(step(key=key, vertex=key) for key in keys), id="b1"))
    assert {key for _, key in store.executions("shop", keys)} == set(keys)


def test_work_that_builds_share_counts_once(store: Store) -> None:
    shared = [
        build(step(vertex="v", start=10.1 - number * 0.1), id=f"b{number}", started_at=1.7e9 + number * 0.1)
        for number in range(7)
    ]
    filled(store, *shared, build(step(vertex="v"), id="old", started_at=1.6e9))
    for limit in (2, 10):
        assert [one.build for one in store.executions("shop", [MAKE], limit=limit)[AMD64]][1:] == ["old"]


@given(
    st.lists(st.tuples(st.sampled_from("vw"), st.sampled_from("ab"), st.integers(0, 3)), max_size=12),
    st.integers(1, 5),
)
def test_each_work_counts_once_however_many_builds_tell_of_it(
    shared: tuple[Store, Clock], works: list[tuple[str, str, int]], limit: int
) -> None:
    store = emptied(shared)
    for number, (vertex, builder, milliseconds) in enumerate(works):
        ran = step(vertex=vertex, start=milliseconds / 1000 - number / 7)
        filled(store, build(ran, id=str(number), builder=builder, started_at=1.7e9 + number / 7))
    found = store.executions("shop", [MAKE], limit=limit).get(AMD64, ())
    starts = [round((one.started_at or 0) * 1000) - 1_700_000_000_000 for one in found]
    assert starts == sorted((start for *_, start in set(works)), reverse=True)[:limit]


@pytest.mark.parametrize(
    "other",
    [
        build(step(vertex="v"), id="b2", builder="another"),
        build(step(vertex="w"), id="b2"),
        build(step(vertex="v", start=0.002), id="b2"),
        build(step(vertex="v"), id="b2", started_at=None),
        build(step(vertex="v", spans=()), id="b2"),
    ],
)
def test_work_of_another_builder_vertex_or_time_is_other_work(store: Store, other: BuildRecord) -> None:
    filled(store, build(step(vertex="v"), id="b1"), other)
    assert len(store.executions("shop", [MAKE])[AMD64]) == 2


def test_logs_without_times_share_no_work(store: Store) -> None:
    filled(store, *(build(step(vertex="5"), id=f"b{number}", started_at=None) for number in range(3)))
    found = store.executions("shop", [MAKE])[AMD64]
    assert [(one.build, one.started_at) for one in found] == [("b2", None), ("b1", None), ("b0", None)]


def test_a_vertex_that_stages_share_counts_once(store: Store) -> None:
    filled(store, build(step(vertex="v", stage="a"), step(vertex="v", stage="b", number=3), id="b1"))
    assert len(store.executions("shop", [MAKE])[AMD64]) == 1


def test_a_step_that_platforms_share_is_known_for_each_of_them(store: Store) -> None:
    filled(store, build(step(vertex="v"), step(vertex="v", platform="linux/arm64"), id="b1"))
    filled(store, build(step(vertex="v", platform="linux/arm64"), id="b2"))
    found = store.executions("shop", [MAKE])
    assert {name: len(executions) for name, executions in found.items()} == {AMD64: 1, ("linux/arm64", MAKE): 1}


# prune


def aged(store: Store, clock: Clock) -> None:
    for project in ("shop", "other"):
        for days in range(5):
            filled(store, build(step(), id=f"{project}{days}", project=project, started_at=clock.now - days * 86400))


@pytest.mark.parametrize(
    ("keep", "days", "stay"),
    [
        (None, None, ["shop0", "shop1", "shop2", "shop3", "shop4"]),
        (2, None, ["shop0", "shop1"]),
        (0, None, []),
        (9, None, ["shop0", "shop1", "shop2", "shop3", "shop4"]),
        (None, 2.5, ["shop0", "shop1", "shop2"]),
        (1, 2.5, ["shop0", "shop1", "shop2"]),
        (4, 2.5, ["shop0", "shop1", "shop2", "shop3"]),
    ],
)
def test_the_newest_and_the_young_builds_stay(
    store: Store, clock: Clock, keep: int | None, days: float | None, stay: list[str]
) -> None:
    aged(store, clock)
    older_than = None if days is None else days * 86400
    assert store.prune(project="shop", keep=keep, older_than=older_than) == 5 - len(stay)
    assert ids(store.builds("shop")) == stay
    assert len(store.builds("other")) == 5


def test_without_a_project_each_is_pruned_by_itself(store: Store, clock: Clock) -> None:
    aged(store, clock)
    assert store.prune(project=None, keep=2, older_than=None) == 6
    assert store.projects() == (("other", 2), ("shop", 2))


def test_executions_go_with_their_build_and_can_come_again(store: Store, clock: Clock) -> None:
    aged(store, clock)
    store.prune(project="shop", keep=1, older_than=None)
    assert [one.build for one in store.executions("shop", [MAKE])[AMD64]] == ["shop0"]
    store.prune(project="shop", keep=0, older_than=None)
    assert store.executions("shop", [MAKE]) == {}
    filled(store, build(step(), id="shop4"))
    assert len(store.executions("shop", [MAKE])[AMD64]) == 1


def test_work_that_a_build_shared_stays_with_the_other(store: Store) -> None:
    filled(store, build(step(vertex="v", start=1), id="b1"), build(step(vertex="v"), id="b2", started_at=1_000_001.0))
    store.prune(project="shop", keep=1, older_than=None)
    assert [one.build for one in store.executions("shop", [MAKE])[AMD64]] == ["b2"]


# proofs

PROOFS = st.builds(
    Proof,
    digest=TEXT,
    pass_name=TEXT,
    equal=st.booleans(),
    at=SECONDS,
    why=TEXT,
    images=st.tuples(TEXT, TEXT),
    version=TEXT,
) | st.builds(Proof, digest=TEXT, pass_name=TEXT, equal=st.just(True), at=SECONDS, why=TEXT, slower=st.just(True))


@given(PROOFS)
def test_a_proof_comes_out_as_it_went_in(shared: tuple[Store, Clock], proof: Proof) -> None:
    store, _ = shared
    store.add_proofs("proving", [proof])
    (found,) = [one for digest, one in store.proofs("proving").items() if digest == words(proof.digest)]
    assert found == replace(
        proof,
        digest=words(proof.digest),
        pass_name=words(proof.pass_name),
        why=words(proof.why),
        images=(words(proof.images[0]), words(proof.images[1])),
        version=words(proof.version),
    )


def test_of_one_rewrite_the_last_proof_counts(store: Store) -> None:
    first = Proof(digest="d", pass_name="manifest-first", equal=True, at=1.0, images=("a", "b"), version="0.1")
    later = replace(first, equal=False, at=2.0, why="/etc/name differs", images=("a", "c"), version="0.2")
    store.add_proofs("shop", [first])
    store.add_proofs("shop", [later])
    assert store.proofs("shop") == {"d": later}


def test_each_project_has_its_own_proofs(store: Store) -> None:
    shown = Proof(digest="d", pass_name="manifest-first", equal=True, at=1.0)
    store.add_proofs("shop", [shown])
    assert store.proofs("bank") == {}


def test_proofs_stay_where_builds_are_pruned(store: Store) -> None:
    shown = Proof(digest="d", pass_name="manifest-first", equal=True, at=1.0)
    store.add_proofs("shop", [shown])
    filled(store, build(step(), id="b1"))
    assert store.prune(project=None, keep=0, older_than=None) == 1
    assert store.proofs("shop") == {"d": shown}
