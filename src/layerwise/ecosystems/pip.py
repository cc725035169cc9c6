"""pip: what it installs, from which files, and whether it runs the project's own code.

Configuration files are those of pip's documentation, "Configuration".
"""

import posixpath
from collections.abc import Callable
from dataclasses import replace

from layerwise.ecosystems.base import SHELL_WORK, fetching
from layerwise.ecosystems.call import Argument, Call
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
from layerwise.ecosystems.imports import shadows
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.pip_options import FLAGS, GENERAL, INSTALLING, VARIABLES
from layerwise.ecosystems.pip_places import (
    configuration,
    configured,
    download_caches,
    installed_to,
    prefixes,
    settings,
    uncached,
)
from layerwise.ecosystems.places import absolute_path, located, place, places
from layerwise.ecosystems.requirements import Requirements, editable, find_links, read_file, requirement
from layerwise.ecosystems.setuptools_project import VARIABLES as VARIABLES_OF_SETUPTOOLS

NAMES = frozenset({"pip", "pip3", "pip2"})

_SETUPTOOLS = frozenset(VARIABLES_OF_SETUPTOOLS)
_ELSEWHERE = ("-t", "--target", "--prefix", "--root", "--user", "--dry-run")
_INSTALLS_ANYWAY = ("-I", "--ignore-installed", "--force-reinstall", *_ELSEWHERE)
_ASKS = frozenset(
    {"list", "show", "check", "freeze", "inspect", "debug", "help", "hash", "index", "search", "completion"}
)


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of a pip command."""
    options = parse(call.arguments, (*GENERAL, *INSTALLING))
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
    return handler(call, rest, scope) | Effects(reads=settings(scope), environment=_environment())


def _environment() -> Environment:
    return fetching(*VARIABLES, openness=Openness.INSTALLER)


def _install(call: Call, options: Options, scope: Scope) -> Effects:
    asked = _asked(options, scope)
    project = bool(asked.named) or any("reads the source" in reason for reason in asked.local)
    reasons = (*_reasons(options), *_imports(scope))
    present = asked.pins & scope.installed if not options.has(*_INSTALLS_ANYWAY) else frozenset()
    there = {pin.partition("==")[0] for pin in present}
    left = tuple(name for name in asked.names if name not in there)
    names = tuple(name for name in left if name)
    kind = "pip.unpack" if options.has("--no-index") else "pip.install"
    work = [Work(kind, len(left), names)] if asked.names or not project else []
    if project:
        work.append(Work("pip.install-project", 1))
    locked = asked.complete and asked.hashed and bool(asked.files)
    environment = Environment(Openness.OPEN) if asked.local or reasons else _environment()
    off, caches = uncached(options, scope), download_caches(options, scope)
    checkouts = frozenset({located("src", scope)}) if asked.checked_out else frozenset()
    return asked.effects() | Effects(
        reads=configured(scope) | installed_to(call, options, scope) | checkouts,
        writes=installed_to(call, options, scope) | checkouts | (frozenset() if off else caches or {EVERYWHERE}),
        fetches=not options.has("--no-index"),
        environment=environment | Environment(names=asked.variables | (_SETUPTOOLS if asked.named else frozenset())),
        manifests=configuration(scope),
        lock=asked.files[0] if locked else None,
        caches=frozenset({CacheDirectory(one.path, "shared") for one in caches}),
        uncached=off,
        installs=asked.pins if options.has("--no-deps") and not options.has(*_ELSEWHERE) else frozenset(),
        present=present,
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
            found |= listed(value, scope, constraint=constraint)
    found |= named(options, scope)
    for value in options.values("--group", "--dependency-group"):
        found |= listed(Argument("pyproject.toml", prefix="pyproject.toml"), scope, constraint=True)
        found |= Requirements(local=(f"installs the group {value.text} of pyproject.toml",))
    return found


def named(options: Options, scope: Scope) -> Requirements:
    """Return what is asked for by name, path or URL, editable or not, and where packages are looked for."""
    assert scope.cwd is not None
    found = Requirements()
    for value in options.values("-e", "--editable"):
        found |= editable(value.text, scope.cwd, scope.files)
    for value in options.values("-f", "--find-links"):
        found |= find_links(value.text, scope.cwd, scope.files)
    for value in options.positionals:
        found |= _positional(value, scope)
    return found


def listed(value: Argument, scope: Scope, *, constraint: bool) -> Requirements:
    """Return what a requirements file on the command line asks for."""
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
    unknown = options.unknown((*GENERAL, *INSTALLING, *FLAGS))
    reasons = [f"an option of pip that layerwise does not know: {name}" for name in unknown]
    if options.doubtful:
        reasons.append("pip is given arguments that are not known before the build")
    return tuple(reasons)


def as_module(call: Call, scope: Scope) -> Effects:
    """Return the effects of ``python -m pip``, which imports from the working directory first (python(1), -m)."""
    where = (scope.cwd,) if scope.cwd else ()
    unknown = () if scope.cwd else ("the working directory of python -m pip is not known",)
    found = (*unknown, *shadows(where, scope.files))
    openness = Openness.OPEN if found else Openness.INSTALLER
    return effects(call, scope) | Effects(needs_source=found, environment=Environment(openness))


def _imports(scope: Scope) -> tuple[str, ...]:
    """Say what pip would import of the project because PYTHONPATH leads there."""
    named = (scope.environment.get("PYTHONPATH") or "").split(":")
    paths = (absolute_path(one, scope) for one in named if one)
    return shadows(tuple(path for path in paths if path), scope.files)


def _uninstall(call: Call, options: Options, scope: Scope) -> Effects:
    files = Requirements()
    for value in options.values("-r", "--requirement"):
        files |= listed(value, scope, constraint=True)
    where = installed_to(call, options, scope)
    return Effects(reads=where | files.effects().reads, writes=where, manifests=files.files, work=SHELL_WORK)


def _saved(call: Call, options: Options, scope: Scope) -> Effects:
    """``pip wheel`` and ``pip download`` leave files in the working directory unless told where."""
    found = replace(_install(call, options, replace(scope, installed=frozenset())), installs=frozenset())
    directory = options.values("-w", "--wheel-dir", "-d", "--dest", "--destination-dir", "--destination-directory")
    work = (replace(one, kind="pip.fetch") if one.kind == "pip.install" else one for one in found.work)
    writes = found.writes - installed_to(call, options, scope) | (
        places(directory, scope) or frozenset({located(".", scope)})
    )
    return replace(found, writes=writes, work=tuple(work))


def _cache(_call: Call, options: Options, scope: Scope) -> Effects:
    """``pip cache purge`` and ``remove`` empty the cache, the others tell about it."""
    caches = download_caches(options, scope) or frozenset({EVERYWHERE})
    cleans = any(one.value not in {"dir", "info", "list"} for one in options.positionals)
    return Effects(reads=caches, writes=caches if cleans else frozenset(), work=SHELL_WORK)


def _config(_call: Call, _options: Options, scope: Scope) -> Effects:
    """``pip config set`` changes the user's file, or with an option another."""
    own = frozenset(Path(posixpath.join(one, "pip.conf")) for one in prefixes(scope))
    writes = settings(scope) | own | {Path("/etc", tree=True), Path("/usr/local/pip.conf"), Path("/usr/pip.conf")}
    return Effects(reads=writes, writes=writes, work=SHELL_WORK)


def _asks(call: Call, options: Options, scope: Scope) -> Effects:
    named = frozenset({located(".", scope)}) if "hash" in call.arguments[0].text else frozenset[Path]()
    return Effects(reads=installed_to(call, options, scope) | named, fetches=True, work=SHELL_WORK)


_VERBS: dict[str, Callable[[Call, Options, Scope], Effects]] = {
    "install": _install,
    "uninstall": _uninstall,
    "wheel": _saved,
    "download": _saved,
    "cache": _cache,
    "config": _config,
    **dict.fromkeys(_ASKS, _asks),
}
