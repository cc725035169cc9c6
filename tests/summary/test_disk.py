from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st
from tests.records import build, step
from tests.summary.samples import AMD64, ARM64, montage

from layerwise.builder.redact import Redactor
from layerwise.builder.usage import CacheItem
from layerwise.records import Basis, BuildRecord, Outcome
from layerwise.summary.cache_names import Maker
from layerwise.summary.disk import Disk, Row, disk

FROM = "FROM debian@sha256:1"


def item(
    description: str, id_: str, *parents: str, size: int | None = 1000, kind: str = "regular", **rest: object
) -> CacheItem:
    return CacheItem(
        id=id_, parents=parents, kind=kind, description=description, size_bytes=size,
        **{"shared": False, "reclaimable": True, "created_at": "", "last_used": "", "usage_count": 1} | rest,
    )  # fmt: skip


def run(script: str, id_: str, *parents: str) -> CacheItem:
    return item(f"mount / from exec /bin/sh -c {script}", id_, *parents)


def chain(*instructions: str, seconds: Iterable[float] = (), id_: str = "b1", **rest: object) -> BuildRecord:
    """A build of steps each on the one before, the first on a base."""
    times = [0.1, *seconds] if seconds else [1.0] * (len(instructions) + 1)
    steps = []
    for number, (instruction, took) in enumerate(zip((FROM, *instructions), times, strict=True), 1):
        inputs = (steps[-1].vertex,) if steps else ()
        steps.append(step(instruction, number=number, seconds=took, inputs=inputs, **rest))
    return build(*steps, id=id_)


def row_of(found: Disk, id_: str) -> Row:
    return next(row for row in found.rows if row.item.id == id_)


def rebuilt(items: list[CacheItem], builds: list[BuildRecord], id_: str) -> tuple[float | None, int]:
    row = row_of(disk(items, builds, str), id_)
    return row.rebuild_s, row.runs


def test_a_record_costs_the_median_of_the_runs_of_its_step() -> None:
    builds = [chain("RUN make", seconds=[took], id_=f"b{took}") for took in (3, 9, 4)]
    row = row_of(disk([run("make", "m", "base")], builds, str), "m")
    assert (row.rebuild_s, row.runs, row.basis) == (4, 3, Basis.MEASURED)
    assert (row.maker, row.what, row.platform) == (Maker.RUN, "RUN make", AMD64)


def test_what_no_recorded_step_made_has_no_cost() -> None:
    row = row_of(disk([run("make all", "m", "base")], [chain("RUN make")], str), "m")
    assert (row.rebuild_s, row.runs, row.basis) == (None, 0, Basis.UNKNOWN)


def test_a_step_that_was_only_ever_cached_has_no_cost() -> None:
    assert rebuilt([run("make", "m", "base")], [chain("RUN make", outcome=Outcome.CACHED)], "m") == (None, 0)


def test_equal_instructions_are_told_apart_by_what_they_stand_on() -> None:
    cached = [run("one", "a", "base"), run("set -e\nx\n", "b", "a"), run("two", "c", "b"), run("set -e\ny\n", "d", "c")]
    built = chain("RUN one", "RUN <<EOF (set -e...)", "RUN two", "RUN <<EOF (set -e...)", seconds=[1, 2, 3, 4])
    assert [rebuilt(cached, [built], id_) for id_ in "abcd"] == [(1, 1), (2, 1), (3, 1), (4, 1)]


def test_a_record_on_another_projects_step_is_not_ours() -> None:
    cached = [item("[2/4] WORKDIR /theirs", "a", "base"), item("[3/4] COPY . .", "b", "a"), run("npm ci", "c", "b")]
    ours = chain("WORKDIR /ours", "COPY . .", "RUN npm ci")
    assert [rebuilt(cached, [ours], id_)[0] for id_ in "ab"] == [None, None]


def test_a_file_operation_stands_where_its_name_says() -> None:
    built = chain("RUN make", "COPY . .")
    assert rebuilt([run("make", "a", "base"), item("[3/9] COPY . .", "b", "a")], [built], "b") == (1, 1)
    assert rebuilt([run("make", "a", "base"), item("[2/9] COPY . .", "b", "a")], [built], "b") == (None, 0)
    assert rebuilt([run("make", "a", "base"), item("[x 3/9] COPY . .", "b", "a")], [built], "b") == (None, 0)


def test_on_a_base_that_was_built_here_a_step_is_found_as_well() -> None:
    cached = [item("[1/2] ADD root.tar /", "base"), run("make", "m", "base")]
    assert rebuilt(cached, [chain("RUN make")], "m") == (1, 1)


def test_a_log_without_inputs_counts_only_where_the_command_is_whole() -> None:
    built = build(step("RUN make"), step("RUN make 1.2", number=3), step("COPY . .", number=4))
    cached = [run("make", "a", "base"), run("make $V", "b", "a"), item("[4/4] COPY . .", "c", "b")]
    assert [rebuilt(cached, [built], id_)[0] for id_ in "abc"] == [1, None, None]


