"""yarn 1: what it installs, from which files, and whether the project's own scripts run.

Observed on yarn 1.22.22 with strace: of the project it opens its manifests, yarn.lock, .npmrc, .yarnrc and .yarnclean,
and the yarn of the project that .yarnrc names. Programs of workspaces are linked where they are there. Its cache is
locked: concurrent yarns need --mutex (yarn 1 docs, "CLI"). Nothing turns the cache off.
"""

import re
from dataclasses import replace

from layerwise.ecosystems.base import SHELL_WORK
from layerwise.ecosystems.directories import ancestors
from layerwise.ecosystems.effects import EVERYWHERE, CacheDirectory, Effects, Files, Frozen, Path, Scope, opaque
from layerwise.ecosystems.node_install import Install, global_effects, install_effects, with_packages
from layerwise.ecosystems.node_settings import by_corepack, environment, flagged, npmrc, set_true, variable
from layerwise.ecosystems.npm_places import global_prefix
from layerwise.ecosystems.options import Options
from layerwise.ecosystems.places import home, located, place
from layerwise.ecosystems.workspaces import Project
from layerwise.ecosystems.yarn_lock import read_lock

VALUED = """
--modules-folder --cache-folder --preferred-cache-folder --global-folder --link-folder --mutex --use-yarnrc --cwd
--network-timeout --network-concurrency --child-concurrency --registry --proxy --https-proxy --otp --prefix
--scripts-prepend-node-path --emoji
"""
"""The options of yarn 1 that take a value."""

_ROOT = ("preinstall", "install", "postinstall", "prepublish", "prepare")
_MEMBER = ("preinstall", "install", "postinstall")
_SYSTEM_WIDE = "/usr/local/share"  # in place of root's home (yarn sources, util/user-home-dir.js)
_MOVES = ("modules-folder", "yarn-offline-mirror", "global-folder", "link-folder", "use-yarnrc")
_PLACES = frozenset({*_MOVES, "cache-folder", "prefix", "yarn-path", "ignore-scripts"})
_ASKS = """
list why info versions outdated audit licenses check bin owner whoami help
"""


def effects(verb: str, options: Options, project: Project, scope: Scope) -> Effects:
    """Return the effects of a command of yarn 1; ``options`` are those behind the verb."""
    found = _known(verb, options, project, scope)
    if found is None:
        return opaque(f"runs project code: yarn {verb}")
    own = frozenset(Path(f"{one}/{name}") for one in ancestors(project.directory) for name in (".yarnrc", ".npmrc"))
    settings = own | {home(scope, ".yarnrc"), home(scope, ".npmrc"), Path(f"{_SYSTEM_WIDE}/.yarnrc")}
    compiled = Path("/tmp/v8-compile-cache-0", tree=True) if _is_root(scope) else Path("/tmp", tree=True)  # noqa: S108
    return found | Effects(reads=settings, writes=frozenset({compiled}), environment=environment())


def clean(options: Options, project: Project, scope: Scope) -> Effects:
    """Return the effects of ``yarn cache clean``."""
    trees = frozenset({_cache(options, yarnrc(project.directory, scope.files), scope)})
    return Effects(reads=trees, writes=trees, environment=environment(), work=SHELL_WORK)


def yarnrc(directory: str, files: Files) -> dict[str, str]:
    """Return the settings of a .yarnrc: a name and a value a line, either in quotation marks or not."""
    text = files.read(f"{directory.rstrip('/')}/.yarnrc") or ""
    lines = re.findall(r'^"?(?:--)?([\w.-]+)"?[ \t:]+"?(.*?)"?[ \t\r]*$', text, re.MULTILINE)
    return {name.removeprefix("install."): value for name, value in lines}


