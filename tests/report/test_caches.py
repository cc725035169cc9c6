import json
from importlib.resources import files
from io import StringIO

import jsonschema
import pytest
from rich.console import Console, RenderableType
from tests.builder.cache.caches import config, directory

from layerwise.builder.cache.contents import LARGEST
from layerwise.builder.cache.kept import Kept, in_directory
from layerwise.builder.cache.prune import Gone
from layerwise.builder.cache.refs import cache_tag
from layerwise.report.caches import caches_document, caches_text, gone_lines

SCHEMA = json.loads(files("layerwise.report").joinpath("schemas/cache-inspect.json").read_text())
NOW = 1795658055.0 + 3 * 86400


@pytest.fixture
def kept(tmp_path) -> tuple[Kept, ...]:
    directory(tmp_path / cache_tag("Dockerfile", "", "feature/x", "linux/amd64"), [b"x" * 1000])
    directory(tmp_path / "mine", [b"x"], config(more="x" * LARGEST))
    return in_directory(tmp_path)


def printed(what: RenderableType) -> str:
    stream = StringIO()
    Console(file=stream, width=140).print(what)
    return stream.getvalue()


def test_each_cache_has_a_row(kept):
    text = printed(caches_text(kept, NOW))
    assert "feature-x" in text
    assert "linux-amd64" in text
    assert "3 days" in text
    assert "mine is too large: BuildKit imports nothing of it." in text


def test_where_there_is_none_it_is_said_how_to_keep_one():
    assert "layerwise build --cache registry" in printed(caches_text((), NOW))


def test_the_document_is_of_its_schema(kept):
    document = caches_document("there", kept)
    jsonschema.validate(document, SCHEMA)
    ours, mine = document["caches"]
    assert (ours["branch"], ours["importable"], mine["branch"], mine["importable"]) == ("feature-x", True, None, False)
    jsonschema.validate(caches_document("there", ()), SCHEMA)


def test_what_goes_and_what_stays_is_said():
    gone = (Gone("a", 2_000_000), Gone("b", 1_000_000, "another tag names it too"))
    assert list(gone_lines(gone, dry=False)) == [
        "a  2.0 MB  removed",
        "b  1.0 MB  stays: another tag names it too",
        "Removed 1 of 2.0 MB, layers that others share counted too.",
    ]
    assert list(gone_lines(gone[:1], dry=True)) == [
        "a  2.0 MB  would go",
        "Would remove 1 of 2.0 MB, layers that others share counted too.",
    ]
    assert list(gone_lines((), dry=False)) == ["Removed nothing."]
