import pytest
from tests.ecosystems.project import read, run, touches, written

from layerwise.ecosystems.effects import Openness

_LOCK = '[[package]]\nname = "idna"\nversion = "3"\nfiles = [{file = "idna.whl", hash = "sha256:1"}]\n'


def project(extra: str = "", lock: str = _LOCK) -> dict[str, str]:
    head = '[tool.poetry]\nname = "shop"\n%s\n[tool.poetry.dependencies]\npython = "^3.11"\nIdna = "*"\n'
    return {"/app/pyproject.toml": head % "" + extra, "/app/poetry.lock": lock}


def test_an_install_without_the_root_reads_the_manifests():
    effects = run("poetry install --no-root --only main --no-interaction", project())
    assert effects.manifests == ("/app/pyproject.toml", "/app/poetry.lock")
    assert effects.lock == "/app/poetry.lock"
    assert [(one.kind, one.packages, one.names) for one in effects.work] == [("poetry.install", 1, ("idna",))]
    assert (effects.needs_source, effects.doubts, effects.frozen) == ((), (), None)
    assert effects.deterministic
    assert effects.environment.openness is Openness.INSTALLER


def test_the_root_is_built():
    effects = run("poetry install", project())
    assert effects.needs_source == ("installs the project itself: --no-root leaves it out",)
    assert effects.environment.openness is Openness.OPEN


def test_a_project_that_is_no_package_is_not_built():
    files = project()
    files["/app/pyproject.toml"] = "[tool.poetry]\npackage-mode = false\n"
    assert run("poetry install", files).needs_source == ()


def test_a_configuration_of_the_project_belongs_with_the_manifest():
    files = {**project(), "/app/poetry.toml": "[virtualenvs]\nin-project = true\n"}
    assert "/app/poetry.toml" in run("poetry install --no-root", files).manifests
    assert "/app/poetry.toml" in read(run("poetry install --no-root", project()))


@pytest.mark.parametrize(
    ("kind", "option", "needs"),
    [
        ("directory", "", True),
        ("directory", "--no-directory", False),
        ("file", "--no-directory", True),
        ("git", "", False),
    ],
)
def test_packages_of_the_project_need_the_source(kind, option, needs):
    lock = _LOCK + f'\n[[package]]\nname = "lib"\nfiles = []\n[package.source]\ntype = "{kind}"\nurl = "../lib"\n'
    assert bool(run(f"poetry install --no-root {option}", project(lock=lock)).needs_source) is needs


def test_without_a_lock_paths_of_the_manifest_count():
    files = project('lib = { path = "lib" }\n')
    del files["/app/poetry.lock"]
    effects = run("poetry install --no-root", files)
    assert effects.needs_source == ("installs /app/lib of the project",)
    assert "/app/poetry.lock" in written(effects)


@pytest.mark.parametrize(
    "extra",
    [
        '[tool.poetry.requires-plugins]\nx = "*"\n',
        "[tool.poetry-dynamic-versioning]\nenable = true\n",
        '[[tool.poetry.source]]\nname = "x"\nurl = "file:///app/wheels"\n',
    ],
)
def test_plugins_and_local_indexes_need_the_source(extra):
    assert run("poetry install --no-root", project(extra)).needs_source


def test_a_lock_that_cannot_be_read_needs_the_source():
    files = project(lock="not toml")
    assert run("poetry install --no-root", files).needs_source == (
        "/app/poetry.lock could not be read before the build",
    )
    assert run("poetry install --no-root").needs_source


def test_only_downloads_below_the_cache_directory_are_a_cache():
    caches = run("poetry install --no-root", project()).caches
    assert {(one.path, one.sharing) for one in caches} == {
        ("/root/.cache/pypoetry/cache", "locked"),
        ("/root/.cache/pypoetry/artifacts", "locked"),
    }
    moved = run("poetry install --no-root", project(), POETRY_CACHE_DIR="/c").caches
    assert {one.path for one in moved} == {"/c/cache", "/c/artifacts"}
    assert run("poetry install --no-root", project(), POETRY_CACHE_DIR=None).caches == frozenset()


def test_an_option_turns_the_cache_off():
    assert run("poetry install --no-root --no-cache", project()).uncached == ("--no-cache",)


@pytest.mark.parametrize(
    ("environment", "inside"),
    [({}, True), ({"POETRY_VIRTUALENVS_CREATE": "false"}, False), ({"POETRY_VIRTUALENVS_IN_PROJECT": "0"}, False)],
)
def test_packages_may_go_into_the_project(environment, inside):
    effects = run("poetry install --no-root", project(), **environment)
    assert touches(effects, "/app/.venv") is inside
    assert touches(effects, "/usr/local/lib/python3.12/site-packages")


def test_a_setting_is_written_to_the_user_or_to_the_project():
    assert written(run("poetry config virtualenvs.create false", project())) == {"/root/.config/pypoetry/**"}
    effects = run("poetry config --local virtualenvs.create false", {**project(), "/app/poetry.toml": ""})
    assert written(effects) == {"/app/poetry.toml"}
    assert "/app/poetry.toml" not in effects.manifests


def test_a_clean_up_leaves_the_environments_alone():
    effects = run("poetry cache clear --all pypi", project())
    assert written(effects) == {"/root/.cache/pypoetry/cache/**", "/root/.cache/pypoetry/artifacts/**"}


def test_an_export_needs_no_source():
    effects = run("poetry export -f requirements.txt --without-hashes -o requirements.txt", project())
    assert effects.needs_source == ()
    assert "/app/requirements.txt" in written(effects)


def test_the_directory_may_be_named():
    files = {path.replace("/app", "/app/api"): text for path, text in project().items()}
    assert run("poetry install --no-root -C api", files).lock == "/app/api/poetry.lock"


@pytest.mark.parametrize("command", ["poetry run app", "poetry build", "poetry self add x", "poetry add x", "poetry"])
def test_what_runs_code_or_changes_the_project_is_opaque(command):
    assert run(command, project()).opaque


def test_an_option_that_is_not_known_needs_the_source():
    assert run("poetry install --no-root --sideways", project()).needs_source
