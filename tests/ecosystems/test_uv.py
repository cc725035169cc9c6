import pytest
from tests.ecosystems.project import read, run, touches, written

from layerwise.ecosystems.effects import Frozen, Openness

_LOCK = """
version = 1

[[package]]
name = "shop"
source = { %s }

[[package]]
name = "idna"
source = { registry = "https://index.example/simple" }
wheels = [{ url = "https://index.example/idna.whl", hash = "sha256:1" }]
"""
_PROJECT = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["Idna>=3"]\n'
_BACKEND = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'


def project(extra: str = "", *, source: str = 'virtual = "."', **files: str) -> dict[str, str]:
    named = {f"/app/{name.replace('__', '/').replace('_toml', '.toml')}": text for name, text in files.items()}
    return {"/app/pyproject.toml": _PROJECT + extra, "/app/uv.lock": _LOCK % source, **named}


def test_a_sync_reads_manifests_and_writes_the_environment():
    effects = run("uv sync --locked", project())
    assert effects.manifests == ("/app/pyproject.toml", "/app/uv.lock")
    assert effects.lock == "/app/uv.lock"
    assert [(one.kind, one.packages, one.names) for one in effects.work] == [("uv.sync", 1, ("idna",))]
    assert (effects.needs_source, effects.doubts, effects.frozen) == ((), (), None)
    assert effects.deterministic
    assert touches(effects, "/app/.venv")
    assert not touches(effects, "/app/src")
    assert effects.environment.openness is Openness.INSTALLER


def test_files_that_could_appear_are_read():
    assert {"/app/uv.toml", "/app/.python-version", "/pyproject.toml"} <= read(run("uv sync", project()))


def test_pins_and_settings_belong_with_the_manifest():
    files = {**project(), "/app/uv.toml": "", "/app/.python-version": "3.12\n"}
    assert set(run("uv sync --frozen", files).manifests) >= {"/app/uv.toml", "/app/.python-version"}


def test_a_lock_that_may_be_rewritten_has_a_frozen_form():
    effects = run("uv sync", project())
    assert effects.frozen == Frozen(added=("--locked",))
    assert "/app/uv.lock" in written(effects)
    assert effects.doubts == ("uv may rewrite /app/uv.lock: a later copy of the project would bring the old one back",)
    assert run("uv sync", project(), UV_FROZEN="1").frozen is None
    assert run("uv sync", project(), UV_LOCKED="true").doubts == ()


@pytest.mark.parametrize(
    ("command", "environment", "builds"),
    [
        ("uv sync --locked", {}, True),
        ("uv sync --locked --no-install-project", {}, False),
        ("uv sync --locked --no-install-workspace", {}, False),
        ("uv sync --locked --no-install-local", {}, False),
        ("uv sync --locked --no-install-package shop", {}, False),
        ("uv sync --locked", {"UV_NO_INSTALL_PROJECT": "1"}, False),
        ("uv sync --locked", {"UV_NO_INSTALL_PROJECT": "0"}, True),
    ],
)
def test_a_project_with_a_backend_is_built_unless_left_out(command, environment, builds):
    effects = run(command, project(_BACKEND, source='editable = "."'), **environment)
    assert bool(effects.needs_source) is builds


def workspace() -> dict[str, str]:
    root = _PROJECT + _BACKEND + '[tool.uv.workspace]\nmembers = ["packages/*"]\nexclude = ["packages/old"]\n'
    member = '[project]\nname = "core"\nversion = "1"\ndependencies = ["iniconfig"]\n' + _BACKEND
    lock = _LOCK % 'editable = "."' + '\n[[package]]\nname = "core"\nsource = { editable = "packages/core" }\n'
    return {
        "/app/pyproject.toml": root,
        "/app/uv.lock": lock,
        "/app/packages/core/pyproject.toml": member,
        "/app/packages/old/pyproject.toml": member,
        "/app/packages/notes.txt": "",
    }


def test_the_manifests_of_all_members_are_named():
    effects = run("uv sync --locked --no-install-workspace", workspace())
    assert set(effects.manifests) == {"/app/pyproject.toml", "/app/packages/core/pyproject.toml", "/app/uv.lock"}
    assert effects.needs_source == ()


def test_members_are_built_where_only_the_project_is_left_out():
    effects = run("uv sync --locked --no-install-project", workspace())
    assert effects.needs_source == ("builds core, which lies in /app/packages/core",)


def test_a_member_belongs_to_the_workspace_above_it():
    effects = run("cd packages/core && uv sync --locked --no-install-workspace", workspace())
    assert effects.lock == "/app/uv.lock"
    assert touches(effects, "/app/.venv")


def test_a_path_source_needs_the_source():
    files = project(source='editable = "."')
    files["/app/uv.lock"] += '\n[[package]]\nname = "lib"\nsource = { directory = "../lib" }\n'
    assert "builds lib, which lies in /lib" in run("uv sync --frozen --no-install-project", files).needs_source
    assert run("uv sync --frozen --no-install-local", files).needs_source == ()
    assert run("uv sync --locked --no-install-local", files).needs_source == ("reads the metadata of lib in /lib",)


def test_dynamic_metadata_are_built_unless_the_lock_is_taken_as_it_is():
    files = project('dynamic = ["optional-dependencies"]\n', source='virtual = "."')
    assert run("uv sync --locked", files).needs_source == ("builds to learn the metadata of /app/pyproject.toml",)
    assert run("uv sync --frozen", files).needs_source == ()


