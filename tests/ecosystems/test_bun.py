import json

import pytest
from tests.ecosystems.project import read, run, touches, written

from layerwise.ecosystems.effects import Effects, Frozen

LOCK = """\
{
  "lockfileVersion": 1,
  "workspaces": {
    "": {
      "name": "shop",
      "dependencies": {
        "express": "^4",
      },
    },
  },
  "packages": {
    "express": ["express@4.19.2", "", { "dependencies": { "ms": "2.0.0" } }, "sha512-x"],
    "ms": ["ms@2.0.0", "", {}, "sha512-y"],
  }
}
"""
NONE = {"trustedDependencies": []}


def project(lock: str | None = LOCK, **package: object) -> dict[str, str]:
    files = {"/app/package.json": json.dumps({"name": "shop", "dependencies": {"express": "^4"}, **package})}
    return files if lock is None else {**files, "/app/bun.lock": lock}


def workspace(**member: object) -> dict[str, str]:
    lock = LOCK.replace(
        '  },\n  "packages": {',
        '    "packages/a": {"name": "a"},\n  },\n  "packages": {\n    "a": ["a@workspace:packages/a"],',
    )
    return {
        **project(lock, workspaces=["packages/*"], **NONE),
        "/app/packages/a/package.json": json.dumps({"name": "a", **member}),
    }


def caches(effects: Effects) -> set[tuple[str, bool]]:
    return {(one.path, one.read_later) for one in effects.caches}


def test_an_install_reads_package_lock_and_settings():
    files = {**project(**NONE), "/app/bunfig.toml": '[install]\nregistry = "https://$TOKEN@example.org"\n'}
    effects = run("bun install --frozen-lockfile", files)
    assert effects.manifests == ("/app/package.json", "/app/bun.lock", "/app/bunfig.toml")
    assert effects.lock == "/app/bun.lock"
    assert [(one.kind, one.packages, one.names) for one in effects.work] == [("bun.install", 2, ("express",))]
    assert (effects.needs_source, effects.doubts) == ((), ())
    assert effects.deterministic
    assert effects.environment.reads("TOKEN")
    assert {"/app/.npmrc", "/app/bun.lockb"} <= read(effects)


def test_only_trusted_packages_run_install_scripts():
    assert "does not say" in run("bun i", project()).doubts[0]
    assert run("bun i", project(trustedDependencies=["one", "sharp"])).needs_source == ()
    assert run("bun ci", project(trustedDependencies=["sqlite3", "two"])).doubts == ("two runs an install script",)
    assert run("bun ci", project(trustedDependencies=["@prisma/client"])).needs_source


def test_a_binary_lock_tells_nothing_of_what_it_holds():
    effects = run("bun install", {**project(None), "/app/bun.lockb": "\0"})
    assert effects.lock == "/app/bun.lockb"
    assert effects.doubts
    assert not effects.deterministic


@pytest.mark.parametrize(
    ("command", "frozen"),
    [
        ("bun install", Frozen(added=("--frozen-lockfile",))),
        ("bun i --no-frozen-lockfile", Frozen((("--no-frozen-lockfile", "--frozen-lockfile"),))),
        ("bun install --frozen-lockfile", None),
        ("bun install --production", None),
        ("bun install -p", None),
        ("bun ci", None),
        ("bun add express", None),
    ],
)
def test_the_frozen_form(command, frozen):
    assert run(command, project()).frozen == frozen


def test_settings_may_freeze_the_lock():
    assert run("bun i", {**project(), "/app/bunfig.toml": "[install]\nfrozenLockfile = true\n"}).frozen is None
    assert run("bun i", project(dependencies={"express": "^5"})).frozen is None


def test_without_a_lock_of_its_own_it_takes_over_that_of_others():
    assert "/app/yarn.lock" in run("bun i", {**project(None), "/app/yarn.lock": ""}).manifests
    assert "/app/yarn.lock" not in run("bun i", {**project(), "/app/yarn.lock": ""}).manifests


