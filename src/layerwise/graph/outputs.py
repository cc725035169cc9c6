"""What the commands of a RUN leave in an image, where that is a few files or directories of their own.

``Effects.writes`` is an upper bound. A COPY from another stage needs the very paths, so this knows fewer commands:
downloads to a named file, archives unpacked into a directory of their own, virtual environments, packages of a project
below it, and npm's global packages, whose names of programs nobody knows before the build: npm is told to install them
below an empty prefix, where all that lies there is theirs.
"""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field

from layerwise.ecosystems import Part
from layerwise.ecosystems.effects import SYSTEM, Path
from layerwise.ecosystems.options import parse
from layerwise.ecosystems.places import places
from layerwise.graph.node_prefix import node_prefix
from layerwise.graph.run_script import RunScript
from layerwise.graph.state import ROOT
from layerwise.graph.vertex import Graph, Step

_SHARED = """
    / /app /bin /boot /data /etc /home /mnt /opt /root /run /sbin /src /srv /tmp /usr /var
"""
_PROJECT = frozenset(
    {"npm.ci", "npm.install", "yarn.install", "pnpm.install", "bun.install", "composer.install", "python.venv"}
)
_UNPACKED = {"download", "archive.extract"}
"""A download that a pipe hands to tar."""
_DIRECTORIES = _PROJECT | {"archive.extract"}
_ELSEWHERE = frozenset({"puppeteer", "cypress", "playwright", "electron"})
"""npm packages whose install scripts, or whose users, keep a browser below the home directory."""
_OUTPUT = ("-o", "--output", "-O", "--output-document")
_TARGET = ("-t", "--target")
_NOT_ALONE = frozenset({"--prefix", "-C", "--location", "--workspace", "-w"})


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a RUN leaves.

    Attributes:
        name: A word for the stage that makes it.
        paths: Files, and directories with all that lies in them; none where ``prefix`` is set.
        prefix: Where npm's global packages go, "" where none are installed.
        staged: Indices of the parts that install them.
        tools: Whether all of it are tools: it installs no package of the project.
        doubts: What only a build can show.
    """

    name: str = ""
    paths: tuple[Path, ...] = ()
    prefix: str = ""
    staged: tuple[int, ...] = ()
    tools: bool = True
    doubts: tuple[str, ...] = ()

    @property
    def left(self) -> tuple[Path, ...]:
        """Where all lies that it leaves."""
        below = tuple(Path(f"{self.prefix}/{name}", tree=True) for name in ("bin", "lib/node_modules", "share/man"))
        return (*self.paths, *(below if self.prefix else ()))


@dataclass(slots=True)
class _Found:
    """Outputs while the parts of a script are read."""

    graph: Graph
    step: Step
    name: str = ""
    paths: list[Path] = field(default_factory=list)
    prefix: str = ""
    staged: list[int] = field(default_factory=list)
    tools: bool = True
    doubts: list[str] = field(default_factory=list)
    environments: tuple[Path, ...] = ()

    def named(self, name: str) -> None:
        self.name = self.name or name


def outputs(graph: Graph, step: Step, script: RunScript, environments: Iterable[str] = ()) -> Outputs | str:
    """Return what a RUN leaves, or why that can't be told; ``environments`` are virtual ones that it may fill."""
    if step.scope is None or step.scope.user not in ROOT:
        return f"{step.scope.user if step.scope else 'another user'} runs it, and a COPY makes files root's"
    if not script.chained or script.body is not None:
        return "its commands are not joined by `&&` alone"
    if any("type=tmpfs" in mount for mount in script.run.flag_values("mount")):
        return "it has a mount whose files are not in the image"
    found = _Found(graph, step, environments=tuple(Path(one, tree=True) for one in environments))
    for index, part in enumerate(script.parts):
        if why := _read(found, index, part):
            return why
    if found.prefix and found.paths:
        return "it installs tools of npm and other things besides"
    if not found.prefix and not found.paths:
        return "it leaves nothing of its own"
    distinct = tuple(dict.fromkeys(found.paths))
    paths = [one for one in distinct if not any(tree != one and tree.covers(one.path) for tree in distinct)]
    doubts = (*found.doubts, *step.effects.doubts)
    return Outputs(found.name, tuple(paths), found.prefix, tuple(found.staged), found.tools, doubts)


def outputs_of(graphs: Iterable[Graph], script: RunScript, environments: Iterable[str] = ()) -> Outputs | str:
    """Return what a RUN leaves on every platform, or why that can't be told."""
    known = tuple(environments)
    steps = ((graph, graph.at(script.run)) for graph in graphs)
    found = [outputs(graph, step, script, known) for graph, step in steps if step is not None]
    return found[0] if all(one == found[0] for one in found) else "platforms differ in what it leaves"


def _read(found: _Found, index: int, part: Part) -> str:
    """Add what a part leaves; return why that can't be told."""
    if why := _unclear(found.step, part):
        return why
    left = [path for path in part.effects.writes if not _excused(found.step, part, path)]
    if not left:
        return ""
    if part.call is None:
        return _directories(found, left, "tar")
    if "npm.global" in _kinds(part):
        return _global(found, index, part)
    return _named(found, part, left)


def _kinds(part: Part) -> set[str]:
    return {work.kind for work in part.effects.work}


