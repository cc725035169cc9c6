"""package.json: what npm, yarn, pnpm and bun read of a package's own manifest."""

import posixpath
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from layerwise.ecosystems.effects import Files
from layerwise.ecosystems.json_objects import Json, json_object, table

_DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
# npm's overrides, yarn's resolutions, pnpm's overrides.
_FORCED = (("overrides",), ("resolutions",), ("pnpm", "overrides"))
_LOCAL = ("file:", "link:", "portal:", "exec:", "./", "../", "/", "~/")


@dataclass(frozen=True, slots=True)
class Package:
    """A package.json.

    Attributes:
        path: Where it lies, absolute.
        content: What it holds.
    """

    path: str
    content: Json

    @property
    def directory(self) -> str:
        """The directory of the package."""
        return posixpath.dirname(self.path)

    @property
    def name(self) -> str:
        """Its name, "" where it has none."""
        return self.text("name")

    @property
    def manager(self) -> str:
        """The package manager that it asks corepack for, as ``pnpm@9.1.0``; "" for none."""
        return self.text("packageManager")

    def text(self, key: str) -> str:
        """Return a field that is a string, "" for anything else."""
        value = self.content.get(key)
        return value if isinstance(value, str) else ""

    def table(self, *keys: str) -> Json:
        """Return the object below ``keys``, an empty one where there is none."""
        found = self.content
        for key in keys:
            found = table(found, key)
        return found

    def dependencies(self) -> tuple[tuple[str, str], ...]:
        """Return each dependency with what it is asked for as."""
        return tuple((name, str(spec)) for key in _DEPENDENCIES for name, spec in self.table(key).items())

    def names(self) -> tuple[str, ...]:
        """Return the names of its dependencies, lower case and sorted."""
        return tuple(sorted({name.lower() for name, _ in self.dependencies()}))

    def specifiers(self) -> tuple[tuple[str, str], ...]:
        """Return its dependencies and what it says of other packages' dependencies."""
        return (*self.dependencies(), *(one for keys in _FORCED for one in _leaves(self.table(*keys))))

    def local(self) -> tuple[str, ...]:
        """Say which packages it takes from paths of the project."""
        return tuple(
            f"{self.path} takes {name} from {spec}" for name, spec in self.specifiers() if spec.startswith(_LOCAL)
        )

    def runs(self, events: Collection[str], files: Files) -> tuple[str, ...]:
        """Say which of its scripts an install runs that calls ``events``, the compiler for a binding.gyp with them."""
        scripts = self.table("scripts")
        found = tuple(f"{self.path} runs {event}: {scripts[event]}" for event in events if scripts.get(event))
        binding = posixpath.join(self.directory, "binding.gyp")
        told = scripts.get("install") or scripts.get("preinstall") or self.content.get("gypfile") is False
        compiled = not told and "install" in events and files.exists(binding)
        return (*found, f"{binding} makes the install compile the project") if compiled else found

    def programs(self) -> tuple[str, ...]:
        """Say whether it offers programs: an install links and marks them where its source is there."""
        offers = self.content.get("bin") or self.table("directories").get("bin")
        return (f"{self.path} offers programs, which an install links where the source is there",) if offers else ()


def read_package(path: str, files: Files) -> Package | None:
    """Read a package.json, None where it cannot be read."""
    content = json_object(files.read(path))
    return None if content is None else Package(path, content)


def project_directory(cwd: str, files: Files) -> str:
    """Return the directory taken for the project: the nearest with a package.json or node_modules, else ``cwd``."""
    directory = cwd
    while directory != "/":
        if files.exists(posixpath.join(directory, "package.json")) or "node_modules" in files.children(directory):
            return directory
        directory = posixpath.dirname(directory)
    return cwd


def _leaves(content: Json) -> Iterator[tuple[str, str]]:
    waiting = [content]
    while waiting:
        for name, value in waiting.pop().items():
            if isinstance(value, dict):
                waiting.append(value)
            else:
                yield name, str(value)
