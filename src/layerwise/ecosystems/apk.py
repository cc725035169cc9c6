"""Alpine's package manager: apk.

Packages are kept where /etc/apk/cache is a directory, or a link to one, and the index with them; without it only the
index is kept, in /var/cache/apk (apk(8), "Local cache" of Alpine's wiki).
"""

import re

from layerwise.ecosystems.base import SHELL_WORK, fetching
from layerwise.ecosystems.call import Argument, Call
from layerwise.ecosystems.effects import (
    EVERYWHERE,
    SYSTEM,
    CacheDirectory,
    Effects,
    Environment,
    Path,
    Scope,
    Work,
    opaque,
)
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.places import places

NAMES = frozenset({"apk"})

# Alpine's packages keep to the file system hierarchy as Debian's do: see apt.py for /opt and /usr/src.
_SYSTEM = frozenset({*SYSTEM, *(Path(path, tree=True) for path in ("/boot", "/var", "/run", "/root"))}) | {
    Path(path) for path in ("/usr/src", "/usr/local", "/opt", "/srv", "/home")
}
_CACHES = frozenset({CacheDirectory("/etc/apk/cache", "locked"), CacheDirectory("/var/cache/apk", "locked")})
_CLEANED = frozenset(Path(one.path, tree=True) for one in _CACHES)
_STORES = frozenset({Path("/var/cache/apk", tree=True), Path("/etc/apk", tree=True), Path("/lib/apk", tree=True)})

_VALUED = (
    *(
        "-p",
        "--root",
        "-X",
        "--repository",
        "--repositories-file",
        "-t",
        "--virtual",
        "--arch",
        "--keys-dir",
        "--cache-dir",
    ),
    *("--cache-max-age", "--wait", "--progress-fd", "--timeout", "-o", "--output"),
)
_INSTALLS = frozenset({"add", "upgrade", "fix"})
_ASKS = frozenset({"info", "list", "search", "policy", "version", "audit", "stats", "verify", "dot", "manifest"})


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of an apk command: a closed list of variables, the system's own directories."""
    options = parse(call.arguments, _VALUED)
    verb, *named = options.positionals or (Argument("", known=False),)
    if options.has("-p", "--root", "--keys-dir", "--repositories-file"):
        return opaque(f"apk works in other directories: {call}")
    if verb.value in _INSTALLS:
        return _install(tuple(named), options, scope)
    if verb.value == "cache":
        return _cache(call, tuple(named), options, scope)
    if verb.value == "update":
        return _update(options, scope)
    if verb.value == "del":
        return Effects(_SYSTEM, _SYSTEM, environment=_closed(), work=(Work("apk.remove", len(named)),))
    if verb.value in _ASKS or options.has("--version", "--print-arch", "-V"):
        return Effects(reads=_SYSTEM, environment=_closed(), work=SHELL_WORK)
    return opaque(f"layerwise does not know what apk {verb.text} does")


def _update(options: Options, scope: Scope) -> Effects:
    moved = _moved(options, scope)
    return Effects(
        _STORES | moved,
        _STORES | moved,
        fetches=True,
        environment=_closed(),
        caches=_caches(options, scope),
        uncached=_uncached(options),
        work=(Work("apk.update"),),
        deterministic=False,
    )


def _cache(call: Call, named: tuple[Argument, ...], options: Options, scope: Scope) -> Effects:
    """``clean`` and ``purge`` remove from the cache and do nothing else."""
    if named and named[0].value in {"clean", "purge"}:
        cleaned = _moved(options, scope) or _CLEANED
        return Effects(reads=_SYSTEM | cleaned, writes=cleaned, environment=_closed(), work=SHELL_WORK)
    if named and named[0].value in {"download", "sync"}:
        return _update(options, scope)
    return opaque(f"layerwise does not know what this does: {call}")


def _moved(options: Options, scope: Scope) -> frozenset[Path]:
    return places(options.values("--cache-dir"), scope)


def _caches(options: Options, scope: Scope) -> frozenset[CacheDirectory]:
    """Return the caches; none where the option names a directory that is not known."""
    if not options.has("--cache-dir"):
        return _CACHES
    return frozenset(CacheDirectory(one.path, "locked") for one in _moved(options, scope) - {EVERYWHERE})


def _uncached(options: Options) -> tuple[str, ...]:
    return ("--no-cache",) if options.has("--no-cache") else ()


def _install(named: tuple[Argument, ...], options: Options, scope: Scope) -> Effects:
    """Install packages; a name with a slash in front of .apk is a file, ``name@edge`` and ``name>1`` are not."""
    local = tuple(one for one in named if one.text.endswith(".apk"))
    rest = tuple(one for one in named if one not in local)
    unknown = tuple(one for one in rest if one.value is None and not one.prefix)
    foreign = frozenset({Path("/opt", tree=True), Path("/usr/src", tree=True)}) if local else frozenset[Path]()
    names = tuple(re.split(r"[=<>~@]", one.text)[0].lower() for one in rest if one.prefix)
    return Effects(
        reads=_SYSTEM | foreign | places((*local, *_indexes(options)), scope),
        writes=_SYSTEM | foreign | _moved(options, scope),
        fetches=not options.has("--no-network"),
        environment=_closed(),
        caches=_caches(options, scope),
        uncached=_uncached(options),
        work=(Work("apk.install", len(rest), names),),
        doubts=tuple(f"installs packages that are not known: {one.text}" for one in unknown),
        deterministic=False,
    )


def _indexes(options: Options) -> tuple[Argument, ...]:
    """Return repositories that are directories."""
    return tuple(one for one in options.values("-X", "--repository") if "://" not in one.text)


def _closed() -> Environment:
    return fetching("APK_*", "HTTP_*", "FTP_*", "SSL_*")
