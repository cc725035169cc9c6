"""poetry: what it installs, from which files, and whether it builds the project.

What is opened was watched with poetry 2.5 (see ``poetry_project.py``). Every setting is also a variable POETRY_<NAME>
(poetry's documentation, "Configuration"); environments lie below the cache directory unless told otherwise, so only
the downloads in it are a cache. Nothing says that two poetry may use one cache at once.
"""

import posixpath
from collections.abc import Callable

from layerwise.ecosystems.base import SHELL_WORK, closed, fetching
from layerwise.ecosystems.call import Call
from layerwise.ecosystems.effects import (
    EVERYWHERE,
    CacheDirectory,
    Effects,
    Environment,
    Openness,
    Path,
    Scope,
    Work,
    opaque,
)
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.pip_places import installed_to
from layerwise.ecosystems.places import absolute_path, home, located, places
from layerwise.ecosystems.poetry_project import Project, read_project

NAMES = frozenset({"poetry"})

_VARIABLES = (
    *("POETRY_*", "PYTHON*", "VIRTUAL_ENV*", "CONDA_*", "PIP_*", "SETUPTOOLS_*", "DISTUTILS_*", "KEYRING_*"),
    *("GIT_SSH*", "GIT_CONFIG*", "GIT_ASKPASS", "CARGO_*", "RUSTFLAGS", "CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS"),
    *("LDFLAGS", "MAKEFLAGS", "PKG_CONFIG*", "REQUESTS_*", "CI"),
)
_VALUED = (
    *("-C", "--directory", "-P", "--project", "--without", "--with", "--only", "-E", "--extras", "-f", "--format"),
    *(
        "-o",
        "--output",
    ),
)
_FLAGS = (
    *("--no-root", "--no-directory", "--sync", "--only-root", "--dry-run", "--all-extras", "--all-groups", "--compile"),
    *("--no-dev", "--dev", "-n", "--no-interaction", "-q", "--quiet", "-v", "-vv", "-vvv", "--verbose", "--ansi"),
    *("--no-ansi", "--no-plugins", "--no-cache", "--remove-untracked", "--no-update", "--regenerate", "--check"),
    *("--without-hashes", "--without-urls", "--with-credentials", "--lock", "--list", "--local", "--unset", "--all"),
    *("--migrate", "-h", "--help", "--strict"),
)
_RUNS = frozenset({"run", "build", "publish", "shell", "new", "init", "add", "remove", "update", "version", "self"})


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of a poetry command."""
    options = parse(call.arguments, _VALUED)
    if not options.positionals:
        asked = options.has("--version", "-V", "--help", "-h")
        return Effects(environment=closed(*_VARIABLES), work=SHELL_WORK) if asked else opaque(str(call))
    verb = options.positionals[0].value or ""
    rest = Options(options.options, options.positionals[1:])
    project = _project(options, scope)
    if project is None:
        return opaque(f"the directory that poetry works in is not known: {call}")
    handler = _VERBS.get(verb)
    if handler is None:
        reason = "runs project code" if verb in _RUNS else "layerwise does not know what poetry does here"
        return opaque(f"{reason}: {call}") | Effects(caches=_caches(project, scope))
    return handler(rest, project, scope) | Effects(reads=_settings(scope), environment=_environment())


def _environment() -> Environment:
    return fetching(*_VARIABLES, openness=Openness.INSTALLER)


def _project(options: Options, scope: Scope) -> Project | None:
    given = options.value("-P", "--project", "-C", "--directory")
    directory = scope.cwd if given is None else absolute_path(given.text, scope) if given.value else None
    return read_project(directory, scope.files) if directory else None


def _settings(scope: Scope) -> frozenset[Path]:
    return frozenset({_own_settings(scope), home(scope, ".netrc"), home(scope, ".gitconfig")})


def _own_settings(scope: Scope) -> Path:
    if "POETRY_CONFIG_DIR" not in scope.environment:
        return home(scope, ".config/pypoetry")
    value = scope.environment["POETRY_CONFIG_DIR"]
    return located(value, scope) if value else EVERYWHERE


def _cache_root(project: Project, scope: Scope) -> Path:
    """Return the cache directory, EVERYWHERE where that is not known."""
    if "POETRY_CACHE_DIR" in scope.environment:
        value = scope.environment["POETRY_CACHE_DIR"]
        return located(value, scope) if value else EVERYWHERE
    if project.cache_directory is not None:
        relative = "{" not in project.cache_directory
        return located(posixpath.join(project.directory, project.cache_directory), scope) if relative else EVERYWHERE
    if "XDG_CACHE_HOME" in scope.environment:
        value = scope.environment["XDG_CACHE_HOME"]
        return located(posixpath.join(value, "pypoetry"), scope) if value else EVERYWHERE
    return home(scope, ".cache/pypoetry")


def _caches(project: Project, scope: Scope) -> frozenset[CacheDirectory]:
    root = _cache_root(project, scope)
    if root == EVERYWHERE:
        return frozenset()
    return frozenset(CacheDirectory(posixpath.join(root.path, name), "locked") for name in ("cache", "artifacts"))


def _environments(project: Project, scope: Scope) -> frozenset[Path]:
    """Return where packages may go: .venv, an environment below the cache directory, the interpreter's own."""
    off = {"0", "false", "no"}
    system = (scope.environment.get("POETRY_VIRTUALENVS_CREATE") or "").lower() in off
    outside = system or (scope.environment.get("POETRY_VIRTUALENVS_IN_PROJECT") or "").lower() in off
    found = {_cache_root(project, scope), home(scope, ".cache/virtualenv"), home(scope, ".local/share/virtualenv")}
    if not outside:
        found.add(Path(posixpath.join(project.directory, ".venv"), tree=True))
    if "POETRY_VIRTUALENVS_PATH" in scope.environment:
        value = scope.environment["POETRY_VIRTUALENVS_PATH"]
        found.add(located(value, scope) if value and "{" not in value else EVERYWHERE)
    if project.environment_directory is not None:
        found.add(located(posixpath.join(project.directory, project.environment_directory), scope))
    return frozenset(found) | installed_to(Call("poetry"), Options((), ()), scope)


