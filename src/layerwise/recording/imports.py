"""Reads builds from files: progress streams, plain logs as CI keeps them, and exports of engines' records."""

import hashlib
import pathlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import IO

from layerwise.builder.assemble import assemble, unprefixed
from layerwise.builder.bundle import read_bundle
from layerwise.builder.engine_record import Surroundings, record_of
from layerwise.builder.facts import Facts
from layerwise.builder.names import context_name, step_name
from layerwise.builder.observed import Observed
from layerwise.builder.placing import Layout, layout
from layerwise.builder.plain import read_plain
from layerwise.builder.rawjson import read_rawjson
from layerwise.builder.redact import Redactor
from layerwise.errors import LogError
from layerwise.records import BuildRecord, Source, Sources
from layerwise.syntax.parser import decode

_SNIFFED = 1 << 16  # bytes
_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
_TAR = slice(257, 262)
_EVENTS = (b'{"vertexes":', b'{"statuses":', b'{"logs":', b'{"warnings":')
_EXPECTED = (
    "expected is the output of `docker buildx build --progress=rawjson`, a plain log of a build as a terminal or CI "
    "shows it, or a .dockerbuild file that `docker buildx history export` makes"
)


@dataclass(frozen=True, slots=True)
class Target:
    """What imported builds are taken to be of, where they don't say it themselves.

    Attributes:
        project: As in ``records.BuildRecord``.
        dockerfile: The Dockerfile that gives lines to steps of which only names are known, None for none.
        shown: Its path from the project's root.
        named: Whether the user named it: then it is worth a word where it does not fit.
    """

    project: str
    dockerfile: pathlib.Path | None = None
    shown: str = ""
    named: bool = False


def read_builds(stream: IO[bytes], name: str, target: Target, redact: Redactor) -> tuple[BuildRecord, ...]:
    """Return the records of the builds in a file.

    Args:
        stream: Its bytes; it can be read from any place.
        name: How messages call it.
        target: What its builds are of.
        redact: Masks secrets.

    Raises:
        LogError: It is none of the forms that layerwise reads; the message names those.
        OSError: It can't be read.
    """
    head = stream.read(_SNIFFED)
    stream.seek(0)
    if head.startswith(_GZIP) or head[_TAR] == b"ustar":
        around = Surroundings(project=target.project, source=Source.BUNDLE)
        return tuple(record_of(engine, around, redact) for engine in read_bundle(stream, name))
    digest = _digest(stream)
    stream.seek(0)
    found, source = _observed(stream, head)
    if not found:
        raise LogError(f"{name}: no build in it; {_EXPECTED}")
    return tuple(_record(one, _id(digest, n), source, target, redact) for n, one in enumerate(found))


def _id(digest: str, number: int) -> str:
    """Return the id of a build of a file: the same whenever the file is read, and told apart by its beginning."""
    return hashlib.sha256(f"{digest} {number}".encode()).hexdigest()[:25]


def _digest(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _observed(stream: IO[bytes], head: bytes) -> tuple[tuple[Observed, ...], Source]:
    if any(line.startswith(_EVENTS) for line in head.splitlines()):
        one = read_rawjson(stream)
        return ((one,) if one else ()), Source.RAWJSON
    return read_plain(line.decode(errors="replace") for line in stream), Source.PLAIN


def _record(observed: Observed, build: str, source: Source, target: Target, redact: Redactor) -> BuildRecord:
    shown = [vertex.name for vertex in unprefixed(observed).vertices]
    known = _layout(target, {context for name in shown if (context := context_name(name))})
    fitting = known.fits([name for one in shown if (name := step_name(one))])
    facts = Facts(
        id=build,
        project=target.project,
        source=source,
        sources=Sources(dockerfile=target.shown if fitting else ""),
        layout=known if fitting else Layout(),
    )
    record = assemble(observed, facts, redact)
    if target.named and not fitting:
        note = f"the steps are not those of {target.shown}, so they have no lines"
        return replace(record, notes=(*record.notes, note))
    return record


def _layout(target: Target, contexts: Collection[str]) -> Layout:
    return layout(decode(target.dockerfile.read_bytes()), contexts) if target.dockerfile else Layout()
