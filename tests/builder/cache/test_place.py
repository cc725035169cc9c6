from pathlib import Path

import pytest

from layerwise.builder.cache.place import place_of
from layerwise.config import Config
from layerwise.errors import UsageError

HOME = {"HOME": "/home/mara"}


@pytest.mark.parametrize(
    ("named", "config", "shown"),
    [
        ("ghcr.io/acme/shop", Config(), "ghcr.io/acme/shop"),
        ("ghcr.io/acme/shop:cache", Config(), "ghcr.io/acme/shop:cache"),
        ("localhost:5000/shop", Config(), "localhost:5000/shop"),
        ("./caches", Config(), "caches"),
        (None, Config(cache_kind="local", cache_directory="there", tags=("a.org/b",)), "there"),
        (None, Config(cache_ref="ghcr.io/acme/cache", cache_directory="there"), "ghcr.io/acme/cache"),
        (None, Config(tags=("ghcr.io/acme/shop:1",)), "ghcr.io/acme/shop"),
    ],
)
def test_where_caches_are_kept(named, config, shown):
    assert str(place_of(named, config, "shop", HOME)) == shown


def test_else_they_are_with_the_user_by_project(tmp_path):
    one, other = (place_of(None, Config(), name, HOME).directory for name in ("github.com/acme/shop", "/srv/shop"))
    assert one.parent == other.parent == Path("/home/mara/.cache/layerwise/caches")
    assert one != other
    elsewhere = place_of(None, Config(), "shop", {**HOME, "XDG_CACHE_HOME": str(tmp_path)}).directory
    assert elsewhere.is_relative_to(tmp_path)


def test_a_directory_that_is_there_needs_no_dot(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "caches").mkdir()
    assert place_of("caches", Config(), "shop", HOME).directory == Path("caches")


def test_a_name_that_is_none_is_refused():
    with pytest.raises(UsageError, match="is no reference of an image"):
        place_of("A B", Config(), "shop", HOME)
