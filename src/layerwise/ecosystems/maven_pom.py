"""pom.xml and its kin: which files select what Maven resolves, modules and parents with them.

Which files are looked for was watched with Maven 3.8 (``mvn -o validate`` in a project of two modules): those of
.mvn in the nearest directory that has one, settings.xml and toolchains.xml of ~/.m2, each module's pom.xml and the
parent at its relativePath. A plugin or build extension is code that is loaded with the project and may read it.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET  # no document type is read, so entities cannot grow

from layerwise.ecosystems.directories import nearest, upward
from layerwise.ecosystems.effects import Files
from layerwise.ecosystems.places import normal

_MVN = ("maven.config", "jvm.config", "extensions.xml", "wrapper/maven-wrapper.properties", "wrapper/maven-wrapper.jar")
# They set properties of the platform, or carry files to and from a repository.
_HARMLESS_EXTENSIONS = frozenset({"os-maven-plugin", "wagon-ssh", "wagon-http", "wagon-webdav-jackrabbit"})
_EXPRESSION = re.compile(r"\$\{env\.([\w.]+)\}|<name>\s*!?env\.([\w.]+)\s*</name>")


@dataclass(frozen=True, slots=True)
class Reactor:
    """The projects that one run of Maven loads.

    Attributes:
        directory: Where the first pom.xml lies.
        settings_directory: Where .mvn lies, there or not.
        manifests: The files that select what is resolved and that are known to be there.
        candidates: Files that are looked for, there or not.
        outputs: The target directories in which one module looks for another.
        names: The dependencies named, by artifact id, lower case.
        variables: Environment variables that the projects name.
        needs_source: Why Maven reads more than that, one reason each.
    """

    directory: str
    settings_directory: str
    manifests: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    variables: frozenset[str] = frozenset()
    needs_source: tuple[str, ...] = ()


def read_reactor(pom: str, files: Files) -> Reactor:
    """Read a project, its parents and its modules; what cannot be read is a reason."""
    directory = posixpath.dirname(pom)
    settings = nearest(directory, ".mvn", files) or directory
    roots, candidates, unread = _loaded(pom, files)
    own = [posixpath.join(settings, ".mvn", name) for name in _MVN]
    there = [path for path in own if files.exists(path)]
    reasons = [*unread, *(reason for path, root in roots.items() for reason in _reads(root, path))]
    reasons += [f"{path} loads extensions into Maven" for path in there if path.endswith("extensions.xml")]
    texts = [files.read(path) or "" for path in (*roots, *there)]
    named = {name for text in texts for pair in _EXPRESSION.findall(text) for name in pair if name}
    outputs = tuple(posixpath.join(posixpath.dirname(path), "target") for path in roots) if len(roots) > 1 else ()
    return Reactor(
        directory,
        settings,
        (*roots, *there),
        (*candidates, *own, *(posixpath.join(one, ".mvn") for one in upward(directory))),
        outputs,
        tuple(sorted({name for root in roots.values() for name in _dependencies(root)})),
        frozenset(named),
        tuple(dict.fromkeys(reasons)),
    )


def _loaded(pom: str, files: Files) -> tuple[dict[str, ET.Element], list[str], list[str]]:
    """Return what is loaded with a project by its path, where else files are looked for, and what cannot be told.

    The modules of a parent are loaded only where Maven starts at that parent.
    """
    waiting = [(pom, True)]
    roots: dict[str, ET.Element] = {}
    candidates: list[str] = []
    reasons: list[str] = []
    followed: set[str] = set()
    while waiting:
        path, start = waiting.pop(0)
        root = roots.get(path)
        root = _parsed(files.read(path)) if root is None else root
        if root is None:
            reasons.append(f"{path} could not be read before the build")
            continue
        if path not in roots:
            roots[path] = root
            parent = _parent(root, path)
            candidates += [posixpath.join(posixpath.dirname(path), "profiles.xml"), *([parent] if parent else ())]
            waiting += [(parent, False)] if parent and files.exists(parent) else []
        if start and path not in followed:
            followed.add(path)
            modules, unclear = _modules(root, path, files)
            waiting += [(one, True) for one in modules]
            reasons += unclear
    return roots, candidates, reasons


def _parsed(text: str | None) -> ET.Element | None:
    """Return the root of a document with its namespaces dropped, None for what is no plain XML."""
    if text is None or "<!DOCTYPE" in text or "<!ENTITY" in text:
        return None
    try:
        root = ET.fromstring(text.lstrip("\ufeff").encode())  # noqa: S314  # see the import
    except (ET.ParseError, ValueError, LookupError):
        return None
    for element in root.iter():
        element.tag = str(element.tag).rpartition("}")[2]
    return root


def _parent(root: ET.Element, path: str) -> str | None:
    """Return where the parent would lie, None where it is to be taken from a repository."""
    if root.find("parent") is None:
        return None
    relative = root.find("parent/relativePath")
    written = "../pom.xml" if relative is None else (relative.text or "").strip()
    return _pom(path, written) if written else None


def _pom(path: str, written: str) -> str:
    found = normal(posixpath.join(posixpath.dirname(path), written))
    return found if found.endswith(".xml") else posixpath.join(found, "pom.xml")


def _modules(root: ET.Element, path: str, files: Files) -> tuple[list[str], list[str]]:
    """Return the poms of the modules, and which cannot be told; one of a profile counts where it is there."""
    found: list[str] = []
    unclear: list[str] = []
    for place in ("", "profiles/profile/"):
        for kind in ("modules/module", "subprojects/subproject"):
            for element in root.iterfind(place + kind):
                written = (element.text or "").strip()
                if "${" in written:
                    unclear.append(f"{path} names a module by a property: {written}")
                elif not place or files.exists(_pom(path, written)):
                    found.append(_pom(path, written))
    return found, unclear


def _reads(root: ET.Element, path: str) -> Iterator[str]:
    """Say what makes Maven read files of the project beside its manifests."""
    for element in (*root.iter("extension"), *root.iter("plugin")):
        name = element.findtext("artifactId", "").strip()
        extends = element.tag == "extension" or element.findtext("extensions", "").strip() == "true"
        if extends and name and name not in _HARMLESS_EXTENSIONS:
            yield f"{path} loads {name} into Maven"
        if name == "maven-dependency-plugin" and element.find("configuration") is not None:
            yield f"{path} configures maven-dependency-plugin"
    if root.find(".//activation/file") is not None:
        yield f"{path} has a profile that is active if a file exists"
    for element in root.iter("systemPath"):
        yield f"{path} takes a dependency from {(element.text or '').strip()}"
    for repository in (*root.iter("repository"), *root.iter("pluginRepository")):
        url = repository.findtext("url", "").strip()
        if url.startswith("file:") or "basedir" in url:
            yield f"{path} takes packages from {url}"


def _dependencies(root: ET.Element) -> Iterator[str]:
    for element in root.iter("dependency"):
        if name := element.findtext("artifactId", "").strip():
            yield name.lower()
