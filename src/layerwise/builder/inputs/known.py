"""The digests of a build context's files: each hashed once, and not at all where an earlier build did.

A file is known where device, inode, size, mode and both times are those of an earlier build, and that build read it
safely later than those times: a file written again within the clock's granularity would look the same otherwise.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from layerwise.builder.inputs.hashing import Hashed, hash_file
from layerwise.builder.inputs.remembered import UNKNOWN, WIDTH, Known, Remembered
from layerwise.graph.listing import Listing, Stat, unpack

_SAFELY_NS = 2_000_000_000  # FAT keeps times by two seconds; nothing coarser is mounted anywhere
_BATCH = 256
_BATCH_BYTES = 8 << 20
_MOST_THREADS = 4


class _Job(NamedTuple):
    """A file to hash: in which directory, which of its entries."""

    directory: bytes
    position: int
    found: Stat


class KnownFiles:
    """The files of one context.

    Attributes:
        notes: What could not be read, a sentence each.
    """

    def __init__(self, listing: Listing, remembered: Remembered, now_ns: int) -> None:
        self.listing = listing
        self.notes: list[str] = []
        self._remembered = remembered
        self._now_ns = now_ns
        self._old, problem = remembered.load(Path(listing.root))
        self._now: dict[bytes, Known] = {}
        self._entries: dict[bytes, list[Stat]] = {}
        self._positions: dict[bytes, dict[bytes, int]] = {}
        self._tried: set[tuple[bytes, int]] = set()
        self._changed = False
        if problem:
            self.notes.append(problem)

    def of(self, directory: bytes) -> Known:
        """Return what is known of a directory that was looked at."""
        return self._now[directory]

    def entries(self, directory: bytes) -> list[Stat]:
        """Return the entries of a directory, in the order in which their digests stand."""
        if directory not in self._entries:
            self._entries[directory] = self.listing.entries(directory)
        return self._entries[directory]

    def position(self, directory: bytes, name: bytes) -> int:
        """Return the position of an entry."""
        if directory not in self._positions:
            named = ((entry.name, position) for position, entry in enumerate(self.entries(directory)))
            self._positions[directory] = dict(named)
        return self._positions[directory][name]

    def put(self, directory: bytes, known: Known) -> None:
        """Remember more of a directory."""
        self._now[directory] = known
        self._changed = True

    def hash(self, directories: Mapping[bytes, frozenset[bytes] | None]) -> None:
        """Hash the files of directories that are not known; of one only those named, if any are."""
        jobs = [job for directory, names in directories.items() for job in self._unknown(directory, names)]
        if not jobs:
            return
        batches = tuple(_batches(jobs))
        if len(batches) == 1:
            found = [self._hashed(batches[0])]
        else:
            with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
                found = list(pool.map(self._hashed, batches))
        self._keep(jobs, [one for batch in found for one in batch])

    def save(self) -> str:
        """Remember for later builds what is new; return why that can't be done, "" where it is."""
        if not self._changed:
            return ""
        unused = {path: one._replace(unused=one.unused + 1) for path, one in self._old.items() if path not in self._now}
        return self._remembered.save(Path(self.listing.root), {**unused, **self._now})

    def _unknown(self, directory: bytes, names: frozenset[bytes] | None) -> Iterator[_Job]:
        """Take over what is known of a directory, and yield what is not."""
        packed = self.listing.directories[directory].packed
        now, old = self._now.get(directory), self._old.get(directory)
        if now is None and old and old.packed == packed and old.name and old.newest_ns + _SAFELY_NS < old.hashed_ns:
            self._now[directory] = old._replace(unused=0)
            return
        if now is None:
            now = self._now[directory] = self._taken_over(directory, old)
        if now.name:
            return
        entries = self.entries(directory)
        positions = range(len(entries)) if names is None else [self.position(directory, name) for name in names]
        for position in positions:
            is_known = now.digests[position * WIDTH : (position + 1) * WIDTH] != UNKNOWN
            if not is_known and stat.S_ISREG(entries[position].mode) and (directory, position) not in self._tried:
                self._tried.add((directory, position))
                yield _Job(directory, position, entries[position])

    def _taken_over(self, directory: bytes, old: Known | None) -> Known:
        """Return a directory with the digests that an earlier build can be trusted with."""
        entries = self.entries(directory)
        known = _trusted(old) if old else {}
        sums = [known.get(entry, (UNKNOWN, UNKNOWN)) for entry in entries]
        times = (max(entry.mtime_ns, entry.ctime_ns) for entry in entries if stat.S_ISREG(entry.mode))
        return Known(
            packed=self.listing.directories[directory].packed,
            contents=b"".join(content for content, _ in sums),
            digests=b"".join(digest for _, digest in sums),
            newest_ns=max(times, default=0),
            hashed_ns=self._now_ns,
        )

    def _hashed(self, jobs: Sequence[_Job]) -> list[Hashed | OSError]:
        found: list[Hashed | OSError] = []
        root = os.fsencode(self.listing.root)
        for directory, _, entry in jobs:
            try:
                found.append(hash_file(os.path.join(root, directory, entry.name), entry))  # noqa: PTH118 - bytes
            except OSError as error:
                found.append(error)
        return found

    def _keep(self, jobs: Sequence[_Job], found: Sequence[Hashed | OSError]) -> None:
        """Put digests where they belong; what did not hold still is hashed again by the next build."""
        sums: dict[bytes, tuple[bytearray, bytearray]] = {}
        unsteady: set[bytes] = set()
        lost: list[tuple[str, str | None]] = []
        for job, hashed in zip(jobs, found, strict=True):
            known = self._now[job.directory]
            contents, digests = sums.setdefault(job.directory, (bytearray(known.contents), bytearray(known.digests)))
            if isinstance(hashed, OSError):
                path = os.path.join(job.directory, job.found.name)  # noqa: PTH118 - bytes
                lost.append((os.fsdecode(path), hashed.strerror))
            else:
                place = slice(job.position * WIDTH, (job.position + 1) * WIDTH)
                contents[place], digests[place] = hashed.content, hashed.digest
            if isinstance(hashed, OSError) or not hashed.steady:
                unsteady.add(job.directory)
        for directory, (contents, digests) in sums.items():
            hashed_ns = 0 if directory in unsteady else self._now_ns
            record = self._now[directory]
            self.put(directory, record._replace(contents=bytes(contents), digests=bytes(digests), hashed_ns=hashed_ns))
        if lost:
            name, why = min(lost)
            more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
            self.notes.append(f"{name}{more} can't be read ({why}), so that a change of it can't be told")


def _trusted(known: Known) -> dict[Stat, tuple[bytes, bytes]]:
    """Return the digests of the files that were changed safely before they were read."""
    found, before_ns = {}, known.hashed_ns - _SAFELY_NS
    for position, entry in enumerate(unpack(known.packed)):
        place = slice(position * WIDTH, (position + 1) * WIDTH)
        digest = known.digests[place]
        if digest != UNKNOWN and max(entry.mtime_ns, entry.ctime_ns) < before_ns:
            found[entry] = known.contents[place], digest
    return found


def _batches(jobs: Iterable[_Job]) -> Iterator[list[_Job]]:
    """Share jobs out so that one thread gets neither many files nor many large ones at once."""
    batch: list[_Job] = []
    size = 0
    for job in jobs:
        batch.append(job)
        size += job.found.size
        if len(batch) == _BATCH or size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
