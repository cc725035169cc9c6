"""Where .NET's tools keep packages, downloads and settings."""

import posixpath

from layerwise.ecosystems.effects import EVERYWHERE, CacheDirectory, Path, Scope
from layerwise.ecosystems.options import Options
from layerwise.ecosystems.places import home, located, place


def paths(caches: frozenset[CacheDirectory]) -> frozenset[Path]:
    """Return caches as trees."""
    return frozenset(Path(one.path, tree=True) for one in caches)


def own_directories(scope: Scope) -> frozenset[Path]:
    """Return where the tools keep what is theirs: anywhere, if a variable of unknown value moves the caches."""
    unknown = any(
        name in scope.environment and not scope.environment[name]
        for name in ("NUGET_PACKAGES", "NUGET_HTTP_CACHE_PATH")
    )
    own = frozenset(home(scope, one) for one in (".nuget", ".local/share/NuGet", ".dotnet", ".templateengine", ".net"))
    return own | {Path("/tmp", tree=True)} | ({EVERYWHERE} if unknown else frozenset())  # noqa: S108  # NuGet's locks


def settings(scope: Scope) -> frozenset[Path]:
    """Return the settings that are not the project's."""
    return frozenset({home(scope, ".nuget"), home(scope, ".config/NuGet"), home(scope, ".dotnet")})


def download_caches(options: Options, scope: Scope) -> frozenset[CacheDirectory]:
    """Return the package folder, which builds read, and the cache of requests."""
    packages = options.value("--packages")
    if packages is not None:
        kept = place(packages, scope) if packages.value else EVERYWHERE
    else:
        kept = _moved("NUGET_PACKAGES", ".nuget/packages", scope)
    requests = _moved("NUGET_HTTP_CACHE_PATH", ".local/share/NuGet/http-cache", scope)
    found = {CacheDirectory(kept.path, "locked", read_later=True), CacheDirectory(requests.path, "locked")}
    return frozenset(one for one in found if one.path != "/")


def _moved(variable: str, default: str, scope: Scope) -> Path:
    if variable not in scope.environment:
        return home(scope, default)
    value = scope.environment[variable]
    return located(value, scope) if value else EVERYWHERE


def nearby(scope: Scope) -> tuple[str, ...]:
    """Return the settings and tool manifests from the working directory up, there or not."""
    directory, found = scope.cwd or "/", []
    while True:
        names = (
            ".config/dotnet-tools.json",
            "dotnet-tools.json",
            "nuget.config",
            "NuGet.config",
            "NuGet.Config",
            "global.json",
        )
        found += [posixpath.join(directory, name) for name in names]
        if directory == "/":
            return tuple(found)
        directory = posixpath.dirname(directory)
