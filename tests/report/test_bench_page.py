from hypothesis import given
from tests.report.bench_strategies import benches
from tests.report.benches import bench, montage, row
from tests.report.html_reader import headings, read

from layerwise.report.bench_page import bench_page


def test_the_headline_is_first_then_bars_and_tables():
    page = bench_page(montage())
    assert page.index("<h1>With the plan, code is 12 times faster") < page.index("<svg") < page.index("<table>")
    assert headings(page) == [
        "Seconds before and after",
        "Predicted before the bench",
        "Not measured",
        "How it was measured",
    ]


def test_without_a_plan_there_is_no_before_and_after():
    assert headings(bench_page(bench(row("cold", 9.0), planned=False))) == ["Seconds", "How it was measured"]


@given(benches())
def test_every_page_is_well_formed(made):
    assert "script" not in read(bench_page(made)).tags
