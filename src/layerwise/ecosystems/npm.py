"""npm: what it installs, from which files, and whether the project's own scripts run.

Which files are read is what npm 11 does (@npmcli/config loadLocalPrefix and loadProjectConfig, lib/commands/ci.js and
install.js): the nearest package.json from the working directory up, a workspace root above it, and no project .npmrc
in global mode.
"""

import posixpath
from collections.abc import Callable
from dataclasses import replace

from layerwise.ecosystems.base import SHELL_WORK, fetching
from layerwise.ecosystems.call import Argument, Call
from layerwise.ecosystems.effects import CacheDirectory, Effects, Environment, Openness, Path, Scope, Work, opaque
from layerwise.ecosystems.npm_places import (
    cache_directory,
    expanded_in_npmrc,
    global_prefix,
    ignores_scripts,
    is_global,
    preloaded,
    user_settings,
)
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.package_json import Project, candidates, project_directory, read_project
from layerwise.ecosystems.places import absolute_path, home, located, place, places

NAMES = frozenset({"npm", "corepack"})

# npm reads each of its settings as npm_config_<name>, in any case, and expands any ${NAME} in .npmrc (npm docs,
# "config" and "npmrc"); node reads NODE_*; git, node-gyp and python run for packages that need them.
_VARIABLES = (
    *(
        "npm_*",
        "NPM_*",
        "NODE",
        "NODE_*",
        "CI",
        "PREFIX",
        "DESTDIR",
        "APPDATA",
        "INIT_CWD",
        "EDITOR",
        "FORCE_COLOR",
        "COLOR",
    ),
    *(
        "GIT_SSH*",
        "GIT_CONFIG*",
        "GIT_ASKPASS",
        "SSH_*",
        "PYTHON*",
        "GYP_*",
        "CC",
        "CXX",
        "CFLAGS",
        "CXXFLAGS",
        "LDFLAGS",
    ),
    *(
        "MAKEFLAGS",
        "JOBS",
        "UV_THREADPOOL_SIZE",
        "SSL_CERT_*",
        "COREPACK_*",
        "GITHUB_ACTIONS",
        "CONTINUOUS_INTEGRATION",
    ),
    *("BUILD_NUMBER", "RUN_ID", "VERCEL", "NETLIFY", "BROWSER", "DEBUG", "NODE_DEBUG"),
)
_VALUED = (
    *(
        "--prefix",
        "-C",
        "--registry",
        "--cache",
        "--loglevel",
        "--omit",
        "--include",
        "--only",
        "--userconfig",
        "--globalconfig",
    ),
    *(
        "--before",
        "--tag",
        "--fetch-retries",
        "--fetch-timeout",
        "--fetch-retry-mintimeout",
        "--fetch-retry-maxtimeout",
    ),
    *(
        "--maxsockets",
        "--network-timeout",
        "--cafile",
        "--ca",
        "--proxy",
        "--https-proxy",
        "--noproxy",
        "--script-shell",
    ),
    *(
        "--install-strategy",
        "--cpu",
        "--os",
        "--libc",
        "-w",
        "--workspace",
        "--location",
        "-L",
        "--lockfile-version",
        "--target",
    ),
    *(
        "--arch",
        "--platform",
        "--target_arch",
        "--python",
        "--node-options",
        "--audit-level",
        "--scope",
        "--otp",
        "--depth",
    ),
)

