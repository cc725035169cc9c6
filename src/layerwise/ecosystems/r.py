"""R: packages that ``R -e`` and ``Rscript -e`` install, where the expression is one of plain calls.

R reads .Renviron, .Rprofile and, without --no-restore, .RData of the working directory before anything (Startup(7);
seen by tracing R 4.2). install.packages keeps no downloads; pak and renv have caches, and renv's holds the installed
packages that a project's library links to. Nothing is said of builds that share them, so they take turns.
"""

import json
import posixpath
import re

from layerwise.ecosystems.base import SHELL_WORK, fetching
from layerwise.ecosystems.call import Call
from layerwise.ecosystems.effects import (
    Effects,
    Environment,
    Openness,
    Path,
    Scope,
    Work,
    opaque,
)
from layerwise.ecosystems.options import parse
from layerwise.ecosystems.places import home, located
from layerwise.ecosystems.r_expression import RCall, Value, calls_of, strings
from layerwise.ecosystems.r_places import NO_START, Start, cached, libraries, pak_caches, read_start

_LITTLER = frozenset({"install2.r", "installRub.r", "installBioc.r"})
NAMES = frozenset({"R", "Rscript"}) | _LITTLER

# R's own (Startup(7), R-admin), those of remotes, pak and renv, and what compiles packages.
_VARIABLES = (
    *("R_*", "_R_*", "RENV_*", "REMOTES_*", "PKG_*", "PKGCACHE_*", "PAK_*", "BIOCONDUCTOR_*", "BIOC_*", "GITHUB_PAT"),
    *("GITHUB_TOKEN", "CRAN", "CC", "CXX*", "CFLAGS", "CXXFLAGS", "FFLAGS", "LDFLAGS", "MAKE*", "PKG_CONFIG*", "NCPUS"),
    *("RSTUDIO_*", "RSPM", "MC_CORES", "OMP_*", "TAR", "JAVA_HOME", "LIBARROW_*", "ARROW_*", "NOT_CRAN", "CI"),
)
_FLAGS = frozenset(
    {
        *("-e", "-s", "-q", "--quiet", "--silent", "--slave", "--no-echo", "--vanilla", "--no-save", "--no-restore"),
        *("--no-site-file", "--no-init-file", "--no-environ", "--default-packages", "--verbose", "--no-readline"),
        *("--no-restore-data", "--no-restore-history"),
    }
)
_INSTALLS = frozenset(
    {"install.packages", "install_cran", "install_version", "install_bioc", "pkg_install", "pak", "install"}
)
_REMOTE = frozenset(
    {"install_github", "install_gitlab", "install_bitbucket", "install_git", "install_url", "install_svn"}
)
_DESCRIBED = frozenset({"install_deps", "install_dev_deps", "local_install_deps", "local_install_dev_deps"})
_HARMLESS = frozenset(
    {
        *(
            "library",
            "require",
            "requireNamespace",
            "suppressMessages",
            "options",
            "sessionInfo",
            "consent",
            "repositories",
        ),
        *("print", "message", "quit", "q", "invisible", "version", "valid", "chooseCRANmirror", "stopifnot"),
    }
)


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of an R command that installs packages; any other script is the project's."""
    if scope.cwd is None:
        return opaque("the working directory of R is not known")
    if call.name in _LITTLER:
        return _littler(call, scope)
    options = parse(call.arguments, ("-e", "--default-packages"))
    texts = [value.value for value in options.values("-e")]
    if not texts and options.has("--version", "--help"):
        return Effects(environment=_environment(), work=SHELL_WORK)
    unknown = options.unknown(_FLAGS)
    if not texts or None in texts or options.positionals or unknown:
        return opaque(f"runs R code that layerwise does not follow: {call}")
    calls = calls_of("\n".join(one for one in texts if one))
    if calls is None:
        return opaque(f"runs R code that layerwise does not follow: {call}")
    start = read_start(call, options, scope)
    found = Effects(
        reads=start.reads,
        environment=Environment(Openness.OPEN) if start.reasons else _environment(),
        manifests=start.manifests,
        needs_source=start.reasons,
    )
    for one in calls:
        found |= _call(one, start, scope)
    return found


def _environment() -> Environment:
    return fetching(*_VARIABLES, openness=Openness.INSTALLER)


def _call(call: RCall, start: Start, scope: Scope) -> Effects:
    shown = f"{call.package}::{call.name}" if call.package else call.name
    if call.name == "restore" and call.package in {"renv", ""}:
        return _restore(call, scope)
    if call.name in _HARMLESS:
        return Effects(reads=libraries(call, start, scope), work=SHELL_WORK)
    if call.name in _DESCRIBED and not (
        call.positional or set(call.named) - {"dependencies", "upgrade", "repos", "Ncpus"}
    ):
        return _described(call, start, scope)
    if call.name == "install" and call.package not in {"BiocManager", "renv"}:
        return opaque(f"{shown} installs the project")
    if call.name not in _INSTALLS | _REMOTE:
        return opaque(f"layerwise does not know what {shown} does")
    named = strings(
        call.argument(0, next((one for one in ("pkgs", "package", "pkg", "repo", "packages") if one in call.named), ""))
    )
    if named is None:
        return opaque(f"{shown} installs packages that are not known")
    local = () if call.name in _REMOTE else tuple(one for one in named if _is_path(one))
    where = libraries(call, start, scope)
    caches = pak_caches(scope) if call.package == "pak" or call.name in {"pak", "pkg_install"} else frozenset()
    names = tuple(one.partition("@")[0].removesuffix(".git").rpartition("/")[2].lower() for one in named)
    return Effects(
        reads=where | frozenset(located(one.removeprefix("local::"), scope) for one in local),
        writes=where | frozenset(Path(one.path, tree=True) for one in caches),
        fetches=True,
        environment=Environment(Openness.OPEN) if local else _environment(),
        caches=caches,
        work=(Work("r.install", len(named), names),),
        needs_source=tuple(f"{shown} installs {one}, a path of the project" for one in local),
        deterministic=False,
    )


