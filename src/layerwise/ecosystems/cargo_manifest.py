"""Cargo.toml, Cargo.lock and .cargo/config.toml: what ``cargo fetch`` reads, and what code of its own a build runs.

Tried with cargo 1.95: a manifest whose targets have no ``path`` is refused unless src/main.rs, src/lib.rs or the file
the target's name leads to exists; one with paths, a build script or a readme that does not exist is fetched from.
Members, path dependencies and patches are loaded with the manifest that names them; a path dependency inside the
workspace is a member (Cargo Book, "Workspaces").
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from layerwise.ecosystems.directories import above, matching, nearest, upward
from layerwise.ecosystems.effects import Files
from layerwise.ecosystems.places import normal
from layerwise.ecosystems.toml_tables import read_toml, strings, table, tables, text

_KINDS = ("dependencies", "dev-dependencies", "build-dependencies", "dev_dependencies", "build_dependencies")
_PLACES = {"bin": "src/bin", "example": "examples", "test": "tests", "bench": "benches"}
_CONFIG = (".cargo/config.toml", ".cargo/config")
_TOOLCHAIN = ("rust-toolchain.toml", "rust-toolchain")


@dataclass(frozen=True, slots=True)
class Workspace:
    """A package or workspace of Cargo.

    Attributes:
        directory: Where the Cargo.toml of its root, the lock and the target directory lie.
        manifests: The files that select what is fetched and that are known to be there.
        candidates: Files of configuration that are looked for, there or not.
        targets: Source files that must exist for cargo to accept the manifests.
        lock: Cargo.lock, where it is there.
        packages: How many packages of elsewhere the lock names, else how many the manifests do.
        names: The dependencies that the manifests name, lower case.
        needs_source: Why cargo reads more than that, one reason each.
        runs: Why a build runs code of the project: build scripts, procedural macros, programs named by configuration.
        hashed: Whether the lock has a checksum of every package.
        target_directory: Where configuration puts what is built, None for the usual place.
    """

    directory: str
    manifests: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    lock: str | None = None
    packages: int = 0
    names: tuple[str, ...] = ()
    needs_source: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    hashed: bool = False
    target_directory: str | None = None


@dataclass(frozen=True, slots=True)
class _Package:
    directory: str
    content: dict[str, Any]

    def at(self, path: str) -> str:
        return normal(posixpath.join(self.directory, path))

    @property
    def manifest(self) -> str:
        return self.at("Cargo.toml")


def configuration(cwd: str) -> tuple[str, ...]:
    """Return the files of configuration and toolchain that cargo and rustup look for from a directory upwards."""
    return above(cwd, (*_CONFIG, *_TOOLCHAIN))


def read_workspace(cwd: str, files: Files, manifest: str | None = None) -> Workspace:
    """Read the workspace of the package in ``cwd``, or of ``manifest``; what cannot be read is a reason."""
    directory = posixpath.dirname(manifest) if manifest else nearest(cwd, "Cargo.toml", files)
    package = _package(directory, files) if directory else None
    if directory is None or package is None:
        path = posixpath.join(directory or cwd, "Cargo.toml")
        return Workspace(directory or cwd, needs_source=(f"{path} could not be read before the build",))
    root = _root(package, files)
    packages, reasons = _all(root, package, files)
    lock_path = posixpath.join(root.directory, "Cargo.lock")
    lock = read_toml(lock_path, files)
    if files.exists(lock_path) and lock is None:
        reasons += (f"{lock_path} could not be read before the build",)
    names = tuple(sorted({name.lower() for one in packages for name, _ in _dependencies(one.content)}))
    entries = [one for one in tables(lock or {}, "package") if "source" in one]
    candidates = configuration(cwd)
    configs = tuple(path for path in candidates if files.exists(path))
    targets, missing = _targets(packages, files)
    asked, programs, target_directory = _configured(configs, files)
    return Workspace(
        root.directory,
        (*(one.manifest for one in packages), *((lock_path,) if files.exists(lock_path) else ()), *configs),
        (*candidates, *above(root.directory, ("Cargo.toml",)), lock_path),
        targets,
        lock_path if files.exists(lock_path) else None,
        len(entries) or len(names),
        names,
        (*reasons, *missing, *asked),
        (*programs, *(reason for one in packages for reason in _runs(one, files))),
        hashed=bool(entries) and all("checksum" in one or "#" in str(one["source"]) for one in entries),
        target_directory=target_directory,
    )


def _package(directory: str, files: Files) -> _Package | None:
    content = read_toml(posixpath.join(directory, "Cargo.toml"), files)
    return None if content is None else _Package(directory, content)


def _root(package: _Package, files: Files) -> _Package:
    """Return the root of the workspace that a package belongs to, itself where it belongs to none."""
    if "workspace" in package.content:
        return package
    named = text(package.content, "package", "workspace")
    if named:
        return _package(package.at(named), files) or package
    for directory in upward(package.directory)[1:]:
        root = _package(directory, files)
        if root is not None and "workspace" in root.content:
            left_out = (root.at(one) for one in strings(root.content, "workspace", "exclude"))
            out = any(package.directory == one or package.directory.startswith(one + "/") for one in left_out)
            return package if out else root
    return package


def _all(root: _Package, package: _Package, files: Files) -> tuple[tuple[_Package, ...], tuple[str, ...]]:
    """Return every package whose manifest is loaded, and why one could not be."""
    left_out = {root.at(one) for one in strings(root.content, "workspace", "exclude")}
    waiting = [root.directory, package.directory]
    for pattern in strings(root.content, "workspace", "members"):
        found = matching(pattern, root.directory, files, holding="Cargo.toml")
        exact = () if found or any(character in pattern for character in "*?[") else (root.at(pattern),)
        waiting += [one for one in (*found, *exact) if one not in left_out]
    packages: dict[str, _Package] = {}
    reasons: list[str] = []
    while waiting:
        directory = waiting.pop(0)
        if directory in packages:
            continue
        one = _package(directory, files)
        if one is None:
            reasons.append(f"{posixpath.join(directory, 'Cargo.toml')} could not be read before the build")
            continue
        packages[directory] = one
        waiting += [one.at(path) for path in _paths(one.content)]
    return tuple(packages.values()), tuple(dict.fromkeys(reasons))


def _dependencies(content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each dependency with what the manifest says of it."""
    places = [content, *(one for one in table(content, "target").values() if isinstance(one, dict))]
    for place in places:
        for kind in _KINDS:
            yield from table(place, kind).items()
    yield from table(content, "workspace", "dependencies").items()


