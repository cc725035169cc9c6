"""SARIF against the parts of the standard's schema that layerwise writes, and its fixes applied as they are written."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.analyses import NODE, PYTHON, analysis_of
from tests.report.projects import DOCKERFILE

from layerwise import catalogue
from layerwise.passes import PASSES
from layerwise.plan import Options, plan
from layerwise.report.sarif import analyze_sarif, optimize_sarif
from layerwise.rules import RULES, diagnose

SCHEMA = json.loads((Path(__file__).parent / "sarif.json").read_text())
FLAW = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\n"


def valid(log: Any) -> dict[str, Any]:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.validate(log, SCHEMA)
    (run,) = json.loads(json.dumps(log))["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    return run


def analyzed(text: str, path: str = "Dockerfile") -> list[dict[str, Any]]:
    analysis = analysis_of(text)
    return valid(analyze_sarif(analysis, diagnose(analysis), path))["results"]


def optimized(text: str, files: Any = PYTHON, options: Options | None = None) -> list[dict[str, Any]]:
    return valid(optimize_sarif(plan(analysis_of(text, files), options), "Dockerfile"))["results"]


def applied(text: str, result: dict[str, Any]) -> str:
    """Return the text with a fix applied as SARIF says: each region replaced, lines and columns counted from 1."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + column - 1

    (fix,) = result["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "Dockerfile"
    for replacement in reversed(change["replacements"]):
        region = replacement["deletedRegion"]
        start = offset(region["startLine"], region["startColumn"])
        end = offset(region["endLine"], region["endColumn"])
        text = text[:start] + replacement["insertedContent"]["text"] + text[end:]
    return text


def test_a_finding_has_its_rule_level_and_region():
    (found,) = analyzed(FLAW)
    assert (found["ruleId"], found["level"]) == ("copy-before-install", "warning")
    (location,) = found["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "Dockerfile"},
        "region": {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 9},
    }
    assert "`layerwise optimize` looks at it with manifest-first." in found["message"]["text"]


def test_every_rule_and_pass_has_its_page_as_help():
    for log, modules in (
        (analyze_sarif(analysis_of(FLAW), (), "Dockerfile"), RULES),
        (optimize_sarif(plan(analysis_of(FLAW)), "Dockerfile"), PASSES),
    ):
        rules = valid(log)["tool"]["driver"]["rules"]
        assert {one["id"]: one["help"]["markdown"] for one in rules} == {
            name: catalogue.page(module) for name, module in catalogue.by_name(*modules).items()
        }


def test_a_fingerprint_stays_when_lines_move_and_is_another_for_another_instruction():
    def prints(text: str) -> list[str]:
        return [one["partialFingerprints"]["layerwise/v1"] for one in analyzed(text)]

    assert prints(FLAW.replace("WORKDIR", "\n# more\n\nLABEL a=b\nWORKDIR")) == prints(FLAW)
    assert prints(FLAW.replace("COPY . .", "COPY . ./")) != prints(FLAW)
    twice = FLAW + "COPY . .\nRUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\n"
    assert len(set(prints(twice))) == len(prints(twice))


def test_a_path_is_an_address():
    (found,) = analyzed(FLAW, "my docker/Dockerfile#1")
    uri = found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "my%20docker/Dockerfile%231"


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_rewrite_has_a_fix_that_gives_the_text_of_the_plan(end):
    text = FLAW.removesuffix("\n") if not end else FLAW.replace("\n", end)
    only = Options(only=frozenset({"manifest-first"}))
    (found,) = optimized(text, options=only)
    assert (found["ruleId"], found["level"]) == ("manifest-first", "warning")
    assert applied(text, found) == plan(analysis_of(text), only).after.dockerfile.text != text


def test_a_rewrite_that_is_only_offered_is_a_note():
    text = "FROM node:20\nWORKDIR /srv\nCOPY . .\nRUN npm install\n"
    (found,) = optimized(text, NODE, Options(only=frozenset({"manifest-first"})))
    assert found["level"] == "note"
    assert "would save" in found["message"]["text"]
    assert applied(text, found).endswith("COPY package-lock.json package.json ./\nRUN npm install\nCOPY . .\n")


def test_each_fix_stands_by_itself():
    for found in optimized(DOCKERFILE, options=Options(only=frozenset({"manifest-first", "late-args"}))):
        if "fixes" in found:
            assert applied(DOCKERFILE, found) != DOCKERFILE


def test_refusals_are_no_results():
    text = "FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install -e .\n"
    assert plan(analysis_of(text), Options(only=frozenset({"manifest-first"}))).refused
    assert optimized(text, options=Options(only=frozenset({"manifest-first"}))) == []


def test_a_file_that_is_no_text_gets_no_fix():
    text = FLAW.replace("WORKDIR", "LABEL a=caf\udce9\nWORKDIR")
    (found,) = optimized(text, options=Options(only=frozenset({"manifest-first"})))
    assert "fixes" not in found
