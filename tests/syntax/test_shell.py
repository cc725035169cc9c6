import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.syntax.shell import parse_shell
from layerwise.syntax.shell_tree import (
    Case,
    Chain,
    Command,
    Condition,
    Expansion,
    For,
    Function,
    Glob,
    Group,
    If,
    Negated,
    Node,
    Pipeline,
    Redirected,
    Script,
    Substitution,
    Text,
    While,
)


def parsed(text: str) -> Script:
    script = parse_shell(text)
    assert script is not None, text
    return script


def only(text: str) -> Node:
    (statement,) = parsed(text).statements
    return statement.node


def command(text: str) -> Command:
    node = only(text)
    assert isinstance(node, Command), node
    return node


def name_of(node: Node) -> str:
    assert isinstance(node, Command)
    assert node.name is not None
    return node.name.raw


def literals(text: str) -> list[str | None]:
    return [word.literal for word in command(text).arguments]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("x a 'b c' \"d e\" f\\ g", ["a", "b c", "d e", "f g"]),
        ("x a'b'\"c\"", ["abc"]),
        ("x 'it'\\''s'", ["it's"]),
        ('x "a\\"b\\\\c\\d"', ['a"b\\c\\d']),
        ("x \\; {} +", [";", "{}", "+"]),
        ("x -DA=1 --b='c d' 1 2.3 a#b", ["-DA=1", "--b=c d", "1", "2.3", "a#b"]),
        ("x $'plain' $'es\\ncaped'", ["plain", None]),
        ("x ~/a '~/a'", [None, "~/a"]),
        ("x '' \"\"", ["", ""]),
        ("x ünï 'ço dé'", ["ünï", "ço dé"]),
    ],
)
def test_a_words_literal_is_what_the_shell_hands_on(text, values):
    assert literals(text) == values


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            '"a $B $C"',
            (Text("a ", quoted=True), Expansion("B", quoted=True), Text(" ", quoted=True), Expansion("C", quoted=True)),
        ),
        ("$A/b", (Expansion("A"), Text("/b"))),
        ("${A}", (Expansion("A"),)),
        ("${A%%.*}", (Expansion("A", "other"),)),
        ("*.py", (Glob("*"), Text(".py"))),
        (".[dev]", (Text("."), Glob("[dev]"))),
        ("/x/{a,b}/c", (Text("/x/"), Glob("{a,b}/c", braces=True))),
        ("'*'", (Text("*", quoted=True),)),
        ("\\*", (Text("*", quoted=True),)),
    ],
)
def test_a_words_parts_say_what_is_expanded(text, parts):
    assert command(f"x {text}").arguments[0].parts == parts


def test_a_default_is_a_word_of_its_own():
    (part,) = command("x ${A:-$B/c}").arguments[0].parts
    assert isinstance(part, Expansion)
    assert (part.name, part.operator) == ("A", ":-")
    assert part.word is not None
    assert part.word.variables == ("B",)
    assert command("x ${A:-$B/c}").arguments[0].variables == ("A", "B")


def test_a_substitution_holds_its_script():
    (_, part) = command('x "$(ls a | b)"').arguments[0].parts
    assert isinstance(part, Substitution)
    assert isinstance(part.script, Script)
    assert isinstance(part.script.statements[0].node, Pipeline)
    assert command("x `date`").arguments[0].dynamic


def test_a_nested_backquote_is_kept_unknown():
    (part,) = command("x `echo \\`y\\``").arguments[0].parts
    assert part == Substitution(None)


def test_spans_count_characters_of_the_script():
    text = "écho ü; touch ñ/x"
    node = parsed(text).statements[1].node
    assert isinstance(node, Command)
    assert node.name is not None
    assert text[slice(*node.name.span)] == "touch"
    assert text[slice(*node.arguments[0].span)] == "ñ/x"


def test_a_chain_is_flat_and_in_order():
    chain = only("a && b || c && d")
    assert isinstance(chain, Chain)
    assert name_of(chain.first) == "a"
    assert [(operator, name_of(node)) for operator, node in chain.rest] == [("&&", "b"), ("||", "c"), ("&&", "d")]


