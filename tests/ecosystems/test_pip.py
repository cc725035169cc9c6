import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from tests.ecosystems.project import read, run, touches, written

from layerwise.ecosystems.effects import Openness

PLAIN = {
    "/app/requirements.txt": "# comment\nflask==3.0.0  # web\nrequests[socks] >= 2 ; python_version > '3'\n--extra-index-url https://x\n-r more/dev.txt\n",
    "/app/more/dev.txt": "pytest\n-c ../constraints.txt\n",
    "/app/constraints.txt": "pytest==8\nnumpy==2\n",
    "/app/pyproject.toml": "[project]\n",
}
LOCKED = {
    "/app/requirements.txt": "flask==3.0.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nclick==8 --hash=sha256:cc\n"
}


def test_includes_and_constraints_belong_with_the_manifest():
    effects = run("pip install --no-cache-dir -r requirements.txt", PLAIN)
    assert effects.manifests == ("/app/requirements.txt", "/app/more/dev.txt", "/app/constraints.txt")
    assert set(effects.manifests) <= read(effects)
    assert effects.work[0].names == ("flask", "requests", "pytest")
    assert effects.needs_source == ()
    assert effects.environment.openness is Openness.INSTALLER
    assert not effects.deterministic


def test_a_file_with_hashes_is_a_lock():
    effects = run("pip install -r requirements.txt", LOCKED)
    assert effects.lock == "/app/requirements.txt"
    assert effects.deterministic
    assert [(work.kind, work.packages) for work in effects.work] == [("pip.install", 2)]


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("pip install -e .", "/app is installed in place"),
        ("pip install .", "/app is built by the install"),
        ("pip install ./sub", "/app/sub is built"),
        ("pip install .[dev]", "/app is built"),
        ("pip install '.[dev]'", "/app is built"),
        ('pip install -e ".[dev,test]"', "/app is installed in place"),
        ("pip install --editable=.", "/app is installed in place"),
        ("pip install file:///app/lib", "/app/lib is built"),
        ("pip install 'mine @ file:///app/lib'", "/app/lib is built"),
        ("pip install /app", "/app is built"),
        ("pip install dist/mine.tar.gz", "/app/dist/mine.tar.gz is built"),
        ("pip install -r missing.txt", "/app/missing.txt could not be read"),
        ("pip install -r $FILE", "the requirements file $FILE is not known"),
        ("pip install $PACKAGES", "not known before the build"),
        ("pip install --find-links wheels mine", "looks for packages in /app/wheels"),
        ("pip install --frobnicate x", "does not know: --frobnicate"),
        ("pip install --group dev", "installs the group dev"),
        ("cd $X && pip install flask", "working directory"),
        ("pip install $(cat requirements.txt)", "not known before the build"),
        ("pip wheel .", "/app is built"),
    ],
)
def test_what_needs_the_project_says_why(command, reason):
    effects = run(command, PLAIN)
    assert effects.opaque is None
    assert any(reason in one for one in effects.needs_source), effects.needs_source
    assert effects.environment.openness is Openness.OPEN


@pytest.mark.parametrize(
    "line",
    [
        "-e .",
        "--editable ./lib",
        "./lib",
        ".",
        "file:lib",
        "lib @ file:./lib",
        "../app/lib",
        "lib/x.tar.gz",
        "-f wheels",
        "flask @ ${HERE}/x",
    ],
)
def test_a_requirements_file_may_need_the_project(line):
    assert run("pip install -r requirements.txt", {"/app/requirements.txt": f"flask\n{line}\n"}).needs_source


@pytest.mark.parametrize(
    "line",
    [
        "git+https://github.com/a/b@v1#egg=b",
        "b @ git+https://github.com/a/b",
        "-e git+https://github.com/a/b#egg=b",
        "https://x/b.whl",
        "b @ https://x/b.tar.gz",
        "-i https://x",
        "--no-binary :all:",
        "-f https://x/links",
        "b[a,b]==1.0",
        "--pre",
    ],
)
def test_what_comes_from_elsewhere_does_not(line):
    assert run("pip install -r requirements.txt", {"/app/requirements.txt": f"{line}\n"}).needs_source == ()


