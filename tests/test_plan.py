from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import cast

import pytest
from tests.analyses import NODE, PYTHON, analysis_of
from tests.meaning import MOVING, lost_meaning

from layerwise import catalogue
from layerwise.analysis import Analysis
from layerwise.errors import DockerfileError
from layerwise.model.overheads import Overheads
from layerwise.model.profile import Profile
from layerwise.passes import PASSES, frozen_install, late_args, manifest_first
from layerwise.passes.base import Pass, Proposal, Safety
from layerwise.plan import Options, Plan, plan, replayed
from layerwise.records import Proof
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
    """Plan with few passes; what all of them do together is the corpus' to show."""
    return plan(analysis_of(text, **facts), options, (manifest_first, late_args, frozen_install))  # type: ignore[arg-type]


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
    result = made(UNSURE, Options(only=frozenset({"manifest-first"})), files=NODE)
    assert not result.changed
    (offered,) = result.offered
    assert offered.proposal.safety.value == "equivalent, after proof"
    assert offered.saves_s > 0


def test_what_waits_for_a_proof_and_saves_too_little_is_refused_as_others_are() -> None:
    result = made(UNSURE, Options(only=frozenset({"manifest-first"}), threshold_s=10_000), files=NODE)
    assert result.offered == ()
    (refused,) = result.refused
    assert (refused.pass_name, refused.line) == ("manifest-first", 3)
    assert refused.why.endswith("; it would save less than 10000 s a build")


def test_what_is_offered_is_not_refused_as_well() -> None:
    result = made(UNSURE, Options(only=frozenset({"manifest-first"})), files=NODE)
    assert len(result.offered) == 1
    assert result.refused == ()


def test_what_another_that_waits_does_as_well_saves_too_little_beside_it() -> None:
    text = "FROM debian\nARG GIT_COMMIT\nRUN apt-get update\nRUN ./configure\n"
    result = plan(
        analysis_of(text),
        passes=(late_args_as("first", Safety.AFTER_PROOF), late_args_as("second", Safety.AFTER_PROOF)),
    )
    assert [one.pass_name for one in result.offered] == ["first"]
    assert [one.pass_name for one in result.refused] == ["second"]
    said = "; beside others that wait for a proof it would save less than 0.5 s a build"
    assert result.refused[0].why.endswith(said)


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


# proofs


def waiting(text: str = UNSURE, **facts: object) -> tuple[str, ...]:
    """Return the digests of what a plan offers."""
    return tuple(digest for one in made(text, **{"files": NODE, **facts}).offered for digest in one.digests)


def shown(*digests: str, equal: bool = True, at: float = 1_700_000_000.0) -> Options:
    why = "" if equal else "/srv/app.js differs in content on linux/amd64"
    proofs = {one: Proof(digest=one, pass_name="manifest-first", equal=equal, at=at, why=why) for one in digests}
    return Options(proofs=proofs)


def test_a_rewrite_that_was_proved_is_applied_and_says_so() -> None:
    result = made(UNSURE, shown(*waiting()), files=NODE)
    (kept,) = result.kept
    assert kept.proof is not None
    assert kept.proof.at == 1_700_000_000.0
    assert kept.proposal.safety.value == "equivalent, after proof"
    assert "COPY package-lock.json package.json ./\nRUN npm install\nCOPY . .\n" in result.after.dockerfile.text
    assert not [one for one in result.offered if one.pass_name == "manifest-first"]


def test_the_proof_of_another_rewrite_applies_nothing() -> None:
    assert not made(UNSURE, shown(*waiting(UNSURE.replace("node:20", "node:22"))), files=NODE).changed


def test_a_proof_holds_beside_other_edits() -> None:
    text = UNSURE.replace("WORKDIR", "ARG GIT_COMMIT\nRUN apt-get update && apt-get install -y ffmpeg\nWORKDIR")
    digests = waiting(text)
    result = made(text, shown(*digests), files=NODE)
    assert {one.pass_name: one.proof is not None for one in result.kept} == {"manifest-first": True, "late-args": False}


