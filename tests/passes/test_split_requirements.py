from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest
from tests.analyses import OLDER, PYTHON, analysis_of, proposed

from layerwise.ecosystems.sieve import Rewritten
from layerwise.model.change import Change
from layerwise.passes import cache_mounts, fetch_ahead, late_args, manifest_first, split_requirements
from layerwise.passes.base import Proposal
from layerwise.passes.seldom import Seldom, seldom_changed
from layerwise.plan import Options, plan
from layerwise.syntax.edit import apply

START = "FROM python:3.12-slim\n"
APT = "RUN apt-get update && apt-get install -y ffmpeg\n"
FILES = "WORKDIR /app\nCOPY requirements.txt ./\n"
INSTALL = "RUN pip install --no-cache-dir -r requirements.txt\n"
PROOF = frozenset({"equivalent, after proof"})
TEN = "".join(f"package{number}==1\n" for number in range(10))


def found(
    text: str, files: Mapping[str, str] = PYTHON, versions: Mapping[str, Sequence[str]] = OLDER, **facts: object
) -> tuple[list[str], list[str]]:
    return proposed(split_requirements, analysis_of(text, files, versions=versions, **facts))  # type: ignore[arg-type]


def volatile(count: int) -> dict[str, tuple[str, ...]]:
    """Ten packages, of which one had so many versions before."""
    return {"requirements.txt": tuple(TEN.replace("package9==1", f"package9==0.{one}") for one in range(count))}


def history(*texts: str, weight: float = 1.0) -> list[Change]:
    return [
        Change(str(number), frozenset({"r"}), weight=weight, rewritten=(Rewritten("r", before, after),))
        for number, (before, after) in enumerate(pairwise(texts))
    ]


def test_the_lines_that_save_most_are_those_that_hardly_change() -> None:
    texts = [f"a==1\nb==1\nc=={one}\nd=={one // 3}\ne==1\n" for one in range(7)]
    assert seldom_changed("r", texts[-1], history(*texts)) == Seldom(("a", "b", "e"), 6, 0, (("c", 6), ("d", 2)))


def test_a_line_that_changes_with_another_one_comes_along_for_nothing() -> None:
    texts = [*(f"a==1\nb==1\nc=={one}\n" for one in range(9)), "a==2\nb==2\nc==8\n"]
    assert seldom_changed("r", texts[-1], history(*texts)) == Seldom(("a", "b"), 9, 1, (("c", 8),))


def test_a_change_of_which_the_texts_are_not_known_is_one_of_every_line() -> None:
    texts = [f"a==1\nb=={one}\n" for one in range(4)]
    unknown = [Change(f"u{one}", frozenset({"r"})) for one in range(4)]
    assert seldom_changed("r", texts[-1], [*history(*texts), unknown[0]]) == Seldom(("a",), 4, 1, (("b", 4),))
    assert seldom_changed("r", texts[-1], [*history(*texts), *unknown]) is None


def test_files_that_no_commit_changed_are_left() -> None:
    assert seldom_changed("r", "a==1\nb==1\n", []) is None
    assert seldom_changed("r", "a==1\nb==1\n", [Change("c", frozenset({"other"}))]) is None


def test_lines_that_end_as_on_windows_are_none_that_sed_would_keep() -> None:
    texts = [f"a==1\r\nb=={one}\r\n" for one in range(4)]
    assert seldom_changed("r", texts[-1], history(*texts)) is None


def test_the_evidence_counts_commits() -> None:
    (proposal,) = split_requirements.propose(analysis_of(START + FILES + INSTALL, versions=OLDER))
    assert isinstance(proposal, Proposal)
    assert proposal.evidence[0] == "0 of the 3 commits that changed requirements.txt changed numpy; flask in 3"


def test_what_it_has_split_it_leaves() -> None:
    (text,), _ = found(START + FILES + INSTALL)
    assert found(text) == ([], [])
    gone = {**PYTHON, "requirements.txt": "flask==3.0.0\nclick==8\n"}
    assert found(text, gone, {"requirements.txt": ("flask==2\nclick==8\n", "flask==1\nclick==8\n")}) == ([], [])


def test_an_install_whose_lines_are_all_gone_installs_nothing() -> None:
    (text,), _ = found(START + FILES + INSTALL)
    (graph,) = analysis_of(text, {**PYTHON, "requirements.txt": "flask==3.0.0\n"}).graphs
    assert [work.packages for work in graph.step("stage-1:3").effects.work] == [0]
    assert graph.step("stage-1:5").effects.present == frozenset()


def test_a_plan_takes_it_once_and_a_second_one_finds_nothing() -> None:
    asked = Options(allow=PROOF, off=frozenset({"cache-mounts"}))
    first = plan(analysis_of(START + FILES + INSTALL, {"requirements.txt": TEN}, versions=volatile(4)), asked)
    assert [one.pass_name for one in first.kept] == ["split-requirements"]
    assert not plan(first.after, asked).changed
    (update,) = (one for one in first.before.facts.scenarios if one.name == "deps:pip")
    assert first.after.scenario_s(update) < first.before.scenario_s(update) / 3


