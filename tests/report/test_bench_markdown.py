import re

from hypothesis import given
from tests.report.bench_strategies import MARKUP, benches
from tests.report.benches import AMD64, ARM64, bench, montage, predicted, row

from layerwise.prove.bench.result import Bench
from layerwise.report.bench_markdown import bench_markdown

CELL = re.compile(r"(?<!\\)\|")


def test_the_verdict_and_the_tables_are_seen_and_the_rest_is_folded_away():
    text = bench_markdown(montage(AMD64, ARM64))
    assert text.startswith(
        "**With the plan, code is 12 times faster on linux/amd64 (65.1 s to 5.40 s) and on linux/arm64"
    )
    assert (
        "\n| scenario | changes | before | after | change | vs cold | cache |\n|---|---|---:|---:|---:|---:|---|\n"
        in text
    )
    assert re.findall("<summary>(.*)</summary>", text) == [
        "Predicted before the bench",
        "Not measured",
        "How it was measured",
    ]
    assert text.count("<details>") == text.count("</details>") == 3


def test_markup_in_a_name_is_text():
    text = bench_markdown(bench(row(MARKUP, 1.0, 2.0, subject="@octocat #1\n|x|"), notes=(MARKUP,)))
    assert "<b" not in text
    assert "</script>" not in text
    assert "@octocat" not in text
    assert "\\*\\_\\[a\\]" in text


def test_hundreds_of_rows_fit_into_a_comment():
    text = bench_markdown(bench(*(row(f"dockerfile:{number}", 9.0, 8.0) for number in range(400))))
    assert "\nand 300 more." in text
    assert len(text) < 65_536


def test_predictions_that_do_not_fit_are_counted():
    many = [predicted(row(f"dockerfile:{number}", unmeasured="not asked for"), 9.0) for number in range(300)]
    assert "\nand 200 more.\n" in bench_markdown(bench(*many, planned=False))


def test_nothing_measured_has_no_table():
    assert "|" not in bench_markdown(bench())


@given(benches())
def test_every_table_is_whole(made: Bench):
    text = bench_markdown(made)
    widths = [[len(CELL.findall(line)) for line in block.splitlines()] for block in _tables(text)]
    assert all(len(set(each)) == 1 for each in widths)


def _tables(text: str) -> list[str]:
    return re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE)
