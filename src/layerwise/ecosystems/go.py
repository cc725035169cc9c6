"""go: what it downloads and from which files, where it installs, and what a build reads and writes.

Variables and defaults are those of ``go help environment`` and the Go Modules Reference. Building runs no code of the
project; ``go generate``, ``run``, ``test`` and ``tool`` do. The module cache and the build cache may be used by
several go commands at once (lock files in cmd/go/internal/lockedfile; ``go help cache``). In go 1.19's
cmd/go/internal/modcmd/download.go ``go mod download`` without arguments saves no checksums of what it downloads, but
mends go.mod and go.sum where they are not tidy.
"""

import posixpath
from collections.abc import Callable
from dataclasses import replace

from layerwise.ecosystems.base import SHELL_WORK, closed, fetching
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
from layerwise.ecosystems.go_mod import Modules, read_modules
from layerwise.ecosystems.go_places import build_cache, caches, installed_to, module_cache, settings, stores
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.places import absolute_path, located, places

NAMES = frozenset({"go"})

_VARIABLES = (
    *("GO*", "CGO_*", "GCCGO*", "AR", "CC", "CXX", "FC", "PKG_CONFIG*", "GIT_*", "SSH_*", "HG*", "SVN_*", "BZR*"),
    *("CPATH", "C_INCLUDE_PATH", "LIBRARY_PATH", "GCC_*", "COMPILER_PATH"),
)
_VALUED = (
    *(
        "--C",
        "--p",
        "--asmflags",
        "--buildmode",
        "--compiler",
        "--gccgoflags",
        "--gcflags",
        "--installsuffix",
        "--ldflags",
    ),
    *(
        "--mod",
        "--modfile",
        "--overlay",
        "--pgo",
        "--pkgdir",
        "--tags",
        "--toolexec",
        "--o",
        "--coverpkg",
        "--covermode",
    ),
    *("--reuse", "--go", "--compat", "--f", "--vettool"),
)
_FLAGS = (
    *(
        "--a",
        "--n",
        "--x",
        "--v",
        "--race",
        "--msan",
        "--asan",
        "--cover",
        "--trimpath",
        "--work",
        "--linkshared",
        "--modcacherw",
    ),
    *("--buildvcs", "--d", "--u", "--t", "--i", "--s", "--e", "--diff", "--json", "--insecure", "--fix"),
)
_RUNS = frozenset({"run", "test", "generate", "tool", "bug", "fix", "fmt"})


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of a go command."""
    options = parse(tuple(_doubled(one) for one in call.arguments), _VALUED)
    if not options.positionals:
        return opaque(str(call))
    verb = options.positionals[0].value or ""
    rest = Options(options.options, options.positionals[1:])
    if verb == "mod":
        verb = f"mod {rest.positionals[0].value or ''}" if rest.positionals else "mod"
        rest = Options(rest.options, rest.positionals[1:])
    handler = _VERBS.get(verb)
    if handler is None:
        reason = "runs project code" if verb in _RUNS else f"layerwise does not know what go {verb} does"
        return opaque(f"{reason}: {call}") | Effects(caches=caches(scope))
    inside = _moved(rest, scope)
    if inside.cwd is None:
        return opaque(f"the directory that go works in is not known: {call}") | Effects(caches=caches(scope))
    kept = frozenset[CacheDirectory]() if verb in _ASKS or verb == "clean" else caches(scope)
    return handler(call, rest, inside) | Effects(reads=settings(scope), environment=_environment(), caches=kept)


def _doubled(argument: Argument) -> Argument:
    """Go's flags are words behind one dash or two: all are read as if behind two."""
    if not argument.prefix.startswith("-") or argument.prefix.startswith("--") or argument.prefix == "-":
        return argument
    return Argument(f"-{argument.text}", argument.known, f"-{argument.prefix}", argument.glob)


def _environment() -> Environment:
    return fetching(*_VARIABLES, openness=Openness.INSTALLER)


def _moved(options: Options, scope: Scope) -> Scope:
    directory = options.value("--C")
    if directory is None:
        return scope
    return replace(scope, cwd=absolute_path(directory.text, scope) if directory.value else None)


def _modules(options: Options, scope: Scope) -> tuple[Modules, tuple[str, ...]]:
    """Return the modules, and why go reads more than their manifests."""
    assert scope.cwd is not None
    work = scope.environment.get("GOWORK") or None
    found = read_modules(scope.cwd, scope.files, work)
    reasons = [f"an option of go that layerwise does not know: {one}" for one in _unknown(options)]
    reasons += ["GOWORK is not known before the build"] if "GOWORK" in scope.environment and work is None else []
    reasons += ["go is given another go.mod or an overlay"] if options.has("--modfile", "--overlay") else []
    flags = scope.environment.get("GOFLAGS", "")
    reasons += ["GOFLAGS gives go other files"] if flags is None or "-modfile" in flags or "-overlay" in flags else []
    return found, (*found.needs_source, *reasons)


def _unknown(options: Options) -> tuple[str, ...]:
    return options.unknown((*_VALUED, *_FLAGS))


