from dataclasses import replace

from hypothesis import given
from tests.report.bench_strategies import benches
from tests.report.benches import AMD64, ARM64, bench, figure, montage, predicted, row
from tests.report.builds import screen

from layerwise.prove.bench.result import Bench
from layerwise.records import Basis
from layerwise.report.bench_text import bench_text


def shown(made: Bench, width: int = 120, encoding: str = "utf-8") -> str:
    return screen(bench_text(made), width, encoding)


def line_of(text: str, words: str) -> str:
    return next(line for line in text.splitlines() if words in line)


def as_it_stands(made: Bench) -> Bench:
    rows = (replace(one, after=None, predicted_after_s=None) for one in made.rows)
    return replace(made, planned=False, rows=tuple(rows))


def test_the_headline_is_first_then_what_a_reader_must_know():
    lines = shown(montage()).splitlines()
    assert lines[0].startswith("With the plan, code is 12 times faster (65.1 s to 5.40 s, measured 3 times)")
    assert lines[1:4] == [
        "  shop, Dockerfile, timed builds took 13 min of 60 min given",
        "  Each side has a cache scope of its own on builder default; nothing of it is evicted for the bench",
        "  2 of 3 rounds were left out for the budget",
    ]


def test_a_bench_that_built_nothing_says_so():
    assert "\n  shop, Dockerfile, no build was timed\n" in shown(bench(spent_s=0.0, budget_s=60.0))


def test_a_scenario_has_both_sides_with_spread_change_cold_and_cache():
    out = shown(montage())
    assert line_of(out, "scenario").split() == "scenario changes before after change vs cold cache".split()  # noqa: SIM905
    cells = line_of(out, "src/montage/cli.py")
    assert cells.startswith("code          src/montage/cli.py chan…  ▊░░░░░░░░    65.1 s ± 1.3  5.40 s ± 0.11")
    assert cells.endswith("-91%   -2% -> -91%  2.3 GB -> 1.0 GB")


def test_a_bar_is_after_and_goes_on_lightly_to_before():
    out = shown(bench(row("cold", 10.0, 5.0), row("base", 5.0, 10.0)))
    assert "█████░░░░░" in line_of(out, "cold changed")
    assert "██████████" in line_of(out, "base changed")
    plain = shown(bench(row("cold", 10.0, 5.0), row("base", 5.0, 10.0)), encoding="ascii")
    assert "#####....." in line_of(plain, "cold changed")


def test_a_bench_without_a_plan_has_only_what_stands():
    out = shown(as_it_stands(montage()))
    assert line_of(out, "scenario").split() == "scenario changes before vs cold cache".split()  # noqa: SIM905
    assert "-99%" in line_of(out, "the same inputs again")
    assert "after" not in out


def test_predictions_stand_beside_what_was_measured_with_their_basis():
    out = shown(montage())
    assert line_of(out, "scenario      file").split() == "scenario file predicted measured off by basis".split()  # noqa: SIM905
    assert "code          before     58.0 s   65.1 s ± 1.3    -10%  predicted" in out
    assert "dockerfile:9  after      30.0 s              -          prior" in out
    assert "12 predictions were off by 11% in the median.\n" in out


def test_the_error_of_predictions_is_told_by_platform():
    made = bench(predicted(row("cold", 10.0), 12.0), predicted(row("cold", 10.0, platform=ARM64), 14.0), planned=False)
    assert "2 predictions were off by 30% in the median (linux/amd64 20% and linux/arm64 40%)." in shown(made)


def test_one_prediction_has_no_median():
    made = bench(predicted(row("cold", 10.0), 12.0), planned=False)
    assert "One prediction was off by 20%.\n" in shown(made)


def test_a_prediction_on_which_nothing_stands_is_not_shown():
    assert "redict" not in shown(bench(predicted(row("cold", 10.0, 9.0), 12.0, 11.0, Basis.UNKNOWN)))


def test_many_predictions_are_cut_and_counted():
    many = [predicted(row(f"dockerfile:{number}", unmeasured="not asked for"), 9.0) for number in range(300)]
    out = shown(bench(predicted(row("cold", 10.0), 12.0), *many, planned=False))
    assert "and 277 more, which --format json holds" in out
    assert "dockerfile:0, dockerfile:1, dockerfile:2, dockerfile:3, dockerfile:4, dockerfile:5" in out
    assert "and 292 more: not asked for." in " ".join(out.split())
    assert len(out.splitlines()) < 50


def test_what_was_not_measured_is_listed_by_reason():
    out = shown(montage(AMD64, ARM64))
    assert out.endswith(
        "Not measured\n"
        "  dockerfile:9: only a first, a middle and a last instruction are measured.\n"
        "  checkout: the budget was spent.\n"
    )
    apart = bench(row("a", 1.0), row("a", platform=ARM64, unmeasured="no such builder."), row("b"))
    assert "  a on linux/arm64: no such builder.\n  b: nobody knows why.\n" in shown(apart)


def test_signs_are_explained_where_they_stand():
    assert "\nnoise: before and after differ by less than 0.3 s, 5%, or what runs differ by\n" in shown(montage())
    once = bench(row("code", figure(1.0, times=1), figure(1.1, times=1)))
    assert "measured once\nnoise, where a side was measured once: by less than 1.0 s or 20%\n" in shown(once)
    assert "±" not in shown(once)
    assert "vs cold" not in shown(once)


def test_a_narrow_terminal_leaves_out_the_cache_first():
    for width, there in ((120, (True, True)), (100, (True, False)), (80, (False, False))):
        header = line_of(shown(montage(), width), "scenario")
        assert ("vs cold" in header, "cache" in header) == there
        assert all(len(line) <= width for line in shown(montage(), width).splitlines())


def test_what_a_name_holds_is_not_obeyed():
    out = shown(bench(row("a\x1b[2J\nb", 1.0, 2.0, subject="c\nd"), project="p\x07"))
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "a\N{REPLACEMENT CHARACTER}[2J b" in out


def test_seconds_have_three_digits_and_hundredths_at_the_most():
    made = bench(row("a", 0.614), row("b", 9.999), row("c", 99.96), row("d", 2412.0), planned=False)
    assert {"0.61", "10.0", "100", "2412"} <= set(shown(made).split())


@given(benches())
def test_every_bench_can_be_shown(made: Bench):
    out = shown(made)
    assert all(line.isprintable() for line in out.splitlines())
