import tomllib

import pytest
from tests.cli.repository import BETTER

import layerwise
from layerwise import catalogue
from layerwise.cli.main import COMMANDS, command_of
from layerwise.passes import PASSES
from layerwise.rules import RULES

PAGES = {**catalogue.by_name(*PASSES), **catalogue.by_name(*RULES)}


def test_the_version_is_the_package_s(repository):
    assert repository.call("--version").out == f"layerwise {layerwise.__version__}\n"


def test_help_lists_every_command_with_its_whole_first_sentence(repository):
    out = " ".join(repository.call("--help").out.split())
    for name in COMMANDS:
        assert f"{name} {command_of(name).help.splitlines()[0]}" in out


def test_commands_are_sorted_and_each_is_a_module_of_its_name():
    assert list(COMMANDS) == sorted(COMMANDS)
    for name in COMMANDS:
        assert command_of(name).name == name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_explained(repository, name):
    for option in command_of(name).params:
        if option.param_type_name == "option":
            assert option.help.endswith((".", "]")), option.name


@pytest.mark.parametrize("name", PAGES)
def test_explain_prints_the_page(repository, name):
    assert repository.call("explain", name).out == f"# {name}\n\n{catalogue.page(PAGES[name])}\n"


def test_explain_lists_what_there_is(repository):
    lines = repository.call("explain").out.splitlines()
    assert [line.split()[0] for line in lines] == list(PAGES)
    assert all(line.endswith(".") for line in lines)


def test_init_writes_a_configuration_that_changes_nothing_and_can_be_read(repository):
    before = repository.call("analyze", "--format", "json").out
    called = repository.call("init")
    assert (called.code, called.out, called.err) == (0, "", "layerwise: wrote layerwise.toml\n")
    assert tomllib.loads((repository.root / "layerwise.toml").read_text())["dockerfile"] == "Dockerfile"
    assert repository.call("analyze", "--format", "json").out == before


def test_init_writes_nothing_over(repository):
    (repository.root / "layerwise.toml").write_text("commits = 7\n")
    called = repository.call("init")
    assert (called.code, (repository.root / "layerwise.toml").read_text()) == (2, "commits = 7\n")
    assert called.err == "layerwise: layerwise.toml is there already; --force replaces it, --stdout only prints\n"


def test_init_replaces_with_force(repository):
    (repository.root / "layerwise.toml").write_text("commits = 7\n")
    assert repository.call("init", "--force").code == 0
    assert "\ncommits = 300\n" in (repository.root / "layerwise.toml").read_text()


def test_init_only_prints_with_stdout(repository):
    out = repository.call("init", "--stdout").out
    assert tomllib.loads(out)["context"] == "."
    assert not (repository.root / "layerwise.toml").exists()


def test_init_takes_the_command_line_first(repository):
    out = repository.call("init", "--stdout", "--platform", "linux/arm64", "--commits", "20").out
    found = tomllib.loads(out)
    assert (found["platforms"], found["commits"]) == (["linux/arm64"], 20)


def test_only_runs_the_passes_named(repository):
    repository.commit({"Dockerfile": BETTER.replace("WORKDIR", "ARG GIT_COMMIT\nWORKDIR", 1)})
    assert "1. late-args" in repository.call("optimize", "--only", "late-args").out
    assert "Nothing to apply" in repository.call("optimize", "--only", "manifest-first").out


def test_refusals_are_counted_and_verbose_says_what_and_why(repository):
    repository.commit({"Dockerfile": "FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install -e .\n"})
    assert "refused: --verbose says what and why." in repository.call("optimize").out
    out = repository.call("optimize", "--verbose").out
    assert "line 3, manifest-first: `COPY . .` stays above `RUN pip install -e .`" in out


def test_the_number_of_commits_can_be_given(repository):
    assert "replaying the last 2 commits of main" in repository.call("replay", "--commits", "2").out


def test_a_build_argument_of_the_command_line_is_taken(repository):
    repository.commit({"Dockerfile": "ARG BASE=a\nFROM $BASE AS x\nARG BASE\nFROM ${BASE:-b}\nCOPY . .\n"})
    for value, code in (("alpine", 0), ("x", 0)):
        assert repository.call("analyze", "--build-arg", f"BASE={value}").code == code


def test_a_target_of_the_command_line_is_taken(repository):
    repository.commit({"Dockerfile": "FROM a AS first\nCOPY app /app\nFROM b\nCOPY . .\n"})
    out = repository.call("analyze", "--target", "first").out
    assert out.startswith("Dockerfile for linux/amd64, target first\n")
    assert "COPY . ." not in out
