import json

import pytest
from tests.ecosystems.project import read, run, touches, written

from layerwise.ecosystems.effects import CacheDirectory, Frozen, Openness, Path

ZIP = {"dist": {"type": "zip", "url": "https://example.org/a.zip", "shasum": "1"}}


def project(directory: str = "/app", *, packages: tuple = (), lock: bool = True, **table: object) -> dict[str, str]:
    base = {"name": "shop/shop", "require": {"php": ">=8", "monolog/monolog": "^3"}, **table}
    files = {f"{directory}/composer.json": json.dumps(base)}
    if lock:
        entries = [{"name": "monolog/monolog", **ZIP}, *packages]
        files[f"{directory}/composer.lock"] = json.dumps(
            {"packages": entries, "packages-dev": [{"name": "a/b", **ZIP}]}
        )
    return files


def test_an_install_reads_manifest_lock_and_credentials():
    effects = run("composer install --no-dev --no-interaction --prefer-dist", {**project(), "/app/auth.json": "{}"})
    assert effects.manifests == ("/app/composer.json", "/app/composer.lock", "/app/auth.json")
    assert effects.lock == "/app/composer.lock"
    assert [(one.kind, one.packages, one.names) for one in effects.work] == [
        ("composer.install", 1, ("monolog/monolog",))
    ]
    assert effects.needs_source == ()
    assert effects.doubts == ()
    assert effects.deterministic
    assert effects.environment.openness is Openness.INSTALLER


def test_files_that_could_appear_are_read():
    assert {"/app/auth.json", "/app/composer.lock"} <= read(run("composer install", project()))


def test_packages_for_development_count_unless_left_out():
    assert run("composer install", project()).work[0].packages == 2
    assert run("composer install", project(), COMPOSER_NO_DEV="1").work[0].packages == 1


@pytest.mark.parametrize(
    ("table", "options", "reason"),
    [
        ({"scripts": {"post-install-cmd": "@php artisan migrate"}}, "", "post-install-cmd: @php artisan"),
        ({"scripts": {"post-autoload-dump": ["A\\B::run", "x"]}}, "", "post-autoload-dump"),
        ({"scripts": {"post-install-cmd": "x"}}, "--no-scripts", ""),
        ({"scripts": {"test": "phpunit"}}, "", ""),
        ({"autoload": {"classmap": ["database"]}}, "", "classmap"),
        ({"autoload": {"classmap": ["database"]}}, "--no-autoloader", ""),
        ({"autoload-dev": {"classmap": ["tests"]}}, "--no-dev", ""),
        ({"autoload": {"psr-4": {"App\\": "src/"}}}, "", ""),
        ({"autoload": {"psr-4": {"App\\": "src/"}}}, "-o", "optimised autoloader"),
        ({"autoload": {"psr-4": {"App\\": "src/"}}}, "-oa --no-autoloader", ""),
        ({"autoload": {"psr-4": {"App\\": "src/"}}, "config": {"optimize-autoloader": True}}, "", "optimised"),
        ({"autoload": {"files": ["src/helpers.php"]}}, "", ""),
        ({"repositories": [{"type": "path", "url": "packages/*"}]}, "", "takes packages from packages/*"),
        ({"repositories": {"a": {"type": "vcs", "url": "../lib"}}}, "", "takes packages from ../lib"),
        ({"repositories": [{"type": "composer", "url": "file:///feed"}]}, "", "takes packages from file:///feed"),
        ({"repositories": [{"type": "vcs", "url": "https://example.org/x.git"}]}, "", ""),
        ({}, "--frobnicate", "does not know: --frobnicate"),
    ],
)
def test_what_reads_the_source(table, options, reason):
    effects = run(f"composer install {options}", project(**table))
    assert bool(effects.needs_source) is bool(reason)
    assert reason in "".join(effects.needs_source)
    assert (effects.environment.openness is Openness.OPEN) is bool(reason)


def test_a_package_that_the_lock_takes_from_a_directory_needs_the_source():
    files = project(packages=({"name": "shop/lib", "dist": {"type": "path", "url": "packages/lib"}},))
    assert run("composer install", files).needs_source == ("/app/composer.lock takes shop/lib from packages/lib",)


@pytest.mark.parametrize(
    ("name", "allowed", "options", "refused"),
    [
        ("composer/installers", {"composer/installers": True}, "", True),
        ("composer/installers", {"composer/installers": False}, "", False),
        ("composer/installers", {}, "--no-plugins", False),
        ("composer/installers", False, "", False),
        ("phpstan/extension-installer", {}, "", False),
    ],
)
def test_plugins_run_unless_refused(name, allowed, options, refused):
    files = project(packages=({"name": name, "type": "composer-plugin", **ZIP},), config={"allow-plugins": allowed})
    assert bool(run(f"composer install {options}", files).needs_source) is refused


