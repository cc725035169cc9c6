"""npm and corepack: what they install, from which files, and whether the project's own scripts run.

Which files are read is what npm 11 does (@npmcli/config loadLocalPrefix and loadProjectConfig, lib/commands/ci.js and
install.js): the nearest package.json from the working directory up, a workspace root above it, and no project .npmrc
in global mode. No option turns its download cache off.
"""

from collections.abc import Callable
from dataclasses import replace

from layerwise.ecosystems import pnpm, yarn
from layerwise.ecosystems.base import SHELL_WORK, fetching
from layerwise.ecosystems.call import Argument, Call
from layerwise.ecosystems.effects import (
    EVERYWHERE,
    CacheDirectory,
    Effects,
    Frozen,
    Openness,
    Path,
    Scope,
    Work,
    opaque,
)
from layerwise.ecosystems.node_install import (
    Install,
    global_effects,
    install_effects,
    project_of,
    with_packages,
)
from layerwise.ecosystems.node_settings import corepack_home, environment
from layerwise.ecosystems.npm_lock import LOCKS, read_lock
from layerwise.ecosystems.npm_places import cache, caches, global_prefix, ignores_scripts, is_global, user_settings
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.package_json import project_directory
from layerwise.ecosystems.places import home, located, places
from layerwise.ecosystems.workspaces import Project, read_project

NAMES = frozenset({"npm", "corepack"})

# The order that npm runs them in for the root (npm docs, "scripts"); for members @npmcli/arborist, rebuild.js.
_ROOT = ("preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare")
_MEMBER = ("preinstall", "prepare", "install", "postinstall")

