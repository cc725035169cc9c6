"""``uv pip``: pip's command line as uv understands it, settings of the project's pyproject.toml included."""

from collections.abc import Callable
from dataclasses import replace

from layerwise.ecosystems import pip
from layerwise.ecosystems.base import SHELL_WORK
from layerwise.ecosystems.call import Argument, Call
from layerwise.ecosystems.effects import EVERYWHERE, Effects, Environment, Openness, Path, Scope, Work, opaque
from layerwise.ecosystems.options import Options
from layerwise.ecosystems.places import absolute_path, places
from layerwise.ecosystems.requirements import Requirements
from layerwise.ecosystems.toml_tables import read_toml, strings, table
from layerwise.ecosystems.uv_places import cache_directory, caches, interpreters, site_packages, uncached
from layerwise.ecosystems.uv_project import Project, read_project

_FILES = (
    *(("-r", False), ("--requirements", False), ("--requirement", False), ("-c", True), ("--constraints", True)),
    *(("--constraint", True), ("--overrides", True), ("--override", True), ("--excludes", True), ("-b", True)),
    *(("--build-constraints", True), ("--build-constraint", True)),
)
_ASKS = frozenset({"list", "show", "freeze", "check", "tree", "debug"})


def effects(call: Call, options: Options, scope: Scope) -> Effects:
    """Return the effects of ``uv pip`` with the options behind it."""
    verb = options.positionals[0].value if options.positionals else None
    handler = _VERBS.get(verb or "")
    if handler is None or scope.cwd is None:
        return opaque(f"layerwise does not know what uv pip does here: {call}")
    return handler(options.positionals[1:], options, scope)


def _install(rest: tuple[Argument, ...], options: Options, scope: Scope) -> Effects:
    """Install what is named; ``uv pip sync`` takes its positional arguments for requirements files."""
    asked = pip.named(Options(options.options, rest), scope)
    return _of(asked, Options(options.options, rest), scope)


def _sync(rest: tuple[Argument, ...], options: Options, scope: Scope) -> Effects:
    asked = Requirements()
    for one in rest:
        asked |= _file(one, options, scope, constraint=False)
    return _of(asked, Options(options.options, ()), scope)


def _of(asked: Requirements, options: Options, scope: Scope) -> Effects:
    for name, constraint in _FILES:
        for value in options.values(name):
            asked |= _file(value, options, scope, constraint=constraint)
    if options.has("--group"):
        asked |= Requirements(local=("installs a group of pyproject.toml",), hashed=False)
    project = settings_of(scope)
    unclear = ("uv is given arguments that are not known before the build",) if options.doubtful else ()
    reasons = (*project.needs_source, *unclear)
    locked = asked.complete and asked.hashed and bool(asked.files)
    where = site_packages(options, scope)
    cache, off = cache_directory(options, scope, project), uncached(options, scope)
    names = tuple(one for one in asked.names if one)
    open_ended = bool(asked.local or reasons)
    return asked.effects() | Effects(
        reads=where | {cache} | frozenset(Path(one) for one in project.candidates),
        writes=where | interpreters(scope) | (frozenset() if off else {cache}),
        fetches=not options.has("--offline"),
        environment=Environment(Openness.OPEN if open_ended else Openness.INSTALLER, asked.variables),
        manifests=project.manifests,
        lock=asked.files[0] if locked else None,
        caches=caches(options, scope, project),
        uncached=off,
        work=(Work("uv.install", len(asked.names), names),),
        needs_source=reasons,
        deterministic=locked,
    )


def settings_of(scope: Scope) -> Project:
    """Return the project whose settings uv takes although it does not install it; none may be there."""
    assert scope.cwd is not None
    found = read_project(scope.cwd, scope.files)
    manifests = tuple(one for one in found.manifests if one != found.lock)
    if any(scope.files.exists(one) for one in found.candidates if one.endswith("pyproject.toml")):
        return replace(found, manifests=manifests, lock=None)
    return Project(found.directory, found.root, manifests=manifests, candidates=found.candidates)


def _file(value: Argument, options: Options, scope: Scope, *, constraint: bool) -> Requirements:
    """Read a requirements file; of a pyproject.toml the dependencies, which it must tell without a build."""
    path = absolute_path(value.text, scope) if value.value else None
    if path is None or not path.endswith(("pyproject.toml", "setup.py", "setup.cfg", "pylock.toml")):
        return pip.listed(value, scope, constraint=constraint)
    content = read_toml(path, scope.files) if path.endswith("pyproject.toml") else None
    dynamic = content is None or "project" not in content or strings(content, "project", "dynamic")
    sources = any(isinstance(one, dict | list) for one in table(content or {}, "tool", "uv", "sources").values())
    if dynamic or (sources and not options.has("--no-sources")):
        return Requirements((path,), local=(f"installs what {path} describes",), hashed=False)
    extras = table(content or {}, "project", "optional-dependencies")
    wanted = [*strings(content or {}, "project", "dependencies")]
    wanted += [one for name in extras for one in strings(extras, name)]
    named = pip.named(Options((), tuple(Argument(one, prefix=one) for one in wanted)), scope)
    return Requirements((path,), hashed=False) | named


def _compile(rest: tuple[Argument, ...], options: Options, scope: Scope) -> Effects:
    """Resolve into a file; nothing is installed."""
    found = _sync(rest, options, scope)
    written = places(options.values("-o", "--output-file"), scope, tree=False)
    project = settings_of(scope)
    return Effects(
        reads=found.reads | written,
        writes=written | {cache_directory(options, scope, project)} | interpreters(scope),
        fetches=True,
        environment=found.environment,
        manifests=found.manifests,
        caches=found.caches,
        uncached=found.uncached,
        work=(Work("uv.lock"),),
        needs_source=found.needs_source,
        deterministic=False,
    )


def _uninstall(rest: tuple[Argument, ...], options: Options, scope: Scope) -> Effects:
    read = places(options.values("-r", "--requirements", "--requirement"), scope, tree=False)
    where = site_packages(Options(options.options, rest), scope)
    return Effects(reads=where | read, writes=where, work=SHELL_WORK)


def _asks(_rest: tuple[Argument, ...], options: Options, scope: Scope) -> Effects:
    read = site_packages(options, scope) | frozenset(Path(one) for one in settings_of(scope).candidates)
    return Effects(reads=read | {EVERYWHERE}, fetches=True, work=SHELL_WORK)


_VERBS: dict[str, Callable[[tuple[Argument, ...], Options, Scope], Effects]] = {
    "install": _install,
    "sync": _sync,
    "compile": _compile,
    "uninstall": _uninstall,
    **dict.fromkeys(_ASKS, _asks),
}
