"""Debian's package managers: apt-get, apt, dpkg and the programs around them."""

import re

from layerwise.ecosystems.base import SHELL_WORK, fetching
from layerwise.ecosystems.call import Argument, Call
from layerwise.ecosystems.effects import SYSTEM, CacheDirectory, Effects, Environment, Path, Scope, Work, opaque
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.places import located, places

_GET = frozenset({"apt-get", "apt", "aptitude"})
_ASKING = frozenset({"apt-cache", "apt-mark", "apt-config", "dpkg-query", "dpkg-architecture", "apt-ftparchive"})
_CHANGING = frozenset({"dpkg-reconfigure", "debconf-set-selections", "dpkg-divert", "dpkg-statoverride", "update-rc.d"})
_KEYS = frozenset({"apt-key", "add-apt-repository", "apt-add-repository"})
NAMES = _GET | _ASKING | _CHANGING | _KEYS | {"dpkg", "apt-file", "dpkg-trigger"}

# Where packages put files and what their scripts change. Debian Policy 4.7: 9.1.1 holds packages to the file system
# hierarchy standard, which leaves /srv and directories of the site's own (/app, /code) alone; 9.1.2 keeps them out of
# /usr/local but for empty directories, and FHS 3.0 keeps them out of /home. Packages from elsewhere use names of their
# own in /opt, as headers and module sources do in /usr/src; neither is /opt/app or /usr/src/app, where images put
# applications: both trees count as a whole only where such a package, or a file of unknown origin, is asked for.
_SYSTEM = frozenset({*SYSTEM, *(Path(path, tree=True) for path in ("/boot", "/var", "/run", "/root"))}) | {
    Path(path) for path in ("/usr/src", "/usr/local", "/opt", "/srv", "/home", "/mnt", "/media")
}
_SOURCES = re.compile(r"linux-(headers|source|kbuild)|-dkms$|-source$|gtest|googletest|gmock|^dkms$|module-assistant")

_FOREIGN = frozenset({Path("/opt", tree=True), Path("/usr/src", tree=True), Path("/usr/local", tree=True)})

_LISTS = Path("/var/lib/apt/lists", tree=True)
_UNFINISHED = Path("/var/lib/apt/lists/partial", tree=True)
_CACHE = Path("/var/cache/apt", tree=True)
_CACHES = frozenset({CacheDirectory("/var/cache/apt", "locked"), CacheDirectory("/var/lib/apt/lists", "locked")})

# apt.conf(5), debconf(7), dpkg(1), ucf(1), needrestart(1), apt-listchanges(1), invoke-rc.d(8), apt-key(8).
_VARIABLES = (
    *(
        "APT_CONFIG",
        "APT_LISTCHANGES_*",
        "APT_LISTBUGS_*",
        "APT_KEY_*",
        "APT_HOOK_*",
        "DEBIAN_*",
        "DEBCONF_*",
        "DPKG_*",
    ),
    *("UCF_*", "NEEDRESTART_*", "SYSTEMD_*", "RUNLEVEL", "PREVLEVEL", "POLICYRCD", "ACCEPT_EULA", "LOCALE_ARCHIVE"),
    *("DEBUG_*", "PERL*", "PYTHON*", "PAGER", "EDITOR", "DISPLAY", "SUDO_*", "LESS", "COLORTERM", "INITRD", "DKMS_*"),
)

_VALUED = (
    *(
        "-o",
        "-c",
        "-t",
        "-a",
        "--option",
        "--config-file",
        "--target-release",
        "--default-release",
        "--host-architecture",
    ),
    *("--with-source", "-P", "--build-profiles", "--color"),
)
_DPKG_VALUED = (
    "--root",
    "--admindir",
    "--instdir",
    "--force-",
    "--path-exclude",
    "--path-include",
    "--log",
    "--showformat",
)
_INSTALLS = frozenset(
    {"install", "reinstall", "upgrade", "dist-upgrade", "full-upgrade", "build-dep", "satisfy", "safe-upgrade"}
)
_REMOVES = frozenset({"remove", "purge", "autoremove", "autopurge"})
_CLEANS = frozenset({"clean", "autoclean", "auto-clean", "distclean"})
_ASKS = frozenset({"list", "show", "search", "policy", "check", "changelog", "help", "moo", "depends", "rdepends"})


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of a Debian package manager: a closed list of variables, the system's own directories."""
    if call.name in _GET:
        return _get(call, scope)
    if call.name == "dpkg":
        return _dpkg(call, scope)
    if call.name in _KEYS:
        return _key(call, scope)
    files = places(_existing(parse(call.arguments, ("-o",)).positionals), scope)
    writes = _SYSTEM if call.name in _CHANGING or call.name == "apt-mark" else frozenset[Path]()
    return Effects(
        reads=writes | {_LISTS, _CACHE, Path("/var/lib/dpkg", tree=True)} | files,
        writes=writes,
        environment=_closed(),
        work=SHELL_WORK,
    )


