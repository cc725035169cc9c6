import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.errors import ImageError
from layerwise.oci.stream import digest_of, verified, whole


def stream(content, digest=None, size=None):
    return verified(io.BytesIO(content), digest or digest_of(content), size, ImageError)


@given(st.binary(max_size=3000), st.lists(st.integers(1, 700), min_size=1))
def test_a_verified_stream_gives_the_same_bytes_in_any_steps(content, steps):
    with stream(content, size=len(content)) as source:
        read = [source.read(step) for step in steps]
        assert b"".join(read) + source.read() == content


@given(st.binary(min_size=1, max_size=300), st.data())
def test_a_changed_byte_is_found(content, data):
    place = data.draw(st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ImageError, match=f"other bytes than those of {digest_of(content)}"):
        stream(bytes(changed), digest_of(content), len(content)).read()


def test_a_stream_that_ends_too_early_says_where():
    with pytest.raises(ImageError, match="ends after 3 of the 4 bytes of sha256:"):
        stream(b"abc", digest_of(b"abcd"), 4).read()


def test_a_stream_that_is_too_long_is_not_read_to_its_end():
    source = io.BytesIO(bytes(10 << 20))
    stream = verified(source, digest_of(b"abcd"), 4, ImageError)
    with pytest.raises(ImageError, match="more than the 4 bytes of sha256:"):
        stream.read()
    assert source.tell() <= 2 << 20


def test_a_wrong_digest_is_said_again_at_every_read():
    source = stream(b"abc", digest_of(b"x"))
    for _ in range(2):
        with pytest.raises(ImageError):
            source.read()


def test_a_digest_can_be_of_another_algorithm():
    digest = f"sha512:{hashlib.sha512(b'abc').hexdigest()}"
    assert digest_of(b"abc", digest) == digest
    assert stream(b"abc", digest).read() == b"abc"


def test_closing_the_stream_closes_what_it_reads():
    source = io.BytesIO(b"abc")
    verified(source, digest_of(b"abc"), 3, ImageError).close()
    assert source.closed


def test_an_error_of_the_disk_is_one_of_ours():
    class Broken(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            raise OSError(5, "Input/output error")

    with pytest.raises(ImageError, match=r"can't be read \(Input/output error\)"):
        verified(Broken(), digest_of(b""), 0, ImageError).read()


def test_a_document_that_is_too_large_is_refused_and_closed():
    source = io.BytesIO(bytes(3 << 20))
    with pytest.raises(ImageError, match="more than 1 MiB"):
        whole(source, 1 << 20, ImageError)
    assert source.closed
    assert whole(io.BytesIO(b"a" * 1000), 1000, ImageError) == b"a" * 1000
