from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.analyses import analysis_of

from layerwise.analysis import Analysis
from layerwise.graph.elsewhere import beside, taken
from layerwise.graph.untaken import untaken
from layerwise.passes import context_filter
from layerwise.passes.base import Proposal, Refusal, Safety
from layerwise.plan import Options, plan
from layerwise.report.phrases import how_to_apply

DATA = {f"data/{number // 100}/{number}.bin": "" for number in range(60_000)}
SMALL = {"app/main.py": "", "requirements.txt": "flask\n", "a/b/c": "", "a/d": "", "notes.txt": ""}
WIDE = "FROM python:3.12-slim\nCOPY *.txt /srv/\nCOPY app /srv/app\nRUN pip install -r /srv/requirements.txt\n"


def found(text: str, files: Mapping[str, str] = {**SMALL, **DATA}, **facts: object) -> list[Proposal | Refusal]:
    return list(context_filter.propose(analysis_of(text, files, **facts)))  # type: ignore[arg-type]


def test_files_that_nobody_takes_go_for_good_where_a_wildcard_makes_the_client_look_at_them() -> None:
    (proposal,) = found(WIDE)
    assert isinstance(proposal, Proposal)
    assert (proposal.safety, proposal.line) == (Safety.IDENTICAL, 2)
    assert proposal.ignore == "# taken by no COPY (layerwise)\na\ndata\n"
    assert proposal.why == "`COPY *.txt /srv/` makes the client go through 60002 files that nothing takes"


def test_files_that_an_exclude_leaves_out_are_sent_all_the_same() -> None:
    (proposal,) = found("FROM debian\nCOPY --exclude=data . /srv/\n")
    assert isinstance(proposal, Proposal)
    assert (proposal.safety, proposal.ignore) == (
        Safety.IDENTICAL,
        "# taken by no COPY (layerwise)\ndata\n.dockerignore\n",
    )


def test_an_ignore_file_that_is_in_the_image_itself_changes_the_image() -> None:
    text = "FROM debian\nCOPY --exclude=data . /srv/\n"
    (proposal,) = found(text, {**SMALL, **DATA, ".dockerignore": "*.log\n"}, ignore="*.log\n")
    assert isinstance(proposal, Proposal)
    assert (proposal.safety, proposal.part) == (Safety.BEHAVIOUR, "untaken")
    assert proposal.evidence[-1] == ".dockerignore is copied too, and has other lines then"
    (proposal,) = found(text, {**SMALL, **DATA, ".dockerignore": ""}, ignore=".dockerignore\n")
    assert isinstance(proposal, Proposal)
    assert proposal.safety is Safety.IDENTICAL


def test_where_only_plain_paths_are_copied_the_client_looks_nowhere_else() -> None:
    assert found("FROM debian\nCOPY app /srv/app\n") == []


def test_few_files_are_not_worth_a_line() -> None:
    assert found(WIDE, SMALL) == []


@pytest.mark.parametrize(
    "other",
    [
        "FROM debian\nCOPY data /data\n",
        "FROM debian AS used\nCOPY data/3 /data\nFROM debian\n",
        "FROM debian\nRUN --mount=type=bind,source=data,target=/data true\n",
        "FROM debian\nCOPY data/*/7.bin /data/\n",
        "FROM debian\nCOPY d* /data/\n",
        "FROM debian\nCOPY --parents **/*.bin /data/\n",
    ],
)
def test_what_another_dockerfile_takes_stays(other: str) -> None:
    assert found(WIDE, beside={"Dockerfile.data": other}) == []


def test_what_another_target_of_the_file_takes_stays() -> None:
    assert found(f"FROM debian AS data\nCOPY data /data\n{WIDE}") == []


def test_what_could_be_taken_once_it_is_there_stays() -> None:
    assert found(f"{WIDE}COPY --parents */*/*.pth /srv/\n") == []
    assert found(f"{WIDE}COPY data/model[s]/x /srv/\n") == []


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ("FROM debian\nARG DIR=app\nCOPY $DIR /data\n", "Dockerfile.x:3 copies what is only known when it is built"),
        ("FROM debian\nARG D=app\nRUN --mount=source=$D,target=/d true\n", "Dockerfile.x:3 mounts what is only known"),
        ("FROM node:20-onbuild\n", "Dockerfile.x:1 starts from an image that may copy files by itself"),
        ("RUN true\n", "Dockerfile.x: "),
        ("FROM debian AS early\nCOPY --from=later /a /b\nFROM debian AS later\n", "Dockerfile.x: "),
    ],
)  # fmt: skip
def test_a_dockerfile_that_may_take_anything_is_the_reason_to_refuse(other: str, why: str) -> None:
    (refusal,) = found(WIDE, beside={"Dockerfile.x": other})
    assert isinstance(refusal, Refusal)
    assert f"60002 files stay in the context though nothing takes them: {why}" in refusal.why


