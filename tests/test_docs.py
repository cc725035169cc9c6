import json
import pathlib
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator

import click
import pytest
from dev import docs

from layerwise import catalogue, config, errors
from layerwise.cli import main
from layerwise.config.keys import KEYS
from layerwise.passes import PASSES
from layerwise.rules import RULES
from layerwise.syntax.parser import parse

ROOT = pathlib.Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FENCE = re.compile(r"^(`{3,})(\w*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")


def committed() -> list[pathlib.Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout, so nobody knows what is committed")
    paths = (ROOT / name for name in done.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def fences(language: str) -> Iterator[tuple[pathlib.Path, str]]:
    for page in PAGES:
        for _, name, text in FENCE.findall(page.read_text()):
            if name == language:
                yield page, text


def text(name: str) -> str:
    return (ROOT / name).read_text()


def test_generated_parts_are_up_to_date():
    assert [path.relative_to(ROOT).as_posix() for path, _ in docs.outdated()] == [], "run `make docs`"


def test_a_generated_part_that_is_out_of_date_is_found(tmp_path, monkeypatch):
    (tmp_path / "docs/passes").mkdir(parents=True)
    (tmp_path / "docs/passes/gone.md").write_text("# gone\n")
    (tmp_path / "docs/config.md").write_text("# C\n<!-- generated: config -->\nold\n<!-- end -->\nkept\n")
    (tmp_path / "README.md").write_text("# R\n")
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    monkeypatch.setattr(docs, "DOCS", tmp_path / "docs")
    found = {path.relative_to(tmp_path).as_posix(): new for path, new in docs.outdated()}
    assert found["docs/passes/gone.md"] is None
    assert "docs/passes/late-args.md" in found
    assert found["docs/config.md"] == f"# C\n<!-- generated: config -->\n{docs.config_keys()}\n<!-- end -->\nkept\n"
    assert "README.md" not in found
    assert docs.main(["--check"]) == 1
    assert docs.main(["--write"]) == 0
    assert docs.main(["--check"]) == 0
    assert not (tmp_path / "docs/passes/gone.md").exists()


def test_every_marker_names_a_generator_and_every_generator_is_used():
    named = re.findall(r"<!-- generated: (\S+) -->", "".join(page.read_text() for page in PAGES))
    assert sorted(named) == sorted(docs.GENERATORS)


@pytest.mark.parametrize("words", [words for words, _ in docs.all_commands()])
def test_every_command_and_option_is_in_the_page_of_the_command_line(words):
    section = text("docs/cli.md").partition(f"\n## {words}\n")[2].partition("\n## ")[0]
    for option in dict(docs.all_commands())[words].params:
        for word in (
            option.opts if isinstance(option, click.Option) else [(option.metavar or option.name.upper()).strip("[]")]
        ):
            assert word in section


@pytest.mark.parametrize("kind", ["passes", "rules"])
def test_every_pass_and_rule_has_its_page_and_a_link_to_it(kind):
    modules = {"passes": PASSES, "rules": RULES}[kind]
    for name in catalogue.by_name(*modules):
        assert (ROOT / f"docs/{kind}/{name}.md").is_file()
        assert f"(docs/{kind}/{name}.md)" in text("README.md")


def test_every_configuration_key_is_explained():
    for name in KEYS:
        assert f"| `{name}` |" in text("docs/config.md")


def test_every_error_and_exit_code_is_explained():
    page = text("docs/cli.md")
    raised = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.LayerwiseError)]
    codes = (
        {one.exit_code for one in raised}
        | {0}
        | {getattr(main, name) for name in dir(main) if name.startswith("EXIT_")}
    )
    for error in raised:
        assert f"| `{error.__name__}` |" in page
    for code in codes:
        assert re.search(rf"^\| {code} \| \w", page, re.MULTILINE), code


