import pytest
from tests.builder.cache.caches import MADE, config, manifest

from layerwise.builder.cache.contents import LARGEST, read_outline, read_records
from layerwise.oci.documents import DocumentError

AT = 1795658055.192334
LAYERS = [b"one", b"other", b"one"]


@pytest.mark.parametrize("as_index", [False, True])
def test_a_cache_is_read_in_either_form(as_index):
    content = manifest(LAYERS, config(), as_index=as_index)
    outline = read_outline(content)
    assert outline is not None
    assert (outline.layers, outline.size_bytes, outline.manifest_bytes) == (2, 8, len(content))
    assert outline.newest == pytest.approx(AT, abs=0.001)
    assert not outline.too_large


def test_a_config_of_more_than_a_mebibyte_can_not_be_imported():
    outline = read_outline(manifest(LAYERS, config(more="x" * LARGEST)))
    assert outline is not None
    assert outline.too_large


def test_records_are_counted_and_have_an_age():
    records, newest = read_records(config(3))
    assert records == 3
    assert newest == pytest.approx(AT, abs=0.001)
    assert read_records(b'{"records": null}') == (0, None)
    assert read_records(config(1).replace(MADE.encode(), b"yesterday")) == (1, None)


def test_an_image_is_no_cache():
    assert read_outline(b'{"config": {"mediaType": "x", "digest": "sha256:%s"}, "layers": []}' % (b"0" * 64)) is None


def test_what_is_broken_is_said():
    with pytest.raises(DocumentError):
        read_outline(b"{")
    with pytest.raises(DocumentError):
        read_records(b'{"records": 7}')
