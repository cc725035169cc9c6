import re

from hypothesis import given
from tests.report.bench_strategies import benches
from tests.report.benches import AMD64, ARM64, bench, figure, montage, row

from layerwise.prove.bench.result import Bench, Figure
from layerwise.report.bench_claims import changes, headline
from layerwise.report.bench_sums import Trend, trend


def said(*rows, **rest) -> str:
    return headline(bench(*rows, **rest))


def test_the_scenario_of_every_day_is_told_first_and_a_slower_one_too():
    assert headline(montage()) == (
        "With the plan, code is 12 times faster (65.1 s to 5.40 s, measured 3 times); base (66.9 s to 72.4 s) is slower."
    )


def test_without_that_scenario_the_one_that_saves_most_is_told():
    assert said(row("cold", 60.0, 50.0), row("deps:npm", 40.0, 4.0)) == (
        "With the plan, deps:npm is 10 times faster (40.0 s to 4.00 s, measured 3 times)."
    )


def test_two_platforms_have_their_own_figures():
    assert changes(montage(AMD64, ARM64)) == (
        "code is 12 times faster on linux/amd64 (65.1 s to 5.40 s) and on linux/arm64 (260 s to 21.6 s), measured 3 times",
        "base on linux/amd64 (66.9 s to 72.4 s) and on linux/arm64 (268 s to 290 s) is slower",
    )
    two = bench(row("code", 60.0, 5.0), row("code", 90.0, 30.0, platform=ARM64))
    assert changes(two)[0].startswith(
        "code is 12 times faster on linux/amd64 (60.0 s to 5.00 s) and 3 times faster on "
    )
    mixed = bench(row("code", 60.0, 5.0), row("code", 60.0, 50.0, platform=ARM64))
    assert "and takes 16% less on linux/arm64 (60.0 s to 50.0 s)" in headline(mixed)


def test_of_many_platforms_the_least_and_the_most_are_told():
    many = [row("code", 60.0, 5.0 * number, platform=f"linux/{number}") for number in (1, 2, 3, 4)]
    assert said(*many) == "With the plan, code is 3 to 12 times faster on 4 platforms, measured 3 times."
    slow = [row("code", 60.0, 70.0, platform=f"linux/{number}") for number in (1, 2, 3)]
    assert said(*slow) == "With the plan, no scenario is faster beyond noise; code on 3 platforms is slower."


def test_a_platform_on_which_nothing_is_faster_is_not_claimed():
    two = bench(row("code", 60.0, 5.0), row("code", 60.0, 60.1, platform=ARM64))
    assert (
        headline(two) == "With the plan, code is 12 times faster on linux/amd64 (60.0 s to 5.00 s, measured 3 times)."
    )


def test_less_than_twice_is_a_share():
    assert said(row("code", 10.0, 6.29)) == "With the plan, code takes 37% less (10.0 s to 6.29 s, measured 3 times)."


def test_no_more_is_claimed_than_was_measured():
    assert "is 2.4 times faster" in said(row("code", 24.99, 10.0))
    assert "is 12 times faster" in said(row("code", 129.9, 10.0))
    assert "is 10,000 times faster" in said(row("code", 100_009.0, 10.0))
    assert "takes 99% less" not in said(row("code", 10.0, 0.101))


def test_one_run_is_said_to_be_one():
    assert said(row("code", before=figure(60.0, times=1), after=figure(5.0, times=1))) == (
        "With the plan, code is 12 times faster (60.0 s to 5.00 s, measured once)."
    )
    uneven = row("code", before=figure(60.0, times=1), after=figure(5.0, 0.1, times=3))
    assert "measured 1 to 3 times" in said(uneven)


def test_what_is_within_noise_is_no_claim():
    assert (
        said(row("code", 60.0, 59.0), row("cold", 60.0, 61.0)) == "With the plan, no scenario is faster beyond noise."
    )
    once = row("unchanged", before=figure(1.0, times=1), after=figure(0.4, times=1))
    assert said(once) == "With the plan, no scenario is faster beyond noise."


def test_all_that_is_slower_is_said():
    slow = [row(name, 10.0, 20.0) for name in ("a", "b", "c", "d", "e")]
    assert said(*slow).endswith(
        "; a (10.0 s to 20.0 s), b (10.0 s to 20.0 s), c (10.0 s to 20.0 s) and 2 more are slower."
    )


def test_zero_seconds_make_no_ratio():
    assert said(row("code", 60.0, 0.0)) == "With the plan, code takes 100% less (60.0 s to 0.00 s, measured 3 times)."
    assert (
        said(row("code", 0.0, 5.0))
        == "With the plan, no scenario is faster beyond noise; code (0.00 s to 5.00 s) is slower."
    )


def test_a_bench_without_a_plan_tells_what_builds_take():
    rows = (row("cold", 66.7), row("code", 65.1), row("deps:npm", 40.0), row("unchanged", 0.61))
    assert said(*rows, planned=False) == (
        "As it stands, cold takes 66.7 s, code 65.1 s and unchanged 0.61 s on linux/amd64, measured 3 times."
    )
    assert said(row("base", 9.0), planned=False) == "As it stands, base takes 9.00 s on linux/amd64, measured 3 times."


def test_nothing_measured_is_said():
    assert said() == "Nothing was measured."
    assert said(row("cold", unmeasured="the budget was spent"), planned=False) == "Nothing was measured."
    assert said(row("code", 9.0)) == "With the plan, no scenario was measured before and after."


@given(benches())
def test_every_bench_has_one_line_of_a_headline(made: Bench):
    text = headline(made)
    assert text.endswith(".")
    assert text.isprintable()


@given(benches())
def test_a_ratio_is_never_more_than_was_measured(made: Bench):
    ratios = [
        one.before.median_s / one.after.median_s
        for one in made.rows
        if trend(one) is Trend.FASTER and isinstance(one.before, Figure) and one.after and one.after.median_s
    ]
    for claimed in re.findall(r"([\d,.]+) times faster", "; ".join(changes(made)) if made.planned else ""):
        assert float(claimed.replace(",", "")) <= max(ratios) * (1 + 1e-6)
