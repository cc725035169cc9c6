import json
from importlib.resources import files

import jsonschema
import pytest
from rich.console import Console
from tests.records import build, step

from layerwise.builder.usage import CacheItem
from layerwise.report.disk import disk_document, disk_text
from layerwise.summary.disk import Disk, disk

SCHEMA = json.loads(files("layerwise.report").joinpath("schemas/cache-du.json").read_text())


def item(id_: str, description: str, size: int | None, *parents: str, **rest: object) -> CacheItem:
    return CacheItem(
        id=id_, parents=parents, description=description, size_bytes=size,
        **{"kind": "regular", "shared": False, "reclaimable": True, "created_at": "2026-11-25 18:32:52 +0000 UTC",
           "last_used": "2 hours ago", "usage_count": 1} | rest,
    )  # fmt: skip


ITEMS = (
    item("pip", "mount / from exec /bin/sh -c pip install --no-cache-dir -r requirements.txt", 565_600_000, "base"),
    item("app", "[2/3] COPY . .", 4_096, "pip", shared=True, reclaimable=False),
    item("mount", "cached mount /c from exec /bin/sh -c make", 20_000_000, kind="exec.cachemount", last_used=""),
    item("odd", "mount / from exec /bin/sh -c evil\x1b[2J", None, "base"),
)
BUILD = build(
    step("FROM debian", number=1, vertex="v1"),
    step("RUN pip install --no-cache-dir -r requirements.txt", vertex="v2", inputs=("v1",), seconds=77),
)
DISK = disk(ITEMS, [BUILD], str)


def screen(found: Disk, width: int = 120) -> str:
    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        console.print(disk_text(found))
    return captured.get()


def line(text: str, of: str) -> list[str]:
    return next(line for line in text.splitlines() if of in line).split()


def test_the_headline_says_what_can_be_had_back() -> None:
    assert screen(DISK).splitlines()[0] == (
        "Build cache: 586 MB in 4 records, 586 MB reclaimable; images hold 4.1 kB of it as well; "
        "of 1 the size is not known."
    )


def test_a_record_shows_its_size_and_what_it_takes_to_make_again() -> None:
    pip = line(screen(DISK), "pip install")
    assert (pip[:3], pip[-7:]) == (["566", "MB", "RUN"], ["amd64", "77.0", "s", "1", "2", "hours", "ago"])
    assert line(screen(DISK), "COPY . .") == [
        "4.1",
        "kB",
        "COPY",
        ".",
        ".",
        "amd64",
        "?",
        "2",
        "hours",
        "ago",
        "in",
        "use",
    ]


def test_what_no_step_made_has_no_seconds_to_show() -> None:
    assert line(screen(DISK), "cache mount /c") == ["20", "MB", "cache", "mount", "/c", "of", "RUN", "make"]


def test_kinds_are_added_up() -> None:
    assert line(screen(DISK), "cache mounts") == ["20", "MB", "cache", "mounts", "1", "20", "MB"]


def test_nothing_that_a_terminal_would_obey_is_shown() -> None:
    assert "\x1b" not in screen(DISK)


def test_a_narrow_terminal_keeps_sizes_and_seconds() -> None:
    shown = screen(DISK, width=60)
    assert max(map(len, shown.splitlines())) <= 60
    assert {"566", "77.0"} <= set(line(shown, "RUN pip"))


def test_a_long_list_is_cut_and_says_so() -> None:
    many = disk([item(f"i{number}", f"[2/3] COPY {number} .", 1000) for number in range(40)], [], str)
    shown = screen(many)
    assert sum("COPY" in line for line in shown.splitlines()) == 15
    assert "and 25 smaller records, 25 kB" in shown


def test_an_empty_cache_says_so() -> None:
    assert screen(disk((), [], str)) == "The build cache is empty.\n"


@pytest.mark.parametrize("found", [DISK, disk((), [], str)], ids=["records", "empty"])
def test_the_document_keeps_its_contract(found: Disk) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(disk_document(found), SCHEMA)


def test_every_field_of_the_contract_is_described() -> None:
    def described(part: dict) -> bool:
        fields = part.get("properties", part.get("items", {}).get("properties", {}))
        return all("description" in field or "const" in field for field in fields.values()) and all(
            map(described, fields.values())
        )

    assert described(SCHEMA)


def test_a_figure_that_nobody_knows_is_null() -> None:
    records = {one["id"]: one for one in disk_document(DISK)["records"]}
    assert (records["pip"]["rebuild_s"], records["pip"]["runs"], records["pip"]["basis"]) == (77, 1, "measured")
    assert (records["app"]["rebuild_s"], records["app"]["runs"], records["app"]["basis"]) == (None, 0, "unknown")
    assert records["odd"]["size_bytes"] is None
    assert records["mount"]["platform"] is None