def test_a_wheel_of_the_project_is_a_manifest():
    effects = run("pip install vendor/a-1.whl", {"/app/vendor/a-1.whl": ""})
    assert effects.manifests == ("/app/vendor/a-1.whl",)
    assert effects.needs_source == ()


def test_wheels_of_a_stage_are_read_from_their_directory():
    effects = run("pip install --no-index /wheels/*.whl")
    assert "/wheels/**" in read(effects)
    assert effects.needs_source == ()
    assert not effects.fetches


def test_names_on_the_command_line_are_counted():
    assert run("pip install -U pip 'setuptools<70' Flask==3").work[0].names == ("pip", "setuptools", "flask")
    assert run("pip install flask==$VERSION").work[0].names == ("flask",)


def test_an_include_of_itself_ends():
    files = {"/app/requirements.txt": "-r requirements.txt\nflask\n"}
    assert run("pip install -r requirements.txt", files).work[0].names == ("flask",)


@pytest.mark.parametrize(
    ("command", "where"),
    [
        ("pip install flask", "/usr/local/lib/python3.12"),
        ("pip install --user flask", "/root/.local/lib"),
        ("pip install -t vendor flask", "/app/vendor"),
        ("pip install --target=/deps flask", "/deps"),
        ("pip install --prefix=/install flask", "/install"),
        ("/opt/env/bin/pip install flask", "/opt/env"),
        ("pip install -e git+https://x/y#egg=y", "/app/src"),
        ("pip download -d /wheels flask", "/wheels"),
        ("pip wheel flask", "/app"),
        ("pip install --log /log flask", "/log"),
    ],
)
def test_packages_go_where_options_say(command, where):
    assert touches(run(command), where)


def test_an_environment_on_path_is_where_packages_go():
    assert touches(run("pip install flask", PATH="/venv/bin:/usr/bin"), "/venv/lib")
    assert touches(run("pip install flask", VIRTUAL_ENV="/app/.venv"), "/app/.venv")
    assert touches(run("pip install flask", PIP_TARGET="/deps"), "/deps")
    assert not touches(run("pip install flask", PATH="/usr/local/bin:/usr/bin"), "/app")


@pytest.mark.parametrize("place", ["/app", "/usr/src/app", "/code", "/srv", "/opt/app"])
def test_an_install_leaves_where_applications_go(place):
    assert not touches(run("pip install flask"), place)


@pytest.mark.parametrize(
    ("command", "environment", "path"),
    [
        ("pip install x", {}, "/root/.cache/pip"),
        ("pip install --cache-dir /c x", {}, "/c"),
        ("pip install x", {"PIP_CACHE_DIR": "/c"}, "/c"),
        ("pip install x", {"XDG_CACHE_HOME": "/x"}, "/x/pip"),
        ("pip install x", {"PIP_CACHE_DIR": None}, None),
        ("pip install x", {"PIP_NO_CACHE_DIR": None}, None),
    ],
)
def test_the_cache_is_shared_and_may_be_elsewhere(command, environment, path):
    caches = {(one.path, one.sharing, one.read_later) for one in run(command, **environment).caches}
    assert caches == ({(path, "shared", False)} if path else set())


@pytest.mark.parametrize(
    ("command", "environment", "off"),
    [
        ("pip install x", {}, ()),
        ("pip install --no-cache-dir x", {}, ("--no-cache-dir",)),
        ("pip install x", {"PIP_NO_CACHE_DIR": "1"}, ("PIP_NO_CACHE_DIR",)),
        ("pip install x", {"PIP_NO_CACHE_DIR": "false"}, ("PIP_NO_CACHE_DIR",)),
        ("pip install x", {"PIP_NO_CACHE_DIR": ""}, ()),
        ("pip install --no-cache-dir x", {"PIP_NO_CACHE_DIR": "1"}, ("--no-cache-dir", "PIP_NO_CACHE_DIR")),
    ],
)
def test_what_turns_the_cache_off_is_named_and_the_cache_with_it(command, environment, off):
    effects = run(command, **environment)
    assert effects.uncached == off
    assert {one.path for one in effects.caches} == {"/root/.cache/pip"}
    assert touches(effects, "/root/.cache/pip") is not bool(off)


