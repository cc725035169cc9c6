"""The commands that record builds and show them, on recordings of a real engine and a docker that only plays them."""

import json
import os
import shutil
import stat
from pathlib import Path

import pytest

from layerwise.builder.bundle import read_bundle
from layerwise.cli.main import run
from layerwise.errors import StoreError
from layerwise.store.database import SqlStore

RECORDINGS = Path(__file__).parents[1] / "recordings"

DOCKER = """#!/bin/sh
# Plays a recorded build: `docker buildx build` begins one, `history export` gives its record away.
case "$*" in
  "buildx history export --help") echo "Usage:  docker buildx history export [OPTIONS] [REF...]" ;;
  "buildx build"*) mkdir -p "$BUILDX_CONFIG/refs/default/default" && touch "$BUILDX_CONFIG/refs/default/default/$REF"
     echo "said by docker"; exit "${CODE:-0}" ;;
  "buildx history export"*) cp "$RECORD" "$7" ;;
  "buildx du --format json"*) cat "$USAGE" ;;
  *) echo "unknown: $*" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A directory that is no repository, with a docker that plays the recording of several stages."""
    programs = tmp_path / "programs"
    programs.mkdir()
    docker = programs / "docker"
    docker.write_text(DOCKER)
    docker.chmod(docker.stat().st_mode | stat.S_IXUSR)
    usage = tmp_path / "usage"
    usage.write_text("")
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("BUILDX_CONFIG", str(tmp_path / "buildx"))
    monkeypatch.setenv("RECORD", str(RECORDINGS / "stages" / "record.dockerbuild"))
    monkeypatch.setenv("USAGE", str(usage))
    monkeypatch.setenv("REF", "stages")
    shop = tmp_path / "shop"
    shop.mkdir()
    monkeypatch.chdir(shop)
    return shop


def said(capfd, *arguments: str) -> tuple[int, str, str]:
    code = run(arguments)
    captured = capfd.readouterr()
    return code, captured.out, captured.err


def test_record_shows_what_the_command_says_and_returns_its_exit_code(place, capfd, monkeypatch):
    code, out, err = said(capfd, "record", "--", "docker", "buildx", "build", ".")
    assert (code, out) == (0, "said by docker\n")
    assert err.startswith("layerwise: recorded ")
    monkeypatch.setenv("CODE", "7")
    monkeypatch.setenv("REF", "another")
    code, _, err = said(capfd, "record", "--", "docker", "buildx", "build", ".")
    assert code == 7
    assert "already recorded" in err


def test_record_says_so_where_nothing_was_built(place, capfd):
    code, out, err = said(capfd, "record", "--", "true")
    assert (code, out) == (0, "")
    assert err == "layerwise: the command built nothing that buildx keeps a record of\n"


def test_record_without_docker_says_what_is_missing_and_runs_nothing(place, capfd, monkeypatch):
    monkeypatch.setenv("PATH", "")
    code, _, err = said(capfd, "record", "--", "/bin/sh", "-c", "echo ran")
    assert code == 4
    assert err == "layerwise: there is no docker on the PATH; layerwise reads builds through its buildx plugin\n"


def test_record_with_a_store_that_cannot_be_opened_runs_nothing(place, capfd):
    code, out, err = said(capfd, "record", "--store", "mysql://there", "--", "docker", "buildx", "build", ".")
    assert (code, out) == (4, "")
    assert err.count("\n") == 1
    assert "layerwise knows no store of the kind 'mysql'" in err


def test_record_keeps_the_exit_code_of_a_command_whose_build_cannot_be_read(place, capfd, monkeypatch):
    broken = place / "broken"
    broken.write_bytes(b"nothing")
    monkeypatch.setenv("RECORD", str(broken))
    code, _, err = said(capfd, "record", "--", "docker", "buildx", "build", ".")
    assert code == 0
    assert err.startswith("layerwise: not recorded: build stages: ")


def test_record_keeps_the_exit_code_where_the_store_breaks_meanwhile(place, capfd, monkeypatch):
    monkeypatch.setenv("CODE", "5")

    def full(*_: object) -> bool:
        raise StoreError("the disk is full")

    monkeypatch.setattr(SqlStore, "add", full)
    code, _, err = said(capfd, "record", "--", "docker", "buildx", "build", ".")
    assert code == 5
    assert err == "layerwise: not recorded: the disk is full\n"


def test_what_was_recorded_is_listed_and_reported_in_every_form(place, capfd):
    run(["record", "--", "docker", "buildx", "build", "."])
    capfd.readouterr()
    code, out, _ = said(capfd, "builds", "--all")
    assert code == 0
    assert len(out.splitlines()) == 2
    rows = json.loads(said(capfd, "builds", "--all", "--format", "json")[1])["builds"]
    (build,) = (row["id"] for row in rows)
    assert build[:12] in out
    for style, begins in (("text", ""), ("md", ""), ("json", "{"), ("trace", "{")):
        code, out, err = said(capfd, "report", build, "--format", style)
        assert (code, err) == (0, "")
        assert out.startswith(begins)
    document = json.loads(said(capfd, "report", build, "--format", "json")[1])
    assert document["schema"] == "layerwise.report/1"
    assert {step["status"] for platform in document["platforms"] for step in platform["steps"]} <= {
        "executed",
        "cached",
    }


