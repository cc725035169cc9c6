import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builder.arch.elves import MACHINES, elf, object_file

from layerwise.builder.arch.elf import read_elf
from layerwise.builder.arch.machines import machine_of


def of(content: bytes):
    return read_elf(lambda offset, size: content[offset : offset + size])


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("strings_last", [False, True])
def test_a_program_says_what_it_is_for_and_what_it_needs(machine, strings_last):
    found = of(
        elf(
            machine,
            interpreter="/lib/ld.so.1",
            needed=("libb.so.1", "libc.so.6"),
            rpath="/r:$ORIGIN",
            runpath="/s",
            padding=1000,
            strings_last=strings_last,
        )
    )
    assert machine_of(found) == machine
    assert (found.interpreter, found.needed) == ("/lib/ld.so.1", ("libb.so.1", "libc.so.6"))
    assert (found.rpath, found.runpath) == ("/r:$ORIGIN", "/s")
    assert found.linked
    assert found.whole


def test_a_static_program_needs_nothing():
    found = of(elf("amd64"))
    assert (found.interpreter, found.needed, found.linked, found.whole) == ("", (), True, True)


def test_an_object_file_is_no_program():
    assert of(object_file("arm64")).linked is False


def test_a_machine_without_a_name_is_called_by_its_number():
    content = bytearray(elf("amd64"))
    content[18:20] = (247).to_bytes(2, "little")
    assert machine_of(of(bytes(content))) == "machine 247 of 64 bits"


@pytest.mark.skipif(not sys.platform.startswith("linux") or not shutil.which("readelf"), reason="needs readelf")
@pytest.mark.parametrize("program", [sys.executable, "/bin/ls"])
def test_a_real_program_is_read_as_readelf_reads_it(program):
    content = Path(program).resolve().read_bytes()
    said = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
    needed = [line.partition("[")[2].rstrip("]") for line in said.splitlines() if "(NEEDED)" in line]
    assert list(of(content).needed) == needed


@given(st.binary(max_size=200), st.integers(0, 400))
def test_what_is_cut_off_or_damaged_is_read_as_far_as_it_goes(noise, cut):
    whole = elf("amd64", interpreter="/lib/ld.so.1", needed=("liba.so",))
    of(whole[:cut])
    of(b"\x7fELF" + noise)
    of(b"\x7fELF\x02\x01" + noise)


@given(st.data())
def test_a_file_with_some_bytes_changed_is_read_without_an_error(data):
    content = bytearray(elf("arm64", interpreter="/lib/ld.so.1", needed=("liba.so",), runpath="/x"))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    of(bytes(content))
