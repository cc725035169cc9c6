import json
import re
from importlib.resources import files

import jsonschema
import pytest
from tests.analyses import analysis_of
from tests.records import build
from tests.report.projects import DOCKERFILE, project_of

from layerwise.graph.state import instruction_key
from layerwise.model.profile import profile_of
from layerwise.plan import plan
from layerwise.project import Project
from layerwise.records import Basis, Execution, Seen
from layerwise.report.document import analyze_document, optimize_document, replay_document
from layerwise.report.markdown import analyze_markdown, optimize_markdown
from layerwise.report.phrases import basis_label, footnotes
from layerwise.report.rows import scenario_rows, step_rows
from layerwise.report.terminal import render
from layerwise.report.text import Shown, analyze_text, optimize_text

AMD64, ARM64 = "linux/amd64", "linux/arm64"
BOTH = (AMD64, ARM64)
STEPS = (3, 4, 5, 6, 7, 8)


def measured(*places: tuple[str, int], builds: int = 2, platforms: tuple[str, ...] = BOTH) -> Project:
    """Return a project whose steps at these platforms and lines ran for 30 s in each of some builds."""
    project = project_of(analysis_of(DOCKERFILE, platforms=platforms))
    keys = {line.line: instruction_key(line) for line in project.analysis.dockerfile.instructions()}
    executions = {
        (platform, keys[line]): [
            Execution(
                platform=platform,
                key=keys[line],
                build=f"b{number}",
                started_at=None,
                duration_s=30.0,
                size_bytes=None,
                emulated=None,
            )
            for number in range(builds)
        ]
        for platform, line in places
    }
    return project.measured(profile_of((), executions))


def all_of(platform: str) -> list[tuple[str, int]]:
    return [(platform, line) for line in STEPS]


def screen(what, capsys) -> str:
    render(what)
    return capsys.readouterr().out


def valid(document) -> dict:
    found = json.loads(json.dumps(document))
    name = found["schema"].removeprefix("layerwise.").partition("/")[0]
    jsonschema.validate(found, json.loads(files("layerwise.report").joinpath(f"schemas/{name}.json").read_text()))
    return found


@pytest.mark.parametrize(
    ("basis", "shown"),
    [
        (Basis.MEASURED, "measured (5)"),
        (Basis.PREDICTED, "predicted"),
        (Basis.PRIOR, "prior"),
        (Basis.UNKNOWN, "?"),
    ],
)
def test_what_stands_behind_a_figure_has_a_word(basis, shown):
    assert basis_label(basis, 5) == shown


def test_text_says_how_many_builds_stand_behind_a_figure(capsys):
    out = screen(analyze_text(measured((AMD64, 6), (AMD64, 8), builds=5, platforms=(AMD64,))), capsys)
    (pip,) = (line for line in out.splitlines() if "RUN pip install" in line and not line.startswith("line"))
    assert re.search(r"30\.0 s +measured \(5\) ", pip)
    (configure,) = (line for line in out.splitlines() if "RUN ./configure" in line)
    assert re.search(r"30\.0 s +measured \(5\) ", configure)
    assert "  figures from 5 recorded builds, priors for what they do not say\n" in out


def test_markdown_says_what_text_says():
    text = analyze_markdown(measured((AMD64, 6), builds=5, platforms=(AMD64,)))
    assert "| 6 | `RUN pip install -r requirements.txt` | 30.0 s | measured (5) | 3 | " in text
    assert "| 8 | `RUN ./configure` | ? | ? | 3 | ? |" in text
    assert "- figures from 5 recorded builds, priors for what they do not say\n" in text


def test_one_build_is_one_build():
    assert "figures from 1 recorded build, priors for what they do not say" in measured((AMD64, 6), builds=1).notes()


def test_a_row_of_two_platforms_has_the_weaker_basis_and_the_builds_behind_it():
    rows = {row.line: row for row in step_rows(measured((AMD64, 6), (AMD64, 3), (ARM64, 3)).analysis)}
    assert (rows[3].basis, rows[3].builds) == (Basis.MEASURED, 2)
    assert (rows[6].basis, rows[6].builds) == (Basis.PREDICTED, 2)
    assert (rows[7].basis, rows[7].builds) == (Basis.PRIOR, 0)


