import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from dev import demo
from dev.demo import UPDATES, Variant, keep_dockerfiles, keep_seconds, table
from dev.montage_history import read_example
from tests.pages import samples

from layerwise.passes import tool_stage

SETTINGS = ("store=false",)


@pytest.fixture
def variants(tmp_path):
    """The example as it stands, and with a stage of its own for parcel as the page of `tool-stage` has it."""
    files = read_example()
    rewritten = samples(tool_stage)["After"]
    assert "--prefix=/parcel parcel@" in rewritten
    return tuple(
        variant(tmp_path, name, files | {"Dockerfile": text}, settings)
        for name, text, settings in (("original", files["Dockerfile"], ()), ("rewritten", rewritten, SETTINGS))
    )


def variant(top: Path, name: str, files: dict[str, str], settings: tuple[str, ...]) -> Variant:
    for path, text in files.items():
        file = top / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return Variant(name, top / name / "Dockerfile", top / name, "scope", settings=settings)


@pytest.mark.parametrize("scenario", UPDATES)
def test_an_update_changes_a_file_of_both_variants(variants, scenario):
    for each in variants:
        file, text = each.updated(scenario)
        assert file.is_relative_to(each.context)
        assert text != file.read_text()


def test_an_update_is_of_the_line_that_installs(variants):
    installs = [
        [line for line in each.updated("npm")[1].splitlines() if line not in each.dockerfile.read_text().splitlines()]
        for each in variants
    ]
    assert installs == [["RUN npm install -g parcel@2.13.0"], ["RUN npm install -g --prefix=/parcel parcel@2.13.0"]]


def test_an_update_that_changes_nothing_ends_the_demo(variants):
    _, rewritten = variants
    rewritten.dockerfile.write_text("FROM debian\n")
    with pytest.raises(SystemExit, match=r"npm changes nothing in .*Dockerfile, of the variant rewritten"):
        rewritten.updated("npm")


def test_the_disk_is_settled_before_each_clock_starts(variants, monkeypatch):
    order = []
    monkeypatch.setattr(demo.os, "sync", lambda: order.append("sync"))
    monkeypatch.setattr(demo.time, "monotonic", lambda: order.append("clock") or 0.0)
    built = SimpleNamespace(returncode=0, stderr="log")
    monkeypatch.setattr(demo.subprocess, "run", lambda *_, **__: order.append("build") or built)
    for each in variants:
        assert demo._build(each, "linux/amd64", ()) == (0.0, "log")
    assert order == ["sync", "clock", "build", "clock"] * 2


def test_the_dockerfiles_and_the_seconds_are_kept(variants, tmp_path):
    original, rewritten = variants
    original.seconds["cold"], rewritten.seconds["cold"] = [4.0], [2.0]
    keep_dockerfiles(variants, tmp_path / "logs")
    keep_seconds(variants, tmp_path / "logs", "linux/amd64", pushed=True)
    for each in variants:
        assert (tmp_path / "logs" / f"Dockerfile.{each.name}").read_text() == each.dockerfile.read_text()
    assert json.loads((tmp_path / "logs/seconds.json").read_text()) == {
        "platform": "linux/amd64",
        "pushed": True,
        "basis": "measured",
        "runs": 1,
        "settings": {"original": [], "rewritten": ["store=false"]},
        "seconds": {"original": {"cold": [4.0]}, "rewritten": {"cold": [2.0]}},
    }


def test_a_table_of_several_rounds_is_of_medians_beside_the_original_cold(variants):
    original, rewritten = variants
    original.seconds |= {"cold": [100.0, 90.0, 110.0], "pip": [40.0, 41.0, 42.0]}
    rewritten.seconds |= {"cold": [60.0, 70.0, 61.0], "pip": [10.0, 12.0, 9.0]}
    lines = [" ".join(line.split()) for line in table(variants, "linux/amd64")]
    assert lines[0] == "linux/amd64, seconds, measured, medians of 3 runs"
    assert lines[2:4] == ["cold 100.0 61.0 1.6x 39.0% less", "pip 41.0 10.0 4.1x 90.0% less"]
    assert lines[4:6] == ["original cold: 100.0, 90.0, 110.0", "original pip: 40.0, 41.0, 42.0"]


def test_a_round_begins_with_the_files_as_they_were_and_a_scope_of_its_own(variants, tmp_path):
    _, rewritten = variants
    repository = tmp_path / "original"
    text, scope = rewritten.dockerfile.read_text(), rewritten.scope
    rewritten.dockerfile = tmp_path / "Dockerfile.rewritten"
    (rewritten.context / "left").write_text("by the round before")
    first, rewritten.commit = rewritten.commit, "another"
    rewritten.anew(repository, text)
    assert not (rewritten.context / "left").exists()
    assert rewritten.dockerfile.read_text() == text
    assert rewritten.scope not in ("", scope)
    assert rewritten.commit == first