def test_a_run_with_variables_of_two_instructions_has_no_cost() -> None:
    made = run("make $TARGET", "m", "base")
    one, two = chain("RUN make app", id_="b1"), chain("RUN make docs", id_="b2")
    assert rebuilt([made], [one], "m") == (1, 1)
    assert rebuilt([made], [one, two], "m") == (None, 0)


def test_a_run_with_variables_expanded_in_several_ways_has_one_cost() -> None:
    builds = [chain(f"RUN make {version}", seconds=[version], id_=str(version), key="k") for version in (1, 2, 6)]
    assert rebuilt([run("make $V", "m", "base")], builds, "m") == (2, 3)


def test_flags_that_a_record_does_not_show_leave_its_cost_open() -> None:
    builds = [chain("RUN make", id_="b1"), chain("RUN --mount=type=cache,target=/c make", id_="b2")]
    assert rebuilt([run("make", "m", "base")], builds, "m") == (None, 0)


BOTH = montage("cold", "cold", 2, day=1)
APT = "apt-get update && apt-get install -y --no-install-recommends ffmpeg sox"


def test_native_and_emulated_runs_are_told_apart_by_a_name_on_the_same_base() -> None:
    named = [
        item(f"[{platform} stage-0 4/6] WORKDIR /app", f"w{base}", base)
        for base, platform in (("x", AMD64), ("y", ARM64))
    ]
    cached = [run(APT, "amd", "x"), run(APT, "arm", "y"), *named]
    assert rebuilt(cached, [BOTH], "amd") == (69.5, 1)
    assert rebuilt(cached, [BOTH], "arm") == (494.6, 1)
    assert row_of(disk(cached, [BOTH], str), "arm").platform == ARM64


def test_native_and_emulated_runs_that_can_not_be_told_apart_have_no_cost() -> None:
    assert rebuilt([run(APT, "a", "x")], [BOTH], "a") == (None, 0)


def test_a_step_that_platforms_share_is_one_run() -> None:
    shared = [step("RUN make", platform=platform, vertex="v", runs_on=AMD64) for platform in (AMD64, ARM64)]
    assert rebuilt([run("make", "m", "x")], [build(*shared)], "m") == (1, 1)


def test_cache_mounts_contexts_and_bases_have_no_cost() -> None:
    cached = [
        item('cached mount /c from exec /bin/sh -c make with id "//c"', "a", kind="exec.cachemount"),
        item("local source for context", "b", kind="source.local"),
        item("pulled from docker.io/library/debian:12", "c"),
    ]
    found = disk(cached, [chain("RUN make", "COPY . .")], str)
    assert {row.what: row.rebuild_s for row in found.rows} == {
        "cache mount /c of RUN make": None,
        "build context": None,
        "base docker.io/library/debian:12": None,
    }
    assert {row.platform for row in found.rows} == {""}


def test_secrets_are_masked_and_do_not_keep_a_step_from_being_found() -> None:
    redact = Redactor(b"key").text
    text = "curl -H token=hunter222 https://me:swordfish@host"
    found = disk([run(text, "a", "base")], [chain(f"RUN {redact(text)}")], redact)
    (row,) = found.rows
    assert row.runs == 1
    assert not any(secret in repr(row) for secret in ("hunter222", "swordfish"))


def test_records_stand_by_size_and_are_added_up_by_kind() -> None:
    cached = [
        item("local source for context", "a", size=5, kind="source.local"),
        item("[1/2] COPY . .", "b", size=70, shared=True),
        item("[2/2] COPY . .", "c", size=None, reclaimable=False),
        item("[3/3] COPY . .", "d", size=20, reclaimable=False),
    ]
    found = disk(cached, [], str)
    assert [row.item.id for row in found.rows] == ["b", "d", "a", "c"]
    assert [(one.kind, one.records, one.size_bytes, one.reclaimable_bytes) for one in found.kinds] == [
        ("regular", 3, 90, 70),
        ("source.local", 1, 5, 5),
    ]
    assert (found.size_bytes, found.reclaimable_bytes, found.shared_bytes, found.unsized) == (95, 75, 70, 1)


def test_an_empty_cache_has_nothing() -> None:
    found = disk([], [BOTH], str)
    assert (found.rows, found.kinds, found.size_bytes) == ((), (), 0)


IDS = st.sampled_from("abcdef")
DESCRIPTIONS = st.sampled_from(
    [
        "mount / from exec /bin/sh -c make",
        "[linux/arm64 2/3] COPY . .",
        "[3/3] COPY . .",
        "local source for context",
        "",
    ]
)


@given(
    st.dictionaries(IDS, st.tuples(DESCRIPTIONS, st.lists(IDS, max_size=2), st.none() | st.integers(0, 99)), max_size=6)
)
def test_every_record_has_one_row_and_the_totals_are_those_of_the_rows(
    cached: dict[str, tuple[str, list[str], int | None]],
) -> None:
    items = [item(text, id_, *parents, size=size) for id_, (text, parents, size) in cached.items()]
    found = disk(items, [chain("RUN make", "COPY . ."), BOTH], str)
    assert sorted(row.item.id for row in found.rows) == sorted(cached)
    assert found.size_bytes == sum(row.item.size_bytes or 0 for row in found.rows)
    assert all((row.rebuild_s is None) == (row.runs == 0) for row in found.rows)
