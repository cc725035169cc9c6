"""The package managers of Fedora, Red Hat and their kin: dnf, yum, microdnf, tdnf, and rpm itself.

Caches are those of dnf.conf(5), dnf5.conf(5), yum.conf(5), tdnf.conf and microdnf's CACHEDIR (dnf-main.c). All of them
delete the packages they fetched after an install unless ``keepcache`` is set. Their locks name a process by its number,
which means nothing in another container, so builds take turns.
"""

import re
from collections.abc import Callable

from layerwise.ecosystems.base import SHELL_WORK, fetching
from layerwise.ecosystems.call import Argument, Call
from layerwise.ecosystems.effects import SYSTEM, CacheDirectory, Effects, Environment, Path, Scope, Work, opaque
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.places import absolute_path, located, normal, place, places

_MANAGERS = frozenset({"dnf", "dnf5", "dnf-3", "yum", "microdnf", "tdnf"})
NAMES = _MANAGERS | {"yum-config-manager", "rpm", "rpmkeys"}

# Fedora's and Red Hat's packages keep to the file system hierarchy as Debian's do (see apt.py); packages from elsewhere
# use /opt, and kernel sources are in /usr/src.
_SYSTEM = frozenset({*SYSTEM, *(Path(path, tree=True) for path in ("/boot", "/var", "/run", "/root"))}) | {
    Path(path) for path in ("/usr/src", "/usr/local", "/opt", "/srv", "/home", "/mnt", "/media")
}
_FOREIGN = frozenset({Path("/opt", tree=True), Path("/usr/src", tree=True), Path("/usr/local", tree=True)})
_SOURCES = re.compile(r"kernel(-rt|-debug)?-devel|^dkms|akmod|kmod")

_DNF, _DNF5, _YUM = "/var/cache/dnf", "/var/cache/libdnf5", "/var/cache/yum"
# yum is dnf since Red Hat 8, and dnf is dnf5 since Fedora 41: the name does not tell which it is.
_DIRECTORIES = {"microdnf": (_YUM, _DNF5), "tdnf": ("/var/cache/tdnf",), "yum": (_YUM, _DNF, _DNF5)}

# dnf.conf(5), section on variables; rpm(8); rpm's own macros; systemd's and Microsoft's package scripts.
_VARIABLES = (
    *("DNF*", "YUM*", "RPM*", "LIBDNF_*", "PYTHON*", "SYSTEMD_*", "ACCEPT_EULA", "GPG_*", "CURL_*", "DKMS_*"),
    *("SUDO_*", "EDITOR", "PAGER", "DISPLAY", "LOCALE_ARCHIVE", "P11_KIT_*"),
)
_VALUED = (
    *("-c", "--config", "-d", "--debuglevel", "-e", "--errorlevel", "-x", "--exclude", "--excludepkgs", "-R"),
    *("--installroot", "--setopt", "--enablerepo", "--disablerepo", "--repo", "--repoid", "--releasever", "--advisory"),
    *("--forcearch", "--comment", "--rpmverbosity", "--disableplugin", "--enableplugin", "--repofrompath", "--bz"),
    *("--cve", "--sec-severity", "--secseverity", "--color", "--downloaddir", "--destdir", "--disableexcludes"),
    *("--add-repo", "--from-repofile", "--arch", "--rpmdefine", "--use-host-config", "--store"),
)
_MOVES = re.compile(
    r"(installroot|persistdir|reposdir|varsdir|vars|pluginpath|pluginconfpath|logdir|transformdb|system_cachedir|destdir)="
)
_KEEPS = re.compile(r"keepcache=(1|true|yes|on)", re.IGNORECASE)

_INSTALLS = frozenset(
    {
        *("install", "in", "reinstall", "rei", "upgrade", "up", "update", "upgrade-minimal", "update-minimal"),
        *("downgrade", "dg", "distro-sync", "distrosync", "dsync", "swap", "builddep", "build-dep", "localinstall"),
        *("install-n", "install-na", "install-nevra", "groupinstall", "groupupdate", "update-to", "upgrade-to"),
    }
)
_REMOVES = frozenset({"remove", "rm", "erase", "autoremove", "autoerase", "remove-n", "groupremove"})
_FETCHES = frozenset({"makecache", "mc", "check-update", "check-upgrade"})
_SETTINGS = frozenset({"config-manager", "copr", "versionlock", "mark"})
_ASKS = frozenset(
    {
        *(
            "list",
            "info",
            "search",
            "repolist",
            "repoinfo",
            "repoquery",
            "provides",
            "whatprovides",
            "history",
            "check",
        ),
        *("updateinfo", "deplist", "grouplist", "groupinfo", "help", "repo", "advisory", "count", "version"),
    }
)


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of an rpm-based package manager: a closed list of variables, the system's own directories."""
    if call.name in {"rpm", "rpmkeys"}:
        return _rpm(call, scope)
    options = parse(call.arguments, _VALUED)
    if call.name == "yum-config-manager":
        return _settings(options, scope)
    if moved := _moves_directories(options):
        return opaque(f"{call.name} works in other directories: {moved}")
    if not options.positionals:
        return (
            Effects(environment=_closed(), work=SHELL_WORK) if options.has("--version", "--help") else opaque(str(call))
        )
    verb, *named = options.positionals
    rest = Options(options.options, tuple(named))
    handler = _handler(verb.value, rest)
    if handler is None:
        return opaque(f"layerwise does not know what {call.name} {verb.text} does")
    return handler(call, rest, scope) | Effects(
        reads=places(options.values("-c", "--config"), scope), environment=_closed()
    )


