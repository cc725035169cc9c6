from tests.report.proofs import DIFF

from layerwise.report.diff_lines import diff_lines


def test_each_line_has_a_kind():
    assert [kind for kind, _ in diff_lines(DIFF)] == [
        "file", "file", "hunk", "same", "add", "same", "del", "hunk", "del", "add", "same",
    ]  # fmt: skip


def test_a_line_that_goes_and_looks_like_a_file_name_is_one_that_goes():
    assert ("del", "--- not a file name") in tuple(diff_lines(DIFF))


def test_a_second_file_begins_after_the_last_hunk():
    two = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n--- a/y\n+++ b/y\n@@ -0,0 +1,2 @@\n+c\n+d\n"
    assert [kind for kind, _ in diff_lines(two)].count("file") == 4


def test_nothing_in_a_line_is_obeyed():
    assert tuple(diff_lines("@@ -0,0 +1 @@\n+a\tb\x1b[2J\u202e\r\n"))[1] == (
        "add", "+a      b\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}"
    )  # fmt: skip


def test_no_diff_has_no_lines():
    assert tuple(diff_lines("")) == ()
