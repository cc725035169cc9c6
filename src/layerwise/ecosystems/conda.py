"""conda, mamba and micromamba: environments, the files that describe them, and pip inside them."""

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field

import yaml

from layerwise.ecosystems import requirements
from layerwise.ecosystems.base import SHELL_WORK, fetching
from layerwise.ecosystems.call import Argument, Call
from layerwise.ecosystems.effects import (
    SYSTEM,
    CacheDirectory,
    Effects,
    Environment,
    Files,
    Openness,
    Path,
    Scope,
    Work,
    opaque,
)
from layerwise.ecosystems.imports import shadows
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.places import absolute_path, home, located, places
from layerwise.ecosystems.requirements import Requirements

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

# Where the images of conda, mamba and their kin keep the installation, besides what PATH and variables say.
_ROOTS = (
    "/opt/conda",
    "/opt/miniconda3",
    "/opt/miniforge3",
    "/opt/mambaforge",
    "/opt/micromamba",
    "/opt/miniconda",
    "/opt/anaconda3",
)
_ROOT_VARIABLES = (
    "CONDA_PREFIX",
    "MAMBA_ROOT_PREFIX",
    "CONDA_DIR",
    "CONDA_ROOT",
    "CONDA_ENVS_PATH",
    "CONDA_ENVS_DIRS",
    "CONDA_PKGS_DIRS",
)


@dataclass(frozen=True, slots=True)
class Listing:
    """What environment files ask for: conda packages, and what their ``pip:`` part means."""

    files: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    pip: Requirements = field(default_factory=Requirements)
    reasons: tuple[str, ...] = ()
    locked: bool = False

    def __or__(self, other: "Listing") -> "Listing":
        return Listing(
            (*self.files, *other.files),
            (*self.names, *other.names),
            self.pip | other.pip,
            (*self.reasons, *other.reasons),
            self.locked or other.locked,
        )


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
    named = tuple(_package(one.text) for one in options.positionals if one.prefix)
    reasons = (*found.reasons, *unknown, *_imports(found, scope))
    verb = "create" if any(one.value == "create" for one in call.arguments) else "install"
    names = (*named, *found.names)
    work = [Work(f"conda.{verb}", len(names), names)]
    if found.pip.names or found.pip.local:
        work.append(Work("pip.install", len(found.pip.names), found.pip.names))
    where = _prefixes(options, scope)
    packages = _package_caches(scope)
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


def _package(spec: str) -> str:
    """Return the name in ``channel::name=version`` or ``name>=1``, lower case."""
    name = spec.rpartition("::")[2].strip()
    for index, character in enumerate(name):
        if character in "=<>!~[ ":
            return name[:index].lower()
    return name.lower()


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


def read_listing(path: str, files: Files) -> Listing:
    """Read an environment file, a list of packages or an explicit lock; one that cannot be read is a reason."""
    text = files.read(path)
    if text is None:
        return Listing((path,), reasons=(f"{path} could not be read before the build",))
    if path.endswith((".yml", ".yaml")):
        return _environment_file(path, text, files)
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    names = [line for line in lines if line and not line.startswith("@")]
    if "@EXPLICIT" in lines:
        hashed = all("#" in line for line in text.splitlines() if "://" in line)
        return Listing(
            (path,),
            tuple(posixpath.basename(one).rpartition("-")[0].rpartition("-")[0].lower() for one in names),
            locked=hashed,
        )
    return Listing((path,), tuple(_package(one) for one in names))


def _environment_file(path: str, text: str, files: Files) -> Listing:
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        return Listing((path,), reasons=(f"{path} is not understood",))
    if "package" in data and "dependencies" not in data:  # conda-lock's own format
        entries = [one for one in data["package"] or [] if isinstance(one, dict)]
        return Listing((path,), tuple(str(one.get("name", "")).lower() for one in entries), locked=True)
    names: list[str] = []
    pip = Requirements()
    for one in data.get("dependencies") or ():
        if isinstance(one, str):
            names.append(_package(one))
        elif isinstance(one, dict):
            pip |= _pip_part(one.get("pip"), path, files)
    return Listing((path,), tuple(names), pip)


def _pip_part(lines: object, path: str, files: Files) -> Requirements:
    """Conda writes the ``pip:`` part to a requirements file beside the environment file and runs pip there."""
    if not isinstance(lines, list):
        return Requirements()
    found = Requirements()
    for line in lines:
        found |= requirements.read_line(str(line), path, files)
    return found


def _prefixes(options: Options, scope: Scope) -> frozenset[Path]:
    """Return the environments that may change: the one named, else any of the installation."""
    named = places(options.values("-p", "--prefix", "-r", "--root-prefix"), scope)
    values = (scope.environment.get(name) for name in _ROOT_VARIABLES)
    given = frozenset(located(one, scope) for value in values if value for one in value.split(":"))
    programs = (scope.environment.get("PATH") or "").split(":")
    beside = frozenset(
        Path(posixpath.dirname(one.rstrip("/")), tree=True)
        for one in programs
        if "conda" in one and one.rstrip("/").endswith("bin")
    )
    return (
        named
        | given
        | beside
        | frozenset(Path(one, tree=True) for one in _ROOTS)
        | {home(scope, one) for one in ("miniconda3", "micromamba", ".conda")}
    )


def _package_caches(scope: Scope) -> frozenset[Path]:
    named = scope.environment.get("CONDA_PKGS_DIRS") or scope.environment.get("MAMBA_PKGS_DIRS")
    if named:
        return frozenset(located(one, scope) for one in named.split(","))
    root = scope.environment.get("MAMBA_ROOT_PREFIX") or "/opt/conda"
    return frozenset({Path(posixpath.join(root, "pkgs"), tree=True)})


def _remove(_call: Call, options: Options, scope: Scope) -> Effects:
    where = _prefixes(options, scope) | _package_caches(scope)
    return Effects(reads=where, writes=where, fetches=True, work=SHELL_WORK, deterministic=False)


def _clean(_call: Call, options: Options, scope: Scope) -> Effects:
    where = _prefixes(options, scope) | _package_caches(scope) | {home(scope, ".cache")}
    return Effects(reads=where, writes=where, work=SHELL_WORK)


def _config(_call: Call, options: Options, scope: Scope) -> Effects:
    """``conda config`` changes ~/.condarc, the environment's with --env, the installation's with --system."""
    files = (
        places(options.values("--file", "-f"), scope)
        | {home(scope, ".condarc"), home(scope, ".mambarc")}
        | _prefixes(options, scope)
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
        writes=frozenset({*files, Path("/etc", tree=True)}) | _prefixes(options, scope),
        work=SHELL_WORK,
    )


def _asks(_call: Call, options: Options, scope: Scope) -> Effects:
    return Effects(reads=_prefixes(options, scope), fetches=True, work=SHELL_WORK, deterministic=False)


_VERBS: dict[str, Callable[[Call, Options, Scope], Effects]] = {
    **dict.fromkeys(_INSTALLS, _install),
    **dict.fromkeys(_REMOVES, _remove),
    **dict.fromkeys(_ASKS, _asks),
    "clean": _clean,
    "config": _config,
    "init": _init,
}
