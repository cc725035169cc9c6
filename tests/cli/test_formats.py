import json
import re
from importlib.resources import files

import jsonschema
import pytest
from tests.cli.repository import BETTER, DOCKERFILE

CELL = re.compile(r"(?<!\\)\|")


def document(repository, *arguments: str) -> dict:
    called = repository.call(*arguments, "--format", "json")
    assert called.err == ""
    found = json.loads(called.out)
    name = found["schema"].removeprefix("layerwise.").partition("/")[0]
    assert name == arguments[0]
    schema = json.loads(files("layerwise.report").joinpath(f"schemas/{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema)
    return found


def test_analyze_gives_each_step_of_each_platform(repository):
    found = document(repository, "analyze", "--platform", "linux/amd64,linux/arm64")
    assert [one["platform"] for one in found["platforms"]] == ["linux/amd64", "linux/arm64"]
    for one in found["platforms"]:
        assert [step["line"] for step in one["steps"]] == [3, 4, 5, 6]
    pip = found["platforms"][0]["steps"][2]
    assert (pip["basis"], pip["reruns"], pip["instruction"]) == (
        "prior",
        4,
        "RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt",
    )
    assert pip["lost_s"] == pytest.approx(3 * pip["duration_s"])
    assert [(one["rule"], one["line"], one["mended_by"]) for one in found["diagnoses"]] == [
        ("copy-before-install", 4, "manifest-first")
    ]


def test_a_figure_that_nobody_knows_is_null(repository):
    repository.commit({"Dockerfile": "FROM scratch\nCOPY . .\nRUN ./configure-everything\n"})
    step = document(repository, "analyze")["platforms"][0]["steps"][1]
    assert (step["duration_s"], step["lost_s"], step["basis"]) == (None, None, "unknown")


def test_optimize_gives_text_diff_edits_and_what_they_save(repository):
    found = document(repository, "optimize")
    assert found["changed"] is True
    assert found["dockerfile"].splitlines()[:4] == [
        "FROM python:3.12-slim",
        "WORKDIR /app",
        "COPY requirements.txt ./",
        "RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt",
    ]
    (file,) = found["files"]
    assert file["path"] == "Dockerfile"
    assert file["diff"].startswith("--- a/Dockerfile\n+++ b/Dockerfile\n@@ ")
    assert {(edit["pass"], edit["line"], edit["safety"]) for edit in found["edits"]} == {
        ("manifest-first", 4, "equivalent"),
        ("late-args", 2, "equivalent"),
    }
    expected = found["expected"]
    assert expected["commits"] == 4
    assert expected["reduction"] == pytest.approx(1 - expected["after_s"] / expected["before_s"], abs=1e-3)
    assert {"cold", "unchanged", "code", "args", "deps:pip"} <= {one["name"] for one in found["scenarios"]}


def test_a_dockerfile_that_stays_has_no_diff(repository):
    repository.commit({"Dockerfile": BETTER})
    found = document(repository, "optimize")
    assert (found["changed"], found["files"], found["edits"]) == (False, [], [])
    assert found["dockerfile"] == BETTER
    assert found["expected"]["before_s"] == found["expected"]["after_s"]


def test_replay_gives_the_commits_the_newest_first(repository):
    found = document(repository, "replay", "--commits", "3")
    head = repository.git("log", "--format=%H", "-3").split()
    assert [one["commit"] for one in found["commits"]] == head
    assert found["total"]["before_s"] == pytest.approx(sum(one["before_s"] for one in found["commits"]), abs=0.01)
    assert found["total"]["after_s"] == pytest.approx(sum(one["after_s"] for one in found["commits"]), abs=0.01)


def test_replay_without_a_history_gives_the_typical_mix(repository, monkeypatch, tmp_path):
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/Dockerfile").write_text("FROM scratch\nCOPY . .\n")
    monkeypatch.chdir(tmp_path / "plain")
    assert [one["commit"] for one in document(repository, "replay")["commits"]] == [
        "nothing the build reads",
        "source",
        "manifest",
        "Dockerfile",
    ]


@pytest.mark.parametrize("command", ["analyze", "optimize", "replay"])
def test_every_row_of_a_markdown_table_has_as_many_cells_as_its_head(repository, command):
    repository.commit(
        {"Dockerfile": "FROM debian\nRUN echo a | cat\nRUN echo `date` | cat || echo ```\nCOPY . .\n"}, "a | b"
    )
    found = repository.call(command, "--format", "md")
    tables = re.findall(r"(?:^\|.*\|\n)+", found.out + "\n", re.MULTILINE)
    assert tables
    for table in tables:
        counts = {len(CELL.split(row)) for row in table.splitlines()}
        assert len(counts) == 1, table
        assert re.fullmatch(r"\|(-+:?\|)+", table.splitlines()[1])


def test_markdown_says_what_text_says(repository):
    text, markdown = repository.call("optimize"), repository.call("optimize", "--format", "md")
    (expected,) = (line for line in text.out.splitlines() if line.startswith("Expected build over"))
    assert expected in markdown.out
    assert "prior: typical seconds of other projects" in markdown.out


def test_the_fence_of_a_markdown_diff_is_longer_than_any_in_it(repository):
    repository.commit(
        {
            "Dockerfile": "FROM python\nWORKDIR /app\n# ```\nCOPY . .\n# ```\nRUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\n"
        }
    )
    assert "\n````diff\n" in repository.call("optimize", "--format", "md").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("analyze",),
        ("optimize", "--verbose"),
        ("replay",),
        ("explain",),
        ("explain", "late-args"),
        ("init", "--stdout"),
        ("analyze", "--format", "md"),
        ("optimize", "--format", "md"),
        ("optimize", "--format", "json"),
    ],
)
def test_no_line_ends_in_blanks_and_the_last_one_ends(repository, arguments):
    out = repository.call(*arguments).out
    in_diff = out.partition("```diff")[0]
    assert [line for line in in_diff.splitlines() if line != line.rstrip()] == []
    assert out.endswith("\n")
    assert not out.endswith("\n\n")


@pytest.mark.parametrize("command", ["analyze", "optimize", "replay"])
def test_what_is_no_terminal_gets_no_colours(repository, command):
    assert "\x1b" not in repository.call(command).out


def test_a_terminal_gets_colours_unless_it_wants_none(repository, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[32m+COPY" in repository.call("optimize", "--diff").out
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in repository.call("optimize", "--diff").out


def test_the_diff_on_the_screen_is_not_cut(repository):
    packages = " ".join(f"package-with-a-long-name-{number}" for number in range(20))
    repository.commit({"Dockerfile": f"FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install {packages}\n"})
    assert f"RUN pip install {packages}\n" in repository.call("optimize", "--diff").out


def test_the_screen_says_how_to_go_on(repository):
    assert repository.call("optimize").out.endswith("--diff shows the change. --write applies it to Dockerfile.\n")
    assert repository.call("optimize", "--diff").out.endswith("\n--write applies it to Dockerfile.\n")


@pytest.mark.parametrize("command", ["analyze", "optimize"])
def test_sarif_names_the_dockerfile_from_the_root_of_the_repository(repository, command, monkeypatch):
    repository.commit({"docker/Dockerfile": DOCKERFILE})
    monkeypatch.chdir(repository.root / "docker")
    called = repository.call(command, "..", "-f", "Dockerfile", "--format", "sarif")
    assert (called.code, called.err) == (0, "")
    (run,) = json.loads(called.out)["runs"]
    uris = {
        location["physicalLocation"]["artifactLocation"]["uri"]
        for result in run["results"]
        for location in result["locations"]
    }
    assert uris == {"docker/Dockerfile"}