def test_two_builds_are_compared(place, capfd):
    run(
        [
            "import",
            str(RECORDINGS / "stages" / "record.dockerbuild"),
            str(RECORDINGS / "unchanged" / "record.dockerbuild"),
        ]
    )
    rows = json.loads(said(capfd, "builds", "--all", "--format", "json")[1])["builds"]
    code, out, _ = said(capfd, "report", rows[0]["id"], "--against", rows[1]["id"])
    assert code == 0
    assert f"Against build {rows[1]['id'][:12]}" in out


def test_import_reads_standard_input(place, capfd, monkeypatch):
    with (RECORDINGS / "stages" / "history.rawjson").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        code, _, err = said(capfd, "import", "-")
    assert code == 0
    assert err.startswith("layerwise: recorded ")


def test_import_keeps_nothing_where_one_file_is_junk(place, capfd):
    (place / "notes.txt").write_text("bread, milk\n")
    code, _, err = said(capfd, "import", str(RECORDINGS / "stages" / "record.dockerbuild"), "notes.txt")
    assert code == 2
    assert err.startswith("layerwise: notes.txt: no build in it; expected is ")
    assert json.loads(said(capfd, "builds", "--all", "--format", "json")[1])["builds"] == []


def test_import_says_what_is_wrong_with_its_arguments(place, capfd):
    code, _, err = said(capfd, "import", "nowhere.log")
    assert (code, err) == (2, "layerwise: nowhere.log: No such file or directory\n")
    code, _, err = said(capfd, "import", "-f", "nowhere", str(RECORDINGS / "stages" / "record.dockerbuild"))
    assert (code, err) == (2, "layerwise: nowhere: no such Dockerfile\n")


def test_import_takes_the_project_from_the_command_line_and_else_from_the_configuration(place, capfd):
    record = str(RECORDINGS / "stages" / "record.dockerbuild")
    (place / "layerwise.toml").write_text('project = "shop"\n')
    run(["import", str(RECORDINGS / "stages" / "history.rawjson")])
    run(["import", "--project", "other", record])
    capfd.readouterr()
    rows = json.loads(said(capfd, "builds", "--all", "--format", "json")[1])["builds"]
    assert {row["project"] for row in rows} == {"shop", "other"}
    assert len(json.loads(said(capfd, "builds", "--format", "json")[1])["builds"]) == 1


def test_retention_removes_the_oldest_builds(place, capfd):
    (place / "layerwise.toml").write_text('project = "shop"\n[store]\nkeep_builds = 1\n')
    run(["import", "--project", "shop", str(RECORDINGS / "stages" / "record.dockerbuild")])
    run(["import", "--project", "shop", str(RECORDINGS / "unchanged" / "record.dockerbuild")])
    capfd.readouterr()
    assert len(json.loads(said(capfd, "builds", "--format", "json")[1])["builds"]) == 1


def test_report_of_a_build_that_is_not_there_says_what_there_is(place, capfd):
    code, _, err = said(capfd, "report")
    assert code == 2
    assert err.startswith("layerwise: no build is recorded yet; ")
    run(["import", "--project", str(place), str(RECORDINGS / "stages" / "record.dockerbuild")])
    capfd.readouterr()
    code, _, err = said(capfd, "report", "^5")
    assert code == 2
    assert err.startswith("layerwise: there is no build ^5 (newest of ")


def test_looking_makes_no_store(place, capfd):
    for words in (["builds"], ["report"], ["cache", "du"], ["builds", "--all"]):
        run(words)
    assert not Path(os.environ["LAYERWISE_STORE"].removeprefix("sqlite:///")).exists()


def test_cache_du_shows_the_records_of_the_builder(place, capfd):
    source = RECORDINGS / "du"
    shutil.copy(source / "buildx-0.29.1.jsonl", os.environ["USAGE"])
    code, out, _ = said(capfd, "cache", "du")
    assert code == 0
    assert "Build cache:" in out
    document = json.loads(said(capfd, "cache", "du", "--format", "json")[1])
    assert document["schema"] == "layerwise.cache-du/1"
    assert document["records"]


def test_recorded_seconds_stand_in_the_analysis(place, capfd):
    run(["import", "--project", str(place), str(RECORDINGS / "stages" / "record.dockerbuild")])
    (place / "Dockerfile").write_text(_dockerfile_of("stages"))
    capfd.readouterr()
    code, out, _ = said(capfd, "analyze")
    assert code == 0
    assert "measured (1)" in out
    steps = json.loads(said(capfd, "analyze", "--format", "json")[1])["platforms"][0]["steps"]
    assert any(step["basis"] == "measured" and step["builds"] == 1 for step in steps)


def _dockerfile_of(name: str) -> str:
    with (RECORDINGS / name / "record.dockerbuild").open("rb") as stream:
        (engine,) = read_bundle(stream, name)
    return next(iter(engine.provenance.values())).dockerfile
