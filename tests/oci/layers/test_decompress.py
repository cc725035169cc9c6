import gzip
import io
import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.errors import EnvironmentMissing, ImageError
from layerwise.oci.layers.decompress import MOST, uncompressed

ZSTD = bytes.fromhex("28b52ffd")


def read(stored: bytes) -> bytes:
    return b"".join(uncompressed(io.BytesIO(stored)))


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4), st.integers(0, 2000))
def test_members_of_gzip_follow_each_other_and_zeros_follow_them(members: list[bytes], zeros: int) -> None:
    assert read(b"".join(map(gzip.compress, members)) + bytes(zeros)) == b"".join(members)


@given(st.binary(max_size=300).filter(lambda one: one[:2] != b"\x1f\x8b" and one[:4] != ZSTD))
def test_what_is_not_compressed_stays_as_it_is(stored: bytes) -> None:
    assert read(stored) == stored


def test_zeros_may_fill_what_is_read_at_once_and_more() -> None:
    assert read(gzip.compress(b"x") + bytes(1 << 20)) == b"x"


def test_what_was_compressed_well_comes_in_small_pieces() -> None:
    pieces = [len(piece) for piece in uncompressed(io.BytesIO(gzip.compress(bytes(50 * MOST))))]
    assert sum(pieces) == 50 * MOST
    assert max(pieces) <= MOST


@pytest.mark.parametrize("cut", [2, 9, 15, 40, -9, -1])
def test_gzip_data_that_ends_too_early_is_named_so(cut: int) -> None:
    with pytest.raises(ImageError, match="ends too early"):
        read(gzip.compress(bytes(range(256)))[:cut])


def test_a_wrong_checksum_is_damage() -> None:
    stored = bytearray(gzip.compress(b"content"))
    stored[-5] ^= 1
    with pytest.raises(ImageError, match="damaged"):
        read(bytes(stored))


def test_something_else_behind_gzip_is_damage() -> None:
    with pytest.raises(ImageError, match="damaged"):
        read(gzip.compress(b"content") + b"more")


@pytest.fixture
def without_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "compression.zstd", None)


@pytest.mark.usefixtures("without_library")
def test_zstd_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(EnvironmentMissing, match=r"pip install 'layerwise\[zstd\]'"):
        read(ZSTD)


class StandIn(types.ModuleType):
    """The one call of zstandard that is made: a reader of a file that it is given."""

    class ZstdError(Exception):
        """Raised at the word `broken`."""

    def ZstdDecompressor(self) -> "StandIn":  # noqa: N802 - the name is zstandard's
        return self

    def stream_reader(self, source: io.BytesIO, *, read_across_frames: bool) -> "StandIn":
        assert read_across_frames
        self.stored = io.BytesIO(b"".join(iter(lambda: source.read(10), b"")))
        self.stored.seek(4)
        return self

    def read(self, size: int) -> bytes:
        if b"broken" in (found := self.stored.read(size)):
            raise self.ZstdError("no")
        return found


@pytest.fixture
def zstandard(without_library: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", StandIn("zstandard"))


@pytest.mark.usefixtures("zstandard")
def test_zstd_is_read_with_its_package() -> None:
    assert read(ZSTD + b"tar") == b"tar"


@pytest.mark.usefixtures("zstandard")
def test_damaged_zstd_is_named_so() -> None:
    with pytest.raises(ImageError, match="zstd data is damaged"):
        read(ZSTD + b"broken")


class Library(types.ModuleType):
    """The one call of compression.zstd that is made; the words `broken` and `early` end it as damage does."""

    class ZstdError(Exception):
        """As the library's."""

    def ZstdFile(self, source: io.BytesIO) -> "Library":  # noqa: N802 - the name is the library's
        self.stored = io.BytesIO(b"".join(iter(lambda: source.read(10), b""))[4:])
        return self

    def read(self, size: int) -> bytes:
        found = self.stored.read(size)
        if found == b"early":
            raise EOFError("no end")
        if found == b"broken":
            raise self.ZstdError("no")
        return found


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "compression", types.ModuleType("compression"))
    monkeypatch.setitem(sys.modules, "compression.zstd", Library("compression.zstd"))
    monkeypatch.setitem(sys.modules, "zstandard", None)


@pytest.mark.usefixtures("library")
def test_zstd_is_read_without_a_package_where_python_has_it() -> None:
    assert read(ZSTD + b"tar") == b"tar"


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("damage", [b"broken", b"early"])
def test_damage_that_python_s_own_zstd_finds_is_named_so(damage: bytes) -> None:
    with pytest.raises(ImageError, match="zstd data is damaged"):
        read(ZSTD + damage)


@pytest.mark.usefixtures("without_library")
def test_zstd_as_the_real_package_reads_it() -> None:
    zstandard = pytest.importorskip("zstandard", reason="the extra zstd is not installed")
    frames = b"".join(zstandard.ZstdCompressor().compress(bytes(size)) for size in (0, 10, 3 * MOST))
    assert read(frames) == bytes(10 + 3 * MOST)
    with pytest.raises(ImageError, match="damaged"):
        read(frames[:5] + b"\xff\xff\xff" + frames[8:])