_VALUED = """
--prefix -C --registry --cache --loglevel --omit --include --only --userconfig --globalconfig --before --tag
--fetch-retries --fetch-timeout --fetch-retry-mintimeout --fetch-retry-maxtimeout --maxsockets --network-timeout
--cafile --ca --proxy --https-proxy --noproxy --script-shell --install-strategy --cpu --os --libc -w --workspace
--location -L --lockfile-version --target --arch --platform --target_arch --python --node-options --audit-level
--scope --otp --depth
"""
_INSTALL = """
install i in ins inst insta instal isnt isnta isntal isntall add
"""
_CI = frozenset(["ci", "clean-install", "ic", "install-clean", "isntall-clean"])
_REMOVE = frozenset(["uninstall", "un", "unlink", "remove", "rm", "r"])
_ASKS = """
view info show v ls list ll la outdated bin root prefix help whoami ping doctor fund
"""
_RUNS = """
run run-script start test t stop restart exec x rebuild rb link ln pack publish version init create install-test it
install-ci-test cit clean-install-test sit
"""
_PLACES = frozenset({"cache", "prefix", "global", "ignore-scripts", "userconfig", "globalconfig"})


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of an npm or corepack command."""
    if call.name == "corepack":
        return _corepack(call, scope)
    options = parse(call.arguments, _VALUED.split())
    if not options.positionals:
        asked = options.has("--version", "-v", "--help")
        return Effects(environment=environment(), work=SHELL_WORK) if asked else opaque(str(call))
    verb = options.positionals[0].value or ""
    options = Options(options.options, options.positionals[1:])
    if verb in _RUNS.split():
        return opaque(f"runs project code: {call}")
    handler = _VERBS.get(verb)
    if handler is None:
        return opaque(f"layerwise does not know what npm {verb} does")
    return handler(verb, options, scope) | Effects(reads=user_settings(options, scope), environment=environment())


def _install(verb: str, options: Options, scope: Scope) -> Effects:
    if is_global(options, scope):
        return _global(options, scope)
    found = _project(options, scope)
    if isinstance(found, str):
        return opaque(found)
    unlocked = options.has("--no-package-lock")
    frozen = None if unlocked else Frozen(replaced=((verb, "ci"),))
    effects = _of_project(found, options, scope, Install("npm.install", (), frozen=frozen))
    if effects.lock and not unlocked and not options.has("--no-save"):
        why = f"npm install may rewrite {effects.lock}: a later copy of the project would bring the old one back"
        effects |= Effects(doubts=(why,))
    return with_packages(effects, options.positionals, scope)


def _ci(_verb: str, options: Options, scope: Scope) -> Effects:
    found = _project(options, scope)
    if isinstance(found, str):
        return opaque(found)
    effects = _of_project(found, options, scope, Install("npm.ci", (), exact=True))
    why = "npm ci needs a package-lock.json or npm-shrinkwrap.json, and none is known"
    return effects if effects.lock else effects | Effects(needs_source=(why,))


def _project(options: Options, scope: Scope) -> Project | str:
    """Return the project that npm works on, or why it cannot be told."""
    directory = project_of(options, scope, "--prefix", "-C")
    if directory is None:
        prefix = options.value("--prefix", "-C")
        return f"the directory {prefix.text} of npm is not known" if prefix else "the working directory is not known"
    if options.has("-w", "--workspace", "--workspaces", "-ws"):
        return "npm works on workspaces of the project"
    if not options.has("--prefix", "-C"):
        directory = project_directory(directory, scope.files)
    return read_project(directory, scope.files)


def _of_project(project: Project, options: Options, scope: Scope, install: Install) -> Effects:
    silent = ignores_scripts(project.directory, options, scope)
    kept = cache(project.directory, options, scope) or EVERYWHERE
    # Arborist takes versions from a yarn.lock too, and keeps it up to date (@npmcli/arborist, shrinkwrap.js).
    install = replace(
        install,
        files=(*LOCKS, "yarn.lock", ".npmrc"),
        root=() if silent else _ROOT,
        members=() if silent else _MEMBER,
        silent=silent,
        writes=frozenset({kept, home(scope, ".npm"), home(scope, ".cache/node-gyp")}),
        caches=caches(project.directory, options, scope),
    )
    return install_effects(project, read_lock(project, scope.files), install, scope)


def _global(options: Options, scope: Scope) -> Effects:
    where = global_prefix(options, scope) | {home(scope, ".npm"), home(scope, ".cache")}
    effects = global_effects("npm.global", options.positionals, where, caches(None, options, scope), scope)
    if options.positionals:
        return effects
    reason = "npm install -g without a name installs the working directory"
    return replace(
        effects | Effects(reads=frozenset({located(".", scope)}), needs_source=(reason,)),
        environment=replace(effects.environment, openness=Openness.OPEN),
    )


def _remove(_verb: str, options: Options, scope: Scope) -> Effects:
    if is_global(options, scope):
        where = global_prefix(options, scope)
        return Effects(reads=where, writes=where, work=SHELL_WORK)
    found = _project(options, scope)
    if isinstance(found, str):
        return opaque(found)
    here = frozenset({Path(found.directory, tree=True)})
    return Effects(reads=here, writes=here, work=SHELL_WORK, needs_source=found.scripts(_ROOT, _MEMBER, scope.files))


def _prune(_verb: str, options: Options, scope: Scope) -> Effects:
    """Drop packages from node_modules; runs no script of the project that an install does not."""
    found = _project(options, scope)
    if isinstance(found, str):
        return opaque(found)
    return _of_project(found, options, scope, Install("shell", ()))


def _cache(_verb: str, options: Options, scope: Scope) -> Effects:
    trees = frozenset({cache(scope.cwd, options, scope) or EVERYWHERE})
    return Effects(reads=trees, writes=trees, work=SHELL_WORK)


def _config(verb: str, options: Options, scope: Scope) -> Effects:
    """``npm config set`` writes ~/.npmrc, with -g the system's; ``--location=project`` the project's."""
    words = [one.text.partition("=")[0] for one in options.positionals]
    if "set" in {verb, *words[:1]} and (moved := _PLACES.intersection(words)):
        return opaque(f"npm config changes {', '.join(sorted(moved))}")
    location = options.value("--location")
    if location is not None and location.value not in {"user", "global"}:
        here = located(".npmrc", scope, tree=False)
        return Effects(reads=frozenset({here}), writes=frozenset({here}), work=SHELL_WORK)
    files = frozenset({home(scope, ".npmrc"), Path("/usr/local/etc", tree=True), Path("/usr/etc", tree=True)})
    return Effects(reads=files | {located(".npmrc", scope, tree=False)}, writes=files, work=SHELL_WORK)


def _asks(_verb: str, _options: Options, scope: Scope) -> Effects:
    return Effects(reads=frozenset({located(".", scope)}), fetches=True, work=SHELL_WORK, deterministic=False)


def _corepack(call: Call, scope: Scope) -> Effects:
    """``corepack enable`` links yarn and pnpm beside node; ``prepare`` and ``install`` download them."""
    options = parse(call.arguments, ("--install-directory", "-o"))
    verb, *named = options.positionals or (Argument(""),)
    if verb.value in {"yarn", "yarnpkg", "pnpm"}:
        run = pnpm.effects if verb.value == "pnpm" else yarn.effects
        return run(Call(verb.text, call.arguments[call.arguments.index(verb) + 1 :]), scope)
    everywhere = verb.value == "enable" or (verb.value == "prepare" and named) or options.has("-g", "--global")
    if verb.value not in {"enable", "prepare", "install"} or (not everywhere and scope.cwd is None):
        return opaque(f"corepack works on the project: {call}")
    where = places(options.values("--install-directory"), scope) or global_prefix(Options((), ()), scope)
    trees = where | {corepack_home(scope)}
    manifest = () if everywhere else (project_directory(scope.cwd or "/", scope.files) + "/package.json",)
    return Effects(
        reads=trees | {Path(one) for one in manifest},
        writes=trees,
        fetches=verb.value != "enable",
        environment=fetching("COREPACK_*", "NODE_*"),
        manifests=manifest,
        caches=_kept(scope),
        work=(Work("npm.global", 1),),
        deterministic=False,
    )


def _kept(scope: Scope) -> frozenset[CacheDirectory]:
    """Return what corepack downloaded, from which yarn and pnpm start later."""
    path = corepack_home(scope)
    return frozenset() if path == EVERYWHERE else frozenset({CacheDirectory(path.path, "locked", read_later=True)})


_VERBS: dict[str, Callable[[str, Options, Scope], Effects]] = {
    **dict.fromkeys(_INSTALL.split(), _install),
    **dict.fromkeys(_CI, _ci),
    **dict.fromkeys(_REMOVE, _remove),
    **dict.fromkeys(_ASKS.split(), _asks),
    **dict.fromkeys(("prune", "dedupe", "ddp"), _prune),
    "cache": _cache,
    **dict.fromkeys(("config", "c", "set", "get"), _config),
}
