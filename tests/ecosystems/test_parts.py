import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ecosystems.project import Project, run

from layerwise.ecosystems import Part, parts_of_run
from layerwise.ecosystems.effects import Effects, Scope

SHELL = ("/bin/sh", "-c")


def parts(script: str, **environment: str | None) -> tuple[Part, ...]:
    return parts_of_run(script, SHELL, Scope("/app", environment, "", "/root", Project({})))


def calls(script: str) -> list[tuple[str, str]]:
    return [(part.joiner, str(part.call)) for part in parts(script)]


def test_a_chain_is_taken_apart_at_each_and() -> None:
    assert calls("apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*") == [
        ("", "apt-get update"),
        ("&&", "apt-get install -y curl"),
        ("&&", "rm -rf /var/lib/apt/lists/*"),
    ]


def test_lines_and_semicolons_part_as_well() -> None:
    assert [joiner for joiner, _ in calls("set -eux; apt-get update\napt-get install -y curl")] == ["", ";", ";"]


def test_a_background_job_is_said() -> None:
    assert [joiner for joiner, _ in calls("mkdir /a & mkdir /b")] == ["", "&"]


def test_a_chain_with_or_is_one_part() -> None:
    assert calls("mkdir /a || exit 1 && mkdir /b") == [("", "None")]


def test_what_a_part_sets_holds_for_the_next() -> None:
    _, second = parts("cd /opt && mkdir $NAME", NAME="x")
    assert second.scope.cwd == "/opt"
    assert str(second.call) == "mkdir x"
    assert {path.path for path in second.effects.writes} == {"/opt/x"}


def test_a_compound_part_has_no_call() -> None:
    (part,) = parts("for one in a b; do mkdir /$one; done")
    assert part.call is None
    assert {path.path for path in part.effects.writes} == {"/a", "/b"}


@pytest.mark.parametrize("script", ["#!/usr/bin/python\nprint()", "a 'b", "exit 1; mkdir /b"])
def test_what_is_not_followed_has_no_parts(script: str) -> None:
    assert parts(script) == ()


def test_another_shell_and_the_exec_form_have_no_parts() -> None:
    scope = Scope("/app", {}, "", "/root", Project({}))
    assert parts_of_run(("mkdir", "/a"), SHELL, scope) == ()
    assert parts_of_run("mkdir /a", ("pwsh", "-c"), scope) == ()
    assert parts_of_run("mkdir /a", ("/bin/bash", "-lc"), scope) == ()


COMMANDS = (
    "mkdir /a",
    "cd /opt",
    "touch b",
    "apt-get update",
    "apt-get install -y curl",
    "pip install flask",
    "X=1",
    "echo $X > out",
    "export PIP_NO_CACHE_DIR=1",
    "unknown-program",
)


@given(st.lists(st.tuples(st.sampled_from(COMMANDS), st.sampled_from([" && ", "; ", "\n"])), min_size=1, max_size=6))
def test_the_effects_of_all_parts_are_those_of_the_whole(chosen: list[tuple[str, str]]) -> None:
    script = "".join(command + joiner for command, joiner in chosen)[: -len(chosen[-1][1])]
    whole, found = run(script), Effects()
    for part in parts(script):
        found |= part.effects
    assert (found.reads, found.writes, found.caches, found.opaque) == (
        whole.reads,
        whole.writes,
        whole.caches,
        whole.opaque,
    )
