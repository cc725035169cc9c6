from dataclasses import replace

from hypothesis import given
from tests.report.bench_strategies import proofs
from tests.report.benches import AMD64, ARM64, bench, row
from tests.report.builds import screen
from tests.report.proofs import chosen, difference, dropped, images, proof, recorded

from layerwise.report.proof_text import proof_text


def test_the_verdict_is_first_then_what_stays_and_what_does_not():
    out = screen(proof_text(proof()))
    assert out.startswith("5 of 6 edits stay (link-copies at line 3 changes the image); the images are the same on ")
    assert "\n  31 builds in all\n" in out
    assert "\nKept\n  manifest-first  line 12, equivalent\n    src/montage/cli.py changes on 41 of 60 commits" in out
    assert (
        "\nDropped\n  link-copies  line 3, changes the image, found in 3 builds\n"
        "    /srv/app/data differs in kind on linux/amd64, and 3 more differences\n"
    ) in out
    assert out.index("\nKept\n") < out.index("\nDropped\n") < out.index("\nlinux/amd64\n")


def test_steps_are_side_by_side_and_a_rewritten_one_is_the_same_step():
    out = screen(proof_text(proof(), (recorded(),)))
    table = out[
        out.index("Steps of code on linux/amd64, one build each, by the engine: 65.1 s -> 5.4 s") :
    ].splitlines()
    assert table[2].split() == "7 RUN pip install -r requirements.txt amd64 52.0 s cached -52.0 s".split()  # noqa: SIM905
    assert table[3].split() == "export of layers 9.0 s 2.1 s -6.9 s".split()  # noqa: SIM905
    assert table[4].split() == "6 COPY requirements.txt ./ amd64 not there cached +0.0 s".split()  # noqa: SIM905


def test_the_scenario_of_every_day_is_shown_first():
    cold = replace(recorded(), scenario="cold")
    out = screen(proof_text(proof(), (cold, recorded())))
    assert "Steps of code" in out
    assert "Steps of cold" not in out


def test_verbose_shows_the_evidence_all_steps_and_predictions():
    both = (recorded(AMD64), recorded(ARM64))
    brief, whole = (screen(proof_text(proof(), both, verbose=verbose)) for verbose in (False, True))
    for words in ("seen in 41 of 60 commits", "Steps of code on linux/arm64", "Predicted before the bench"):
        assert words not in brief
        assert words in whole
    assert "24 predictions were off by 11% in the median" in brief


def test_the_images_are_shown_with_what_differs():
    out = screen(proof_text(proof(equal=False, images=images(*(difference(f"/{name}") for name in "abcdefgh")))))
    assert "  linux/arm64: 8 real differences in 48,211 paths\n    /a: only in A\n" in out
    assert "    and 3 more places\n" in out


def test_the_diff_is_shown_if_asked_for():
    assert "+COPY --chown=app . .\n" in screen(proof_text(proof(), diff=True))
    assert "--chown" not in screen(proof_text(proof()))


def test_a_plan_that_changes_nothing_has_no_parts():
    made = proof(
        bench(row("code", 9.0), planned=False), kept=(), dropped=(), equal=None, images=None, diff="", builds=0
    )
    out = screen(proof_text(made, diff=True))
    assert "Kept" not in out
    assert "Images" not in out


def test_what_a_reason_holds_is_not_obeyed():
    made = proof(kept=(chosen("a", why="b\x1b[2J"),), dropped=(dropped("c", reason="d\x07\ne"),))
    out = screen(proof_text(made, verbose=True))
    assert "\x1b" not in out
    assert "d\N{REPLACEMENT CHARACTER} e" in out


@given(proofs())
def test_every_proof_can_be_shown(made):
    proved, builds = made
    out = screen(proof_text(proved, builds, verbose=True, diff=True))
    assert all(line.isprintable() for line in out.splitlines())