def _download(_call: Call, options: Options, scope: Scope) -> Effects:
    """Fill the module cache; a tidy go.mod and go.sum stay as they are, unless modules are named."""
    found, reasons = _modules(options, scope)
    kept = found.summed and not options.positionals
    written = frozenset[Path]() if kept else frozenset(Path(one) for one in found.written)
    return Effects(
        reads=frozenset(Path(one) for one in (*found.manifests, *found.candidates)) | stores(scope),
        writes=written | stores(scope),
        fetches=True,
        environment=Environment(Openness.OPEN if reasons else Openness.INSTALLER),
        manifests=found.manifests,
        lock=found.lock,
        work=(Work("go.download", found.packages, found.names),),
        needs_source=reasons,
        deterministic=kept,
    )


def _build(call: Call, options: Options, scope: Scope) -> Effects:
    """Compile the project: cmd/go runs none of its code and writes where ``-o`` says, else into the directory."""
    flags = scope.environment.get("GOFLAGS", "")
    if options.has("--toolexec", "--vettool") or _unknown(options) or flags is None or "-toolexec" in flags:
        return opaque(f"runs a program that the command line names: {call}")
    output = places(options.values("--o"), scope) or frozenset({located(".", scope)})
    stamped = () if _unstamped(options, flags) else ("may write the state of .git into the program",)
    found, _ = _modules(options, scope)
    updated = frozenset(Path(one) for one in found.written)
    return Effects(
        reads=frozenset({EVERYWHERE}),
        writes=output | stores(scope) | updated,
        fetches=True,
        environment=Environment(Openness.OPEN),
        manifests=found.manifests,
        lock=found.lock,
        work=(Work("go.build", found.packages, found.names),),
        needs_source=("compiles the project", *stamped),
        deterministic=found.summed,
    )


def _unstamped(options: Options, flags: str) -> bool:
    given = options.value("--buildvcs")
    return (given is not None and given.value == "false") or "-buildvcs=false" in flags


def _install(call: Call, options: Options, scope: Scope) -> Effects:
    """``go install name@version`` looks at no go.mod of the project (Go Modules Reference, "go install")."""
    where = installed_to(scope)
    if not options.positionals or any("@" not in one.text for one in options.positionals):
        return _build(call, options, scope) | Effects(writes=where)
    flags = scope.environment.get("GOFLAGS", "")
    if options.has("--toolexec") or _unknown(options) or flags is None or "-toolexec" in flags:
        return opaque(f"runs a program that the command line names: {call}")
    names = tuple(one.text.partition("@")[0].lower() for one in options.positionals)
    return Effects(
        reads=stores(scope) | where,
        writes=stores(scope) | where,
        fetches=True,
        work=(Work("go.install", len(names), names),),
        deterministic=False,
    )


def _updates(_call: Call, options: Options, scope: Scope) -> Effects:
    """``go get``, ``go mod tidy`` and ``vendor`` follow the imports of the source and write go.mod and go.sum."""
    found, reasons = _modules(options, scope)
    vendor = posixpath.join(found.directory, "vendor")
    return Effects(
        reads=frozenset({EVERYWHERE}),
        writes=frozenset(Path(one) for one in found.written)
        | stores(scope)
        | installed_to(scope)
        | {Path(vendor, tree=True)},
        fetches=True,
        environment=Environment(Openness.OPEN),
        manifests=found.manifests,
        lock=found.lock,
        work=(Work("go.download", found.packages, found.names),),
        needs_source=("follows the imports of the project's source", *reasons),
        deterministic=False,
    )


def _clean(call: Call, options: Options, scope: Scope) -> Effects:
    """``go clean`` with flags removes caches; without them it removes what builds left in the directory."""
    known = {"--cache": build_cache, "--testcache": build_cache, "--fuzzcache": build_cache}
    given = [one.name for one in options.options]
    if not given or options.positionals or any(one not in known and one not in _CLEANS for one in given):
        return opaque(f"removes files of the project: {call}")
    cleaned = frozenset(known[one](scope) for one in given if one in known)
    if "--modcache" in given:
        cleaned |= {module_cache(scope)}
    return Effects(reads=cleaned, writes=cleaned, work=SHELL_WORK)


_CLEANS = frozenset({"--modcache", "--x", "--n"})


def _verify(_call: Call, options: Options, scope: Scope) -> Effects:
    found, reasons = _modules(options, scope)
    read = frozenset(Path(one) for one in (*found.manifests, *found.candidates)) | stores(scope)
    return Effects(
        reads=read,
        writes=stores(scope),
        fetches=True,
        manifests=found.manifests,
        lock=found.lock,
        work=SHELL_WORK,
        needs_source=reasons,
    )


def _environment_file(_call: Call, options: Options, scope: Scope) -> Effects:
    """``go env -w`` writes the user's file of settings."""
    writes = settings(scope) if options.has("--w", "--u") else frozenset[Path]()
    read = frozenset({located("go.mod", scope, tree=False), located("go.work", scope, tree=False)})
    return Effects(reads=read, writes=writes, work=SHELL_WORK)


def _asks(_call: Call, _options: Options, _scope: Scope) -> Effects:
    return Effects(environment=closed(*_VARIABLES), work=SHELL_WORK)


_ASKS = frozenset({"version", "help"})
_VERBS: dict[str, Callable[[Call, Options, Scope], Effects]] = {
    "mod download": _download,
    "build": _build,
    "vet": _build,
    "list": _build,
    "install": _install,
    **dict.fromkeys(("get", "mod tidy", "mod vendor"), _updates),
    **dict.fromkeys(("mod verify", "mod graph"), _verify),
    "clean": _clean,
    "env": _environment_file,
    **dict.fromkeys(_ASKS, _asks),
}
