import json

import pytest
from tests.ecosystems.project import read, run, touches, written

from layerwise.ecosystems.effects import Effects, Frozen, Openness

LOCK = """\
# yarn lockfile v1


express@^4:
  version "4.19.2"
  integrity sha512-x

"ms@2.0.0", "ms@^2":
  version "2.0.0"
  integrity sha512-y
"""
LATE = """\
__metadata:
  version: 8
  cacheKey: 10c0

"express@npm:^4":
  version: 4.19.2
  resolution: "express@npm:4.19.2"
  checksum: 10c0/x
  languageName: node
  linkType: hard

"shop@workspace:.":
  version: 0.0.0-use.local
  resolution: "shop@workspace:."
  languageName: unknown
  linkType: soft
"""
RC = "nodeLinker: node-modules\n"


def project(lock: str | None = LOCK, rc: str | None = None, **package: object) -> dict[str, str]:
    files = {"/app/package.json": json.dumps({"name": "shop", "dependencies": {"express": "^4"}, **package})}
    if lock is not None:
        files["/app/yarn.lock"] = lock
    if rc is not None:
        files["/app/.yarnrc.yml"] = rc
    return files


def caches(effects: Effects) -> set[tuple[str, str, bool]]:
    return {(one.path, one.sharing, one.read_later) for one in effects.caches}


@pytest.mark.parametrize("command", ["yarn", "yarn install", "yarn --production", "yarnpkg install", "corepack yarn"])
def test_an_install_of_yarn_1_reads_its_manifests(command):
    files = {**project(), "/app/.yarnrc": "", "/app/.npmrc": "x=${TOKEN}\n"}
    effects = run(command, files)
    assert effects.manifests == ("/app/package.json", "/app/yarn.lock", "/app/.npmrc", "/app/.yarnrc")
    assert effects.lock == "/app/yarn.lock"
    assert effects.environment.reads("TOKEN")
    assert effects.needs_source == ()
    assert [(one.kind, one.packages, one.names) for one in effects.work] == [("yarn.install", 2, ("express",))]


def test_the_lock_of_yarn_1_does_not_tell_of_install_scripts():
    doubt = "/app/yarn.lock does not say which packages run an install script"
    assert doubt in run("yarn --frozen-lockfile", project()).doubts
    assert doubt not in run("yarn --frozen-lockfile --ignore-scripts", project()).doubts
    assert "husky" in run("yarn", project(LOCK + "\nhusky@^4:\n  integrity sha512-z\n")).needs_source[0]


def test_an_older_corepack_would_write_the_version_into_package_json():
    assert touches(run("yarn --frozen-lockfile", project()), "/app/package.json")
    assert not touches(run("yarn --frozen-lockfile", project(packageManager="yarn@1.22.22")), "/app/package.json")


@pytest.mark.parametrize(("event", "runs"), [("preinstall", True), ("prepare", True), ("postprepare", False)])
def test_scripts_of_the_project_as_yarn_1_runs_them(event, runs):
    assert bool(run("yarn", project(scripts={event: "node x"})).needs_source) is runs
    assert run("yarn --ignore-scripts", project(scripts={event: "node x"})).needs_source == ()


@pytest.mark.parametrize(
    ("command", "frozen"),
    [
        ("yarn", Frozen(added=("--frozen-lockfile",))),
        ("yarn install --production", Frozen(added=("--frozen-lockfile",))),
        ("yarn --frozen-lockfile", None),
        ("yarn add express", None),
        ("yarn --no-lockfile", None),
    ],
)
def test_the_frozen_form_of_yarn_1(command, frozen):
    assert run(command, project()).frozen == frozen


def test_a_lock_for_other_dependencies_has_no_frozen_form():
    assert run("yarn", project(dependencies={"express": "^5"})).frozen is None
    assert run("yarn", project(None)).frozen is None


def test_a_frozen_install_leaves_the_lock_as_it_is():
    assert touches(run("yarn", project()), "/app/yarn.lock")
    frozen = run("yarn --frozen-lockfile --ignore-scripts", project())
    assert not touches(frozen, "/app/yarn.lock")
    assert frozen.deterministic


@pytest.mark.parametrize(
    ("command", "files", "environment", "path"),
    [
        ("yarn", {}, {}, "/usr/local/share/.cache/yarn"),
        ("yarn --cache-folder /c", {}, {}, "/c"),
        ("yarn", {}, {"YARN_CACHE_FOLDER": "/c"}, "/c"),
        ("yarn", {}, {"XDG_CACHE_HOME": "/x"}, "/x/yarn"),
        ("yarn", {"/app/.yarnrc": 'cache-folder "/c"\n'}, {}, "/c"),
    ],
)
def test_the_cache_of_yarn_1_is_locked(command, files, environment, path):
    assert caches(run(command, {**project(), **files}, **environment)) == {(path, "locked", False)}


def test_a_cache_of_unknown_place_is_none():
    assert caches(run("yarn", project(), YARN_CACHE_FOLDER=None)) == set()
    assert written(run("yarn cache clean", YARN_CACHE_FOLDER="/c")) == {"/c/**"}


