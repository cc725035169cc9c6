"""Where uv keeps downloads, tools, interpreters and environments, and the variables that say so.

Names and defaults are those of uv's documentation, "Environment variables", "Caching" and "Storage". The cache is
append-only and made for several uv at once ("Caching", "Cache safety"); environments link into it only with the link
mode ``symlink``.
"""

import posixpath

from layerwise.ecosystems.call import Call
from layerwise.ecosystems.directories import upward
from layerwise.ecosystems.effects import EVERYWHERE, CacheDirectory, Path, Scope
from layerwise.ecosystems.options import Options
from layerwise.ecosystems.pip_places import installed_to
from layerwise.ecosystems.places import home, located, normal, place, places
from layerwise.ecosystems.uv_project import Project

VARIABLES = (
    *("UV_*", "UV", "PYTHON*", "VIRTUAL_ENV", "CONDA_*", "SETUPTOOLS_*", "DISTUTILS_*", "RUST_*", "NETRC", "CI"),
    *("GIT_SSH*", "GIT_CONFIG*", "GIT_ASKPASS", "GIT_LFS", "CARGO_*", "RUSTFLAGS", "CC", "CXX", "CFLAGS", "CXXFLAGS"),
    *("CPPFLAGS", "LDFLAGS", "MAKEFLAGS", "PKG_CONFIG*", "KEYRING_*", "HF_TOKEN", "PYX_*", "ALL_PROXY", "SSL_*"),
)
_NAME_FILES = (
    *(
        "UV_CONSTRAINT",
        "UV_OVERRIDE",
        "UV_EXCLUDE",
        "UV_BUILD_CONSTRAINT",
        "UV_FIND_LINKS",
        "UV_INDEX",
        "UV_CONFIG_FILE",
    ),
    *("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"),
)
_OFF = ("--no-cache", "--no-cache-dir", "-n")


def switched_on(name: str, scope: Scope) -> bool | None:
    """Whether a variable turns something on; None where its value is not known."""
    if name not in scope.environment:
        return False
    value = scope.environment[name]
    return None if value is None else value.lower() in {"1", "true", "yes", "on", "y", "t"}


def named_by(name: str, scope: Scope) -> Path | None:
    """Return the tree that a variable names, EVERYWHERE for a value that is not known, None where it is unset."""
    if name not in scope.environment:
        return None
    value = scope.environment[name]
    return located(value, scope) if value else EVERYWHERE


def uncached(options: Options, scope: Scope) -> tuple[str, ...]:
    """Return what turns the cache off."""
    given = tuple(dict.fromkeys(one.name for one in options.options if one.name in _OFF))
    return (*given, *(("UV_NO_CACHE",) if switched_on("UV_NO_CACHE", scope) else ()))


def cache_directory(options: Options, scope: Scope, project: Project) -> Path:
    """Return where the cache is, EVERYWHERE where that is not known."""
    named = options.value("--cache-dir")
    if named is not None:
        return place(named, scope)
    variable = named_by("UV_CACHE_DIR", scope) or named_by("XDG_CACHE_HOME", scope)
    if variable is not None:
        moved = "UV_CACHE_DIR" not in scope.environment and variable != EVERYWHERE
        return Path(posixpath.join(variable.path, "uv"), tree=True) if moved else variable
    if project.cache_directory:
        return Path(normal(posixpath.join(project.root, project.cache_directory)), tree=True)
    return home(scope, ".cache/uv")


def caches(options: Options, scope: Scope, project: Project) -> frozenset[CacheDirectory]:
    """Return the cache, unless nobody can tell where it is or settings of the project turn it off."""
    where = cache_directory(options, scope, project)
    if where == EVERYWHERE or project.cache_directory == "" or switched_on("UV_NO_CACHE", scope) is None:
        return frozenset()
    named = options.value("--link-mode")
    mode = named.value if named else scope.environment.get("UV_LINK_MODE", project.link_mode or "")
    return frozenset({CacheDirectory(where.path, "shared", read_later=mode in {"symlink", None})})


def interpreters(scope: Scope) -> frozenset[Path]:
    """Return where uv installs Python."""
    links = {home(scope, ".local/bin")}
    moved = named_by("UV_PYTHON_INSTALL_DIR", scope)
    links |= {one for name in ("UV_PYTHON_BIN_DIR", "XDG_BIN_HOME") if (one := named_by(name, scope))}
    return frozenset({moved or home(scope, ".local/share/uv"), *links})


def tools(scope: Scope) -> frozenset[Path]:
    """Return where ``uv tool install`` puts tools and links to their programs."""
    moved = named_by("UV_TOOL_DIR", scope)
    links = [one for name in ("UV_TOOL_BIN_DIR", "XDG_BIN_HOME") if (one := named_by(name, scope))]
    return frozenset({moved or home(scope, ".local/share/uv"), *(links[:1] or [home(scope, ".local/bin")])})


def environment_of(project: Project, options: Options, scope: Scope) -> frozenset[Path]:
    """Return the environment of a project: .venv, unless a variable or an option names another."""
    named = scope.environment.get("UV_PROJECT_ENVIRONMENT", "")
    active = installed_to(Call("uv"), Options((), ()), scope) if options.has("--active") else frozenset[Path]()
    if named is None:
        return frozenset({EVERYWHERE})
    return active | {located(posixpath.join(project.root, named or ".venv"), scope)}


def site_packages(options: Options, scope: Scope) -> frozenset[Path]:
    """Return where ``uv pip`` may install: the active environment, .venv of a directory above, or a system's own."""
    named = places(options.values("--python", "-p"), scope)
    chosen = options.has("--system", "--target", "-t", "--prefix") or switched_on("UV_SYSTEM_PYTHON", scope)
    above = () if chosen or scope.environment.get("VIRTUAL_ENV") else upward(scope.cwd or "/")
    found = frozenset(Path(posixpath.join(one, ".venv"), tree=True) for one in above)
    return named | installed_to(Call("uv"), options, scope) | found


def named_files(scope: Scope) -> tuple[str, ...]:
    """Say which variables name files or directories that uv takes packages or constraints from."""
    values = ((name, scope.environment[name]) for name in _NAME_FILES if scope.environment.get(name, "") != "")
    return tuple(
        f"{name} names files"
        for name, value in values
        if value is None or any("://" not in one or "file:" in one for one in value.replace(",", " ").split())
    )
