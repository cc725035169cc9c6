"""Edits that take commands of a stage into a stage of their own, above it or beside what is left of it."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from layerwise.syntax.edit import Edit, insert_after, insert_before, line_end, remove_all
from layerwise.syntax.tree import Copy, Dockerfile, Instruction, Run, Stage

_NAMED = re.compile(r"\s+AS\s+\S+\s*\Z", re.IGNORECASE)
_UNFIT = re.compile(r"[^a-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class NewStage:
    """A stage to be made of a part of another one.

    Attributes:
        name: Of the new stage.
        base: Instructions from which both start, in order, the last one a RUN; none where both start from the image.
        over: Instructions above some of ``base`` that go below it.
        lines: What the new stage says, line by line.
        moved: The RUNs that leave the stage, in order.
        place: The RUN below which the copies come: the last that moves, whose place they take, or one below it.
        copies: The COPY lines.
    """

    name: str
    base: tuple[Instruction, ...]
    over: tuple[Instruction, ...]
    lines: tuple[str, ...]
    moved: tuple[Run, ...]
    place: Run
    copies: tuple[str, ...]


def with_stage(
    dockerfile: Dockerfile, stage: Stage, made: NewStage, taken: Collection[str] = ()
) -> tuple[Edit, ...] | str:
    """Return the edits, or why the file can't be cut there; ``taken`` names mean something else in this build."""
    opening = stage.opening
    if why := uncut(dockerfile, stage):
        return why
    end = line_end(dockerfile)
    if made.place is made.moved[-1]:
        lines = end.join(made.copies) + (end if _ends(dockerfile, made.place) else "")
        edits = [Edit(made.place.block, lines), *remove_all(dockerfile, made.moved[:-1])]
    else:
        edits = [*remove_all(dockerfile, made.moved), insert_after(dockerfile, made.place, "\n".join(made.copies))]
    if not made.base:
        return (stage_above(dockerfile, stage, made.name, made.lines), *edits)
    source = _NAMED.sub("", dockerfile.source(opening.span))
    base = free_name(dockerfile, f"{opening.name}-base" if opening.name else "base", {made.name, *taken})
    rest = f"FROM {base} AS {opening.name}" if opening.name else f"FROM {base}"
    sunk = [dockerfile.source(one.block).rstrip("\r\n") for one in made.over]
    text = "\n".join(("", f"FROM {base} AS {made.name}", *made.lines, "", rest, *sunk))
    return (
        Edit(opening.span, f"{source} AS {base}"),
        insert_after(dockerfile, made.base[-1], text),
        *remove_all(dockerfile, made.over),
        *edits,
    )


def uncut(dockerfile: Dockerfile, stage: Stage) -> str:
    """Return why no stage can be written above another one, "" where it can."""
    if stage.opening.line != stage.opening.end_line:
        return "its FROM is written on several lines"
    numbers = frozenset(str(one.index) for one in dockerfile.stages)
    if any(copy.flag("from") in numbers for copy in _copies(dockerfile)):
        return "a COPY names a stage by its number, and a new stage would change those"
    return ""


def stage_above(dockerfile: Dockerfile, stage: Stage, name: str, lines: Sequence[str]) -> Edit:
    """Return the edit that writes a stage of the same image above another one."""
    source = _NAMED.sub("", dockerfile.source(stage.opening.span))
    above = insert_before(dockerfile, stage.opening, "\n".join((f"{source} AS {name}", *lines)))
    return above._replace(text=above.text + line_end(dockerfile))


def free_name(dockerfile: Dockerfile, wanted: str, taken: Collection[str] = ()) -> str:
    """Return a stage name like ``wanted`` that no stage has and no FROM or ``--from`` names."""
    name = _UNFIT.sub("-", wanted.lower()).strip("-_.")
    name = name if name[:1].isalpha() else f"stage-{name}" if name else "stage"
    names = {*taken, *(word.lower() for word in _words(dockerfile))}
    numbered = (name, *(f"{name}-{number}" for number in range(2, len(names) + 3)))
    return next(one for one in numbered if one not in names)


def _words(dockerfile: Dockerfile) -> Sequence[str]:
    """Return the names of stages, and what might be one."""
    openings = [stage.opening for stage in dockerfile.stages]
    words = [one.name for one in openings if one.name] + [one.image for one in openings]
    words += [one.flag("from") or "" for one in _copies(dockerfile)]
    mounts = [flag for one in dockerfile.instructions() for flag in one.flag_values("mount")]
    return [*words, *(field.partition("=")[2] for flag in mounts for field in flag.split(","))]


def _copies(dockerfile: Dockerfile) -> tuple[Copy, ...]:
    return tuple(one for one in dockerfile.instructions() if isinstance(one, Copy))


def _ends(dockerfile: Dockerfile, instruction: Instruction) -> bool:
    return dockerfile.text[instruction.block.end - 1 : instruction.block.end] == "\n"
