import random
from zlib import crc32

import pytest
from tests.inputs.samples import planted

from layerwise.inputs.tree import Encoded, Entry, Kind, below, decode, encode, entries_of, name_of

ENTRIES = (
    Entry(b"a", Kind.FILE, 0o644, 1, b"d" * 32, b""),
    Entry(b"b\xff", Kind.SYMLINK, None, 0, b"", b"target"),
    Entry(b"c", Kind.DIRECTORY, 0o755, 0, b"e" * 32, b""),
    Entry(b"d", Kind.DIRECTORY, None, 0, b"e" * 32, b""),
)


def test_a_directory_is_read_as_it_was_written_sorted_by_name() -> None:
    shuffled = random.Random(1).sample(ENTRIES, k=len(ENTRIES))
    assert decode(encode(shuffled).content) == ENTRIES
    assert encode(shuffled) == encode(ENTRIES)


def test_what_is_no_directory_is_refused() -> None:
    with pytest.raises(ValueError, match="Input data was truncated"):
        decode(b"")


def test_a_directory_names_those_in_it_once() -> None:
    assert list(below(encode(ENTRIES).content)) == [(b"e" * 32).hex()]


def test_a_directory_has_one_name_wherever_it_is() -> None:
    trees: dict[str, bytes] = {}
    name = planted({"one/a": ("1", 0o644), "two/a": ("1", 0o644)}, trees)
    first, second = decode(trees[name])
    assert first.digest == second.digest == name_of(trees[first.digest.hex()])
    assert len(trees) == 2


def many(count: int, changed: int = -1) -> list[Entry]:
    return [
        Entry(f"{number}".encode(), Kind.FILE, 0o644, 1, bytes([number == changed]) * 32, b"")
        for number in range(count)
    ]


def held(*encodings: Encoded) -> dict[str, bytes]:
    return {name_of(content).hex(): content for one in encodings for content in (one.content, *one.parts)}


def test_a_large_directory_is_read_as_any_other() -> None:
    encoded = encode(many(5000))
    assert len(encoded.parts) > 10
    assert list(entries_of(held(encoded), name_of(encoded.content))) == sorted(many(5000))
    assert set(below(encoded.content)) == {name_of(part).hex() for part in encoded.parts}
    assert encode(many(1000)).parts == ()


def test_a_part_may_end_with_the_last_name() -> None:
    ending = next(entry for entry in sorted(many(5000), reverse=True) if crc32(entry.name) % 128 == 0)
    entries = [entry for entry in many(5000) if entry <= ending]
    encoded = encode(entries)
    assert list(entries_of(held(encoded), name_of(encoded.content))) == sorted(entries)


@pytest.mark.parametrize("other", [many(5000, changed=77), many(5001), many(4999)])
def test_a_change_in_a_large_directory_makes_a_part_anew(other: list[Entry]) -> None:
    old, new = encode(many(5000)), encode(other)
    assert 1 <= len(set(new.parts) - set(old.parts)) <= 2
    assert sum(map(len, set(new.parts) - set(old.parts))) < len(b"".join(old.parts)) / 4
