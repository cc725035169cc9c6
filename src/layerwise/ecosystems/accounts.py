"""Users and groups: useradd, adduser, groupadd and their kin."""

from layerwise.ecosystems.base import closed
from layerwise.ecosystems.call import Argument, Call
from layerwise.ecosystems.effects import Effects, Path, Scope, Work
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.places import located, place

_USERS = frozenset({"useradd", "adduser", "usermod", "userdel", "deluser"})
NAMES = _USERS | frozenset(
    {
        "groupadd",
        "addgroup",
        "groupmod",
        "groupdel",
        "delgroup",
        "gpasswd",
        "passwd",
        "chpasswd",
        "chsh",
        "chage",
        "usermod",
    }
)

# The databases (passwd(5), shadow(5), subuid(5)), mail spools and the logs that useradd resets (useradd(8)).
_DATABASES = frozenset(
    Path(path, tree=True) for path in ("/etc", "/var/mail", "/var/spool/mail", "/var/log/lastlog", "/var/log/faillog")
)
_VALUED = (
    *(
        "-b",
        "-c",
        "-d",
        "-e",
        "-f",
        "-g",
        "-G",
        "-k",
        "-K",
        "-p",
        "-P",
        "-R",
        "-s",
        "-u",
        "-Z",
        "-l",
        "-a",
        "-M",
        "-r-",
    ),
    *("--base-dir", "--comment", "--home-dir", "--expiredate", "--inactive", "--gid", "--groups", "--skel", "--key"),
    *(
        "--password",
        "--prefix",
        "--root",
        "--shell",
        "--uid",
        "--home",
        "--ingroup",
        "--gecos",
        "--firstuid",
        "--lastuid",
    ),
    *("--conf", "--add_extra_groups", "--login"),
)
# Short options that take no value in useradd and its kin although they do in another of them.
_FLAGS = {"useradd": ("-M", "-a", "-l"), "usermod": ("-a",), "adduser": ("-G-",), "gpasswd": ("-r-",)}


def effects(call: Call, scope: Scope) -> Effects:
    """Return the user databases, and the home directory where one is made or moved."""
    valued = tuple(name for name in _VALUED if name not in _FLAGS.get(call.name, ()))
    options = parse(call.arguments, valued)
    writes = _DATABASES
    if call.name in _USERS:
        writes |= _homes(options, scope)
    return Effects(reads=writes, writes=writes, environment=closed(), work=(Work("accounts"),))


def _homes(options: Options, scope: Scope) -> frozenset[Path]:
    """Return the homes that may be made: one is not known to stay unmade, since /etc/login.defs may ask for it."""
    named = options.values("-d", "--home-dir", "--home")
    bases = options.values("-b", "--base-dir")
    if options.has("--root", "-R", "--prefix", "-P"):
        return frozenset({Path("/", tree=True)})
    homes = {place(one, scope) for one in (*named, *bases)}
    if not named:
        homes |= {_default(one, scope) for one in options.positionals[:1]}
    return frozenset(homes)


def _default(name: Argument, scope: Scope) -> Path:
    if name.value is None:
        return Path("/home", tree=True)
    return located(f"/home/{name.text}", scope)
