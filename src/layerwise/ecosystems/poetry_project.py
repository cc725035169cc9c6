"""pyproject.toml and poetry.lock: what poetry installs, and which files of the project select it.

Watched with poetry 2.5: ``poetry install --no-root`` opens pyproject.toml, poetry.lock and poetry.toml of the nearest
project and looks for .poetry/plugins; with ``--no-directory`` no directory that the lock names is opened.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from layerwise.ecosystems.directories import above, nearest
from layerwise.ecosystems.effects import Files
from layerwise.ecosystems.places import normal
from layerwise.ecosystems.toml_tables import read_toml, strings, table, tables, text

_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")
_FILES = ("pyproject.toml", "poetry.lock", "poetry.toml")
# Plugins that change what poetry takes from pyproject.toml, and read git or the project's modules for it.
_PLUGINS = ("poetry-dynamic-versioning", "poetry-version-plugin", "poetry-git-version-plugin", "poetry-monorepo")


@dataclass(frozen=True, slots=True)
class Project:
    """A project of poetry.

    Attributes:
        directory: Where pyproject.toml lies.
        manifests: The files that select what is installed and that are known to be there.
        candidates: Files that are looked for, there or not.
        lock: poetry.lock, where it is there.
        packages: How many packages the lock names, else how many dependencies pyproject.toml does.
        names: The dependencies, lower case.
        package: Whether the project is installed as a package of its own.
        directories: Packages that are directories of the project.
        archives: Packages that are files of the project.
        needs_source: Why poetry reads more than the manifests whatever is installed, one reason each.
        cache_directory: Where poetry.toml puts the cache.
        environment_directory: Where poetry.toml puts environments.
        hashed: Whether the lock has digests of every package.
    """

    directory: str
    manifests: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    lock: str | None = None
    packages: int = 0
    names: tuple[str, ...] = ()
    package: bool = True
    directories: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    needs_source: tuple[str, ...] = ()
    cache_directory: str | None = None
    environment_directory: str | None = None
    hashed: bool = False


def read_project(cwd: str, files: Files) -> Project:
    """Read the project of ``cwd``; what cannot be read is a reason."""
    directory = nearest(cwd, "pyproject.toml", files) or cwd
    path, lock_path, own_path = (posixpath.join(directory, name) for name in _FILES)
    candidates = (path, lock_path, own_path, *above(cwd, _FILES[:1]))
    content = read_toml(path, files)
    manifests = tuple(one for one in (path, lock_path, own_path) if files.exists(one))
    if content is None:
        reason = f"{path} could not be read before the build"
        return Project(directory, manifests, candidates, needs_source=(reason,))
    lock, own = read_toml(lock_path, files), read_toml(own_path, files)
    unread = [one for one, data in ((lock_path, lock), (own_path, own)) if data is None and files.exists(one)]
    entries = tables(lock or {}, "package")
    names = sorted(set(_dependencies(content)))
    directories, archives = _local(content, entries, directory, known=lock is not None)
    return Project(
        directory,
        manifests,
        candidates,
        lock_path if files.exists(lock_path) else None,
        len(entries) or len(names),
        tuple(names),
        table(content, "tool", "poetry").get("package-mode", True) is not False,
        directories,
        archives,
        (*(f"{one} could not be read before the build" for one in unread), *_reasons(content, directory, files)),
        text(own or {}, "cache-dir"),
        text(own or {}, "virtualenvs", "path"),
        hashed=bool(entries) and all(tables(one, "files") for one in entries),
    )


def _groups(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    poetry = table(content, "tool", "poetry")
    yield from (table(poetry, "dependencies"), table(poetry, "dev-dependencies"))
    for name in table(poetry, "group"):
        yield table(poetry, "group", name, "dependencies")


def _dependencies(content: dict[str, Any]) -> Iterator[str]:
    listed = [*strings(content, "project", "dependencies")]
    for name in table(content, "project", "optional-dependencies"):
        listed += strings(content, "project", "optional-dependencies", name)
    yield from (match[1].lower() for one in listed if (match := _NAME.match(one)))
    for group in _groups(content):
        yield from (name.lower() for name in group if name.lower() != "python")


def _local(
    content: dict[str, Any], entries: list[dict[str, Any]], directory: str, *, known: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the directories and archives of the project that would be installed: those of the lock where it is known.

    Without a lock whatever pyproject.toml takes from a path counts as an archive, which no option leaves out.
    """
    if known:
        sources = [table(one, "source") for one in entries]
        found = [(one.get("type"), normal(posixpath.join(directory, str(one.get("url"))))) for one in sources]
        return (
            tuple(path for kind, path in found if kind == "directory"),
            tuple(path for kind, path in found if kind == "file"),
        )
    paths = [
        str(one["path"]) for group in _groups(content) for name in group for one in tables(group, name) if "path" in one
    ]
    return (), tuple(normal(posixpath.join(directory, one)) for one in paths)


def _reasons(content: dict[str, Any], directory: str, files: Files) -> Iterator[str]:
    path = posixpath.join(directory, "pyproject.toml")
    if table(content, "tool", "poetry", "requires-plugins"):
        yield f"{path} asks for plugins of poetry"
    for name in _PLUGINS:
        if name in table(content, "tool"):
            yield f"{path} has settings of {name}, which reads more of the project"
    if files.exists(posixpath.join(directory, ".poetry")):
        yield f"{directory}/.poetry holds plugins"
    for one in tables(content, "tool", "poetry", "source"):
        if "://" not in str(one.get("url", "://")) or str(one.get("url")).startswith("file:"):
            yield f"{path} takes packages from {one.get('url')}"
    for requirement in strings(content, "project", "dependencies"):
        if re.search(r"@\s*(file:|\.{0,2}/)", requirement):
            yield f"{path} takes a package from {requirement}"
