"""Where conda and its kin keep environments and packages."""

import posixpath

from layerwise.ecosystems.effects import Path, Scope
from layerwise.ecosystems.options import Options
from layerwise.ecosystems.places import home, located, places

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


def prefixes(options: Options, scope: Scope) -> frozenset[Path]:
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


def package_caches(scope: Scope) -> frozenset[Path]:
    """Return where downloaded packages are kept, which environments link to."""
    named = scope.environment.get("CONDA_PKGS_DIRS") or scope.environment.get("MAMBA_PKGS_DIRS")
    if named:
        return frozenset(located(one, scope) for one in named.split(","))
    root = scope.environment.get("MAMBA_ROOT_PREFIX") or "/opt/conda"
    return frozenset({Path(posixpath.join(root, "pkgs"), tree=True)})
