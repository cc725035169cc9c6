"""What a command does to the world it runs in: the value that decides which steps may change places.

Paths are absolute and normalised, in the container's file system. A command that layerwise does not know is
``OPAQUE``: it reads and writes everything, and nothing may be moved across it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import Protocol

from layerwise.ecosystems.names import matches, well_known


@dataclass(frozen=True, slots=True, order=True)
class Path:
    """A path, or with ``tree`` the path and everything below it."""

    path: str
    tree: bool = False

    def covers(self, path: str) -> bool:
        """Whether ``path`` is this path, or lies below it where it is a tree."""
        if self.path == path:
            return True
        return self.tree and (self.path == "/" or path.startswith(self.path + "/"))

    def overlaps(self, other: "Path") -> bool:
        """Whether some path is in both."""
        return self.covers(other.path) or other.covers(self.path)


EVERYWHERE = Path("/", tree=True)

_USR = ("bin", "games", "include", "lib", "lib32", "lib64", "libexec", "libx32", "sbin", "share")
_LOCAL = ("bin", "etc", "games", "include", "lib", "lib32", "lib64", "libexec", "man", "sbin", "share")

SYSTEM = tuple(
    Path(path, tree=True)
    for path in (
        *("/bin", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/sbin"),
        *(f"/usr/{name}" for name in _USR),
        *(f"/usr/local/{name}" for name in _LOCAL),
    )
)
"""What any program may read: itself, its libraries, the system's configuration.

