"""package-lock.json and npm-shrinkwrap.json: which packages npm installs, and from where."""

from collections.abc import Iterator

from layerwise.ecosystems.effects import Files
from layerwise.ecosystems.json_objects import Json, json_object, table
from layerwise.ecosystems.node_install import Lock
from layerwise.ecosystems.package_json import Package
from layerwise.ecosystems.workspaces import Project

LOCKS = ("npm-shrinkwrap.json", "package-lock.json")
"""In the order npm looks for them."""

_COMPARED = ("dependencies", "devDependencies", "optionalDependencies")


def read_lock(project: Project, files: Files) -> Lock:
    """Read the lock that npm uses for a project."""
    path = next((one for name in LOCKS if files.exists(one := project.at(name))), None)
    if path is None:
        return Lock()
    content = json_object(files.read(path))
    if content is None:
        return Lock(path, problems=(f"{path} could not be read before the build",), agrees=False)
    packages = table(content, "packages")
    entries = tuple(_entries(content))
    scripted = frozenset(name for name, one in entries if one.get("hasInstallScript"))
    return Lock(
        path,
        len(entries),
        frozenset(name for name, _ in entries),
        scripted if packages else None,
        _local(project, path, packages, entries),
        hashed=bool(entries) and all("integrity" in one for _, one in entries),
        agrees=not packages or _agrees(project, packages),
    )


def _entries(content: Json) -> Iterator[tuple[str, Json]]:
    """Yield the packages of a lock: ``packages`` since lock version 2, ``dependencies`` before."""
    packages = table(content, "packages")
    for path, entry in packages.items():
        if "node_modules/" in path and isinstance(entry, dict) and not entry.get("link"):
            yield path.rpartition("node_modules/")[2].lower(), entry
    waiting = [] if packages else [table(content, "dependencies")]
    while waiting:
        for name, entry in waiting.pop().items():
            if isinstance(entry, dict):
                yield name.lower(), entry
                waiting.append(table(entry, "dependencies"))


def _local(project: Project, path: str, packages: Json, entries: tuple[tuple[str, Json], ...]) -> tuple[str, ...]:
    """A lock may name local packages that package.json reaches only through others."""
    linked = [name for name in packages if name and "node_modules" not in name.split("/")]
    archives = [str(one.get("resolved", "")) for _, one in entries]
    found = [one.removeprefix("file:") for one in archives if one.startswith("file:")]
    return (*project.unseen(linked, path), *(f"{path} takes packages from {project.at(one)}" for one in found))


def _agrees(project: Project, packages: Json) -> bool:
    """Whether the lock was made for the dependencies that the manifests name (``npm ci`` fails otherwise)."""
    return all(_same(package, table(packages, _key(project, package))) for package in project.packages)


def _key(project: Project, package: Package) -> str:
    return package.directory.removeprefix(project.directory).strip("/")


def _same(package: Package, entry: Json) -> bool:
    return all(package.table(key) == table(entry, key) for key in _COMPARED)
