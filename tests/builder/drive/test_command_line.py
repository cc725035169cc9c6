import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builder.drive.lines import line

from layerwise.builder.drive.command_line import parse
from layerwise.builder.drive.flags import BUILDX, Flags

LINES = {
    ".": {"": ["."]},
    "-t a/b:1 --push .": {"tag": ["a/b:1"], "push": ["true"], "": ["."]},
    "--tag=a --tag b -tc -t=d ctx": {"tag": ["a", "b", "c", "d"], "": ["ctx"]},
    "-f - -": {"file": ["-"], "": ["-"]},
    "-qf Dockerfile .": {"quiet": ["true"], "file": ["Dockerfile"], "": ["."]},
    "-qfDockerfile": {"quiet": ["true"], "file": ["Dockerfile"]},
    "--push=false --no-cache .": {"push": ["false"], "no-cache": ["true"], "": ["."]},
    "--build-arg A=b=c --build-arg D .": {"build-arg": ["A=b=c", "D"], "": ["."]},
    "--build-arg --push .": {"build-arg": ["--push"], "": ["."]},
    "-o type=local,dest=out .": {"output": ["type=local,dest=out"], "": ["."]},
    "--platform linux/amd64,linux/arm64 https://example.org/a.git#main:sub": {
        "platform": ["linux/amd64,linux/arm64"],
        "": ["https://example.org/a.git#main:sub"],
    },
    ". -- --target x": {"": ["."], "target": ["x"]},
    "--call=outline --check -D .": {"call": ["outline"], "check": ["true"], "debug": ["true"], "": ["."]},
    "-m 2g --cpuset-cpus 0,1 .": {"memory": ["2g"], "cpuset-cpus": ["0,1"], "": ["."]},
    "-t": {"tag": [""]},
}


@pytest.mark.parametrize("text", LINES)
def test_a_command_line_is_taken_apart_as_docker_does(text):
    found: dict[str, list[str]] = {}
    for word in line(text).words:
        found.setdefault(word.name, []).append(word.value)
    assert found == LINES[text]


@pytest.mark.parametrize("text", LINES)
def test_it_goes_to_docker_as_it_was_written(text):
    words = [word for word in shlex.split(text) if word != "--"]
    if not text.startswith("-qf"):
        assert list(line(text).arguments()) == words
    assert parse(line(text).arguments(), BUILDX).values("file") == line(text).values("file")


@given(
    st.lists(st.sampled_from(["-q", "--push", "-tx", "--tag", "a", "-f", "Dockerfile", "--pull=0", ".", "-", "-Dq"]))
)
def test_taking_apart_and_putting_together_changes_nothing_more(words):
    once = parse(words, BUILDX)
    again = parse(once.arguments(), BUILDX)
    assert again == once


def test_of_a_flag_given_twice_the_last_counts():
    assert line("-f a -f b").last("file") == "b"
    assert line(".").last("file") == ""
    assert not line("--push --push=0").on("push")
    assert line("--push=T").on("push")


def test_a_flag_that_nobody_knows_goes_on_as_it_is():
    assert line("--unheard-of .").arguments() == ("--unheard-of", ".")
    assert line("--unheard-of=x -Z .").context == "."


def test_a_newer_flag_is_looked_up_once_and_only_where_it_occurs():
    asked = []

    def further() -> Flags:
        asked.append(1)
        return Flags(frozenset({"policy"}), frozenset({"strict"}), {"p": "policy"})

    assert parse(["--policy", "x", "-p", "y", "--strict", "."], BUILDX, further).values("policy") == ("x", "y")
    assert parse(["-p", "y", "."], BUILDX, further).context == "."
    assert len(asked) == 2
    parse(["-t", "a", "."], BUILDX, further)
    assert len(asked) == 2


def test_flags_are_added_before_the_others_and_taken_away():
    changed = line("-t a --push .").without("push").with_flags(("platform", "linux/amd64"))
    assert changed.arguments() == ("--platform=linux/amd64", "-t", "a", ".")
    assert changed.only(frozenset({"tag"})).arguments() == ("-t", "a")


def test_the_context_is_the_current_directory_where_none_is_named():
    assert line("-t a").context == "."
    assert line("-t a").with_context().arguments() == ("-t", "a", ".")
    assert line("-t a ctx").with_context().arguments() == ("-t", "a", "ctx")
