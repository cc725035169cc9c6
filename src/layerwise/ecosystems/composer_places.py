"""Where Composer installs, keeps settings and downloads, and which histories it looks into."""

import posixpath

from layerwise.ecosystems.composer_json import Project
from layerwise.ecosystems.effects import EVERYWHERE, Path, Scope
from layerwise.ecosystems.options import Options
from layerwise.ecosystems.places import home, located, normal


def written(project: Project, scope: Scope) -> frozenset[Path]:
    """Return the vendor directory and the one for programs, where variables or composer.json put them."""
    config = project.config or {}
    vendor = _directory("COMPOSER_VENDOR_DIR", config.get("vendor-dir"), "vendor", project, scope)
    programs = _directory("COMPOSER_BIN_DIR", config.get("bin-dir"), "vendor/bin", project, scope)
    return frozenset({vendor, programs})


def _directory(variable: str, setting: object, default: str, project: Project, scope: Scope) -> Path:
    named = scope.environment.get(variable, setting or default)
    if not isinstance(named, str) or "$" in named or "{" in named or named.startswith("~"):
        return EVERYWHERE
    return Path(normal(posixpath.join(project.directory, named)), tree=True)


def histories(project: Project, scope: Scope) -> frozenset[Path]:
    """Return the histories that the root package's version, kept in vendor/composer/installed.php, is guessed from."""
    if project.versioned or scope.environment.get("COMPOSER_ROOT_VERSION"):
        return frozenset()
    found = {
        Path(posixpath.join(project.directory, name), tree=True) for name in (".hg", ".svn", ".fslckout", "_FOSSIL_")
    }
    directory = project.directory
    while True:
        found.add(Path(posixpath.join(directory, ".git"), tree=True))
        if directory == "/":
            return frozenset(found)
        directory = posixpath.dirname(directory)


def homes(scope: Scope) -> frozenset[Path]:
    """Return where Composer keeps settings, and what it installs for the whole system."""
    if "COMPOSER_HOME" in scope.environment:
        value = scope.environment["COMPOSER_HOME"]
        return frozenset({located(value, scope) if value else EVERYWHERE})
    return frozenset({home(scope, ".composer"), home(scope, ".config/composer"), home(scope, ".local/share/composer")})


def settings(scope: Scope) -> frozenset[Path]:
    """Return the settings of Composer and of the programs it fetches with that are not the project's."""
    return homes(scope) | {home(scope, ".gitconfig"), home(scope, ".ssh"), home(scope, ".netrc")}


def downloads(scope: Scope, project: Project | None = None) -> frozenset[Path]:
    """Return the download cache; EVERYWHERE where it is not known."""
    named = scope.environment.get("COMPOSER_CACHE_DIR", "")
    setting = ((project.config if project else None) or {}).get("cache-dir")
    if named is None or (not named and isinstance(setting, str) and setting.startswith(("$", "~", "{"))):
        return frozenset({EVERYWHERE})
    if named and named != "/dev/null":
        return frozenset({located(named, scope)})
    if isinstance(setting, str) and project:
        return frozenset({Path(normal(posixpath.join(project.directory, setting)), tree=True)})
    if "COMPOSER_HOME" in scope.environment:
        value = scope.environment["COMPOSER_HOME"]
        return frozenset({located(posixpath.join(value, "cache"), scope) if value else EVERYWHERE})
    if "XDG_CACHE_HOME" in scope.environment:
        value = scope.environment["XDG_CACHE_HOME"]
        return frozenset({located(posixpath.join(value, "composer"), scope) if value else EVERYWHERE})
    return frozenset({home(scope, ".cache/composer"), home(scope, ".composer/cache")})


def uncached(options: Options, scope: Scope) -> tuple[str, ...]:
    """Return what turns the download cache off: the option, or the variable that names no directory."""
    off = ("COMPOSER_CACHE_DIR",) if scope.environment.get("COMPOSER_CACHE_DIR") == "/dev/null" else ()
    return (*(("--no-cache",) if options.has("--no-cache") else ()), *off)
