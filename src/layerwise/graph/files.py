"""The files of the build context that a stage holds at one of its lines, as far as they can be known."""

from dataclasses import dataclass, field

from layerwise.ecosystems.effects import Effects, Path
from layerwise.graph.copying import Selection


@dataclass(frozen=True, slots=True)
class StageFiles:
    """What a stage's file system holds of the build context: an immutable chain, newest first.

    Implements ``ecosystems.effects.Files``. A file that a later RUN may have written is known to be there, but its
    text is not known any more.
    """

    change: Selection | frozenset[Path] | None = None
    below: "StageFiles | None" = field(default=None, repr=False)

    def with_copy(self, selection: Selection) -> "StageFiles":
        """Return the files after a COPY."""
        return StageFiles(selection, self)

    def with_effects(self, effects: Effects) -> "StageFiles":
        """Return the files after a command with these effects."""
        return StageFiles(effects.writes, self) if effects.writes else self

    def read(self, path: str) -> str | None:
        """Return the text of a context file at ``path`` in the container, None where unknown or absent."""
        found = self.origin(path)
        return found[0].context.text(found[1]) if found else None

    def origin(self, path: str) -> tuple[Selection, str] | None:
        """Return which COPY brought what lies at ``path``, and from where; None where something else may have."""
        level: StageFiles | None = self
        while level is not None:
            if isinstance(level.change, Selection):
                if (source := level.change.source_of(path)) is not None:
                    return level.change, source
            elif level.change is not None and any(written.covers(path) for written in level.change):
                return None
            level = level.below
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
        found = []
        level: StageFiles | None = self
        while level is not None:
            if isinstance(level.change, Selection):
                found.append(level.change)
            level = level.below
        return tuple(reversed(found))
