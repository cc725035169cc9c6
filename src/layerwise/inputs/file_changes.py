"""How the files of two trees differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from layerwise.inputs.manifest import Trees
from layerwise.inputs.tree import Entry, Kind, entries_of


class How(Enum):
    """What became of a file."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    """The same content and mode under another name."""
    CONTENT = "content"
    MODE = "mode"
    KIND = "kind"
    """A file became a link or a directory, or the other way round."""
    TARGET = "target"
    """A symbolic link leads elsewhere."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """One difference of one file; one that has another mode and another content has two.

    Attributes:
        path: In the context; where it is renamed, the new one.
        how: What became of it.
        was: The old path, mode (octal), kind, or target of a link; "" for what was added, and for content.
        now: The new mode, kind or target; "" otherwise.
    """

    path: str
    how: How
    was: str = ""
    now: str = ""


def file_changes(old: Trees, before: str, new: Trees, after: str) -> tuple[FileChange, ...]:
    """Return how two trees differ, by path; a directory that is new or gone counts where it is empty.

    Args:
        old: Holds the first tree.
        before: Its name.
        new: Holds the second tree.
        after: Its name.
    """
    pairs = tuple(_differing(old, bytes.fromhex(before), new, bytes.fromhex(after), ""))
    removed = [(path, was) for path, was, now in pairs if was and not now]
    added = [(path, now) for path, was, now in pairs if now and not was]
    renamed = dict(_renamed(removed, added))
    changes = [change for path, was, now in pairs if was and now for change in _changes(path, was, now)]
    changes += [FileChange(path, How.RENAMED, was) for path, was in renamed.items()]
    changes += [FileChange(path, How.ADDED) for path, _ in added if path not in renamed]
    gone = {path for path, _ in removed}.difference(renamed.values())
    changes += [FileChange(path, How.REMOVED) for path in gone]
    return tuple(sorted(changes, key=lambda change: (change.path, change.how.value)))


_Pair = tuple[str, Entry | None, Entry | None]


def _differing(old: Trees, before: bytes, new: Trees, after: bytes, above: str) -> Iterator[_Pair]:
    """Yield what differs, by path; a directory only for itself."""
    if before == after:
        return
    was, now = _entries(old, before), _entries(new, after)
    for name in sorted(was.keys() | now.keys()):
        path = above + _text(name)
        one, other = was.get(name), now.get(name)
        if one == other:
            continue
        itself = path if one and other else ""
        if one and other:
            yield path, one, other
            if one.kind is other.kind is Kind.DIRECTORY:
                yield from _differing(old, one.digest, new, other.digest, f"{path}/")
                continue
        yield from ((inner, entry, None) for inner, entry in _leaves(old, path, one) if inner != itself)
        yield from ((inner, None, entry) for inner, entry in _leaves(new, path, other) if inner != itself)


def _entries(trees: Trees, name: bytes) -> Mapping[bytes, Entry]:
    return {entry.name: entry for entry in entries_of(trees, name)} if name else {}


def _leaves(trees: Trees, path: str, entry: Entry | None) -> Iterator[tuple[str, Entry]]:
    """Yield what lies at and below an entry, of directories the empty ones."""
    if entry is None:
        return
    inner = _entries(trees, entry.digest) if entry.kind is Kind.DIRECTORY else {}
    if not inner:
        yield path, entry
    for one in inner.values():
        yield from _leaves(trees, f"{path}/{_text(one.name)}", one)


def _changes(path: str, was: Entry, now: Entry) -> Iterator[FileChange]:
    if was.kind is not now.kind:
        yield FileChange(path, How.KIND, was.kind.name.lower(), now.kind.name.lower())
        return
    if was.kind is Kind.FILE and (was.size, was.digest) != (now.size, now.digest):
        yield FileChange(path, How.CONTENT)
    if was.target != now.target:
        yield FileChange(path, How.TARGET, _text(was.target), _text(now.target))
    if was.mode is not None and now.mode is not None and was.mode != now.mode:
        yield FileChange(path, How.MODE, f"{was.mode:o}", f"{now.mode:o}")


def _renamed(removed: list[tuple[str, Entry]], added: list[tuple[str, Entry]]) -> Iterator[tuple[str, str]]:
    """Yield the new and the old path of what is the same but for those; the same last component goes first."""
    waiting = [one for one in added if one[1].kind is not Kind.DIRECTORY]
    left = [one for one in removed if one[1].kind is not Kind.DIRECTORY]
    for named in (True, False):
        there: dict[Entry, list[str]] = {}
        for path, entry in reversed(left):
            there.setdefault(entry if named else entry._replace(name=b""), []).append(path)
        found = {}
        for path, entry in waiting:
            if same := there.get(entry if named else entry._replace(name=b"")):
                found[path] = same.pop()
        yield from found.items()
        waiting = [one for one in waiting if one[0] not in found]
        gone = frozenset(found.values())
        left = [one for one in left if one[0] not in gone]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