_INSTALL = frozenset(
    {"install", "i", "in", "ins", "inst", "insta", "instal", "isnt", "isnta", "isntal", "isntall", "add"}
)
_CI = frozenset({"ci", "clean-install", "ic", "install-clean", "isntall-clean"})
_BOTH_AND_TEST = frozenset({"install-test", "it", "install-ci-test", "cit", "clean-install-test", "sit"})
_REMOVE = frozenset({"uninstall", "un", "unlink", "remove", "rm", "r"})
_ASKS = frozenset(
    {
        "view",
        "info",
        "show",
        "v",
        "ls",
        "list",
        "ll",
        "la",
        "outdated",
        "bin",
        "root",
        "prefix",
        "help",
        "whoami",
        "ping",
        "doctor",
        "fund",
    }
)
_RUNS = frozenset(
    {
        "run",
        "run-script",
        "start",
        "test",
        "t",
        "stop",
        "restart",
        "exec",
        "x",
        "rebuild",
        "rb",
        "link",
        "ln",
        "pack",
        "publish",
        "version",
        "init",
        "create",
    }
)


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of an npm command."""
    if call.name == "corepack":
        return _corepack(call, scope)
    options = parse(call.arguments, _VALUED)
    if not options.positionals:
        return (
            Effects(environment=_environment(), work=SHELL_WORK)
            if options.has("--version", "-v", "--help")
            else opaque(str(call))
        )
    verb = options.positionals[0].value or ""
    options = Options(options.options, options.positionals[1:])
    if verb in _RUNS or verb in _BOTH_AND_TEST:
        return opaque(f"runs project code: {call}")
    handler = _VERBS.get(verb)
    if handler is None:
        return opaque(f"layerwise does not know what npm {verb} does")
    return handler(call, options, scope) | Effects(reads=user_settings(options, scope), environment=_environment())


def _environment() -> Environment:
    return fetching(*_VARIABLES, openness=Openness.INSTALLER)


def _install(call: Call, options: Options, scope: Scope) -> Effects:
    if is_global(options, scope):
        return _global(options, scope)
    found = _project(options, scope)
    if isinstance(found, str):
        return opaque(found)
    doubts = _rewrites_lock(call, options, found)
    kind = Work("npm.install", found.packages + len(options.positionals), _named(options) or found.names)
    local = tuple(f"installs {one.text}, a path of the project" for one in options.positionals if _is_path(one, scope))
    written = frozenset(
        {
            Path(found.directory + "/package-lock.json"),
            Path(found.directory + "/npm-shrinkwrap.json"),
            Path(found.directory + "/package.json"),
        }
    )
    return _of_project(found, options, scope, kind) | Effects(
        writes=written,
        doubts=doubts,
        needs_source=local,
        deterministic=False,
        environment=Environment(Openness.OPEN if local else Openness.INSTALLER),
    )


def _named(options: Options) -> tuple[str, ...]:
    return tuple(_package(one.text) for one in options.positionals if one.prefix)


def _package(spec: str) -> str:
    """Return the name in ``name@version`` or ``@scope/name@version``, lower case."""
    name, _, _ = spec[1:].partition("@")
    return (spec[:1] + name).lower()


def _rewrites_lock(call: Call, options: Options, project: Project) -> tuple[str, ...]:
    if options.has("--no-package-lock", "--no-save") or project.lock is None:
        return ()
    return (
        f"{call.name} install may rewrite {project.lock}: a later copy of the project would bring the old one back",
    )


def _ci(_call: Call, options: Options, scope: Scope) -> Effects:
    found = _project(options, scope)
    if isinstance(found, str):
        return opaque(found)
    missing = () if found.lock else ("npm ci needs a package-lock.json or npm-shrinkwrap.json, and none is known",)
    work = Work("npm.ci", found.packages, found.names)
    return replace(_of_project(found, options, scope, work) | Effects(needs_source=missing), deterministic=found.hashed)


def _project(options: Options, scope: Scope) -> Project | str:
    """Return the project that npm works on, or why it cannot be told."""
    prefix = options.value("--prefix", "-C")
    if prefix is not None:
        directory = absolute_path(prefix.text, scope) if prefix.value else None
        return read_project(directory, scope.files) if directory else f"the directory {prefix.text} of npm is not known"
    if scope.cwd is None:
        return "the working directory of npm is not known"
    if options.has("-w", "--workspace", "--workspaces", "-ws"):
        return "npm works on workspaces of the project"
    return read_project(project_directory(scope.cwd, scope.files), scope.files)


def _of_project(project: Project, options: Options, scope: Scope, work: Work) -> Effects:
    silent = ignores_scripts(project, options, scope)
    scripts = () if silent else project.scripts
    reasons = (*project.needs_source, *scripts, *preloaded(scope))
    modules = Path(posixpath.join(project.directory, "node_modules"), tree=True)
    above = _ancestors(project.directory)
    cache = cache_directory(options, scope)
    variables = expanded_in_npmrc(project, scope)
    return Effects(
        reads=frozenset(Path(one) for one in (*candidates(project.directory), *above))
        | {modules, cache}
        | _named_paths(options, scope),
        writes=frozenset({modules, cache, home(scope, ".npm"), home(scope, ".cache/node-gyp")}),
        fetches=True,
        environment=Environment(Openness.OPEN if reasons else Openness.INSTALLER, variables),
        manifests=project.manifests,
        lock=project.lock,
        caches=frozenset({CacheDirectory(cache.path, "shared")}),
        work=(work,),
        needs_source=reasons,
        doubts=() if silent else project.doubts,
        deterministic=False,
    )


def _named_paths(options: Options, scope: Scope) -> frozenset[Path]:
    return frozenset(place(one, scope) for one in options.positionals if _is_path(one, scope))


def _is_path(argument: Argument, scope: Scope) -> bool:
    """Whether an argument names a folder or an archive (npm docs, "package-spec"); a folder like a/b if it is there."""
    if not argument.prefix:
        return True
    if argument.prefix.startswith((".", "/", "~", "file:", "link:")) or argument.text.endswith(
        (".tgz", ".tar.gz", ".tar")
    ):
        return "://" not in argument.text
    path = absolute_path(argument.text, scope) if "/" in argument.text and not argument.text.startswith("@") else None
    return path is not None and bool(scope.files.exists(path))


def _ancestors(directory: str) -> list[str]:
    """Return every package.json above: npm asks each whether it is the root of a workspace."""
    found: list[str] = []
    while directory != "/":
        directory = posixpath.dirname(directory)
        found.append(posixpath.join(directory, "package.json"))
    return found


def _global(options: Options, scope: Scope) -> Effects:
    """Install tools for the whole system; no file of the project is read unless it is named."""
    local = tuple(one for one in options.positionals if _is_path(one, scope))
    reasons = [*(f"installs {one.text} of the project" for one in local), *preloaded(scope)]
    if not options.positionals:
        reasons.append("npm install -g without a name installs the working directory")
    cache = cache_directory(options, scope)
    where = global_prefix(options, scope)
    return Effects(
        reads=where
        | _named_paths(options, scope)
        | {cache}
        | (frozenset() if options.positionals else {located(".", scope)}),
        writes=where | {cache, home(scope, ".npm"), home(scope, ".cache")},
        fetches=True,
        environment=Environment(Openness.OPEN if reasons else Openness.INSTALLER),
        caches=frozenset({CacheDirectory(cache.path, "shared")}),
        work=(Work("npm.global", len(options.positionals), _named(options)),),
        needs_source=tuple(reasons),
        deterministic=False,
    )


def _remove(_call: Call, options: Options, scope: Scope) -> Effects:
    if is_global(options, scope):
        where = global_prefix(options, scope)
        return Effects(reads=where, writes=where, work=SHELL_WORK)
    found = _project(options, scope)
    if isinstance(found, str):
        return opaque(found)
    here = Path(found.directory, tree=True)
    return Effects(reads=frozenset({here}), writes=frozenset({here}), work=SHELL_WORK, needs_source=found.scripts)


def _prune(_call: Call, options: Options, scope: Scope) -> Effects:
    """Drop packages from node_modules; runs no script of the project that an install does not."""
    found = _project(options, scope)
    if isinstance(found, str):
        return opaque(found)
    return _of_project(found, options, scope, Work("shell"))


def _cache(_call: Call, options: Options, scope: Scope) -> Effects:
    cache = cache_directory(options, scope)
    return Effects(reads=frozenset({cache}), writes=frozenset({cache}), work=SHELL_WORK)


def _config(_call: Call, options: Options, scope: Scope) -> Effects:
    """``npm config set`` writes ~/.npmrc, with -g the system's; ``--location=project`` the project's."""
    location = options.value("--location")
    if location is not None and location.value not in {"user", "global"}:
        here = located(".npmrc", scope, tree=False)
        return Effects(reads=frozenset({here}), writes=frozenset({here}), work=SHELL_WORK)
    files = frozenset({home(scope, ".npmrc"), Path("/usr/local/etc", tree=True), Path("/usr/etc", tree=True)})
    return Effects(reads=files | {located(".npmrc", scope, tree=False)}, writes=files, work=SHELL_WORK)


def _asks(_call: Call, _options: Options, scope: Scope) -> Effects:
    return Effects(reads=frozenset({located(".", scope)}), fetches=True, work=SHELL_WORK, deterministic=False)


def _corepack(call: Call, scope: Scope) -> Effects:
    """``corepack enable`` links yarn and pnpm beside node; ``prepare`` downloads them."""
    options = parse(call.arguments, ("--install-directory", "-o"))
    verb = options.positionals[0].value if options.positionals else None
    if verb == "enable" or (verb == "prepare" and len(options.positionals) > 1):
        where = places(options.values("--install-directory"), scope) or global_prefix(Options((), ()), scope)
        caches = frozenset({home(scope, ".cache/node/corepack")})
        found = Effects(
            reads=where | caches, writes=where | caches, fetches=verb == "prepare", work=(Work("npm.global", 1),)
        )
        return found | Effects(environment=fetching("COREPACK_*", "NODE_*"), deterministic=False)
    return opaque(f"corepack works on the project: {call}")


_VERBS: dict[str, Callable[[Call, Options, Scope], Effects]] = {
    **dict.fromkeys(_INSTALL, _install),
    **dict.fromkeys(_CI, _ci),
    **dict.fromkeys(_REMOVE, _remove),
    **dict.fromkeys(_ASKS, _asks),
    **dict.fromkeys(("prune", "dedupe", "ddp"), _prune),
    "cache": _cache,
    **dict.fromkeys(("config", "c", "set", "get"), _config),
}
