from pathlib import Path

import pytest
from tests.analyses import NODE, PYTHON, analysis_of
from tests.meaning import MOVING, lost_meaning

from layerwise import catalogue
from layerwise.errors import DockerfileError
from layerwise.passes import PASSES
from layerwise.passes.base import Proposal
from layerwise.plan import Options, Plan, plan
from layerwise.syntax.edit import apply
from layerwise.syntax.parser import read

BOTH = """\
FROM python:3.12-slim

# Shown on the status page
ARG GIT_COMMIT
ENV GIT_COMMIT=$GIT_COMMIT

RUN apt-get update && apt-get install -y ffmpeg

WORKDIR /app
COPY . .
RUN pip install -r requirements.txt

CMD ["python", "-m", "app"]
"""

BETTER = """\
FROM python:3.12-slim

RUN apt-get update && apt-get install -y ffmpeg

WORKDIR /app
COPY requirements.txt ./
RUN pip install -r requirements.txt
COPY . .
# Shown on the status page
ARG GIT_COMMIT
ENV GIT_COMMIT=$GIT_COMMIT

CMD ["python", "-m", "app"]
"""

CORPUS = sorted((Path(__file__).parent / "corpus").rglob("*ockerfile*"))


def made(text: str = BOTH, options: Options | None = None, **facts: object) -> Plan:
    return plan(analysis_of(text, **facts), options)  # type: ignore[arg-type]


def test_passes_that_save_nothing_alone_are_found_together() -> None:
    result = made(BOTH.replace("RUN apt-get update && apt-get install -y ffmpeg\n\n", ""))
    assert {chosen.pass_name for chosen in result.kept} == {"late-args", "manifest-first"}
    assert all(chosen.alone_s < 0.5 < chosen.saves_s for chosen in result.kept)


def test_arguments_that_hide_each_other_are_found_together() -> None:
    both = "FROM debian\nARG GIT_COMMIT\nARG BUILD_DATE\nRUN apt-get update && apt-get install -y ffmpeg\nRUN make\n"
    result = made(both, arguments={"GIT_COMMIT": 1.0, "BUILD_DATE": 1.0})
    assert [chosen.line for chosen in result.kept] == [2, 3]
    assert all(chosen.alone_s < 0.5 < chosen.saves_s for chosen in result.kept)


def test_the_plan_keeps_comments_and_the_rest_of_the_file() -> None:
    assert made().after.dockerfile.text == BETTER


def test_line_ends_of_the_file_stay() -> None:
    text = BOTH.replace("\n", "\r\n")
    assert made(text).after.dockerfile.text == BETTER.replace("\n", "\r\n")


def test_the_same_input_gives_the_same_plan() -> None:
    first, second = made(), made()
    assert first.diff() == second.diff()
    assert [(one.pass_name, one.line, one.saves_s) for one in first.kept] == [
        (one.pass_name, one.line, one.saves_s) for one in second.kept
    ]


def test_a_plan_of_the_rewritten_file_changes_nothing() -> None:
    again = made(BETTER)
    assert not again.changed
    assert again.after.dockerfile.text == BETTER
    assert again.kept == ()


def test_lines_are_those_of_the_file_as_it_stands() -> None:
    assert {chosen.pass_name: chosen.line for chosen in made().kept} == {"manifest-first": 10, "late-args": 4}


def test_a_line_is_that_of_its_own_stage_where_two_stages_say_the_same() -> None:
    text = "FROM debian AS a\nARG GIT_COMMIT\nRUN env > /x\nFROM debian\nARG GIT_COMMIT\nRUN apt-get update\nCOPY --from=a /x /\n"
    result = made(text, Options(only=frozenset({"late-args"})))
    assert [chosen.line for chosen in result.kept] == [5]
    assert [refused.line for refused in result.refused] == [2]


def test_what_moved_as_far_as_it_can_is_not_refused_as_well() -> None:
    text = "FROM debian\nARG GIT_COMMIT\nRUN apt-get update\nRUN ./configure\n"
    result = made(text)
    assert [chosen.line for chosen in result.kept] == [2]
    assert result.refused == ()