def test_footnotes_explain_the_bases_that_appear():
    words = [note.partition(":")[0] for note in footnotes(measured((AMD64, 6), (AMD64, 3), (ARM64, 3)).analysis)]
    assert words == ["measured (n)", "predicted", "prior", "?"]
    words = [note.partition(":")[0] for note in footnotes(measured(*all_of(AMD64), platforms=(AMD64,)).analysis)]
    assert words == ["measured (n)"]


@pytest.mark.parametrize("places", [((AMD64, 6),), ()])
def test_where_builds_were_recorded_nothing_says_that_nothing_was_measured(places, capsys):
    project = measured(*places)
    if not places:
        project = project.measured(profile_of((build(),), {}))
    made = plan(project.analysis)
    for out in (
        screen(optimize_text(project, made, Shown(verbose=True)), capsys),
        optimize_markdown(project, made),
    ):
        assert "prior: typical seconds of other projects; no recorded build has run the step" in out
        assert "nothing was measured" not in out


def test_analyze_gives_the_builds_behind_each_figure():
    found = valid(analyze_document(measured((AMD64, 6), (AMD64, 3), (ARM64, 3), builds=3).analysis))
    figures = [{step["line"]: (step["basis"], step["builds"]) for step in one["steps"]} for one in found["platforms"]]
    assert figures[0] == {line: ("measured", 3) if line in (3, 6) else figures[0][line] for line in STEPS}
    assert (figures[0][5], figures[0][8]) == (("prior", 0), ("unknown", 0))
    assert (figures[1][3], figures[1][6]) == (("measured", 3), ("predicted", 3))


def test_each_scenario_on_each_platform_has_its_own_basis():
    project = measured((AMD64, 5), (AMD64, 6), (AMD64, 7), (AMD64, 8))
    found = {
        (one["name"], one["platform"]): one["basis"] for one in optimize_document(plan(project.analysis))["scenarios"]
    }
    assert found["code", AMD64] == "predicted"
    assert found["cold", AMD64] == "prior"
    assert found["unchanged", AMD64] == "prior"


def test_an_unchanged_build_is_predicted_once_one_was_recorded():
    project = measured(*all_of(AMD64))
    assert {row.name: row.basis for row in scenario_rows(plan(project.analysis))}["unchanged"] is Basis.PRIOR
    idle = build(wall_s=0.8, change=Seen(kind="unchanged", evidence="the same digests"))
    rows = {row.name: row for row in scenario_rows(plan(project.measured(profile_of((idle,), {})).analysis))}
    assert (rows["unchanged"].basis, rows["code"].basis) == (Basis.PREDICTED, Basis.PRIOR)
    assert rows["unchanged"].seconds == ((0.8, 0.8), (0.8, 0.8))


@pytest.mark.parametrize(
    ("places", "basis"),
    [(all_of(AMD64), "predicted"), ([(AMD64, 3), (AMD64, 6)], "prior"), ([], "prior")],
)
def test_totals_say_what_stands_behind_them(places, basis, capsys):
    project = measured(*places, platforms=(AMD64,))
    made = plan(project.analysis)
    assert valid(optimize_document(made))["expected"]["basis"] == basis
    assert valid(replay_document(made))["total"]["basis"] == basis
    assert f" ({basis}). The switch" in " ".join(screen(optimize_text(project, made, Shown()), capsys).split())


def test_a_plan_weighs_what_was_measured():
    before = plan(measured(platforms=(AMD64,)).analysis)
    after = plan(measured(*all_of(AMD64), platforms=(AMD64,)).analysis)
    assert {one.pass_name for one in after.kept} == {one.pass_name for one in before.kept}
    assert after.before.expected_s() > 6 * 30
    assert after.before.expected_s() != before.before.expected_s()


def test_the_project_itself_stays_as_it_is():
    project = project_of(analysis_of(DOCKERFILE))
    seconds = project.analysis.expected_s()
    assert project.measured(profile_of((build(wall_s=9.0),), {})) is not project
    assert (project.analysis.expected_s(), project.analysis.facts.estimator.profile.builds) == (seconds, 0)


def test_it_fits_a_log_of_120_columns(capsys):
    project = measured(*all_of(AMD64), *all_of(ARM64), builds=10)
    out = screen(optimize_text(project, plan(project.analysis), Shown(verbose=True)), capsys)
    assert max(map(len, out.splitlines())) <= 120
