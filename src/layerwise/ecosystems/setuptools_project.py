"""A project that setuptools installs in place and of which it reads the names of files and what pyproject.toml says.

An editable install (PEP 660) leaves the sources where they are: it writes a path file, the metadata, and a list of the
sources' names (``SOURCES.txt`` of the ``.egg-info`` directory beside them). What is in the sources shows nowhere, as
long as nothing of the project runs: no setup.py, no extension modules, no version that is taken from a source
(setuptools' documentation, "Development Mode" and "Configuring setuptools using pyproject.toml files").
"""

import posixpath
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from layerwise.ecosystems.effects import Files
from layerwise.ecosystems.places import normal
from layerwise.ecosystems.toml_tables import read_toml, strings, table, text

_BACKEND = "setuptools.build_meta"
_PLAIN = frozenset({"setuptools", "wheel"})
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_LICENCES = ("LICEN[CS]E*", "COPYING*", "NOTICE*", "AUTHORS*")
_SCRIPTS = ("setup.py", "setup.cfg")
_READ = ("pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in")

VARIABLES = ("SETUPTOOLS_*", "DISTUTILS_*", "SOURCE_DATE_EPOCH")
"""What setuptools reads of the environment, extension modules aside."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What an editable install of a project reads and writes.

    Attributes:
        kept: Files that are read, relative to the project, as patterns; some need not be there.
        manifests: Those of them that are there, absolute.
        metadata: The directory that is written beside the sources, absolute.
    """

    kept: tuple[str, ...]
    manifests: tuple[str, ...]
    metadata: str


def declared(project: str, files: Files) -> Declared | None:
    """Return what is read of the project in a directory, None where its sources may be read."""
    content = _content(project, files)
    if content is None or _doubt(content, project, files):
        return None
    kept = tuple(dict.fromkeys((*_READ, *_named(content), *_LICENCES)))
    there = [one for one in files.children(project) if any(fnmatchcase(one, pattern) for pattern in kept)]
    manifests = tuple(posixpath.join(project, one) for one in there)
    return Declared(
        kept, manifests, normal(posixpath.join(project, _sources(content, project, files), _metadata(content)))
    )


def undeclared(project: str, files: Files) -> str:
    """Return why an editable install may read the sources of the project in a directory, "" where it does not."""
    return _doubt(_content(project, files), project, files)


def _content(project: str, files: Files) -> dict[str, Any] | None:
    return read_toml(posixpath.join(project, "pyproject.toml"), files)


def _doubt(content: dict[str, Any] | None, project: str, files: Files) -> str:
    """Return why the sources may be read, "" where pyproject.toml says all and asks for nothing that runs."""
    scripts = [name for name in _SCRIPTS if files.exists(posixpath.join(project, name)) is not False]
    if scripts:
        return f"{' and '.join(scripts)} may read them"
    if content is None:
        return "no pyproject.toml says what its build reads"
    backend, own = text(content, "build-system", "build-backend"), table(content, "tool", "setuptools")
    if backend != _BACKEND:
        return f"{backend or 'the build backend of pyproject.toml'} may read them"
    if dynamic := {*strings(content, "project", "dynamic"), *table(own, "dynamic")}:
        return f"pyproject.toml says that {', '.join(sorted(dynamic))} may be taken from them"
    if "ext-modules" in own:
        return "pyproject.toml names extension modules"
    return "" if _says_all(content) else "pyproject.toml does not say all that its build reads"


def _says_all(content: dict[str, Any]) -> bool:
    """Whether pyproject.toml says all else that setuptools wants to know, and asks for nothing else that runs."""
    system, project, tool = table(content, "build-system"), table(content, "project"), table(content, "tool")
    required = [_NAME.match(one.strip()) for one in strings(content, "build-system", "requires")]
    return (
        "backend-path" not in system
        and all(one is not None and one[0].lower() in _PLAIN for one in required)
        and isinstance(project.get("name"), str)
        and isinstance(project.get("version"), str)
        and not project.get("dynamic")
        and "license-files" not in project
        and not {"cmdclass", "dynamic", "license-files"} & table(content, "tool", "setuptools").keys()
        and not any(name.startswith("setuptools") and name != "setuptools" for name in tool)
        and all(_NAME.fullmatch(one) for one in _named(content))
    )


def _named(content: dict[str, Any]) -> tuple[str, ...]:
    """Return the files of the project that pyproject.toml names."""
    return tuple(one for one in (_file(content, "readme"), _file(content, "license")) if one)


def _file(content: dict[str, Any], key: str) -> str | None:
    """Return the file that ``readme`` or ``license`` names; a license that is text names none."""
    named = text(content, "project", key, "file")
    return named or (text(content, "project", key) if key == "readme" else None)


def _sources(content: dict[str, Any], project: str, files: Files) -> str:
    """Return where the packages lie: as said, else ``src`` where there is one (setuptools' automatic discovery)."""
    root = text(content, "tool", "setuptools", "package-dir", "")
    where = strings(content, "tool", "setuptools", "packages", "find", "where")
    if root is not None or where:
        return root if root is not None else where[0]
    return "src" if files.exists(posixpath.join(project, "src")) else "."


def _metadata(content: dict[str, Any]) -> str:
    name = re.sub(r"[^A-Za-z0-9.]+", "-", str(table(content, "project")["name"]))
    return f"{name.replace('-', '_')}.egg-info"