def test_names_with_wildcards_in_them_are_escaped() -> None:
    odd = {path.replace("data/", "da[t]a*/"): "" for path in DATA}
    (proposal,) = found(WIDE, {**SMALL, **odd, "data/keep.txt": ""})
    assert isinstance(proposal, Proposal)
    assert proposal.ignore == "# taken by no COPY (layerwise)\na\nda\\[t\\]a\\*\ndata\n"


def test_a_directory_that_is_missing_today_is_not_left_out_when_it_comes() -> None:
    analysis = analysis_of("FROM debian\nCOPY dist /srv\n", {"dist.txt": "", "other/a": ""})
    request = analysis.facts.request
    assert set(untaken(request.context, taken(analysis.dockerfile, request).selections)) == {"other"}
    with_dist = analysis_of("FROM debian\nCOPY dist/app /srv\n", {"dist/a.map": "", "other/a": ""}).facts.request
    assert set(untaken(with_dist.context, taken(analysis.dockerfile, with_dist).selections)) == {"other"}


def planned(text: str, allow: frozenset[str] = frozenset(), **facts: object) -> tuple[Analysis, str | None]:
    made = plan(analysis_of(text, **facts), Options(threshold_s=0.05, allow=allow), (context_filter,))  # type: ignore[arg-type]
    return made.before, made.after.ignore


def test_a_plan_applies_what_changes_nothing_and_offers_what_changes_the_image() -> None:
    files = {**SMALL, **DATA, "docs/a.md": ""}
    before, ignore = planned(WIDE, files=files, commits=[["app/main.py"]])
    assert ignore == "# taken by no COPY (layerwise)\na\ndata\ndocs\n"
    assert before.ignore is None
    text = "FROM python:3.12-slim\nCOPY . .\nRUN pip install -r requirements.txt\n"
    commits = [["docs/a.md"], ["app/main.py"]]
    assert planned(text, files={**SMALL, "docs/a.md": ""}, commits=commits)[1] is None


def test_groups_that_are_asked_for_come_one_below_the_other() -> None:
    text = "FROM python:3.12-slim\nCOPY . .\nRUN pip install -r requirements.txt\n"
    files = {**SMALL, "docs/a.md": "", ".github/ci.yml": "", ".dockerignore": ""}
    _, ignore = planned(
        text,
        frozenset({"behaviour:context-filter"}),
        files=files,
        commits=[["docs/a.md"], [".github/ci.yml"], ["app/main.py"]],
        ignore="*.log\n",
    )
    assert ignore == ("*.log\n\n# documentation (layerwise)\ndocs\n\n# settings of CI services (layerwise)\n.github\n")


def test_the_evidence_counts_commits_and_steps() -> None:
    text = "FROM python:3.12-slim\nCOPY . .\nRUN pip install -r requirements.txt\nRUN ./build\n"
    commits = [["docs/a.md"], ["app/main.py", "docs/a.md"], ["docs/a.md"]]
    (proposal,) = found(text, {**SMALL, "docs/a.md": ""}, commits=commits, arguments={})
    assert isinstance(proposal, Proposal)
    assert proposal.evidence == (
        "2 of 3 commits touch only these files and rebuild 3 steps",
        "1 files leave the image; whether the program in it opens one of them is not known",
        "`RUN ./build` runs code of the project, which may read them",
    )


def test_one_group_is_allowed_by_its_name() -> None:
    text = "FROM python:3.12-slim\nCOPY . .\nRUN pip install -r requirements.txt\n"
    files = {**SMALL, "docs/a.md": "", ".github/ci.yml": "", ".dockerignore": ""}
    facts = {"files": files, "commits": [["docs/a.md"], [".github/ci.yml"]], "ignore": "*.log\n"}
    _, ignore = planned(text, frozenset({"behaviour:context-filter:ci"}), **facts)
    assert ignore == "*.log\n\n# settings of CI services (layerwise)\n.github\n"
    made = plan(analysis_of(text, **facts), Options(threshold_s=0.05), (context_filter,))  # type: ignore[arg-type]
    assert {how_to_apply(one) for one in made.offered} == {
        "`--allow behaviour:context-filter:docs` applies it",
        "`--allow behaviour:context-filter:ci` applies it",
    }


def test_a_build_whose_dockerfile_nobody_knows_is_the_reason_to_refuse() -> None:
    analysis = analysis_of(WIDE, {**SMALL, **DATA})
    others = beside(
        (), {}.get, "Dockerfile", analysis.facts.request, ["ci.yml:3 builds a Dockerfile that only a run can tell"]
    )
    (refusal,) = context_filter.propose(replace(analysis, facts=replace(analysis.facts, elsewhere=lambda: others)))
    assert refusal.why.endswith("takes them: ci.yml:3 builds a Dockerfile that only a run can tell")
