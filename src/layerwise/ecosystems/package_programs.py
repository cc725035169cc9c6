"""Packages whose programs are well known, from package_programs.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class KnownPackage:
    """A package of which it can be told whether a project uses it.

    Attributes:
        names: Under which it is installed, each alone.
        managers: Kinds of work that install it.
        programs: What a file that uses it would name.
        words: Other names that tell of a use.
        users: Managers that may run its programs without naming them.
    """

    names: tuple[str, ...]
    managers: tuple[str, ...]
    programs: tuple[str, ...]
    words: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


def known_package(kind: str, name: str) -> KnownPackage | None:
    """Return what is known of a package that work of ``kind`` installs, None where it is on no list."""
    return _known().get((kind, name))


@cache
def _known() -> dict[tuple[str, str], KnownPackage]:
    table = tomllib.loads((files(__package__) / "package_programs.toml").read_text(encoding="utf-8"))
    packages = [KnownPackage(**{key: tuple(value) for key, value in one.items()}) for one in table["package"]]
    return {(kind, name): one for one in packages for kind in one.managers for name in one.names}
