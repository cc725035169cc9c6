import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.prove.noise_cases import LIBA, LIBB, OTHER_LIBA, library_cache

from layerwise.prove.forms.library_cache import form

MACHINE = Path("/etc/ld.so.cache")
HEADER = struct.Struct("<IIB3xI3I")


def cache(count: int = 0, *, flags: int = 2, extension: int = 0, rest: bytes = b"", order: str = "<") -> bytes:
    return b"glibc-ld.so.cache1.1" + struct.pack(f"{order}IIB3xI3I", count, 0, flags, extension, 0, 0, 0) + rest


def test_each_name_has_its_libraries_in_order() -> None:
    found = form(library_cache(LIBA, OTHER_LIBA, LIBB))
    assert found is not None
    assert found.index(b"/lib/liba.so.1") < found.index(b"/opt/liba.so.1")


def test_the_order_of_names_means_nothing() -> None:
    assert form(library_cache(LIBA, LIBB, OTHER_LIBA)) == form(library_cache(LIBB, LIBA, OTHER_LIBA))


def test_a_cache_before_which_an_older_one_stands_is_read() -> None:
    assert form(b"ld.so-1.7.0\0" + bytes(20) + library_cache(LIBA)) == form(library_cache(LIBA)) is not None


def test_the_order_of_bytes_is_the_machines() -> None:
    entry = struct.pack(">iIIIQ", 0x303, 72, 72, 0, 0) + b"liba.so\0"
    big = form(cache(1, flags=3, rest=entry, order=">"))
    assert big is not None
    assert b"liba.so" in big


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"ld.so-1.7.0\0",
        cache(1 << 30),
        cache(1),
        cache(1, rest=struct.pack("<iIIIQ", 1, 9999, 9999, 0, 0)),
        cache(1, rest=struct.pack("<iIIIQ", 1, 72, 72, 0, 0) + b"no end"),
        cache(0, extension=48, rest=struct.pack("<II", 1, 0)),
        cache(1, extension=72, rest=struct.pack("<iIIIQ", 1, 80, 80, 0, 1 << 62) + struct.pack("<II", 0xEAA42174, 0) + b"a\0"),
    ],
)  # fmt: skip
def test_what_is_no_cache_has_no_form(broken: bytes) -> None:
    assert form(broken) is None


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_read_or_refused(data: bytes) -> None:
    found = form(b"glibc-ld.so.cache1.1" + data)
    assert found is None or isinstance(found, bytes)


@pytest.mark.skipif(not MACHINE.exists() or not shutil.which("ldconfig"), reason="this machine has no ldconfig")
def test_it_reads_what_ldconfig_prints() -> None:
    printed = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=True).stdout.splitlines()
    libraries = [line.partition(" => ")[2] for line in printed if " => " in line]
    found = form(MACHINE.read_bytes())
    assert libraries
    assert found is not None
    assert all(repr(path).encode() in found for path in libraries)
