"""npm's settings, and where they make it install and keep downloads."""

import posixpath

from layerwise.ecosystems.effects import EVERYWHERE, CacheDirectory, Path, Scope
from layerwise.ecosystems.node_settings import flagged, npmrc, set_true, variable
from layerwise.ecosystems.options import Options
from layerwise.ecosystems.places import home, located, place, places


def user_settings(options: Options, scope: Scope) -> frozenset[Path]:
    """Return the settings files that are not the project's."""
    named = places(options.values("--userconfig", "--globalconfig", "--cafile"), scope, tree=False)
    return named | {home(scope, ".npmrc"), home(scope, ".gitconfig"), Path("/usr/local/etc/npmrc")}


def is_global(options: Options, scope: Scope) -> bool:
    """Whether npm works on the packages of the whole system."""
    location = options.value("--location")
    asked = options.has("-g", "--global") or (location is not None and location.value == "global")
    return asked or bool(set_true(scope, "npm_config_global"))


def ignores_scripts(directory: str, options: Options, scope: Scope) -> bool:
    """Whether an option, a variable or the project's .npmrc keeps lifecycle scripts from running, in that order."""
    given = flagged(options, "--ignore-scripts")
    if given is None and (setting := variable(scope, "npm_config_ignore_scripts")) is not None:
        given = setting == "true"
    return npmrc(directory, scope.files).get("ignore-scripts") == "true" if given is None else given


def caches(directory: str | None, options: Options, scope: Scope) -> frozenset[CacheDirectory]:
    """Return npm's download cache, none where its place is not known; its content is shared safely (cacache's docs)."""
    path = cache(directory, options, scope)
    return frozenset() if path is None or options.has("--offline") else frozenset({CacheDirectory(path.path, "shared")})


def cache(directory: str | None, options: Options, scope: Scope) -> Path | None:
    """Return where npm keeps downloads; None where that is not known."""
    named = options.value("--cache")
    if named is not None:
        return place(named, scope) if named.value else None
    setting = variable(scope, "npm_config_cache")
    if setting is None and directory is not None:
        setting = npmrc(directory, scope.files).get("cache")
    if setting == "":
        return None
    found = home(scope, ".npm") if setting is None else located(setting, scope)
    return None if found == EVERYWHERE else found


def global_prefix(options: Options, scope: Scope) -> frozenset[Path]:
    """Return where global packages go: by default beside node, so in /usr, /usr/local or where PATH leads."""
    prefix = options.values("--prefix", "-C")
    if prefix:
        return places(prefix, scope)
    setting = variable(scope, "npm_config_prefix")
    if setting is not None:
        return frozenset({located(setting or "/", scope)})
    programs = [one.rstrip("/") for one in (scope.environment.get("PATH") or "").split(":")]
    beside = {posixpath.dirname(one) for one in programs if one.endswith("/bin")} - {"/usr", "/usr/local", "/"}
    shared = tuple(
        f"{root}/{name}" for root in ("/usr", "/usr/local") for name in ("bin", "lib", "share", "include", "etc")
    )
    return frozenset(
        Path(one, tree=True) for one in (*shared, *beside, "/opt/conda", "/opt/node", "/opt/nodejs", "/usr/local/nvm")
    ) | {home(scope, ".nvm"), home(scope, ".npm-global")}
