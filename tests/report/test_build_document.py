from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.records import build, step
from tests.report.builds import report, valid
from tests.summary.generated import records
from tests.summary.samples import AMD64, ARM64, EMPTY, NOW, broken, montage, overhead, past, without_times

from layerwise.records import Ending, Outcome
from layerwise.report.build_document import build_document
from layerwise.summary.compare import compare

COLD, CODE = montage("now", "cold", 2, day=0), montage("now", "code", 5, day=0)


def document(record, earlier=None, against=None, **rest):
    return valid(build_document(report(record, earlier, **rest), against))


def test_it_holds_each_step_of_each_platform():
    found = document(COLD)
    assert found["schema"] == "layerwise.report/1"
    assert [one["platform"] for one in found["platforms"]] == [AMD64, ARM64]
    npm = found["platforms"][1]["steps"][2]
    assert npm == {
        "id": "stage-0:3",
        "stage": "stage-0",
        "line": 21,
        "instruction": "RUN --mount=type=cache,target=/root/.npm npm install -g sharp-cli@5.1.0",
        "status": "executed",
        "duration_s": 88.5,
        "transfer_s": None,
        "size_bytes": 88_500_000,
        "cpu_s": 79.65,
        "peak_memory_bytes": 354_000_000,
        "emulated": True,
        "critical": True,
        "critical_s": 88.5,
        "shared_with": [],
        "place": "provenance",
        "error": "",
        "basis": "measured",
    }
    assert found["platforms"][1]["wall_s"] == pytest.approx(2 + 494.6 + 88.5 + 0.3 + 77.0)
    assert found["basis"] == "measured"


def test_the_build_says_what_is_explained_and_what_is_not():
    found = document(COLD)["build"]
    assert found["started_at"] == "2026-05-28T20:26:40.000+00:00"
    assert found["explained_s"] + found["unexplained_s"] == pytest.approx(found["wall_s"], abs=0.01)
    assert found["explained"] == pytest.approx(found["explained_s"] / found["wall_s"], abs=1e-4)
    assert found["change"] == {"kind": "cold", "evidence": "src/montage/cli.py differs"}


def test_bottlenecks_are_by_platform_with_their_share_ratio_and_mend():
    first, second, *_ = document(COLD, mended={COLD.steps[1].key: "cache-mounts"})["bottlenecks"]
    assert (first["platform"], first["line"], first["duration_s"], first["share"]) == (AMD64, 9, 69.5, 0.0)
    assert (second["platform"], second["line"], second["duration_s"], second["share"]) == (ARM64, 9, 494.6, 0.716)
    assert (first["ratio"], second["ratio"]) == (1.0, pytest.approx(7.1165, abs=1e-4))
    assert first["mended_by"] == second["mended_by"] == "cache-mounts"


def test_shares_of_the_wall_time_add_up_to_what_is_explained():
    found = document(COLD)
    assert sum(one["share"] for one in found["bottlenecks"]) == pytest.approx(found["build"]["explained"], abs=1e-3)
    assert sum(one["work_share"] for one in found["bottlenecks"]) == pytest.approx(1.0, abs=1e-3)


def test_overheads_stand_one_by_one():
    record = build(
        wall_s=6.0,
        overheads=(overhead("push", 0, 2, size_bytes=7), overhead("push", 2, 3, critical_s=3.0, error="denied")),
    )
    found = document(record, ())
    assert [(one["kind"], one["duration_s"], one["size_bytes"], one["critical_s"]) for one in found["overheads"]] == [
        ("push", 2.0, 7, 0.0),
        ("push", 3.0, None, 3.0),
    ]
    (row,) = found["bottlenecks"]
    assert (row["kind"], row["platform"], row["status"], row["duration_s"], row["share"]) == (
        "push",
        "",
        None,
        5.0,
        0.5,
    )


def test_a_shared_step_stands_under_each_platform_and_says_so_and_is_one_bottleneck():
    shared = [step(vertex="v", seconds=4.0), step(vertex="v", platform=ARM64, seconds=4.0)]
    found = document(build(*shared), ())
    assert [one["steps"][0]["shared_with"] for one in found["platforms"]] == [[ARM64], [AMD64]]
    assert [one["platform"] for one in found["bottlenecks"]] == ["linux/amd64, linux/arm64"]
    assert found["build"]["work_s"] == 4.0


