"""conda, mamba and micromamba: environments, the files that describe them, and pip inside them."""

import posixpath
from collections.abc import Callable

from layerwise.ecosystems.base import SHELL_WORK, fetching
from layerwise.ecosystems.call import Argument, Call
from layerwise.ecosystems.conda_listing import Listing, package_name, read_listing
from layerwise.ecosystems.conda_places import package_caches, prefixes
from layerwise.ecosystems.effects import (
    SYSTEM,
    CacheDirectory,
    Effects,
    Environment,
    Openness,
    Path,
    Scope,
    Work,
    opaque,
)
from layerwise.ecosystems.imports import shadows
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.places import absolute_path, home, places

NAMES = frozenset({"conda", "mamba", "micromamba"})

# conda reads each of its settings as CONDA_<NAME>, micromamba as MAMBA_<NAME> (conda docs, "Using the .condarc");
# packages' link and activation scripts and pip run too.
_VARIABLES = (
    *(
        "CONDA*",
        "_CONDA*",
        "_CE_*",
        "MAMBA_*",
        "MICROMAMBA_*",
        "CONDARC",
        "MAMBARC",
        "PIP_*",
        "PYTHON*",
        "VIRTUAL_ENV",
        "PREFIX",
    ),
    *(
        "CI",
        "SSL_CERT_*",
        "REQUESTS_*",
        "NETRC",
        "PROXY*",
        "CUDA_VERSION",
        "CUDA_HOME",
        "JAVA_HOME",
        "GDAL_*",
        "PROJ_*",
    ),
)
_VALUED = (
    *(
        "-n",
        "--name",
        "-p",
        "--prefix",
        "-f",
        "--file",
        "-c",
        "--channel",
        "--override-frozen",
        "--solver",
        "--platform",
    ),
    *(
        "--subdir",
        "--repodata-fn",
        "--experimental",
        "--clone",
        "-r",
        "--root-prefix",
        "--rc-file",
        "--relocate-prefix",
    ),
    *("--category", "--download-threads", "--channel-priority", "--log-level", "--revision"),
)
_FILES = ("-f", "--file")
_INSTALLS = frozenset({"install", "create", "update", "upgrade"})
_REMOVES = frozenset({"remove", "uninstall"})
_ASKS = frozenset({"info", "list", "search", "notices", "repoquery", "package", "compare"})


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of a conda command."""
    options = parse(_unhidden(call.arguments), _VALUED)
    words = [one.value or "" for one in options.positionals]
    if not words:
        return (
            Effects(environment=_environment(), work=SHELL_WORK)
            if options.has("--version", "-V", "--help")
            else opaque(str(call))
        )
    skipped = 2 if words[0] == "env" else 1
    verb = " ".join(words[:skipped])
    handler = _VERBS.get(verb.removeprefix("env ") if verb.startswith("env ") else verb)
    if handler is None or verb in {"run", "activate", "deactivate", "shell", "develop", "build"}:
        return opaque(f"runs what an environment holds, or changes the shell: {call}")
    rest = Options(options.options, options.positionals[skipped:])
    return handler(call, rest, scope) | Effects(reads=_settings(scope), environment=_environment())


def _unhidden(arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
    return tuple(one for one in arguments if one.value != "--")


def _environment() -> Environment:
    return fetching(*_VARIABLES, openness=Openness.INSTALLER)


def _settings(scope: Scope) -> frozenset[Path]:
    return frozenset(SYSTEM) | {
        home(scope, ".condarc"),
        home(scope, ".conda"),
        home(scope, ".config/conda"),
        home(scope, ".mambarc"),
    }


def _install(call: Call, options: Options, scope: Scope) -> Effects:
    found = _listed(call, options, scope)
    unknown = tuple(
        f"conda is given arguments that are not known: {one.text}" for one in options.positionals if not one.prefix
    )
    named = tuple(package_name(one.text) for one in options.positionals if one.prefix)
    reasons = (*found.reasons, *unknown, *_imports(found, scope))
    verb = "create" if any(one.value == "create" for one in call.arguments) else "install"
    names = (*named, *found.names)
    work = [Work(f"conda.{verb}", len(names), names)]
    if found.pip.names or found.pip.local:
        work.append(Work("pip.install", len(found.pip.names), found.pip.names))
    where = prefixes(options, scope)
    packages = package_caches(scope)
    closed = not reasons and not found.pip.local
    return found.pip.effects() | Effects(
        reads=frozenset(Path(one) for one in found.files) | where | packages,
        writes=where | packages | {home(scope, ".conda"), home(scope, ".cache"), home(scope, ".local")},
        fetches=not options.has("--offline"),
        environment=Environment(Openness.INSTALLER if closed else Openness.OPEN, found.pip.variables),
        manifests=found.files,
        lock=found.files[0] if found.locked and found.files else None,
        caches=frozenset({CacheDirectory(one.path, "locked") for one in packages}),
        work=tuple(work),
        needs_source=reasons,
        deterministic=found.locked,
    )


def _imports(found: Listing, scope: Scope) -> tuple[str, ...]:
    """Say what pip would import of the project: conda runs it as a module beside the environment file."""
    if not found.pip.names and not found.pip.local:
        return ()
    return shadows(tuple(dict.fromkeys(posixpath.dirname(one) for one in found.files)), scope.files)


def _listed(call: Call, options: Options, scope: Scope) -> Listing:
    """Return what the files on the command line ask for; ``conda env`` takes environment.yml where none is named."""
    named = options.values(*_FILES)
    env = any(one.value == "env" for one in call.arguments[:2])
    if env and not named:
        positional = options.positionals[:1]
        named = (
            positional
            if positional and positional[0].text.endswith((".yml", ".yaml"))
            else (Argument("environment.yml", prefix="environment.yml"),)
        )
    found = Listing()
    for one in named:
        path = absolute_path(one.text, scope) if one.value else None
        if path is None:
            found |= Listing(reasons=(f"the file {one.text} is not known",))
        elif "://" not in one.text:
            found |= read_listing(path, scope.files)
    return found


def _remove(_call: Call, options: Options, scope: Scope) -> Effects:
    where = prefixes(options, scope) | package_caches(scope)
    return Effects(reads=where, writes=where, fetches=True, work=SHELL_WORK, deterministic=False)


def _clean(_call: Call, options: Options, scope: Scope) -> Effects:
    where = prefixes(options, scope) | package_caches(scope) | {home(scope, ".cache")}
    return Effects(reads=where, writes=where, work=SHELL_WORK)


def _config(_call: Call, options: Options, scope: Scope) -> Effects:
    """``conda config`` changes ~/.condarc, the environment's with --env, the installation's with --system."""
    files = (
        places(options.values("--file", "-f"), scope)
        | {home(scope, ".condarc"), home(scope, ".mambarc")}
        | prefixes(options, scope)
    )
    return Effects(reads=files, writes=files, work=SHELL_WORK)


def _init(_call: Call, options: Options, scope: Scope) -> Effects:
    """``conda init`` writes the start-up files of shells."""
    files = {
        home(scope, name)
        for name in (".bashrc", ".bash_profile", ".profile", ".zshrc", ".config", ".tcshrc", ".xonshrc")
    }
    return Effects(
        reads=frozenset(files),
        writes=frozenset({*files, Path("/etc", tree=True)}) | prefixes(options, scope),
        work=SHELL_WORK,
    )


def _asks(_call: Call, options: Options, scope: Scope) -> Effects:
    return Effects(reads=prefixes(options, scope), fetches=True, work=SHELL_WORK, deterministic=False)


_VERBS: dict[str, Callable[[Call, Options, Scope], Effects]] = {
    **dict.fromkeys(_INSTALLS, _install),
    **dict.fromkeys(_REMOVES, _remove),
    **dict.fromkeys(_ASKS, _asks),
    "clean": _clean,
    "config": _config,
    "init": _init,
}
