import pytest
from rich.console import Console
from tests.analyses import analysis_of
from tests.report.projects import DOCKERFILE, project_of

from layerwise.plan import Options, plan
from layerwise.report import text
from layerwise.report.terminal import render
from layerwise.report.text import Shown, analyze_text, optimize_text, replay_text


def screen(what, capsys) -> str:
    render(what)
    return capsys.readouterr().out


def optimized(capsys, shown: Shown = Shown(), source: str = DOCKERFILE, **facts: object) -> str:  # noqa: B008 - frozen
    project = project_of(analysis_of(source, **facts))
    return screen(optimize_text(project, plan(project.analysis), shown), capsys)


def test_analyze_has_head_table_footnotes_and_findings(capsys):
    out = screen(analyze_text(project_of(analysis_of(DOCKERFILE))), capsys)
    first, second, *_ = out.splitlines()
    assert first == "Dockerfile for linux/amd64"
    assert second == "  context .: 3 files"
    assert "line  step" in out
    assert "line 2: early-argument: GIT_COMMIT changes on every build" in out
    assert "prior: typical seconds of other projects" in out


def test_analyze_says_when_no_rule_finds_anything(capsys):
    assert screen(analyze_text(project_of(analysis_of("FROM debian\n"))), capsys).endswith(
        "\nNo rule finds anything.\n"
    )


def test_a_long_table_is_cut_and_says_what_is_left_out(capsys):
    steps = "".join(f"RUN mkdir /{number}\n" for number in range(12))
    out = screen(analyze_text(project_of(analysis_of(f"FROM debian\n{steps}"))), capsys)
    assert out.count("RUN mkdir") == text._ROWS
    assert "4 more steps" in out
    assert "+ ?" not in out


def test_what_is_left_out_and_unknown_is_not_counted_as_nothing(capsys):
    steps = "".join(f"RUN mkdir /{number}\n" for number in range(12))
    source = f"FROM debian\nARG GIT_COMMIT\n{steps}COPY . .\nRUN ./configure\n"
    out = screen(analyze_text(project_of(analysis_of(source))), capsys)
    assert " s + ?\n" in out


def test_each_edit_has_class_saving_reason_and_one_line_of_evidence_and_verbose_has_all(capsys):
    brief, full = (" ".join(optimized(capsys, Shown(verbose=verbose)).split()) for verbose in (False, True))
    for number, chosen in enumerate(plan(analysis_of(DOCKERFILE)).kept, 1):
        first, *further = chosen.proposal.evidence
        assert further
        for out in (brief, full):
            assert f" {number}. {chosen.pass_name} line {chosen.line}, {chosen.proposal.safety.value}, saves " in out
            assert f" {chosen.proposal.why}. {first}" in out
        for line in further:
            assert line not in brief
            assert line in full


def test_verbose_has_every_refusal(capsys):
    assert "refused: --verbose says what and why." in optimized(capsys)
    out = optimized(capsys, Shown(verbose=True))
    assert "\nRefused\n   line " in out
    assert "--verbose" not in out


def test_the_last_line_says_how_to_apply_it_until_it_is_applied(capsys):
    assert optimized(capsys).endswith("--diff shows the change. --write applies it to Dockerfile.\n")
    assert "--write" not in optimized(capsys, Shown(written=True))


def test_nothing_to_apply_is_said(capsys):
    out = optimized(capsys, source="FROM debian\nRUN make\n")
    assert out.endswith("Nothing to apply: no rewrite is both safe and worth it.\n")


def test_what_is_not_worth_a_proof_is_among_the_refused(capsys):
    source = "FROM debian\nCOPY app /app\n"
    assert optimized(capsys, source=source).endswith("\n\n1 refused: --verbose says what and why.\n")
    said = " ".join(optimized(capsys, Shown(verbose=True), source=source).split())
    assert "Refused line 2, link-copies: " in said
    assert said.endswith("; it would save less than 0.5 s a build")


def test_what_is_offered_but_not_applied_is_shown_with_its_class(capsys):
    source = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt && ./touch\n"
    project = project_of(analysis_of(source))
    made = plan(project.analysis, Options(allow=frozenset()))
    out = screen(optimize_text(project, made, Shown()), capsys)
    assert len([line for line in out.splitlines() if line.startswith("Not applied (")]) == len(made.offered)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (10.0, 5.0, "10.0 -> 5.0 (-50%)"),
        (10.0, 10.05, "10.0"),
        (10.0, 0.01, "10.0 -> 0.0 (-99.9%)"),
        (10.0, 0.0, "10.0 -> 0.0 (-100.0%)"),
        (0.2, 0.25, "0.2 -> 0.2 (+25%)"),
        (0.0, 0.0, "0.0"),
        (0.0, 3.0, "0.0 -> 3.0"),
    ],
)
def test_a_change_is_two_figures_and_a_share_that_claims_no_more_than_is_true(before, after, shown):
    assert text._change(before, after) == shown


def test_replay_has_a_row_a_commit_and_the_mean(capsys):
    project = project_of(analysis_of(DOCKERFILE))
    out = screen(replay_text(project, plan(project.analysis)), capsys)
    assert len([line for line in out.splitlines() if line.startswith("00000")]) == 3
    assert "Expected build over the last 3 commits: " in out


def test_markup_in_a_dockerfile_is_shown_as_it_is(capsys):
    source = 'FROM debian\nCOPY . .\nRUN echo "[bold]x[/bold]" :smile: [/nothing]\n'
    assert 'RUN echo "[bold]x[/bold]" :smile: [/nothing]' in screen(
        analyze_text(project_of(analysis_of(source))), capsys
    )


def test_it_fits_a_log_of_120_columns(capsys):
    out = optimized(capsys, Shown(verbose=True), platforms=("linux/amd64", "linux/arm64"))
    assert max(map(len, out.splitlines())) <= 120


def test_it_can_be_drawn_on_a_narrow_terminal():
    console = Console(width=40)
    with console.capture() as captured:
        console.print(analyze_text(project_of(analysis_of(DOCKERFILE))))
    assert max(map(len, captured.get().splitlines())) <= 40
