from layerwise.prove.excerpt import excerpt


def test_lines_that_differ_are_shown_with_one_around_them() -> None:
    assert excerpt(b"a\nb\nc\nd\n", b"a\nb\nC\nd\n") == ("@@ -2,3 +2,3 @@", " b", "-c", "+C", " d")


def test_the_rest_of_a_long_diff_is_left_out() -> None:
    found = excerpt(b"", b"x\n" * 100)
    assert len(found) == 9
    assert found[-1] == "..."


def test_a_long_line_is_cut() -> None:
    assert max(map(len, excerpt(b"a" * 1000, b"b" * 1000))) == 160


def test_what_is_no_text_is_not_shown() -> None:
    assert excerpt(b"\0", b"a") == excerpt(b"a", b"\xff") == ()


def test_more_lines_than_anyone_reads_are_not_compared() -> None:
    assert excerpt(b"a\n" * 4000, b"a\n") == ()


def test_only_line_ends_differ() -> None:
    assert excerpt(b"a\nb\n", b"a\r\nb\r\n") == ()
