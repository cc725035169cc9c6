import json

import pytest
from tests.ecosystems.project import read, run, touches, written

from layerwise.ecosystems.effects import Effects, Frozen, Openness

LOCK = """\
lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      express:
        specifier: ^4
        version: 4.19.2

packages:

  express@4.19.2:
    resolution: {integrity: sha512-x}

  '@scope/ms@2.0.0':
    resolution: {integrity: sha512-y}

snapshots:

  express@4.19.2: {}
"""
OLD = """\
lockfileVersion: 5.4

specifiers:
  express: ^4

packages:

  /express/4.19.2:
    resolution: {integrity: sha512-x}
    dev: false

  /one/1.0.0_peer@2:
    resolution: {integrity: sha512-y}
    requiresBuild: true
"""
TEN = {"packageManager": "pnpm@10.4.0"}


def project(lock: str | None = LOCK, **package: object) -> dict[str, str]:
    files = {"/app/package.json": json.dumps({"name": "shop", "dependencies": {"express": "^4"}, **package})}
    return files if lock is None else {**files, "/app/pnpm-lock.yaml": lock}


def workspace(**member: object) -> dict[str, str]:
    lock = LOCK.replace("\npackages:", "\n  packages/a:\n    dependencies: {}\n\npackages:")
    return {
        **project(lock, **TEN),
        "/app/pnpm-workspace.yaml": "packages: ['packages/*']\n",
        "/app/packages/a/package.json": json.dumps({"name": "a", **member}),
    }


def caches(effects: Effects) -> set[str]:
    return {one.path for one in effects.caches}


def test_an_install_reads_package_lock_and_settings():
    effects = run("pnpm install --frozen-lockfile", {**project(**TEN), "/app/.npmrc": "x=${TOKEN}\n"})
    assert effects.manifests == ("/app/package.json", "/app/pnpm-lock.yaml", "/app/.npmrc")
    assert effects.lock == "/app/pnpm-lock.yaml"
    assert [(one.kind, one.packages, one.names) for one in effects.work] == [("pnpm.install", 2, ("express",))]
    assert effects.needs_source == ()
    assert effects.doubts == ()
    assert effects.deterministic
    assert effects.environment.reads("TOKEN")
    assert {"/app/.pnpmfile.cjs", "/app/pnpm-workspace.yaml"} <= read(effects)


def test_members_are_manifests_with_their_settings():
    effects = run("pnpm i", {**workspace(), "/app/packages/a/.npmrc": ""})
    assert {"/app/pnpm-workspace.yaml", "/app/packages/a/package.json", "/app/packages/a/.npmrc"} <= {
        *effects.manifests
    }
    assert effects.needs_source == ()
    assert touches(effects, "/app/packages/a/node_modules")


def test_the_root_of_the_workspace_is_found_from_a_member():
    assert run("cd packages/a && pnpm install", workspace()).manifests[0] == "/app/package.json"


def test_a_member_that_only_the_lock_knows_needs_the_source():
    files = workspace()
    del files["/app/packages/a/package.json"]
    assert run("pnpm i", files).needs_source == ("/app/pnpm-lock.yaml takes packages from /app/packages/a",)


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ({"scripts": {"prepare": "tsc"}}, "/app/packages/a/package.json runs prepare: tsc"),
        ({"bin": "cli.js"}, "/app/packages/a/package.json offers programs"),
        ({"dependencies": {"lib": "link:../../lib"}}, "/app/packages/a/package.json takes lib from link:../../lib"),
    ],
)
def test_what_a_member_takes_from_the_source(member, reason):
    assert run("pnpm install", workspace(**member)).needs_source[0].startswith(reason)


def test_packages_of_the_workspace_are_no_local_packages():
    assert run("pnpm install", workspace(dependencies={"shop": "workspace:*"})).needs_source == ()


@pytest.mark.parametrize(
    ("event", "runs"), [("pnpm:devPreinstall", True), ("postprepare", True), ("prepublish", False)]
)
def test_scripts_of_the_project_as_pnpm_runs_them(event, runs):
    files = project(scripts={event: "node x"})
    assert bool(run("pnpm install", files).needs_source) is runs
    assert run("pnpm install --ignore-scripts", files).needs_source == ()
    assert run("pnpm install", {**files, "/app/.npmrc": "ignore-scripts=true"}).needs_source == ()


def test_which_install_scripts_run_depends_on_the_release():
    assert "does not say" in run("pnpm i", project(packageManager="pnpm@9.1.0")).doubts[0]
    allowed = {**TEN, "pnpm": {"onlyBuiltDependencies": ["esbuild", "One"]}}
    assert run("pnpm i --frozen-lockfile", project(**allowed)).doubts == ("one runs an install script",)
    assert "one runs an install script" in run("pnpm i", project(OLD, packageManager="pnpm@7.0.0")).doubts
    assert run("pnpm i", project(**TEN, pnpm={"onlyBuiltDependencies": ["husky"]})).needs_source


def test_patches_belong_with_the_manifests():
    files = project(**TEN, pnpm={"patchedDependencies": {"express@4": "patches/express@4.patch"}})
    assert "/app/patches/express@4.patch" in run("pnpm i", files).manifests
    listed = {**project(**TEN), "/app/pnpm-workspace.yaml": "patchedDependencies:\n  ms: patches/ms.patch\n"}
    assert "/app/patches/ms.patch" in run("pnpm i", listed).manifests


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("module.exports = { hooks: { readPackage (pkg) { return pkg } } }", False),
        ("const fs = require('fs')", True),
        ("export default { x: await import('./y') }", True),
        ("this.constructor.constructor('return 1')()", True),
    ],
)
def test_hooks_are_code_of_the_project_unless_they_can_read_nothing(text, runs):
    effects = run("pnpm i", {**project(), "/app/.pnpmfile.cjs": text})
    assert "/app/.pnpmfile.cjs" in effects.manifests
    assert bool(effects.needs_source) is runs


