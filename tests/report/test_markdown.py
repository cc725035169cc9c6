from tests.analyses import analysis_of
from tests.report.projects import DOCKERFILE, project_of

from layerwise.plan import plan
from layerwise.report.markdown import analyze_markdown, optimize_markdown, replay_markdown

PROJECT = project_of(analysis_of(DOCKERFILE, platforms=("linux/amd64", "linux/arm64")))
PLAN = plan(PROJECT.analysis)


def test_analyze_has_a_table_of_steps_and_one_of_findings():
    lines = analyze_markdown(PROJECT).splitlines()
    assert lines[0] == "# Dockerfile for linux/amd64, linux/arm64"
    assert "| line | step | linux/amd64 | linux/arm64 | basis | re-ran, of 3 | lost |" in lines
    assert "| line | rule | finding | a build | mended by |" in lines
    assert any(line.startswith("| 2 | early-argument | ") and line.endswith(" | late-args |") for line in lines)


def test_optimize_has_edits_with_all_evidence_scenarios_diff_and_refusals():
    text = optimize_markdown(PROJECT, PLAN)
    for chosen in PLAN.kept:
        assert f"- **{chosen.pass_name}**, line {chosen.line}, {chosen.proposal.safety.value}, saves " in text
        for line in chosen.proposal.evidence:
            assert f"  - {line}\n" in text
    assert (
        "| scenario | linux/amd64 now | after | linux/arm64 now | after | basis | |\n|---|---:|---:|---:|---:|---|---|\n"
        in text
    )
    assert f"```diff\n{PLAN.diff()}```\n" in text
    assert "\n## Refused\n" in text


def test_optimize_says_when_there_is_nothing():
    project = project_of(analysis_of("FROM debian\n"))
    text = optimize_markdown(project, plan(project.analysis))
    assert "No rewrite is both safe and worth it." in text
    assert "```diff" not in text


def test_replay_has_a_row_a_commit():
    rows = [line for line in replay_markdown(PROJECT, PLAN).splitlines() if line.startswith("| 00000")]
    assert len(rows) == 3