def test_what_saves_less_than_the_threshold_is_left_out_and_said() -> None:
    result = made(options=Options(threshold_s=10_000))
    assert not result.changed
    assert any("would save less than" in refused.why for refused in result.refused)


def test_only_and_off_choose_the_passes() -> None:
    assert {one.pass_name for one in made(options=Options(only=frozenset({"late-args"}))).kept} == {"late-args"}
    assert "late-args" not in {one.pass_name for one in made(options=Options(off=frozenset({"late-args"}))).kept}


def test_bytes_count_where_the_user_says_what_a_gigabyte_is_worth() -> None:
    seldom = {"files": PYTHON, "commits": [["app/main.py"]], "arguments": {}}
    text = BOTH.replace("ffmpeg", "ffmpeg").replace("ARG GIT_COMMIT\nENV GIT_COMMIT=$GIT_COMMIT\n", "")
    plain, weighed = (
        made(text, Options(threshold_s=60, gigabyte_weight_s=weight), **seldom) for weight in (0.0, 10_000.0)
    )
    assert (plain.changed, weighed.changed) == (False, True)


UNSURE = "FROM node:20\nWORKDIR /srv\nCOPY . .\nRUN npm install\n"


def test_what_only_a_proof_can_show_is_offered_and_not_applied() -> None:
    result = made(UNSURE, files=NODE)
    assert not result.changed
    (offered,) = result.offered
    assert offered.proposal.safety.value == "equivalent, after proof"
    assert offered.saves_s > 0


def test_it_is_applied_where_the_user_allows_it() -> None:
    allowed = Options(allow=frozenset({"equivalent, after proof"}))
    assert made(UNSURE, allowed, files=NODE).changed
    named = Options(allow=frozenset({"equivalent, after proof:late-args"}))
    assert not made(UNSURE, named, files=NODE).changed


def test_the_switch_costs_the_steps_whose_keys_are_new() -> None:
    result = made()
    cold = next(change for change in result.before.facts.scenarios if change.name == "cold")
    assert 0 < result.switch_cost_s <= result.after.scenario_s(cold)
    assert made(BETTER).switch_cost_s == 0


def test_expected_seconds_do_not_rise() -> None:
    result = made()
    assert result.after.expected_s() < result.before.expected_s()


def test_savings_in_the_set_are_what_leaving_the_edit_out_would_lose() -> None:
    result = made()
    for chosen in result.kept:
        rest = Options(off=frozenset({chosen.pass_name}))
        assert chosen.saves_s == pytest.approx(
            made(options=rest).after.expected_s() - result.after.expected_s(), abs=0.5
        )


def test_every_platform_has_to_agree() -> None:
    text = BOTH.replace("COPY . .\n", "ARG TARGETARCH\nCOPY . .\nRUN test $TARGETARCH = arm64 || ./configure\n")
    result = made(text, platforms=("linux/amd64", "linux/arm64")).after.dockerfile.text
    assert result.index("COPY . .") < result.index("RUN test") < result.index("RUN pip")


def test_a_stage_that_the_target_does_not_need_is_left_alone() -> None:
    text = BOTH.replace("FROM python:3.12-slim", "FROM python:3.12-slim AS unused") + "\nFROM debian\nRUN true\n"
    assert not made(text).changed


@pytest.mark.parametrize("path", CORPUS, ids=[path.name for path in CORPUS])
def test_over_the_corpus_proposals_apply_and_give_files_that_parse(path: Path) -> None:
    try:
        analysis = analysis_of(str(read(path)), {**PYTHON, **NODE})
    except DockerfileError:
        return
    for name, module in catalogue.by_name(*PASSES).items():
        for found in module.propose(analysis):
            if isinstance(found, Proposal):
                text = apply(analysis.dockerfile, found.edits)
                assert analysis.rewritten(text, found.ignore)
                if name in MOVING:
                    assert lost_meaning(analysis.dockerfile.text, text) is None
    moved = plan(analysis, Options(only=frozenset(MOVING)))
    assert lost_meaning(analysis.dockerfile.text, moved.after.dockerfile.text) is None
    result = plan(analysis)
    assert result.after.expected_s() <= result.before.expected_s() + 1e-6
    assert not plan(result.after).changed
