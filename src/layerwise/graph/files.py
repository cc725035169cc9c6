"""The files of the build context that a stage holds at one of its lines, as far as they can be known."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from layerwise.ecosystems.effects import Effects, Emptied, Path
from layerwise.ecosystems.sieve import Sieve
from layerwise.graph.copying import Selection


@dataclass(frozen=True, slots=True)
class Sifted:
    """A file that holds some lines of a file of the build context, and nothing else.

    Attributes:
        path: Where it lies.
        selection: The COPY that brought the file of the context.
        source: That file, relative to the context.
        sieve: What kept the lines.
    """

    path: str
    selection: Selection = field(repr=False)
    source: str
    sieve: Sieve

    def text(self) -> str | None:
        """Return what it holds, None where the file of the context can't be read."""
        text = self.selection.context.text(self.source)
        return None if text is None else self.sieve.kept(text)


_Change: TypeAlias = Selection | frozenset[Path] | Emptied | Sifted | None


@dataclass(frozen=True, slots=True)
class StageFiles:
    """What a stage's file system holds of the build context: an immutable chain, newest first.

    Implements ``ecosystems.effects.Files``. A file that a later RUN may have written is known to be there, but its
    text is not known any more.
    """

    change: _Change = None
    below: "StageFiles | None" = field(default=None, repr=False)

    def with_copy(self, selection: Selection) -> "StageFiles":
        """Return the files after a COPY."""
        return StageFiles(selection, self)

    def with_effects(self, effects: Effects, emptied: tuple[Emptied, ...] = ()) -> "StageFiles":
        """Return the files after a command with these effects, all of ``emptied`` without content."""
        trees = {one.tree for one in emptied}
        writes = frozenset(path for path in effects.writes if path.path not in trees)
        found = StageFiles(writes, self) if writes else self
        for one in emptied:
            found = StageFiles(one, found)
        return found

    def with_sieve(self, sieve: Sieve) -> "StageFiles":
        """Return the files after a command that keeps some lines of a file; which, is known if a COPY brought it."""
        found = self.origin(sieve.source)
        return self.with_sifted(Sifted(sieve.target, *found, sieve)) if found else self

    def with_sifted(self, sifted: Sifted) -> "StageFiles":
        """Return the files with one that holds some lines of another."""
        return StageFiles(sifted, self)

    def with_stage(self, other: "StageFiles", directory: str) -> "StageFiles":
        """Return the files after a COPY of ``directory`` of another stage to the same place."""
        found, tree = self, Path(directory, tree=True)
        for level in reversed(tuple(other.levels())):
            if not isinstance(level.change, Selection) or tree.covers(level.change.target):
                found = StageFiles(level.change, found)
        return found

    def levels(self) -> Iterator["StageFiles"]:
        """Yield the changes, newest first."""
        level: StageFiles | None = self
        while level is not None:
            yield level
            level = level.below

    @property
    def is_hollow(self) -> bool:
        """Whether a command has emptied files of it."""
        return any(isinstance(level.change, Emptied) for level in self.levels())

    def is_empty(self, path: str) -> bool:
        """Whether the file at ``path`` came by a COPY and was emptied by a command."""
        return isinstance(self._newest(path), Emptied)

    def read(self, path: str) -> str | None:
        """Return the text of a context file at ``path`` in the container, or of lines of one; None where unknown."""
        if sifted := self.sifted(path):
            return sifted.text()
        found = self.origin(path)
        return found[0].context.text(found[1]) if found else None

    def sifted(self, path: str) -> Sifted | None:
        """Return what is known of a file at ``path`` that holds some lines of a context file, None where none does."""
        newest = self._newest(path)
        return newest if isinstance(newest, Sifted) else None

    def origin(self, path: str) -> tuple[Selection, str] | None:
        """Return which COPY brought what lies at ``path``, and from where; None where something else may have."""
        newest = self._newest(path)
        source = newest.source_of(path) if isinstance(newest, Selection) else None
        return (newest, source) if isinstance(newest, Selection) and source is not None else None

    def _newest(self, path: str) -> _Change:
        """Return the newest change of the file at ``path``."""
        return next((level.change for level in self.levels() if _is_of(level.change, path)), None)

    def exists(self, path: str) -> bool | None:
        """Whether a COPY put something at ``path``; what the base image or a command put there is not known of."""
        return any(selection.holds(path) for selection in self.copies())

    def children(self, path: str) -> tuple[str, ...]:
        """Return the names that COPY steps put directly into the directory ``path``, sorted."""
        names: set[str] = set()
        for selection in self.copies():
            names.update(selection.children(path))
        return tuple(sorted(names))

    def copies(self) -> tuple[Selection, ...]:
        """Return what COPY steps brought of the context, oldest first."""
        found = [level.change for level in self.levels() if isinstance(level.change, Selection)]
        return tuple(reversed(found))


def _is_of(change: _Change, path: str) -> bool:
    """Whether a change is one of the file at ``path``."""
    if isinstance(change, Selection):
        return change.source_of(path) is not None
    if isinstance(change, Emptied):
        return change.covers(path)
    if isinstance(change, Sifted):
        return change.path == path
    return change is not None and any(written.covers(path) for written in change)
