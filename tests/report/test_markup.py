import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.report.markup import code, fenced, plain, table_row


@pytest.mark.parametrize(
    ("text", "shown"), [("RUN x", "`RUN x`"), ("RUN `x`", "`` RUN `x` ``"), ("a ``` b", "```` a ``` b ````")]
)
def test_code_is_fenced_by_more_backticks_than_it_has(text, shown):
    assert code(text) == shown


@given(st.lists(st.text(), min_size=1))
def test_a_row_is_one_line_with_as_many_cells_as_were_given(cells):
    row = table_row(*cells)
    assert len(row.splitlines()) == 1
    assert row.replace("\\|", "").count("|") == len(cells) + 1


def test_a_block_of_code_is_fenced_by_more_backticks_than_it_has():
    assert fenced("", "a\n") == "```\na\n```"
    assert fenced("sh", "````\n") == "`````sh\n````\n`````"


def test_words_of_others_are_no_markup_and_notify_nobody():
    assert plain("<b>*x*</b> @me #1 [a](b)") == (r"&lt;b&gt;\*x\*&lt;/b&gt; @<!-- -->me #<!-- -->1 \[a\](b)")


@given(st.text())
def test_no_tag_of_others_comes_through(text):
    assert re.findall("<(?!!-- -->)", plain(text)) == []
