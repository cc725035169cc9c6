"""The .NET command line: what a restore fetches, from which files, and what a build or publish writes.

MSBuild makes every environment variable a property that projects may use, so the environment is open. The package
folder is read by every later build; NuGet's locks for it lie in the container's own temporary directory, so builds that
share it take turns (NuGet documentation, "Managing the global packages, cache, and temp folders").
"""

import posixpath
import re
from collections.abc import Callable

from layerwise.ecosystems.base import SHELL_WORK, fetching
from layerwise.ecosystems.call import Argument, Call
from layerwise.ecosystems.dotnet_places import download_caches, nearby, own_directories, paths, settings
from layerwise.ecosystems.dotnet_projects import PROJECTS, SOLUTIONS, Projects, choose, read_projects
from layerwise.ecosystems.effects import (
    EVERYWHERE,
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
from layerwise.ecosystems.places import absolute_path, home, places

NAMES = frozenset({"dotnet"})

_VARIABLES = ("DOTNET_*", "NUGET_*", "MSBUILD*", "VSS_NUGET_*", "CORECLR_*", "COMPlus_*", "CI", "TF_BUILD")
_VALUED = (
    *("-r", "--runtime", "-s", "--source", "--packages", "--configfile", "-v", "--verbosity", "--lock-file-path", "-a"),
    *("--arch", "--os", "-c", "--configuration", "-f", "--framework", "-o", "--output", "--version-suffix", "--tl"),
    *("--artifacts-path", "--manifest", "--tool-path", "--version", "--add-source", "--tool-manifest", "-n", "--name"),
    *("-u", "--username", "-p", "--password", "--valid-authentication-types"),
)
_RESTORES = frozenset(
    {
        *(
            "-r",
            "--runtime",
            "-s",
            "--source",
            "--packages",
            "--configfile",
            "-v",
            "--verbosity",
            "-a",
            "--arch",
            "--os",
        ),
        *(
            "--no-dependencies",
            "--use-lock-file",
            "--locked-mode",
            "--force-evaluate",
            "-f",
            "--force",
            "--tl",
            "--nologo",
        ),
        *("--ignore-failed-sources", "--no-cache", "--no-http-cache", "--disable-parallel", "--ucr", "--interactive"),
        *("--use-current-runtime", "--disable-build-servers"),
    }
)
_BUILDS = frozenset(
    {
        *(
            "-c",
            "--configuration",
            "-f",
            "--framework",
            "-o",
            "--output",
            "-r",
            "--runtime",
            "--no-restore",
            "--no-build",
        ),
        *("--self-contained", "--no-self-contained", "--sc", "-v", "--verbosity", "-a", "--arch", "--os", "--nologo"),
        *("--version-suffix", "--no-incremental", "--no-dependencies", "--source", "-s", "--interactive", "--tl"),
        *("--use-current-runtime", "--ucr", "--disable-build-servers", "--manifest", "--configfile"),
    }
)
# An option of MSBuild, in any of its forms: -p:X=Y, /p:X=Y, --property:X=Y, /m, -maxcpucount:1.
_MSBUILD = re.compile(r"(?:--?|/)(?P<name>[A-Za-z]+)(?::(?P<value>.*))?$", re.DOTALL)
_HARMLESS = frozenset(
    {"m", "maxcpucount", "nologo", "nr", "nodereuse", "v", "verbosity", "clp", "consoleloggerparameters"}
)
_UNCACHED = ("--no-cache", "--no-http-cache")


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of a dotnet command."""
    switches, rest = _split(call.arguments)
    options = parse(rest, _VALUED)
    if not options.positionals:
        known = options.has("--version", "--info", "--list-sdks", "--list-runtimes", "--help")
        return Effects(environment=_open(), work=SHELL_WORK) if known else opaque(str(call))
    verb, *named = options.positionals
    rest_of = Options(options.options, tuple(named))
    if verb.value in {"restore", "build", "publish"}:
        return (_restore if verb.value == "restore" else _build)(call, rest_of, switches, scope)
    handler = _VERBS.get(verb.value or "")
    if handler is None:
        known = verb.value in {"run", "test", "watch", "pack", "ef", "msbuild", "exec", "vstest", "clean"}
        return opaque(f"runs project code: {call}" if known else f"layerwise does not know what this does: {call}")
    return handler(call, rest_of, scope) | Effects(environment=_open())


def _open() -> Environment:
    """Every variable is a property of MSBuild, and its name is known to nobody else."""
    return fetching(*_VARIABLES, openness=Openness.OPEN)


def _split(arguments: tuple[Argument, ...]) -> tuple[tuple[Argument, ...], tuple[Argument, ...]]:
    """Part the switches of MSBuild from the options of dotnet: ``/v`` is one, ``-v`` is not."""
    switches = tuple(one for one in arguments if (found := _MSBUILD.match(one.text)) and _is_switch(one.text, found))
    return switches, tuple(one for one in arguments if one not in switches)


def _is_switch(text: str, found: re.Match[str]) -> bool:
    short = text.startswith("/") and found["name"].lower() in _HARMLESS
    return found["value"] is not None or short or (text in {"-m", "-nologo", "-maxcpucount"})


def _odd(switches: tuple[Argument, ...]) -> tuple[str, ...]:
    """Return the switches that may move files or name others: all but a few properties and the quiet ones."""
    odd = []
    for one in switches:
        found = _MSBUILD.match(one.text)
        assert found, "switches match"
        name, value = found["name"].lower(), found["value"] or ""
        plain = re.fullmatch(r"[\w.;=,-]*", value) and not re.search(
            r"(path|dir|file|root|output|import|targets|folder)\w*=", value, re.IGNORECASE
        )
        if name not in _HARMLESS and not (name in {"p", "property"} and one.known and plain):
            odd.append(one.text)
    return tuple(odd)


def _restore(call: Call, options: Options, switches: tuple[Argument, ...], scope: Scope) -> Effects:
    found = _projects(options, scope)
    if isinstance(found, str):
        return opaque(found)
    unknown = options.unknown(_RESTORES)
    reasons = [
        *found.reasons,
        *(f"an option of dotnet restore that layerwise does not follow: {one}" for one in (*unknown, *_odd(switches))),
    ]
    reasons += [f"takes packages from {one.text}" for one in options.values("-s", "--source") if "://" not in one.text]
    locked = bool(found.locks) and len(found.locks) == len(found.directories)
    frozen = options.has("--locked-mode")
    if options.has("--use-lock-file", "--force-evaluate"):
        reasons.append("dotnet restore writes the lock files of the projects")
    doubts = tuple(f"dotnet restore may rewrite {lock}" for lock in found.locks if not frozen)
    return _fetched(found, options, scope) | Effects(
        reads=places(options.values("--configfile"), scope, tree=False),
        writes=frozenset() if frozen else frozenset(Path(one + "/packages.lock.json") for one in found.directories),
        fetches=True,
        environment=_open(),
        manifests=tuple(sorted(found.files)),
        lock=found.locks[0] if found.locks else None,
        uncached=tuple(one for one in _UNCACHED if options.has(one)),
        work=(Work("dotnet.restore", found.packages, tuple(sorted(found.names))),),
        needs_source=tuple(dict.fromkeys(reasons)),
        doubts=doubts,
        deterministic=locked and frozen and not reasons,
        frozen=Frozen(added=("--locked-mode",))
        if locked and not frozen and call.arguments[0].value == "restore"
        else None,
    )


def _projects(options: Options, scope: Scope) -> Projects | str:
    """Return what the command works on, or why it cannot be told."""
    if scope.cwd is None or options.doubtful or len(options.positionals) > 1:
        return "what dotnet works on is not known"
    if not options.positionals:
        path = choose(scope.cwd, scope.files)
        return read_projects(path, scope.files) if path else f"{scope.cwd} is not known to hold one solution or project"
    named = options.positionals[0]
    path = absolute_path(named.text, scope) if named.value else None
    if path is not None and not path.endswith((*PROJECTS, *SOLUTIONS)):
        path = choose(path, scope.files)
    return read_projects(path, scope.files) if path else f"the project {named.text} is not known to layerwise"


def _fetched(found: Projects, options: Options, scope: Scope) -> Effects:
    """Return what fetching packages touches: the evaluated files, each project's obj, the package folder."""
    folders = frozenset(Path(posixpath.join(one, "obj"), tree=True) for one in found.directories)
    caches = download_caches(options, scope)
    return Effects(
        reads=frozenset(Path(one) for one in (*found.files, *found.looked_for))
        | folders
        | settings(scope)
        | paths(caches),
        writes=folders | own_directories(scope) | paths(caches) | places(options.values("--packages"), scope),
        caches=caches,
    )


def _build(call: Call, options: Options, switches: tuple[Argument, ...], scope: Scope) -> Effects:
    """Build or publish: where no project runs a program or has targets of its own, what it writes is known."""
    found = _projects(options, scope)
    if isinstance(found, str):
        return opaque(found)
    unknown = (*options.unknown(_BUILDS), *_odd(switches))
    if found.runs or found.reasons or unknown:
        why = "; ".join((*found.reasons, *unknown)) or "its projects have targets of their own"
        return opaque(f"runs project code: {call} ({why})")
    outputs = {Path(posixpath.join(one, name), tree=True) for one in found.directories for name in ("bin", "obj")}
    verb = call.arguments[0].value if call.arguments[0].value in {"build", "publish"} else "build"
    return _fetched(found, options, scope) | Effects(
        reads=frozenset({EVERYWHERE}),
        writes=frozenset(outputs) | places(options.values("-o", "--output"), scope),
        fetches=not options.has("--no-restore", "--no-build"),
        environment=_open(),
        manifests=tuple(sorted(found.files)),
        work=(Work(f"dotnet.{verb}", found.packages, tuple(sorted(found.names))),),
        needs_source=(f"dotnet {verb} compiles the project",),
        deterministic=False,
    )


def _tool(call: Call, options: Options, scope: Scope) -> Effects:
    """Install tools: for the user, into a directory, or those that a manifest from the working directory up names."""
    verb = options.positionals[0].value if options.positionals else None
    named = options.positionals[1:]
    caches = download_caches(options, scope)
    where = places(options.values("--tool-path"), scope) or frozenset({home(scope, ".dotnet/tools")})
    base = Effects(
        reads=settings(scope) | where | paths(caches) | frozenset(Path(one) for one in nearby(scope)),
        writes=where | own_directories(scope) | paths(caches),
        fetches=True,
        caches=caches,
        deterministic=False,
    )
    outside = options.has("-g", "--global", "--tool-path")
    local = tuple(
        f"takes tools from {one.text}"
        for one in options.values("--add-source", "--configfile")
        if "://" not in one.text
    )
    if verb in {"install", "update"} and outside and not options.doubtful:
        names = tuple(one.text.lower() for one in named if one.known)
        return base | Effects(work=(Work("dotnet.tool", len(named), names),), needs_source=local)
    if verb == "restore" and scope.cwd is not None and not options.has("--tool-manifest"):
        manifests = tuple(one for one in nearby(scope) if scope.files.exists(one))
        return base | Effects(manifests=manifests, work=(Work("dotnet.tool", 1),), needs_source=local)
    return opaque(f"layerwise does not know what this does: {call}")


def _nuget(call: Call, options: Options, scope: Scope) -> Effects:
    """``nuget locals`` lists or clears caches; ``nuget add source`` changes settings."""
    words = [one.value for one in options.positionals]
    if words[:1] == ["locals"] and len(words) == 2:  # noqa: PLR2004  # locals and which of them
        found = download_caches(options, scope)
        kept = {"global-packages": True, "http-cache": False}.get(words[1] or "")
        if words[1] != "all" and kept is None:
            return opaque(f"layerwise does not know what this does: {call}")
        chosen = paths(frozenset(one for one in found if kept in {None, one.read_later}))
        clears = options.has("-c", "--clear") or not options.has("-l", "--list")
        return Effects(reads=chosen, writes=chosen if clears else frozenset(), work=SHELL_WORK)
    if words[:2] in (
        ["add", "source"],
        ["update", "source"],
        ["enable", "source"],
        ["disable", "source"],
        ["remove", "source"],
    ):
        near = frozenset(Path(one) for one in nearby(scope)) | places(options.values("--configfile"), scope, tree=False)
        files = near | {home(scope, ".nuget/NuGet"), home(scope, ".config/NuGet")}
        return Effects(reads=files, writes=files, work=SHELL_WORK)
    return opaque(f"layerwise does not know what this does: {call}")


_VERBS: dict[str, Callable[[Call, Options, Scope], Effects]] = {"tool": _tool, "nuget": _nuget}
