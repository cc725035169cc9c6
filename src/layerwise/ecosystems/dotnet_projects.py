"""MSBuild's project and solution files: what a restore evaluates of the project itself.

A restore evaluates every project that a solution or a reference names, what those import, and the files that MSBuild
and NuGet look for from each project's directory up to the root (their documentation, "Customize your build", "Central
package management", "Common NuGet configurations"). It lists source files, but reads none.
"""

import json
import posixpath
import re
from dataclasses import dataclass, field

from layerwise.ecosystems.effects import Files
from layerwise.ecosystems.places import normal

PROJECTS = (".csproj", ".fsproj", ".vbproj", ".proj", ".sqlproj", ".wapproj", ".esproj", ".dcproj")
SOLUTIONS = (".sln", ".slnx")
_EVALUATED = ("Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props")
_LOOKED_FOR = (
    *_EVALUATED,
    *("Directory.Build.rsp", "Directory.Solution.props", "Directory.Solution.targets", "global.json"),
    *("nuget.config", "NuGet.config", "NuGet.Config"),
)
_MOST = 2000  # files

# Values may hold ">" (in conditions), and never "<".
_ATTRIBUTES = r"((?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)"
_REFERENCE = re.compile(rf"<(ProjectReference|Import)\b{_ATTRIBUTES}")
_PACKAGE = re.compile(rf"<(?:PackageReference|PackageVersion|GlobalPackageReference)\s{_ATTRIBUTES}")
_TARGET = re.compile(rf"<Target\b{_ATTRIBUTES}")
_WITH_RESTORE = re.compile(r"(?:Name|BeforeTargets|AfterTargets)\s*=\s*(?:\"[^\"]*|'[^']*)(?:Restore|CollectPackage)")
_ABOVE = re.compile(
    r"^\$\(\[MSBuild\]::GetPathOfFileAbove\(\s*'?(Directory\.(?:Build|Packages)\.(?:props|targets))'?\s*[,)]"
)
_HERE = re.compile(r"^\$\(MSBuildThisFileDirectory\)[\\/]?")
# Property functions that look at files or run programs, and conditions on files.
_LOOKS = re.compile(
    r"\[System\.IO\.(?!Path\])|\bExists\s*\(|\[MSBuild\]::GetDirectoryNameOfFileAbove|InitialTargets\s*=", re.IGNORECASE
)
_MOVES = re.compile(
    r"<(BaseIntermediateOutputPath|MSBuildProjectExtensionsPath|RestoreOutputPath|ArtifactsPath|UseArtifactsOutput"
    r"|RestorePackagesPath|RestoreSources|RestoreAdditionalProjectSources|RestoreFallbackFolders|RestoreConfigFile"
    r"|NuGetLockFilePath)\b"
)
_RUNS = re.compile(
    r"<(?:Exec|UsingTask|Copy|WriteLinesToFile|Delete|MakeDir|Target|OutputPath|OutDir|BaseOutputPath|PublishDir)\b"
)


@dataclass(slots=True)
class Projects:
    """What a restore evaluates.

    Attributes:
        files: Project, solution, props, targets and settings files that are known to be there.
        directories: Where projects lie.
        looked_for: Files that would be evaluated if they appeared.
        locks: The packages.lock.json of the projects that have one.
        packages: How many packages the locks name, else how many the projects do.
        names: The packages that projects and props name, lower case.
        reasons: Why a restore reads more than ``files``.
        runs: Whether a project has targets, tasks or output directories of its own.
    """

    files: dict[str, None] = field(default_factory=dict)
    directories: dict[str, None] = field(default_factory=dict)
    looked_for: dict[str, None] = field(default_factory=dict)
    locks: list[str] = field(default_factory=list)
    packages: int = 0
    names: dict[str, None] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    runs: bool = False


def choose(directory: str, files: Files) -> str | None:
    """Return the one solution or project that MSBuild takes in a directory, None where there are none or several."""
    names = files.children(directory)
    found = [name for name in names if name.endswith(SOLUTIONS)] or [name for name in names if name.endswith(PROJECTS)]
    return posixpath.join(directory, found[0]) if len(found) == 1 else None


def read_projects(path: str, files: Files) -> Projects:
    """Read a solution or project and all that it leads to; what cannot be followed is a reason."""
    found = Projects()
    waiting = [path]
    while waiting and len(found.files) < _MOST:
        one = waiting.pop()
        if one in found.files:
            continue
        text = files.read(one)
        found.files[one] = None
        if text is None:
            found.reasons.append(f"{one} could not be read before the build")
        elif one.endswith(SOLUTIONS):
            _around(posixpath.dirname(one), files, found, waiting)
            waiting += _listed(one, text, found)
        else:
            _project(one, text, files, found, waiting)
    if waiting:
        found.reasons.append(f"{path} leads to more files than layerwise follows")
    _count(files, found)
    return found


