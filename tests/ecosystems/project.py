"""A project's files at their place in a container, and short ways to ask for effects, for the tests of ecosystems."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from layerwise.ecosystems import effects_of_run
from layerwise.ecosystems.effects import Effects, Path, Scope


@dataclass(frozen=True)
class Project:
    """Files by absolute path; nothing is known outside ``root``."""

    files: Mapping[str, str] = field(default_factory=dict)
    root: str = "/app"

    def read(self, path: str) -> str | None:
        return self.files.get(path)

    def exists(self, path: str) -> bool | None:
        if path in self.files or self.children(path):
            return True
        return False if path == self.root or path.startswith(self.root + "/") else None

    def children(self, path: str) -> tuple[str, ...]:
        start = path.rstrip("/") + "/"
        return tuple(sorted({name[len(start) :].split("/")[0] for name in self.files if name.startswith(start)}))


def run(
    command: str | tuple[str, ...],
    files: Mapping[str, str] | None = None,
    *,
    shell: tuple[str, ...] = ("/bin/sh", "-c"),
    cwd: str | None = "/app",
    home: str | None = "/root",
    **environment: str | None,
) -> Effects:
    """Return the effects of a RUN in /app as root."""
    return effects_of_run(command, shell, Scope(cwd, environment, "", home, Project(files or {})))


def written(effects: Effects) -> set[str]:
    """Return what is written, a tree with ``/**`` behind it."""
    return shown(effects.writes)


def read(effects: Effects) -> set[str]:
    """Return what is read, a tree with ``/**`` behind it."""
    return shown(effects.reads)


def shown(paths: frozenset[Path]) -> set[str]:
    return {path.path.rstrip("/") + "/**" if path.tree else path.path for path in paths}


def touches(effects: Effects, path: str) -> bool:
    """Whether the effects write somewhere in the tree ``path``."""
    return any(one.overlaps(Path(path, tree=True)) for one in effects.writes)