def _known(verb: str, options: Options, project: Project, scope: Scope) -> Effects | None:
    named = options.positionals
    if verb in {"install", "add"}:
        if verb == "install" and named:
            return opaque("yarn install takes no packages")
        return with_packages(_install(verb, options, project, scope), named, scope)
    if verb == "global" and named and named[0].value == "add":
        config = Path(f"{_SYSTEM_WIDE}/.config/yarn", tree=True)
        where = global_prefix(options, scope) | {config, home(scope, ".config/yarn"), home(scope, ".yarn")}
        return global_effects("yarn.global", named[1:], where, _caches(options, {}, scope), scope)
    if verb == "config" and len(named) > 1 and named[0].value == "set":
        files = frozenset({home(scope, ".yarnrc"), Path(f"{_SYSTEM_WIDE}/.yarnrc")})
        moves = named[1].value is None or named[1].text in _PLACES
        return opaque(f"yarn config changes {named[1].text}") if moves else Effects(files, files, work=SHELL_WORK)
    if verb in {"remove", "autoclean"}:
        here = frozenset({Path(project.directory, tree=True)})
        return Effects(here, here, work=SHELL_WORK, needs_source=project.scripts(_ROOT, _MEMBER, scope.files))
    if verb in _ASKS.split():
        return Effects(frozenset({located(".", scope)}), fetches=True, work=SHELL_WORK, deterministic=False)
    return None


def _install(verb: str, options: Options, project: Project, scope: Scope) -> Effects:
    settings = yarnrc(project.directory, scope.files)
    silent = _ignores_scripts(options, settings, project, scope)
    moved = [name for name in _MOVES if name in settings or options.has(f"--{name}")]
    problems = [f"yarn is set to another place by {name}" for name in moved]
    if project.root.table("installConfig").get("pnp") or options.has("--enable-pnp", "--pnp"):
        problems.append("yarn 1 installs with Plug'n'Play")
    install = Install(
        "yarn.install",
        ("yarn.lock", ".npmrc", ".yarnrc", ".yarnclean"),
        patches=(project.at(settings["yarn-path"]),) if settings.get("yarn-path") else (),
        settings=(".npmrc", ".yarnrc"),
        root=() if silent else _ROOT,
        members=() if silent else _MEMBER,
        silent=silent,
        writes=frozenset({_cache(options, settings, scope), home(scope, ".cache/node-gyp")}),
        caches=_caches(options, settings, scope),
        frozen=None if options.has("--no-lockfile") else Frozen(added=("--frozen-lockfile",)),
        exact=verb == "install" and options.has("--frozen-lockfile"),
    )
    found = replace(project, problems=(*project.problems, *problems))
    return install_effects(found, read_lock(project, scope.files), install, scope) | by_corepack(project.root, scope)


def _ignores_scripts(options: Options, settings: dict[str, str], project: Project, scope: Scope) -> bool:
    told = flagged(options, "--ignore-scripts")
    if told is None:
        told = set_true(scope, "yarn_ignore_scripts", "npm_config_ignore_scripts")
    rc = settings.get("ignore-scripts") or npmrc(project.directory, scope.files).get("ignore-scripts")
    return rc == "true" if told is None else told


def _caches(options: Options, settings: dict[str, str], scope: Scope) -> frozenset[CacheDirectory]:
    path = _cache(options, settings, scope)
    known = path != EVERYWHERE and not options.has("--offline")
    return frozenset({CacheDirectory(path.path, "locked")}) if known else frozenset()


def _cache(options: Options, settings: dict[str, str], scope: Scope) -> Path:
    """Return the download cache (yarn sources, util/user-dirs.js)."""
    named = options.value("--cache-folder")
    if named is not None:
        return place(named, scope) if named.value else EVERYWHERE
    moved = variable(scope, "yarn_cache_folder", "npm_config_cache_folder")
    moved = settings.get("cache-folder") if moved is None else moved
    if moved is not None:
        return located(moved, scope) if moved else EVERYWHERE
    base = variable(scope, "xdg_cache_home")
    if base is not None:
        return located(f"{base}/yarn", scope) if base else EVERYWHERE
    return Path(f"{_SYSTEM_WIDE}/.cache/yarn", tree=True) if _is_root(scope) else home(scope, ".cache/yarn")


def _is_root(scope: Scope) -> bool:
    return scope.user.partition(":")[0] in {"", "root", "0"}
