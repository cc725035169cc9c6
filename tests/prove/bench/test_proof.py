"""What a proof drops and keeps, with builds and clocks that a function stands for."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from tests.analyses import NODE, PYTHON, analysis_of
from tests.prove.bench.fakes import FakeLooks, FakeSession

from layerwise.analysis import Analysis
from layerwise.errors import BuildFailed
from layerwise.passes import late_args, manifest_first
from layerwise.plan import Options, Plan, plan
from layerwise.prove.bench.failed import ScenarioFailed
from layerwise.prove.bench.proof import Means, prove
from layerwise.prove.bench.proved import Fault, Proved
from layerwise.prove.bench.result import Bench, Side
from layerwise.prove.bench.variants import Variants
from layerwise.prove.gate import Stamp
from layerwise.records import Basis

TEXT = """\
FROM python:3.12-slim
ARG GIT_COMMIT
ARG BUILD_DATE
RUN apt-get update && apt-get install -y ffmpeg
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
RUN ./configure
"""
PASSES = (manifest_first, late_args)
NOTHING = Bench(project="shop", dockerfile="Dockerfile", planned=False, isolation="", rows=(), spent_s=0.0)


def late(text: str, name: str) -> bool:
    return text.index(f"ARG {name}") > text.index("RUN apt-get")


def parted(text: str) -> bool:
    return "COPY requirements.txt" in text


def proved(
    wrong: Callable[[str], str] = lambda _: "",
    seconds: Callable[[str, str], float] = lambda text, scenario: 30.0,
    text: str = TEXT,
    options: Options | None = None,
    unsteady: str = "",
    strict: bool = False,
    files: Mapping[str, str] = PYTHON,
    said: list[str] | None = None,
) -> tuple[Proved, Plan, FakeLooks, FakeSession]:
    analysis = analysis_of(text, files, arguments={"GIT_COMMIT": 0.4, "BUILD_DATE": 0.4})
    variants = Variants(analysis, options or Options(), PASSES)
    looks, session = FakeLooks(variants, wrong, unsteady), FakeSession(seconds)
    means = Means(
        variants=variants,
        looks=looks,  # type: ignore[arg-type]
        session=session,  # type: ignore[arg-type]
        scenarios=tuple(one for one in analysis.facts.scenarios if one.name in {"cold", "code"}),
        unmeasured=NOTHING,
        calibrate=lambda: analysis,
        strict=strict,
        stamp=Stamp(lambda: 1_700_000_000.0, "0.1.0"),
        say=(said if said is not None else []).append,
    )
    settled = prove(means)
    again = plan(analysis, replace(options or Options(), proofs={one.digest: one for one in settled.proofs}), PASSES)
    assert again.after.texts == settled.plan.after.texts, "what is remembered gives the same plan"
    return settled.proved, settled.plan, looks, session


def names(found: Proved) -> list[tuple[str, Fault]]:
    return [(one.edit.proposal.subject, one.fault) for one in found.dropped]


def test_a_plan_with_which_nothing_is_wrong_is_built_once_and_kept_whole():
    found, plan, looks, session = proved()
    assert (len(found.kept), found.dropped, found.equal) == (3, (), True)
    assert (found.dockerfile, found.diff) == (plan.after.dockerfile.text, plan.diff())
    assert looks.builds == 1
    assert found.builds == session.builds
    assert {row.scenario for row in found.bench.rows} == {"cold", "code"}


def test_an_edit_that_changes_the_image_is_dropped_and_the_rest_is_built_again():
    said: list[str] = []
    found, plan, looks, _ = proved(lambda text: "/app differs" if parted(text) else "", said=said)
    ((dropped),) = found.dropped
    assert (dropped.edit.pass_name, dropped.fault, dropped.reason) == ("manifest-first", Fault.IMAGE, "/app differs")
    assert not parted(found.dockerfile)
    assert late(found.dockerfile, "GIT_COMMIT")
    assert found.equal
    assert dropped.builds + 1 == looks.builds, "and one of what is left"
    assert said == ["dropped manifest-first at line 6: /app differs"]
    assert looks.texts[plan.after.dockerfile.text] == ""


def test_an_edit_with_which_nothing_builds_is_told_apart():
    found, *_ = proved(lambda text: "broken" if late(text, "BUILD_DATE") else "")
    assert [(one.edit.line, one.fault) for one in found.dropped] == [(3, Fault.BROKEN)]


def test_a_slow_edit_is_dropped_and_what_is_left_is_measured():
    found, *_, session = proved(seconds=lambda text, scenario: 30.0 + 9.0 * late(text, "GIT_COMMIT"))
    assert [(one.edit.line, one.fault) for one in found.dropped] == [(2, Fault.SLOWER)]
    assert "takes 39.0 s with it and 30.0 s without it, measured" in found.dropped[0].reason
    assert not late(found.dockerfile, "GIT_COMMIT")
    assert all(row.after and row.after.median_s < 31 for row in found.bench.rows)
    assert found.dropped[0].builds <= session.builds


def test_a_slow_edit_that_pays_all_the_same_stays_and_is_told(monkeypatch):
    monkeypatch.setattr(Analysis, "basis", lambda *_: Basis.PREDICTED)

    def seconds(text: str, scenario: str) -> float:
        return 30.0 + 9.0 * late(text, "GIT_COMMIT") * (scenario == "cold")

    found, *_ = proved(seconds=seconds)
    assert found.dropped == ()
    ((note),) = found.bench.notes
    assert note.startswith("late-args at line 2 stays, for over the history it saves more: cold on linux/amd64 takes")
    strict, *_ = proved(seconds=seconds, strict=True)
    assert [(one.edit.line, one.fault) for one in strict.dropped] == [(2, Fault.SLOWER)]


def test_a_bad_and_a_slow_edit_are_both_found():
    found, _, looks, _ = proved(
        lambda text: "/app differs" if parted(text) else "",
        lambda text, scenario: 30.0 + 9.0 * late(text, "BUILD_DATE"),
    )
    assert [(one.edit.pass_name, one.edit.line, one.fault) for one in found.dropped] == [
        ("manifest-first", 6, Fault.IMAGE),
        ("late-args", 3, Fault.SLOWER),
    ]
    assert [one.line for one in found.kept] == [2]
    assert looks.texts[found.dockerfile] == ""


def breaks(text: str, scenario: str) -> float:
    if late(text, "BUILD_DATE") and scenario == "code":
        raise ScenarioFailed("it does not build\n    > RUN make", Side.AFTER, "code", "linux/amd64")
    return 30.0


def test_an_edit_with_which_a_scenario_does_not_build_is_found():
    found, *_ = proved(seconds=breaks)
    assert [(one.edit.line, one.fault, one.reason) for one in found.dropped] == [
        (3, Fault.BROKEN, "it does not build / > RUN make")
    ]
    assert {row.scenario for row in found.bench.rows if row.after} == {"cold", "code"}


def test_a_scenario_that_does_not_build_once_is_measured_again():
    failures = [ScenarioFailed("a download failed", Side.AFTER, "code", "linux/amd64")]

    def seconds(text: str, scenario: str) -> float:
        if scenario == "code" and text != TEXT and failures:
            raise failures.pop()
        return 30.0

    found, *_ = proved(seconds=seconds)
    assert found.dropped == ()
    assert {row.scenario for row in found.bench.rows if row.after} == {"cold", "code"}


def test_a_file_that_does_not_build_as_it_stands_ends_the_proof():
    def seconds(text: str, scenario: str) -> float:
        raise ScenarioFailed("it does not build", Side.BEFORE, scenario, "linux/amd64")

    with pytest.raises(BuildFailed, match="it does not build"):
        proved(seconds=seconds)


def test_where_every_edit_goes_the_file_stands_as_it_is():
    found, plan, *_ = proved(seconds=lambda text, scenario: 30.0 + 9.0 * (text != TEXT))
    assert (found.kept, found.equal, found.images, found.diff) == ((), None, None, "")
    assert found.dockerfile == TEXT
    assert not plan.changed
    assert not found.bench.planned
    assert all(row.before and row.after is None for row in found.bench.rows)


def test_a_file_that_needs_no_plan_is_not_built():
    found, _, looks, session = proved(text="FROM debian\nRUN true\n")
    assert (found.bench, found.equal, found.builds) == (NOTHING, None, 0)
    assert looks.builds == session.builds == 0


UNSURE = "FROM node:20\nARG GIT_COMMIT\nRUN apt-get update && apt-get install -y ffmpeg\nWORKDIR /srv\nCOPY . .\nRUN npm install\n"


def test_where_two_builds_differ_what_only_a_build_can_show_goes_and_is_not_blamed():
    found, *_ = proved(
        lambda text: "/srv/x differs" if "COPY package" in text else "",
        text=UNSURE,
        files=NODE,
        unsteady="/built differs in content",
    )
    assert [(one.edit.pass_name, one.fault) for one in found.dropped] == [("manifest-first", Fault.UNSHOWN)]
    assert found.dropped[0].reason == "two builds of the file as it stands differ: /built differs in content"
    assert [one.pass_name for one in found.kept] == ["late-args"]


def test_what_only_a_build_can_show_goes_also_where_all_that_differs_is_excused():
    found, *_ = proved(text=UNSURE, files=NODE, unsteady="/built differs in content")
    assert [(one.edit.pass_name, one.fault) for one in found.dropped] == [("manifest-first", Fault.UNSHOWN)]
    assert found.equal
    assert found.bench.notes == (
        "two builds of the file as it stands differ, which is no edit's doing: /built differs in content",
    )


def test_what_changes_the_image_on_purpose_is_not_in_the_plan():
    found, plan, looks, _ = proved(text=UNSURE, files=NODE, options=Options(allow=frozenset({"frozen"})))
    assert all(one.proposal.safety.value != "frozen" for one in found.kept)
    assert looks.builds == 1
    assert {one.pass_name for one in plan.kept} == {"manifest-first", "late-args"}


def test_what_was_shown_to_be_right_is_kept_as_proved():
    found, *_ = proved(text=UNSURE, files=NODE)
    assert {one.pass_name: one.proof is not None for one in found.kept} == {"manifest-first": True, "late-args": False}


def test_an_edit_that_needs_one_that_was_dropped_goes_with_it():
    text = TEXT.replace("RUN ./configure\n", "")
    whole, *_ = proved(text=text)
    found, *_ = proved(lambda built: "no" if late(built, "GIT_COMMIT") else "", text=text)
    assert {one.fault for one in found.dropped} <= {Fault.IMAGE, Fault.NEEDS}
    assert len(found.kept) + len(found.dropped) >= len(whole.kept)
    assert all(one.builds == 0 for one in found.dropped if one.fault is Fault.NEEDS)


@pytest.mark.parametrize("bad", ["GIT_COMMIT", "BUILD_DATE"])
def test_what_is_kept_is_what_was_built_last(bad):
    found, plan, looks, session = proved(
        lambda text: "no" if late(text, bad) else "", lambda text, scenario: 30.0 + 5 * parted(text)
    )
    assert looks.texts[found.dockerfile] == ""
    assert (found.dockerfile, "code") in session.figures
    assert plan.after.dockerfile.text == found.dockerfile
