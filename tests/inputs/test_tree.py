import random

import pytest
from tests.inputs.samples import planted

from layerwise.inputs.tree import Entry, Kind, below, decode, encode, name_of

ENTRIES = (
    Entry(b"a", Kind.FILE, 0o644, 1, b"d" * 32, b""),
    Entry(b"b\xff", Kind.SYMLINK, None, 0, b"", b"target"),
    Entry(b"c", Kind.DIRECTORY, 0o755, 0, b"e" * 32, b""),
    Entry(b"d", Kind.DIRECTORY, None, 0, b"e" * 32, b""),
)


def test_a_directory_is_read_as_it_was_written_sorted_by_name() -> None:
    shuffled = random.Random(1).sample(ENTRIES, k=len(ENTRIES))
    assert decode(encode(shuffled)) == ENTRIES
    assert encode(shuffled) == encode(ENTRIES)


def test_what_is_no_directory_is_refused() -> None:
    with pytest.raises(ValueError, match="Input data was truncated"):
        decode(b"")


def test_a_directory_names_those_in_it_once() -> None:
    assert list(below(encode(ENTRIES))) == [(b"e" * 32).hex()]


def test_a_directory_has_one_name_wherever_it_is() -> None:
    trees: dict[str, bytes] = {}
    name = planted({"one/a": ("1", 0o644), "two/a": ("1", 0o644)}, trees)
    first, second = decode(trees[name])
    assert first.digest == second.digest == name_of(trees[first.digest.hex()])
    assert len(trees) == 2
