"""What R reads when it starts, where packages go, and where the tools around it keep downloads."""

import posixpath
import re
from dataclasses import dataclass

from layerwise.ecosystems.call import Call
from layerwise.ecosystems.effects import EVERYWHERE, SYSTEM, CacheDirectory, Path, Scope
from layerwise.ecosystems.options import Options
from layerwise.ecosystems.places import home, located
from layerwise.ecosystems.r_expression import RCall, Value, strings

_LIBRARIES = ("R_LIBS", "R_LIBS_SITE", "R_LIBS_USER")
_STARTERS = ("R_PROFILE", "R_PROFILE_USER", "R_ENVIRON", "R_ENVIRON_USER")


@dataclass(frozen=True, slots=True)
class Start:
    """What R runs and reads before an expression: the project's own start-up files.

    Attributes:
        reads: The files, there or not.
        manifests: Those that are known to be there.
        reasons: Why they are code of the project that is not followed.
        renv: Whether they activate renv and do nothing else.
    """

    reads: frozenset[Path]
    manifests: tuple[str, ...]
    reasons: tuple[str, ...]
    renv: bool


NO_START = Start(frozenset(), (), (), renv=False)
"""Nothing read, as with --vanilla."""


def read_start(call: Call, options: Options, scope: Scope) -> Start:
    """Read the start-up files; a .Rprofile that only activates renv is understood, any other is project code."""
    assert scope.cwd is not None
    vanilla = options.has("--vanilla")
    profile, environ, data = (posixpath.join(scope.cwd, name) for name in (".Rprofile", ".Renviron", ".RData"))
    names = [] if vanilla or options.has("--no-environ") else [environ]
    profiled = not vanilla and not options.has("--no-init-file")
    names += [profile] if profiled else []
    kept = vanilla or call.name == "Rscript" or options.has("--no-restore", "--no-restore-data")
    reasons = [] if kept or not scope.files.exists(data) else [f"R restores {data}"]
    text = scope.files.read(profile) if profiled else None
    code = re.sub(r"#.*", "", text or "").strip()
    activates = code in {'source("renv/activate.R")', "source('renv/activate.R')"}
    if activates:
        names += [posixpath.join(scope.cwd, "renv", name) for name in ("activate.R", "settings.json", "settings.dcf")]
        names.append(posixpath.join(scope.cwd, "renv.lock"))
    elif profiled and scope.files.exists(profile) and (text is None or code):
        reasons.append(f"R runs {profile} of the project")
    reasons += [f"R starts with the file that {one} names" for one in _STARTERS if one in scope.environment]
    if environ in names:
        found = re.findall(r"^[ \t]*(RENV_\w+|R_\w+|XDG_\w+)\s*=", scope.files.read(environ) or "", re.MULTILINE)
        reasons += [f"{environ} sets {one}" for one in found]
    reads = frozenset(Path(one) for one in names) | ({Path(data)} if not kept else frozenset())
    own = frozenset({home(scope, ".Rprofile"), home(scope, ".Renviron"), home(scope, ".R")})
    return Start(reads | own, tuple(one for one in names if scope.files.exists(one)), tuple(reasons), activates)


def libraries(call: RCall, start: Start, scope: Scope) -> frozenset[Path]:
    """Return where packages may go: R's own directories, where variables or ``lib`` say, the project's with renv."""
    assert scope.cwd is not None
    named = [value for one in _LIBRARIES if (value := scope.environment.get(one))]
    unknown = any(one in scope.environment and scope.environment[one] is None for one in _LIBRARIES)
    lib: Value = call.named.get("lib", call.named.get("library"))
    given = strings(lib) if lib is not None else ()
    if unknown or given is None:
        return frozenset({EVERYWHERE})
    found = {located(part, scope) for value in named for part in value.split(":") if part}
    found |= {located(one, scope) for one in given}
    found |= {home(scope, one) for one in ("R", ".local/share/R", ".cache/R")}
    renv = (
        {Path(posixpath.join(scope.cwd, "renv", one), tree=True) for one in ("library", "staging")}
        if start.renv
        else set()
    )
    packages = {Path(path, tree=True) for path in ("/opt/R", "/var/lib/R", "/usr/lib64/R")}
    return frozenset(found | renv | packages | {one for one in SYSTEM if one.path.startswith(("/usr", "/etc"))})


def pak_caches(scope: Scope) -> frozenset[CacheDirectory]:
    """Return the cache of pak."""
    return cached("R_PKG_CACHE_DIR", "R/pkgcache", scope, read_later=False)


def cached(variable: str, below: str, scope: Scope, *, read_later: bool) -> frozenset[CacheDirectory]:
    """Return a cache that a variable names, or that lies in the user's cache directory; none where that is unknown."""
    for name, tail in ((variable, ""), ("R_USER_CACHE_DIR", below), ("XDG_CACHE_HOME", below)):
        if name in scope.environment:
            value = scope.environment[name]
            path = located(posixpath.join(value, tail), scope) if value else EVERYWHERE
            break
    else:
        path = home(scope, posixpath.join(".cache", below))
    return (
        frozenset() if path == EVERYWHERE else frozenset({CacheDirectory(path.path.rstrip("/"), "locked", read_later)})
    )
