"""A project of npm, yarn, pnpm or bun: its root and the packages of its workspaces.

Which directories a pattern means is the same in npm (@npmcli/map-workspaces), yarn, pnpm (@pnpm/fs.find-packages) and
bun for what is understood here: names, ``*``, ``?``, ``**`` and patterns with ``!`` behind all others. What lies below
node_modules is no member.
"""

import posixpath
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from layerwise.ecosystems.directories import ancestors
from layerwise.ecosystems.effects import Files, Path
from layerwise.ecosystems.json_objects import strings, table
from layerwise.ecosystems.package_json import Package, read_package
from layerwise.ecosystems.places import normal


@dataclass(frozen=True, slots=True)
class Project:
    """A directory that is installed, with the members of its workspace.

    Attributes:
        directory: Where its package.json lies, absolute.
        packages: The root first, then the members; none where the root cannot be read.
        problems: Why its manifests are not all that an install reads, one reason each.
    """

    directory: str
    packages: tuple[Package, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def root(self) -> Package:
        """The package.json of the directory, an empty one where it cannot be read."""
        return self.packages[0] if self.packages else Package(self.at("package.json"), {})

    @property
    def members(self) -> tuple[Package, ...]:
        """The members of its workspace."""
        return self.packages[1:]

    @property
    def directories(self) -> tuple[str, ...]:
        """The directory and those of its members."""
        return (self.directory, *(member.directory for member in self.members))

    def at(self, *names: str) -> str:
        """Return a path below the directory."""
        return normal(posixpath.join(self.directory, *names))

    def names(self) -> tuple[str, ...]:
        """Return all packages depended on that are no members, lower case and sorted."""
        own = {member.name.lower() for member in self.members}
        return tuple(sorted({name for package in self.packages for name in package.names()} - own))

    def modules(self) -> frozenset[Path]:
        """Return each node_modules that an install may fill."""
        return frozenset(Path(posixpath.join(one, "node_modules"), tree=True) for one in self.directories)

    def manifests(self, names: Iterable[str], files: Files) -> tuple[str, ...]:
        """Return those of ``names`` that lie in its directory, and every package.json."""
        own = [path for name in names if files.exists(path := self.at(name))]
        return tuple(dict.fromkeys((*own, *(member.path for member in self.members))))

    def scripts(self, root: Collection[str], members: Collection[str], files: Files) -> tuple[str, ...]:
        """Say what an install runs that calls the scripts ``root`` of the root and ``members`` of each member."""
        return (
            *self.root.runs(root, files),
            *(reason for member in self.members for reason in member.runs(members, files)),
        )

    def unseen(self, named: Iterable[str], lock: str) -> tuple[str, ...]:
        """Say which directories of ``named``, relative to the project, a lock takes for members that are not known."""
        seen = set(self.directories)
        return tuple(f"{lock} takes packages from {self.at(one)}" for one in named if self.at(one) not in seen)


def read_project(directory: str, files: Files, patterns: tuple[str, ...] | None = None) -> Project:
    """Read a project; what cannot be read is a problem.

    Args:
        directory: Where its package.json lies.
        files: The files there are.
        patterns: Which directories are members; None for what package.json says.
    """
    path = posixpath.join(directory, "package.json")
    root = read_package(path, files)
    if root is None:
        return Project(directory, problems=(f"{path} could not be read before the build",))
    wanted = declared(root) if patterns is None else patterns
    members, problems = _members(root, wanted, files)
    project = Project(directory, (root, *members), problems)
    return replace(project, problems=tuple(dict.fromkeys((*problems, *_sources(project)))))


def declared(package: Package) -> tuple[str, ...]:
    """Return the patterns of a package's workspaces: a list, or with yarn and bun a list called ``packages``."""
    value = package.content.get("workspaces")
    return strings(table(package.content, "workspaces").get("packages")) if isinstance(value, dict) else strings(value)


def root_above(directory: str, files: Files) -> tuple[str, ...]:
    """Say which package.json above a directory may make it part of a workspace."""
    for above in ancestors(directory):
        path = posixpath.join(above, "package.json")
        if not files.exists(path):
            continue
        package = read_package(path, files)
        if package is None or package.content.get("workspaces"):
            return (f"{path} makes {directory} part of a workspace",)
    return ()


def _members(root: Package, patterns: tuple[str, ...], files: Files) -> tuple[tuple[Package, ...], tuple[str, ...]]:
    found: dict[str, None] = {}
    left_out = False
    for pattern in patterns:
        away = pattern.startswith("!")
        if any(character in pattern[away:] for character in "{}[]()!+@$\\") or ".." in pattern.split("/"):
            return (), (f"layerwise cannot tell what the workspaces {pattern} of {root.path} are",)
        if left_out and not away:
            return (), (f"the workspaces of {root.path} leave packages out and name more behind them",)
        left_out = away
        segments = [one for one in pattern[away:].split("/") if one not in {"", "."}]
        for directory in list(_matching(root.directory, segments, files)):
            if away:
                found.pop(directory, None)
            elif directory != root.directory:
                found[directory] = None
    packages = [(one, read_package(posixpath.join(one, "package.json"), files)) for one in sorted(found)]
    unread = (f"{one}/package.json could not be read before the build" for one, package in packages if package is None)
    return tuple(package for _, package in packages if package is not None), tuple(unread)


def _matching(directory: str, segments: list[str], files: Files) -> Iterator[str]:
    """Yield the directories with a package.json that a pattern means."""
    if not segments:
        if files.exists(posixpath.join(directory, "package.json")):
            yield directory
        return
    first, rest = segments[0], segments[1:]
    if "*" not in first and "?" not in first:
        yield from _matching(posixpath.join(directory, first), rest, files)
        return
    if first == "**":
        yield from _matching(directory, rest, files)
    for name in files.children(directory):
        if name == "node_modules" or name.startswith(".") or not fnmatchcase(name, first):
            continue
        yield from _matching(posixpath.join(directory, name), segments if first == "**" else rest, files)


def _sources(project: Project) -> Iterator[str]:
    """Say what an install reads of the members' own sources."""
    for package in project.packages:
        yield from package.local()
    for member in project.members:
        yield from member.programs()
        if member.content.get("workspaces"):
            yield f"{member.path} is the root of a workspace in a workspace"
        if any(isinstance(one, dict) and one.get("injected") for one in member.table("dependenciesMeta").values()):
            yield f"{member.path} has packages of the project copied into its own"
        if member.table("publishConfig").get("directory"):
            yield f"{member.path} is linked from a directory that it is built to"