def test_a_rewrite_that_was_shown_to_change_the_image_is_refused_with_reason_and_date() -> None:
    result = made(UNSURE, shown(*waiting(), equal=False), files=NODE)
    assert not result.changed
    assert not [one for one in result.offered if one.pass_name == "manifest-first"]
    (refused,) = [one for one in result.refused if one.pass_name == "manifest-first"]
    assert refused.why.endswith(
        "; a build on 2023-11-14 showed that it changes the image: /srv/app.js differs in content on linux/amd64"
    )


def test_no_class_allows_what_was_shown_to_change_the_image() -> None:
    options = shown(*waiting(), equal=False)
    allowed = Options(allow=frozenset({"equivalent, after proof"}), proofs=options.proofs)
    assert not made(UNSURE, allowed, files=NODE).changed


def test_a_class_that_needs_no_proof_is_not_gated() -> None:
    result = made(UNSURE, Options(allow=frozenset({"frozen:frozen-install"})), files=NODE)
    assert [(one.pass_name, one.proof) for one in result.kept if one.pass_name == "frozen-install"] == [
        ("frozen-install", None)
    ]


@pytest.mark.parametrize("slower", [True, False])
def test_what_a_build_speaks_against_is_refused_though_it_needs_no_proof(slower: bool) -> None:
    options = Options(only=frozenset({"late-args"}))
    (kept,) = made(options=options).kept
    against = {
        digest: Proof(digest=digest, pass_name="late-args", equal=slower, slower=slower, at=1_700_000_000.0, why="no")
        for digest in kept.digests
    }
    result = made(options=replace(options, proofs=against))
    assert not result.changed
    said = "was slower with it: no" if slower else "showed that it changes the image: no"
    assert [one.why.partition("; a build on 2023-11-14 ")[2] for one in result.refused] == [said]


def test_a_proof_that_nobody_asked_for_is_not_told() -> None:
    (kept,) = made(options=Options(only=frozenset({"late-args"}))).kept
    result = made(options=replace(shown(*kept.digests), only=frozenset({"late-args"})))
    assert [one.proof for one in result.kept] == [None]


def test_what_is_dropped_is_not_proposed_and_not_told() -> None:
    first = made()
    keys = {one.pass_name: one.key for one in first.kept}
    result = made(options=Options(dropped=frozenset({keys["late-args"]})))
    assert "late-args" not in {one.pass_name for one in (*result.kept, *result.offered)}
    assert 4 not in {one.line for one in result.refused if one.pass_name == "late-args"}


def test_a_few_rewrites_of_a_plan_can_be_made_alone() -> None:
    passes = (manifest_first, late_args, frozen_install)
    analysis = analysis_of(BOTH)
    first = plan(analysis, passes=passes)
    keys = [one.key for one in first.kept]
    assert replayed(analysis, keys, passes=passes).texts == first.after.texts
    assert replayed(analysis, (), passes=passes).texts == analysis.texts
    for key in keys:
        alone = replayed(analysis, [key], passes=passes).dockerfile.text
        assert alone not in (BOTH, BETTER)
        assert lost_meaning(BOTH, alone) is None


def test_what_is_kept_has_its_edits_on_the_file_as_it_stands_where_it_can() -> None:
    result = made()
    for chosen in result.kept:
        if chosen.edits is not None:
            text = apply(result.before.dockerfile, chosen.edits)
            assert lost_meaning(BOTH, text) is None
            assert text != BOTH
    assert any(chosen.edits is not None for chosen in result.kept)


# other builders


def test_an_edit_that_buildkit_alone_understands_is_refused_where_another_builds_the_file() -> None:
    text = "FROM debian\nCOPY --chown=0:0 app /srv/app/\nRUN make\n"
    known = {name: module for name, module in catalogue.by_name(*PASSES).items() if module.NEEDS_BUILDKIT}
    analysis = analysis_of(text, other_builders=(".gitlab-ci.yml:12 builds it with kaniko",))
    proposed = {name for name, module in known.items() for one in module.propose(analysis) if isinstance(one, Proposal)}
    result = plan(analysis, Options(threshold_s=0.0, allow=frozenset(safety.value for safety in Safety)))
    assert not {one.pass_name for one in (*result.kept, *result.offered)} & known.keys()
    assert {one.pass_name for one in result.refused if one.why.endswith(SAID)} == proposed


