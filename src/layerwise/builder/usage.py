"""Reads what ``docker buildx du`` says of a builder's build cache: one record a snapshot, with its size and its use.

``--format json`` (buildx 0.28 and later) gives a line a record, ``--verbose`` blocks of text; both round sizes to four
digits (docker/go-units). "Reclaimable" is BuildKit's "not in use".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from layerwise.decoding import decoder
from layerwise.errors import BuilderError

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_SIZE = re.compile(rf"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?) ?({'|'.join(_UNITS)})")
_BLOCK = re.compile(
    r"^ID:[ \t]*(?P<id>\S+)\n"
    r"(?P<head>(?:(?!Description:|Usage count:).*\n)*)"
    r"(?:Description:[ \t]*(?P<description>(?s:.*?))\n)?"  # may have any number of lines
    r"Usage count:[ \t]*(?P<count>\d+)\n"
    r"(?:Last used:[ \t]*(?P<used>.*)\n)?"
    r"(?:Type:[ \t]*(?P<kind>.*)\n?)?",
    re.MULTILINE,
)
_PARENT = re.compile(r"^(?:Parents?:[ \t]*| - )(?P<ids>\w[\w,; ]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class CacheItem:
    """One record of a build cache.

    Attributes:
        id: BuildKit's, 25 characters.
        parents: Ids of the records whose snapshots lie below, not all of them listed.
        kind: ``regular`` (a step's result), ``source.local`` (context files), ``source.git.checkout``,
            ``exec.cachemount``, ``frontend`` or ``internal``.
        description: How it came about, secrets and all.
        size_bytes: Its own files, rounded to what is shown; None where BuildKit does not know.
        shared: Whether a layer of an image holds the same files.
        reclaimable: Whether it can be pruned: nothing uses it.
        created_at: As shown.
        last_used: As shown, a distance in words; "" where it was not used again.
        usage_count: How often it was used.
    """

    id: str
    parents: tuple[str, ...]
    kind: str
    description: str
    size_bytes: int | None
    shared: bool
    reclaimable: bool
    created_at: str
    last_used: str
    usage_count: int


class _Line(msgspec.Struct, rename="pascal"):
    id: str = msgspec.field(name="ID")
    size: str
    parents: list[str] | None = None
    type: str = ""
    description: str = ""
    shared: bool = False
    reclaimable: bool = False
    created_at: str = ""
    last_used_at: str = ""
    usage_count: int = 0


def read_usage(text: str) -> tuple[CacheItem, ...]:
    """Return the records that ``docker buildx du`` printed, with ``--format json`` or with ``--verbose``.

    Raises:
        BuilderError: The text is neither.
    """
    lines = text.replace("\r\n", "\n")
    return tuple(_read_json(lines) if lines.lstrip().startswith("{") else _read_blocks(lines))


def size_of(shown: str) -> int | None:
    """Return the bytes of a size as Docker shows it (``8.192kB``, decimal units), None for a negative one: unknown.

    Raises:
        BuilderError: It is no size.
    """
    found = _SIZE.fullmatch(shown.strip())
    if found is None:
        raise BuilderError(f"docker buildx du: {shown!r} is no size; layerwise knows {', '.join(_UNITS)}")
    size = round(float(found[1]) * 1000 ** _UNITS.index(found[2]))
    return size if size >= 0 else None


def _read_json(text: str) -> Iterator[CacheItem]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            read = decoder(_Line).decode(line)
        except msgspec.MsgspecError as error:
            raise BuilderError(f"docker buildx du: line {number} is no record of a build cache: {error}") from error
        yield CacheItem(
            id=read.id,
            parents=tuple(read.parents or ()),
            kind=read.type,
            description=read.description,
            size_bytes=size_of(read.size),
            shared=read.shared,
            reclaimable=read.reclaimable,
            created_at=read.created_at,
            last_used=read.last_used_at,
            usage_count=read.usage_count,
        )


def _read_blocks(text: str) -> Iterator[CacheItem]:
    blocks = list(_BLOCK.finditer(text))
    if not blocks and text.strip() and not re.search(r"^Total:", text, re.MULTILINE):
        raise BuilderError("docker buildx du: neither JSON lines nor the blocks of --verbose")
    for block in blocks:
        head = dict(line.split(":", 1) for line in block["head"].splitlines() if ":" in line)
        facts = {name: value.strip() for name, value in head.items()}
        yield CacheItem(
            id=block["id"],
            parents=tuple(one for found in _PARENT.finditer(block["head"]) for one in re.findall(r"\w+", found["ids"])),
            kind=block["kind"] or "",
            description=block["description"] or "",
            size_bytes=size_of(facts.get("Size", "")),
            shared=facts.get("Shared") == "true",
            reclaimable=facts.get("Reclaimable") == "true",
            created_at=facts.get("Created at", ""),
            last_used=block["used"] or "",
            usage_count=int(block["count"]),
        )
