"""RubyGems: the gem command, which installs by name and reads no manifest."""

import re

from layerwise.ecosystems.base import SHELL_WORK
from layerwise.ecosystems.call import Argument, Call
from layerwise.ecosystems.effects import CacheDirectory, Effects, Environment, Openness, Path, Scope, Work, opaque
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.places import home, located, places
from layerwise.ecosystems.ruby_places import environment, gem_directories, preloaded, settings

NAMES = frozenset({"gem"})

_VALUED = (
    *(
        "-v",
        "--version",
        "-i",
        "--install-dir",
        "-n",
        "--bindir",
        "-P",
        "--trust-policy",
        "-s",
        "--source",
        "--platform",
    ),
    *("--build-root", "-p", "--http-proxy", "-B", "--bulk-threshold", "-g", "--file", "--target-rbconfig", "--without"),
    *("-a", "--add", "-r", "--remove", "--document", "--config-file"),
)
_ASKS = frozenset(
    {"contents", "dependency", "environment", "env", "help", "info", "list", "outdated", "query", "search"}
)


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of a gem command."""
    if reason := preloaded(scope):
        return opaque(reason)
    options = parse(call.arguments, _VALUED)
    base = Effects(reads=settings(scope), environment=environment())
    verb = options.positionals[0].value if options.positionals else None
    named = options.positionals[1:]
    if verb in {"install", "i", "update"}:
        if options.has("-g", "--file", "--build-root", "--config-file") or options.doubtful:
            return opaque(f"layerwise does not follow what this installs: {call}")
        return base | _install(named, options, scope)
    if verb in {"uninstall", "cleanup", "pristine"}:
        where = gem_directories(options, scope)
        return base | Effects(reads=where, writes=where, work=SHELL_WORK)
    if verb == "sources":
        writes = frozenset({home(scope, ".gemrc"), home(scope, ".gem"), Path("/etc/gemrc")})
        return base | Effects(reads=writes, writes=writes, fetches=True, work=SHELL_WORK, deterministic=False)
    if verb in _ASKS or (verb is None and options.has("--version", "-v", "--help")):
        return base | Effects(reads=gem_directories(options, scope), fetches=True, work=SHELL_WORK, deterministic=False)
    return opaque(f"layerwise does not know what this does: {call}")


def _install(named: tuple[Argument, ...], options: Options, scope: Scope) -> Effects:
    """Install gems; a gem of that name in the working directory comes before any source (gem help install)."""
    here = scope.files.children(scope.cwd) if scope.cwd else ()
    local = tuple(one for one in named if one.text.endswith(".gem") or one.glob)
    reasons = [f"installs {one.text}, a file of the project" for one in local]
    reasons += [
        f"{one} in the working directory may be installed" for one in here if one.endswith(".gem") and not local
    ]
    where = gem_directories(options, scope)
    downloads = (
        frozenset({located(gems + "/cache", scope)}) if (gems := scope.environment.get("GEM_HOME")) else frozenset()
    )
    names = tuple(re.split(r":", one.text)[0].lower() for one in named if one.known and one not in local)
    return Effects(
        reads=where | places(local, scope),
        writes=where,
        fetches=not options.has("-l", "--local"),
        environment=Environment(Openness.OPEN if reasons else Openness.INSTALLER),
        caches=frozenset(CacheDirectory(one.path, "locked") for one in downloads),
        work=(Work("gem.install", len(named), names),),
        needs_source=tuple(reasons),
        deterministic=False,
    )