def test_every_json_document_has_a_schema_whose_fields_are_all_explained():
    commands = {words.removeprefix("layerwise ").replace(" ", "-") for words, _ in docs.all_commands()}
    for path in (ROOT / "src/layerwise/report/schemas").glob("*.json"):
        schema = json.loads(path.read_text())
        assert path.stem in commands
        assert f"## {schema['title']}\n" in text("docs/json.md")
        for place, field in properties(schema):
            assert field["description"].endswith("."), place


def properties(schema: dict, above: str = "") -> Iterator[tuple[str, dict]]:
    for name, value in schema.get("properties", {}).items():
        yield f"{above}.{name}", value
        yield from properties(value.get("items", value), f"{above}.{name}")


def test_every_dependency_has_a_row_with_its_reason_and_no_other_has():
    page = text("docs/dependencies.md")
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    names = [re.match(r"[\w.-]+", one)[0] for one in wanted]
    rows = re.findall(r"^\| `([\w.-]+)` \| (\w.+) \|$", page, re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(names)


def test_every_make_target_is_explained():
    targets = re.findall(r"^([a-z][\w-]*):(?!=)", text("Makefile"), re.MULTILINE)
    told = text("README.md") + text("docs/dependencies.md") + text("docs/engine.md")
    assert [one for one in targets if f"`make {one}`" not in told and one not in ("engine", "clean")] == []


def test_every_fenced_dockerfile_parses():
    found = list(fences("dockerfile"))
    assert len(found) > len(PASSES) + len(RULES)
    for page, dockerfile in found:
        assert str(parse(dockerfile, str(page))) == dockerfile


def test_every_fenced_configuration_is_taken():
    for page, toml in fences("toml"):
        assert config.load(toml, str(page)) != config.Config()


def test_every_fenced_layerwise_command_is_understood():
    shown = [line for _, block in fences("sh") for line in block.splitlines()]
    shown += [
        line.removeprefix("$ ") for _, block in fences("console") for line in block.splitlines() if line[:2] == "$ "
    ]
    calls = [shlex.split(line, comments=True)[1:] for line in shown if line.startswith("layerwise ")]
    assert {call[0] for call in calls} == set(main.COMMANDS)
    for name, *arguments in calls:
        command = main.layerwise.get_command(click.Context(main.layerwise), name)
        command.make_context(name, arguments)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_resolve(page):
    plain = FENCE.sub("", page.read_text())
    for target in LINK.findall(plain):
        path, _, anchor = target.partition("#")
        assert not path.startswith(("http:", "https:", "/")), target
        there = page.parent / path if path else page
        assert there.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", there.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}, target


REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|yarnpkg\.com|debian\.org|ubuntu\.com|anaconda\.(org|com)"
    r"|crates\.io|rubygems\.org|proxy\.golang|maven\.(apache\.)?org|repo1\.maven|alpinelinux\.org|nodesource\.com"
)
HERE = re.compile(
    rf"{re.escape(str(ROOT))}/|(?<![\w.])/work/|(?<!\w)/root/(?=\w)|/home/\w+/(work|src|code|git|projects)\b"
)
IN_AN_IMAGE = ("tests/corpus/", "tests/docker/", "tests/ecosystems/")  # paths there are of containers


def test_no_committed_file_names_a_host_of_a_package_registry():
    found = [f"{path.relative_to(ROOT)}: {hit[0]}" for path in committed() for hit in REGISTRY.finditer(read(path))]
    assert found == []


def test_no_committed_file_names_a_path_of_this_machine():
    found = [
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for path in committed()
        if not path.relative_to(ROOT).as_posix().startswith(IN_AN_IMAGE)
        for hit in HERE.finditer(read(path))
    ]
    assert found == []


def test_the_lock_pins_with_hashes_and_has_no_addresses():
    lock = text("requirements.lock")
    assert "://" not in lock
    pins = re.findall(r"^[\w.-]+==\S+", lock, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[\w.-]+==.*(?:\n +--hash=sha256:[0-9a-f]{64}.*)+", lock, re.MULTILINE))


def read(path: pathlib.Path) -> str:
    return path.read_bytes().decode("utf-8", "replace") if path != pathlib.Path(__file__).resolve() else ""
