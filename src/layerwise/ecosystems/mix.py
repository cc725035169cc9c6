"""Mix and Hex, Elixir's build tool and packages: what a fetch or a compile of dependencies reads.

Variables are those of Mix's and Hex's documentation ("Environment variables" of Mix; ``mix hex.config``). Hex checks
each archive against the lock. Nothing is said of builds that share its directory, so they take turns.
"""

import posixpath
from dataclasses import replace

from layerwise.ecosystems.base import SHELL_WORK, fetching
from layerwise.ecosystems.call import Argument, Call, literal
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
from layerwise.ecosystems.mix_project import Project, read_project
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.places import home, located

NAMES = frozenset({"mix"})

_VARIABLES = (
    *("MIX_*", "HEX_*", "ELIXIR_*", "ERL_*", "REBAR*", "ELIXIR_ERL_OPTIONS", "CI", "GIT_*", "SSH_*", "CC", "CXX"),
    *("CFLAGS", "CXXFLAGS", "LDFLAGS", "MAKE*", "CARGO_*", "RUSTFLAGS", "RUSTLER_*", "TARGET_*", "NIF_*"),
)
_VALUED = ("--only", "--target", "--sha512", "--sha256", "--timeout", "--repo", "--organization", "--app")
_FLAGS = (
    *("--check-locked", "--no-archives-check", "--force", "--if-missing", "--no-compile", "--no-elixir-version-check"),
    *("--no-deps-check", "--skip-umbrella-children", "--skip-local-deps", "--include-children", "--no-optional-deps"),
)
_CODE = frozenset(
    {
        *(
            "compile",
            "release",
            "test",
            "run",
            "escript.build",
            "escript.install",
            "assets.build",
            "assets.deploy",
            "format",
        ),
        *(
            "phx.digest",
            "phx.server",
            "phx.gen.release",
            "ecto.create",
            "ecto.migrate",
            "ecto.setup",
            "setup",
            "dialyzer",
        ),
        *("sentry.package_source_code", "esbuild", "tailwind", "credo", "docs", "phx.new", "new", "assets.setup"),
    }
)


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of a Mix command; ``mix do`` runs several."""
    if "MIX_EXS" in scope.environment or "MIX_DEBUG" in scope.environment:
        return opaque(f"mix works on a project that is named by a variable: {call}")
    if call.arguments and call.arguments[0].value == "do":
        found = Effects()
        for task in _tasks(call.arguments[1:]):
            found |= _task(Call("mix", task), scope)
        return found
    return _task(call, scope)


def _tasks(arguments: tuple[Argument, ...]) -> list[tuple[Argument, ...]]:
    """Part what ``mix do`` runs, at ``+`` or after a comma (``mix help do``)."""
    tasks: list[list[Argument]] = [[]]
    for one in arguments:
        if one.value == "+":
            tasks.append([])
        elif one.value is not None and one.text.endswith(","):
            tasks[-1].append(literal(one.text[:-1]))
            tasks.append([])
        else:
            tasks[-1].append(one)
    return [tuple(task) for task in tasks if task]


def _task(call: Call, scope: Scope) -> Effects:
    options = parse(call.arguments, _VALUED)
    verb = options.positionals[0].value if options.positionals else None
    if verb is None:
        known = options.has("--version", "-v", "--help")
        return (
            Effects(environment=fetching(*_VARIABLES), work=SHELL_WORK)
            if known
            else opaque(f"runs project code: {call}")
        )
    if scope.cwd is None:
        return opaque("the project of mix is not known")
    rest = Options(options.options, options.positionals[1:])
    if verb in {"local.hex", "local.rebar", "archive.install"}:
        return _tool(verb, rest, scope)
    if verb in {"deps.get", "deps.compile", "deps.update"}:
        return _deps(verb, rest, _read(scope.cwd, scope), scope)
    if verb in {"hex.repo", "hex.organization", "hex.config", "hex.info", "deps", "deps.tree", "help"}:
        return _asks(_read(scope.cwd, scope), scope)
    known = verb in _CODE or verb.startswith(("phx.", "ecto.", "compile.", "assets."))
    return opaque(f"runs project code: {call}" if known else f"layerwise does not know what mix {verb} does")


def _read(directory: str, scope: Scope) -> Project:
    return read_project(directory, scope.environment.get("MIX_ENV", "dev"), scope.files)


def _environment(project: Project, reasons: tuple[str, ...] = ()) -> Environment:
    openness = Openness.OPEN if reasons or project.any_variable else Openness.INSTALLER
    return fetching(*_VARIABLES, *project.variables, openness=openness)


def _evaluated(project: Project, scope: Scope) -> Effects:
    """Return what any task reads before it does its own work."""
    reads = frozenset(Path(one) for one in project.files) | _homes(scope)
    return Effects(
        reads=reads,
        environment=_environment(project, tuple(project.needs_source)),
        manifests=project.manifests,
        lock=project.lock,
        needs_source=tuple(project.needs_source),
    )


def _deps(verb: str, options: Options, project: Project, scope: Scope) -> Effects:
    """Fetch or compile dependencies; compiling them also reads how the project configures them."""
    reasons = tuple(
        f"an option of mix {verb} that layerwise does not know: {one}" for one in options.unknown((*_VALUED, *_FLAGS))
    )
    if options.doubtful:
        reasons += (f"mix {verb} is given arguments that are not known before the build",)
    deps, build = _places(project, scope)
    locked = options.has("--check-locked") or verb == "deps.compile"
    doubts = (f"mix {verb} may rewrite {project.lock}",) if project.lock and not locked else ()
    frozen = Frozen(added=("--check-locked",)) if verb == "deps.get" and project.lock and not locked else None
    kind = "mix.compile" if verb == "deps.compile" else "mix.get"
    lock = Path(posixpath.join(project.directory, "mix.lock"))
    written = {deps, *({build} if verb == "deps.compile" else ()), *(() if locked else (lock,))}
    return _evaluated(project, scope) | Effects(
        reads=frozenset({deps, build}),
        writes=frozenset(written) | _homes(scope),
        fetches=verb != "deps.compile",
        environment=_environment(project, reasons),
        caches=_caches(scope),
        work=(Work(kind, project.packages, project.names),),
        needs_source=reasons,
        doubts=doubts,
        deterministic=False,
        frozen=frozen,
    )


def _places(project: Project, scope: Scope) -> tuple[Path, Path]:
    """Return where dependencies lie and where they are compiled to, which variables may move."""

    def moved(variable: str, default: str) -> Path:
        if variable not in scope.environment:
            return Path(posixpath.join(project.directory, default), tree=True)
        value = scope.environment[variable]
        return located(value, replace(scope, cwd=project.directory)) if value else EVERYWHERE

    build = moved("MIX_BUILD_PATH" if "MIX_BUILD_PATH" in scope.environment else "MIX_BUILD_ROOT", "_build")
    return moved("MIX_DEPS_PATH", "deps"), build


def _homes(scope: Scope) -> frozenset[Path]:
    """Return where Mix keeps Hex and rebar, Hex its settings and downloads, and rebar its own."""
    found = set()
    for variable, default in (("MIX_HOME", ".mix"), ("HEX_HOME", ".hex"), ("REBAR_CACHE_DIR", ".cache/rebar3")):
        value = scope.environment.get(variable, "")
        found.add(EVERYWHERE if value is None else located(value, scope) if value else home(scope, default))
    if "MIX_XDG" in scope.environment:
        found |= {
            home(scope, one) for one in (".local/share/mix", ".config/mix", ".cache/mix", ".cache/hex", ".config/hex")
        }
    return frozenset(found | {home(scope, ".config/rebar3"), home(scope, ".gitconfig")})


def _caches(scope: Scope) -> frozenset[CacheDirectory]:
    """Return where Hex keeps archives."""
    value = scope.environment.get("HEX_HOME", "")
    if value is None or "MIX_XDG" in scope.environment:
        return frozenset()
    found = located(posixpath.join(value, "packages"), scope) if value else home(scope, ".hex/packages")
    return frozenset() if found == EVERYWHERE else frozenset({CacheDirectory(found.path, "locked")})


def _tool(verb: str, options: Options, scope: Scope) -> Effects:
    """Install Hex, rebar or an archive into Mix's home; a mix.exs in the working directory is evaluated first."""
    assert scope.cwd is not None
    words = [one.value for one in options.positionals]
    remote = not words or (verb == "archive.install" and words[0] == "hex" and None not in words)
    if not remote:
        return opaque(f"layerwise does not follow what mix {verb} installs")
    there = scope.files.exists(posixpath.join(scope.cwd, "mix.exs"))
    project = _read(scope.cwd, scope) if there else Project(scope.cwd, {posixpath.join(scope.cwd, "mix.exs"): None})
    return _evaluated(project, scope) | Effects(
        writes=_homes(scope), fetches=True, work=(Work("mix.tool", 1),), deterministic=False
    )


def _asks(project: Project, scope: Scope) -> Effects:
    return _evaluated(project, scope) | Effects(
        writes=_homes(scope), fetches=True, work=SHELL_WORK, deterministic=False
    )