def _paths(content: dict[str, Any]) -> list[str]:
    patches = [
        one for source in table(content, "patch").values() if isinstance(source, dict) for one in source.values()
    ]
    given = [one for _, one in _dependencies(content)] + patches + list(table(content, "replace").values())
    return [str(one["path"]) for one in given if isinstance(one, dict) and "path" in one]


def _targets(packages: tuple[_Package, ...], files: Files) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the source files that must exist, and which of them are missing."""
    found: list[str] = []
    missing: list[str] = []
    for package in packages:
        if "package" not in package.content:
            continue
        wanted = list(_wanted(package))
        usual = [path for name in ("src/lib.rs", "src/main.rs") if files.exists(path := package.at(name))]
        if not any(key in package.content for key in ("lib", "bin")):
            wanted.append(usual)
        for places in wanted:
            there = [path for path in places if files.exists(path)]
            found += there
            if not there:
                missing.append(f"cargo looks for the targets of {package.manifest} among its source files")
    return tuple(dict.fromkeys(found)), tuple(dict.fromkeys(missing))


def _wanted(package: _Package) -> Iterator[list[str]]:
    """Yield, for each target that is named without a path, where its source file may be."""
    if "lib" in package.content and "path" not in table(package.content, "lib"):
        yield [package.at("src/lib.rs")]
    for kind, directory in _PLACES.items():
        for target in tables(package.content, kind):
            if "path" not in target:
                name = str(target.get("name"))
                own = [package.at(f"{directory}/{name}{end}") for end in (".rs", "/main.rs")]
                yield [*own, package.at("src/main.rs")] if kind == "bin" else own


def _configured(configs: tuple[str, ...], files: Files) -> tuple[tuple[str, ...], tuple[str, ...], str | None]:
    """Return what configuration makes cargo read, what it makes cargo run, and where it puts what is built."""
    reads: list[str] = []
    runs: list[str] = []
    target_directory = None
    for path in configs:
        content = read_toml(path, files)
        if path.endswith(_TOOLCHAIN):
            reads += (
                [f"{path} names a toolchain of the project"] if table(content or {}, "toolchain").get("path") else []
            )
            continue
        if content is None:
            reads.append(f"{path} could not be read before the build")
            continue
        sources = [one for one in table(content, "source").values() if isinstance(one, dict)]
        local = any({"directory", "local-registry"} & one.keys() for one in sources)
        named = [key for key in ("paths", "patch", "include") if key in content]
        reads += [f"{path} has {key}, which leads to other files" for key in named]
        local = local or "file:" in (files.read(path) or "")
        reads += [f"{path} takes packages from a directory"] if local else []
        build = table(content, "build")
        programs = {"rustc", "rustc-wrapper", "rustc-workspace-wrapper", "rustdoc"} & build.keys()
        if programs or any(
            {"linker", "runner"} & one.keys() for one in table(content, "target").values() if isinstance(one, dict)
        ):
            runs.append(f"{path} names programs that the build runs")
        placed = text(build, "target-dir")
        base = posixpath.dirname(posixpath.dirname(path))
        target_directory = target_directory or (normal(posixpath.join(base, placed)) if placed else None)
    return tuple(reads), tuple(runs), target_directory


def _runs(package: _Package, files: Files) -> Iterator[str]:
    build = table(package.content, "package").get("build")
    if build is not False and (build is not None or files.exists(package.at("build.rs"))):
        yield f"{package.manifest} has a build script"
    if table(package.content, "lib").get("proc-macro") or table(package.content, "lib").get("proc_macro"):
        yield f"{package.manifest} is a procedural macro, which the compiler runs"
