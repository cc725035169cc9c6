from pathlib import Path

import pytest
from tests.builder.cache.caches import Registry, config, directory
from tests.oci.server import served

from layerwise.builder.cache.kept import in_directory, in_registry
from layerwise.builder.cache.prune import of_gone_branches, prune_directory, prune_registry
from layerwise.builder.cache.refs import cache_tag
from layerwise.errors import RegistryError, UsageError
from layerwise.oci.access import Access
from layerwise.oci.reference import Reference
from layerwise.oci.registry import Client
from layerwise.oci.transport import Transport

MAIN, GONE, DETACHED = (cache_tag("Dockerfile", "", name, "linux/amd64") for name in ("main", "gone", "detached"))


@pytest.fixture
def registry():
    with served(server=Registry()) as one:
        yield one


@pytest.fixture
def client(tmp_path):
    access = Access(environment={"DOCKER_CONFIG": str(tmp_path)})
    return Client(access, Transport(access, sleep=lambda _: None))


@pytest.fixture
def shop(registry) -> Reference:
    registry.keep("shop", MAIN, [b"base", b"main"])
    registry.keep("shop", GONE, [b"base", b"gone"], config(5))
    registry.keep("shop", DETACHED, [b"base", b"detached"])
    registry.keep("shop", "buildcache", [b"base", b"mine"])
    registry.repository("shop").tags["latest"] = registry.repository("shop").tags["buildcache"]
    return Reference(registry.host, "shop")


def test_the_caches_that_layerwise_made_are_listed(client, shop):
    found = {kept.name: kept for kept in in_registry(client, shop)}
    assert set(found) == {MAIN, GONE, DETACHED}
    assert (found[GONE].records, found[GONE].outline.size_bytes) == (5, 8)
    assert found[GONE].made.branch == "gone"


def test_one_cache_of_any_name_can_be_looked_at(client, shop, registry):
    (found,) = in_registry(client, Reference(registry.host, "shop", "buildcache"))
    assert (found.name, found.made) == ("buildcache", None)
    with pytest.raises(RegistryError, match="has no tag nothing"):
        in_registry(client, Reference(registry.host, "shop", "nothing"))


def test_an_image_is_no_cache(client, registry):
    registry.keep("shop", "image", [b"x"])
    kept = registry.repository("shop")
    content, kind = kept.manifests[kept.tags["image"]]
    kept.manifests[kept.tags["image"]] = (content.replace(b"buildkit.cacheconfig", b"oci.image.config"), kind)
    with pytest.raises((UsageError, RegistryError)):
        in_registry(client, Reference(registry.host, "shop", "image"))


def test_a_broken_cache_is_said_to_be_one(client, registry):
    registry.keep("shop", MAIN, [b"x"], b"{")
    with pytest.raises(RegistryError, match="is a broken cache"):
        in_registry(client, Reference(registry.host, "shop"))


def gone(client, shop, living=("main",)):
    kept = in_registry(client, shop)
    return kept, of_gone_branches(kept, living)


def test_only_caches_of_branches_that_are_gone_go(client, shop):
    _, going = gone(client, shop)
    assert [one.name for one in going] == [GONE]
    _, none = gone(client, shop, ("main", "gone"))
    assert none == ()


@pytest.mark.parametrize("removes", [("tag", "digest"), ("digest",)])
def test_they_are_removed_by_tag_or_else_by_digest(client, shop, registry, removes):
    registry.removes = removes
    kept, going = gone(client, shop)
    shown = list(prune_registry(client.origin(shop), kept, going, dry=True))
    assert GONE in registry.repository("shop").tags
    done = list(prune_registry(client.origin(shop), kept, going, dry=False))
    assert [one.what for one in done] == [one.what for one in shown] == [GONE]
    assert set(registry.repository("shop").tags) == {MAIN, DETACHED, "buildcache", "latest"}


def test_a_cache_that_another_tag_names_too_stays_where_only_manifests_can_be_removed(client, shop, registry):
    registry.removes = ("digest",)
    registry.repository("shop").tags["keep-me"] = registry.repository("shop").tags[GONE]
    kept, going = gone(client, shop)
    (stays,) = prune_registry(client.origin(shop), kept, going, dry=False)
    assert stays.why == "another tag names it too"
    assert GONE in registry.repository("shop").tags


def test_a_cache_that_is_a_living_branch_s_too_stays(client, shop, registry):
    registry.removes = ("digest",)
    registry.repository("shop").tags[GONE] = registry.repository("shop").tags[MAIN]
    kept, going = gone(client, shop)
    (stays,) = prune_registry(client.origin(shop), kept, going, dry=False)
    assert stays.why == "another branch has the very same cache"


def test_a_registry_that_removes_nothing_is_named(client, shop, registry):
    registry.removes = ()
    kept, going = gone(client, shop)
    with pytest.raises(RegistryError, match="the registry removes nothing"):
        list(prune_registry(client.origin(shop), kept, going, dry=False))


@pytest.fixture
def place(tmp_path) -> Path:
    caches = tmp_path / "caches"
    directory(caches / MAIN, [b"base", b"old"])
    directory(caches / MAIN, [b"base", b"new"])
    directory(caches / GONE, [b"base"])
    (caches / "notes").mkdir()
    (caches / "broken").mkdir()
    (caches / "broken" / "index.json").write_text("{}")
    return caches


def test_caches_in_a_directory_are_listed(place):
    found = {Path(kept.name).name: kept for kept in in_directory(place)}
    assert set(found) == {MAIN, GONE}
    assert found[MAIN].outline.size_bytes == len(b"base" + b"new")
    (alone,) = in_directory(place / MAIN)
    assert alone.made is not None
    with pytest.raises(UsageError, match="no such directory"):
        in_directory(place / "nowhere")


def test_directories_of_gone_branches_go_and_what_earlier_exports_left(place):
    kept = in_directory(place)
    going = of_gone_branches(kept, ("main",))
    shown = list(prune_directory(kept, going, dry=True))
    assert (place / GONE).is_dir()
    done = list(prune_directory(kept, going, dry=False))
    assert [one.what for one in shown] == [one.what for one in done]
    assert done[0].what.endswith(GONE)
    assert done[1].what.startswith("2 blobs of ")  # the layer and the manifest of the first export
    assert not (place / GONE).exists()
    assert in_directory(place / MAIN)[0].outline.layers == 2
    assert list(prune_directory(in_directory(place), (), dry=False)) == []


def test_a_directory_that_can_not_be_read_loses_nothing(place):
    kept = in_directory(place)
    (place / MAIN / "index.json").write_text("{")
    assert [one.what for one in prune_directory(kept, (), dry=False) if MAIN in one.what] == []
