import json

import pytest
from tests.cli.repository import DOCKERFILE

FLAWS = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\n"


def test_what_is_accepted_is_not_shown_and_does_not_fail_a_check(repository):
    assert repository.call("analyze", "--check").code == 1
    called = repository.call("analyze", "--write-baseline", "accepted.json")
    assert (called.code, called.out) == (0, "")
    assert called.err.startswith("layerwise: wrote accepted.json: ")
    called = repository.call("analyze", "--baseline", "accepted.json", "--check")
    assert called.code == 0
    assert called.err == "layerwise: the baseline accepts 1 of 1 findings\n"
    assert "No rule finds anything." in called.out
    assert (
        json.loads(repository.call("analyze", "--baseline", "accepted.json", "--format", "json").out)["diagnoses"] == []
    )


def test_a_finding_is_known_again_when_lines_move(repository):
    repository.call("analyze", "--write-baseline", "accepted.json")
    repository.commit({"Dockerfile": DOCKERFILE.replace("WORKDIR", "\n# a comment\nLABEL a=b\nWORKDIR")})
    assert repository.call("analyze", "--baseline", "accepted.json", "--check").code == 0


@pytest.mark.parametrize(
    "text",
    [
        DOCKERFILE.replace("COPY . .", "COPY . /app"),
        DOCKERFILE.replace("FROM python:3.12-slim", "FROM python:3.12-slim AS web"),
        DOCKERFILE.replace(
            "CMD", "COPY . .\nRUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\nCMD"
        ),
    ],
)
def test_a_new_finding_is_shown_and_fails_the_check(repository, text):
    repository.call("analyze", "--write-baseline", "accepted.json")
    repository.commit({"Dockerfile": text})
    called = repository.call("analyze", "--baseline", "accepted.json", "--check")
    assert called.code == 1
    assert "copy-before-install" in called.out


def test_the_configuration_names_it(repository):
    repository.call("analyze", "--write-baseline", "accepted.json")
    repository.commit({"layerwise.toml": 'baseline = "accepted.json"\n'})
    assert repository.call("analyze", "--check").code == 0
    assert repository.call("optimize", "--check").code == 0


def test_what_a_plan_would_change_is_accepted_too(repository):
    repository.call("analyze", "--write-baseline", "accepted.json")
    assert repository.call("optimize", "--check").code == 1
    called = repository.call("optimize", "--check", "--baseline", "accepted.json")
    assert called.code == 0
    assert "1. manifest-first" in called.out
    repository.commit({"Dockerfile": FLAWS.replace("COPY . .", "COPY . /app/")})
    assert repository.call("optimize", "--check", "--baseline", "accepted.json").code == 1


def test_the_file_can_be_read_in_a_review(repository):
    repository.call("analyze", "--write-baseline", "accepted.json")
    found = json.loads((repository.root / "accepted.json").read_text())
    assert found["schema"] == "layerwise.baseline/1"
    assert {(one["name"], one["instruction"]) for one in found["findings"]} >= {
        ("copy-before-install", "COPY . ."),
        ("manifest-first", "COPY . ."),
    }


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "accepted.json: no such baseline; `layerwise analyze --write-baseline accepted.json` writes one"),
        (b"{", "accepted.json is no baseline: no JSON ("),
        (b"[]", "accepted.json is no baseline: its schema is not layerwise.baseline/1; "),
        (b'{"schema": "layerwise.baseline/2"}', "its schema is not layerwise.baseline/1"),
        (b'{"schema": "layerwise.baseline/1"}', "it has no findings with fingerprints; "),
        (b'{"schema": "layerwise.baseline/1", "findings": [3]}', "it has no findings with fingerprints; "),
        (b"\xff", "accepted.json is no baseline: not in UTF-8"),
    ],
)
@pytest.mark.parametrize("command", ["analyze", "optimize"])
def test_a_file_that_is_no_baseline_is_one_clear_message(repository, command, content, says):
    if content is not None:
        (repository.root / "accepted.json").write_bytes(content)
    called = repository.call(command, "--baseline", "accepted.json")
    assert (called.code, called.out) == (2, "")
    assert says in called.err
    assert called.err.count("\n") == 1


def test_a_missing_baseline_of_the_configuration_is_said_with_its_file(repository):
    repository.commit({"layerwise.toml": 'baseline = "gone.json"\n'})
    called = repository.call("analyze")
    assert called.code == 2
    assert "gone.json: no such baseline (" in called.err
    assert "layerwise.toml names it)" in called.err
