import pytest

from layerwise.invocation.shell import calls, filled


def words(text: str, **variables: str) -> list[list[str]]:
    return [[argument.text for argument in call.words] for call in calls(text, variables=variables)]


def test_variables_of_the_script_are_filled_in():
    assert words('TAG=v1\nexport NAME="app:$TAG"\na $NAME ${TAG}-x') == [["a", "app:v1", "v1-x"]]


def test_a_command_substitution_stays_as_written():

    assert words('SHA=$(git rev-parse HEAD)\na "$SHA"') == [["a", "$(git rev-parse HEAD)"]]


def test_single_quotes_and_escapes_keep_the_dollar():
    assert words("A=1\na '$A' \\$A \"$A\"") == [["a", "$A", "$A", "1"]]


def test_what_nobody_sets_stays_as_written_and_a_default_counts():
    assert words("a $1 ${X} ${Y:-d} ${Z:=$1}") == [["a", "$1", "${X}", "d", "$1"]]


def test_an_unquoted_variable_splits_and_a_quoted_one_does_not():
    assert words('O="-a b"\nx $O "$O"') == [["x", "-a", "b", "-a b"]]


def test_arrays_keep_their_words():
    assert words('A=(-a "b c")\nA+=(-d)\nx "${A[@]}"') == [["x", "-a", "b c", "-d"]]


def test_an_array_set_again_starts_anew():
    assert words('A=(a)\nA=(b)\nx "${A[@]}"') == [["x", "b"]]


def test_an_assignment_before_a_command_is_its_own():
    (first, second) = calls("A=1 a\nb")
    assert first.variables["A"] == "1"
    assert "A" not in second.variables


def test_a_loop_over_listed_words_is_unrolled():
    assert words("for x in a b; do for y in 1 2; do c $x$y; done; done; d $x") == [
        ["c", "a1"],
        ["c", "a2"],
        ["c", "b1"],
        ["c", "b2"],
        ["d", "$x"],
    ]


def test_a_loop_over_what_only_a_run_can_tell_runs_once():
    assert words("for x in $(ls); do c $x; done") == [["c", "$x"]]


def test_conditions_count_as_taken():
    assert words("if true; then a; else b; fi; while c; do d; done") == [["true"], ["a"], ["b"], ["fi"], ["c"], ["d"]]


def test_cd_leads_the_commands_after_it():
    first, second = calls("a; cd app && cd ../lib; b")
    assert first.directories == (".",)
    assert second.directories[0] == "lib"
    assert "." in second.directories


@pytest.mark.parametrize("unknown", ['"$(dirname "$0")"', "$DIR", "-"])
def test_cd_to_an_unknown_place_changes_nothing_that_is_known(unknown):
    (call,) = calls(f"cd {unknown}; a", directories=("scripts", "."))
    assert "scripts" in call.directories


def test_a_call_knows_its_line():
    (call,) = calls("A=1\n\na \\\n  b", line=5)
    assert [argument.line for argument in call.words] == [7, 8]


def test_filled_leaves_workflow_expressions_alone():
    assert filled("${{ matrix.x }}-$A", {"A": "1", "matrix": "no"}) == "${{ matrix.x }}-1"