def _is_path(name: str) -> bool:
    return name.startswith((".", "/", "~", "local::", "deps::", "url::file")) or (
        "://" not in name and name.endswith((".tar.gz", ".zip", ".tgz"))
    )


def _described(call: RCall, start: Start, scope: Scope) -> Effects:
    """Install what DESCRIPTION names."""
    assert scope.cwd is not None
    path = posixpath.join(scope.cwd, "DESCRIPTION")
    text = scope.files.read(path)
    reasons = [f"{path} could not be read before the build"] if text is None else []
    reasons += [f"{path} takes a package from {one}" for one in re.findall(r"\blocal::\S+", text or "")]
    names = re.findall(
        r"^(?:Imports|Depends|LinkingTo|Suggests):((?:.*\n(?:[ \t].*\n?)*))", (text or "") + "\n", re.MULTILINE
    )
    listed = tuple(one for part in names for one in re.findall(r"[A-Za-z][\w.]*(?=\s*(?:\(|,|$|\n))", part))
    where = libraries(call, start, scope)
    caches = pak_caches(scope) if call.package == "pak" else frozenset()
    return Effects(
        reads=where | {Path(path)},
        writes=where | frozenset(Path(one.path, tree=True) for one in caches),
        fetches=True,
        environment=Environment(Openness.OPEN) if reasons else _environment(),
        manifests=(path,) if scope.files.exists(path) else (),
        caches=caches,
        work=(Work("r.install", len(listed), tuple(one.lower() for one in listed)),),
        needs_source=tuple(reasons),
        deterministic=False,
    )


def _restore(call: RCall, scope: Scope) -> Effects:
    """Install what renv.lock says into the project's library, by links into renv's cache."""
    assert scope.cwd is not None
    if call.positional or set(call.named) - {"prompt", "clean", "repos", "rebuild", "retry", "transactional"}:
        return opaque("renv::restore works on what is not the project in the working directory")
    lock = posixpath.join(scope.cwd, "renv.lock")
    try:
        packages = json.loads(scope.files.read(lock) or "")["Packages"]
        names = tuple(str(name).lower() for name in packages)
        local = [
            name for name, one in packages.items() if one.get("Source") == "Local" or one.get("RemoteType") == "local"
        ]
        reasons = [f"{lock} takes {name} from a directory" for name in local]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        names, reasons = (), [f"{lock} could not be read before the build"]
    moved = [
        name
        for name in ("RENV_PATHS_ROOT", "RENV_PATHS_LIBRARY", "RENV_PATHS_LIBRARY_ROOT", "RENV_PROJECT", "RENV_PROFILE")
        if name in scope.environment
    ]
    reasons += [f"renv works where {name} says" for name in moved]
    inside = [posixpath.join(scope.cwd, "renv", name) for name in ("activate.R", "settings.json", "settings.dcf")]
    manifests = tuple(one for one in (lock, *inside) if scope.files.exists(one))
    caches = cached("RENV_PATHS_CACHE", "R/renv/cache", scope, read_later=True)
    kept = home(scope, ".cache/R")
    trees = frozenset(
        Path(posixpath.join(scope.cwd, "renv", one), tree=True) for one in ("library", "staging", "local", "cellar")
    )
    where = trees | frozenset(Path(one.path, tree=True) for one in caches) | {kept} | libraries(call, NO_START, scope)
    ignored = frozenset({Path(posixpath.join(scope.cwd, "renv/.gitignore"))})
    return Effects(
        reads=where | frozenset(Path(one) for one in (lock, *inside)) | ignored,
        writes=where | ignored,
        fetches=True,
        environment=Environment(Openness.OPEN) if reasons else _environment(),
        manifests=manifests,
        lock=lock if scope.files.exists(lock) else None,
        caches=caches,
        work=(Work("r.install", len(names), names),),
        needs_source=tuple(reasons),
        deterministic=False,
    )


def _littler(call: Call, scope: Scope) -> Effects:
    """Install packages by name with littler's scripts, which start without R's own start-up files."""
    options = parse(
        call.arguments,
        ("-l", "--libloc", "-r", "--repos", "-n", "--ncpus", "-m", "--method", "-t", "--type", "-d", "--deps"),
    )
    given = options.positionals
    if options.doubtful or any(one.value is None for one in given) or call.name == "installRub.r":
        return opaque(f"installs packages that are not known: {call}")
    lib = options.value("-l", "--libloc")
    named: dict[str, Value] = {"lib": lib.text} if lib is not None and lib.value else {}
    if lib is not None and not lib.value:
        return opaque(f"installs packages in a directory that is not known: {call}")
    install = RCall("install.packages", "", (tuple(one.text for one in given),), named)
    return _call(install, NO_START, scope) if given else Effects(environment=_environment(), work=SHELL_WORK)
