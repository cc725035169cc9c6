"""composer.json and its lock: what a Composer install runs and reads of the project itself.

Which events run scripts, which directories an autoloader scans and where the root package's version comes from is what
Composer 2.9 does (EventDispatcher, AutoloadGenerator::dump, RootPackageLoader::load and VersionGuesser).
"""

import json
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.ecosystems.effects import Files
from layerwise.ecosystems.json_objects import Json, json_object, table
from layerwise.ecosystems.places import normal

# A plugin runs with every install. Of these it is known that they keep to the vendor directory and read composer.json
# and installed packages alone; symfony/flex reads symfony.lock besides.
_KEEP_TO_VENDOR = frozenset(
    {
        *("composer/package-versions-deprecated", "ergebnis/composer-normalize", "infection/extension-installer"),
        *("pestphp/pest-plugin", "phpstan/extension-installer", "symfony/runtime"),
    }
)
_FLEX = "symfony/flex"
_SCRIPTS = ("pre-", "post-")
_MORE_SCRIPTS = frozenset({"init", "command"})


@dataclass(frozen=True, slots=True)
class Project:
    """A Composer project directory.

    Attributes:
        directory: Where composer.json lies, absolute.
        manifests: The files that select what is installed and that are known to be there.
        candidates: Those, and the files that would select it if they appeared.
        lock: The lock file, where there is one.
        lock_path: Where it is, or would be written.
        packages: How many packages the lock names, else how many composer.json requires.
        names: The packages that composer.json requires.
        needs_source: Why an install reads more than the manifests, one reason each.
        scripts: Scripts of the project that an install runs; ``--no-scripts`` takes them away.
        plugins: What plugins may do; ``--no-plugins`` takes it away.
        doubts: What plugins may do that a build shows; ``--no-plugins`` takes it away.
        scanned: Why writing the autoloader reads the project's classes.
        optimised: Why an optimised autoloader does.
        config: The ``config`` table of composer.json.
        versioned: Whether the root package's version comes from composer.json and not from a repository's history.
        hashed: Whether every package of the lock has a digest.
    """

    directory: str
    manifests: tuple[str, ...]
    candidates: tuple[str, ...]
    lock: str | None
    lock_path: str
    packages: int = 0
    names: tuple[str, ...] = ()
    needs_source: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    scanned: tuple[str, ...] = ()
    optimised: tuple[str, ...] = ()
    config: Json | None = None
    versioned: bool = False
    hashed: bool = False


def read_project(directory: str, files: Files, *, name: str = "composer.json", dev: bool = True) -> Project:
    """Read a project; what cannot be read is a reason to want the source.

    Args:
        directory: Where Composer works.
        files: The project's files.
        name: What the variable COMPOSER calls the manifest.
        dev: Whether packages and classes for development count.
    """
    path = normal(posixpath.join(directory, name))
    lock_path = path.removesuffix(".json") + ".lock"
    lock_path = lock_path if path.endswith(".json") else path + ".lock"
    candidates = (path, lock_path, posixpath.join(directory, "auth.json"))
    package, lock = json_object(files.read(path)), json_object(files.read(lock_path))
    locked = lock_path if files.exists(lock_path) else None
    existing = tuple(one for one in candidates if files.exists(one))
    if package is None or (locked and lock is None):
        unread = path if package is None else lock_path
        return Project(
            directory,
            existing,
            candidates,
            locked,
            lock_path,
            needs_source=(f"{unread} could not be read before the build",),
        )
    entries = list(_locked(lock, dev=dev))
    plugins, doubts, read = _plugins(package, lock, entries, directory, files)
    required = tuple(
        sorted(one.lower() for key in ("require", "require-dev")[: 1 + dev] for one in table(package, key))
    )
    scanned, optimised = _scans(package, path, dev=dev)
    return Project(
        directory,
        (*existing, *(one for one in read if files.exists(one))),
        (*candidates, *read),
        locked,
        lock_path,
        packages=len(entries) or len([one for one in required if "/" in one]),
        names=tuple(one for one in required if "/" in one),
        needs_source=(*_local(package, path), *_local_in_lock(entries, lock_path)),
        scripts=_scripts(package, path),
        plugins=plugins,
        doubts=doubts,
        scanned=scanned,
        optimised=optimised,
        config=table(package, "config"),
        versioned=isinstance(package.get("version"), str),
        hashed=bool(entries) and all(table(one, "dist").get("shasum") for one in entries),
    )