def test_it_waits_for_a_proof() -> None:
    asked = Options(off=frozenset({"cache-mounts"}))
    made = plan(analysis_of(START + FILES + INSTALL, {"requirements.txt": TEN}, versions=volatile(4)), asked)
    assert not made.changed
    assert [one.pass_name for one in made.offered] == ["split-requirements"]


def test_each_of_its_installs_can_be_fetched_ahead() -> None:
    (text,), _ = found(START + APT + FILES + INSTALL)
    texts, reasons = proposed(fetch_ahead, analysis_of(text))
    assert (len(texts), reasons) == (2, [])
    mount = "RUN --mount=type=bind,from=pinned,source=/pinned.txt,target=/pinned.txt \\\n    "
    assert (
        "FROM python:3.12-slim AS wheels\nWORKDIR /app\n"
        f"{mount}pip wheel --wheel-dir=/wheels --no-cache-dir --no-deps -r /pinned.txt\n\n"
    ) in texts[0]
    assert (
        f"{mount}--mount=type=bind,from=wheels,source=/wheels,target=/wheels \\\n"
        "    pip install --no-index --find-links=/wheels --no-cache-dir --no-deps -r /pinned.txt \\\n"
        "    || pip install --no-cache-dir --no-deps -r /pinned.txt\n"
    ) in texts[0]
    again, _ = proposed(fetch_ahead, analysis_of(texts[0]))
    assert len(again) == 1
    assert again[0].index("AS pinned") < again[0].index("AS wheels\n") < again[0].index("AS wheels-2\n")


@pytest.mark.parametrize(("versions", "idle", "weight"), [(2, 10, 1.0), (4, 20, 1.0), (6, 0, 3.0), (4, 0, 0.5)])
def test_a_plan_has_both_although_fetching_alone_saves_more_and_leaves_no_room(
    versions: int, idle: int, weight: float
) -> None:
    analysis = analysis_of(
        f"{START}{APT}{FILES}{INSTALL}COPY app app\n",
        {"requirements.txt": TEN, "app/main.py": ""},
        [["app/main.py"]] * idle,
        versions=volatile(versions),
    )
    asked = Options(allow=PROOF, cold_weight=weight, off=frozenset({"cache-mounts", "link-copies"}))
    made = plan(analysis, asked)
    assert [one.pass_name for one in made.kept] == ["split-requirements", "fetch-ahead"]
    assert not plan(made.after, asked).changed


def test_where_builds_are_cold_fetching_alone_is_taken() -> None:
    analysis = analysis_of(START + APT + FILES + INSTALL, {"requirements.txt": TEN}, versions=volatile(2))
    asked = Options(allow=PROOF, cold_weight=20.0, off=frozenset({"cache-mounts"}))
    assert [one.pass_name for one in plan(analysis, asked).kept] == ["fetch-ahead"]


def test_both_installs_get_a_cache_mount() -> None:
    (text,), _ = found(START + FILES + INSTALL)
    texts, _ = proposed(cache_mounts, analysis_of(text))
    assert len(texts) == 2
    assert all(one.count("--mount=type=cache,target=/root/.cache/pip") == 1 for one in texts)


def test_it_is_found_whatever_comes_first() -> None:
    text = f"{START}ARG GIT_COMMIT\nENV GIT_COMMIT=$GIT_COMMIT\nWORKDIR /app\nCOPY . .\n{INSTALL}"
    files = {"requirements.txt": TEN, "app/main.py": ""}
    asked = Options(allow=PROOF, off=frozenset({"cache-mounts"}))
    made = plan(analysis_of(text, files, [["app/main.py"]] * 3, versions=volatile(4)), asked)
    names = {"manifest-first", "late-args", "split-requirements"}
    assert {one.pass_name for one in made.kept} == names
    after = made.after.dockerfile.text
    assert after.rindex("--no-deps") < after.index("COPY requirements.txt ./") < after.rindex("pip install")
    assert after.rindex("pip install") < after.index("ARG GIT_COMMIT")


def test_an_argument_and_the_sources_go_below_both_installs() -> None:
    text = f"{START}ARG GIT_COMMIT\nENV GIT_COMMIT=$GIT_COMMIT\nWORKDIR /app\nCOPY . .\n{INSTALL}"
    (text,), _ = found(text)
    for module in (manifest_first, late_args):
        (text,), reasons = proposed(module, analysis_of(text))
        assert reasons == []
    assert text.rindex("pip install") < text.index("ARG GIT_COMMIT")
    assert text.rindex("pip install") < text.index("COPY . .")


def test_a_line_end_of_windows_stays_one() -> None:
    analysis = analysis_of((START + FILES + INSTALL).replace("\n", "\r\n"), versions=OLDER)
    (proposal,) = split_requirements.propose(analysis)
    assert isinstance(proposal, Proposal)
    assert "\n" not in apply(analysis.dockerfile, proposal.edits).replace("\r\n", "")
