import json

import pytest
from tests.ecosystems.project import read, run, touches, written

from layerwise.ecosystems.effects import Effects, Frozen, Openness


def project(directory: str = "/app", *, lock: bool = True, **package: object) -> dict[str, str]:
    files = {f"{directory}/package.json": json.dumps({"name": "shop", "dependencies": {"express": "^4"}, **package})}
    if lock:
        packages = {
            "": {},
            "node_modules/express": {"integrity": "sha512-x"},
            "node_modules/ms": {"integrity": "sha512-y"},
        }
        files[f"{directory}/package-lock.json"] = json.dumps({"lockfileVersion": 3, "packages": packages})
    return files


def test_ci_reads_package_and_lock():
    effects = run("npm ci", project())
    assert effects.manifests == ("/app/package.json", "/app/package-lock.json")
    assert effects.lock == "/app/package-lock.json"
    assert [(one.kind, one.packages) for one in effects.work] == [("npm.ci", 2)]
    assert effects.needs_source == ()
    assert effects.doubts == ()
    assert effects.deterministic
    assert effects.environment.openness is Openness.INSTALLER


def test_npmrc_and_shrinkwrap_belong_with_the_manifest():
    files = {
        **project(lock=False),
        "/app/npm-shrinkwrap.json": '{"packages": {}}',
        "/app/.npmrc": "//x/:_authToken=${NPM_TOKEN}\n",
    }
    effects = run("npm ci --omit=dev", files)
    assert effects.manifests == ("/app/package.json", "/app/npm-shrinkwrap.json", "/app/.npmrc")
    assert effects.lock == "/app/npm-shrinkwrap.json"
    assert effects.environment.reads("NPM_TOKEN")


def test_files_that_could_appear_are_read():
    assert {"/app/.npmrc", "/app/npm-shrinkwrap.json", "/package.json"} <= read(run("npm ci", project()))


def test_an_install_with_a_lock_may_rewrite_it():
    effects = run("npm install", project())
    assert any("may rewrite /app/package-lock.json" in doubt for doubt in effects.doubts)
    assert touches(effects, "/app/package-lock.json")
    assert run("npm install --no-package-lock", project()).doubts == ()
    assert run("npm i", project(lock=False)).work[0] == run("npm install", project(lock=False)).work[0]


@pytest.mark.parametrize(
    "event", ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"]
)
def test_scripts_of_the_project_are_quoted(event):
    effects = run("npm ci", project(scripts={event: "node setup.js", "test": "jest"}))
    assert effects.needs_source == (f"/app/package.json runs {event}: node setup.js",)
    assert effects.environment.openness is Openness.OPEN


@pytest.mark.parametrize(
    ("command", "environment", "npmrc", "runs"),
    [
        ("npm ci --ignore-scripts", {}, "", False),
        ("npm ci --ignore-scripts=false", {}, "", True),
        ("npm ci", {"npm_config_ignore_scripts": "true"}, "", False),
        ("npm ci", {"NPM_CONFIG_IGNORE_SCRIPTS": "false"}, "ignore-scripts=true", True),
        ("npm ci", {}, "ignore-scripts=true\n", False),
        ("npm ci", {}, "#ignore-scripts=true\n", True),
    ],
)
def test_scripts_may_be_turned_off(command, environment, npmrc, runs):
    files = {**project(scripts={"prepare": "husky"}), "/app/.npmrc": npmrc}
    assert bool(run(command, files, **environment).needs_source) is runs


@pytest.mark.parametrize(
    ("package", "reason"),
    [
        ({"dependencies": {"lib": "file:../lib"}}, "takes lib from file:../lib"),
        ({"devDependencies": {"lib": "link:./lib"}}, "takes lib from link:./lib"),
        ({"dependencies": {"lib": "./lib"}}, "takes lib from ./lib"),
        ({"overrides": {"a": {"b": "file:x"}}}, "takes b from file:x"),
    ],
)
def test_local_packages_need_the_source(package, reason):
    assert any(reason in one for one in run("npm ci", project(**package)).needs_source)


def test_a_lock_that_names_a_local_package_needs_the_source():
    files = project()
    files["/app/package-lock.json"] = json.dumps(
        {"packages": {"": {}, "lib": {}, "node_modules/lib": {"link": True, "resolved": "lib"}}}
    )
    assert run("npm ci", files).needs_source == ("/app/package-lock.json takes packages from /app/lib",)