_Handler = Callable[[Call, Options, Scope], Effects]


def _handler(verb: str | None, rest: Options) -> _Handler | None:
    """Return what tells the effects of a verb; ``group`` and ``module`` have verbs of their own."""
    if verb in {"group", "groups", "grp", "module", "environment"}:
        below = rest.positionals[0].value if rest.positionals else None
        if below in {"enable", "disable", "reset", "switch-to"}:
            return _install
        return _group if below in _INSTALLS | _REMOVES else _handler(below, Options((), ()))
    if verb in _INSTALLS:
        return _install
    if verb in _REMOVES:
        return _remove
    if verb == "clean":
        return _clean
    if verb in _FETCHES:
        return _refresh
    if verb in _SETTINGS:
        return lambda _call, options, scope: _settings(options, scope)
    if verb == "download":
        return _download
    return _asks if verb in _ASKS else None


def _moves_directories(options: Options) -> str | None:
    """Return a setting that puts directories elsewhere; the cache's own is followed."""
    for value in options.values("--setopt"):
        if value.value is None or _MOVES.search(value.text):
            return value.text
    return None


def _root(options: Options, scope: Scope) -> str | None:
    """Return the directory that ``--installroot`` names, "" without it and None where it is not known."""
    named = options.value("--installroot")
    if named is None:
        return ""
    found = absolute_path(named.text, scope) if named.value else None
    return "" if found == "/" else found


def _directories(call: Call, options: Options, scope: Scope) -> frozenset[Path]:
    """Return where downloads may lie; with ``--installroot`` that is below it (dnf(8))."""
    for value in reversed(options.values("--setopt")):
        if value.text.startswith("cachedir="):
            return frozenset({located(value.text.removeprefix("cachedir="), scope)})
    root = _root(options, scope)
    named = _DIRECTORIES.get(call.name, (_DNF, _DNF5))
    return frozenset() if root is None else frozenset(Path(normal(root + one), tree=True) for one in named)


def _caches(call: Call, options: Options, scope: Scope) -> frozenset[CacheDirectory]:
    return frozenset(
        CacheDirectory(one.path, "locked") for one in _directories(call, options, scope) if one.path != "/"
    )


def _target(options: Options, scope: Scope) -> frozenset[Path]:
    """Return what an install may write: the system, and the tree that ``--installroot`` names."""
    return _SYSTEM | places(options.values("--installroot"), scope)


def _install(call: Call, options: Options, scope: Scope) -> Effects:
    """Install packages; a name with a slash or of an .rpm is a file or URL."""
    named = options.positionals
    remote = tuple(one for one in named if "://" in one.text)
    local = tuple(one for one in named if one not in remote and _is_file(one))
    rest = tuple(one for one in named if one not in (*remote, *local))
    writes = _target(options, scope) | _directories(call, options, scope)
    if local or remote or any(_SOURCES.search(one.text) for one in named):
        writes |= _FOREIGN
    unknown = tuple(one for one in named if one.value is None and not one.prefix)
    return Effects(
        reads=writes | places(local, scope),
        writes=writes,
        fetches=not options.has("-C", "--cacheonly"),
        caches=_caches(call, options, scope),
        uncached=() if _keeps(options) else ("keepcache",),
        work=(Work("dnf.install", len(rest) + len(remote), _names(rest)),),
        doubts=tuple(f"installs packages that are not known: {one.text}" for one in unknown),
        deterministic=False,
    )


def _is_file(argument: Argument) -> bool:
    return argument.prefix.startswith(("/", "./", "../")) or argument.text.endswith((".rpm", ".spec"))


def _keeps(options: Options) -> bool:
    return any(_KEEPS.search(value.text) for value in options.values("--setopt"))


