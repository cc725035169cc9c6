import pytest
from tests.analyses import PROJECT
from tests.ecosystems.project import Project, run, shown, written

from layerwise.ecosystems.effects import Openness
from layerwise.ecosystems.setuptools_project import declared

FILES = {f"/app/{path}": text for path, text in PROJECT.items()}
PYPROJECT = PROJECT["pyproject.toml"]


def project(old: str = "", new: str = "", **more: str) -> Project:
    text = PYPROJECT.replace(old, new)
    assert not old or text != PYPROJECT
    return Project({**FILES, "/app/pyproject.toml": text, **{f"/app/{path}": "" for path in more}})


def test_what_an_editable_install_reads_and_writes() -> None:
    files = {**FILES, "/app/LICENSE": "", "/app/MANIFEST.in": "", "/app/docs/README.md": ""}
    found = declared("/app", Project(files))
    assert found is not None
    assert found.manifests == ("/app/LICENSE", "/app/MANIFEST.in", "/app/pyproject.toml")
    assert found.metadata == "/app/shop.egg-info"


@pytest.mark.parametrize(
    ("old", "new", "metadata"),
    [
        ('packages = ["app"]', "", "/app/shop.egg-info"),
        ('packages = ["app"]', '[tool.setuptools.packages.find]\nwhere = ["lib"]', "/app/lib/shop.egg-info"),
        ('packages = ["app"]', 'package-dir = {"" = "code"}', "/app/code/shop.egg-info"),
        ('"shop"', '"web shop-2.0"', "/app/web_shop_2.0.egg-info"),
    ],
)
def test_the_metadata_lies_beside_the_packages(old: str, new: str, metadata: str) -> None:
    found = declared("/app", project(old, new))
    assert found is not None
    assert found.metadata == metadata


def test_a_readme_is_read() -> None:
    for readme in ('readme = "READ.md"', 'readme = {file = "READ.md", content-type = "text/plain"}'):
        found = declared("/app", project('version = "1.0"', f'version = "1.0"\n{readme}', **{"READ.md": ""}))
        assert found is not None
        assert "/app/READ.md" in found.manifests
        assert "READ.md" in found.kept


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("setuptools.build_meta", "hatchling.build"),
        ("setuptools.build_meta", "setuptools.build_meta:__legacy__"),
        ('"setuptools>=77"', '"setuptools>=77", "setuptools_scm"'),
        ("requires =", 'backend-path = ["."]\nrequires ='),
        ('version = "1.0"', 'dynamic = ["version"]'),
        ('version = "1.0"', 'version = "1.0"\nreadme = "docs/index.md"'),
        ('version = "1.0"', 'version = "1.0"\nlicense-files = ["legal/*"]'),
        ('packages = ["app"]', 'ext-modules = [{name = "a", sources = ["a.c"]}]'),
        ('packages = ["app"]', 'cmdclass = {build = "app.build"}'),
        ("[tool.setuptools]", "[tool.setuptools_scm]\n[tool.setuptools]"),
        (PYPROJECT, "[project"),
    ],
)
def test_projects_whose_sources_may_be_read(old: str, new: str) -> None:
    assert declared("/app", project(old, new)) is None


@pytest.mark.parametrize("name", ["setup.py", "setup.cfg"])
def test_a_setup_file_may_run(name: str) -> None:
    assert declared("/app", project(**{name: ""})) is None


def test_a_project_that_nobody_can_see() -> None:
    assert declared("/app", Project({})) is None
    assert declared("/elsewhere", Project({"/elsewhere/pyproject.toml": PYPROJECT})) is None


@pytest.mark.parametrize("command", ["pip install -e .", "pip install --no-cache-dir --editable='.[dev]'"])
def test_pip_reads_names_alone(command: str) -> None:
    effects = run(command, FILES)
    assert effects.named == ("/app",)
    assert effects.needs_source == ()
    assert effects.manifests == ("/app/pyproject.toml",)
    assert "/app/shop.egg-info/**" in written(effects)
    assert "/app/**" not in shown(effects.reads)
    assert effects.environment.openness is Openness.INSTALLER
    assert effects.environment.reads("SETUPTOOLS_USE_DISTUTILS")
    assert not effects.environment.reads("GIT_COMMIT")


def test_a_build_of_the_project_reads_its_sources() -> None:
    effects = run("pip install .", FILES)
    assert effects.named == ()
    assert effects.needs_source