def test_packages_in_a_directory_need_the_source():
    files = project('[[tool.uv.index]]\nurl = "./wheels"\n')
    assert run("uv sync --frozen", files).needs_source == ("uv looks for packages in ./wheels",)


@pytest.mark.parametrize(
    ("command", "environment", "settings", "path"),
    [
        ("uv sync", {}, "", "/root/.cache/uv"),
        ("uv sync", {"UV_CACHE_DIR": "/c"}, "", "/c"),
        ("uv sync", {"XDG_CACHE_HOME": "/x"}, "", "/x/uv"),
        ("uv sync --cache-dir /d", {"UV_CACHE_DIR": "/c"}, "", "/d"),
        ("uv sync", {}, '[tool.uv]\ncache-dir = "/s"\n', "/s"),
        ("uv sync", {"UV_CACHE_DIR": None}, "", None),
        ("uv sync", {}, "[tool.uv]\nno-cache = true\n", None),
    ],
)
def test_the_cache_may_be_elsewhere(command, environment, settings, path):
    caches = run(command, project(settings), **environment).caches
    assert {(one.path, one.sharing, one.read_later) for one in caches} == ({(path, "shared", False)} if path else set())


def test_what_turns_the_cache_off_is_named_and_the_cache_with_it():
    effects = run("uv sync --no-cache", project(), UV_NO_CACHE="1")
    assert effects.uncached == ("--no-cache", "UV_NO_CACHE")
    assert {one.path for one in effects.caches} == {"/root/.cache/uv"}
    assert not touches(effects, "/root/.cache/uv")
    assert run("uv pip install -n flask", {}).uncached == ("-n",)
    assert run("uv sync", project(), UV_NO_CACHE="0").uncached == ()


def test_links_into_the_cache_make_it_an_install_location():
    assert [one.read_later for one in run("uv sync --link-mode=symlink", project()).caches] == [True]
    assert [one.read_later for one in run("uv sync", project(), UV_LINK_MODE="copy").caches] == [False]


def test_the_environment_may_be_elsewhere():
    effects = run("uv sync", project(), UV_PROJECT_ENVIRONMENT="/opt/env")
    assert touches(effects, "/opt/env")
    assert not touches(effects, "/app/.venv")


@pytest.mark.parametrize(
    "command", ["uv pip install --system -r requirements.txt", "uv pip sync --system requirements.txt"]
)
def test_pip_reads_requirements_and_the_settings_of_the_project(command):
    files = {**workspace(), "/app/requirements.txt": "flask==3 --hash=sha256:1\n"}
    effects = run(command, files)
    assert effects.manifests[0] == "/app/requirements.txt"
    assert {"/app/pyproject.toml", "/app/packages/core/pyproject.toml"} <= set(effects.manifests)
    assert effects.needs_source == ()
    assert effects.lock == "/app/requirements.txt"
    assert not touches(effects, "/app/.venv")


def test_pip_without_a_project_reads_none():
    effects = run("uv pip install --system flask")
    assert effects.manifests == ()
    assert effects.needs_source == ()
    assert touches(run("uv pip install flask"), "/app/.venv")


@pytest.mark.parametrize("what", [".", "-e .", "./lib", "--group dev flask", "-r setup.py"])
def test_pip_may_need_the_source(what):
    assert run(f"uv pip install {what}", project(_BACKEND)).needs_source


def test_a_manifest_that_lists_its_dependencies_is_no_build():
    effects = run("uv pip install -r pyproject.toml", project(_BACKEND))
    assert effects.needs_source == ()
    assert effects.work[0].names == ("idna",)


def test_a_clean_up_writes_the_cache_and_nothing_else():
    assert written(run("uv cache clean")) == {"/root/.cache/uv/**"}
    assert written(run("uv cache prune", UV_CACHE_DIR="/c")) == {"/c/**"}
    assert written(run("uv cache dir")) == set()


def test_tools_and_interpreters_have_places_of_their_own():
    effects = run("uv tool install ruff@1", {}, UV_TOOL_BIN_DIR="/usr/bin")
    assert {"/root/.local/share/uv/**", "/usr/bin/**"} <= written(effects)
    assert effects.needs_source == ()
    assert run("uv tool install ./cli").needs_source
    assert touches(run("uv python install 3.12", UV_PYTHON_INSTALL_DIR="/py"), "/py")
    assert run("uv python install", {"/app/.python-version": "3.12"}).manifests == ("/app/.python-version",)


def test_an_export_writes_where_it_is_told():
    effects = run("uv export --locked --no-hashes -o requirements.txt", project())
    assert "/app/requirements.txt" in written(effects)
    assert effects.needs_source == ()


@pytest.mark.parametrize(
    "command", ["uv run app.py", "uvx ruff", "uv build", "uv frobnicate", "uv tool run x", "uv pip x"]
)
def test_what_runs_code_or_is_not_known_is_opaque(command):
    assert run(command, project()).opaque


def test_an_option_that_is_not_known_needs_the_source():
    assert run("uv sync --locked --sideways", project()).needs_source == (
        "an option of uv that layerwise does not know: --sideways",
    )


@pytest.mark.parametrize(("value", "needs"), [("c.txt", True), ("", False), (None, True)])
def test_a_variable_may_name_files(value, needs):
    assert bool(run("uv pip install --system flask", UV_CONSTRAINT=value).needs_source) is needs
    assert run("uv sync --locked", project(), UV_INDEX_URL="https://index.example/simple").needs_source == ()


def test_a_lock_is_no_manifest_of_pip():
    assert run("uv pip install --system flask", project()).manifests == ("/app/pyproject.toml",)
