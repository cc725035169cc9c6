import json

import pytest
from tests.ecosystems.project import run

PACKAGE = '{"dependencies": {"esbuild": "1", "one": "1"}}'


def files(**packages: object) -> dict[str, str]:
    lock = {"lockfileVersion": 3, "packages": {"": {}, **packages}}
    return {"/app/package.json": PACKAGE, "/app/package-lock.json": json.dumps(lock)}


SCRIPTED = {"hasInstallScript": True}


def test_without_install_scripts_nothing_is_in_doubt():
    effects = run("npm ci", files(**{"node_modules/one": {}}))
    assert (effects.doubts, effects.needs_source) == ((), ())


def test_a_package_that_reads_the_project_needs_the_source_wherever_it_is_nested():
    effects = run("npm ci", files(**{"node_modules/one/node_modules/@prisma/client": SCRIPTED}))
    assert effects.needs_source == (
        "the install script of @prisma/client generates its client from the project's schema",
    )


def test_others_are_in_doubt_by_name_the_first_three():
    packages = {f"node_modules/{name}": SCRIPTED for name in ("esbuild", "e", "d", "c", "b")}
    assert run("npm ci", files(**packages)).doubts == ("b, c, d and 1 more runs an install script",)


@pytest.mark.parametrize("lock", [None, '{"lockfileVersion": 1, "dependencies": {"one": {}}}'])
def test_a_lock_that_does_not_tell_leaves_a_doubt(lock: str | None):
    there = {"/app/package.json": PACKAGE} | ({"/app/package-lock.json": lock} if lock else {})
    assert any("which packages run an install script" in doubt for doubt in run("npm install", there).doubts)


def test_a_dependency_known_to_read_the_project_is_seen_without_a_lock():
    there = {"/app/package.json": '{"dependencies": {"@prisma/client": "6"}}'}
    assert "@prisma/client" in run("npm install", there).needs_source[0]


def test_scripts_may_be_turned_off():
    effects = run("npm ci --ignore-scripts", files(**{"node_modules/husky": SCRIPTED, "node_modules/b": SCRIPTED}))
    assert (effects.doubts, effects.needs_source) == ((), ())