def test_recipes_that_are_applied_leave_a_doubt_and_those_that_are_not_need_the_source():
    files = project(packages=({"name": "symfony/flex", "type": "composer-plugin", **ZIP},))
    assert "no symfony.lock" in run("composer install", files).needs_source[0]
    effects = run("composer install", {**files, "/app/symfony.lock": "{}"})
    assert effects.needs_source == ()
    assert effects.doubts == ("symfony/flex may rewrite configuration of the project",)
    assert "/app/symfony.lock" in effects.manifests


def test_the_version_of_the_project_is_guessed_from_its_history():
    assert {"/app/.git/**", "/.git/**"} <= read(run("composer install", project()))
    assert "/app/.git/**" not in read(run("composer install", project(version="1.0.0")))
    assert "/app/.git/**" not in read(run("composer install", project(), COMPOSER_ROOT_VERSION="1.0.0"))


def test_an_install_without_a_lock_writes_one():
    effects = run("composer install --no-plugins", project(lock=False))
    assert Path("/app/composer.lock") in effects.writes
    assert effects.work[0].kind == "composer.update"
    assert effects.doubts == ()
    assert not effects.deterministic


def test_without_a_lock_nobody_knows_the_plugins():
    assert run("composer install", project(lock=False)).doubts == ("no lock says which plugins run during the install",)


def test_an_update_may_rewrite_the_lock_and_its_frozen_form_is_the_install():
    effects = run("composer update --no-dev", project())
    assert any("may rewrite /app/composer.lock" in doubt for doubt in effects.doubts)
    assert effects.frozen == Frozen(replaced=(("update", "install"),))
    assert run("composer update monolog/monolog", project()).frozen is None
    assert run("composer install", project()).frozen is None


@pytest.mark.parametrize(
    ("environment", "table", "paths"),
    [
        ({}, {}, {"/root/.cache/composer", "/root/.composer/cache"}),
        ({"COMPOSER_HOME": "/tmp"}, {}, {"/tmp/cache"}),
        ({"COMPOSER_CACHE_DIR": "/c", "COMPOSER_HOME": "/tmp"}, {}, {"/c"}),
        ({"XDG_CACHE_HOME": "/x"}, {}, {"/x/composer"}),
        ({}, {"config": {"cache-dir": ".cache"}}, {"/app/.cache"}),
        ({"COMPOSER_CACHE_DIR": None}, {}, set()),
    ],
)
def test_the_cache_may_be_moved(environment, table, paths):
    effects = run("composer install", project(**table), **environment)
    assert effects.caches == {CacheDirectory(path, "locked") for path in paths}


@pytest.mark.parametrize(
    ("command", "environment", "uncached"),
    [
        ("composer install --no-cache", {}, ("--no-cache",)),
        ("composer install", {"COMPOSER_CACHE_DIR": "/dev/null"}, ("COMPOSER_CACHE_DIR",)),
        ("composer install", {}, ()),
    ],
)
def test_the_cache_may_be_turned_off(command, environment, uncached):
    effects = run(command, project(), **environment)
    assert effects.uncached == uncached
    assert effects.caches


def test_clearing_the_cache_writes_nothing_else():
    assert written(run("composer clear-cache", COMPOSER_CACHE_DIR="/c")) == {"/c/**"}
    assert written(run("composer clearcache")) == {"/root/.cache/composer/**", "/root/.composer/cache/**"}


@pytest.mark.parametrize(
    ("command", "environment", "place"),
    [
        ("composer install", {}, "/app/vendor"),
        ("composer install", {"COMPOSER_VENDOR_DIR": "/deps"}, "/deps"),
        ("composer install -d web", {}, "/app/web/vendor"),
        ("composer require a/b", {}, "/app/composer.json"),
        ("composer global require a/b", {"COMPOSER_HOME": "/tools"}, "/tools"),
        ("composer config -g github-oauth.example.org x", {}, "/root/.composer"),
        ("composer config platform.php 8.2", {}, "/app/composer.json"),
    ],
)
def test_commands_write_where_they_work(command, environment, place):
    effects = run(command, {**project(), **project("/app/web")}, **environment)
    assert effects.opaque is None
    assert touches(effects, place)


def test_programs_may_go_to_a_directory_of_the_project():
    assert touches(run("composer install", project(config={"bin-dir": "bin"})), "/app/bin")
    assert not touches(run("composer install", project()), "/app/bin")


def test_another_manifest_may_be_named():
    files = {"/app/tools.json": "{}", "/app/tools.lock": "{}"}
    assert run("composer install", files, COMPOSER="tools.json").manifests == ("/app/tools.json", "/app/tools.lock")


def test_dumping_the_autoloader_reads_the_classes_it_lists():
    files = project(autoload={"psr-4": {"App\\": "src/"}})
    assert run("composer dump-autoload --optimize", files).needs_source
    assert run("composer dump-autoload", files).needs_source == ()


def test_a_project_that_cannot_be_read_needs_the_source():
    assert run("composer install").needs_source == ("/app/composer.json could not be read before the build",)


@pytest.mark.parametrize(
    "command",
    [
        "composer run-script build",
        "composer exec phpunit",
        "composer test",
        "composer create-project a/b .",
        "composer",
    ],
)
def test_what_runs_code_of_the_project_is_opaque(command):
    assert run(command, project()).opaque
