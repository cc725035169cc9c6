import pytest
from tests.builder.drive.lines import asked

from layerwise.builder.drive.asked import Manner, asked_for
from layerwise.builder.drive.command_line import CommandLine


@pytest.mark.parametrize(
    ("text", "manner"),
    [
        (".", Manner.WHOLE),
        ("-t a/b --load .", Manner.WHOLE),
        ("--platform linux/amd64,linux/arm64 -t a/b .", Manner.WHOLE),
        ("-t a/b --push .", Manner.PUSH),
        ("-t a/b --push=false .", Manner.WHOLE),
        ("-t a/b -o type=registry .", Manner.PUSH),
        ("-o type=image,name=a/b,push=true .", Manner.PUSH),
        ("--check .", Manner.LOOK),
        ("--check=false .", Manner.WHOLE),
        ("--call outline --push -t a .", Manner.LOOK),
        ("--call=build .", Manner.WHOLE),
    ],
)
def test_how_a_command_line_is_carried_out(text, manner):
    assert asked(text).manner is manner


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("--push .", "the image has no name"),
        ("-t a --push --load .", "there are several outputs"),
        ("-t a --push -o type=image -o type=local,dest=x .", "there are several outputs"),
        ("-t a --push -o type=oci,dest=x .", "its output is no image"),
        ("-o type=image,name=a,push=true,push-by-digest=true .", "it is pushed by digest"),
        ("-t a --push --annotation index:x=y .", "its index is to have annotations"),
    ],
)
def test_a_push_that_only_buildx_can_do_is_left_to_it(text, why):
    found = asked(text)
    assert (found.manner, found.why) == (Manner.WHOLE, why)


def test_platforms_are_those_of_buildx_each_once():
    assert asked("--platform linux/amd64,arm64 --platform linux/arm64/v8,local .").platforms == (
        "linux/amd64",
        "linux/arm64",
        "local",
    )
    line = CommandLine()
    assert asked_for(line, {"DOCKER_DEFAULT_PLATFORM": "linux/arm64"}, {}).platforms == ("linux/arm64",)


def test_a_platform_with_a_node_of_its_own_is_built_apart():
    assert asked("--platform linux/amd64,linux/arm64 .", arm64="box").manner is Manner.APART
    assert asked("--platform linux/amd64 .", arm64="box").manner is Manner.WHOLE


def test_tags_take_the_place_of_names_in_outputs():
    assert asked("-o type=image,name=a/b,push=true .").names == ("a/b",)
    assert asked("-t c/d:1 -t c/d:2 -o type=image,name=a/b,push=true .").names == ("c/d:1", "c/d:2")


def test_the_progress_display_is_the_flag_s_or_else_the_variable_s():
    assert asked("--progress plain .").progress({"BUILDKIT_PROGRESS": "tty"}) == "plain"
    assert asked("--progress auto .").progress({"BUILDKIT_PROGRESS": "tty"}) == "tty"
    assert asked(".").progress({}) == "auto"


def test_what_comes_through_standard_input_is_seen():
    assert asked("-f - .").from_stdin
    assert asked("-").from_stdin
    assert not asked(".").from_stdin