def test_what_is_not_known_is_null():
    found = document(without_times(COLD))
    build_part = found["build"]
    for name in ("started_at", "wall_s", "explained_s", "explained", "unexplained_s"):
        assert build_part[name] is None
    assert {one["wall_s"] for one in found["platforms"]} == {None}
    steps = [one for platform in found["platforms"] for one in platform["steps"]]
    assert {(one["critical"], one["critical_s"], one["place"]) for one in steps} == {(None, None, "name")}
    assert {one["share"] for one in found["bottlenecks"]} == {None}
    assert build_part["placed_by_name"] is True


def test_steps_without_a_platform_stand_under_none():
    found = document(build(step(platform=""), platforms=()), ())
    assert [one["platform"] for one in found["platforms"]] == [""]


def test_layers_say_what_stands_behind_hit_rate_and_saving():
    npm = next(one for one in document(CODE)["layers"] if one["line"] == 21 and one["platforms"] == [ARM64])
    assert (npm["builds"], npm["cached"], npm["executed"], npm["hit_rate"]) == (12, 11, 1, 0.9167)
    assert (npm["executed_s"], npm["basis"], npm["saved_s"], npm["saved_basis"]) == (
        88.5,
        "measured",
        973.5,
        "predicted",
    )


def test_a_saving_that_nobody_knows_is_null_and_unknown():
    (layer,) = document(build(step(outcome=Outcome.CACHED)), ())["layers"]
    assert (layer["saved_s"], layer["saved_unknown"], layer["saved_basis"]) == (None, 1, "unknown")
    assert (layer["executed_s"], layer["basis"], layer["age_s"]) == (None, "unknown", None)


def test_the_cache_has_its_worth_in_this_build_and_over_the_last():
    cache = document(CODE, disk_bytes=5)["cache"]
    assert (cache["build"]["builds"], cache["builds"]["builds"], cache["disk_bytes"]) == (1, 12, 5)
    one = cache["build"]
    assert one["net_s"] == pytest.approx(one["saved_s"] - one["import_s"] - one["export_s"], abs=0.01)
    assert document(broken())["cache"]["build"] is None


def test_a_comparison_is_under_against():
    found = document(COLD, against=compare(past()[0], COLD))["against"]
    assert (found["id"], found["before_s"]) == ("code1", pytest.approx(107.6, abs=0.1))
    secret = next(one for one in found["moved"] if one["name"] == "TOKEN")
    assert secret == {"what": "argument", "name": "TOKEN", "before": None, "after": None, "hidden": True}
    assert found["steps"][0]["more_s"] == 494.6
    assert (found["steps"][0]["before"], found["steps"][0]["after"]) == ("cached", "executed")
    assert document(COLD)["against"] is None


def test_a_step_that_came_was_absent():
    made = compare(build(), build(step()))
    (pair,) = document(build(step()), (), made)["against"]["steps"]
    assert (pair["before"], pair["before_s"], pair["after"]) == ("absent", None, "executed")


@pytest.mark.parametrize("record", [EMPTY, broken(), replace(COLD, ending=Ending.CUT), without_times(COLD), build()])
@pytest.mark.parametrize("earlier", [(), past()])
def test_every_build_has_a_valid_document(record, earlier):
    assert document(record, earlier, compare(record, CODE))["build"]["ending"] == record.ending.value


def test_a_log_without_any_figure_has_no_basis():
    assert document(EMPTY, ())["basis"] == "unknown"
    assert document(replace(build(step(duration_s=None)), wall_s=None), ())["basis"] == "unknown"


@given(records(), st.lists(records(), max_size=2), records())
def test_any_record_makes_a_valid_document(record, earlier, other):
    found = valid(build_document(report(record, tuple(earlier), now=NOW), compare(other, record)))
    assert sum(len(one["steps"]) for one in found["platforms"]) == len(record.steps)