def test_members_are_manifests():
    effects = run("bun install", workspace())
    assert effects.manifests == ("/app/package.json", "/app/bun.lock", "/app/packages/a/package.json")
    assert effects.needs_source == ()
    assert touches(effects, "/app/packages/a/node_modules")


@pytest.mark.parametrize("member", [{"scripts": {"prepare": "tsc"}}, {"bin": {"a": "a.js"}}])
def test_what_a_member_takes_from_the_source(member):
    assert run("bun install", workspace(**member)).needs_source


@pytest.mark.parametrize(("event", "runs"), [("postinstall", True), ("postprepare", True), ("prepublish", False)])
def test_scripts_of_the_project_as_bun_runs_them(event, runs):
    files = project(scripts={event: "node x"})
    assert bool(run("bun install", files).needs_source) is runs
    assert run("bun install --ignore-scripts", files).needs_source == ()


def test_patches_belong_with_the_manifests():
    files = project(patchedDependencies={"ms@2": "patches/ms@2.patch"})
    assert run("bun install", files).manifests[-1] == "/app/patches/ms@2.patch"


@pytest.mark.parametrize(
    ("command", "environment", "bunfig", "found"),
    [
        ("bun i", {}, "", ("/root/.bun/install/cache", False)),
        ("bun i --cache-dir=/c", {}, "", ("/c", False)),
        ("bun i", {"BUN_INSTALL_CACHE_DIR": "/c"}, "", ("/c", False)),
        ("bun i", {"BUN_INSTALL": "/b"}, "", ("/b/install/cache", False)),
        ("bun i", {}, '[install.cache]\ndir = "/c"\n', ("/c", False)),
        ("bun i --backend=symlink", {}, "", ("/root/.bun/install/cache", True)),
        ("bun i", {}, "[install]\nglobalStore = true\n", ("/root/.bun/install/cache", True)),
    ],
)
def test_the_cache_is_where_bun_keeps_it(command, environment, bunfig, found):
    assert caches(run(command, {**project(), "/app/bunfig.toml": bunfig}, **environment)) == {found}


def test_a_cache_turned_off_or_of_unknown_place_is_none():
    assert caches(run("bun i", {**project(), "/app/bunfig.toml": "[install.cache]\ndisable = true\n"})) == set()
    assert caches(run("bun i", project(), BUN_INSTALL_CACHE_DIR=None)) == set()


def test_what_turns_the_cache_off_is_named_as_written():
    assert run("bun i --no-cache", project()).uncached == ("--no-cache",)
    assert run("bun i", project()).uncached == ()


def test_cleaning_the_cache_writes_just_the_cache():
    assert written(run("bun pm cache rm")) == {"/root/.bun/install/cache/**"}


@pytest.mark.parametrize(
    "command", ["bun run build", "bun index.ts", "bun test", "bun x tsc", "bun build", "bun $X", "bun i --config=x"]
)
def test_what_runs_code_of_the_project_is_opaque(command):
    assert run(command, project()).opaque


@pytest.mark.parametrize("text", ["{", '{"packages": {}'])
def test_a_lock_that_cannot_be_read_needs_the_source(text):
    assert run("bun i", project(text)).needs_source == ("/app/bun.lock could not be read before the build",)


def test_local_packages_need_the_source():
    assert run("bun i", project(dependencies={"lib": "file:./lib"})).needs_source
    assert run("bun i", project(LOCK.replace("ms@2.0.0", "ms@file:lib"))).needs_source
    assert run("bun add ./lib", project()).needs_source


def test_settings_that_cannot_be_read_are_not_guessed():
    assert run("bun i", {**project(), "/app/bunfig.toml": "["}).opaque


def test_tools_for_the_whole_system_read_nothing_of_the_project():
    effects = run("bun add -g turbo", project())
    assert [(one.kind, one.names) for one in effects.work] == [("bun.global", ("turbo",))]
    assert touches(effects, "/root/.bun")
    assert not touches(effects, "/app")


def test_a_question_of_its_version_reads_nothing():
    effects = run("bun --version")
    assert (effects.opaque, effects.reads) == (None, frozenset())
    assert run("bun --cwd $X install").opaque
