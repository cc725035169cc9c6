import pathlib
import re

import pytest
from tests.cli.repository import BETTER

from layerwise.cli import main
from layerwise.errors import EnvironmentMissing


@pytest.mark.parametrize("command", ["analyze", "optimize", "replay"])
def test_findings_are_no_failure(repository, command):
    called = repository.call(command)
    assert (called.code, called.err) == (0, "")
    assert called.out.startswith("Dockerfile for linux/")


def test_a_check_fails_where_the_plan_would_change_something(repository):
    assert repository.call("optimize", "--check").code == 1


def test_a_check_passes_where_there_is_nothing_to_do(repository):
    repository.commit({"Dockerfile": BETTER})
    assert repository.call("optimize", "--check").code == 0


def test_a_repository_without_a_dockerfile_is_wrong_use_and_is_told_what_there_is(repository):
    repository.git("mv", "Dockerfile", "build.Dockerfile")
    called = repository.call("analyze")
    assert (called.code, called.out) == (2, "")
    assert called.err == "layerwise: .: no Dockerfile here; there is build.Dockerfile: name one with -f\n"


def test_an_empty_directory_is_wrong_use(empty):
    called = empty.call("optimize")
    assert (called.code, called.err) == (2, "layerwise: .: no Dockerfile here\n")


def test_a_broken_dockerfile_names_file_line_and_column_of_all_that_is_wrong(repository):
    repository.dockerfile.write_text("FROM scratch\nCOPY x\nRUN true\nADD y\n")
    called = repository.call("analyze")
    assert (called.code, called.out) == (2, "")
    assert re.findall(r"^(?:layerwise: )?(Dockerfile:\d+:\d+): \S", called.err, re.MULTILINE) == [
        "Dockerfile:2:1",
        "Dockerfile:4:1",
    ]
    assert "    COPY x\n    ^\n" in called.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["analyze", "nowhere"], "nowhere: no such directory; PATH is the build context, -f names the Dockerfile"),
        (["analyze", "Dockerfile"], "Dockerfile: no such directory; PATH is the build context"),
        (["analyze", "-f", "Dockerfil"], "Dockerfil: no such Dockerfile; -f is relative to the current directory"),
        (["analyze", "--target", "runtime"], "no stage is called 'runtime'"),
        (["analyze", "--platform", "riscv"], "'riscv' is no platform; write os/arch, such as linux/arm64"),
        (["analyze", "--network", "lan"], "'lan' is no network of a build; it is one of default, host, none"),
        (["optimize", "--only", "later-args"], "no pass is called 'later-args'; there are "),
        (["optimize", "--allow", "thawed"], "--allow 'thawed': the classes to allow are frozen and behaviour"),
        (["optimize", "--allow", "equivalent, after proof"], "the classes to allow are frozen and behaviour"),
        (["optimize", "--allow", "frozen:ice"], "no pass is called 'ice'"),
        (["optimize", "--allow", "behaviour"], "name the pass (behaviour:PASS)"),
        (
            ["explain", "late-arg"],
            "no pass or rule is called 'late-arg'; there are ",
        ),
        (["analyze", "--commits", "0"], "0 is not in the range x>=1"),
        (["analyze", "--build-context", "base"], "'base' is no NAME=PATH or NAME=docker-image://REF"),
        (["analyze", "--format", "html"], "'html' is not one of"),
        (["analyze", "a", "b"], "unexpected extra argument"),
        (["analyse"], "No such command 'analyse'"),
    ],
)
def test_wrong_use_is_told_on_standard_error(repository, arguments, message):
    called = repository.call(*arguments)
    assert (called.code, called.out) == (2, "")
    assert message in called.err
    assert "python" not in called.err


def test_a_mistake_in_the_configuration_names_its_line(repository):
    repository.commit({"layerwise.toml": 'target = "a"\ncommit = 3\n'})
    called = repository.call("analyze")
    assert called.code == 2
    assert "layerwise.toml:2:1: unknown key commit; did you mean commits?\n    commit = 3\n    ^\n" in called.err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('dockerfile = "docker/Dockerfil"', "docker/Dockerfil: no such Dockerfile; "),
        ('context = "servces"', "servces: no such directory; "),
        (
            'passes.off = ["later-args"]',
            "layerwise.toml:1:15: passes.off: no pass is called 'later-args'; there are ",
        ),
        (
            'passes.only = [\n  "late-args",\n  "later-args",\n]',
            "layerwise.toml:3:3: passes.only: no pass is called 'later-args'; there are ",
        ),
        (
            '[passes]\nallow = ["frozen", "thawed"]',
            "layerwise.toml:2:20: passes.allow: 'thawed': the classes to allow are frozen and behaviour",
        ),
        ('passes.allow = ["frozen:ice"]', "passes.allow: 'frozen:ice': no pass is called 'ice'; there are "),
        ('passes.allow = ["behaviour"]', "passes.allow: 'behaviour': name the pass (behaviour:PASS)"),
    ],
)
def test_what_the_configuration_names_and_is_not_there_is_said_with_its_file(repository, line, message):
    repository.commit({"layerwise.toml": f"{line}\n"})
    called = repository.call("optimize")
    assert (called.code, called.out) == (2, "")
    assert message in called.err
    assert "layerwise.toml" in called.err


