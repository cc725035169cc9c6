"""pnpm-lock.yaml: which packages pnpm installs, and for which members of the workspace."""

import re
from dataclasses import dataclass
from functools import lru_cache

import yaml

from layerwise.ecosystems.effects import Files
from layerwise.ecosystems.json_objects import table
from layerwise.ecosystems.node_install import Lock
from layerwise.ecosystems.package_json import Package
from layerwise.ecosystems.workspaces import Project

_ENTRY = re.compile(r"^  (?! )['\"]?/?(.+?)['\"]?:[ \t]*\r?$", re.MULTILINE)
_SOURCE = re.compile(r"(?:file|link):|.*@(?:file|link):")
_BUILT = re.compile(r"^    requiresBuild: true", re.MULTILINE)
_COMPARED = ("dependencies", "devDependencies", "optionalDependencies")
_SILENT = 9  # from this version of the lock on it does not say which packages run an install script


def read_lock(project: Project, files: Files) -> Lock:
    """Read the lock of a project."""
    path = project.at("pnpm-lock.yaml")
    if not files.exists(path):
        return Lock()
    text = files.read(path)
    lock = None if text is None else _entries(text)
    if lock is None:
        return Lock(path, problems=(f"{path} could not be read before the build",), agrees=False)
    return Lock(
        path,
        lock.packages,
        lock.names,
        lock.built,
        (*(f"{path} takes packages from {one}" for one in lock.sources), *project.unseen(lock.importers, path)),
        hashed=lock.hashed,
        agrees=all(_agrees(package, lock.importers.get(_key(project, package))) for package in project.packages),
    )


@dataclass(frozen=True, slots=True)
class _Entries:
    """What the entries of a lock say, whatever project it is of."""

    importers: dict[str, object]
    packages: int
    names: frozenset[str]
    built: frozenset[str] | None
    sources: tuple[str, ...]
    hashed: bool


@lru_cache(maxsize=16)
def _entries(text: str) -> _Entries | None:
    """Read a text once, for a plan asks for the same lock for each of its texts; None where it can't be read."""
    importers = _importers(text)
    release = re.search(r"^lockfileVersion: ['\"]?(\d+)", text, re.MULTILINE)
    if importers is None or release is None:
        return None
    entries = re.split(r"^(?=  (?! )\S)", _section(text, "packages"), flags=re.MULTILINE)[1:]
    keys = [found[1] for one in entries if (found := _ENTRY.match(one))]
    says = int(release[1]) < _SILENT
    return _Entries(
        importers,
        len(keys),
        frozenset(_name(key) for key in keys),
        frozenset(_name(key) for key, one in zip(keys, entries, strict=True) if _BUILT.search(one)) if says else None,
        tuple(one for one in keys if _SOURCE.match(one)),
        hashed=bool(keys) and all("integrity:" in one for one in entries),
    )


def _importers(text: str) -> dict[str, object] | None:
    """Return what the lock holds for each directory of the workspace; nothing where it is one directory's alone."""
    try:
        found = yaml.safe_load("importers:\n" + _section(text, "importers"))["importers"]
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else {}


def _section(text: str, name: str) -> str:
    found = re.search(rf"^{name}:[ \t]*\r?\n((?:[ \t].*\n|\r?\n)*)", text + "\n", re.MULTILINE)
    return found[1] if found else ""


def _key(project: Project, package: Package) -> str:
    return package.directory.removeprefix(project.directory).strip("/") or "."


def _agrees(package: Package, importer: object) -> bool:
    """Whether the lock was made for the ranges that a manifest names; overrides and catalogs are not followed."""
    if not isinstance(importer, dict):
        return True
    for key in _COMPARED:
        for name, asked in package.table(key).items():
            locked = table(table(importer, key), name).get("specifier")
            if locked is not None and locked != asked:
                return False
    return all(name in _all(importer) for key in _COMPARED for name in package.table(key))


def _all(importer: dict[str, object]) -> set[str]:
    return {name for key in _COMPARED for name in table(importer, key)}


def _name(key: str) -> str:
    """Return the name in ``/name/1.0.0``, ``/name@1.0.0`` or ``name@1.0.0(peer@1)``, lower case."""
    scope, name = ("", key) if not key.startswith("@") else key.split("/", 1)
    plain = re.split(r"[@/(]", name, maxsplit=1)[0].lower()
    return f"{scope.lower()}/{plain}" if scope else plain
