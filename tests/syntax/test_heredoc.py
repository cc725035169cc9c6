import pytest

from layerwise.errors import DockerfileError
from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Copy, Heredoc, Instruction, Onbuild, Unknown


def only(body: str) -> Instruction:
    (instruction,) = parse(f"FROM a\n{body}").stages[0].instructions
    return instruction


def the(body: str) -> Heredoc:
    (heredoc,) = only(body).heredocs
    return heredoc


def test_a_body_is_what_stands_between_the_line_and_the_name():
    tree = parse("FROM a\nRUN cat <<EOF >/x\n one\n\n# two\nEOF\nUSER b\n")
    run, user = tree.stages[0].instructions
    (heredoc,) = run.heredocs
    assert heredoc.content == tree.source(heredoc.body) == " one\n\n# two\n"
    assert tree.source(heredoc.opener) == "<<EOF"
    assert (heredoc.name, heredoc.file_descriptor, heredoc.expand, heredoc.chomp) == ("EOF", 0, True, False)
    assert run.text == "cat <<EOF >/x"
    assert tree.source(run.span) == "RUN cat <<EOF >/x\n one\n\n# two\nEOF"
    assert (run.line, run.end_line, user.line) == (2, 6, 7)


def test_content_keeps_crlf_and_the_name_is_compared_without():
    assert the("RUN <<EOF\r\na\r\nb\nEOF\r\n").content == "a\r\nb\n"


def test_an_empty_body_is_empty():
    assert the("RUN <<EOF\nEOF").content == ""


def test_a_dash_strips_leading_tabs_from_the_content_and_the_name():
    tree = parse("FROM a\nRUN <<-EOF\n\t\ta\tb\n\n \tc\n\tEOF\n")
    (heredoc,) = tree.stages[0].instructions[0].heredocs
    assert heredoc.content == "a\tb\n\n \tc\n"
    assert tree.source(heredoc.body) == "\t\ta\tb\n\n \tc\n"
    assert heredoc.chomp


@pytest.mark.parametrize("opener", ["<<'EOF'", '<<"EOF"', "<<E'O'F", "<<EOF''"])
def test_a_quoted_name_stops_expansion(opener: str):
    heredoc = the(f"COPY {opener} /x\n$a\nEOF\n")
    assert (heredoc.name, heredoc.expand) == ("EOF", False)


@pytest.mark.parametrize(("opener", "name"), [("<<\\EOF", "EOF"), ("<<$x", "$x"), ('<<"a b"', "a b")])
def test_the_name_is_what_the_lexer_leaves(opener: str, name: str):
    assert the(f"RUN cat {opener}\nx\n{name}\n").name == name


def test_several_bodies_are_read_in_the_order_opened():
    copy = only("COPY <<one 3<<-'two' /x/\n1\ntwo\none\n\t2\n\ttwo\n")
    assert [(doc.name, doc.content, doc.file_descriptor) for doc in copy.heredocs] == [
        ("one", "1\ntwo\n", 0),
        ("two", "2\n", 3),
    ]
    assert isinstance(copy, Copy)
    assert [word.text for word in copy.sources] == ["<<one", "3<<-'two'"]
    assert copy.destination.text == "/x/"


def test_the_body_begins_below_the_whole_logical_line():
    run = only("RUN <<EOF \\\n  # c\n  && b\nx\nEOF\n")
    assert (run.text, run.heredocs[0].content) == ("<<EOF   && b", "x\n")


def test_an_opener_may_stand_on_a_continuation_line():
    tree = parse("FROM a\nRUN a && \\\n  cat <<EOF\nx\nEOF\n")
    (heredoc,) = tree.stages[0].instructions[0].heredocs
    assert tree.source(heredoc.opener) == "<<EOF"
    assert tree.position(heredoc.opener.start) == (3, 7)


@pytest.mark.parametrize(
    "body",
    [
        "RUN cat <<<EOF",
        "RUN echo $((1<<2))",
        "RUN a<<EOF",
        "RUN cat << ",
        "RUN cat <<-",
        "RUN cat <<''",
        "RUN cat '<<EOF'",
        "RUN echo it's <<EOF",
        "RUN echo ${a^^} <<EOF",
        "RUN cat <<${x:-EOF}",
        'RUN ["cat", "<<EOF"]',
        "ENV a=<<EOF",
        "NEWER <<EOF",
        "ONBUILD ENV a=<<EOF",
    ],
)
def test_what_looks_like_one_and_is_none(body: str):
    assert only(body + "\n").heredocs == ()


def test_the_escape_directive_does_not_rule_the_line_that_opens_one():
    tree = parse("# escape=`\nFROM a\nRUN cat `<<EOF \\<<EOF\n")
    assert tree.stages[0].instructions[0].heredocs == ()


def test_one_under_onbuild_belongs_to_both():
    onbuild = only("ONBUILD RUN <<EOF\na\nEOF\n")
    assert isinstance(onbuild, Onbuild)
    assert onbuild.heredocs == onbuild.trigger.heredocs
    assert onbuild.heredocs[0].content == "a\n"
    assert (onbuild.end_line, onbuild.trigger.end_line) == (4, 4)
    assert onbuild.span.end == onbuild.trigger.span.end


def test_one_of_a_trigger_that_is_refused_later_is_read_too():
    onbuild = only("ONBUILD COPY <<EOF\na\nEOF\n")
    assert isinstance(onbuild, Onbuild)
    assert isinstance(onbuild.trigger, Unknown)
    assert onbuild.trigger.opaque
    assert onbuild.heredocs[0].content == "a\n"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("RUN cat <<EOF>/x\na\nEOF\n", "put one behind it"),
        ("RUN echo $(( 1 << 2 ))\n", "write $((1<<2)) without blanks"),
        ("RUN echo $(( 1 << x))\n", "write $((1<<2)) without blanks"),
        ("RUN cat <<EOF\na\n", "a line with just EOF is missing"),
    ],
)
def test_one_without_end_is_refused_where_it_opens(body: str, words: str):
    with pytest.raises(DockerfileError) as raised:
        only(body)
    (problem,) = raised.value.problems
    assert problem.line == 2
    assert problem.excerpt[problem.column - 1 :].startswith("<<")
    assert words in problem.message


def test_one_is_no_destination():
    with pytest.raises(DockerfileError, match="can't be the destination"):
        only("COPY a <<EOF\nx\nEOF\n")


def test_a_name_that_cannot_be_read_is_no_source_and_no_destination():
    copy = only('COPY <<"a <<"b c\n')
    assert isinstance(copy, Copy)
    assert [word.text for word in copy.sources] == ['<<"a', '<<"b']


def test_the_bodies_of_a_refused_line_are_not_read_as_instructions():
    with pytest.raises(DockerfileError) as raised:
        only("RUN --network=x <<EOF\nCOPY a\nEOF\nCOPY b\n")
    assert [problem.line for problem in raised.value.problems] == [2, 5]
