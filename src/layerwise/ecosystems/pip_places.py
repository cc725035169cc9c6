"""Where pip reads its settings, installs packages and keeps downloads."""

import posixpath

from layerwise.ecosystems.call import Call
from layerwise.ecosystems.effects import EVERYWHERE, Path, Scope
from layerwise.ecosystems.options import Options
from layerwise.ecosystems.places import absolute_path, home, located, places

_WRITES_TO = (
    "-t",
    "--target",
    "--prefix",
    "--root",
    "--src",
    "--source",
    "-d",
    "--dest",
    "-w",
    "--wheel-dir",
    "--report",
    "--log",
)


def settings(scope: Scope) -> frozenset[Path]:
    """Return pip's configuration files (the system's are in /etc)."""
    named = scope.environment.get("PIP_CONFIG_FILE")
    files = {home(scope, ".config/pip"), home(scope, ".pip"), home(scope, ".netrc")}
    return frozenset(files | ({located(named, scope, tree=False)} if named else set()))


def _setup_cfg(scope: Scope) -> tuple[str, ...]:
    """Before Python 3.10 pip takes places to install to from setup.cfg of the working directory (distutils)."""
    path = posixpath.join(scope.cwd or "/", "setup.cfg")
    if not scope.files.exists(path):
        return ()
    text = scope.files.read(path)
    return (path,) if text is None or "[install" in text else ()


def configuration(scope: Scope) -> tuple[str, ...]:
    """Return configuration of pip that came from the project."""
    names = [scope.environment.get("PIP_CONFIG_FILE")]
    names += (
        [posixpath.join(scope.home, one) for one in (".config/pip/pip.conf", ".pip/pip.conf", ".netrc")]
        if scope.home
        else []
    )
    names += [posixpath.join(prefix, "pip.conf") for prefix in prefixes(scope)] + ["/etc/pip.conf"]
    paths = (absolute_path(one, scope) for one in names if one)
    return (*(path for path in paths if path and scope.files.exists(path)), *_setup_cfg(scope))


def configured(scope: Scope) -> frozenset[Path]:
    """Return what PIP_* variables name: requirement and constraint files among them."""
    named = [value for name, value in scope.environment.items() if name.startswith("PIP_") and value and "/" in value]
    return frozenset(Path(one) for one in configuration(scope)) | frozenset(
        located(word, scope) for value in named for word in value.split() if "://" not in word
    )


def prefixes(scope: Scope) -> tuple[str, ...]:
    """Return where Python environments are, as PATH and VIRTUAL_ENV say."""
    path = scope.environment.get("PATH") or ""
    programs = [
        posixpath.dirname(one.rstrip("/"))
        for one in path.split(":")
        if one.startswith("/") and one.rstrip("/").endswith("/bin")
    ]
    active = [value for name in ("VIRTUAL_ENV", "CONDA_PREFIX") if (value := scope.environment.get(name))]
    system = {"/usr", "/usr/local", "/"}
    return tuple(dict.fromkeys(one for one in (*active, *programs) if one not in system))


# Where pip of Debian, of the python images and of conda's images installs; scripts, data files and manual pages with
# it. /opt is where images keep interpreters that PATH was set for in the base.
_SITES = tuple(
    Path(path, tree=True)
    for path in (
        *(
            "/usr/local/bin",
            "/usr/local/etc",
            "/usr/local/include",
            "/usr/local/lib",
            "/usr/local/man",
            "/usr/local/share",
        ),
        *("/usr/bin", "/usr/etc", "/usr/include", "/usr/lib", "/usr/lib64", "/usr/share", "/opt/conda", "/opt/venv"),
    )
)


def installed_to(call: Call, options: Options, scope: Scope) -> frozenset[Path]:
    """Return where packages go: into the environment of the interpreter, and where options say."""
    own = (
        absolute_path(posixpath.dirname(posixpath.dirname(call.path)), scope)
        if call.path and "/" in call.path
        else None
    )
    roots = {Path(own, tree=True)} if own and own not in {"/usr", "/"} else set()
    roots |= {Path(prefix, tree=True) for prefix in prefixes(scope)}
    named = places(options.values(*_WRITES_TO), scope)
    user = scope.environment.get("PYTHONUSERBASE")
    variables = [
        value for name in ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_SRC") if (value := scope.environment.get(name))
    ]
    return (
        frozenset({*_SITES, home(scope, ".local"), *roots})
        | named
        | frozenset(located(one, scope) for one in (*variables, *([user] if user else [])))
    )


def uncached(options: Options, scope: Scope) -> tuple[str, ...]:
    """Return what turns the download cache off.

    PIP_NO_CACHE_DIR does so with any value but the empty one, "false" included (pip's cmdoptions.py, for the sake of
    scripts that rely on it).
    """
    given = ("--no-cache-dir",) if options.has("--no-cache-dir") else ()
    return (*given, *(("PIP_NO_CACHE_DIR",) if scope.environment.get("PIP_NO_CACHE_DIR") else ()))


def download_caches(options: Options, scope: Scope) -> frozenset[Path]:
    """Return pip's download cache, also where it is turned off; nothing where it cannot be told.

    That is so for a variable of unknown value and for a configuration of the project that sets or turns off a cache.
    """
    named = options.values("--cache-dir")
    if named:
        return places(named, scope) - {EVERYWHERE}
    moved = [name for name in ("PIP_CACHE_DIR", "PIP_NO_CACHE_DIR") if scope.environment.get(name, "") is None]
    texts = (scope.files.read(path) or "" for path in configuration(scope))
    if moved or any("cache-dir" in text for text in texts):
        return frozenset()
    for name, below in (("PIP_CACHE_DIR", ""), ("XDG_CACHE_HOME", "pip")):
        if variable := scope.environment.get(name):
            return frozenset({located(posixpath.join(variable, below), scope)}) - {EVERYWHERE}
    return frozenset({home(scope, ".cache/pip")}) - {EVERYWHERE}
