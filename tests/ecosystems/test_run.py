import pytest
from tests.ecosystems.project import run, written

from layerwise.ecosystems import command_of, effects_of_run
from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Run


@pytest.mark.parametrize(
    "shell",
    [
        ("/bin/sh", "-c"),
        ("/bin/bash", "-o", "pipefail", "-c"),
        ("/bin/bash", "-euxo", "pipefail", "-c"),
        ("bash", "-ec"),
        ("/bin/bash", "--login", "-c"),
        ("/bin/bash", "-lc"),
    ],
)
def test_sh_and_bash_are_read(shell):
    effects = run("mkdir /a", shell=shell)
    assert effects.opaque is None
    assert written(effects) == {"/a/**"}


@pytest.mark.parametrize(
    "shell",
    [("powershell", "-Command"), ("/usr/bin/python3", "-c"), ("cmd", "/S", "/C"), ("/bin/zsh", "-c"), (), ("/bin/sh",)],
)
def test_other_shells_are_opaque(shell):
    assert "does not read" in (run("mkdir /a", shell=shell).opaque or "")


def test_a_login_shell_reads_start_up_files():
    shell = ("/bin/bash", "-l", "-c")
    assert run("true", shell=shell, home=None).opaque
    assert run("true", {"/root/.bashrc": ""}, shell=shell).opaque
    assert "/root/.bashrc" in {path.path for path in run("true", shell=shell).reads}
    assert not run("pip install x", shell=shell, PATH="/app/bin").opaque


@pytest.mark.parametrize(
    ("words", "paths"),
    [
        (("mkdir", "/a"), {"/a/**"}),
        (("mkdir", "$X", "~"), {"/app/$X/**", "/app/~/**"}),
        (("/bin/sh", "-c", "mkdir /a"), {"/a/**"}),
        (("bash", "-lc", "mkdir /a"), {"/a/**"}),
        (("sudo", "mkdir", "/a"), {"/a/**"}),
    ],
)
def test_the_exec_form_expands_nothing(words, paths):
    effects = run(words)
    assert effects.opaque is None
    assert written(effects) == paths


@pytest.mark.parametrize("words", [(), ("",), ("./x",), ("sh", "x.sh"), ("cd", "/x")])
def test_the_exec_form_of_something_unknown_is_opaque(words):
    assert run(words).opaque


@pytest.mark.parametrize(
    ("line", "opaque"),
    [
        ("#!/bin/bash -e", False),
        ("#!/usr/bin/env bash", False),
        ("#!/bin/sh", False),
        ("#!/usr/bin/env python3", True),
        ("#!/usr/bin/perl", True),
    ],
)
def test_a_shebang_chooses_the_interpreter(line, opaque):
    assert bool(run(f"{line}\nmkdir /a\n").opaque) is opaque


def instruction(text: str) -> Run:
    (found,) = parse(f"FROM x\n{text}").stages[0].instructions
    assert isinstance(found, Run)
    return found


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("RUN a \\\n  && b", "a   && b"),
        ('RUN ["a", "b c"]', ("a", "b c")),
        ("RUN <<EOF\na\nb\nEOF\n", "a\nb\n"),
        ("RUN <<-EOF\n\ta\nEOF\n", "a\n"),
        ("RUN cat <<EOF > /x && b\n$Y\nEOF\n", "cat <<EOF > /x && b\n$Y\nEOF"),
        ("RUN <<EOF cat >/x\na\nEOF\n", "<<EOF cat >/x\na\nEOF"),
    ],
)
def test_what_the_shell_gets(text, command):
    assert command_of(instruction(text)) == command


def test_the_effects_of_a_heredoc():
    command = command_of(instruction("RUN cat <<EOF > /x && mkdir /y\n$Z\nEOF\n"))
    effects = run(command)
    assert written(effects) == {"/x", "/y/**"}
    assert effects.environment.reads("Z")


def test_the_way_in_is_exported():
    assert effects_of_run.__module__ == "layerwise.ecosystems.run"


@pytest.mark.parametrize(
    "environment",
    [{"LD_PRELOAD": "/app/x.so"}, {"LD_LIBRARY_PATH": "/lib:/app/lib"}, {"BASH_ENV": "/app/env.sh"}],
)
def test_code_of_the_project_that_every_program_loads_makes_all_opaque(environment):
    files = {"/app/x.so": "", "/app/lib/y.so": "", "/app/env.sh": ""}
    assert "of the project" in (run("true", files, **environment).opaque or "")
    assert run("true", **environment).opaque is None