def test_a_binding_is_compiled_unless_the_project_says_how_to_install():
    files = {**project(), "/app/binding.gyp": ""}
    assert run("npm ci", files).needs_source == ("/app/binding.gyp makes the install compile the project",)
    assert run("npm ci", {**project(gypfile=False), "/app/binding.gyp": ""}).needs_source == ()


def test_a_workspace_root_above_is_seen():
    files = {**project("/app/web"), "/app/package.json": '{"workspaces": ["web"]}'}
    assert run("cd web && npm ci", files).needs_source == ("/app/package.json makes /app/web part of a workspace",)


@pytest.mark.parametrize(
    "command",
    ["cd web && npm ci", "npm --prefix web ci", "npm ci --prefix=./web", "npm -C web ci", "cd web/src && npm ci"],
)
def test_the_project_is_where_npm_looks(command):
    files = {**project("/app/web"), "/app/web/src/index.js": ""}
    effects = run(command, files)
    assert effects.manifests == ("/app/web/package.json", "/app/web/package-lock.json")
    assert touches(effects, "/app/web/node_modules")
    assert not touches(effects, "/app/src")


def test_a_project_that_cannot_be_read_needs_the_source():
    assert run("npm ci").needs_source == (
        "/app/package.json could not be read before the build",
        "npm ci needs a package-lock.json or npm-shrinkwrap.json, and none is known",
    )
    assert (
        run("npm ci", {"/app/package.json": "{"}).needs_source[0]
        == "/app/package.json could not be read before the build"
    )


def test_a_global_tool_reads_nothing_of_the_project():
    effects = run("npm install -g typescript@5 @vue/cli", {**project(), "/app/.npmrc": "x=${Y}\n"})
    assert effects.manifests == ()
    assert effects.needs_source == ()
    assert not any(path.startswith("/app") for path in read(effects))
    assert [(one.kind, one.names) for one in effects.work] == [("npm.global", ("typescript", "@vue/cli"))]
    assert touches(effects, "/usr/local/lib/node_modules")
    assert not touches(effects, "/app")


@pytest.mark.parametrize(
    "command",
    ["npm install -g .", "npm install -g", "npm i -g ./cli", "npm i --location=global file:cli", "npm i -g cli.tgz"],
)
def test_a_global_install_of_the_project_needs_it(command):
    effects = run(command, project())
    assert effects.needs_source
    assert effects.environment.openness is Openness.OPEN


def test_the_prefix_of_global_tools_may_be_set():
    assert touches(run("npm i -g x", NPM_CONFIG_PREFIX="/tools"), "/tools")
    assert not touches(run("npm i -g x", NPM_CONFIG_PREFIX="/tools"), "/usr")
    assert touches(run("npm i -g x", PATH="/node/bin:/usr/bin"), "/node")


@pytest.mark.parametrize(
    "command",
    [
        "npm run build",
        "npm test",
        "npm start",
        "npx tsc",
        "npm exec x",
        "npm rebuild",
        "npm cit",
        "npm -w web ci",
        "npm frobnicate",
    ],
)
def test_what_runs_code_of_the_project_is_opaque(command):
    assert run(command, project()).opaque


@pytest.mark.parametrize(
    "command", ["npm cache clean --force", "npm config set registry https://x", "npm --version", "corepack enable"]
)
def test_settings_and_caches_are_known(command):
    assert run(command).opaque is None


@pytest.mark.parametrize(
    ("name", "reads"),
    [
        ("NODE_ENV", True),
        ("npm_config_registry", True),
        ("NPM_CONFIG_LOGLEVEL", True),
        ("CI", True),
        ("GIT_COMMIT", False),
        ("SHOP_COLOUR", False),
    ],
)
def test_packages_may_look_at_well_known_variables_only(name, reads):
    assert run("npm ci", project()).environment.reads(name) is reads


def test_naming_a_package_keeps_to_the_manifests():
    effects = run("npm install express@4", project())
    assert effects.needs_source == ()
    assert run("npm install ./lib", {**project(), "/app/lib/package.json": "{}"}).needs_source == (
        "installs ./lib, a path of the project",
    )


