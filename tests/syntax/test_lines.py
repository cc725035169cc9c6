from layerwise.syntax.parser import decode, parse
from layerwise.syntax.tree import Instruction


def only(body: str, **kind: str) -> Instruction:
    """The one instruction below a FROM."""
    (stage,) = parse(f"FROM a\n{body}", **kind).stages
    (instruction,) = stage.instructions
    return instruction


def test_joining_adds_nothing_and_keeps_the_white_space_of_continuation_lines():
    assert only("RUN a \\\n\t b\\\nc\n").text == "a \t bc"


def test_comments_and_empty_lines_inside_a_continuation_are_dropped():
    assert only("RUN a\\\n# b \\\n\n  # c\n \t\n d\n").text == "a d"


def test_a_comment_inside_a_continuation_that_ends_in_the_escape_character_does_not_continue():
    assert only("RUN a \\\n# c \\\n b").text == "a  b"


def test_a_comment_may_be_indented_by_any_white_space():
    assert only("RUN a \\\n\u3000\x0b# c\n b").text == "a  b"


def test_a_hash_later_in_a_line_is_text():
    assert only("RUN a # b").text == "a # b"


def test_blanks_may_follow_the_escape_character():
    assert only("RUN a \\ \t\n b").text == "a  b"


def test_other_white_space_behind_the_escape_character_ends_the_line():
    assert only("RUN a \\\x0c").text == "a \\"


def test_a_doubled_escape_character_ends_the_line():
    first, second = parse("FROM a\nRUN b \\\\\nRUN c\n").stages[0].instructions
    assert (first.text, second.text) == ("b \\\\", "c")


def test_three_escape_characters_end_the_line_too():
    first, second = parse("FROM a\nRUN b \\\\\\\nRUN c\n").stages[0].instructions
    assert (first.text, second.text) == ("b \\\\\\", "c")


def test_a_continuation_at_the_end_of_the_file_just_ends():
    run = only("RUN a \\\n# b\n\n")
    assert (run.text, run.line, run.end_line) == ("a", 2, 4)


def test_a_line_that_is_only_the_escape_character_continues_into_the_next():
    run = only("\\\n  RUN a\n")
    assert (run.keyword, run.text, run.line, run.end_line) == ("RUN", "a", 2, 3)


def test_a_keyword_may_be_continued():
    tree = parse("FROM a\nRU\\\nN b\n")
    (run,) = tree.stages[0].instructions
    assert (run.keyword, run.text) == ("RUN", "b")
    assert tree.source(run.span) == "RU\\\nN b"


def test_carriage_returns_are_no_part_of_an_instruction():
    tree = parse("FROM a\r\nRUN b \\\r\n  c\r\nUSER d\r\r\n")
    run, user = tree.stages[0].instructions
    assert (run.text, user.text) == ("b   c", "d")
    assert tree.source(run.span) == "RUN b \\\r\n  c"
    assert tree.source(user.span) == "USER d"


def test_lines_end_at_line_feeds_only():
    tree = parse("FROM a\nRUN b\x0bc\u2028d\x85\n")
    (run,) = tree.stages[0].instructions
    assert run.text == "b\x0bc\u2028d"


def test_a_byte_order_mark_is_kept_and_no_part_of_anything():
    tree = parse("\ufeff# c\nFROM a\n")
    assert str(tree) == "\ufeff# c\nFROM a\n"
    assert tree.source(tree.stages[0].opening.block) == "# c\nFROM a\n"


def test_bytes_that_are_no_utf_8_survive():
    content = b"FROM a\nLABEL x=\xff\xfe\n"
    assert str(parse(decode(content))).encode("utf-8", "surrogateescape") == content


def test_keywords_come_in_upper_case():
    assert only("cOpY a b").keyword == "COPY"
    assert only("newer a b").keyword == "NEWER"


def test_a_no_break_space_does_not_part_the_keyword_from_the_rest():
    assert only("RUN\xa0a b").keyword == "RUN\xa0A"


def test_white_space_of_any_kind_is_cut_from_both_ends_of_the_text():
    assert only("RUN \u3000 a \xa0\n").text == "a"


def test_a_position_is_counted_from_one():
    tree = parse("FROM a\n  RUN b\n")
    (run,) = tree.stages[0].instructions
    assert tree.position(run.span.start) == (2, 3)
    assert tree.position(0) == (1, 1)
    assert tree.position(len(tree.text)) == (2, 9)
