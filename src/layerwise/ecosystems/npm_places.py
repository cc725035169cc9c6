"""npm's settings, and where they make it install and keep downloads."""

import posixpath
import re

from layerwise.ecosystems.effects import Path, Scope
from layerwise.ecosystems.options import Options
from layerwise.ecosystems.package_json import Project
from layerwise.ecosystems.places import home, located, place, places


def user_settings(options: Options, scope: Scope) -> frozenset[Path]:
    """Return the settings files that are not the project's."""
    named = places(options.values("--userconfig", "--globalconfig", "--cafile"), scope, tree=False)
    return named | {home(scope, ".npmrc"), home(scope, ".gitconfig"), Path("/usr/local/etc/npmrc")}


def is_global(options: Options, scope: Scope) -> bool:
    """Whether npm works on the packages of the whole system."""
    location = options.value("--location")
    asked = options.has("-g", "--global") or (location is not None and location.value == "global")
    return asked or (_setting("global", scope) or "") in {"true", "1"}


def _setting(name: str, scope: Scope) -> str | None:
    """Return a setting that a variable gives, ``""`` where its value is unknown."""
    wanted = f"npm_config_{name}".replace("-", "_")
    for variable, value in scope.environment.items():
        if variable.casefold().replace("-", "_") == wanted:
            return value or ""
    return None


_LOADS = re.compile(r"(?:^|\s)(?:-r|--require|--import|--loader|--experimental-loader|--env-file)\b")


def preloaded(scope: Scope) -> tuple[str, ...]:
    """Say what node loads before npm because NODE_OPTIONS asks for it (node(1))."""
    if "NODE_OPTIONS" not in scope.environment:
        return ()
    value = scope.environment["NODE_OPTIONS"]
    return (f"node loads what NODE_OPTIONS names: {value}",) if value is None or _LOADS.search(value) else ()


def ignores_scripts(project: Project, options: Options, scope: Scope) -> bool:
    """Whether an option, a variable or the project's .npmrc keeps lifecycle scripts from running, in that order."""
    given = [one for one in options.options if one.name == "--ignore-scripts"]
    if given:
        return given[-1].value is None or given[-1].value.value != "false"
    if (setting := _setting("ignore_scripts", scope)) is not None:
        return setting == "true"
    text = scope.files.read(posixpath.join(project.directory, ".npmrc")) or ""
    return re.search(r"^\s*ignore-scripts\s*=\s*true\s*$", text, re.MULTILINE) is not None


def expanded_in_npmrc(project: Project, scope: Scope) -> frozenset[str]:
    """Return the variables that the project's .npmrc expands."""
    text = scope.files.read(posixpath.join(project.directory, ".npmrc")) or ""
    return frozenset(name for name, _ in re.findall(r"\$\{(\w+)(\?)?\}", text))


def cache_directory(options: Options, scope: Scope) -> Path:
    """Return npm's download cache."""
    named = options.value("--cache")
    if named is not None:
        return place(named, scope)
    setting = _setting("cache", scope)
    return located(setting, scope) if setting else home(scope, ".npm")


def global_prefix(options: Options, scope: Scope) -> frozenset[Path]:
    """Return where global packages go: by default beside node, so in /usr, /usr/local or where PATH leads."""
    prefix = options.values("--prefix", "-C")
    if prefix:
        return places(prefix, scope)
    setting = _setting("prefix", scope)
    if setting:
        return frozenset({located(setting, scope)})
    if setting == "":
        return frozenset({Path("/", tree=True)})
    programs = [one.rstrip("/") for one in (scope.environment.get("PATH") or "").split(":")]
    beside = {posixpath.dirname(one) for one in programs if one.endswith("/bin")} - {"/usr", "/usr/local", "/"}
    shared = tuple(
        f"{root}/{name}" for root in ("/usr", "/usr/local") for name in ("bin", "lib", "share", "include", "etc")
    )
    return frozenset(
        Path(one, tree=True) for one in (*shared, *beside, "/opt/conda", "/opt/node", "/opt/nodejs", "/usr/local/nvm")
    ) | {home(scope, ".nvm"), home(scope, ".npm-global")}
