"""What tells one text of a file from another, and one question that a bench answers from another."""

import hashlib
from collections.abc import Iterable

from layerwise.analysis import Analysis
from layerwise.graph.context import Entry, Kind
from layerwise.prove.bench.subject import How, Subject


def digest_of(analysis: Analysis) -> str:
    """Return a digest of a Dockerfile's text and of its ignore file."""
    text, ignore = analysis.texts
    return _digest((text, ignore or "", str(ignore is None)))


def question_of(subject: Subject, how: How, sides: Iterable[Analysis]) -> str:
    """Return a digest of all that decides what a bench measures.

    That is the texts, the context as it stands (paths, modes, sizes, times of last change), and the options. How often
    something is measured is no part of it, nor in how much time, nor which scenarios.
    """
    request = subject.analysis.facts.request
    context = request.context
    parts = [subject.named, str(subject.context.resolve()), context.rules.text, subject.commit, *subject.options]
    parts += request.platforms
    parts += [f"{path}\0{entry}\0{_changed_at(subject, path, entry)}" for path, entry in context.entries.items()]
    parts += [repr(edit) for _, edit in sorted(how.edits.items())]
    return _digest((*parts, *map(digest_of, sides)))


def _changed_at(subject: Subject, path: str, entry: Entry) -> int:
    """Return when a file's content changed; of a directory that says nothing."""
    if entry.kind is not Kind.FILE:
        return 0
    try:
        return (subject.context / path).lstat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _digest(parts: Iterable[str]) -> str:
    made = hashlib.sha256()
    for part in parts:
        made.update(part.encode("utf-8", "surrogateescape") + b"\0\0")
    return made.hexdigest()
