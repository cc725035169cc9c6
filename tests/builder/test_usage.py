"""Recorded from buildx 0.29.1; how an older one lays blocks out is taken from its commands/diskusage.go."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.builder.usage import read_usage, size_of
from layerwise.errors import BuilderError

RECORDED = Path(__file__).parents[1] / "recordings" / "du"
LINES = (RECORDED / "buildx-0.29.1.jsonl").read_text()
BLOCKS = (RECORDED / "buildx-0.29.1.txt").read_text()


def older(blocks: str) -> str:
    """Lay blocks out as buildx before 0.28 does: tabs, and the parents on one line."""
    parents = re.compile(r"Parents:\n((?: - \w+\n)+)")
    joined = parents.sub(lambda found: "Parent:\t\t" + ",".join(found[1].replace(" - ", "").split()) + "\n", blocks)
    return re.sub(r"^([A-Z][a-z ]+|ID): +", r"\1:\t", joined, flags=re.MULTILINE)


def test_json_lines_give_each_record() -> None:
    items = read_usage(LINES)
    assert len(items) == 13
    base = next(item for item in items if item.description.startswith("[stage-0 1/2]"))
    assert (base.id, base.parents, base.kind) == ("mcorojfucpiprx7i76hkjc1yu", (), "regular")
    assert (base.size_bytes, base.shared, base.reclaimable) == (288_100_000, False, False)
    assert (base.created_at, base.last_used) == ("2026-11-25 18:32:52.515204637 +0000 UTC", "27 minutes ago")
    assert base.usage_count == 4


def test_a_record_may_stand_on_several() -> None:
    link = next(item for item in read_usage(LINES) if "LINK" in item.description)
    assert link.parents == ("rkhi3aa18ml346dgi2fxduz9n", "a4n228trtnt5ftv4an0zc1b6r")


def test_a_description_may_have_several_lines() -> None:
    items = read_usage(BLOCKS)
    scripts = [item.description for item in items if "heredoc" in item.description or "inner" in item.description]
    assert scripts == [
        "mount / from exec /bin/sh -c set -e\necho heredoc one\n",
        "mount / from exec /bin/sh -c cat <<EOF > /x && echo after\ninner $VERSION\nEOF",
    ]


def test_a_record_never_used_has_no_last_use() -> None:
    running = next(item for item in read_usage(BLOCKS) if item.usage_count == 0)
    assert (running.size_bytes, running.last_used, running.reclaimable) == (0, "", False)


@pytest.mark.parametrize("blocks", [BLOCKS, older(BLOCKS), BLOCKS.replace("\n", "\r\n")], ids=["0.29", "older", "CRLF"])
def test_text_and_json_say_the_same(blocks: str) -> None:
    assert read_usage(blocks) == read_usage(LINES)


@pytest.mark.parametrize("text", ["", "\n", "Reclaimable:\t0B\nTotal:\t\t0B\n"])
def test_an_empty_cache_has_no_records(text: str) -> None:
    assert read_usage(text) == ()


@pytest.mark.parametrize(
    "text", ["ERROR: no builder\n", '{"ID":"a"}\n', '{"ID":"a","Size":"1kB"}\n{"ID":\n', '{"ID":"a","Size":"big"}\n']
)
def test_what_is_no_list_of_records_is_refused(text: str) -> None:
    with pytest.raises(BuilderError, match="docker buildx du"):
        read_usage(text)


@pytest.mark.parametrize(
    ("shown", "size"),
    [
        ("0B", 0),
        ("4.096kB", 4096),
        ("8.192 kB", 8192),
        ("119MB", 119_000_000),
        ("1.514GB", 1_514_000_000),
        ("-1B", None),
    ],
)
def test_sizes_are_decimal(shown: str, size: int | None) -> None:
    assert size_of(shown) == size


@given(st.integers(0, 10**15))
def test_a_size_is_read_to_the_digits_that_are_shown(size: int) -> None:
    value, unit = float(size), 0
    while value >= 1000:  # as docker/go-units does
        value, unit = value / 1000, unit + 1
    read = size_of(f"{value:.4g}{('B', 'kB', 'MB', 'GB', 'TB', 'PB')[unit]}")
    assert read == pytest.approx(size, rel=5.1e-4)