def test_the_yarn_of_the_project_is_a_manifest():
    files = {**project(), "/app/.yarnrc": 'yarn-path ".yarn/releases/yarn-1.22.19.cjs"\n'}
    assert "/app/.yarn/releases/yarn-1.22.19.cjs" in run("yarn", files).manifests


def test_members_are_manifests_of_yarn_1():
    files = {**project(workspaces={"packages": ["packages/*"]}), "/app/packages/a/package.json": '{"name": "a"}'}
    effects = run("yarn", files)
    assert "/app/packages/a/package.json" in effects.manifests
    assert effects.needs_source == ()
    scripted = {**files, "/app/packages/a/package.json": '{"name": "a", "scripts": {"postinstall": "tsc"}}'}
    assert run("yarn", scripted).needs_source == ("/app/packages/a/package.json runs postinstall: tsc",)


@pytest.mark.parametrize(
    "rc", ['yarn-offline-mirror "./mirror"\n', "--install.modules-folder /m\n", '"--modules-folder" "/m"\n']
)
def test_settings_that_move_what_yarn_1_does(rc):
    assert run("yarn", {**project(), "/app/.yarnrc": rc}).needs_source


def test_tools_for_the_whole_system_read_nothing_of_the_project():
    effects = run("yarn global add typescript@5", project())
    assert [(one.kind, one.names) for one in effects.work] == [("yarn.global", ("typescript",))]
    assert effects.manifests == ()
    assert not touches(effects, "/app")


@pytest.mark.parametrize("lock", [LOCK, LATE])
@pytest.mark.parametrize(
    "command", ["yarn build", "yarn run x", "yarn node x", "yarn $X", "yarn install x", "yarn set version 4"]
)
def test_what_runs_code_of_the_project_is_opaque(command, lock):
    assert run(command, project(lock)).opaque


@pytest.mark.parametrize(
    ("lock", "rc", "manager", "late"),
    [
        (LOCK, None, "", False),
        (LATE, None, "", True),
        (None, None, "yarn@4.1.0", True),
        (None, RC, "", True),
        (LOCK, "yarnPath: .yarn/releases/yarn-1.22.19.cjs\n", "", False),
    ],
)
def test_which_yarn_runs(lock, rc, manager, late):
    effects = run("yarn", project(lock, rc, packageManager=manager))
    assert ("/app/.yarn/unplugged/**" in written(effects)) is late


@pytest.mark.parametrize(("lock", "manager"), [(LOCK, "yarn@4.1.0"), (LATE, "yarn@1.22.22")])
def test_files_that_contradict_each_other_are_not_guessed_from(lock, manager):
    assert "cannot tell" in (run("yarn", project(lock, packageManager=manager)).opaque or "")


def test_a_later_yarn_reads_its_settings_releases_and_plugins():
    rc = (
        RC
        + "yarnPath: .yarn/releases/yarn-3.6.cjs\nplugins:\n"
        + "  - path: .yarn/plugins/@yarnpkg/plugin-tools.cjs\n    spec: '@yarnpkg/plugin-workspace-tools'\n"
    )
    effects = run("yarn install --immutable", project(LATE, rc + "npmAuthToken: ${TOKEN}\n"))
    assert effects.manifests == (
        "/app/package.json",
        "/app/yarn.lock",
        "/app/.yarnrc.yml",
        "/app/.yarn/releases/yarn-3.6.cjs",
        "/app/.yarn/plugins/@yarnpkg/plugin-tools.cjs",
    )
    assert effects.needs_source == ()
    assert effects.environment.reads("TOKEN")
    assert {"/app/.env.yarn", "/.yarnrc.yml"} <= read(effects)


def test_patches_belong_with_the_manifests():
    spec = "patch:express@npm%3A^4#~/.yarn/patches/express.patch"
    effects = run("yarn", project(LATE, RC, resolutions={"express": spec, "a": "patch:a@1#optional!builtin<compat/a>"}))
    assert effects.manifests[-1] == "/app/.yarn/patches/express.patch"


@pytest.mark.parametrize(
    ("rc", "reason"),
    [
        ("plugins: [./mine.cjs]\n", "yarn loads the plugin ./mine.cjs"),
        ("enableConstraintsChecks: true\n", "yarn runs the project's constraints"),
        ("pnpUnpluggedFolder: /u\n", ".yarnrc.yml moves what yarn writes: pnpUnpluggedFolder"),
        ("yarnPath: ${Y}/yarn-4.0.cjs\n", ".yarnrc.yml names files by variables"),
    ],
)
def test_settings_of_a_later_yarn_that_run_more(rc, reason):
    assert run("yarn", project(LATE, RC + rc)).needs_source == (reason,)


def test_settings_of_a_directory_above_count_too():
    files = {f"/app/web{path.removeprefix('/app')}": text for path, text in project(LATE, RC).items()}
    found = run("cd web && yarn --immutable", {**files, "/app/.yarnrc.yml": RC})
    assert found.needs_source == ("/app/.yarnrc.yml sets yarn too",)


def test_settings_that_cannot_be_read_are_not_guessed():
    assert run("yarn", project(LATE, "a: [\n")).opaque


