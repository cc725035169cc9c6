"""The files of the build context that a stage holds at one of its lines, as far as they can be known."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from layerwise.ecosystems.effects import Effects, Emptied, Path
from layerwise.graph.copying import Selection


@dataclass(frozen=True, slots=True)
class StageFiles:
    """What a stage's file system holds of the build context: an immutable chain, newest first.

    Implements ``ecosystems.effects.Files``. A file that a later RUN may have written is known to be there, but its
    text is not known any more.
    """

    change: Selection | frozenset[Path] | Emptied | None = None
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
        for level in self.levels():
            if isinstance(level.change, Emptied):
                if level.change.covers(path):
                    return True
            elif isinstance(level.change, Selection):
                if level.change.source_of(path) is not None:
                    return False
            elif level.change is not None and any(written.covers(path) for written in level.change):
                return False
        return False

    def read(self, path: str) -> str | None:
        """Return the text of a context file at ``path`` in the container, None where unknown or absent."""
        found = self.origin(path)
        return found[0].context.text(found[1]) if found else None

    def origin(self, path: str) -> tuple[Selection, str] | None:
        """Return which COPY brought what lies at ``path``, and from where; None where something else may have."""
        for level in self.levels():
            if isinstance(level.change, Selection):
                if (source := level.change.source_of(path)) is not None:
                    return level.change, source
            elif isinstance(level.change, Emptied):
                if level.change.covers(path):
                    return None
            elif level.change is not None and any(written.covers(path) for written in level.change):
                return None
        return None

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
