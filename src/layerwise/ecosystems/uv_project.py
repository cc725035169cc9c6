"""pyproject.toml, uv.lock and workspaces: what uv installs, and which files of the project select it.

Watched with uv 0.13: ``uv sync`` and ``uv pip install`` open the pyproject.toml and uv.toml of the nearest project,
those of its workspace's members and .python-version, no readme and no source. ``--frozen`` needs no member to be
there, ``--locked`` and a plain sync refuse without, and build whatever has dynamic metadata to learn it.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from layerwise.ecosystems.directories import above, matching, nearest, upward
from layerwise.ecosystems.effects import Files
from layerwise.ecosystems.places import normal
from layerwise.ecosystems.toml_tables import read_toml, strings, table, tables, text

_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")
_LOCAL_FILE = re.compile(r"@\s*file:|@\s*\.{0,2}/")
_KINDS = ("editable", "directory", "path")
_PINS = (".python-version", ".python-versions")


@dataclass(frozen=True, slots=True)
class Project:
    """A project of uv, with the workspace that it belongs to.

    Attributes:
        directory: Where the nearest pyproject.toml lies.
        root: Where that of the workspace, the lock and the environment lie.
        members: The directories of the workspace's members, the root among them where it is a project.
        manifests: The files that select what is installed and that are known to be there.
        candidates: Files that are looked for, there or not.
        lock: uv.lock, where it is there.
        packages: How many packages of elsewhere the lock names, else how many dependencies the manifests do.
        names: The dependencies, lower case.
        local: Packages of the project that an install would build: name and directory or archive.
        dynamic: Manifests whose metadata only a build tells.
        needs_source: Why uv reads more than the manifests whatever is installed, one reason each.
        cache_directory: Where its settings put the cache; "" where they turn it off, None where they say nothing.
        link_mode: How its settings have files put into the environment.
        hashed: Whether the lock has a digest of every package.
    """

    directory: str
    root: str
    members: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    lock: str | None = None
    packages: int = 0
    names: tuple[str, ...] = ()
    local: tuple[tuple[str, str], ...] = ()
    dynamic: tuple[str, ...] = ()
    needs_source: tuple[str, ...] = ()
    cache_directory: str | None = None
    link_mode: str | None = None
    hashed: bool = False


def read_project(cwd: str, files: Files) -> Project:
    """Read the project of ``cwd``; what cannot be read is a reason."""
    directory = nearest(cwd, "pyproject.toml", files)
    content = read_toml(posixpath.join(directory, "pyproject.toml"), files) if directory else None
    candidates = _candidates(cwd)
    if directory is None or content is None:
        path = posixpath.join(directory or cwd, "pyproject.toml")
        manifests = tuple(one for one in candidates if files.exists(one))
        reason = f"{path} could not be read before the build"
        return Project(directory or cwd, directory or cwd, (), manifests, candidates, needs_source=(reason,))
    root, top = _root(directory, content, files)
    members = _members(root, top, files)
    contents = {one: read_toml(posixpath.join(one, "pyproject.toml"), files) for one in (root, directory, *members)}
    known = {one: data for one, data in contents.items() if data is not None}
    unread = (
        f"{one}/pyproject.toml could not be read before the build" for one, data in contents.items() if data is None
    )
    path = posixpath.join(root, "uv.lock")
    lock = read_toml(path, files)
    broken = (f"{path} could not be read before the build",) if files.exists(path) and lock is None else ()
    candidates = (*candidates, *(one for start in known for one in _candidates(start, here=True)), path)
    settings = read_toml(posixpath.join(root, "uv.toml"), files) or table(top, "tool", "uv")
    entries = [one for one in tables(lock or {}, "package") if not {*_KINDS, "virtual"} & table(one, "source").keys()]
    names = sorted({name for data in known.values() for name in _dependencies(data)})
    local = _locked(lock, root) if lock else _declared(known, root)
    return Project(
        directory,
        root,
        tuple(one for one in (root, *members) if "project" in known.get(one, {})),
        tuple(dict.fromkeys(one for one in candidates if _selects(one, known) and files.exists(one))),
        candidates,
        path if files.exists(path) else None,
        len(entries) or len(names),
        tuple(names),
        local,
        tuple(f"{one}/pyproject.toml" for one, data in known.items() if table(data, "project").get("dynamic")),
        (*unread, *broken, *_elsewhere(known, settings), *_local_indexes(entries, path)),
        "" if settings.get("no-cache") else text(settings, "cache-dir"),
        text(settings, "link-mode"),
        hashed=bool(entries) and all(_digests(one) for one in entries),
    )


def _selects(path: str, known: dict[str, dict[str, Any]]) -> bool:
    directory, name = posixpath.split(path)
    return name != "pyproject.toml" or directory in known


def _candidates(directory: str, *, here: bool = False) -> tuple[str, ...]:
    names = ("pyproject.toml", "uv.toml", *_PINS)
    return tuple(posixpath.join(directory, one) for one in names) if here else above(directory, names)


def _root(directory: str, content: dict[str, Any], files: Files) -> tuple[str, dict[str, Any]]:
    """Return the root of the workspace and its pyproject.toml; the project itself where it is no member of any."""
    if table(content, "tool", "uv", "workspace"):
        return directory, content
    for one in upward(directory)[1:]:
        data = read_toml(posixpath.join(one, "pyproject.toml"), files)
        if data is not None and directory in _members(one, data, files):
            return one, data
    return directory, content


def _members(root: str, content: dict[str, Any], files: Files) -> tuple[str, ...]:
    workspace = table(content, "tool", "uv", "workspace")
    found = [
        one
        for pattern in strings(workspace, "members")
        for one in matching(pattern, root, files, holding="pyproject.toml")
    ]
    out = {
        one
        for pattern in strings(workspace, "exclude")
        for one in matching(pattern, root, files, holding="pyproject.toml")
    }
    return tuple(dict.fromkeys(one for one in found if one not in out))


def _dependencies(content: dict[str, Any]) -> Iterator[str]:
    for one in _requirements(content):
        if match := _NAME.match(one):
            yield match[1].lower()


def _requirements(content: dict[str, Any]) -> Iterator[str]:
    yield from strings(content, "project", "dependencies")
    for name in table(content, "project", "optional-dependencies"):
        yield from strings(content, "project", "optional-dependencies", name)
    for name in table(content, "dependency-groups"):
        yield from strings(content, "dependency-groups", name)
    yield from strings(content, "tool", "uv", "dev-dependencies")


def _locked(lock: dict[str, Any], root: str) -> tuple[tuple[str, str], ...]:
    """Return the packages of the project that a lock names, those without a build apart."""
    found = []
    for one in tables(lock, "package"):
        source = table(one, "source")
        where = next((str(source[kind]) for kind in _KINDS if kind in source), None)
        if where is not None:
            found.append((str(one.get("name")), normal(posixpath.join(root, where))))
    return tuple(found)


def _declared(known: dict[str, dict[str, Any]], root: str) -> tuple[tuple[str, str], ...]:
    """Return the packages of the project that the manifests name, where there is no lock yet."""
    found = [
        (str(table(data, "project").get("name")), one)
        for one, data in known.items()
        if one != root or table(data, "tool", "uv").get("package", "build-system" in data)
    ]
    for one, data in known.items():
        found += [(name, normal(posixpath.join(one, path))) for name, path in _path_sources(data)]
    return tuple(found)


def _path_sources(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    sources = table(content, "tool", "uv", "sources")
    for name in sources:
        for one in tables(sources, name):
            if "path" in one:
                yield name, str(one["path"])


def _elsewhere(known: dict[str, dict[str, Any]], settings: dict[str, Any]) -> Iterator[str]:
    """Say which settings and requirements lead to files of the project beside packages that the lock names."""
    for directory, data in known.items():
        for one in _requirements(data):
            if _LOCAL_FILE.search(one):
                yield f"{directory}/pyproject.toml takes a package from {one}"
    urls = [*(one.get("url") for one in tables(settings, "index")), *strings(settings, "find-links")]
    urls += [*strings(settings, "index-url"), *strings(settings, "extra-index-url")]
    urls += [*strings(settings, "pip", "find-links"), *strings(settings, "pip", "index-url")]
    for url in urls:
        if _is_directory(str(url)):
            yield f"uv looks for packages in {url}"


def _local_indexes(entries: list[dict[str, Any]], path: str) -> Iterator[str]:
    for one in entries:
        index = table(one, "source").get("registry")
        if index is not None and _is_directory(str(index)):
            yield f"{path} takes {one.get('name')} from {index}"


def _is_directory(url: str) -> bool:
    return url.startswith("file:") or "://" not in url


def _digests(entry: dict[str, Any]) -> bool:
    files = [*tables(entry, "wheels"), *tables(entry, "sdist")]
    return bool(files) and all("hash" in one for one in files)
