import json
import marshal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.prove.forms.record_bytecode import RECORDED

from layerwise.prove.forms.bytecode import form, stamped
from layerwise.prove.forms.marshal import canonical

PYTHONS = json.loads(RECORDED.read_text())
HEADER = bytes(12)
constants = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=300), st.binary(max_size=9),
        st.just(...), st.complex_numbers(allow_nan=False),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple), st.frozensets(st.text(max_size=3), max_size=4), st.lists(inner, max_size=2),
        st.dictionaries(st.text(max_size=3), inner, max_size=2),
    ),
)  # fmt: skip


def pyc(magic: str, code: str) -> bytes:
    return bytes.fromhex(magic) + HEADER + bytes.fromhex(code)


@pytest.mark.parametrize("python", PYTHONS)
def test_the_same_code_in_other_bytes_is_the_same(python: str) -> None:
    one = PYTHONS[python]
    assert one["first"] != one["second"]
    assert form(pyc(one["magic"], one["first"])) == form(pyc(one["magic"], one["second"])) is not None


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("text", ["shop.py", "saturday", "A class.", "early", "bytes", "name"])
def test_another_name_or_constant_is_other_code(python: str, text: str) -> None:
    one = PYTHONS[python]
    old, new = text.encode(), text.encode().swapcase()
    changed = bytes.fromhex(one["first"]).replace(old, new).hex()
    assert changed != one["first"]
    assert form(pyc(one["magic"], changed)) not in (form(pyc(one["magic"], one["first"])), None)


@pytest.mark.parametrize("python", PYTHONS)
def test_a_bit_that_is_turned_makes_other_code_or_none_but_for_the_mark_of_an_interned_string(python: str) -> None:
    one = PYTHONS[python]
    first = bytes.fromhex(one["first"])
    known = form(pyc(one["magic"], one["first"]))
    same = [at for at in range(len(first)) if form(pyc(one["magic"], turned(first, at, 1))) == known]
    assert {chr(first[at] & 0x7F) for at in same} <= {"t", "u"}


def turned(code: bytes, at: int, bit: int) -> str:
    return (code[:at] + bytes([code[at] ^ bit]) + code[at + 1 :]).hex()


def test_code_of_another_layout_is_not_read() -> None:
    old, new = PYTHONS["3.10"], PYTHONS["3.11"]
    assert form(pyc(new["magic"], old["first"])) is None
    assert form(pyc(old["magic"], new["first"])) is None


def test_a_content_shorter_than_a_header_is_no_bytecode() -> None:
    assert form(b"\xa7\r\r\n") is None
    assert stamped(b"\xa7\r\r\n" + bytes(11)) is None
    assert stamped(b"\xa7\r\r\n" + bytes(12)) is not None


@given(constants)
def test_a_value_is_the_same_in_each_format_of_marshal(value: object) -> None:
    first = canonical(marshal.dumps(value, 4), "")
    assert first is not None
    assert first == canonical(marshal.dumps(value, 2), "")


def spelled(value: object) -> str:
    """A text that is the same for values that are the same to a program, whatever the order of their sets."""
    if isinstance(value, frozenset):
        return f"frozenset({sorted(value)})"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}({', '.join(map(spelled, value))})"
    if isinstance(value, dict):
        return f"dict({', '.join(f'{name!r}: {spelled(one)}' for name, one in value.items())})"
    return repr(value)


@given(constants, constants)
def test_other_values_differ(one: object, other: object) -> None:
    assume(spelled(one) != spelled(other))
    assert canonical(marshal.dumps(one, 4), "") != canonical(marshal.dumps(other, 4), "")


@given(st.binary(max_size=60))
def test_bytes_of_any_kind_are_read_or_refused(data: bytes) -> None:
    assert canonical(data, "LO") is None or len(canonical(data, "LO")) == 16


def test_what_is_nested_deeper_than_any_code_is_refused() -> None:
    assert canonical(b")\x01" * 99 + b"N", "") is not None
    assert canonical(b")\x01" * 5000 + b"N", "") is None


def test_a_reference_to_nothing_or_to_what_is_not_there_yet_is_refused() -> None:
    assert canonical(b"r\x00\x00\x00\x00", "") is None
    assert canonical(b"\xa9\x01r\x00\x00\x00\x00", "") is None


def test_references_to_references_take_no_longer_than_they_are_long() -> None:
    step = b"\xa9\x02r%br%b"
    bomb = b"\xa9\x02NN" + b"".join(
        step % (number.to_bytes(4, "little"), number.to_bytes(4, "little")) for number in range(60)
    )
    assert canonical(b"[\x3d\x00\x00\x00" + bomb, "") is not None
