from hypothesis import given
from hypothesis import strategies as st

from layerwise.syntax.display import one_line


def test_white_space_is_folded() -> None:
    assert one_line("RUN  a \\n\t b") == "RUN a \\n b"


def test_what_a_terminal_would_obey_is_replaced() -> None:
    assert one_line("RUN \x1b[2J \udcff") == "RUN \ufffd[2J \ufffd"


@given(st.text())
def test_the_result_is_one_printable_line(text: str) -> None:
    assert one_line(text).isprintable()
