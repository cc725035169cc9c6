"""pip: what it installs, from which files, and whether it runs the project's own code.

Options are those of pip 23 to 26 (``pip install --help``); configuration files are those of pip's documentation,
"Configuration".
"""

import posixpath
import sys
from collections.abc import Callable

from layerwise.ecosystems.base import SHELL_WORK, fetching
from layerwise.ecosystems.call import Argument, Call
from layerwise.ecosystems.effects import CacheDirectory, Effects, Environment, Openness, Path, Scope, Work, opaque
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.places import absolute_path, home, located, place, places
from layerwise.ecosystems.requirements import Requirements, editable, find_links, read_file, requirement

NAMES = frozenset({"pip", "pip3", "pip2"})

# PIP_* are options of pip; the others are read by the interpreter, by setuptools and wheel that pip runs, and by
# keyring and git that pip asks.
_VARIABLES = (
    *("PIP_*", "PYTHON*", "VIRTUAL_ENV", "CONDA_*", "SETUPTOOLS_*", "DISTUTILS_*", "_PYTHON_*", "__PYVENV_LAUNCHER__"),
    *(
        "PEP517_*",
        "KEYRING_*",
        "PYPI_*",
        "GIT_SSH*",
        "GIT_CONFIG*",
        "GIT_ASKPASS",
        "GIT_TERMINAL_PROMPT",
        "WHEEL_*",
        "PYENV_*",
    ),
    *(
        "CARGO_*",
        "RUSTFLAGS",
        "CC",
        "CXX",
        "CFLAGS",
        "CXXFLAGS",
        "CPPFLAGS",
        "LDFLAGS",
        "MAKEFLAGS",
        "PKG_CONFIG*",
        "CI",
    ),
)

_GENERAL = (
    *("--python", "--log", "--log-file", "--local-log", "--proxy", "--retries", "--timeout", "--default-timeout"),
    *(
        "--exists-action",
        "--trusted-host",
        "--cert",
        "--client-cert",
        "--cache-dir",
        "--use-feature",
        "--use-deprecated",
    ),
    *("--keyring-provider", "--resume-retries", "--root-user-action"),
)
_INSTALLING = (
    *("-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-f", "--find-links", "-i", "--index-url"),
    *("--pypi-url", "--extra-index-url", "-t", "--target", "--prefix", "--root", "--src", "--source", "--source-dir"),
    *("--source-directory", "--platform", "--python-version", "--implementation", "--abi", "--upgrade-strategy"),
    *(
        "--config-settings",
        "--config-setting",
        "-C",
        "--global-option",
        "--install-option",
        "--build-option",
        "--no-binary",
    ),
    *("--only-binary", "--progress-bar", "--report", "-d", "--dest", "--destination-dir", "--destination-directory"),
    *(
        "-w",
        "--wheel-dir",
        "--build-constraint",
        "--group",
        "--uploaded-prior-to",
        "--dependency-group",
        "-b",
        "--build",
    ),
)
_FLAGS = (
    *(
        "--break-system-packages",
        "--check-build-dependencies",
        "--compile",
        "--debug",
        "--disable-pip-version-check",
        "--dry-run",
    ),
    *(
        "--force-reinstall",
        "--help",
        "--ignore-installed",
        "--ignore-requires-python",
        "--isolated",
        "--no-build-isolation",
    ),
    *(
        "--no-cache-dir",
        "--no-clean",
        "--no-color",
        "--no-compile",
        "--no-dependencies",
        "--no-deps",
        "--no-index",
        "--no-input",
    ),
    *(
        "--no-python-version-warning",
        "--no-use-pep517",
        "--no-user",
        "--no-warn-conflicts",
        "--no-warn-script-location",
        "--pre",
    ),
    *(
        "--prefer-binary",
        "--quiet",
        "--require-hashes",
        "--require-venv",
        "--require-virtualenv",
        "--upgrade",
        "--use-pep517",
    ),
    *("--user", "--verbose", "--version", "--yes", "--no-verify", "--trusted-host", "--egg", "--force"),
    *("-I", "-U", "-V", "-h", "-q", "-v", "-y"),
)
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