def _locked(lock: Json | None, *, dev: bool) -> Iterator[Json]:
    for key in ("packages", "packages-dev")[: 1 + dev]:
        found = (lock or {}).get(key)
        yield from (one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()


def _scripts(package: Json, path: str) -> tuple[str, ...]:
    """Return the scripts bound to an event; any other name is a command that somebody must ask for."""
    return tuple(
        f"{path} runs {name}: {body if isinstance(body, str) else json.dumps(body)}"
        for name, body in table(package, "scripts").items()
        if body and (name in _MORE_SCRIPTS or name.startswith(_SCRIPTS))
    )


def _local(package: Json, path: str) -> tuple[str, ...]:
    """Return the repositories that are directories; a URL without a scheme is one, unless git takes it for a host."""
    listed = package.get("repositories")
    entries = listed.values() if isinstance(listed, dict) else listed if isinstance(listed, list) else ()
    found = []
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        kind, url = entry.get("type"), str(entry.get("url", ""))
        inside = kind != "package" and url and (url.startswith("file:") or ("://" not in url and "@" not in url))
        if kind in {"path", "artifact"} or inside:
            found.append(f"{path} takes packages from {url or kind}")
    return tuple(found)


def _local_in_lock(entries: list[Json], lock_path: str) -> tuple[str, ...]:
    return tuple(
        f"{lock_path} takes {one.get('name')} from {table(one, 'dist').get('url')}"
        for one in entries
        if table(one, "dist").get("type") == "path" or _inside(str(table(one, "dist").get("url", "https://")))
    )


def _inside(url: str) -> bool:
    return url.startswith("file:") or "://" not in url


_Plugins = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def _plugins(package: Json, lock: Json | None, entries: list[Json], directory: str, files: Files) -> _Plugins:
    """Return what plugins make the install need, what they leave in doubt, and the files they read."""
    if lock is None:
        names = set(table(table(package, "config"), "allow-plugins"))
        untold = ("no lock says which plugins run during the install",)
        return tuple(_plugin(name) for name in sorted(names - _KEEP_TO_VENDOR)), untold, ()
    allowed = table(package, "config").get("allow-plugins")
    refused = {name for name, says in allowed.items() if says is False} if isinstance(allowed, dict) else set()
    plugins = {
        str(one.get("name")).lower() for one in entries if one.get("type") in {"composer-plugin", "composer-installer"}
    }
    running = set() if allowed is False else plugins - refused - _KEEP_TO_VENDOR
    reasons = tuple(_plugin(name) for name in sorted(running - {_FLEX}))
    if _FLEX not in running:
        return reasons, (), ()
    own = posixpath.join(directory, "symfony.lock")
    if not files.exists(own):
        return (*reasons, f"{_FLEX} applies recipes to the project, and no symfony.lock says which it has"), (), (own,)
    return reasons, (f"{_FLEX} may rewrite configuration of the project",), (own,)


def _plugin(name: str) -> str:
    return f"the plugin {name} runs during the install and may read or write the project"


def _scans(package: Json, path: str, *, dev: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Say which classes of the project go into its class map: always those of ``classmap``, optimised all."""
    tables = [table(package, key) for key in ("autoload", "autoload-dev")[: 1 + dev]]
    always = any(one.get("classmap") for one in tables)
    optimised = any(one.get(key) for one in tables for key in ("psr-4", "psr-0"))
    config = table(package, "config")
    set_to = [key for key in ("optimize-autoloader", "classmap-authoritative") if config.get(key) is True]
    scanned = (f"{path} has a classmap of the project's files, which the autoloader is made from",) if always else ()
    reason = (f"an optimised autoloader lists the classes of the project that {path} names",) if optimised else ()
    return (*scanned, *(reason if set_to else ())), reason
