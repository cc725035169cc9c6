"""`layerwise cache inspect` and `prune`, on directories and on a registry in memory."""

import json
from pathlib import Path

import pytest
from tests.builder.cache.caches import Registry, directory
from tests.oci.server import served

from layerwise.builder.cache.refs import cache_tag

MAIN, GONE = (cache_tag("Dockerfile", "", name, "linux/amd64") for name in ("main", "gone"))


@pytest.fixture
def caches(repository, tmp_path, monkeypatch) -> Path:
    """A repository of which a remote has the branch main, and caches of it and of a branch that is gone."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    repository.git("init", "--quiet", "--bare", str(tmp_path / "origin.git"))
    repository.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    repository.git("push", "--quiet", "origin", "main")
    made = tmp_path / "caches"
    directory(made / MAIN, [b"base", b"main"])
    directory(made / GONE, [b"base", b"gone"])
    return made


def test_inspect_shows_the_caches_of_a_directory(repository, caches):
    called = repository.call("cache", "inspect", str(caches))
    assert called.code == 0
    assert MAIN in called.out
    document = json.loads(repository.call("cache", "inspect", str(caches), "--format", "json").out)
    assert [cache["branch"] for cache in document["caches"]] == ["gone", "main"]


def test_the_configuration_says_where_they_are(repository, caches):
    (repository.root / "layerwise.toml").write_text(f'[cache]\nkind = "local"\ndirectory = "{caches}"\n')
    assert MAIN in repository.call("cache", "inspect").out


def test_prune_removes_those_of_branches_that_are_gone(repository, caches):
    called = repository.call("cache", "prune", "--dry-run", str(caches))
    assert (called.code, (caches / GONE).is_dir()) == (0, True)
    assert called.out.splitlines()[-1].startswith("Would remove 1 of ")
    called = repository.call("cache", "prune", str(caches))
    assert (called.code, (caches / GONE).exists(), (caches / MAIN).is_dir()) == (0, False, True)
    assert repository.call("cache", "prune", str(caches)).out == "Removed nothing.\n"


def test_a_branch_of_this_clone_is_not_gone(repository, caches):
    repository.git("branch", "gone")
    assert repository.call("cache", "prune", str(caches)).out == "Removed nothing.\n"


def test_a_branch_may_be_kept_by_name(repository, caches):
    assert repository.call("cache", "prune", "--keep", "gone", str(caches)).out == "Removed nothing.\n"


def test_where_git_does_not_say_which_branches_there_are_nothing_goes(repository, caches):
    repository.git("remote", "remove", "origin")
    called = repository.call("cache", "prune", str(caches))
    assert (called.code, called.out) == (4, "")
    assert called.err.startswith("layerwise: git does not say which branches there are: name those to keep")
    assert (caches / GONE).is_dir()
    assert repository.call("cache", "prune", "--keep", "main", str(caches)).code == 0
    assert not (caches / GONE).exists()


def test_a_registry_s_caches_are_shown_and_removed_alike(repository, caches):
    with served(server=Registry()) as one:
        one.keep("shop", MAIN, [b"base"])
        one.keep("shop", GONE, [b"gone"])
        place = f"{one.host}/shop"
        assert GONE in repository.call("cache", "inspect", place).out
        assert repository.call("cache", "prune", place).code == 0
        assert set(one.repository("shop").tags) == {MAIN}


def test_a_directory_that_is_not_there_is_named(repository):
    called = repository.call("cache", "inspect", "./nowhere")
    assert (called.code, called.err) == (2, "layerwise: nowhere: no such directory\n")


def test_where_none_was_ever_kept_it_is_said(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    called = repository.call("cache", "inspect")
    assert called.code == 0
    assert called.out.startswith("No build cache is kept here.")
    assert repository.call("cache", "prune", "--keep", "main").out == "Removed nothing.\n"