_ASKS = frozenset(
    {"list", "show", "check", "freeze", "inspect", "debug", "help", "hash", "index", "search", "completion"}
)


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of a pip command."""
    options = parse(call.arguments, (*_GENERAL, *_INSTALLING))
    verb = options.positionals[0] if options.positionals else None
    if verb is None:
        return (
            Effects(environment=_environment(), work=SHELL_WORK)
            if options.has("--version", "-V", "--help")
            else opaque(str(call))
        )
    handler = _VERBS.get(verb.value or "")
    if handler is None:
        return opaque(f"layerwise does not know what pip {verb.text} does")
    rest = Options(options.options, options.positionals[1:])
    return handler(call, rest, scope) | Effects(reads=_settings(scope), environment=_environment())


def _environment() -> Environment:
    return fetching(*_VARIABLES, openness=Openness.INSTALLER)


def _settings(scope: Scope) -> frozenset[Path]:
    """Return pip's configuration files (the system's are in /etc)."""
    named = scope.environment.get("PIP_CONFIG_FILE")
    files = {home(scope, ".config/pip"), home(scope, ".pip"), home(scope, ".netrc")}
    return frozenset(files | ({located(named, scope, tree=False)} if named else set()))


def _install(call: Call, options: Options, scope: Scope) -> Effects:
    asked = _asked(options, scope)
    project = any("reads the source" in reason for reason in asked.local)
    reasons = _reasons(options)
    names = tuple(name for name in asked.names if name)
    work = [Work("pip.install", len(asked.names), names)] if asked.names or not project else []
    if project:
        work.append(Work("pip.install-project", 1))
    locked = asked.complete and asked.hashed and bool(asked.files)
    environment = Environment(Openness.OPEN) if asked.local or reasons else _environment()
    return asked.effects() | Effects(
        reads=_configured(scope) | _installed_to(call, options, scope),
        writes=_installed_to(call, options, scope) | _caches(options, scope),
        fetches=not options.has("--no-index"),
        environment=environment | Environment(names=asked.variables),
        manifests=_configuration(scope),
        lock=asked.files[0] if locked else None,
        caches=frozenset({CacheDirectory(one.path, "shared") for one in _caches(options, scope)}),
        work=tuple(work),
        needs_source=reasons,
        deterministic=locked,
    )


def _asked(options: Options, scope: Scope) -> Requirements:
    """Return everything that the command line asks for."""
    found = Requirements()
    if scope.cwd is None:
        return Requirements(local=("the working directory of pip is not known",), hashed=False)
    for name, constraint in (
        ("-r", False),
        ("--requirement", False),
        ("-c", True),
        ("--constraint", True),
        ("--build-constraint", True),
    ):
        for value in options.values(name):
            found |= _file(value, scope, constraint=constraint)
    for value in options.values("-e", "--editable"):
        found |= editable(value.text, scope.cwd, scope.files)
    for value in options.values("-f", "--find-links"):
        found |= find_links(value.text, scope.cwd)
    for value in options.positionals:
        found |= _positional(value, scope)
    for value in options.values("--group", "--dependency-group"):
        found |= _file(Argument("pyproject.toml", prefix="pyproject.toml"), scope, constraint=True)
        found |= Requirements(local=(f"installs the group {value.text} of pyproject.toml",))
    return found


def _file(value: Argument, scope: Scope, *, constraint: bool) -> Requirements:
    path = absolute_path(value.text, scope) if value.value else None
    if value.prefix.startswith(("http:", "https:")):
        return Requirements(hashed=False)
    if path is None:
        return Requirements(local=(f"the requirements file {value.text} is not known",), hashed=False, complete=False)
    return read_file(path, scope.files, constraint=constraint)


def _positional(value: Argument, scope: Scope) -> Requirements:
    """A name, path or URL; a glob may match files, but ``.[dev]`` hardly ever does."""
    assert scope.cwd is not None
    if value.known and (not value.glob or "[" in value.text):
        return requirement(value.text, scope.cwd, scope.files)
    if value.glob and value.known and value.text.endswith(".whl"):
        return Requirements(paths=frozenset({place(value, scope)}), names=("",), hashed=False)
    if value.glob or not value.prefix or value.prefix.startswith((".", "/")):
        here = frozenset({located(posixpath.dirname(value.prefix) or ".", scope)})
        return Requirements(
            paths=here, local=(f"installs {value.text}, which is not known before the build",), hashed=False
        )
    return (
        requirement(value.prefix, scope.cwd, scope.files) if value.prefix[0].isalnum() else Requirements(hashed=False)
    )


def _reasons(options: Options) -> tuple[str, ...]:
    unknown = options.unknown((*_GENERAL, *_INSTALLING, *_FLAGS))
    reasons = [f"an option of pip that layerwise does not know: {name}" for name in unknown]
    if options.doubtful:
        reasons.append("pip is given arguments that are not known before the build")
    return tuple(reasons)


_IMPORTED_BY_PIP = frozenset(sys.stdlib_module_names) | {
    "pip",
    "setuptools",
    "wheel",
    "pkg_resources",
    "_distutils_hack",
    "sitecustomize",
    "usercustomize",
}


def as_module(call: Call, scope: Scope) -> Effects:
    """Return the effects of ``python -m pip``, which imports from the working directory first (python(1), -m)."""
    shadows = _shadows(scope)
    openness = Openness.OPEN if shadows else Openness.INSTALLER
    return effects(call, scope) | Effects(needs_source=shadows, environment=Environment(openness))


def _shadows(scope: Scope) -> tuple[str, ...]:
    if scope.cwd is None:
        return ("the working directory of python -m pip is not known",)
    modules = {name.removesuffix(".py"): name for name in scope.files.children(scope.cwd)}
    found = sorted(name for module, name in modules.items() if module in _IMPORTED_BY_PIP)
    return tuple(
        f"python -m pip imports {posixpath.join(scope.cwd, name)} in place of its own module" for name in found
    )


def _configuration(scope: Scope) -> tuple[str, ...]:
    """Return configuration of pip that came from the project."""
    names = [scope.environment.get("PIP_CONFIG_FILE")]
    names += (
        [posixpath.join(scope.home, one) for one in (".config/pip/pip.conf", ".pip/pip.conf", ".netrc")]
        if scope.home
        else []
    )
    names += [posixpath.join(prefix, "pip.conf") for prefix in _prefixes(scope)] + ["/etc/pip.conf"]
    paths = (absolute_path(one, scope) for one in names if one)
    return tuple(path for path in paths if path and scope.files.exists(path))


def _configured(scope: Scope) -> frozenset[Path]:
    """Return what PIP_* variables name: requirement and constraint files among them."""
    named = [value for name, value in scope.environment.items() if name.startswith("PIP_") and value and "/" in value]
    return frozenset(Path(one) for one in _configuration(scope)) | frozenset(
        located(word, scope) for value in named for word in value.split() if "://" not in word
    )


def _prefixes(scope: Scope) -> tuple[str, ...]:
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


def _installed_to(call: Call, options: Options, scope: Scope) -> frozenset[Path]:
    """Return where packages go: into the environment of the interpreter, and where options say."""
    own = (
        absolute_path(posixpath.dirname(posixpath.dirname(call.path)), scope)
        if call.path and "/" in call.path
        else None
    )
    prefixes = {Path(own, tree=True)} if own and own not in {"/usr", "/"} else set()
    prefixes |= {Path(prefix, tree=True) for prefix in _prefixes(scope)}
    named = places(options.values(*_WRITES_TO), scope)
    user = scope.environment.get("PYTHONUSERBASE")
    variables = [
        value for name in ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_SRC") if (value := scope.environment.get(name))
    ]
    sources = {located("src", scope)} if options.has("-e", "--editable") else set()
    return (
        frozenset({*_SITES, home(scope, ".local"), *prefixes, *sources})
        | named
        | frozenset(located(one, scope) for one in (*variables, *([user] if user else [])))
    )


def _caches(options: Options, scope: Scope) -> frozenset[Path]:
    if options.has("--no-cache-dir") or scope.environment.get("PIP_NO_CACHE_DIR"):
        return frozenset()
    named = options.values("--cache-dir")
    variable = scope.environment.get("PIP_CACHE_DIR")
    if named:
        return places(named, scope)
    return frozenset({located(variable, scope)}) if variable else frozenset({home(scope, ".cache/pip")})


def _uninstall(call: Call, options: Options, scope: Scope) -> Effects:
    files = Requirements()
    for value in options.values("-r", "--requirement"):
        files |= _file(value, scope, constraint=True)
    where = _installed_to(call, options, scope)
    return Effects(reads=where | files.effects().reads, writes=where, manifests=files.files, work=SHELL_WORK)


def _saved(call: Call, options: Options, scope: Scope) -> Effects:
    """``pip wheel`` and ``pip download`` leave files in the working directory unless told where."""
    found = _install(call, options, scope)
    directory = options.values("-w", "--wheel-dir", "-d", "--dest", "--destination-dir", "--destination-directory")
    return found | Effects(writes=places(directory, scope) or frozenset({located(".", scope)}))


def _cache(_call: Call, options: Options, scope: Scope) -> Effects:
    caches = _caches(options, scope)
    return Effects(reads=caches, writes=caches, work=SHELL_WORK)


def _config(_call: Call, _options: Options, scope: Scope) -> Effects:
    """``pip config set`` changes the user's file, or with an option another."""
    prefixes = frozenset(Path(posixpath.join(one, "pip.conf")) for one in _prefixes(scope))
    writes = _settings(scope) | prefixes | {Path("/etc", tree=True), Path("/usr/local/pip.conf"), Path("/usr/pip.conf")}
    return Effects(reads=writes, writes=writes, work=SHELL_WORK)


def _asks(call: Call, options: Options, scope: Scope) -> Effects:
    named = frozenset({located(".", scope)}) if "hash" in call.arguments[0].text else frozenset[Path]()
    return Effects(reads=_installed_to(call, options, scope) | named, fetches=True, work=SHELL_WORK)


_VERBS: dict[str, Callable[[Call, Options, Scope], Effects]] = {
    "install": _install,
    "uninstall": _uninstall,
    "wheel": _saved,
    "download": _saved,
    "cache": _cache,
    "config": _config,
    **dict.fromkeys(_ASKS, _asks),
}