@pytest.mark.parametrize(
    ("rc", "environment", "lock", "found"),
    [
        (RC, {}, LATE, ("/root/.yarn/berry/cache", "shared", False)),
        ("", {}, LATE, ("/root/.yarn/berry/cache", "shared", True)),
        (RC, {}, LATE.replace("version: 8", "version: 6"), ("/app/.yarn/cache", "shared", True)),
        (RC + "enableGlobalCache: false\ncacheFolder: /c\n", {}, LATE, ("/c", "shared", False)),
        (RC, {"YARN_GLOBAL_FOLDER": "/g"}, LATE, ("/g/cache", "shared", False)),
        (RC, {"YARN_ENABLE_GLOBAL_CACHE": "false"}, LATE, ("/app/.yarn/cache", "shared", True)),
    ],
)
def test_where_a_later_yarn_keeps_its_cache_and_who_reads_it(rc, environment, lock, found):
    assert caches(run("yarn", project(lock, rc), **environment)) == {found}


def test_a_cache_that_the_project_brings_is_no_download_cache():
    files = {**project(LATE, RC + "enableGlobalCache: false\n"), "/app/.yarn/cache/ms.zip": ""}
    assert caches(run("yarn", files)) == set()
    assert "/app/.yarn/cache/**" in read(run("yarn", files))
    assert written(run("yarn cache clean", files)) == {"/app/.yarn/cache/**"}


@pytest.mark.parametrize(
    ("command", "environment", "frozen"),
    [
        ("yarn", {}, Frozen(added=("--immutable",))),
        ("yarn --no-immutable", {"CI": "1"}, Frozen((("--no-immutable", "--immutable"),))),
        ("yarn", {"CI": "1"}, None),
        ("yarn install --immutable", {}, None),
        ("yarn --frozen-lockfile", {}, None),
        ("yarn workspaces focus --production", {}, None),
    ],
)
def test_the_frozen_form_of_a_later_yarn(command, environment, frozen):
    assert run(command, project(LATE, RC), **environment).frozen == frozen


def test_a_later_yarn_runs_no_prepare_and_only_the_install_scripts_it_is_told_to():
    assert run("yarn --immutable", project(LATE, RC, scripts={"prepare": "x"})).needs_source == ()
    built = {"dependenciesMeta": {"sharp": {"built": True}, "one": {"built": True}}}
    quiet = run("yarn --immutable", project(LATE, RC + "enableScripts: false\n", packageManager="yarn@4.1.0"))
    told = run("yarn --immutable", project(LATE, RC + "enableScripts: false\n", packageManager="yarn@4.1.0", **built))
    assert quiet.doubts == ()
    assert quiet.deterministic
    assert told.doubts == ("one runs an install script",)
    assert run("yarn", project(LATE, RC, scripts={"postinstall": "x"})).environment.openness is Openness.OPEN


@pytest.mark.parametrize("source", ["portal:./lib", "link:./lib", "exec:./gen.js", "file:./lib"])
def test_local_packages_need_the_source(source):
    assert run("yarn", project(LATE, RC, dependencies={"lib": source})).needs_source
    assert run("yarn", project(LATE + f'\n"lib@{source}::locator=x":\n  linkType: soft\n', RC)).needs_source


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("yarn config set registry https://example.org", "/root/.yarnrc"),
        ("yarn remove express", "/app/package.json"),
        ("yarn autoclean", "/app/node_modules"),
    ],
)
def test_other_commands_of_yarn_1_write_where_they_work(command, place):
    effects = run(command, project())
    assert effects.opaque is None
    assert touches(effects, place)


def test_a_setting_that_moves_the_cache_is_not_followed():
    assert run("yarn config set cache-folder /c", project()).opaque


@pytest.mark.parametrize("command", ["yarn --version", "yarn list", "yarn why express"])
def test_questions_write_nothing_of_the_project(command):
    effects = run(command, project())
    assert effects.opaque is None
    assert not touches(effects, "/app")


def test_a_later_yarn_adds_packages_and_stops_where_it_is_told_to_leave_the_rest_out():
    effects = run("yarn add ms@2", project(LATE, RC))
    assert touches(effects, "/app/yarn.lock")
    assert not effects.deterministic
    assert run("yarn install --mode=update-lockfile", project(LATE, RC)).opaque
    assert run("yarn install --mode=skip-build", project(LATE, RC, scripts={"install": "x"})).needs_source == ()


def test_a_folder_of_unknown_place_is_no_cache():
    assert caches(run("yarn", project(LATE, RC), YARN_GLOBAL_FOLDER=None)) == set()
    assert caches(run("yarn", project(LATE, RC), YARN_ENABLE_GLOBAL_CACHE=None)) == set()
    assert written(run("yarn cache clean --mirror", project(LATE, RC))) == {
        "/root/.yarn/berry/**",
        "/root/.yarn/berry/cache/**",
    }


def test_a_lock_that_is_not_merged_needs_the_source():
    files = project("<<<<<<<\n")
    assert run("yarn", files).needs_source == ("/app/yarn.lock could not be read before the build",)
