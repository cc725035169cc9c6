import pytest
from tests.analyses import NODE, PYTHON, analysis_of

from layerwise.ecosystems.dispatch import ECOSYSTEMS
from layerwise.model.change import Change
from layerwise.model.priors import priors
from layerwise.model.scenarios import _MANIFESTS, scenario_named

FILES = {
    "yarn": ({"package.json": NODE["package.json"], "yarn.lock": "# yarn lockfile v1\n"}, "yarn install"),
    "pnpm": ({"package.json": NODE["package.json"], "pnpm-lock.yaml": "lockfileVersion: '9.0'\n"}, "pnpm install"),
    "bun": ({"package.json": NODE["package.json"], "bun.lock": '{"lockfileVersion": 1}'}, "bun install"),
    "uv": ({"pyproject.toml": '[project]\nname = "a"\nversion = "1"\n', "uv.lock": "version = 1\n"}, "uv sync"),
    "poetry": ({"pyproject.toml": '[tool.poetry]\nname = "a"\n', "poetry.lock": ""}, "poetry install --no-root"),
    "cargo": ({"Cargo.toml": '[package]\nname = "a"\n', "Cargo.lock": "version = 3\n", "src/main.rs": ""}, "cargo build"),
    "go": ({"go.mod": "module a\n\ngo 1.22\n", "go.sum": "", "main.go": ""}, "go mod download"),
    "maven": ({"pom.xml": "<project><artifactId>a</artifactId></project>"}, "mvn dependency:go-offline"),
    "gradle": ({"build.gradle": "", "settings.gradle": ""}, "gradle dependencies"),
    "composer": ({"composer.json": '{"require": {"a/b": "1"}}', "composer.lock": '{"packages": []}'}, "composer install --no-scripts"),
    "bundler": ({"Gemfile": 'source "https://rubygems.example"\n', "Gemfile.lock": ""}, "bundle install"),
    "dotnet": ({"a.csproj": '<Project Sdk="Microsoft.NET.Sdk"/>'}, "dotnet restore"),
    "mix": ({"mix.exs": "defmodule A do\nend\n", "mix.lock": "%{}\n"}, "mix deps.get"),
    "conda": ({"environment.yml": "dependencies: [numpy]\n"}, "conda env create -f environment.yml"),
}  # fmt: skip


def named(run: str, files: dict[str, str]) -> dict[str, Change]:
    analysis = analysis_of(f"FROM debian\nUSER root\nWORKDIR /srv\nCOPY . .\nRUN {run}\n", files, ())
    return {change.name: change for change in analysis.facts.scenarios}


@pytest.mark.parametrize("name", FILES)
def test_an_ecosystem_with_manifests_has_a_scenario_in_which_they_change(name: str) -> None:
    files, run = FILES[name]
    found = named(run, {**files, "app/notes.md": ""})[f"deps:{name}"]
    assert found.files
    assert found.files <= files.keys()
    assert not found.instructions


@pytest.mark.parametrize(
    ("name", "run"),
    [
        ("apk", "apk add curl"),
        ("apt", "apt-get update && apt-get install -y curl"),
        ("dnf", "dnf install -y curl"),
        ("gem", "gem install rake"),
        ("pip", "pip install flask"),
        ("r", "Rscript -e 'install.packages(\"jsonlite\")'"),
    ],
)
def test_packages_that_a_run_names_change_with_the_run(name: str, run: str) -> None:
    found = named(run, dict(PYTHON))[f"deps:{name}"]
    assert found.instructions == {f"instruction RUN {run}"}
    assert not found.files


def test_a_run_that_installs_for_two_ecosystems_gives_each_its_own_manifests() -> None:
    found = named("pip install -r requirements.txt && npm ci", {**PYTHON, **NODE})
    assert found["deps:pip"].files == {"requirements.txt"}
    assert found["deps:npm"].files == {"package.json", "package-lock.json"}


def test_a_system_package_manager_beside_another_one_takes_no_manifest_of_it() -> None:
    found = named("apt-get update && apt-get install -y git && pip install -r requirements.txt", dict(PYTHON))
    assert found["deps:pip"].files == {"requirements.txt"}
    assert not found["deps:apt"].files


def test_scenarios_of_ecosystems_come_in_the_order_of_the_file() -> None:
    found = named("npm ci\nRUN pip install -r requirements.txt\nRUN apt-get update", {**PYTHON, **NODE})
    assert [name for name in found if name.startswith("deps:")] == ["deps:npm", "deps:pip", "deps:apt"]


def test_work_that_installs_no_packages_is_no_scenario() -> None:
    found = named("tar -xzf a.tgz && chown -R 1:1 /srv && python -m venv /v", {**PYTHON, "a.tgz": ""})
    assert not [name for name in found if name.startswith("deps:")]


def test_many_manifests_are_counted() -> None:
    members = {f"crates/{name}/Cargo.toml": f'[package]\nname = "{name}"\n' for name in "abcde"}
    files = {"Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n', "Cargo.lock": "version = 3\n", **members}
    found = named("cargo fetch", {**files, **{path.replace("Cargo.toml", "src/lib.rs"): "" for path in members}})
    assert found["deps:cargo"].subject == "Cargo.lock, Cargo.toml, crates/a/Cargo.toml and 4 more changed"


def test_a_scenario_is_found_by_its_short_name_too() -> None:
    known = analysis_of("FROM debian\nCOPY . .\nRUN pip install flask\n").facts.scenarios
    assert scenario_named("pip", known) == scenario_named("deps:pip", known) == scenario_named("PIP", known)
    assert scenario_named("pip", known) is not None
    assert scenario_named("cold", known) is not None
    assert scenario_named("npm", known) is None


def test_each_name_of_manifests_is_that_of_an_ecosystem_with_work() -> None:
    kinds = {kind.partition(".")[0] for kind in priors().work}
    assert _MANIFESTS.keys() <= kinds & {module.__name__.rpartition(".")[2] for module in ECOSYSTEMS}


@pytest.mark.parametrize(
    "path", ["Dockerfile", "docker/Dockerfile.dev", "api.Dockerfile", "Containerfile", ".dockerignore", ".git/index"]
)
def test_what_says_how_to_build_is_no_source_file(path: str) -> None:
    assert named("make", {path: "", "src/main.c": ""})["code"].files == {"src/main.c"}
    assert "code" not in named("make", {path: ""})
