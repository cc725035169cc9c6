"""What is said when a build is over: why it failed and where, and what became of its tags."""

import pathlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerwise.builder.drive.asked import Asked, Manner
from layerwise.builder.drive.calls import Call
from layerwise.builder.drive.failure import Fault, full_place
from layerwise.builder.drive.progress import Attempt, cache_failures
from layerwise.builder.names import step_name
from layerwise.builder.observed import Vertex
from layerwise.builder.placing import Layout
from layerwise.recording.build import Built
from layerwise.recording.build_parts import Made
from layerwise.records import Outcome
from layerwise.report.build_words import instruction
from layerwise.syntax.display import one_line

if TYPE_CHECKING:
    from layerwise.builder.drive.tagging import Tagged

_NO_ROOM = "No space left on device"
_NOTHING_MOVED = "no tag has moved"
_NOT_ALLOWED = "the registry does not allow it: log in as somebody who may push, and see that the tag may be written"
_QUERY = re.compile(r'(://[^\s"?]*)\?[^\s"]+?(?=:?(?:[\s"]|$))')
"""Of a URL, which Go quotes or not: what a registry wants to hear again of an upload."""


def built_lines(asked: Asked, built: Built, layout: Layout, dockerfile: str) -> Iterator[str]:
    """Yield what there is to say of a build's end, line by line; buildx's own words stand as it wrote them.

    Args:
        asked: What was asked for.
        built: What became of it.
        layout: Of the Dockerfile.
        dockerfile: Its path, as the user would name it.
    """
    ran = built.ran
    pushed = asked.manner is Manner.PUSH
    if ran.interrupted:
        yield _ours(f"interrupted{': ' + _NOTHING_MOVED if pushed else ''}")
    elif ran.failed is not None:
        yield from _failure(ran.made[ran.failed], layout, dockerfile, pushed=pushed)
        if built.refused:
            yield _ours(built.refused)
        elif (attempt := ran.made[ran.failed].attempt) and attempt.fault is Fault.DENIED:
            yield _ours(_NOT_ALLOWED)
        if pushed:
            yield _ours(
                f"{_NOTHING_MOVED}; what was built is in the builder's cache: the same command goes on from there"
            )
    elif built.error:
        yield _ours(f"the images can't be checked ({built.error}): {_NOTHING_MOVED}; the same command tries again")
    elif built.tagged:
        yield from map(_ours, _tags(built.tagged))
    yield from map(_ours, built.unwritten)
    for made in ran.made:
        for why in cache_failures(made.attempt) if made.attempt and made.attempt.code == 0 else ():
            said = _QUERY.sub(r"\1", one_line(why))
            yield _ours(f"{_where(made.call)}the cache was not sent out ({said}): the next build tries again")
    yield from map(_ours, built.notes)


def _failure(made: Made, layout: Layout, dockerfile: str, *, pushed: bool) -> Iterator[str]:
    """Yield why a call failed: where in the Dockerfile, the last lines of its output, and buildx's own words."""
    attempt = made.attempt
    if attempt is None:  # its progress went to the terminal, and so did this
        return
    where = _where(made.call)
    goes_on = "" if pushed else "; the same command goes on from what is built"  # as is said of every push
    if attempt.fault in (Fault.PUSH, Fault.DENIED):
        yield _ours(f"{where}everything is built, and the push fails")
    for vertex in _failed(attempt):
        if attempt.fault in (Fault.BUILD, Fault.FULL) and (name := step_name(vertex.name)):
            position = layout.numbered(name.stage, name.number, name.instruction)
            place = f" at {dockerfile}:{position.line}" if position and dockerfile else ""
            platform = f"{name.platform}: " if name.platform else where
            yield _ours(f"{platform}failed{place}: {_text(vertex)}")
            yield from (f"  | {line}" for line in vertex.log)
    yield from attempt.said
    if attempt.fault is Fault.FULL:
        yield _ours(f"{where}{_full(made.call, attempt)}{goes_on}")
    elif attempt.fault is Fault.BASE:
        yield _ours(
            f"{where}the registry of a base does not give it: see that it is up and lets you in, or try later{goes_on}"
        )
    elif attempt.fault is Fault.ENGINE and attempt.observed:
        yield _ours(f"{where}the builder ended while it built, or the connection to it: see that it runs{goes_on}")
    elif any(_NO_ROOM in line for vertex in _failed(attempt) for line in vertex.log):
        yield _ours(f"{where}the step found its disk full: if that is the builder's, {_pruning(made.call)}")


def _full(call: Call, attempt: Attempt) -> str:
    """Return which disk is full and how there will be room on it again."""
    named = full_place(attempt.said)
    place = pathlib.Path(named).absolute() if named else None
    here = [
        one for one in call.written if place is None or one in (place, *place.parents) or one.parent == place.parent
    ]
    if named is None or (here and not any(step_name(vertex.name) for vertex in _failed(attempt))):
        return f"the disk that holds {here[0]} is full: make room on it"
    return f"the builder's disk is full: make room on it; {_pruning(call)}"


def _where(call: Call) -> str:
    return f"{call.platform}: " if call.platform else ""


def _pruning(call: Call) -> str:
    builder = f" --builder {call.place.named}" if call.place.named else ""
    return f"`docker buildx prune{builder}` frees what its cache takes"


def _failed(attempt: Attempt) -> Iterator[Vertex]:
    vertices = attempt.observed.vertices if attempt.observed else ()
    return (vertex for vertex in vertices if vertex.outcome is Outcome.FAILED)


def _ours(text: str) -> str:
    return f"layerwise: {text}"


def _text(vertex: Vertex) -> str:
    name = step_name(vertex.name)
    return instruction(name.instruction, 100).text if name else vertex.name


def _tags(tagged: "Tagged") -> Iterator[str]:
    for checked in tagged.checks:
        yield from checked.warnings
        yield from checked.notes
    if tagged.refusals:
        yield from tagged.refusals
        yield _NOTHING_MOVED
    for promotion in tagged.promotions:
        yield promotion.why
        yield from promotion.warnings
        yield from promotion.notes
    if tagged.error:
        yield f"{tagged.error}; the same command tries again and builds nothing"
