import json

import pytest
from tests.ecosystems.project import Project as Files

from layerwise.ecosystems.workspaces import Project, read_project, root_above

MEMBER = '{"name": "a", "dependencies": {"ms": "2"}}'


def read(patterns: object, *members: str, text: str = MEMBER) -> Project:
    root = json.dumps({"name": "shop", "workspaces": patterns})
    return read_project(
        "/app", Files({"/app/package.json": root, **{f"/app/{one}/package.json": text for one in members}})
    )


def members(project: Project) -> list[str]:
    return [one.removeprefix("/app/") for one in project.directories[1:]]


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["packages/*"], ["packages/a", "packages/b"]),
        (["./packages/*/"], ["packages/a", "packages/b"]),
        (["web"], ["web"]),
        ({"packages": ["web"], "nohoist": ["**"]}, ["web"]),
        (["packages/?"], ["packages/a", "packages/b"]),
        (["packages/**"], ["packages/a", "packages/b", "packages/b/deep"]),
        (["**"], ["packages/a", "packages/b", "packages/b/deep", "web"]),
        (["packages/*", "!packages/b"], ["packages/a"]),
        (["**", "!**/deep/**"], ["packages/a", "packages/b", "web"]),
        (["nothing/*"], []),
        ("packages/*", []),
    ],
)
def test_patterns_name_directories_with_a_package(patterns, found):
    project = read(patterns, "packages/a", "packages/b", "packages/b/deep", "packages/node_modules/c", "web", ".git/d")
    assert members(project) == found
    assert project.problems == ()


@pytest.mark.parametrize("pattern", ["packages/{a,b}", "packages/[ab]", "../other", "packages/@(a|b)"])
def test_a_pattern_that_is_not_understood_is_a_problem(pattern):
    assert read([pattern], "packages/a").problems == (
        f"layerwise cannot tell what the workspaces {pattern} of /app/package.json are",
    )


def test_what_is_left_out_and_named_again_is_a_problem():
    assert "leave packages out" in read(["packages/*", "!packages/a", "packages/a"], "packages/a").problems[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"bin": "cli.js"}', "offers programs"),
        ('{"directories": {"bin": "bin"}}', "offers programs"),
        ('{"dependencies": {"b": "file:../../vendor/b"}}', "takes b from file:../../vendor/b"),
        ('{"workspaces": ["x"]}', "is the root of a workspace in a workspace"),
        ('{"dependenciesMeta": {"b": {"injected": true}}}', "copied into its own"),
        ('{"publishConfig": {"directory": "dist"}}', "a directory that it is built to"),
        ("{", "could not be read"),
    ],
)
def test_what_an_install_takes_from_the_source_of_a_member(text, reason):
    assert reason in read(["packages/*"], "packages/a", text=text).problems[0]


def test_members_are_no_packages_to_install():
    project = read(["packages/*"], "packages/a", text='{"name": "a", "dependencies": {"a": "workspace:*", "ms": "2"}}')
    assert project.names() == ("ms",)
    assert project.problems == ()


def test_scripts_of_members_are_their_own_list():
    project = read(["packages/*"], "packages/a", text='{"scripts": {"prepare": "tsc", "prepublish": "x"}}')
    assert project.scripts(("prepublish",), ("prepare",), Files()) == (
        "/app/packages/a/package.json runs prepare: tsc",
    )


def test_a_root_above_is_said():
    files = Files({"/app/package.json": '{"workspaces": ["web"]}', "/app/web/package.json": "{}"})
    assert root_above("/app/web", files) == ("/app/package.json makes /app/web part of a workspace",)
    assert root_above("/app", files) == ()