def _listed(path: str, text: str, found: Projects) -> list[str]:
    """Return the projects of a solution; a folder has a name instead of a file."""
    pattern = (
        r"<Project\s[^<>]*\bPath\s*=\s*\"([^\"]+)\""
        if path.endswith(".slnx")
        else r"^Project\([^)]*\) = \"[^\"]*\", \"([^\"]+)\""
    )
    named = [one for one in re.findall(pattern, text, re.MULTILINE) if re.search(r"\.\w*proj$", one)]
    if any("://" in one or "$" in one for one in named):
        found.reasons.append(f"{path} names projects that layerwise does not find")
    return [_joined(path, one) for one in named]


def _joined(path: str, relative: str) -> str:
    return normal(posixpath.join(posixpath.dirname(path), relative.replace("\\", "/")))


def _project(path: str, text: str, files: Files, found: Projects, waiting: list[str]) -> None:
    if path.endswith(PROJECTS):
        found.directories[posixpath.dirname(path)] = None
        found.looked_for[path + ".user"] = None
        if files.exists(path + ".user"):
            waiting.append(path + ".user")
    _around(posixpath.dirname(path), files, found, waiting)
    text = _without_comments(text)
    if looks := _LOOKS.search(text):
        found.reasons.append(f"{path} looks at files of the project: {looks[0].strip()}")
    if any(_WITH_RESTORE.search(attributes) for attributes in _TARGET.findall(text)):
        found.reasons.append(f"{path} has a target that runs with the restore")
    if moves := _MOVES.search(text):
        found.reasons.append(f"{path} sets {moves[1]}, which moves what a restore reads or writes")
    found.runs = found.runs or bool(_RUNS.search(text))
    for name in (_attribute(attributes, "Include", "Update") for attributes in _PACKAGE.findall(text)):
        if name and "$" not in name:
            found.names[name.lower()] = None
    for kind, attributes in _REFERENCE.findall(text):
        waiting += _referenced(kind, attributes, path, found)


def _referenced(kind: str, attributes: str, path: str, found: Projects) -> list[str]:
    """Return the files that a reference or an import names; an import with Sdk is not of the project."""
    named = _attribute(attributes, "Include", "Project")
    if named is None or (kind == "Import" and _attribute(attributes, "Sdk")) or _ABOVE.match(named):
        return []
    values = [_HERE.sub("", one.strip()) for one in named.split(";") if one.strip()]
    if any("$" in one or "@" in one or "*" in one or "%" in one for one in values):
        found.reasons.append(f"{path} names files that layerwise does not find: {named}")
        return []
    return [_joined(path, one) for one in values]


def _attribute(attributes: str, *names: str) -> str | None:
    found = re.search(rf"\b(?:{'|'.join(names)})\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", attributes)
    return (found[1] or found[2] or "") if found else None


def _around(directory: str, files: Files, found: Projects, waiting: list[str]) -> None:
    """Note what is looked for from a directory up; all of them count, the nearest may import the next."""
    lock = posixpath.join(directory, "packages.lock.json")
    found.looked_for[lock] = None
    if files.exists(lock) and lock not in found.locks:
        found.locks.append(lock)
        found.files[lock] = None
    while True:
        for name in _LOOKED_FOR:
            path = posixpath.join(directory, name)
            if path in found.looked_for:
                continue
            found.looked_for[path] = None
            if not files.exists(path):
                continue
            if name in _EVALUATED or name.startswith("Directory.Solution"):
                waiting.append(path)
            else:
                found.files[path] = None
                _settings(path, files.read(path), found)
        if directory == "/":
            return
        directory = posixpath.dirname(directory)


def _settings(path: str, text: str | None, found: Projects) -> None:
    """A feed of NuGet's settings may be a directory of the project, and packages may be kept in one."""
    if text is None:
        found.reasons.append(f"{path} could not be read before the build")
        return
    if not path.lower().endswith("nuget.config"):
        return
    text = _without_comments(text)
    start = text.lower().find("<packagesources>")
    end = text.lower().find("</packagesources>", start)
    for value in _values(text[start:end] if start >= 0 else ""):
        if "://" not in value or value.startswith("file:"):
            found.reasons.append(f"{path} takes packages from {value}")
    if re.search(r"globalPackagesFolder|repositoryPath|fallbackPackageFolders", text, re.IGNORECASE):
        found.reasons.append(f"{path} moves where packages are kept")


def _values(text: str) -> list[str]:
    added = re.findall(rf"<add\b{_ATTRIBUTES}", text)
    return [value for attributes in added if (value := _attribute(attributes, "value"))]


def _without_comments(text: str) -> str:
    """Return a file without its comments; one that does not end takes the rest with it."""
    kept = text.split("<!--")
    return kept[0] + "".join(part.partition("-->")[2] for part in kept[1:])


def _count(files: Files, found: Projects) -> None:
    names = set()
    for lock in found.locks:
        try:
            table = json.loads((files.read(lock) or "").lstrip("\ufeff"))["dependencies"]
            names |= {
                name for framework in table.values() for name, one in framework.items() if one.get("type") != "Project"
            }
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            found.reasons.append(f"{lock} could not be read before the build")
    found.packages = len(names) or len(found.names)
