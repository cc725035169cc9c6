"""bun: what it installs, from which files, and whether the project's own scripts run.

Observed on bun 1.4 with strace: of the project it opens every package.json of the workspace, bun.lock, bunfig.toml and
.npmrc; ``--production`` keeps to the lock as ``--frozen-lockfile`` does. Settings are those of its documentation,
"bunfig.toml". It says nothing of concurrent use of the cache, which is locked for that; packages are linked or copied
out of it, so nothing reads it later unless ``--backend=symlink`` or a global store leaves links.
"""

import re
import tomllib
from dataclasses import replace

from layerwise.ecosystems.base import SHELL_WORK
from layerwise.ecosystems.call import Call
from layerwise.ecosystems.effects import EVERYWHERE, CacheDirectory, Effects, Files, Frozen, Path, Scope, opaque
from layerwise.ecosystems.json_objects import Json, json_object, strings, table
from layerwise.ecosystems.node_install import (
    Install,
    Lock,
    global_effects,
    install_effects,
    project_of,
    with_packages,
)
from layerwise.ecosystems.node_settings import environment, flagged, variable
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.package_json import Package, project_directory
from layerwise.ecosystems.places import home, located, place
from layerwise.ecosystems.workspaces import Project, read_project

NAMES = frozenset({"bun"})

