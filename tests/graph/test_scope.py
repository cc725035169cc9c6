import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.graph.arguments import platform_arguments
from layerwise.graph.context import Context
from layerwise.graph.lower import lower
from layerwise.graph.request import Request
from layerwise.graph.scope import Scope, Value, expand, unknown
from layerwise.graph.vertex import Step
from layerwise.syntax.parser import parse


def run(text: str, platform: str = "linux/amd64", **request: object) -> Step:
    context = Context.from_paths([])
    return lower(parse(text), Request(context=context, **request), platform).steps[-1]  # type: ignore[arg-type]


def environment(text: str, platform: str = "linux/amd64", **request: object) -> dict[str, str]:
    step = run(text, platform, **request)
    return {label.removeprefix("env "): value for label, value in step.definition if label.startswith("env ")}


@pytest.mark.parametrize(
    ("lines", "build_args", "expected"),
    [
        ("ARG X", {}, {}),
        ("ARG X=1", {}, {"X": "1"}),
        ("ARG X=1", {"X": "2"}, {"X": "2"}),
        ("ARG X", {"X": ""}, {"X": ""}),
        ("ARG Y", {"X": "2"}, {}),
        ("ARG X=1 Y=$X", {}, {"X": "1", "Y": "1"}),
        ("ENV X=1\nENV X=2 Y=$X", {}, {"X": "2", "Y": "1"}),
        ("ENV X=env\nARG X=arg", {}, {"X": "arg"}),
        ("ARG X=arg\nENV X=env", {}, {"X": "env"}),
        ("ENV X=env\nARG X", {}, {"X": "env"}),
        ("ENV X a b", {}, {"X": "a b"}),
        ("ENV X='$Y' Z=\\$Y", {}, {"X": "$Y", "Z": "$Y"}),
        ("ARG X=${Y:-d}", {}, {"X": "d"}),
        ("ARG BUILDKIT_SBOM_SCAN_STAGE=1\nARG X=$BUILDKIT_SBOM_SCAN_STAGE", {}, {"X": "1"}),
        ("ARG HTTP_PROXY", {"HTTP_PROXY": "p", "HTTPS_PROXY": "q"}, {"HTTP_PROXY": "p"}),
    ],
)
def test_a_stage_has_the_variables_that_its_lines_set(
    lines: str, build_args: dict[str, str], expected: dict[str, str]
) -> None:
    assert environment(f"FROM x\n{lines}\nRUN a\n", build_args=build_args) == expected


@pytest.mark.parametrize(
    ("preamble", "declared", "build_args", "expected"),
    [
        ("ARG X=1", "LABEL a=1", {}, {}),
        ("ARG X=1", "ARG X", {}, {"X": "1"}),
        ("ARG X=1", "ARG X=2", {}, {"X": "2"}),
        ("ARG X=1", "ARG X=2", {"X": "3"}, {"X": "3"}),
        ("ARG X=1\nARG Y=$X.0", "ARG Y", {"X": "3"}, {"Y": "3.0"}),
        ("ARG X", "ARG X", {}, {}),
        ("ARG TARGETARCH=mine", "ARG TARGETARCH", {}, {"TARGETARCH": "mine"}),
    ],
)
def test_an_argument_above_the_first_from_counts_where_a_stage_declares_it(
    preamble: str, declared: str, build_args: dict[str, str], expected: dict[str, str]
) -> None:
    assert environment(f"{preamble}\nFROM x\n{declared}\nRUN a\n", build_args=build_args) == expected


def test_platform_arguments_need_a_declaration_in_a_stage_and_none_in_from() -> None:
    text = "FROM --platform=$BUILDPLATFORM x:$TARGETARCH\nRUN a\n"
    assert environment(text) == {}
    assert environment("FROM x\nARG TARGETPLATFORM TARGETVARIANT BUILDARCH TARGETSTAGE\nRUN a\n", "linux/arm/v7") == {
        "TARGETPLATFORM": "linux/arm/v7",
        "TARGETVARIANT": "v7",
        "BUILDARCH": "amd64",
        "TARGETSTAGE": "default",
    }