def _unclear(step: Step, part: Part) -> str:
    """Say why nothing can be told of what a part leaves."""
    effects = part.effects
    if effects.opaque or (part.call is None and _kinds(part) != _UNPACKED):
        return effects.opaque or "a part of it is no plain command"
    if effects.needs_source:
        return "; ".join(effects.needs_source)
    if part.scope.cwd is None:
        return "its working directory is not known"
    if elsewhere := sorted(_ELSEWHERE.intersection(name for work in effects.work for name in work.names)):
        return f"the install script of {elsewhere[0]} puts a program elsewhere"
    kept = (cache.path for cache in effects.caches if cache.read_later and not step.mounts(cache.path))
    stays = next(kept, "")
    return f"what it downloads stays in the image, in {stays}" if stays else ""


def _named(found: _Found, part: Part, left: list[Path]) -> str:
    """Add what a part leaves under names that its command line says."""
    assert part.call
    kinds = _kinds(part)
    if part.call.name in {"curl", "wget"}:
        return _downloaded(found, part, left)
    if part.call.name in {"chmod", "chown"}:
        return (
            "" if all(_inside(path, found.paths) for path in left) else f"`{part.call}` changes what was there before"
        )
    if part.call.name == "rm":
        return _removed(found, left, str(part.call))
    if part.call.name == "mkdir" or kinds & _DIRECTORIES:
        found.tools = found.tools and not kinds & _PROJECT
        return _directories(found, left, str(part.call))
    if part.call.name in {"pip", "pip3", "python", "python3"}:
        return _environment(found, part)
    return f"`{part.call}` may write elsewhere"


def _excused(step: Step, part: Part, path: Path) -> bool:
    """Whether a path holds nothing but downloads, which the noise policy of ``verify`` passes over, or is mounted."""
    home = part.scope.home or "/root"
    homes = (f"{home}/.npm", f"{home}/.cache", f"{home}/.local/share/virtualenv", f"{home}/.wget-hsts")
    places = (*homes, *(cache.path for cache in part.effects.caches))
    return step.mounts(path.path) or any(Path(place, tree=True).covers(path.path) for place in places)


def _global(found: _Found, index: int, part: Part) -> str:
    assert part.call
    options = parse(part.call.arguments, ())
    if moved := sorted(name for name in _NOT_ALONE if options.has(name)):
        return f"npm is told where to install by {moved[0]}"
    found.prefix = node_prefix(found.graph, found.step)
    if not found.prefix:
        return "where npm puts global packages can't be told"
    names = [name for work in part.effects.work for name in work.names]
    if not names or {"npm", "node", "corepack", "yarn", "pnpm"}.intersection(names):
        return f"`{part.call}` replaces what the base image may hold"
    found.named(names[0])
    found.staged.append(index)
    listed = ", ".join(names)
    found.doubts.append(f"npm puts global packages into {found.prefix}, and {listed} replaces nothing there")
    found.doubts.append(f"no install script of {listed} keeps the directory that it ran in")
    return ""


def _downloaded(found: _Found, part: Part, left: list[Path]) -> str:
    assert part.call
    named = {path.path for path in places(parse(part.call.arguments, _OUTPUT).values(*_OUTPUT), part.scope)}
    for path in left:
        if path.tree and path.path not in named:
            return "the names of what it downloads are not known"
        found.named(posixpath.basename(path.path).partition(".")[0])
        found.paths.append(Path(path.path))
    return ""


def _removed(found: _Found, left: list[Path], call: str) -> str:
    if not all(path in found.paths or Path(path.path) in found.paths for path in left):
        return f"`{call}` removes what was there before"
    gone = {path.path for path in left}
    found.paths = [path for path in found.paths if path.path not in gone]
    return ""


def _directories(found: _Found, left: list[Path], call: str) -> str:
    """Add directories that are of the command's own: those above them, which ``mkdir -p`` names too, are not."""
    leaves = [path for path in left if not any(other.path.startswith(path.path.rstrip("/") + "/") for other in left)]
    for path in leaves:
        if not path.tree:
            return f"`{call}` may rewrite {path.path}"
        if not owned(path.path):
            return f"`{call}` writes into {path.path}, which holds other things too"
        found.named(
            posixpath.basename(posixpath.dirname(path.path)) if _nested(path.path) else posixpath.basename(path.path)
        )
        found.paths.append(Path(path.path, tree=True))
    return ""


def _nested(path: str) -> bool:
    return posixpath.basename(path) in {"node_modules", "vendor", "bin", ".venv"} and posixpath.dirname(path) != "/"


def _environment(found: _Found, part: Part) -> str:
    """See pip's packages into a virtual environment that is among the outputs, by its path or as first of PATH.

    Or into the directory that ``--target`` names.
    """
    assert part.call
    found.tools = False
    if target := places(parse(part.call.arguments, _TARGET).values(*_TARGET), part.scope):
        return _directories(found, sorted(target), str(part.call))
    programs = (part.scope.environment.get("PATH") or "").split(":")
    path = posixpath.dirname(part.call.path) if part.call.path else programs[0]
    environment = Path(posixpath.dirname(path.rstrip("/")), tree=True)
    if environment not in (*found.paths, *found.environments):
        return f"`{part.call}` installs into an environment that holds other things too"
    found.named(posixpath.basename(environment.path))
    found.paths.append(environment)
    names = [work for work in part.effects.work if work.kind in ("pip.install", "pip.unpack")]
    return "" if names else f"`{part.call}` may write elsewhere"


def _inside(path: Path, paths: Iterable[Path]) -> bool:
    return any(one.covers(path.path) for one in paths)


def owned(path: str) -> bool:
    """Whether a directory may be one command's own: no part of the system, and none that holds others'."""
    place = Path(path, tree=True)
    return path not in _SHARED.split() and not any(place.overlaps(one) for one in SYSTEM)
