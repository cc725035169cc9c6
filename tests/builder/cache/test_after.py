from dataclasses import replace

import pytest
from tests.builder.cache.caches import Registry, config, directory
from tests.oci.server import served

from layerwise.builder.cache import after
from layerwise.builder.cache.after import export_notes, readers
from layerwise.builder.cache.branches import Branches
from layerwise.builder.cache.contents import LARGEST
from layerwise.builder.cache.using import CacheUse
from layerwise.oci.access import Access


@pytest.fixture
def registry():
    with served(server=Registry()) as one:
        yield one


@pytest.fixture
def use(registry) -> CacheUse:
    branches = Branches(current="topic")
    return CacheUse(
        kind="registry",
        mode="max",
        place=f"{registry.host}/shop",
        dockerfile="Dockerfile",
        target="",
        branches=branches,
    )


@pytest.fixture
def notes(tmp_path):
    read_by = readers(Access(environment={"DOCKER_CONFIG": str(tmp_path)}))
    return lambda use, inner=False: list(export_notes(use, ["linux/amd64"], read_by, inner=inner))


def test_there_is_nothing_to_say_of_a_cache_that_can_be_imported(registry, use, notes):
    registry.keep("shop", use.tag("linux/amd64"), [b"x"])
    assert notes(use, inner=True) == []


def test_one_that_is_too_large_is_named(registry, use, notes):
    registry.keep("shop", use.tag("linux/amd64"), [b"x"], config(more="x" * LARGEST))
    (said,) = notes(use)
    assert said.startswith(f"{use.place}:{use.tag('linux/amd64')} can't be imported: 1.0 MiB of records")


def test_one_that_is_not_there_can_not_be_looked_at(use, notes):
    (said,) = notes(use)
    assert said.startswith("the cache that was sent out can't be looked at: ")


def test_what_was_not_to_be_sent_out_is_not_looked_for(use, notes):
    assert notes(replace(use, mode="off")) == []
    assert notes(replace(use, kind="gha")) == []


def test_builder_stages_that_anyone_can_read_are_a_warning(registry, use, notes, monkeypatch):
    registry.keep("shop", use.tag("linux/amd64"), [b"x"])
    monkeypatch.setattr(after, "is_loopback", lambda _: False)
    (said,) = notes(use, inner=True)
    assert said.startswith(
        f"anyone can read {use.place}:{use.tag('linux/amd64')}, and with it the files of every stage"
    )
    assert notes(use) == []
    assert notes(replace(use, mode="min"), inner=True) == []
    assert notes(replace(use, branches=replace(use.branches, public=True)), inner=True) == []


def test_a_directory_is_looked_at_too(use, notes, tmp_path):
    use = replace(use, kind="local", place=str(tmp_path))
    assert notes(use) == []
    directory(tmp_path / use.tag("linux/amd64"), [b"x"], config(more="x" * LARGEST))
    (said,) = notes(use)
    assert "can't be imported" in said
