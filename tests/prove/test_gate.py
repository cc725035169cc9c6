"""Which builds the gate asks for, and what it makes of them; tests/docker/test_gate.py builds for real."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from dev.montage_history import read_example
from tests.analyses import NODE, analysis_of

from layerwise.analysis import Analysis
from layerwise.passes.base import Safety
from layerwise.plan import Options, plan
from layerwise.prove.gate import Gated, Stamp, prove_offered
from layerwise.prove.trials import Comparison

TWO = """\
FROM node:20 AS one
WORKDIR /a
COPY a .
RUN npm install
FROM node:20
WORKDIR /b
COPY b .
RUN npm install
COPY --from=one /a /a
"""
FILES = {f"{place}/{name}": text for place in "ab" for name, text in NODE.items()}
COMMITS = (("a/src/index.js",), ("b/src/index.js",))
ONLY = Options(only=frozenset({"manifest-first", "late-args"}))
STAMP = Stamp(lambda: 1_700_000_000.0, "0.1.0")


@dataclass
class Fake:
    """Trials whose builds a function stands for: it says how a text differs, "" where it does not."""

    differs: Callable[[str], str]
    asked: list[tuple[str, bool]] = field(default_factory=list)

    def compared(self, rewritten: Analysis, what: str, *, fresh: bool = False) -> Comparison:
        """Note the build and judge the text."""
        self.asked.append((what, fresh))
        why = self.differs(rewritten.dockerfile.text)
        return Comparison(not why, why, ("sha256:a", "sha256:b"))


def gated(text: str, differs: Callable[[str], str], options: Options = ONLY) -> tuple[Gated, Fake]:
    trials = Fake(differs)
    return prove_offered(analysis_of(text, FILES, COMMITS), options, trials, STAMP), trials  # type: ignore[arg-type]


def moved(text: str, directory: str) -> bool:
    return "package.json ./" in text.partition(f"WORKDIR /{directory}\n")[2].partition("RUN")[0]


def again(text: str, shown: Gated) -> tuple[str, list[int], list[str]]:
    """Return the text that a plan has with what was shown, the lines of its edits and its refusals."""
    options = Options(only=ONLY.only, proofs={one.digest: one for one in shown.proofs})
    made = plan(analysis_of(text, FILES, COMMITS), options)
    return made.after.dockerfile.text, sorted(one.line for one in made.kept), [one.why for one in made.refused]


def test_where_nothing_differs_one_build_proves_them_all():
    shown, trials = gated(TWO, lambda _: "")
    assert trials.asked == [("with manifest-first at line 3 and manifest-first at line 7", False)]
    assert all(one.equal for one in shown.proofs)
    assert {(one.at, one.version, one.images, one.pass_name) for one in shown.proofs} == {
        (1_700_000_000.0, "0.1.0", ("sha256:a", "sha256:b"), "manifest-first")
    }
    text, lines, _ = again(TWO, shown)
    assert lines == [3, 7]
    assert moved(text, "a")
    assert moved(text, "b")


def test_where_something_differs_each_is_built_and_only_that_one_is_refused():
    shown, trials = gated(TWO, lambda text: "/b differs in content" if moved(text, "b") else "")
    assert [fresh for _, fresh in trials.asked] == [False, True, True, True]
    assert trials.asked[1][0] == "with no edit that needs a proof"
    text, lines, refused = again(TWO, shown)
    assert lines == [3]
    assert moved(text, "a")
    assert not moved(text, "b")
    assert sum(why.endswith("showed that it changes the image: /b differs in content") for why in refused) == 1


def test_two_that_differ_only_together_are_not_both_proved():
    shown, _ = gated(TWO, lambda text: "they clash" if moved(text, "a") and moved(text, "b") else "")
    text, lines, refused = again(TWO, shown)
    assert len(lines) == 1
    assert moved(text, "a") != moved(text, "b")
    assert any("they clash" in why for why in refused)


def test_where_two_builds_differ_without_the_rewrites_nothing_is_remembered():
    shown, trials = gated(TWO, lambda _: "/built differs in content")
    assert shown == Gated(note=shown.note)
    assert shown.note == (
        "nothing can be shown: two builds differ without those rewrites too (/built differs in content)"
    )
    assert len(trials.asked) == 2


def test_where_nothing_waits_for_a_proof_nothing_is_built():
    shown, trials = gated("FROM debian\nRUN apt-get update\n", lambda _: "")
    assert (shown, trials.asked) == (Gated(), [])


def test_what_is_proved_already_is_built_with_the_others_and_not_asked_again():
    first, _ = gated(TWO, lambda text: "no" if moved(text, "b") else "")
    known = {one.digest: one for one in first.proofs if one.equal}
    shown, trials = gated(TWO, lambda _: "", Options(only=ONLY.only, proofs=known))
    assert trials.asked == [("with manifest-first at line 7", False)]
    assert not known.keys() & {one.digest for one in shown.proofs}


def test_what_changes_the_image_on_purpose_is_left_out_of_the_builds():
    seen: list[str] = []
    allowed = Options(allow=frozenset({Safety.FROZEN.value}))
    gated(TWO, lambda text: seen.append(text) or "", allowed)
    assert seen
    assert not any("npm ci" in text for text in seen)


def test_edits_that_need_no_proof_stand_in_the_file_that_is_built():
    text = TWO.replace("FROM node:20 AS one\n", "FROM node:20 AS one\nARG GIT_COMMIT\nRUN apt-get update\n")
    seen: list[str] = []
    gated(text, lambda built: seen.append(built) or "")
    assert "AS one\nRUN apt-get update\n" in seen[0]


@pytest.mark.parametrize("cold", [(), ("ci.yml",)])
@pytest.mark.parametrize("platforms", [("linux/amd64",), ("linux/amd64", "linux/arm64")])
def test_what_was_built_and_proved_is_the_plan_from_then_on(cold, platforms):
    """The order in which a search meets rewrites is another one where it may not apply what waits for a proof."""
    example, built = read_example(), []

    def same(text: str) -> str:
        built.append(text)
        return ""

    def analysed() -> Analysis:
        commits = [("src/montage/cli.py",)]
        return analysis_of(example["Dockerfile"], example, commits, platforms=platforms, cold=cold)

    shown = prove_offered(analysed(), Options(), Fake(same), STAMP)  # type: ignore[arg-type]
    made = plan(analysed(), Options(proofs={one.digest: one for one in shown.proofs}))
    assert made.after.dockerfile.text == built[0]
    assert not [one for one in made.offered if one.proposal.safety is Safety.AFTER_PROOF]
