"""What npm, yarn, pnpm and bun have in common around an install: variables, .npmrc, flags, corepack."""

import posixpath
import re

from layerwise.ecosystems.base import fetching
from layerwise.ecosystems.effects import Effects, Environment, Files, Openness, Path, Scope
from layerwise.ecosystems.options import Options
from layerwise.ecosystems.package_json import Package
from layerwise.ecosystems.places import home, located

# npm and pnpm read each of their settings as npm_config_<name>, in any case, and expand any ${NAME} in .npmrc (npm
# docs, "config" and "npmrc"); yarn reads YARN_* and npm_config_*, bun BUN_* and npm_config_*; node reads NODE_*; git,
# node-gyp and python run for packages that need them.
_VARIABLES = (
    *("npm_*", "NODE", "NODE_*", "YARN_*", "PNPM_*", "BUN_*", "COREPACK_*", "CI", "PREFIX", "DESTDIR", "APPDATA"),
    *("INIT_CWD", "EDITOR", "FORCE_COLOR", "COLOR", "GIT_SSH*", "GIT_CONFIG*", "GIT_ASKPASS", "SSH_*", "PYTHON*"),
    *("GYP_*", "CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "MAKEFLAGS", "JOBS", "UV_THREADPOOL_SIZE", "SSL_CERT_*"),
    *("GITHUB_ACTIONS", "CONTINUOUS_INTEGRATION", "BUILD_NUMBER", "RUN_ID", "VERCEL", "NETLIFY", "BROWSER", "DEBUG"),
)
_LOADS = re.compile(r"(?:^|\s)(?:-r|--require|--import|--loader|--experimental-loader|--env-file)\b")
_NOTHING = frozenset({"", "0", "false"})


def environment(*variables: str) -> Environment:
    """Return the environment of an install: its own variables and what packages look at."""
    return fetching(*_VARIABLES, *variables, openness=Openness.INSTALLER)


def variable(scope: Scope, *names: str) -> str | None:
    """Return the value of the first variable that is set, in any case; "" where it is unknown, None for none set."""
    for name in names:
        for given, value in scope.environment.items():
            if given.casefold().replace("-", "_") == name.casefold():
                return value or ""
    return None


def preloaded(scope: Scope) -> tuple[str, ...]:
    """Say what node loads first because NODE_OPTIONS asks for it (node(1))."""
    if "NODE_OPTIONS" not in scope.environment:
        return ()
    value = scope.environment["NODE_OPTIONS"]
    return (f"node loads what NODE_OPTIONS names: {value}",) if value is None or _LOADS.search(value) else ()


def npmrc(directory: str, files: Files) -> dict[str, str]:
    """Return the settings of a directory's .npmrc; the value of one that expands a variable is ""."""
    text = files.read(posixpath.join(directory, ".npmrc")) or ""
    found = re.findall(r"^[ \t]*([\w@:/.-]+)[ \t]*=[ \t]*(.*?)[ \t\r]*$", text, re.MULTILINE)
    return {name: "" if "${" in value else value.strip("\"'") for name, value in found}


def expanded(directory: str, name: str, files: Files) -> frozenset[str]:
    """Return the variables that a settings file of a directory expands."""
    text = files.read(posixpath.join(directory, name)) or ""
    return frozenset(re.findall(r"\$\{?(\w+)", text))


def flagged(options: Options, *names: str) -> bool | None:
    """Whether a flag was given last as on (``--name``) or off (``--name=false``, ``--no-name``); None for neither."""
    found: bool | None = None
    for option in options.options:
        plain = option.name.replace("--no-", "--", 1)
        if option.name in names:
            found = option.value is None or option.value.value not in _NOTHING
        elif plain in names:
            found = False
    return found


def set_true(scope: Scope, *names: str) -> bool | None:
    """Whether the first of the variables that is set is true; None for none set."""
    value = variable(scope, *names)
    return None if value is None else value.casefold() not in _NOTHING


def corepack_home(scope: Scope) -> Path:
    """Return where corepack keeps the package managers that it downloaded (corepack's README, COREPACK_HOME)."""
    moved = variable(scope, "COREPACK_HOME")
    if moved == "":
        return located("/", scope)
    return located(moved, scope) if moved else home(scope, ".cache/node/corepack")


def by_corepack(root: Package, scope: Scope) -> Effects:
    """Return what yarn or pnpm do besides where corepack starts them.

    It downloads the version that package.json names, reads .corepack.env beside it, and up to release 0.30 writes the
    version it took into a package.json that names none (corepack sources, Engine.executePackageManagerRequest).
    """
    store = corepack_home(scope)
    pins = not root.manager and root.content and variable(scope, "COREPACK_ENABLE_AUTO_PIN") != "0"
    return Effects(
        reads=frozenset({store, Path(posixpath.join(root.directory, ".corepack.env"))}),
        writes=frozenset({store, Path(root.path)} if pins else {store}),
        doubts=(f"an older corepack writes the version it takes into {root.path}",) if pins else (),
    )
