"""What a bench has done, a JSON line for each thing, on disk before the next begins: it may end at any moment.

A line that was not written whole is not there. So whatever is to be removed again is written down before it is made.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeAlias

import msgspec

from layerwise.builder.made import Trace
from layerwise.errors import UsageError
from layerwise.prove.bench.result import Run


class _Entry(msgspec.Struct, frozen=True, tag=True):
    """One line."""


class Asked(_Entry, frozen=True):
    """The bench began.

    Attributes:
        question: A digest of all that decides what is measured.
        nonce: Makes its changes and cache scopes its own.
        at: When, in seconds since the epoch.
    """

    question: str
    nonce: str
    at: float


class Copied(_Entry, frozen=True):
    """The build context was copied to its end."""


class Expected(_Entry, frozen=True):
    """What the model said of a scenario before anything was built; ``seconds`` None for nothing."""

    text: str
    scenario: str
    platform: str
    seconds: float | None
    basis: str


class Tagged(_Entry, frozen=True):
    """An image of this name is about to be made."""

    tag: str


class Created(_Entry, frozen=True):
    """A builder of this name is about to be made."""

    builder: str


class Numbered(_Entry, frozen=True):
    """A change, or a scope, of this number is about to be made."""

    number: int


class Settled(_Entry, frozen=True):
    """All steps of a side are in this scope of the cache: what is built next there are changes."""

    side: str
    platform: str
    scope: str


class Built(_Entry, frozen=True):
    """A build is over.

    Attributes:
        trace: What its records of the cache are known by, None where its builder does not remember it.
        seconds: Its client's, also where they are no figure of the bench.
        side: Whose file was built, "" for a base image.
        platform: What for.
        needed: Whether further builds need its records.
    """

    trace: Trace | None
    seconds: float
    side: str
    platform: str
    needed: bool


class Measured(_Entry, frozen=True):
    """A figure; ``text`` is a digest of the texts that were built."""

    text: str
    run: Run


class Claimed(_Entry, frozen=True):
    """What records of the cache a build made.

    Attributes:
        build: Its id.
        ids: Those that are sure.
        whole: Whether no more will become so.
        doubtful: Marks of those that another build may have made.
    """

    build: str
    ids: tuple[str, ...]
    whole: bool
    doubtful: tuple[str, ...] = ()


class Over(_Entry, frozen=True):
    """All was measured; what is left is to be removed."""


Entry: TypeAlias = Asked | Copied | Expected | Tagged | Created | Numbered | Settled | Built | Measured | Claimed | Over


class Journal:
    """An open journal.

    Attributes:
        entries: What it holds, in order.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        file.seek(0)
        found = list(_read(file.read()))
        self.entries = [entry for entry, _ in found]
        file.truncate(found[-1][1] if found else 0)  # what comes next is to stand on a line that is read

    def add(self, entry: Entry) -> None:
        """Write a line; it survives a crash of the machine once this has returned."""
        self._file.seek(0, os.SEEK_END)
        self._file.write(msgspec.json.encode(entry) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.entries.append(entry)


@contextmanager
def writing(path: Path) -> Iterator[Journal]:
    """Open a journal, a new one where there is none.

    Raises:
        UsageError: Another process has it open.
        OSError: It can't be written.
    """
    with _locked(path) as file:
        yield Journal(file)


def _locked(path: Path) -> BinaryIO:
    """Open a file that no other process has open here; it may be removed by the one that had it."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack, suppress(FileNotFoundError):
            file = stack.enter_context(path.open("a+b"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UsageError("another bench of this project is running; wait for it, or stop it first") from error
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                stack.pop_all()
                return file


def read(content: bytes) -> tuple[Entry, ...]:
    """Return the entries of whole lines; a line that a crash of the machine has left broken ends them."""
    return tuple(entry for entry, _ in _read(content))


def _read(content: bytes) -> Iterator[tuple[Entry, int]]:
    """Yield the entries, each with where it ends."""
    end = 0
    for line in content[: content.rfind(b"\n") + 1].splitlines(keepends=True):
        end += len(line)
        try:
            yield msgspec.json.decode(line, type=Entry), end
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return