/usr is listed by what the file system hierarchy standard keeps there (FHS 3.0, sections 4 and 4.9): images also put
applications below it, in /usr/src/app above all, and those are no part of the system.
"""


@dataclass(frozen=True, slots=True)
class Emptied:
    """Files that a command leaves in place with nothing in them: what they held is in no key below any more.

    Attributes:
        tree: The directory below which they lie.
        kept: Files that keep what they hold, as patterns of find's ``-path`` for paths that start with ``./``.
    """

    tree: str
    kept: tuple[str, ...] = ()

    def covers(self, path: str) -> bool:
        """Whether ``path`` is one of them, provided it is a file."""
        root = f"{self.tree.rstrip('/')}/"
        inside = path.startswith(root)
        return inside and not any(fnmatchcase(f"./{path.removeprefix(root)}", one) for one in self.kept)


class Openness(Enum):
    """How far the variables that a command reads are known."""

    CLOSED = "closed"
    """The listed names and no others."""
    INSTALLER = "installer"
    """The listed names, and what third-party code run by the install may look at (design: well-known names)."""
    OPEN = "open"
    """Any variable: project code, build backends, unknown commands."""


_WIDTH = {openness: width for width, openness in enumerate(Openness)}


@dataclass(frozen=True, slots=True)
class Environment:
    """The variables that a command reads.

    Attributes:
        openness: How far they are known.
        names: The known ones; ``*`` and ``?`` match as in a shell (``PIP_*``), case is ignored.
    """

    openness: Openness = Openness.CLOSED
    names: frozenset[str] = frozenset()

    def reads(self, name: str) -> bool:
        """Whether the command must be taken to read the variable ``name``.

        For INSTALLER that is a listed or well-known name. Any other passes only what runs before project files are
        there and while the name occurs in project files alone: conditions on the stage, which the caller checks.
        """
        if self.openness is Openness.OPEN or matches(name, self.names):
            return True
        return self.openness is Openness.INSTALLER and well_known(name)

    def __or__(self, other: "Environment") -> "Environment":
        if other.names <= self.names and other.openness is self.openness:
            return self
        widest = max(self.openness, other.openness, key=_WIDTH.__getitem__)
        return Environment(widest, self.names | other.names)


@dataclass(frozen=True, slots=True, order=True)
class CacheDirectory:
    """A download cache.

    Attributes:
        path: Where it is.
        sharing: How builds may share it: ``shared``, ``locked`` or ``private``.
        read_later: Whether later commands read what lies there (Go's modules, Maven's repository), so that it is an
            install location too.
    """

    path: str
    sharing: str
    read_later: bool = False


@dataclass(frozen=True, slots=True)
class Frozen:
    """How a command is written so that it installs exactly what its lock says, or fails.

    Attributes:
        replaced: Arguments as they stand, each with what stands in its place; "" takes it out.
        added: Arguments that come behind its last one.
    """

    replaced: tuple[tuple[str, str], ...] = ()
    added: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """What a command spends its time on: a class of the priors (``apt.install``) and how much of it.

    Attributes:
        kind: A key of model/priors.toml: ``<ecosystem>.<action>``, or ``shell`` or ``unknown``.
        packages: How many packages or files it names, 0 where that cannot be told.
        names: The packages named, where they are.
    """

    kind: str
    packages: int = 0
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Effects:
    """What a command, or a whole RUN, reads, writes and fetches.

    Attributes:
        reads: Paths it may read, beyond ``SYSTEM``, which every program reads.
        writes: Paths it may create, change or remove.
        removes: What of its writes is gone when it ends, as far as is known; only costs look at it.
        emptied: What of its writes is left with nothing in it.
        named: Directories of the project of whose files it reads no more than the names, manifests aside.
        fetches: Whether it uses the network.
        environment: The variables it reads.
        manifests: Files (absolute, each also in ``reads``) that select what is installed, includes and configuration
            with them.
        lock: The lock file among them, where there is one.
        caches: Its download caches, also where ``uncached`` turns them off.
        uncached: What turns its download caches off: arguments as written, or names of variables.
        work: What it spends time on.
        needs_source: Why it reads more of the project than its manifests, one reason each, said to the user.
        doubts: Why only a build can show that it writes the same whatever project files are there, one reason each.
        deterministic: Whether the same inputs give the same result (a lock with hashes, no network).
        frozen: Its frozen form, None where it has that already, or no lock is there.
        installs: Packages that it leaves installed, each ``name==version``, where it does nothing else with packages.
        present: Packages that it is asked to install and finds installed, in the same words; only costs look at them.
        opaque: Why nothing is known about it, or None where its effects are known.
    """

    reads: frozenset[Path] = frozenset()
    writes: frozenset[Path] = frozenset()
    removes: frozenset[Path] = frozenset()
    emptied: tuple[Emptied, ...] = ()
    named: tuple[str, ...] = ()
    fetches: bool = False
    environment: Environment = field(default_factory=Environment)
    manifests: tuple[str, ...] = ()
    lock: str | None = None
    caches: frozenset[CacheDirectory] = frozenset()
    uncached: tuple[str, ...] = ()
    work: tuple[Work, ...] = ()
    needs_source: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    deterministic: bool = True
    frozen: Frozen | None = None
    installs: frozenset[str] = frozenset()
    present: frozenset[str] = frozenset()
    opaque: str | None = None

    def cleans(self, caches: Iterable["CacheDirectory"]) -> bool:
        """Whether it writes, and nowhere but in ``caches``: what does so and downloads nothing clears them away."""
        trees = [Path(cache.path, tree=True) for cache in caches]
        return bool(self.writes) and all(any(tree.covers(path.path) for tree in trees) for path in self.writes)

    def __or__(self, other: "Effects") -> "Effects":
        return Effects(
            reads=self.reads | other.reads,
            writes=self.writes | other.writes,
            removes=_still(self.removes, other.writes) | other.removes,
            emptied=self.emptied + other.emptied,
            named=_union(self.named, other.named),
            fetches=self.fetches or other.fetches,
            environment=self.environment | other.environment,
            manifests=_union(self.manifests, other.manifests),
            lock=self.lock or other.lock,
            caches=self.caches | other.caches,
            uncached=_union(self.uncached, other.uncached),
            work=self.work + other.work,
            needs_source=_union(self.needs_source, other.needs_source),
            doubts=_union(self.doubts, other.doubts),
            deterministic=self.deterministic and other.deterministic,
            frozen=self.frozen or other.frozen,
            installs=self.installs | other.installs,
            present=self.present | other.present,
            opaque=self.opaque or other.opaque,
        )


def opaque(why: str, *, fetches: bool = True) -> Effects:
    """Return the effects of something unknown: it reads and writes everything."""
    return Effects(
        reads=frozenset({EVERYWHERE}),
        writes=frozenset({EVERYWHERE}),
        fetches=fetches,
        environment=Environment(Openness.OPEN),
        work=(Work("unknown"),),
        deterministic=False,
        opaque=why,
    )


class Files(Protocol):
    """The files a step can see, as far as layerwise knows: those that COPY steps brought from the build context."""

    def read(self, path: str) -> str | None:
        """Return the text of a file of the context that lies at ``path`` in the container, None where unknown."""

    def exists(self, path: str) -> bool | None:
        """Whether something lies at ``path``; None where layerwise cannot know (the base image may hold it)."""

    def children(self, path: str) -> tuple[str, ...]:
        """Return the names known to lie directly in the directory ``path``, sorted."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a command runs.

    Attributes:
        cwd: The working directory, absolute; None where it cannot be told.
        environment: Known values of ENV, ARG and shell variables; a name with value None is set to something unknown.
        user: As USER wrote it; "" for the base's own (taken for root where the base's config is unknown).
        home: The home directory, None where unknown.
        files: The project files it can see.
        settled: Values that no build argument decides, by variable; and what a command prints, by ``$(command)``.
            Conditions on these alone are evaluated.
        installed: Packages that steps above have left installed: the ``installs`` of their effects.
    """

    cwd: str | None
    environment: dict[str, str | None]
    user: str
    home: str | None
    files: Files
    settled: Mapping[str, str] = field(default_factory=dict)
    installed: frozenset[str] = frozenset()


def _still(gone: frozenset[Path], written: frozenset[Path]) -> frozenset[Path]:
    """Return what stays removed after something is written."""
    return frozenset(path for path in gone if not any(one.overlaps(path) for one in written))


def _union(one: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))