@pytest.mark.parametrize(
    ("text", "connectors"), [("a; b", [";", ""]), ("a\nb\n", ["\n", ""]), ("a & b", ["&", ""]), ("a &", ["&"])]
)
def test_connectors_say_what_ends_a_statement(text, connectors):
    assert [one.connector for one in parsed(text).statements] == connectors


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a | b |& c", Pipeline),
        ("! a", Negated),
        ("(a; b)", Group),
        ("{ a; }", Group),
        ("if a; then b; elif c; then d; else e; fi", If),
        ("for i in a b; do c; done", For),
        ("while a; do b; done", While),
        ("until a; do b; done", While),
        ("for ((i=0;i<3;i++)); do a; done", While),
        ("case $x in a|b) c;; *) d;; esac", Case),
        ("f() { a; }", Function),
        ("function f { a; }", Function),
        ("[ -f x ]", Condition),
        ("[[ $a == b* ]]", Condition),
        ("((x > 1))", Condition),
        ("{ a; } > f", Redirected),
        ("A=1 B=2", Command),
        ("export A=1 B", Command),
        ("> f", Command),
    ],
)
def test_each_construct_has_its_node(text, kind):
    assert isinstance(only(text), kind)


def test_branches_of_an_if_keep_their_conditions():
    node = only("if a; then b; elif c; then d; else e; fi")
    assert isinstance(node, If)
    found = [tuple(name_of(part.statements[0].node) for part in pair) for pair in node.branches]
    assert found == [("a", "b"), ("c", "d")]
    assert name_of(node.otherwise.statements[0].node) == "e"


def test_words_behind_a_redirect_are_arguments():
    node = command("echo >&2 'no way' now")
    assert [word.literal for word in node.arguments] == ["no way", "now"]
    (redirect,) = node.redirects
    assert (redirect.operator, redirect.target.literal) == (">&", "2")


def test_a_redirect_in_front_leaves_the_name():
    node = command(">f foo a")
    assert name_of(node) == "foo"
    assert [word.literal for word in node.arguments] == ["a"]


def test_what_follows_a_heredoc_on_its_line_belongs_to_the_chain():
    script = parsed("a && cat <<EOF > /x && foo\nbody $X\nEOF\nbar")
    chain, last = (statement.node for statement in script.statements)
    assert isinstance(chain, Chain)
    cat = chain.rest[0][1]
    assert isinstance(cat, Command)
    assert [one.operator for one in cat.redirects] == [">", "<<"]
    assert cat.redirects[1].target.variables == ("X",)
    assert [name_of(node) for _, node in chain.rest] == ["cat", "foo"]
    assert name_of(last) == "bar"


def test_a_piped_heredoc_feeds_its_command():
    node = only("cat <<EOF | b | c\nbody\nEOF")
    assert isinstance(node, Pipeline)
    assert [name_of(one) for one in node.commands] == ["cat", "b", "c"]


def test_a_quoted_heredoc_reads_no_variables():
    node = command("cat <<'EOF'\n$X $(y)\nEOF")
    assert node.redirects[0].target.variables == ()


def test_a_comment_in_backquotes_is_nothing():
    node = command("apt-get install a `# why` b")
    assert [word.literal for word in node.arguments] == ["install", "a", "b"]


@pytest.mark.parametrize(
    "text",
    ["if a; then", "a &&", "'open", "$(", "a | | b", "cat <<A <<B\n1\nA\n2\nB", ")", "cat <<EOF\n`x`\nEOF", "x a\\\nb"],
)
def test_what_is_not_understood_is_none(text):
    assert parse_shell(text) is None


@pytest.mark.parametrize("text", ["", "\n", "# only a comment"])
def test_a_script_may_be_empty(text):
    assert parsed(text).statements == ()


def test_a_long_chain_is_no_recursion():
    chain = only(" && ".join(["a"] * 3000))
    assert isinstance(chain, Chain)
    assert len(chain.rest) == 2999


def test_deep_nesting_is_none():
    assert parse_shell("(" * 2000 + "a" + ")" * 2000) is None


_PIECES = st.sampled_from(
    [
        "a",
        "'b c'",
        '"$X y"',
        "&&",
        "||",
        ";",
        "\n",
        "|",
        "(",
        ")",
        "{",
        "}",
        "if",
        "then",
        "fi",
        "for",
        "in",
        "do",
        "done",
        "$(x)",
        ">f",
        "<<E\n",
        "E\n",
        "`",
        "${X:-y}",
        "[",
        "]",
        "case",
        "esac",
        "x=1",
        "é",
        "\\",
        "&",
        "#c",
        "((",
        "))",
        "$((1+x))",
        "while",
        "!",
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=25).map(" ".join)))
def test_any_text_is_parsed_or_refused(text):
    script = parse_shell(text)
    assert script is None or all(statement.connector in {";", "\n", "&", ""} for statement in script.statements)
