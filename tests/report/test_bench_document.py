import pytest
from hypothesis import given
from tests.report.bench_strategies import benches
from tests.report.benches import bench, figure, montage, predicted, row
from tests.report.builds import valid

from layerwise.prove.bench.result import Bench
from layerwise.records import Basis
from layerwise.report.bench_document import bench_document


def scenario(*rows, **rest) -> dict:
    return valid(bench_document(bench(*rows, **rest)))["scenarios"][-1]


def test_a_scenario_has_its_figures_with_their_basis():
    code = valid(bench_document(montage()))["scenarios"][2]
    assert (code["name"], code["platform"], code["changes"]) == ("code", "linux/amd64", "src/montage/cli.py changed")
    assert (code["before_s"], code["after_s"], code["basis"]) == (65.1, 5.4, "measured")
    assert (code["before_spread_s"], code["after_runs_s"]) == (1.302, [5.4, 5.292, 5.508])
    assert (code["times_faster"], code["reduction"], code["trend"]) == (12.0556, 0.9171, "faster")
    assert (code["before_below_cold"], code["after_below_cold"]) == (0.024, 0.919)
    assert (code["before_cache_bytes"], code["after_cache_bytes"]) == (2_300_000_000, 1_000_000_000)
    assert code["predicted"] == {
        "before_s": 58.0, "after_s": 6.2, "before_error": -0.1091, "after_error": 0.1481, "basis": "predicted",
    }  # fmt: skip


def test_what_was_not_measured_is_null_and_says_why():
    found = scenario(predicted(row("a", unmeasured="the budget was spent"), 9.0, basis=Basis.PRIOR))
    assert found["unmeasured"] == "the budget was spent"
    assert (found["before_s"], found["after_s"], found["basis"], found["trend"]) == (None, None, "unknown", "unknown")
    assert (found["predicted"]["before_s"], found["predicted"]["basis"]) == (9.0, "prior")


def test_cold_itself_is_not_compared_with_itself():
    cold = scenario(row("cold", 60.0, 30.0))
    assert (cold["before_below_cold"], cold["after_below_cold"]) == (None, 0.5)


def test_without_a_plan_nothing_is_said_of_after():
    found = scenario(row("cold", 60.0), planned=False)
    assert [value for key, value in found.items() if key.startswith("after")] == [None, None, [], None, None]


def test_a_prediction_on_which_nothing_stands_is_null():
    found = scenario(predicted(row("cold", 60.0), 50.0, basis=Basis.UNKNOWN))
    assert found["predicted"]["before_s"] is None


@pytest.mark.parametrize(("seconds", "trend"), [(5.0, "faster"), (60.0, "level"), (90.0, "slower")])
def test_a_trend_is_beyond_noise(seconds, trend):
    assert scenario(row("code", 60.0, seconds))["trend"] == trend


def test_one_run_has_no_spread():
    assert scenario(row("code", figure(1.0, times=1)), planned=False)["before_spread_s"] is None


def test_the_error_of_the_predictions_is_their_median():
    assert valid(bench_document(montage()))["predictions"] == {"figures": 12, "median_error": 0.1167}
    assert valid(bench_document(bench()))["predictions"] == {"figures": 0, "median_error": None}


@given(benches())
def test_every_bench_is_as_its_schema_says(made: Bench):
    valid(bench_document(made))
