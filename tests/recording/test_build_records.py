from concurrent.futures import Future
from dataclasses import replace

import pytest
from tests.builder.drive.inspected import builder
from tests.builder.drive.lines import line
from tests.builder.recorded import engine_records, observed

from layerwise.builder import buildx
from layerwise.builder.bundle import EngineRecord
from layerwise.builder.drive.calls import Call, Place
from layerwise.builder.drive.metadata import Metadata
from layerwise.builder.drive.progress import Attempt
from layerwise.builder.local_state import Reference
from layerwise.builder.redact import Redactor
from layerwise.errors import BuilderError, StoreError
from layerwise.recording import engine_records as asking
from layerwise.recording.build_parts import Keeping, Made, Tagging
from layerwise.recording.build_records import engines_of, kept_builds
from layerwise.records import Ending, Source, TagMove
from layerwise.store import open_store
from layerwise.store.database import SqlStore

PLACE = Place(builder=builder("containerd"), named="", environment={})
FIRST, LAST, OTHER = (Reference("default", "default", name) for name in ("first", "last", "other"))


def made(platform: str = "linux/amd64", reference: Reference | None = None, shape: str = "stages") -> Made:
    values = {"buildx.build.ref": f"{reference.builder}/{reference.node}/{reference.id}"} if reference else {}
    attempt = Attempt(code=0 if reference else 1, observed=observed(shape), said=(), fault=None)
    return Made(call=Call(platform=platform, line=line("."), place=PLACE), metadata=Metadata(values), attempt=attempt)


def engine(shape: str, ref: str, later_s: float = 0.0) -> EngineRecord:
    (found,) = engine_records(shape)
    seen = replace(found.observed, started_at=(found.observed.started_at or 0.0) + later_s)
    record = type(found.record)(**{name: getattr(found.record, name) for name in found.record.__struct_fields__})
    record.ref = ref
    return EngineRecord(record, seen, found.provenance)


