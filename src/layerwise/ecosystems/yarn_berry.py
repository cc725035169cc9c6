"""yarn 2 and later: what it installs, from which files, and whether the project's own scripts run.

Settings are those of yarn's documentation, "Settings (.yarnrc.yml)", each read as YARN_<NAME> too. Observed on yarn
4.18 with strace and in its sources (commands install.ts and workspaces/focus.ts, Cache.ts): archives of the cache are
written under another name and renamed, so that it may be shared; with Plug'n'Play node runs from it, with
node_modules nothing reads it later. An immutable install writes no manifest. Nothing turns the cache off.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote

import yaml

from layerwise.ecosystems.base import SHELL_WORK
from layerwise.ecosystems.directories import ancestors
from layerwise.ecosystems.effects import EVERYWHERE, CacheDirectory, Effects, Files, Frozen, Path, Scope, opaque
from layerwise.ecosystems.json_objects import Json
from layerwise.ecosystems.node_install import Install, install_effects, with_packages
from layerwise.ecosystems.node_settings import by_corepack, environment, flagged, set_true, variable
from layerwise.ecosystems.options import Options
from layerwise.ecosystems.places import home, located, normal
from layerwise.ecosystems.workspaces import Project
from layerwise.ecosystems.yarn_lock import read_lock, version

_SCRIPTS = ("preinstall", "install", "postinstall")
_FILES = ("yarn.lock", ".yarnrc.yml", ".env.yarn", ".pnp.cjs", ".pnp.loader.mjs", ".pnp.data.json", ".npmrc", ".yarnrc")
_WRITTEN = (".yarn/install-state.gz", ".yarn/build-state.yml", ".pnp.cjs", ".pnp.loader.mjs", ".pnp.data.json")
_MOVES = (
    "installStatePath",
    "lockfileFilename",
    "pnpUnpluggedFolder",
    "pnpmStoreFolder",
    "rcFilename",
    "virtualFolder",
)
_SAFE_LOCK = 9  # of the yarn that runs no install scripts unless it is told to
_GLOBAL_LOCK = 8  # of yarn 4, the first whose cache is the user's and not the project's


def effects(verb: str, options: Options, project: Project, scope: Scope) -> Effects:
    """Return the effects of a command of yarn 2 and later; ``options`` are those behind the verb."""
    focus = verb == "workspaces" and bool(options.positionals) and options.positionals[0].value == "focus"
    if verb not in {"install", "add"} and not focus:
        return opaque(f"runs project code or changes its settings: yarn {verb}")
    mode = options.value("--mode")
    if (verb == "install" and options.positionals) or (mode is not None and mode.value != "skip-build"):
        return opaque(f"layerwise does not know what yarn {verb} does with these arguments")
    rc = _settings(project, scope.files)
    if rc is None:
        return opaque(f"{project.at('.yarnrc.yml')} could not be read before the build")
    above = [posixpath.join(one, ".yarnrc.yml") for one in ancestors(project.directory)]
    problems = tuple(f"{one} sets yarn too" for one in above if scope.files.exists(one))
    found = _install(options, replace(project, problems=project.problems + problems), rc, scope, focus=focus)
    if verb == "add":
        found = with_packages(replace(found, frozen=None), options.positionals, scope)
    settings = frozenset({*map(Path, above), home(scope, ".yarnrc.yml")})
    return found | Effects(reads=settings, environment=environment())


def clean(options: Options, project: Project, scope: Scope) -> Effects:
    """Return the effects of ``yarn cache clean``, of the user's cache too with ``--all`` or ``--mirror``."""
    rc = _settings(project, scope.files)
    path = None if rc is None else _cache(rc, project, scope)
    if path is None:
        return opaque("the cache of yarn is not known")
    user = frozenset({_global_folder(rc or {}, scope)}) if options.has("--all", "--mirror") else frozenset[Path]()
    trees = user | {Path(path, tree=True)}
    return Effects(reads=trees, writes=trees, environment=environment(), work=SHELL_WORK)


def _settings(project: Project, files: Files) -> Json | None:
    path = project.at(".yarnrc.yml")
    if not files.exists(path):
        return {}
    text = files.read(path)
    try:
        content = None if text is None else yaml.safe_load(text) or {}
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _setting(rc: Json, name: str, scope: Scope) -> str | None:
    """Return a setting, "" where its value depends on something unknown, None where not set."""
    snake = "yarn_" + re.sub(r"([A-Z])", r"_\1", name).lower()
    given = variable(scope, snake)
    if given is None and name in rc:
        value = rc[name]
        given = str(value).lower() if isinstance(value, bool) else str(value)
        given = "" if "${" in given else given
    return given


