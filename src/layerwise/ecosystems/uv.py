"""uv: projects with their lock, ``uv pip``, tools, interpreters and environments.

What is opened was watched with uv 0.13 (see ``uv_project.py``); options are those of its ``--help``, variables those
of its documentation (see ``uv_places.py``).
"""

from collections.abc import Callable
from dataclasses import replace

from layerwise.ecosystems import uv_pip
from layerwise.ecosystems.base import SHELL_WORK, closed, fetching
from layerwise.ecosystems.call import Call
from layerwise.ecosystems.effects import (
    EVERYWHERE,
    CacheDirectory,
    Effects,
    Environment,
    Frozen,
    Openness,
    Path,
    Scope,
    Work,
    opaque,
)
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.places import absolute_path, home, located, places
from layerwise.ecosystems.uv_options import FLAGS, VALUED
from layerwise.ecosystems.uv_places import (
    VARIABLES,
    cache_directory,
    caches,
    environment_of,
    interpreters,
    named_by,
    named_files,
    switched_on,
    tools,
    uncached,
)
from layerwise.ecosystems.uv_project import Project, read_project

NAMES = frozenset({"uv", "uvx"})

_RUNS = frozenset({"run", "build", "publish", "init", "add", "remove", "format", "version", "workspace", "auth"})


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of a uv command."""
    options = parse(call.arguments, VALUED)
    words = [one.value or "" for one in options.positionals]
    if call.name == "uvx" or not words:
        asked = call.name == "uv" and options.has("--version", "-V", "--help", "-h")
        return Effects(environment=closed(*VARIABLES), work=SHELL_WORK) if asked else opaque(f"runs a tool: {call}")
    taken = 2 if words[0] in {"tool", "python", "cache", "self"} else 1
    handler = _VERBS.get(" ".join(words[:taken]))
    inside = _moved(options, scope)
    if handler is None or inside.cwd is None:
        reason = "runs project code" if words[0] in _RUNS else "layerwise does not know what uv does here"
        return opaque(f"{reason}: {call}") | Effects(caches=_caches_of(options, inside))
    rest = Options(options.options, options.positionals[taken:])
    unknown = tuple(f"an option of uv that layerwise does not know: {one}" for one in options.unknown(_known()))
    unknown += named_files(scope)
    open_ended = Environment(Openness.OPEN if unknown else Openness.CLOSED)
    return handler(call, rest, inside) | Effects(
        reads=_settings(options, scope), environment=_environment() | open_ended, needs_source=unknown
    )


def _known() -> frozenset[str]:
    return frozenset((*VALUED, *FLAGS))


def _environment() -> Environment:
    return fetching(*VARIABLES, openness=Openness.INSTALLER)


def _moved(options: Options, scope: Scope) -> Scope:
    """Return the scope in the directory that ``--directory`` names."""
    given = options.value("--directory")
    name = next((one for one in ("UV_WORKING_DIR", "UV_WORKING_DIRECTORY") if one in scope.environment), None)
    if given is None and name is None:
        return scope
    path = given.value if given is not None else scope.environment[name or ""]
    return replace(scope, cwd=absolute_path(path, scope) if path else None)


def _settings(options: Options, scope: Scope) -> frozenset[Path]:
    named = places(options.values("--config-file"), scope, tree=False)
    variables = (one for name in ("UV_CONFIG_FILE", "UV_CREDENTIALS_DIR") if (one := named_by(name, scope)))
    own = {home(scope, one) for one in (".config/uv", ".netrc", ".gitconfig", ".local/share/uv/credentials")}
    return named | frozenset(variables) | own


def _project(options: Options, scope: Scope) -> Project | None:
    """Return the project, None where it cannot be told which one."""
    given = options.value("--project")
    if given is None and "UV_PROJECT" not in scope.environment:
        return read_project(scope.cwd, scope.files) if scope.cwd else None
    path = given.value if given is not None else scope.environment["UV_PROJECT"]
    directory = absolute_path(path, scope) if path else None
    return read_project(directory, scope.files) if directory else None


def _caches_of(options: Options, scope: Scope) -> frozenset[CacheDirectory]:
    project = _project(options, scope)
    return caches(options, scope, project) if project else frozenset()


def _sync(call: Call, options: Options, scope: Scope) -> Effects:
    project = _project(options, scope)
    if project is None or options.has("--script"):
        return opaque(f"the project that uv installs is not known: {call}")
    where = environment_of(project, options, scope)
    reasons = tuple(
        f"builds {name}, which lies in {path}"
        for name, path in project.local
        if _built(name, path, project, options, scope)
    )
    found = _of_project(project, "uv.sync", options, scope, reasons)
    return found | Effects(reads=where, writes=where | interpreters(scope))


def _built(name: str, path: str, project: Project, options: Options, scope: Scope) -> bool:
    """Whether a package of the project is installed, so built, for all that options and variables say."""
    if name in {one.text for one in options.values("--no-install-package")} or _on(
        "--no-install-local", options, scope
    ):
        return False
    if path == project.directory and _on("--no-install-project", options, scope):
        return False
    return not (path in project.members and _on("--no-install-workspace", options, scope))


def _on(option: str, options: Options, scope: Scope) -> bool:
    return options.has(option) or bool(switched_on("UV_" + option.removeprefix("--").replace("-", "_").upper(), scope))


def _of_project(project: Project, kind: str, options: Options, scope: Scope, built: tuple[str, ...]) -> Effects:
    """Return the effects of a command that brings the lock up to date first, unless told not to."""
    frozen = _on("--frozen", options, scope)
    kept = frozen or _on("--locked", options, scope)
    dynamic = () if frozen else tuple(f"builds to learn the metadata of {one}" for one in project.dynamic)
    moved = (
        ()
        if frozen
        else tuple(
            f"reads the metadata of {name} in {path}" for name, path in project.local if path not in project.members
        )
    )
    named = options.has("--find-links", "-f", "--index", "--default-index", "--index-url", "--config-file")
    asked = ("uv is given files or indexes on its command line",) if named and _names_a_path(options) else ()
    reasons = (*project.needs_source, *built, *dynamic, *moved, *asked)
    lock = Path(f"{project.root.rstrip('/')}/uv.lock")
    cache, off = cache_directory(options, scope, project), uncached(options, scope)
    rewritten = project.lock is not None and not kept
    return Effects(
        reads=frozenset(Path(one) for one in project.candidates) | {cache},
        writes=frozenset({lock} if not kept else ()) | (frozenset() if off else {cache}),
        fetches=not options.has("--offline"),
        environment=Environment(Openness.OPEN if reasons else Openness.INSTALLER),
        manifests=project.manifests,
        lock=project.lock,
        caches=caches(options, scope, project),
        uncached=off,
        work=(Work(kind, project.packages, project.names),),
        needs_source=tuple(dict.fromkeys(reasons)),
        doubts=(f"uv may rewrite {lock.path}: a later copy of the project would bring the old one back",)
        if rewritten
        else (),
        deterministic=kept and project.hashed,
        frozen=Frozen(added=("--locked",)) if rewritten else None,
    )


def _names_a_path(options: Options) -> bool:
    named = options.values("--find-links", "-f", "--index", "--default-index", "--index-url", "--config-file")
    return any("://" not in one.text or one.text.startswith("file:") for one in named)


def _lock(call: Call, options: Options, scope: Scope) -> Effects:
    project = _project(options, scope)
    if project is None or options.has("--script"):
        return opaque(f"the project that uv locks is not known: {call}")
    return replace(_of_project(project, "uv.lock", options, scope, ()), frozen=None) | Effects(
        writes=interpreters(scope), deterministic=False
    )


def _export(call: Call, options: Options, scope: Scope) -> Effects:
    project = _project(options, scope)
    if project is None or options.has("--script"):
        return opaque(f"the project that uv exports is not known: {call}")
    written = places(options.values("-o", "--output-file"), scope, tree=False)
    return _of_project(project, "uv.lock", options, scope, ()) | Effects(
        reads=written, writes=written | interpreters(scope)
    )


def _pip(call: Call, options: Options, scope: Scope) -> Effects:
    return uv_pip.effects(call, options, scope)


def _venv(_call: Call, options: Options, scope: Scope) -> Effects:
    """Make an environment; the interpreter is chosen by .python-version and requires-python."""
    project = uv_pip.settings_of(scope)
    directory = places(options.positionals, scope) or frozenset({located(".venv", scope)})
    cache, off = cache_directory(options, scope, project), uncached(options, scope)
    return Effects(
        reads=directory | {cache} | frozenset(Path(one) for one in project.candidates),
        writes=directory | interpreters(scope) | (frozenset() if off else {cache}),
        fetches=True,
        manifests=project.manifests,
        caches=caches(options, scope, project),
        uncached=off,
        work=(Work("python.venv", 1),),
        needs_source=project.needs_source,
        deterministic=False,
    )


def _tool(call: Call, options: Options, scope: Scope) -> Effects:
    """Install a tool; settings of the project do not count for tools (uv's documentation, "Configuration files")."""
    named = [one.text for one in (*options.positionals, *options.values("--with"))]
    if not options.positionals or options.doubtful or options.has("--with-requirements", "--with-editable", "-e"):
        return opaque(f"installs what is not known before the build: {call}")
    local = tuple(
        f"installs {one} of the project"
        for one in named
        if one.startswith((".", "/", "file:")) or ("/" in one and "://" not in one)
    )
    cache, off = cache_directory(options, scope, uv_pip.settings_of(scope)), uncached(options, scope)
    where = tools(scope)
    return Effects(
        reads=where | {cache} | ({located(".", scope)} if local else frozenset()),
        writes=where | interpreters(scope) | (frozenset() if off else {cache}),
        fetches=True,
        environment=Environment(Openness.OPEN if local else Openness.INSTALLER),
        caches=caches(options, scope, uv_pip.settings_of(scope)),
        uncached=off,
        work=(Work("uv.tool", len(named), tuple(one.partition("@")[0].lower() for one in named)),),
        needs_source=local,
        deterministic=False,
    )


def _python(_call: Call, options: Options, scope: Scope) -> Effects:
    """Install interpreters: those named, else the one that .python-version asks for."""
    project = uv_pip.settings_of(scope)
    where = interpreters(scope) | places(options.values("--install-dir"), scope)
    return Effects(
        reads=where | frozenset(Path(one) for one in project.candidates),
        writes=where | {cache_directory(options, scope, project)},
        fetches=True,
        manifests=project.manifests,
        work=(Work("uv.python", max(1, len(options.positionals))),),
        needs_source=project.needs_source,
        deterministic=False,
    )


def _clean(_call: Call, options: Options, scope: Scope) -> Effects:
    cache = cache_directory(options, scope, uv_pip.settings_of(scope))
    return Effects(reads=frozenset({cache}), writes=frozenset({cache}), work=SHELL_WORK)


def _asks(_call: Call, _options: Options, _scope: Scope) -> Effects:
    return Effects(reads=frozenset({EVERYWHERE}), fetches=True, work=SHELL_WORK, deterministic=False)


_VERBS: dict[str, Callable[[Call, Options, Scope], Effects]] = {
    "sync": _sync,
    "lock": _lock,
    "tree": _lock,
    "export": _export,
    "pip": _pip,
    "venv": _venv,
    "tool install": _tool,
    "python install": _python,
    **dict.fromkeys(("cache clean", "cache prune"), _clean),
    **dict.fromkeys(("help", "tool list", "tool dir", "python list", "python find", "python dir"), _asks),
    **dict.fromkeys(("cache dir", "cache size", "self version"), _asks),
}
