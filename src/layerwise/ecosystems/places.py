"""Where an argument points: paths of the container's file system, as narrow as can be shown."""

import posixpath

from layerwise.ecosystems.call import Argument
from layerwise.ecosystems.effects import EVERYWHERE, Path, Scope


def place(argument: Argument, scope: Scope, *, tree: bool = True) -> Path:
    """Return the path that an argument names; ``tree`` adds everything below it.

    An unknown part is taken for names without ``..``, so a glob or a variable stays below the directory in front of
    it. Without such a directory it may be anywhere; a glob alone stays below the working directory.
    """
    if argument.value is not None:
        return located(argument.text, scope, tree=tree)
    directory, slash, _ = argument.prefix.rpartition("/")
    if not slash and not argument.prefix and not argument.known:
        return EVERYWHERE
    return located(directory or slash or ".", scope, tree=True)


def located(path: str, scope: Scope, *, tree: bool = True) -> Path:
    """Return the absolute, normalised path of ``path``; EVERYWHERE where that depends on something unknown."""
    absolute = absolute_path(path, scope)
    return EVERYWHERE if absolute is None else Path(absolute, tree)


def absolute_path(path: str, scope: Scope) -> str | None:
    """Return ``path`` absolute and normalised, None where it depends on an unknown directory."""
    if path.startswith("/"):
        return normal(path)
    return None if scope.cwd is None else normal(posixpath.join(scope.cwd, path))


def normal(path: str) -> str:
    """Return a path without ``.``, ``..`` and doubled slashes; ``..`` is resolved as if no link were in the way."""
    return "/" + posixpath.normpath(path).lstrip("/") if path.startswith("/") else posixpath.normpath(path)


def places(arguments: tuple[Argument, ...], scope: Scope, *, tree: bool = True) -> frozenset[Path]:
    """Return the paths that the arguments name."""
    return frozenset(place(argument, scope, tree=tree) for argument in arguments)


def home(scope: Scope, *parts: str) -> Path:
    """Return a tree below the home directory, EVERYWHERE where the home is unknown."""
    return EVERYWHERE if scope.home is None else Path(normal(posixpath.join(scope.home, *parts)), tree=True)
