import gzip

import pytest

from layerwise.prove.forms import gzip_content


def test_a_gzip_file_that_grows_without_end_has_no_form(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = gzip.compress(bytes(3000))
    assert gzip_content.form(stored) is not None
    monkeypatch.setattr(gzip_content, "MOST", 2999)
    assert gzip_content.form(stored) is None
