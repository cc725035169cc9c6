"""package.json and its lock: what an npm install runs and reads of the project itself."""

import json
import posixpath
from dataclasses import dataclass
from typing import Any

from layerwise.ecosystems.effects import Files
from layerwise.ecosystems.install_scripts import judged
from layerwise.ecosystems.places import normal

# In the order npm runs them for the root project (npm docs, "scripts": "npm ci", "npm install"; the same in
# lib/commands/ci.js and install.js of npm 11).
LIFECYCLE = ("preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare")
LOCKS = ("npm-shrinkwrap.json", "package-lock.json")
_DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_LOCAL = ("file:", "link:", "./", "../", "/", "~/", "workspace:", "portal:")


@dataclass(frozen=True, slots=True)
class Project:
    """An npm project directory.

    Attributes:
        directory: Where package.json lies, absolute.
        manifests: The files that select what is installed and that are known to be there.
        lock: The lock file, the one npm prefers.
        packages: How many packages the lock names, else how many dependencies package.json does.
        names: The dependencies named by package.json, lower case.
        needs_source: Why an install runs or reads more than the manifests, one reason each.
        scripts: Those of the reasons that ``--ignore-scripts`` takes away.
        doubts: What the install scripts of packages may do, for all that is known; ``--ignore-scripts`` takes it away.
        hashed: Whether every package of the lock has a digest and none runs an install script.
    """

    directory: str
    manifests: tuple[str, ...]
    lock: str | None
    packages: int
    names: tuple[str, ...]
    needs_source: tuple[str, ...]
    scripts: tuple[str, ...]
    doubts: tuple[str, ...]
    hashed: bool


def project_directory(cwd: str, files: Files) -> str:
    """Return the directory npm takes for the project: the nearest with a package.json or node_modules, else ``cwd``."""
    directory = cwd
    while directory != "/":
        if files.exists(posixpath.join(directory, "package.json")) or "node_modules" in files.children(directory):
            return directory
        directory = posixpath.dirname(directory)
    return cwd


def read_project(directory: str, files: Files) -> Project:
    """Read a project; what cannot be read is a reason to want the source."""
    path = posixpath.join(directory, "package.json")
    package = _object(files.read(path))
    if package is None:
        reason = f"{path} could not be read before the build"
        return Project(directory, _existing(directory, files), None, 0, (), (reason,), (), (), hashed=False)
    lock_path = next((one for name in LOCKS if files.exists(one := posixpath.join(directory, name))), None)
    lock = _object(files.read(lock_path)) if lock_path else None
    names = tuple(sorted({str(name).lower() for key in _DEPENDENCIES for name in _table(package, key)}))
    reasons = (
        *_local(package, path),
        *_local_in_lock(lock, lock_path),
        *_workspaces(package, path),
        *_workspace_root(directory, files),
    )
    if lock_path and lock is None:
        reasons = (*reasons, f"{lock_path} could not be read before the build")
    entries = _locked(lock)
    reading, doubt = judged(lock, lock_path, names)
    return Project(
        directory,
        _existing(directory, files),
        lock_path,
        len(entries) or len(names),
        names,
        tuple(dict.fromkeys(reasons)),
        _scripts(package, directory, files) + ((reading,) if reading else ()),
        (doubt,) if doubt else (),
        hashed=bool(entries) and all("integrity" in one and not one.get("hasInstallScript") for one in entries),
    )


def _existing(directory: str, files: Files) -> tuple[str, ...]:
    return tuple(path for path in candidates(directory) if files.exists(path))


def candidates(directory: str) -> tuple[str, ...]:
    """Return the files that select what npm installs in a project, there or not."""
    return tuple(posixpath.join(directory, name) for name in ("package.json", *LOCKS, ".npmrc"))


def _object(text: str | None) -> dict[str, Any] | None:
    try:
        value = json.loads(text.lstrip("\ufeff")) if text is not None else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _table(package: dict[str, Any], key: str) -> dict[str, Any]:
    value = package.get(key)
    return value if isinstance(value, dict) else {}


def _scripts(package: dict[str, Any], directory: str, files: Files) -> tuple[str, ...]:
    path = posixpath.join(directory, "package.json")
    scripts = _table(package, "scripts")
    found = [f"{path} runs {name}: {scripts[name]}" for name in LIFECYCLE if scripts.get(name)]
    gyp = posixpath.join(directory, "binding.gyp")
    if (
        files.exists(gyp)
        and not scripts.get("install")
        and not scripts.get("preinstall")
        and package.get("gypfile") is not False
    ):
        found.append(f"{gyp} makes npm compile the project")
    return tuple(found)


def _local(package: dict[str, Any], path: str) -> tuple[str, ...]:
    pairs = [(name, spec) for key in _DEPENDENCIES for name, spec in _table(package, key).items()]
    pairs += [(name, spec) for name, spec in _overrides(package)]
    return tuple(
        f"{path} takes {name} from {spec}" for name, spec in pairs if isinstance(spec, str) and spec.startswith(_LOCAL)
    )


def _overrides(package: dict[str, Any]) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    waiting = [_table(package, "overrides")]
    while waiting:
        for name, value in waiting.pop().items():
            if isinstance(value, dict):
                waiting.append(value)
            else:
                found.append((name, value))
    return found


def _workspaces(package: dict[str, Any], path: str) -> tuple[str, ...]:
    return (
        (f"{path} has workspaces, which the install links and whose manifests it reads",)
        if package.get("workspaces")
        else ()
    )


def _workspace_root(directory: str, files: Files) -> tuple[str, ...]:
    above = directory
    while above != "/":
        above = posixpath.dirname(above)
        path = posixpath.join(above, "package.json")
        if not files.exists(path):
            continue
        package = _object(files.read(path))
        if package is None or package.get("workspaces"):
            return (f"{path} makes {directory} part of a workspace",)
    return ()


def _locked(lock: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Return the packages of a lock: ``packages`` since lock version 2, ``dependencies`` before."""
    if lock is None:
        return []
    packages = _table(lock, "packages")
    if packages:
        return [entry for name, entry in packages.items() if name and isinstance(entry, dict) and not entry.get("link")]
    found: list[dict[str, Any]] = []
    waiting = [_table(lock, "dependencies")]
    while waiting:
        for entry in waiting.pop().values():
            if isinstance(entry, dict):
                found.append(entry)
                waiting.append(_table(entry, "dependencies"))
    return found


def _local_in_lock(lock: dict[str, Any] | None, path: str | None) -> tuple[str, ...]:
    """A lock may name local packages that package.json reaches only through others."""
    if lock is None:
        return ()
    packages = _table(lock, "packages")
    directory = posixpath.dirname(path or "/")
    linked = [
        name
        for name, entry in packages.items()
        if name and not name.split("/node_modules/")[0].startswith("node_modules") and isinstance(entry, dict)
    ]
    archives = [str(one.get("resolved")) for one in _locked(lock) if str(one.get("resolved", "")).startswith("file:")]
    return tuple(
        f"{path} takes packages from {normal(posixpath.join(directory, one.removeprefix('file:')))}"
        for one in (*linked, *archives)
    )