def test_configuration_of_the_project_may_move_the_cache():
    files = {"/app/pip.conf": "[global]\nno-cache-dir = true\n"}
    assert run("pip install x", files, PIP_CONFIG_FILE="/app/pip.conf").caches == frozenset()


def test_a_clean_up_writes_the_cache_and_nothing_else():
    assert written(run("pip cache purge")) == {"/root/.cache/pip/**"}
    assert written(run("pip cache purge", PIP_CACHE_DIR="/c")) == {"/c/**"}
    assert written(run("pip cache dir")) == set()


def test_the_module_form_is_the_same_unless_the_project_shadows_modules():
    assert run("python3.11 -m pip install flask", {"/app/main.py": ""}).needs_source == ()
    shadowed = run("python -m pip install flask", {"/app/logging.py": "", "/app/json/__init__.py": ""})
    assert shadowed.needs_source == (
        "python imports /app/json in place of its own module",
        "python imports /app/logging.py in place of its own module",
    )
    assert run("pip install flask", {"/app/logging.py": ""}).needs_source == ()


def test_configuration_of_the_project_belongs_with_the_manifest():
    files = {"/app/pip.conf": "[global]\n", "/app/requirements.txt": "flask\n"}
    effects = run("pip install -r requirements.txt", files, PIP_CONFIG_FILE="/app/pip.conf")
    assert effects.manifests == ("/app/requirements.txt", "/app/pip.conf")


def test_files_that_variables_name_are_read():
    effects = run("pip install flask", {"/app/c.txt": "flask==3\n"}, PIP_CONSTRAINT="/app/c.txt")
    assert "/app/c.txt" in {path.removesuffix("/**") for path in read(effects)}


@pytest.mark.parametrize(
    ("name", "reads"),
    [
        ("PIP_INDEX_URL", True),
        ("PYTHONPATH", True),
        ("CFLAGS", True),
        ("CI", True),
        ("GIT_COMMIT", False),
        ("BUILD_DATE", False),
        ("SHOP_COLOUR", False),
    ],
)
def test_packages_may_look_at_well_known_variables_only(name, reads):
    assert run("pip install flask").environment.reads(name) is reads


@pytest.mark.parametrize(
    ("command", "opaque"),
    [
        ("pip cache purge", False),
        ("pip check", False),
        ("pip config set global.x y", False),
        ("pip uninstall -y x", False),
        ("pip frobnicate", True),
        ("pip --version", False),
    ],
)
def test_other_commands_of_pip(command, opaque):
    assert bool(run(command).opaque) is opaque


def test_a_config_change_writes_settings():
    assert "/root/.config/pip/**" in written(run("pip config set global.index-url https://x"))


def test_a_python_path_into_the_project_may_shadow_modules():
    files = {"/app/logging.py": "", "/app/main.py": ""}
    assert run("pip install flask", files, PYTHONPATH="/app").needs_source
    assert run("pip install flask", files, PYTHONPATH="/lib").needs_source == ()


def test_settings_of_distutils_in_the_project_belong_with_the_manifest():
    assert run("pip install flask", {"/app/setup.cfg": "[install]\nprefix=/x\n"}).manifests == ("/app/setup.cfg",)
    assert run("pip install flask", {"/app/setup.cfg": "[flake8]\n"}).manifests == ()


def test_wheels_are_fetched_into_a_directory_and_unpacked_from_one():
    fetched = run("pip wheel --wheel-dir=/wheels -r requirements.txt", PLAIN)
    assert [(work.kind, work.packages) for work in fetched.work] == [("pip.fetch", 3)]
    assert "/wheels/**" in written(fetched)
    assert not any("site-packages" in path for path in written(fetched))
    unpacked = run("pip install --no-index --find-links=/wheels -r requirements.txt", PLAIN)
    assert [(work.kind, work.packages) for work in unpacked.work] == [("pip.unpack", 3)]
    assert not unpacked.fetches


@pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="this interpreter has no pip")
@pytest.mark.parametrize("verb", ["install", "wheel"])
def test_a_requirements_file_with_nothing_in_it_is_no_failure(verb: str, tmp_path: Path) -> None:
    (tmp_path / "pinned.txt").touch()
    command = [sys.executable, "-m", "pip", verb, "--isolated", "--no-index", "--no-deps", "-r", "pinned.txt"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
