import pytest

from layerwise.invocation.command import Origin
from layerwise.invocation.invocation import Invocation
from layerwise.invocation.makefile import expanded, read


def builds(text: str, *files: str, path: str = "Makefile") -> list[Invocation]:
    return list(read(text, Origin(path, "makefile", frozenset(files).__contains__)))


def arguments(text: str) -> list[tuple[str, str | None, int]]:
    (one,) = builds(text)
    return [(arg.name, arg.value, arg.source.line) for arg in one.build_args]


def test_a_recipe_is_read_with_its_lines():
    text = "image: Dockerfile\n\t@echo hi\n\t-@docker build \\\n\t  --build-arg A=1 -t x .\n"
    (one,) = builds(text)
    assert (one.source.line, one.build_args[0].source.line, one.tags) == (3, 4, ("x",))


def test_variables_are_filled_in_wherever_they_stand():
    text = "all:\n\tdocker build -t $(NAME):${TAG} .\nNAME := app\nTAG = $(MAJOR).1\nMAJOR = 2\n"
    assert builds(text)[0].tags == ("app:2.1",)


def test_a_shell_function_becomes_a_substitution():
    text = "SHA := $(shell git rev-parse --short HEAD)\nall:\n\tdocker build --build-arg SHA=$(SHA) .\n"
    assert arguments(text) == [("SHA", "$(git rev-parse --short HEAD)", 3)]


def test_a_shell_assignment_becomes_a_substitution():
    assert arguments("D != date\nall:\n\tdocker build --build-arg D=$(D) .\n") == [("D", "$(date)", 3)]


def test_a_variable_that_the_caller_may_override_keeps_its_default():
    text = "TAG ?= dev\nTARGET ?= app\nall:\n\tdocker build --target $(TARGET) --build-arg TAG=$(TAG) .\n"
    assert arguments(text) == [("TAG", "${TAG:-dev}", 4)]
    assert builds(text)[0].target == "app"


def test_a_variable_set_before_is_not_overridden_by_a_default():
    assert arguments("TAG = a\nTAG ?= b\nall:\n\tdocker build --build-arg T=$(TAG) .\n") == [("T", "a", 4)]


def test_an_appended_variable_has_all_its_words():
    text = "ARGS = --build-arg A=1\nARGS += --build-arg B=2  # more\nall:\n\tdocker build $(ARGS) .\n"
    assert arguments(text) == [("A", "1", 4), ("B", "2", 4)]


def test_a_variable_over_several_lines_is_one():
    text = "ARGS = --build-arg A=1 \\\n  --build-arg B=2\nall:\n\tdocker build $(ARGS) .\n"
    assert arguments(text) == [("A", "1", 4), ("B", "2", 4)]


def test_the_dollar_of_the_shell_is_left_to_it():
    assert arguments("all:\n\tX=1; docker build --build-arg X=$$X .\n") == [("X", "1", 2)]


def test_an_exported_variable_reaches_the_recipe():
    assert arguments("export SHA := $(shell git rev-parse HEAD)\nall:\n\tdocker build --build-arg SHA .\n") == [
        ("SHA", "$(git rev-parse HEAD)", 3)
    ]


def test_a_recipe_on_the_line_of_its_rule_is_read():
    (one,) = builds("all: dep ; docker build -t x .\n")
    assert (one.tags, one.source.line) == (("x",), 1)


def test_paths_start_beside_the_makefile_or_else_at_the_root():
    assert builds("a:\n\tdocker build .\n", path="app/Makefile")[0].dockerfile == "app/Dockerfile"
    assert builds("a:\n\tdocker build .\n", "Dockerfile", path="make/x.mk")[0].dockerfile == "Dockerfile"


def test_a_program_in_a_variable_is_found():
    assert builds("DOCKER ?= podman\na:\n\t$(DOCKER) build .\n")[0].builder == "podman"
    assert len(builds("a:\n\t$(DOCKER) build .\n")) == 1


@pytest.mark.parametrize("text", ["$(A)", "$(wildcard *.py)", "$@", "$(B) and $(B)"])
def test_what_cannot_be_filled_in_stays_and_a_loop_ends(text):
    assert expanded(text, {"A": "$(A)", "X": "y"}) == text


@pytest.mark.parametrize("text", ["", "\\", "a:\n\t", "\t\tdocker build", "define x\nendef", "=", "docker build .\n"])
def test_odd_text_is_no_build_and_no_crash(text):
    assert len(builds(text)) == (text == "\t\tdocker build")