def test_modules_that_node_is_told_to_load_are_code_of_the_project():
    assert run("npm ci", project(), NODE_OPTIONS="--require ./trace.js").needs_source == (
        "node loads what NODE_OPTIONS names: --require ./trace.js",
    )
    assert run("npm i -g x", NODE_OPTIONS=None).needs_source
    assert run("npm ci", project(), NODE_OPTIONS="--max-old-space-size=4096").needs_source == ()


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("npm prune --omit=dev", "/app/node_modules"),
        ("npm uninstall express", "/app/package.json"),
        ("npm uninstall -g npm", "/usr/local/lib/node_modules"),
        ("npm config set --location=project x y", "/app/.npmrc"),
        ("npm config set x y", "/root/.npmrc"),
        ("npm ci --cache /c", "/c"),
        ("npm cache clean --force", "/root/.npm"),
    ],
)
def test_other_commands_write_where_they_work(command, place):
    effects = run(command, project())
    assert effects.opaque is None
    assert touches(effects, place)


def test_an_old_lock_is_counted():
    files = project()
    files["/app/package-lock.json"] = json.dumps({"dependencies": {"a": {"dependencies": {"b": {}}}, "c": {}}})
    assert run("npm ci", files).work[0].packages == 3


@pytest.mark.parametrize("command", ["cd $X && npm ci", "npm --prefix $X ci", "npm"])
def test_a_project_that_is_nowhere_is_opaque(command):
    assert run(command).opaque


def test_members_of_a_workspace_are_manifests_too():
    files = {**project(workspaces=["packages/*"]), "/app/packages/a/package.json": '{"name": "a"}'}
    effects = run("npm ci", files)
    assert effects.manifests == ("/app/package.json", "/app/package-lock.json", "/app/packages/a/package.json")
    assert effects.needs_source == ()
    assert touches(effects, "/app/packages/a/node_modules")


def test_a_member_that_only_the_lock_knows_needs_the_source():
    files = project(workspaces=["packages/*"])
    files["/app/package-lock.json"] = json.dumps({"packages": {"": {}, "packages/b": {"version": "1"}}})
    assert run("npm ci", files).needs_source == ("/app/package-lock.json takes packages from /app/packages/b",)


def test_a_yarn_lock_beside_it_is_read_and_kept_up_to_date():
    files = {**project(), "/app/yarn.lock": ""}
    assert "/app/yarn.lock" in run("npm ci", files).manifests
    assert touches(run("npm install", files), "/app/yarn.lock")
    assert not touches(run("npm ci", files), "/app/yarn.lock")


@pytest.mark.parametrize(
    ("command", "frozen"),
    [
        ("npm install", Frozen((("install", "ci"),))),
        ("npm i --omit=dev", Frozen((("i", "ci"),))),
        ("npm ci", None),
        ("npm install express", None),
        ("npm install -g express", None),
        ("npm install --no-package-lock", None),
    ],
)
def test_an_install_with_a_lock_has_a_frozen_form(command, frozen):
    assert run(command, locked()).frozen == frozen


def locked() -> dict[str, str]:
    files = project()
    lock = json.loads(files["/app/package-lock.json"])
    lock["packages"][""] = {"dependencies": {"express": "^4"}}
    return {**files, "/app/package-lock.json": json.dumps(lock)}


def test_without_a_lock_or_with_one_for_other_dependencies_there_is_no_frozen_form():
    assert run("npm install", project(lock=False)).frozen is None
    assert run("npm install", project()).frozen is None


def test_the_cache_is_where_npm_is_told_to_keep_it():
    assert caches(run("npm ci", project())) == {"/root/.npm"}
    assert caches(run("npm ci", {**project(), "/app/.npmrc": "cache = /c\n"})) == {"/c"}
    assert caches(run("npm ci", project(), npm_config_cache=None)) == set()
    assert caches(run("npm ci --offline", project())) == set()


def test_cleaning_the_cache_writes_just_the_cache():
    assert written(run("npm cache clean --force", npm_config_cache="/c")) == {"/c/**"}


def test_settings_that_move_what_later_commands_do_are_not_followed():
    assert run("npm config set prefix /tools").opaque
    assert run("npm config set registry https://example.org").opaque is None


def test_corepack_keeps_what_yarn_and_pnpm_start_from():
    effects = run("corepack prepare pnpm@9.1.0 --activate")
    assert [(one.path, one.read_later) for one in effects.caches] == [("/root/.cache/node/corepack", True)]
    assert caches(run("corepack enable", COREPACK_HOME="/c")) == {"/c"}
    assert run("corepack install", project()).manifests == ("/app/package.json",)
    assert run("corepack use pnpm@9").opaque


def caches(effects: Effects) -> set[str]:
    return {one.path for one in effects.caches}
