import pytest
from tests.records import build, step

from layerwise.recording.build_merge import merged
from layerwise.records import BuildRecord, Ending, Outcome, Overhead, Span


def push(start: float) -> Overhead:
    return Overhead(kind="push", name="pushing", spans=(Span(start, start + 1),), duration_s=1.0, critical_s=1.0)


def part(platform: str, started_at: float, seconds: float, **rest: object) -> BuildRecord:
    made = step(platform=platform, seconds=seconds, critical_s=seconds, vertex=rest.pop("vertex", None))  # type: ignore[arg-type]
    settings = {
        "builder": "default",
        "id": platform,
        "outputs": ("image", "push"),
        "overheads": (push(seconds),),
        **rest,
    }
    return build(made, started_at=started_at, wall_s=seconds + 1, **settings)


def test_one_record_is_itself():
    record = part("linux/amd64", 100.0, 5.0)
    assert merged([record]) is record


def test_platforms_that_were_built_at_once_are_one_build():
    record = merged([part("linux/amd64", 100.0, 5.0), part("linux/arm64", 101.0, 20.0)])
    assert record.platforms == ("linux/amd64", "linux/arm64")
    assert (record.started_at, record.wall_s) == (100.0, 22.0)
    assert [one.spans[0].start_s for one in record.steps] == [0.0, 1.0]
    assert [one.spans[0].start_s for one in record.overheads] == [5.0, 21.0]
    assert (record.builder, record.outputs, record.ending) == ("default", ("image", "push"), Ending.COMPLETED)


def test_the_critical_path_is_that_of_the_call_that_ends_last():
    record = merged([part("linux/amd64", 100.0, 5.0), part("linux/arm64", 101.0, 20.0)])
    assert [one.critical_s for one in record.steps] == [0.0, 20.0]
    assert record.explained_s == pytest.approx(21.0)
    assert record.explained_s <= record.wall_s


def test_its_id_is_that_of_these_builds_and_no_other():
    one, other = part("linux/amd64", 100.0, 5.0), part("linux/arm64", 101.0, 20.0)
    assert merged([one, other]).id == merged([one, other]).id
    assert merged([one, other]).id not in (one.id, other.id, merged([other, one]).id)


def test_work_that_both_share_on_one_builder_is_the_same_work():
    shared = [part(name, 100.0, 5.0, vertex="sha256:1") for name in ("linux/amd64", "linux/arm64")]
    assert len(list(merged(shared).distinct())) == 1


def test_on_two_builders_it_is_not():
    parts = [
        part("linux/amd64", 100.0, 5.0, vertex="sha256:1", builder="default", cache_bytes=10),
        part("linux/arm64", 100.0, 5.0, vertex="sha256:1", builder="box", cache_bytes=5),
    ]
    record = merged(parts)
    assert len(list(record.distinct())) == 2
    assert (record.builder, record.cache_bytes) == ("default,box", 15)


def test_one_builder_s_cache_is_counted_once():
    parts = [part(name, 100.0, 5.0, cache_bytes=10) for name in ("linux/amd64", "linux/arm64")]
    assert merged(parts).cache_bytes == 10
    unknown = [parts[0], part("linux/arm64", 100.0, 5.0, builder="box")]
    assert merged(unknown).cache_bytes is None


@pytest.mark.parametrize(
    ("endings", "whole"),
    [
        ((Ending.CANCELLED, Ending.FAILED), Ending.FAILED),
        ((Ending.COMPLETED, Ending.CANCELLED), Ending.CANCELLED),
        ((Ending.COMPLETED, Ending.COMPLETED), Ending.COMPLETED),
    ],
)
def test_it_ends_as_the_worst_of_them(endings, whole):
    parts = [
        part(name, 100.0, 5.0, ending=ending, error=ending.value)
        for name, ending in zip(("linux/amd64", "linux/arm64"), endings, strict=True)
    ]
    record = merged(parts)
    assert record.ending is whole
    assert (record.error == "failed") == (Ending.FAILED in endings)


def test_records_without_times_are_merged_without():
    parts = [
        build(step(platform=name, outcome=Outcome.CACHED), id=name, started_at=None)
        for name in ("linux/amd64", "linux/arm64")
    ]
    record = merged(parts)
    assert (record.started_at, record.wall_s, len(record.steps)) == (None, None, 2)