def _install(options: Options, project: Project, rc: Json, scope: Scope, *, focus: bool) -> Effects:
    lock = read_lock(project, scope.files)
    skips = options.has("--mode")
    exact = focus or _is_immutable(options, rc, scope)
    cache = _cache(rc, project, scope)
    linker = _setting(rc, "nodeLinker", scope)
    patches, problems = _patches(project, rc)
    local = cache is not None and Path(project.directory, tree=True).covers(cache)
    filled = local and bool(scope.files.children(cache or ""))
    shared = not filled and cache is not None
    here = frozenset(Path(project.at(name)) for name in _WRITTEN) | {Path(project.at(".yarn/unplugged"), tree=True)}
    trees = here | {EVERYWHERE if cache is None else Path(cache, tree=True), _global_folder(rc, scope)}
    install = Install(
        "yarn.install",
        _FILES,
        patches=patches,
        settings=(".yarnrc.yml", ".npmrc", ".yarnrc"),
        root=() if skips else _SCRIPTS,
        members=() if skips else _SCRIPTS,
        silent=skips,
        scripted=_scripted(project, rc, scope),
        writes=trees,
        caches=frozenset({CacheDirectory(cache or "", "shared", read_later=local or linker != "node-modules")})
        if shared
        else frozenset(),
        frozen=Frozen((("--no-immutable", "--immutable"),))
        if options.has("--no-immutable")
        else Frozen(added=("--immutable",)),
        exact=exact,
    )
    found = replace(project, problems=(*project.problems, *problems))
    return install_effects(found, lock, install, scope) | by_corepack(project.root, scope)


def _is_immutable(options: Options, rc: Json, scope: Scope) -> bool:
    """Whether the lock is kept as it is: by option, setting, or because CI is set (yarn docs, "yarn install")."""
    given = flagged(options, "--immutable", "--frozen-lockfile")
    if given is None and (setting := _setting(rc, "enableImmutableInstalls", scope)) is not None:
        given = setting == "true"
    return bool(set_true(scope, "ci")) if given is None else given


def _scripted(project: Project, rc: Json, scope: Scope) -> frozenset[str] | None:
    """Return the packages whose install scripts run where all others' are turned off, None where they are not."""
    setting = _setting(rc, "enableScripts", scope)
    text = scope.files.read(project.at("yarn.lock")) or ""
    if setting != "false" and (setting is not None or version(text) < _SAFE_LOCK):
        return None
    told = project.root.table("dependenciesMeta")
    return frozenset(
        name.partition("@")[0].lower() or "@" + name[1:].partition("@")[0].lower()
        for name, one in told.items()
        if isinstance(one, dict) and one.get("built")
    )


def _patches(project: Project, rc: Json) -> tuple[tuple[str, ...], list[str]]:
    """Return the further files that settings and patched packages name, and why they may not be all."""
    paths = [str(rc["yarnPath"])] if "yarnPath" in rc else []
    problems = [f".yarnrc.yml moves what yarn writes: {name}" for name in _MOVES if name in rc]
    if rc.get("enableConstraintsChecks"):
        problems.append("yarn runs the project's constraints")
    plugins = rc.get("plugins")
    for plugin in plugins if isinstance(plugins, list) else ():
        path, spec = (plugin.get("path"), plugin.get("spec")) if isinstance(plugin, dict) else (plugin, "")
        paths.append(str(path))
        if "@yarnpkg/plugin-" not in str(spec):
            problems.append(f"yarn loads the plugin {path}")
    environment_files = rc.get("injectEnvironmentFiles")
    paths += [str(one).rstrip("?") for one in environment_files] if isinstance(environment_files, list) else []
    paths += [value for name, value in _leaves(rc) if name.endswith("FilePath") and not value.startswith("/")]
    paths += [path for package in project.packages for path in _patched(package.directory, package.specifiers())]
    if any("$" in path for path in paths):
        problems.append(".yarnrc.yml names files by variables")
    return tuple(dict.fromkeys(project.at(path) for path in paths)), problems


def _patched(directory: str, specifiers: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Yield the patches that ``patch:`` names: ``~/`` is the project, other paths are the package's own."""
    for _, spec in specifiers:
        if not spec.startswith("patch:"):
            continue
        for one in unquote(spec.partition("#")[2].partition("::")[0]).split("&"):
            path = one.removeprefix("optional!")
            if path and not path.startswith(("builtin<", "~builtin<")):
                yield path.removeprefix("~/") if path.startswith("~/") else posixpath.join(directory, path)


def _leaves(content: Json) -> Iterator[tuple[str, str]]:
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _leaves(value)
        elif isinstance(value, str):
            yield name, value


def _cache(rc: Json, project: Project, scope: Scope) -> str | None:
    """Return the cache: the user's since yarn 4, the project's before; None where that is not known."""
    text = scope.files.read(project.at("yarn.lock")) or ""
    told = _setting(rc, "enableGlobalCache", scope)
    if told == "":
        return None
    if told == "true" or (told is None and _is_late(project, rc, text)):
        folder = _global_folder(rc, scope)
        return None if folder == EVERYWHERE else posixpath.join(folder.path, "cache")
    folder_name = _setting(rc, "cacheFolder", scope)
    return None if folder_name == "" else project.at(folder_name or ".yarn/cache")


def _is_late(project: Project, rc: Json, lock: str) -> bool:
    """Whether it is yarn 4 or later: by package.json, by yarnPath, else by the lock."""
    for text in (project.root.manager.removeprefix("yarn@"), str(rc.get("yarnPath", "")).rpartition("yarn-")[2]):
        if release := re.match(r"(\d+)\.", text):
            return int(release[1]) >= 4  # noqa: PLR2004
    return version(lock) >= _GLOBAL_LOCK if lock else True


def _global_folder(rc: Json, scope: Scope) -> Path:
    moved = _setting(rc, "globalFolder", scope)
    if moved is not None:
        return located(normal(moved), scope) if moved.startswith("/") else EVERYWHERE
    base = variable(scope, "xdg_data_home")
    if base is not None:
        return located(f"{base}/yarn/berry", scope) if base else EVERYWHERE
    return home(scope, ".yarn/berry")
