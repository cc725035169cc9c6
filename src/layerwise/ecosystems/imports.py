"""Modules of the project that Python would import in place of its own."""

import posixpath
import sys

from layerwise.ecosystems.effects import Files

# sitecustomize and usercustomize are imported at start (Python docs, module site); the others are what pip imports.
_WANTED = frozenset(sys.stdlib_module_names) | {
    *("pip", "setuptools", "wheel", "pkg_resources", "_distutils_hack", "sitecustomize", "usercustomize")
}


def shadows(directories: tuple[str, ...], files: Files) -> tuple[str, ...]:
    """Say which modules in ``directories``, which Python searches first, stand in the way of the ones pip wants."""
    return tuple(
        f"python imports {posixpath.join(directory, name)} in place of its own module"
        for directory in directories
        for name in files.children(directory)
        if name.removesuffix(".py") in _WANTED
    )
