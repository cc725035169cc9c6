"""What all builds of one context take of it: other targets of a Dockerfile, and other Dockerfiles beside it.

A file may only be left out of the context for good where it is known of every one of them that it does not take it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from layerwise.errors import DockerfileError
from layerwise.graph.copying import Selection
from layerwise.graph.ignore import IGNORE_FILE
from layerwise.graph.lower import find_target, lower
from layerwise.graph.request import Request
from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Copy, Dockerfile, Instruction, Run

_BIND = re.compile(r"^(?!.*type=(?!bind))(?!.*from=).*\$")
_TRIGGERING = re.compile(r"onbuild", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What other builds take of a context.

    Attributes:
        selections: What they take, files that are not there today included.
        unknown: Why it is not known what some build takes, a reason each.
        dockerfiles: The files that say so.
    """

    selections: tuple[Selection, ...] = field(default=(), repr=False)
    unknown: tuple[str, ...] = ()
    dockerfiles: tuple[Dockerfile, ...] = field(default=(), repr=False)

    def instructions(self) -> Iterator[tuple[str, Instruction]]:
        """Yield the instructions of all the Dockerfiles, each with its place."""
        for dockerfile in self.dockerfiles:
            yield from ((f"{dockerfile.path}:{one.line}", one) for one in dockerfile.instructions())


def taken(dockerfile: Dockerfile, request: Request) -> Elsewhere:
    """Return what any build of a Dockerfile takes of the request's context, whatever target and arguments it has."""
    unknown = tuple(dict.fromkeys(_unknown(dockerfile)))
    found: dict[int, Selection] = {}
    for platform in request.platforms:
        reached: set[int] = set()
        for target in _targets(dockerfile, request.target):
            if find_target(dockerfile, target).index in reached:
                continue
            try:
                graph = lower(dockerfile, replace(request, target=target), platform)
            except DockerfileError as error:
                unknown += (f"{dockerfile.path}: {error.problems[0].message}",)
                continue
            reached |= {graph.target, *(step.stage_index for step in graph)}
            selections = (one for step in graph for one in step.files if one.context is request.context)
            found.update((id(one), one) for one in selections)
    return Elsewhere(tuple(found.values()), unknown, (dockerfile,))


def beside(
    names: Iterable[str], read: Callable[[str], str | None], own: str, request: Request, builds: Iterable[str] = ()
) -> Elsewhere:
    """Return what other Dockerfiles take of the request's context.

    Args:
        names: Dockerfiles that may be built on it, as ``read`` takes them.
        read: Gives the text of a file, None where it can't be had.
        own: The Dockerfile in question; one with an ignore file of its own beside it shares nothing with this one.
        request: What is built, with the context.
        builds: Builds on the context whose Dockerfile only a run can tell.
    """
    if request.context.rules.path not in ("", IGNORE_FILE):
        return Elsewhere()
    others = (name for name in sorted(set(names)) if name != own and read(f"{name}{IGNORE_FILE}") is None)
    plain = replace(request, target=None, build_args={}, contexts={})
    parts = [_read(name, read(name), plain) for name in others]
    return joined((*parts, Elsewhere(unknown=tuple(builds))))


def _read(name: str, text: str | None, request: Request) -> Elsewhere:
    if text is None:
        return Elsewhere(unknown=(f"{name} can't be read",))
    try:
        return taken(parse(text, name), request)
    except DockerfileError as error:
        return Elsewhere(unknown=(f"{name}: {error.problems[0].message}",))


def joined(parts: Sequence[Elsewhere]) -> Elsewhere:
    """Return what several builds take together."""
    return Elsewhere(
        tuple(one for part in parts for one in part.selections),
        tuple(dict.fromkeys(reason for part in parts for reason in part.unknown)),
        tuple(dockerfile for part in parts for dockerfile in part.dockerfiles),
    )


def _targets(dockerfile: Dockerfile, asked: str | None) -> list[str | None]:
    names = [stage.opening.name for stage in reversed(dockerfile.stages) if stage.opening.name]
    return list(dict.fromkeys((asked, None, *names)))


def _unknown(dockerfile: Dockerfile) -> Iterator[str]:
    for stage in dockerfile.stages:
        if _TRIGGERING.search(stage.opening.image):
            yield f"{dockerfile.path}:{stage.opening.line} starts from an image that may copy files by itself"
        for one in stage.instructions:
            if isinstance(one, Copy) and (one.opaque or any("$" in word for word in _words(one))):
                yield f"{dockerfile.path}:{one.line} copies what is only known when it is built"
            if isinstance(one, Run) and any(_BIND.match(mount) for mount in one.flag_values("mount")):
                yield f"{dockerfile.path}:{one.line} mounts what is only known when it is built"


def _words(copy: Copy) -> Iterator[str]:
    if copy.flag("from") is None:
        yield from (word.text for word in copy.sources)
        yield from copy.flag_values("exclude")