# What bun runs of the project itself, in its order (observed).
_ROOT = ("preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare")
_MEMBER = ("preinstall", "install", "postinstall", "prepare")
_FILES = ("bun.lock", "bun.lockb", "bunfig.toml", ".npmrc")
_MIGRATED = ("package-lock.json", "yarn.lock", "pnpm-lock.yaml")  # read where bun has no lock of its own
_VALUED = """
--cwd --config -c --cache-dir --backend --registry --network-concurrency --concurrent-scripts --omit --filter --linker
--ca --cafile --cpu --os --minimum-release-age
"""
_COMPARED = ("dependencies", "devDependencies", "optionalDependencies")
_INSTALL = frozenset({"install", "i", "ci", "add", "a"})


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of a bun command; whatever installs no package runs code."""
    options = parse(call.arguments, _VALUED.split())
    verb, rest = (options.positionals[0].value, options.positionals[1:]) if options.positionals else ("", ())
    options = Options(options.options, rest)
    if not verb and options.has("--version", "-v", "--revision", "--help", "-h"):
        return Effects(environment=environment(), work=SHELL_WORK)
    if verb == "pm" and [one.value for one in rest] == ["cache", "rm"]:
        trees = frozenset({_cache({}, options, scope) or EVERYWHERE})
        return Effects(trees, trees, environment=environment(), work=SHELL_WORK)
    if verb not in _INSTALL or options.has("--config", "-c"):
        return opaque(f"runs project code: {call}")
    cwd = project_of(options, scope, "--cwd")
    if cwd is None or options.doubtful:
        return opaque(f"the working directory or the command of bun is not known: {call}")
    user = frozenset({home(scope, ".bunfig.toml"), home(scope, ".npmrc")})
    found = _installed(verb, options, cwd, scope)
    return found | Effects(reads=user, environment=environment())


def _installed(verb: str, options: Options, cwd: str, scope: Scope) -> Effects:
    if options.has("-g", "--global"):
        own = variable(scope, "bun_install")
        where = {home(scope, ".bun") if own is None else located(own or "/", scope)}
        return global_effects("bun.global", options.positionals, where, _caches({}, options, scope), scope)
    project = read_project(project_directory(cwd, scope.files), scope.files)
    settings = _settings(project, scope.files)
    if settings is None:
        return opaque(f"{project.at('bunfig.toml')} could not be read before the build")
    lock = _lock(project, scope.files)
    install = _install(verb, options, project, settings, scope)
    if lock.path is None:
        install = replace(install, files=(*_FILES, *_MIGRATED))
    uncached = ("--no-cache",) if options.has("--no-cache") else ()
    installed = install_effects(project, lock, install, scope)
    return with_packages(installed, options.positionals, scope) | Effects(uncached=uncached)


def _install(verb: str, options: Options, project: Project, settings: Json, scope: Scope) -> Install:
    silent = bool(flagged(options, "--ignore-scripts")) or settings.get("ignoreScripts") is True
    given = flagged(options, "--frozen-lockfile", "--production", "-p")
    kept = bool(settings.get("frozenLockfile") or settings.get("production")) if given is None else given
    patched = project.root.table("patchedDependencies").values()
    loose = options.has("--no-frozen-lockfile")
    return Install(
        "bun.install",
        _FILES,
        patches=tuple(project.at(str(one)) for one in patched),
        settings=("bunfig.toml", ".npmrc"),
        root=() if silent else _ROOT,
        members=() if silent else _MEMBER,
        silent=silent,
        scripted=_trusted(project.root),
        writes=frozenset({_cache(settings, options, scope) or EVERYWHERE, home(scope, ".bun")}),
        caches=_caches(settings, options, scope),
        frozen=Frozen((("--no-frozen-lockfile", "--frozen-lockfile"),))
        if loose
        else Frozen(added=("--frozen-lockfile",)),
        exact=verb == "ci" or (kept and verb in {"install", "i"}),
    )


def _trusted(root: Package) -> frozenset[str] | None:
    """Return the packages whose install scripts run; without a list bun has its own, of several hundred."""
    listed = root.content.get("trustedDependencies")
    return frozenset(name.lower() for name in strings(listed)) if listed is not None else None


def _settings(project: Project, files: Files) -> Json | None:
    path = project.at("bunfig.toml")
    if not files.exists(path):
        return {}
    text = files.read(path)
    try:
        return None if text is None else table(tomllib.loads(text), "install")
    except tomllib.TOMLDecodeError:
        return None


def _lock(project: Project, files: Files) -> Lock:
    """Read bun.lock, JSON with commas before its closing brackets; bun.lockb is binary and tells nothing here."""
    path = project.at("bun.lock")
    if not files.exists(path):
        binary = project.at("bun.lockb")
        return Lock(binary) if files.exists(binary) else Lock()
    content = json_object(re.sub(r",(\s*[}\]])", r"\1", files.read(path) or ""))
    if content is None:
        return Lock(path, problems=(f"{path} could not be read before the build",), agrees=False)
    members = table(content, "workspaces")
    entries = [one for one in table(content, "packages").values() if isinstance(one, list) and one]
    packages = [one for one in entries if "@workspace:" not in str(one[0])]
    sources = [str(one[0]) for one in packages if re.search(r"@(?:file|link):|@\.{0,2}/", str(one[0]))]
    return Lock(
        path,
        len(packages),
        frozenset(_name(str(one[0])) for one in packages),
        None,
        (*project.unseen(members, path), *(f"{path} takes packages from {one}" for one in sources)),
        hashed=bool(packages) and all(str(one[-1]).startswith("sha") for one in packages),
        agrees=all(_agrees(project, package, members) for package in project.packages),
    )


def _agrees(project: Project, package: Package, members: Json) -> bool:
    key = package.directory.removeprefix(project.directory).strip("/")
    return all(package.table(one) == table(table(members, key), one) for one in _COMPARED)


def _name(entry: str) -> str:
    return (entry[:1] + entry[1:].partition("@")[0]).lower()


def _caches(settings: Json, options: Options, scope: Scope) -> frozenset[CacheDirectory]:
    """Return the cache, none where it is turned off by a setting or its place is not known."""
    path = _cache(settings, options, scope)
    told = settings.get("cache")
    off = told is False or (isinstance(told, dict) and told.get("disable") is True)
    backend = options.value("--backend")
    linked = (backend is not None and backend.value == "symlink") or bool(settings.get("globalStore"))
    return frozenset() if off or path is None else frozenset({CacheDirectory(path.path, "locked", linked)})


def _cache(settings: Json, options: Options, scope: Scope) -> Path | None:
    """Return where bun keeps downloads; None where that is not known (bun docs, "Global cache")."""
    named = options.value("--cache-dir")
    if named is not None:
        return place(named, scope) if named.value else None
    own = variable(scope, "bun_install_cache_dir")
    told = settings.get("cache")
    path = told.get("dir") if isinstance(told, dict) else told
    if own is None and isinstance(path, str):
        own = "" if path.startswith(("~", "$")) else path
    if own is not None:
        return located(own, scope) if own else None
    for name, below in (("bun_install", "install/cache"), ("xdg_cache_home", ".bun/install/cache")):
        if (base := variable(scope, name)) is not None:
            return located(f"{base}/{below}", scope) if base else None
    found = home(scope, ".bun/install/cache")
    return None if found == EVERYWHERE else found
