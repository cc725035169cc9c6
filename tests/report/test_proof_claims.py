import pytest
from hypothesis import given
from tests.report.bench_strategies import proofs
from tests.report.benches import AMD64, ARM64, bench, montage, row
from tests.report.proofs import chosen, difference, dropped, images, proof

from layerwise.prove.bench.proved import Fault
from layerwise.prove.verdict import Standing
from layerwise.report.build_words import Code
from layerwise.report.proof_claims import image_lines, place, quoting, rests_on, verdict

FAST = bench(row("code", 66.7, 5.4))


def test_the_verdict_is_what_a_tired_engineer_understands():
    made = proof(FAST, dropped=(dropped("link-copies"),))
    assert verdict(made) == (
        "5 of 6 edits stay (link-copies at line 3 changes the image); "
        "the images are the same on linux/amd64 and linux/arm64; "
        "code is 12 times faster (66.7 s to 5.40 s, measured 3 times)."
    )


def test_a_scenario_that_is_slower_is_in_the_verdict():
    assert verdict(proof(montage())).endswith("; base (66.9 s to 72.4 s) is slower.")


def test_nothing_is_claimed_of_seconds_that_nobody_measured():
    assert verdict(proof(bench(), dropped=())).endswith("; no scenario was measured before and after.")
    assert verdict(proof(bench(row("code", 9.0, 8.9)), dropped=())).endswith("; no scenario is faster beyond noise.")


def test_a_plan_that_changes_nothing_proves_nothing():
    made = proof(bench(row("code", 9.0), planned=False), kept=(), dropped=(), equal=None, images=None, diff="")
    assert verdict(made) == "There is nothing to prove: the plan changes nothing."


@pytest.mark.parametrize(
    ("kept", "gone", "said"),
    [
        (1, 0, "The edit stays;"),
        (3, 0, "All 3 edits stay;"),
        (1, 1, "1 of 2 edits stays (p0 at line 3 changes the image);"),
        (2, 2, "2 of 4 edits stay (p0 at line 3 changes the image and p1 at line 3 changes the image);"),
        (9, 3, "9 of 12 edits stay (3 change the image);"),
    ],
)
def test_edits_are_counted(kept, gone, said):
    edits = tuple(chosen(f"k{number}") for number in range(kept))
    out = tuple(dropped(f"p{number}") for number in range(gone))
    assert verdict(proof(FAST, kept=edits, dropped=out)).startswith(said)


def test_a_plan_of_which_nothing_stays_claims_nothing_else():
    rest = {"kept": (), "equal": None, "images": None, "diff": ""}
    unplanned = bench(row("code", 9.0), planned=False)
    assert verdict(proof(unplanned, dropped=(dropped("a", Fault.BROKEN),), **rest)) == (
        "The edit does not stay (a at line 3 does not build)."
    )
    two = (dropped("a", Fault.SLOWER), dropped("b", Fault.NEEDS))
    assert verdict(proof(unplanned, dropped=two, **rest)) == (
        "None of 2 edits stays (a at line 3 makes a scenario slower and b at line 3 goes with another)."
    )


def test_many_dropped_edits_are_counted_by_what_is_wrong():
    faults = (Fault.IMAGE, Fault.SLOWER, Fault.IMAGE, Fault.UNSHOWN, Fault.BROKEN)
    made = proof(FAST, dropped=tuple(dropped(f"p{number}", one) for number, one in enumerate(faults)))
    assert verdict(made).startswith(
        "5 of 10 edits stay (2 change the image, 1 makes a scenario slower, 1 can't be shown to be right "
        "and 1 does not build);"
    )


def test_images_that_differ_are_said_to():
    made = proof(FAST, equal=False, images=images(difference("/a")))
    assert "; the images differ on linux/arm64; " in verdict(made)
    assert "; the images differ; " in verdict(proof(FAST, equal=False, images=None))


def test_what_was_asked_for_is_no_claim_of_sameness():
    one, two = (difference(name, Standing.EXPECTED) for name in ("/a", "/b"))
    assert "but for 1 place that differs between two builds of the same file too; " in verdict(
        proof(FAST, images=images(one))
    )
    assert "but for 2 places that differ between two builds of the same file too; " in verdict(
        proof(FAST, images=images(one, two))
    )


def test_how_an_edit_was_found_is_told():
    assert place(dropped("a", builds=1)) == "line 3, changes the image, found in 1 build"
    assert place(dropped("a", Fault.NEEDS, builds=0)) == "line 3, goes with another"
    assert (rests_on(proof(builds=1)), rests_on(proof(builds=1200))) == ("1 build in all", "1,200 builds in all")


def test_what_stands_between_backticks_is_code():
    assert quoting("`RUN a`\nreads `b`") == (Code("RUN a"), " reads ", Code("b"))
    assert quoting("one ` alone") == ("one ` alone",)


def test_the_first_places_that_differ_are_told_by_platform():
    judged = [difference(f"/{name}") for name in "abc"] + [difference("/log", Standing.EXPECTED)]
    assert tuple(image_lines(proof(images=images(*judged)), 2)) == (
        (f"{AMD64}: the same in 48,211 paths", ()),
        (
            f"{ARM64}: 3 real differences in 48,211 paths",
            ("/a: only in A", "/b: only in A", "and 1 more places", "expected: /log: only in A"),
        ),
    )
    assert tuple(image_lines(proof(images=None), 2)) == ()


@given(proofs())
def test_every_verdict_is_one_printable_sentence(made):
    text = verdict(made[0])
    assert text.isprintable()
    assert text.endswith(".")