def _install(options: Options, project: Project, scope: Scope) -> Effects:
    built = project.package and not options.has("--no-root")
    reasons = [*project.needs_source, *_reasons(options)]
    reasons += ["installs the project itself: --no-root leaves it out"] if built else []
    reasons += [f"installs {one} of the project" for one in project.archives]
    if not options.has("--no-directory"):
        reasons += [f"installs {one} of the project: --no-directory leaves it out" for one in project.directories]
    where = _environments(project, scope)
    lock = Path(posixpath.join(project.directory, "poetry.lock"))
    return Effects(
        reads=frozenset(Path(one) for one in project.candidates) | where,
        writes=where | (frozenset() if project.lock else {lock}),
        fetches=True,
        environment=Environment(Openness.OPEN if reasons else Openness.INSTALLER),
        manifests=project.manifests,
        lock=project.lock,
        caches=_caches(project, scope),
        uncached=("--no-cache",) if options.has("--no-cache") else (),
        work=(Work("poetry.install", project.packages, project.names),),
        needs_source=tuple(reasons),
        deterministic=project.hashed,
    )


def _reasons(options: Options) -> list[str]:
    known = (*_VALUED, *_FLAGS)
    return [f"an option of poetry that layerwise does not know: {one}" for one in options.unknown(known)]


def _lock(options: Options, project: Project, scope: Scope) -> Effects:
    """Resolve and write the lock; packages of the project are opened for their metadata."""
    local = [f"reads the metadata of {one}" for one in (*project.archives, *project.directories)]
    reasons = (*project.needs_source, *_reasons(options), *local)
    lock = Path(posixpath.join(project.directory, "poetry.lock"))
    return Effects(
        reads=frozenset(Path(one) for one in project.candidates) | _environments(project, scope),
        writes=frozenset({lock, _cache_root(project, scope), home(scope, ".cache/virtualenv")}),
        fetches=True,
        environment=Environment(Openness.OPEN if reasons else Openness.INSTALLER),
        manifests=project.manifests,
        lock=project.lock,
        caches=_caches(project, scope),
        work=(Work("poetry.lock", project.packages, project.names),),
        needs_source=reasons,
        deterministic=False,
    )


def _export(options: Options, project: Project, scope: Scope) -> Effects:
    """Write the lock as requirements, to a file or to standard output."""
    written = places(options.values("-o", "--output"), scope, tree=False)
    reasons = (*project.needs_source, *_reasons(options))
    return Effects(
        reads=frozenset(Path(one) for one in project.candidates) | written | _environments(project, scope),
        writes=written | {_cache_root(project, scope)},
        fetches=project.lock is None,
        environment=Environment(Openness.OPEN if reasons else Openness.INSTALLER),
        manifests=project.manifests,
        lock=project.lock,
        caches=_caches(project, scope),
        work=SHELL_WORK,
        needs_source=reasons,
        deterministic=project.lock is not None,
    )


def _config(options: Options, project: Project, scope: Scope) -> Effects:
    """``poetry config`` writes the user's settings, with ``--local`` poetry.toml of the project."""
    own = Path(posixpath.join(project.directory, "poetry.toml"))
    read = _settings(scope) | {own, *(Path(one) for one in project.candidates)}
    if options.has("--list"):
        return Effects(reads=read, work=SHELL_WORK)
    written = {own} if options.has("--local") else {_own_settings(scope)}
    return Effects(
        reads=read,
        writes=frozenset(written),
        work=SHELL_WORK,
        manifests=tuple(one for one in project.manifests if one != own.path),
    )


def _cache(options: Options, project: Project, scope: Scope) -> Effects:
    """``poetry cache clear`` empties the downloads, not the environments beside them."""
    found = frozenset(Path(one.path, tree=True) for one in _caches(project, scope)) or frozenset({EVERYWHERE})
    cleans = any(one.value == "clear" for one in options.positionals[:1])
    return Effects(reads=found, writes=found if cleans else frozenset(), work=SHELL_WORK)


def _asks(_options: Options, project: Project, scope: Scope) -> Effects:
    read = frozenset(Path(one) for one in project.candidates) | _environments(project, scope)
    return Effects(
        reads=read | {located(".", scope)},
        writes=frozenset({_cache_root(project, scope)}),
        fetches=True,
        work=SHELL_WORK,
    )


_VERBS: dict[str, Callable[[Options, Project, Scope], Effects]] = {
    "install": _install,
    "sync": _install,
    "lock": _lock,
    "export": _export,
    "config": _config,
    "cache": _cache,
    **dict.fromkeys(("check", "show", "search", "about", "list", "help", "source"), _asks),
}
