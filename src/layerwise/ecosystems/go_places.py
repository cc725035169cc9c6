"""Where go keeps modules, compiled packages and programs, as its variables say (``go help environment``)."""

import posixpath

from layerwise.ecosystems.effects import EVERYWHERE, CacheDirectory, Path, Scope
from layerwise.ecosystems.places import home, located


def settings(scope: Scope) -> frozenset[Path]:
    """Return the files that hold what ``go env -w`` set, and credentials."""
    named = scope.environment.get("GOENV")
    own = {located(named, scope, tree=False)} if named and named != "off" else set()
    return frozenset({home(scope, ".config/go"), home(scope, ".netrc"), home(scope, ".gitconfig"), *own})


def _roots(scope: Scope) -> tuple[str, ...] | None:
    """Return GOPATH, None where its value is not known; the golang images set it to /go."""
    if "GOPATH" in scope.environment:
        value = scope.environment["GOPATH"]
        return tuple(value.split(":")) if value else None
    if "/go/bin" in (scope.environment.get("PATH") or "").split(":"):
        return ("/go",)
    return (posixpath.join(scope.home, "go"),) if scope.home else None


def _variable(name: str, scope: Scope) -> Path | None:
    """Return the directory that a variable names, EVERYWHERE for a value that is not known, None where it is unset."""
    if name not in scope.environment:
        return None
    value = scope.environment[name]
    return located(value, scope) if value else EVERYWHERE


def module_cache(scope: Scope) -> Path:
    """Return where modules are downloaded and unpacked, EVERYWHERE where that is not known."""
    roots = _roots(scope)
    named = _variable("GOMODCACHE", scope)
    return named or (located(posixpath.join(roots[0], "pkg/mod"), scope) if roots else EVERYWHERE)


def build_cache(scope: Scope) -> Path:
    """Return where compiled packages are kept."""
    return _variable("GOCACHE", scope) or home(scope, ".cache/go-build")


def caches(scope: Scope) -> frozenset[CacheDirectory]:
    """Return the module cache, from which later builds compile, and the build cache."""
    modules, built = module_cache(scope), build_cache(scope)
    found = {CacheDirectory(modules.path, "shared", read_later=True)} if modules != EVERYWHERE else set()
    return frozenset(found | ({CacheDirectory(built.path, "shared")} if built != EVERYWHERE else set()))


def stores(scope: Scope) -> frozenset[Path]:
    """Return where downloads go; where nobody set GOPATH, the base image may have set it to /go."""
    usual = {Path("/go/pkg", tree=True)} if "GOPATH" not in scope.environment else set()
    below = {home(scope, ".config/go/telemetry")}
    return frozenset({module_cache(scope), build_cache(scope), *usual, *below})


def installed_to(scope: Scope) -> frozenset[Path]:
    """Return where programs are installed."""
    named = _variable("GOBIN", scope)
    if named is not None:
        return frozenset({named})
    roots = _roots(scope)
    usual = {Path("/go/bin", tree=True)} if "GOPATH" not in scope.environment else set()
    return frozenset({located(posixpath.join(one, "bin"), scope) for one in roots or ()} | usual) or frozenset(
        {EVERYWHERE}
    )