def test_a_rule_that_the_configuration_names_and_is_not_there_is_said_with_its_line(repository):
    repository.commit({"layerwise.toml": '[rules]\noff = ["early-argumen"]\n'})
    called = repository.call("analyze")
    assert called.code == 2
    assert "layerwise.toml:2:8: rules.off: no rule is called 'early-argumen'; there are " in called.err
    assert '    off = ["early-argumen"]\n           ^\n' in called.err


def test_a_mistake_in_pyproject_names_its_line(repository):
    repository.commit({"pyproject.toml": '[project]\nname = "x"\n[tool.layerwise.passes]\noff = ["later-args"]\n'})
    assert "pyproject.toml:4:8: passes.off: no pass is called 'later-args'" in repository.call("optimize").err


def test_a_rule_that_the_configuration_turns_off_does_not_run(repository):
    assert repository.call("analyze", "--check").code == 1
    repository.commit({"layerwise.toml": 'rules.off = ["copy-before-install"]\n'})
    called = repository.call("analyze", "--check")
    assert called.code == 0
    assert "No rule finds anything." in called.out


def test_the_only_passes_of_the_configuration_run_unless_the_command_line_names_others(repository):
    text = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\n"
    repository.commit({"Dockerfile": text, "layerwise.toml": 'passes.only = ["late-args"]\n'})
    assert "manifest-first" not in repository.call("optimize").out
    assert "1. manifest-first" in repository.call("optimize", "--only", "manifest-first").out


def test_a_class_that_the_configuration_allows_is_applied(repository):
    files = {
        "Dockerfile": "FROM node:20\nWORKDIR /srv\nCOPY package.json package-lock.json ./\nRUN npm install\nCOPY . .\n",
        "package.json": '{"name": "shop", "dependencies": {"express": "^4"}}',
        "package-lock.json": '{"lockfileVersion": 3, "packages": {"": {"dependencies": {"express": "^4"}}, '
        '"node_modules/express": {"version": "4.0.0"}}}',
    }
    repository.commit({**files, "layerwise.toml": "threshold_s = 0\n"})
    assert "Not applied (frozen): frozen-install" in repository.call("optimize").out
    repository.commit({"layerwise.toml": 'threshold_s = 0\npasses.allow = ["frozen:frozen-install"]\n'})
    assert ". frozen-install  line 4" in repository.call("optimize").out


def test_a_pass_that_the_configuration_turns_off_does_not_run(repository):
    repository.commit({"layerwise.toml": 'passes.off = ["manifest-first", "late-args"]\n'})
    assert repository.call("optimize", "--check").code == 0


def raising(error):
    def command(_: object) -> None:
        raise error

    return command


def test_a_missing_environment_is_4(repository, monkeypatch):
    monkeypatch.setattr("layerwise.project.search", raising(EnvironmentMissing("no engine")))
    assert repository.call("analyze") == type(repository.call("--version"))(4, "", "layerwise: no engine\n")


def test_an_interruption_is_130(repository, monkeypatch):
    monkeypatch.setattr("layerwise.project.search", raising(KeyboardInterrupt()))
    called = repository.call("analyze")
    assert (called.code, called.err.strip()) == (130, "layerwise: interrupted")


def test_a_bug_is_70_and_asks_for_a_report(repository, monkeypatch):
    monkeypatch.setattr("layerwise.project.search", raising(ZeroDivisionError("oh")))
    called = repository.call("analyze")
    assert (called.code, called.out) == (70, "")
    assert called.err.startswith("Traceback (most recent call last):\n")
    assert "ZeroDivisionError: oh" in called.err
    assert called.err.endswith("please report the lines above\n")


def test_a_file_that_the_system_does_not_give_is_no_bug(repository, monkeypatch):
    monkeypatch.setattr("layerwise.project.search", raising(PermissionError(13, "Permission denied", "secret.txt")))
    called = repository.call("analyze")
    assert (called.code, called.err) == (2, "layerwise: secret.txt: Permission denied\n")


def test_the_program_ends_with_the_code_of_the_run(repository):
    with pytest.raises(SystemExit) as stop:
        main.main(["optimize", "--check", str(pathlib.Path.cwd())])
    assert stop.value.code == 1