def _get(call: Call, scope: Scope) -> Effects:
    options = parse(call.arguments, _VALUED)
    if not options.positionals:
        return Effects(environment=_closed(), work=SHELL_WORK)
    verb, *named = options.positionals
    base = Effects(reads=places(options.values("-c", "--config-file"), scope), environment=_closed())
    if moved := _moves_directories(options):
        return opaque(f"apt works in other directories: {moved}")
    if verb.value is None:
        return opaque(f"{call.name} is told what to do by a value that is not known: {verb.text}")
    if verb.text == "update":
        return base | _update()
    if verb.text in _INSTALLS:
        return base | _install(tuple(named), options, scope)
    if verb.text in _REMOVES:
        return base | _remove(tuple(named))
    if verb.text in _CLEANS:
        # Only distclean takes the lists of packages; the others take what an update left unfinished (apt-get(8)).
        cleaned = frozenset({_CACHE, _LISTS if verb.text == "distclean" else _UNFINISHED})
        return base | Effects(reads=cleaned, writes=cleaned, work=SHELL_WORK)
    if verb.text in {"download", "source"}:
        here = located(".", scope)
        return (
            base | _fetched() | Effects(reads=_SYSTEM, writes=_SYSTEM | {here}, work=(_counted("apt.install", named),))
        )
    if verb.text in _ASKS:
        return base | Effects(reads=_SYSTEM, work=SHELL_WORK)
    return opaque(f"layerwise does not know what {call.name} {verb.text} does")


def _moves_directories(options: Options) -> str | None:
    """Return an option that puts apt's directories elsewhere or hooks commands in."""
    for value in options.values("-o", "--option"):
        if value.value is None or re.match(
            r"(Dir|RootDir|DPkg::(Pre|Post|Options|Chroot)|APT::Update::)", value.text, re.IGNORECASE
        ):
            harmless = (value.value or "").casefold().startswith("dpkg::options::=--force-conf")
            if not harmless:
                return value.text
    return None


def _fetched() -> Effects:
    return Effects(fetches=True, caches=_CACHES, deterministic=False)


def _update() -> Effects:
    return _fetched() | Effects(
        reads=frozenset({_LISTS, _CACHE}),
        writes=frozenset({_LISTS, _CACHE, Path("/var/log", tree=True)}),
        work=(Work("apt.update"),),
    )


def _install(named: tuple[Argument, ...], options: Options, scope: Scope) -> Effects:
    """Install packages; a name with a slash or of a .deb is a file."""
    local = tuple(one for one in named if _is_file(one))
    reads = _SYSTEM | places(local, scope)
    writes = _SYSTEM | (
        {Path("/usr/src", tree=True)} if any(_SOURCES.search(one.text) for one in named) else frozenset()
    )
    writes |= _FOREIGN if local else frozenset()
    unknown = tuple(one for one in named if one.value is None and not one.prefix)
    doubts = tuple(f"installs packages that are not known: {one.text}" for one in unknown)
    return _fetched() | Effects(
        reads=reads | writes,
        writes=writes,
        work=(_counted("apt.install", [one for one in named if one not in local]),),
        doubts=doubts,
        fetches=not options.has("--no-download"),
    )


def _is_file(argument: Argument) -> bool:
    return argument.prefix.startswith(("/", "./", "../")) or argument.text.endswith(".deb")


def _remove(named: tuple[Argument, ...]) -> Effects:
    return Effects(reads=_SYSTEM, writes=_SYSTEM, work=(_counted("apt.remove", list(named)),))


def _counted(kind: str, named: list[Argument] | tuple[Argument, ...]) -> Work:
    """Return work on packages by name, their versions and releases dropped; an unknown value counts as one."""
    names = (re.split(r"[=/:]", one.text)[0] for one in named)
    known = tuple(name.lower() for name, one in zip(names, named, strict=True) if one.known and name)
    return Work(kind, len(named), known)


def _dpkg(call: Call, scope: Scope) -> Effects:
    options = parse(call.arguments, _DPKG_VALUED)
    if options.has("--root", "--instdir", "--admindir"):
        return opaque(f"dpkg works in other directories: {call}")
    named = places(options.positionals, scope)
    database = frozenset({Path("/var/lib/dpkg", tree=True)})
    if options.has("-x", "-X", "-R", "--extract", "--vextract", "-e", "--control", "-b", "--build"):
        return Effects(reads=named, writes=named, environment=_closed(), work=(Work("archive.extract", 1),))
    if options.has("-i", "--install", "--unpack", "-r", "--remove", "-P", "--purge", "--configure", "--triggers-only"):
        files = named if options.has("-i", "--install", "--unpack") else frozenset[Path]()
        work = Work("apt.install", len(options.positionals))
        return Effects(reads=_SYSTEM | files, writes=_SYSTEM | _FOREIGN, environment=_closed(), work=(work,))
    writes = (
        database
        if options.has("--add-architecture", "--remove-architecture", "--set-selections")
        else frozenset[Path]()
    )
    return Effects(reads=database | named, writes=writes, environment=_closed(), work=SHELL_WORK)


def _key(call: Call, scope: Scope) -> Effects:
    """Change apt's keys and sources, from a file, from standard input or from a server."""
    options = parse(call.arguments, ("--keyring", "--keyserver", "--recv-keys", "--recv-key", "-k", "-p", "-s"))
    files = places(_existing(options.positionals[1:]), scope)
    etc = frozenset({Path("/etc", tree=True), _LISTS, _CACHE, Path("/root/.gnupg", tree=True)})
    writes = etc | places(options.values("--keyring"), scope)
    fetches = (
        call.name != "apt-key" or options.has("--keyserver", "--recv-keys", "--recv-key") or _verb(options) == "adv"
    )
    return Effects(
        reads=writes | files,
        writes=writes,
        fetches=fetches,
        environment=_closed(),
        work=(Work("apt.update") if call.name != "apt-key" else Work("shell"),),
        deterministic=not fetches,
    )


def _verb(options: Options) -> str | None:
    return options.positionals[0].value if options.positionals else None


def _existing(arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
    return tuple(one for one in arguments if one.value != "-")


def _closed() -> Environment:
    return fetching(*_VARIABLES)
