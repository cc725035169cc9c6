"""Where everything below a directory came from, asked before its owner is given away in another manner."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field

from layerwise.ecosystems.effects import Path
from layerwise.graph.context import Kind as EntryKind
from layerwise.graph.copying import BASE_DIRECTORIES
from layerwise.graph.passage import brief, named
from layerwise.graph.request import Request
from layerwise.graph.run_script import run_script
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.syntax.tree import Copy, Dockerfile, From, Run

_ACCOUNTS = (Path("/etc/passwd"), Path("/etc/group"))
_SPECIAL = 0o6000


@dataclass(slots=True)
class Contents:
    """What lies below a directory before a step.

    Attributes:
        copies: The COPYs that brought it, in order.
        made: Whether something else made the directory itself, so that it has an owner already.
        doubts: Why only a build can show that nothing else lies there, or that owners come out the same.
        why_not: Why it can't be said at all, "" where it can.
    """

    copies: list[Copy] = field(default_factory=list)
    made: bool = False
    doubts: list[str] = field(default_factory=list)
    why_not: str = ""


def contents(
    dockerfile: Dockerfile, graph: Graph, request: Request, step: Step, directory: str, *, by_name: bool
) -> Contents:
    """Return what brought the files below a directory before ``step``, as far as it is COPYs alone.

    Args:
        dockerfile: Whose text the steps' spans are of.
        graph: The step's own.
        request: What is known of base images.
        step: A RUN.
        directory: Absolute and clean.
        by_name: Whether the owner to come is a name, which the image must know when the first COPY runs.
    """
    found = Contents()
    tree = Path(directory, tree=True)
    for other in graph.above(step):
        if other.kind is Kind.FROM:
            _base(found, other, request, tree)
        elif other.kind in (Kind.COPY, Kind.ADD) and _writes(other, tree):
            _copy(found, other, step, directory)
        elif other.effects.opaque:
            _unknown(found, other)
        elif _writes(other, tree):
            _maker(found, dockerfile, other, directory)
        elif found.copies and by_name and any(_writes(other, path) for path in _ACCOUNTS):
            found.why_not = f"{named(other)} makes accounts below the COPY: move it above"
        elif found.copies and other.kind is Kind.RUN and any(path.overlaps(tree) for path in other.effects.reads):
            found.doubts.append(f"{named(other)} reads what lies in {directory}, whose owner it would find changed")
        if found.why_not:
            break
    if not found.made and found.copies and posixpath.dirname(directory) not in BASE_DIRECTORIES | {"/"}:
        found.doubts.append(f"COPY may make {posixpath.dirname(directory)} too, and its owner with it")
    return found


def _writes(step: Step, place: Path) -> bool:
    return any(path.overlaps(place) for path in step.effects.writes)


def _base(found: Contents, step: Step, request: Request, tree: Path) -> None:
    image = step.instruction.image if isinstance(step.instruction, From) else ""
    workdir = request.base_of(image).workdir
    if image == "scratch":
        return
    if workdir is None or tree.path in BASE_DIRECTORIES | {"/"} or tree.covers(workdir):
        found.doubts.append(f"nobody looked whether {image or 'the base image'} has something in {tree.path}")


def _unknown(found: Contents, step: Step) -> None:
    if found.copies:
        found.why_not = f"{named(step)} may write there as well ({step.effects.opaque})"
    else:
        found.doubts.append(f"{named(step)} may write there as well ({step.effects.opaque})")


def _copy(found: Contents, step: Step, owned: Step, directory: str) -> None:
    copy = step.instruction
    assert isinstance(copy, Copy), "steps of that kind are made by such instructions"
    if step.stage_index != owned.stage_index or step.display.startswith("ONBUILD "):
        found.why_not = f"{brief(copy)} stands in another stage"
    elif copy.keyword == "ADD" or copy.heredocs or copy.opaque or copy.flag("chown") is not None:
        found.why_not = f"{brief(copy)} is no plain COPY"
    elif copy.flag("link") is not None:
        found.why_not = f"{brief(copy)} has --link: it knows no accounts and no directories of the image"
    elif not all(Path(directory, tree=True).covers(path.path) for path in step.effects.writes):
        found.why_not = f"{brief(copy)} writes elsewhere too"
    else:
        found.copies.append(copy)
        _entries(found, step, copy)


def _entries(found: Contents, step: Step, copy: Copy) -> None:
    """Look at what is copied: chown takes set-user-id bits and capabilities away, a COPY does not."""
    if not step.files:
        found.doubts.append(f"nobody looked at the modes, capabilities and links of what {brief(copy)} brings")
        return
    selection = step.files[0]
    entries = [selection.context.entries[path] for path in selection.placed]
    if any(entry.mode & _SPECIAL for entry in entries):
        found.why_not = f"{brief(copy)} brings a file with a set-user-id bit, which chown takes away"
    elif any(entry.kind is EntryKind.SYMLINK for entry in entries):
        found.doubts.append(f"{brief(copy)} brings symbolic links, which some chown follow")


def _maker(found: Contents, dockerfile: Dockerfile, step: Step, directory: str) -> None:
    """Take a WORKDIR or mkdir of the directory itself; anything else that writes below it is in the way."""
    if step.kind is Kind.WORKDIR:
        made = [path.path for path in step.effects.writes]
        if made == [directory]:
            found.made = True
        else:
            found.why_not = f"{named(step)} makes a directory below {directory}, whose owner would stay"
        return
    script = run_script(dockerfile, step) if isinstance(step.instruction, Run) else None
    tree = Path(directory, tree=True)
    makers = (
        [part for part in script.parts if any(path.overlaps(tree) for path in part.effects.writes)] if script else []
    )
    if makers and all(
        part.call and part.call.name == "mkdir" and _exactly(part.effects.writes, tree) for part in makers
    ):
        found.made = True
    else:
        found.why_not = f"{named(step)} writes there too"


def _exactly(writes: Iterable[Path], tree: Path) -> bool:
    return all(path.path == tree.path or not tree.covers(path.path) for path in writes)