def test_a_default_in_a_stage_and_a_build_argument_replace_platform_arguments() -> None:
    assert environment("FROM x\nARG TARGETPLATFORM=over\nRUN a\n") == {"TARGETPLATFORM": "over"}
    text = "FROM x:$TARGETARCH\nARG TARGETARCH\nRUN a\n"
    assert environment(text, build_args={"TARGETARCH": "z80"}) == {"TARGETARCH": "z80"}
    made = lower(parse(text), Request(context=Context.from_paths([]), build_args={"TARGETARCH": "z80"}), "linux/amd64")
    assert made.steps[0].display == "FROM x:z80"
    assert made.steps[0].origins == {"arg TARGETARCH", "instruction FROM x:$TARGETARCH"}


def test_the_stage_asked_for_is_an_argument() -> None:
    text = "FROM x AS one\nARG TARGETSTAGE\nRUN a\n"
    assert environment(text, target="one") == {"TARGETSTAGE": "one"}


def test_platform_arguments_are_as_buildkit_splits_them() -> None:
    values = platform_arguments("linux/arm64", "linux/arm/v6", "app")
    assert {name: value.text for name, value in values.items()} == {
        "TARGETSTAGE": "app",
        "TARGETPLATFORM": "linux/arm64",
        "TARGETOS": "linux",
        "TARGETARCH": "arm64",
        "TARGETVARIANT": "",
        "BUILDPLATFORM": "linux/arm/v6",
        "BUILDOS": "linux",
        "BUILDARCH": "arm",
        "BUILDVARIANT": "v6",
    }


def test_setting_a_name_again_moves_it_to_the_end() -> None:
    assert list(environment("FROM x\nENV A=1 B=2\nARG C=3\nENV A=1\nRUN a\n")) == ["B", "C", "A"]


def test_only_env_is_in_the_image() -> None:
    scope = Scope({}, {}, "\\")
    scope.declare("A", Value("1"), "instruction ARG A=1")
    scope.set_env([("B", Value("2"))])
    assert (list(scope.env), list(scope.config)) == (["A", "B"], ["B"])


def test_a_copy_of_a_scope_is_its_own() -> None:
    scope = Scope({"A": "1"}, {}, "`")
    other = scope.copy()
    other.set_env([("B", Value("2"))])
    assert (scope.env, scope.config, other.given, other.escape) == ({}, {}, {"A": "1"}, "`")


def test_a_value_depends_on_what_it_is_made_of() -> None:
    text = "ARG G=1\nFROM x\nARG A=2\nARG G\nENV E=$A$G\nRUN a\n"
    assert run(text).origins == {
        "arg A",
        "arg G",
        "instruction ARG A=2",
        "instruction ARG G=1",
        "instruction ARG G",
        "instruction ENV E=$A$G",
        "instruction RUN a",
    }


def test_a_platform_argument_is_no_argument_that_changes() -> None:
    assert run("FROM x\nARG TARGETARCH\nRUN a\n").origins == {"instruction ARG TARGETARCH", "instruction RUN a"}


def test_a_value_that_somebody_passes_is_unknown_and_so_is_what_uses_it() -> None:
    scope = Scope({"A": None}, {}, "\\")
    scope.declare("A", Value("default"), "instruction ARG A=default")
    assert scope.expand("x$A") == (f"x{unknown('A', frozenset()).text}", {"arg A", "instruction ARG A=default"}, False)
    assert environment("ARG A\nFROM x:$A\nARG B=$A\nARG A\nRUN a\n", build_args={"A": None}) == {
        "B": "",
        "A": unknown("A", frozenset()).text,
    }


@given(st.dictionaries(st.sampled_from("ABC"), st.text("xyz", max_size=3)), st.text("$ABCx ", max_size=6))
def test_an_expansion_depends_on_no_variable_that_its_word_does_not_name(values: dict[str, str], word: str) -> None:
    known = {name: Value(text, frozenset({name})) for name, text in values.items()}
    value = expand(word, known, "\\")
    others = {name: Value("other", frozenset({name})) for name in known if name not in value.origins}
    assert expand(word, known | others, "\\") == value