@pytest.mark.parametrize(
    ("command", "environment", "frozen"),
    [
        ("pnpm install", {}, Frozen(added=("--frozen-lockfile",))),
        ("pnpm i --prod", {}, Frozen(added=("--frozen-lockfile",))),
        ("pnpm i --no-frozen-lockfile", {"CI": "true"}, Frozen((("--no-frozen-lockfile", "--frozen-lockfile"),))),
        ("pnpm i --frozen-lockfile=false", {}, Frozen((("--frozen-lockfile=false", "--frozen-lockfile"),))),
        ("pnpm i --frozen-lockfile", {}, None),
        ("pnpm i", {"CI": "true"}, None),
        ("pnpm add express", {}, None),
        ("pnpm i --lockfile-only", {}, None),
    ],
)
def test_the_frozen_form(command, environment, frozen):
    assert run(command, project(), **environment).frozen == frozen


def test_a_lock_for_other_dependencies_has_no_frozen_form():
    assert run("pnpm i", project(dependencies={"express": "^5"})).frozen is None
    assert run("pnpm i", project(dependencies={"express": "^4", "ms": "^2"})).frozen is None


@pytest.mark.parametrize(
    ("command", "environment", "npmrc", "store"),
    [
        ("pnpm i", {}, "", "/root/.local/share/pnpm/store"),
        ("pnpm i", {"PNPM_HOME": "/pnpm"}, "", "/pnpm/store"),
        ("pnpm i", {"XDG_DATA_HOME": "/d"}, "", "/d/pnpm/store"),
        ("pnpm i --store-dir /s", {}, "", "/s"),
        ("pnpm i", {"npm_config_store_dir": "/s"}, "", "/s"),
        ("pnpm i", {}, "store-dir=/s\n", "/s"),
    ],
)
def test_the_store_is_a_cache_where_pnpm_keeps_it(command, environment, npmrc, store):
    effects = run(command, {**project(), "/app/.npmrc": npmrc}, **environment)
    assert caches(effects) == {store, "/root/.cache/pnpm"}
    assert touches(effects, store)


@pytest.mark.parametrize(("command", "environment"), [("pnpm i --offline", {}), ("pnpm i", {"PNPM_HOME": None})])
def test_a_store_that_is_read_or_unknown_is_no_cache(command, environment):
    assert caches(run(command, project(), **environment)) == set()


def test_fetch_reads_no_member_and_fills_a_store_that_is_read_later():
    effects = run("pnpm fetch", {**project(**TEN, scripts={"prepare": "x"}), "/app/.npmrc": ""})
    assert effects.manifests == ("/app/package.json", "/app/pnpm-lock.yaml", "/app/.npmrc")
    assert "/app/packages/a/package.json" not in run("pnpm fetch", workspace()).manifests
    assert effects.needs_source == ()
    assert all(one.read_later for one in effects.caches)
    assert effects.deterministic


def test_pruning_the_store_writes_just_the_store():
    assert written(run("pnpm store prune")) == {"/root/.local/share/pnpm/store/**", "/root/.cache/pnpm/**"}


@pytest.mark.parametrize(
    "command",
    ["pnpm build", "pnpm run x", "pnpm exec x", "pnpm dlx x", "pnpm deploy /out", "pnpm -C $X i", "pnpm $X", "pnpm"],
)
def test_what_runs_code_of_the_project_is_opaque(command):
    assert run(command, project()).opaque


@pytest.mark.parametrize("setting", ["modules-dir=m", "shared-workspace-lockfile=false", "pnpmfile=hooks.js"])
def test_settings_that_move_what_pnpm_does(setting):
    assert run("pnpm i", {**project(), "/app/.npmrc": setting}).needs_source


def test_a_filter_that_asks_git_needs_the_source():
    assert run("pnpm i --filter '[origin/main]'", project()).needs_source
    assert run("pnpm i --filter shop...", project()).needs_source == ()


@pytest.mark.parametrize("text", ["packages: [", "- a\n"])
def test_a_workspace_that_cannot_be_read_is_opaque(text):
    assert run("pnpm i", {**project(), "/app/pnpm-workspace.yaml": text}).opaque


def test_a_package_from_a_path_needs_the_source():
    effects = run("pnpm add ./lib", project())
    assert effects.needs_source == ("installs ./lib, a path of the project",)
    assert effects.environment.openness is Openness.OPEN
    assert run("pnpm i", project(LOCK.replace("express@4.19.2:", "lib@file:lib:", 1))).needs_source


def test_tools_for_the_whole_system_read_nothing_of_the_project():
    effects = run("pnpm add -g turbo", project(), PNPM_HOME="/pnpm")
    assert [(one.kind, one.names) for one in effects.work] == [("pnpm.global", ("turbo",))]
    assert touches(effects, "/pnpm")
    assert not touches(effects, "/app")


def test_settings_are_written_for_the_user():
    assert touches(run("pnpm config set registry https://x"), "/root/.npmrc")
    assert run("pnpm config set store-dir /s").opaque


@pytest.mark.parametrize("lock", ["importers: [\n", "importers:\n  .: [\n"])
def test_a_lock_that_cannot_be_read_needs_the_source(lock):
    effects = run("pnpm i", project(lock))
    assert effects.needs_source == ("/app/pnpm-lock.yaml could not be read before the build",)
    assert effects.frozen is None


def test_questions_write_nothing():
    assert run("pnpm list", project()).writes == frozenset()
    assert run("pnpm --version").opaque is None
