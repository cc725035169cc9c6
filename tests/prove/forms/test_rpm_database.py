import json
import sqlite3
import struct
import zlib
from collections.abc import Callable, Iterable
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.prove.record_rpm import recorded

from layerwise.prove.forms.rpm_database import form
from layerwise.prove.owning import rpm
from layerwise.prove.rpm import berkeley, header, ndb, sqlite

FOUND = recorded()
LISTED = json.loads(FOUND["listed.json"])
FIRST = FOUND["first.sqlite"]
OTHERS = ("changed", "newer", "fewer", "no-documents")
SLOTS = 256


def headers(case: str) -> list[bytes]:
    return list(sqlite.headers(FOUND[f"{case}.sqlite"]))


def packed(blobs: Iterable[bytes], *, pages: int = 1) -> bytes:
    """Packages in a Packages.db as rpm's rpmpkg.c puts them there."""
    slots, stored = b"", b""
    for number, blob in enumerate(blobs, 1):
        size = 16 + len(blob) + 12
        place, blocks = pages * SLOTS + len(stored) // 16, -(-size // 16)
        head = struct.pack("<4sIII", b"BlbS", number, 1, len(blob)) + blob + bytes(-size % 16)
        stored += head + struct.pack("<II4s", zlib.adler32(head), len(blob), b"BlbE")
        slots += struct.pack("<4sIII", b"Slot", number, place, blocks)
    empty = struct.pack("<4sIII", b"Slot", 0, 0, 0)
    start = struct.pack("<4sIIIIIII", b"RpmP", 0, 1, pages, 9, 0, 0, 0) + slots
    return start + empty * ((pages * SLOTS * 16 - len(start)) // 16) + stored


def database(kind: str, case: str) -> bytes:
    return packed(headers(case)) if kind == "ndb" else FOUND[f"{case}.{kind}"]


KINDS = {"sqlite": "rpmdb.sqlite", "ndb": "Packages.db", "berkeley": "Packages"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_of_each_package_are_those_that_rpm_lists(kind: str) -> None:
    claims: dict[str, list[str]] = {name: [] for name in LISTED}
    for path, owner in rpm.claims(f"/var/lib/rpm/{KINDS[kind]}", database(kind, "first")):
        claims[owner.package].append(path)
    assert claims == LISTED
    assert len(LISTED["shop"]) > 200


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_packages_installed_later_and_one_by_one_are_the_same(kind: str) -> None:
    assert database(kind, "first") != database(kind, "later")
    assert form(database(kind, "first")) == form(database(kind, "later")) is not None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", OTHERS)
def test_other_packages_or_another_state_of_their_files_differ(kind: str, case: str) -> None:
    assert form(database(kind, case)) not in (form(database(kind, "first")), None)


def test_a_package_that_is_there_twice_is_no_package_that_is_there_once() -> None:
    assert form(packed([*headers("first"), headers("first")[0]])) != form(packed(headers("first")))


def test_packages_on_a_second_page_of_slots_are_read() -> None:
    blobs = [bytes([number % 251]) * number for number in range(300)]
    assert list(ndb.headers(packed(blobs, pages=2))) == blobs


# ---- the tables beside the packages


def changed(*commands: str) -> bytes:
    """The first database after some commands of SQL."""
    stored = bytearray(FIRST)
    stored[18:20] = b"\1\1"
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.deserialize(bytes(stored))
        for command in commands:
            connection.execute(command)
        return connection.serialize()


NUMBERS = [f"UPDATE '{one.name}' SET hnum = hnum + 70" for one in sqlite.others(FIRST).tables if "hnum" in one.columns]
MEANINGLESS = {
    "another layout": ["CREATE TABLE x (y)", "DROP TABLE x", "VACUUM"],
    "other numbers": [*NUMBERS, "UPDATE Packages SET hnum = hnum + 70"],
    "another transaction": ["UPDATE Installtid SET key = x'01020304'"],
    "statistics": ["ANALYZE"],
    "another order of rows": ["CREATE TABLE x AS SELECT * FROM Name", "DELETE FROM Name", "INSERT INTO Name SELECT * FROM x ORDER BY key DESC", "DROP TABLE x"],
}  # fmt: skip
REAL = {
    "a name that leads elsewhere": [
        "UPDATE Name SET hnum = (SELECT hnum FROM Name WHERE key = 'shop') WHERE key = 'tools'"
    ],
    "another name": ["UPDATE Name SET key = 'shop2' WHERE key = 'shop'"],
    "a file that the index lacks": ["DELETE FROM Basenames WHERE key = 'file-7'"],
    "another place of a file": ["UPDATE Basenames SET idx = idx + 1 WHERE key = 'file-7'"],
    "a row more": ["INSERT INTO Providename VALUES ('x', 1, 0)"],
    "no index of transactions": ["DELETE FROM Installtid"],
    "a table more": ["CREATE TABLE x AS SELECT 1"],
    "a table less": ["DROP TABLE Sigmd5"],
    "an index less": ["DROP INDEX Name_key_idx"],
    "a trigger": ["CREATE TRIGGER x DELETE ON Name BEGIN DELETE FROM Packages; END"],
    "a header that is none": ["UPDATE Packages SET blob = x'00' WHERE hnum = 1"],
    "a header that is text": ["UPDATE Packages SET blob = 'text' WHERE hnum = 1"],
    "a header that is a number": ["UPDATE Packages SET blob = 7 WHERE hnum = 1"],
    "no packages": ["DROP TABLE Packages"],
}


@pytest.mark.parametrize("commands", MEANINGLESS.values(), ids=MEANINGLESS)
def test_what_says_the_same_is_the_same(commands: list[str]) -> None:
    assert changed(*commands) != changed()
    assert form(changed(*commands)) == form(FIRST)


@pytest.mark.parametrize("commands", REAL.values(), ids=REAL)
def test_what_says_something_else_differs(commands: list[str]) -> None:
    assert form(changed(*commands)) != form(FIRST)


def test_an_index_that_is_damaged_makes_a_database_that_is_none() -> None:
    place = next(at for at in range(0, len(FIRST), 4096) if FIRST[at] == 10 and b"shop" in FIRST[at : at + 4096])
    word = FIRST.index(b"shop", place)
    assert form(FIRST[:word] + b"shoq" + FIRST[word + 4 :]) is None


# ---- headers

INSTALL_TIME, INSTALL_TRANSACTION = 1008, 1128


def made(*values: tuple[int, int, int, bytes]) -> bytes:
    """A header without a region: tag, kind, count and data of each value."""
    entries, data = b"", b""
    for tag, kind, count, stored in values:
        entries += struct.pack(">IIiI", tag, kind, len(data), count)
        data += stored
    return struct.pack(">II", len(values), len(data)) + entries + data


def claimed(*values: tuple[int, int, int, bytes]) -> list[str]:
    content = packed([made((1000, 6, 1, b"old\0"), *values)])
    return [path for path, _ in rpm.claims("/var/lib/rpm/Packages.db", content)]


def test_a_package_of_a_time_before_directories_had_their_list_names_whole_paths() -> None:
    assert claimed((1027, 8, 2, b"/a\0/b\xff\0")) == ["/a", "/b\udcff"]


def test_a_file_in_a_directory_that_is_not_there_is_passed_over() -> None:
    names = ((1117, 8, 2, b"a\0b\0"), (1118, 8, 1, b"/d/\0"))
    assert claimed(*names, (1116, 4, 2, struct.pack(">II", 0, 1))) == ["/d/a"]
    assert claimed(*names, (1116, 6, 1, b"x\0")) == []


def test_a_package_without_a_name_claims_nothing() -> None:
    assert list(rpm.claims("/var/lib/rpm/Packages.db", packed([made((1027, 8, 1, b"/a\0"))]))) == []


def test_a_turned_bit_makes_another_package_or_none_but_in_the_moment_of_installation() -> None:
    blob = next(one for one in headers("first") if b"empty\0" in one)
    known = form(packed([blob]))
    same = {at for at in range(len(blob)) if form(packed([turned(blob, at)])) == known}
    assert len(same & set(moments(blob))) >= 8
    assert same <= set(moments(blob)) | set(gaps(blob))


def turned(blob: bytes, at: int) -> bytes:
    return blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]


def entries(blob: bytes) -> list[tuple[int, tuple[int, int, int, int]]]:
    """The place and the fields of each entry."""
    count, _ = struct.unpack_from(">II", blob)
    return [(8 + 16 * index, struct.unpack_from(">IIiI", blob, 8 + 16 * index)) for index in range(count)]


def moments(blob: bytes) -> Iterable[int]:
    """Where a header has the moment of its installation and what leads there."""
    start = 8 + 16 * len(entries(blob))
    for place, (tag, _, offset, _) in entries(blob):
        if tag in (INSTALL_TIME, INSTALL_TRANSACTION):
            yield from range(place + 4, place + 16)
            yield from range(start + offset, start + offset + 4)


def gaps(blob: bytes) -> Iterable[int]:
    """Bytes before numbers that rpm added, which make those start at a multiple of four."""
    start = 8 + 16 * len(entries(blob))
    for _, (_, kind, offset, _) in entries(blob):
        if kind == 4:
            yield from range(start + offset - 3, start + offset)


BROKEN = {
    "nothing": b"",
    "no entries": struct.pack(">II", 0, 0),
    "more entries than bytes": struct.pack(">II", 1 << 30, 0),
    "a kind that nobody knows": made((1000, 10, 1, b"x")),
    "more numbers than bytes": made((1000, 4, 2, b"1234")),
    "more texts than bytes": made((1000, 8, 1 << 30, b"x\0")),
    "a text without an end": made((1000, 6, 1, b"x")),
    "a region without an end": made((63, 7, 16, b"1234")),
    "a region that ends before itself": made((63, 7, 16, struct.pack(">IIiI", 63, 7, 16, 16))),
    "a region longer than its header": made((63, 7, 16, struct.pack(">IIiI", 63, 7, -32, 16))),
    "a region of a part of an entry": made((63, 7, 16, struct.pack(">IIiI", 63, 7, -15, 16))),
    "a negative offset": struct.pack(">IIIIiI", 1, 4, 1000, 4, -1, 1) + bytes(4),
    "a region with a negative offset": struct.pack(">IIIIiI", 1, 4, 63, 7, -1, 16) + bytes(4),
}


@pytest.mark.parametrize("blob", BROKEN.values(), ids=BROKEN)
def test_what_is_no_header_is_refused(blob: bytes) -> None:
    assert header.read(blob) is None
    assert form(packed([blob])) is None


def test_a_tag_that_rpm_added_stands_for_that_of_the_package() -> None:
    region = struct.pack(">IIiI", 63, 7, -32, 16)
    blob = struct.pack(">II", 3, 32) + b"".join(
        struct.pack(">IIiI", *one) for one in ((63, 7, 8, 16), (1000, 6, 0, 1), (1000, 6, 24, 1))
    )
    found = header.read(blob + b"package\0" + region + b"later\0\0\0")
    assert found is not None
    assert found.texts(1000) == ("later",)
    assert [tag for tag, _ in found.added] == [1000]


# ---- damage


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cut", [10, 100, 5000, 20000])
def test_a_database_that_is_cut_is_another_or_none(kind: str, cut: int) -> None:
    whole = database(kind, "first")
    assert form(whole[:cut]) is None
    assert form(whole[:-cut]) != form(whole)


READERS: list[Callable[[bytes], object]] = [form, lambda data: list(rpm.claims("/Packages", data))]


@pytest.mark.parametrize("read", READERS)
@given(data=st.data())
def test_bytes_of_any_kind_are_read_or_refused(read: Callable[[bytes], object], data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(list(KINDS)))
    whole = bytearray(database(kind, "fewer"))
    at = data.draw(st.integers(0, 9000))
    some = data.draw(st.binary(min_size=1, max_size=12))
    whole[at : at + len(some)] = some
    read(bytes(whole))


PACKAGES = FOUND["first.berkeley"]
SIZE = struct.unpack_from("<I", PACKAGES, 20)[0]
HASH, LONG = 13, 7


def page(kind: int) -> int:
    """Where the first page of a kind that has items starts."""
    return next(
        at for at in range(SIZE, len(PACKAGES), SIZE) if PACKAGES[at + 25] == kind and any(PACKAGES[at + 20 : at + 22])
    )


def patched(at: int, new: bytes) -> bytes:
    return PACKAGES[:at] + new + PACKAGES[at + len(new) :]


def long_value() -> int:
    """Where what leads to a long value lies, on the first page of the hash that has one."""
    (count,) = struct.unpack_from("<H", PACKAGES, page(HASH) + 20)
    offsets = struct.unpack_from(f"<{count}H", PACKAGES, page(HASH) + 26)
    return next(page(HASH) + offset for offset in offsets if PACKAGES[page(HASH) + offset] == 3)


DAMAGED = {
    "another magic number": patched(12, b"\1"),
    "another version": patched(16, b"\7"),
    "pages smaller than their head": patched(20, struct.pack("<I", 26)),
    "more pages than there are": patched(32, struct.pack("<I", 99)),
    "a page of another number": patched(page(HASH) + 8, struct.pack("<I", 99)),
    "offsets that rise": patched(page(HASH) + 26, struct.pack("<H", 40)),
    "an odd count of items": patched(page(HASH) + 20, b"\1"),
    "an item of another kind": patched(long_value(), b"\2"),
    "a value longer than the file": patched(long_value() + 8, struct.pack("<I", 1 << 30)),
    "a value on a page that is none of its kind": patched(long_value() + 4, struct.pack("<I", page(HASH) // SIZE)),
    "a value on a page that is not there": patched(long_value() + 4, struct.pack("<I", 1 << 30)),
}  # fmt: skip


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_hash_of_berkeley_db_is_refused(content: bytes) -> None:
    assert content != PACKAGES
    assert form(content) is None
    assert list(rpm.claims("/var/lib/rpm/Packages", content)) == []


def test_a_chain_of_pages_that_leads_in_a_circle_ends() -> None:
    whole = bytearray(PACKAGES)
    for start in range(SIZE, len(whole), SIZE):
        if whole[start + 25] == LONG:
            whole[start + 16 : start + 20] = whole[start + 8 : start + 12]
    longer = [blob for blob in berkeley.headers(bytes(whole)) if len(blob) > SIZE]
    assert len(longer) == 2
    assert all(header.read(blob) is None for blob in longer)