def _names(named: tuple[Argument, ...]) -> tuple[str, ...]:
    """Return packages by name, as far as a version behind it can be told from one: ``bash-5.1``, ``nginx.x86_64``."""
    parts = (re.split(r"-\d|[=<>~:\s]|\.(?:x86_64|aarch64|noarch|i686)$", one.text)[0] for one in named if one.known)
    return tuple(part.lower() for part in parts if part)


def _group(call: Call, options: Options, scope: Scope) -> Effects:
    verb, *named = options.positionals
    rest = Options(options.options, tuple(named))
    return (_remove if verb.value in _REMOVES else _install)(call, rest, scope)


def _remove(_call: Call, options: Options, scope: Scope) -> Effects:
    writes = _target(options, scope) | _FOREIGN
    return Effects(reads=writes, writes=writes, work=(Work("dnf.remove", len(options.positionals)),))


def _clean(call: Call, options: Options, scope: Scope) -> Effects:
    """Clean a cache; microdnf and yum keep nothing else, and what ``clean`` names is below the same directories."""
    directories = _directories(call, options, scope)
    if not directories:
        return opaque(f"{call.name} works in a directory that is not known: {call}")
    return Effects(reads=directories, writes=directories, work=SHELL_WORK)


def _refresh(call: Call, options: Options, scope: Scope) -> Effects:
    writes = _directories(call, options, scope) | places(options.values("--installroot"), scope)
    writes |= {Path("/var/lib/dnf", tree=True), Path("/var/log", tree=True), Path("/var/lib/rpm", tree=True)}
    return Effects(
        reads=_SYSTEM | writes,
        writes=writes,
        fetches=True,
        caches=_caches(call, options, scope),
        work=(Work("dnf.update"),),
        deterministic=False,
    )


def _settings(options: Options, scope: Scope) -> Effects:
    """Change repositories and marks; ``--add-repo`` takes a URL or a file."""
    named = (*options.values("--add-repo", "--from-repofile"), *options.positionals)
    files = tuple(one for one in named if "://" not in one.text and _is_file(one))
    writes = frozenset({Path("/etc", tree=True), Path("/var/cache", tree=True), Path("/var/lib", tree=True)})
    writes |= places(options.values("--installroot"), scope)
    return Effects(
        reads=writes | places(files, scope),
        writes=writes,
        fetches=True,
        environment=_closed(),
        work=SHELL_WORK,
        deterministic=False,
    )


def _download(call: Call, options: Options, scope: Scope) -> Effects:
    where = places(options.values("--downloaddir", "--destdir"), scope) or frozenset({located(".", scope)})
    return _install(call, options, scope) | Effects(writes=where)


def _asks(call: Call, options: Options, scope: Scope) -> Effects:
    """Questions refresh the metadata where it is old."""
    return _refresh(call, options, scope) | Effects(reads=_SYSTEM)


_RPM_VALUED = (
    "--root",
    "-r",
    "--dbpath",
    "--prefix",
    "--relocate",
    "--define",
    "-D",
    "--eval",
    "-E",
    "--qf",
    "--queryformat",
)
_RPM_CHANGES = frozenset({"-i", "--install", "-U", "--upgrade", "-F", "--freshen", "--reinstall", "-e", "--erase"})


def _rpm(call: Call, scope: Scope) -> Effects:
    """Install, remove or ask about packages, and import keys; a query names files with ``-p``."""
    options = parse(call.arguments, _RPM_VALUED)
    if options.has("--root", "-r", "--dbpath", "--prefix", "--relocate", "--pipe") or options.doubtful:
        return opaque(f"rpm works in other directories, or on packages that are not known: {call}")
    local = tuple(one for one in options.positionals if "://" not in one.text)
    base = Effects(
        reads=_SYSTEM | frozenset(place(one, scope) for one in local),
        fetches=len(local) < len(options.positionals),
        environment=_closed(),
        deterministic=len(local) == len(options.positionals),
    )
    asks = options.has("-q", "--query", "-V", "--verify", "-K", "--checksig", "--version", "--eval", "-E", "--showrc")
    if asks:
        return base | Effects(work=SHELL_WORK)
    if options.has(*_RPM_CHANGES):
        work = (Work("dnf.install", len(options.positionals)),)
        return base | Effects(writes=_SYSTEM | _FOREIGN, work=work)
    if options.has("--import", "--rebuilddb", "--initdb"):
        return base | Effects(writes=frozenset({Path("/var/lib/rpm", tree=True), *SYSTEM}), work=SHELL_WORK)
    return opaque(f"layerwise does not know what this does: {call}")


def _closed() -> Environment:
    return fetching(*_VARIABLES)