@pytest.fixture
def keeping(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/builds.db") as store:
        yield Keeping(store=store, redact=Redactor(b"key"), checkout=None, directory=tmp_path, project="shop")


def kept(keeping, calls, engines, tagging=None):
    found, problems = kept_builds(calls, engines, keeping, (), tagging, None)
    return [one.record for one in found], list(problems)


def test_a_call_s_record_is_the_engine_s_of_its_reference(keeping):
    records, problems = kept(keeping, [made(reference=LAST)], {LAST: engine("stages", "last")})
    assert ([one.id for one in records], problems) == (["last"], [])


def test_a_call_that_failed_takes_the_last_record_of_its_platform(keeping):
    engines = {FIRST: engine("failed", "first"), LAST: engine("failed", "last", later_s=60.0)}
    records, problems = kept(keeping, [made(shape="failed")], engines)
    assert {one.id for one in records} == {"first", "last"}, "in the first one steps ran"
    assert records[-1].id == "last"
    assert problems == []


def test_an_earlier_run_in_which_nothing_was_built_is_not_kept(keeping):
    engines = {FIRST: engine("unchanged", "first"), LAST: engine("stages", "last", later_s=60.0)}
    records, _ = kept(keeping, [made(reference=LAST)], engines)
    assert [one.id for one in records] == ["last"]


def test_without_the_engine_s_record_what_was_seen_is_kept(keeping):
    records, problems = kept(keeping, [made(reference=LAST)], {LAST: "no record of build last: gone"})
    (record,) = records
    assert (record.source, record.platforms) == (Source.RAWJSON, ("linux/amd64",))
    assert record.notes[-1] == "no record of build last: gone"
    assert problems == []


def test_where_nothing_was_seen_the_reason_is_said(keeping):
    unseen = replace(made(reference=LAST), attempt=None)
    assert kept(keeping, [unseen], {LAST: "gone"}) == ([], ["gone"])
    never = replace(made(), attempt=Attempt(code=125, observed=None, said=("unknown flag",), fault=None))
    assert kept(keeping, [never], {}) == ([], [])


def test_two_calls_are_one_record(keeping):
    engines = {FIRST: engine("stages", "first"), LAST: engine("stages", "last", later_s=1.0)}
    calls = [made("linux/amd64", FIRST), made("linux/arm64", LAST)]
    records, _ = kept(keeping, calls, engines)
    assert len(records) == 1
    assert records[0].ending is Ending.COMPLETED


def test_what_came_after_the_build_is_in_its_record(keeping):
    move = TagMove(tag="example.org/shop:1", result="moved", before="sha256:1", now="sha256:2")
    (alone,), _ = kept(keeping, [made(reference=LAST)], {LAST: engine("stages", "last")})
    tagging = Tagging(seconds=2.0, tags=(move,))
    (record,), _ = kept(keeping, [made(reference=OTHER)], {OTHER: engine("stages", "other")}, tagging)
    assert record.tags == (move,)
    assert record.wall_s == pytest.approx((alone.wall_s or 0.0) + 2.0)
    assert record.overheads[-1].critical_s == 2.0
    assert keeping.store.find("other", None).tags == (move,)


def test_a_cache_that_is_not_there_yet_is_no_error_in_a_record(keeping):
    (record,), _ = kept(keeping, [made("linux/amd64", LAST, shape="platforms")], {LAST: engine("platforms", "last")})
    assert {one.error for one in record.overheads if one.kind == "cache-import"} == {""}


def test_a_store_that_breaks_meanwhile_is_a_problem(keeping, monkeypatch):
    def full(*_: object) -> bool:
        raise StoreError("the disk is full")

    monkeypatch.setattr(SqlStore, "add", full)
    assert kept(keeping, [made(reference=LAST)], {LAST: engine("stages", "last")}) == ([], ["the disk is full"])


def test_every_engine_is_asked_in_its_own_environment(monkeypatch):
    asked = []

    def record(reference, environment, _deadline):
        asked.append((reference.id, dict(environment)))
        if reference is OTHER:
            raise BuilderError("gone")
        return engine("stages", reference.id)

    monkeypatch.setattr(asking, "engine_record", record)
    box = replace(made(reference=FIRST), call=replace(made().call, place=replace(PLACE, environment={"BOX": "1"})))
    found = engines_of([box, made(reference=LAST)], [FIRST, LAST, OTHER])
    assert sorted(asked, key=str) == [("first", {"BOX": "1"}), ("last", {}), ("other", {})]
    assert found[OTHER] == "gone"


def test_an_engine_that_was_asked_already_is_asked_again_only_where_it_had_no_answer(monkeypatch):
    asked = []

    def export(reference, _environment):
        asked.append(reference)
        raise BuilderError("still nothing")

    monkeypatch.setattr(buildx, "export", export)
    monkeypatch.setattr(asking, "PAUSE_S", 0.0)
    monkeypatch.setattr(asking, "PATIENCE_S", 0.0)
    answered, failed = Future(), Future()
    answered.set_result(b"no archive")
    failed.set_exception(BuilderError("nothing yet"))
    monkeypatch.setattr(asking, "read_bundle", lambda stream, _shown: (engine("stages", stream.read().decode()),))
    found = engines_of([made(reference=LAST), made(reference=OTHER)], [], {LAST: answered, OTHER: failed})
    assert found[LAST].record.ref == "no archive"
    assert found[OTHER] == "nothing yet"
    assert asked == []


def test_what_the_builder_s_cache_holds_is_looked_up_where_something_was_added(keeping, monkeypatch):
    monkeypatch.setattr(asking, "cache_bytes", lambda *_: 7)
    (ran,), _ = kept(keeping, [made(reference=LAST)], {LAST: engine("stages", "last")})
    assert ran.cache_bytes == 7
    (hits,), _ = kept(keeping, [made(reference=OTHER, shape="unchanged")], {OTHER: engine("unchanged", "other")})
    assert hits.cache_bytes is None