SAID = "BuildKit alone would understand it, and .gitlab-ci.yml:12 builds it with kaniko"


def late_args_as(name: str, safety: Safety, *, needs_buildkit: bool = False) -> Pass:
    """A pass that proposes what late-args does, in a class of its own."""

    def propose(analysis: Analysis) -> Iterator[Proposal]:
        for found in late_args.propose(analysis):
            if isinstance(found, Proposal):
                yield replace(found, safety=safety)

    module = ModuleType(f"passes.{name}")
    module.__doc__, module.SAFETY, module.NEEDS_BUILDKIT = "Page.", safety, needs_buildkit
    module.propose = propose
    return cast(Pass, module)


@pytest.mark.parametrize(("others", "kept"), [((), ["modern"]), ((".gitlab-ci.yml:12 builds it with kaniko",), [])])
def test_a_pass_for_buildkit_alone_runs_where_nobody_builds_with_something_else(
    others: tuple[str, ...], kept: list[str]
) -> None:
    text = "FROM debian\nARG GIT_COMMIT\nRUN apt-get update\nRUN ./configure\n"
    result = plan(
        analysis_of(text, other_builders=others),
        passes=(late_args_as("modern", Safety.EQUIVALENT, needs_buildkit=True),),
    )
    assert [one.pass_name for one in result.kept] == kept
    assert [one.why.endswith(SAID) for one in result.refused] == [True] * len(others)


# ignore comments


def test_an_ignore_comment_silences_refusals_too() -> None:
    text = "FROM python\nWORKDIR /app\n{}COPY . .\nRUN pip install -e .\n"
    said = [one.pass_name for one in made(text.format("")).refused]
    assert "manifest-first" in said
    for comment in ("manifest-first", "late-args, manifest-first", "all"):
        quiet = made(text.format(f"# layerwise: ignore={comment}\n"))
        assert "manifest-first" not in [one.pass_name for one in quiet.refused]


SIDE_BY_SIDE = """\
FROM node:20-slim
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg
RUN npm install -g parcel@2.12.0
COPY src /srv/src
"""


def test_where_ci_builds_cold_each_time_a_cold_build_counts_as_much_as_the_others() -> None:
    asked = Options(allow=frozenset({"equivalent, after proof"}))
    seldom = plan(analysis_of(SIDE_BY_SIDE, NODE), asked)
    each = plan(analysis_of(SIDE_BY_SIDE, NODE, cold=("ci.yml:3 builds",)), asked)
    assert "tool-stage" not in [one.pass_name for one in seldom.kept]
    (tool,) = [one for one in each.kept if one.pass_name == "tool-stage"]
    assert tool.saves_s < 0.5 < tool.saves_cold_s
    unweighed = plan(analysis_of(SIDE_BY_SIDE, NODE, cold=("ci.yml:3 builds",)), replace(asked, cold_weight=0.0))
    assert "tool-stage" not in [one.pass_name for one in unweighed.kept]


def test_settings_are_for_builds_that_push() -> None:
    assert plan(analysis_of(SIDE_BY_SIDE, NODE)).settings == ()
    pushed = analysis_of(SIDE_BY_SIDE, NODE, pushes=("ci.yml:3 pushes the image",))
    (compression,) = plan(pushed, Options(cold_weight=1.0)).settings
    assert compression.name == "compression"
    assert compression.saves_cold_s > 0.5
    assert compression.evidence == ("ci.yml:3 pushes the image",)


def test_unpacking_is_left_out_where_recorded_builds_do_it() -> None:
    pushed = analysis_of(SIDE_BY_SIDE, NODE, pushes=("ci.yml:3 pushes the image",))
    profile = Profile(overheads=Overheads(kinds=frozenset({"export", "unpack", "push"})), builds=1)
    facts = replace(pushed.facts, estimator=pushed.facts.estimator.measured(profile))
    found = plan(replace(pushed, facts=facts), Options(cold_weight=1.0)).settings
    assert [one.name for one in found] == ["compression", "push-only"]
    assert found[1].option == "store=false"
