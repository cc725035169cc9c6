"""How two input manifests differ, step by step: the pieces of cache keys that are not the same.

Nothing differs exactly where the manifests are equal; but of a text that only one of them masks the rest decides.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import zip_longest
from typing import TypeAlias

from layerwise.inputs.align import Pair, align
from layerwise.inputs.file_changes import FileChange, file_changes
from layerwise.inputs.manifest import FileSet, InputManifest, Part, Piece, StepInputs, Trees, Versions
from layerwise.inputs.masking import may_be_same
from layerwise.inputs.tree import EMPTY

Paths: TypeAlias = tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class PieceChange:
    """One piece of a definition that differs.

    Attributes:
        part: What it belongs to.
        name: As in ``Piece``; ``order`` where the same pieces stand in another order, and then the values are those of
            their names that moved.
        was: None where it is new.
        now: None where it is gone.
    """

    part: Part
    name: str
    was: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class FileSetChange:
    """Files taken of a build context that are not the same.

    Attributes:
        context: A named context's name, "" for the main one.
        files: What became of which file; none where only the order or the form of the key differs, or where nobody
            walked the context.
    """

    context: str
    files: tuple[FileChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDifference:
    """How one step differs in what its own key is made of.

    Attributes:
        old: As it was, None where it is new.
        new: As it is, None where it is gone.
        pieces: Of its definition.
        files: Of build contexts.
        inputs: Whether it depends on other steps, or on other paths of them. That one of them differs is said there.
    """

    old: StepInputs | None
    new: StepInputs | None
    pieces: tuple[PieceChange, ...] = ()
    files: tuple[FileSetChange, ...] = ()
    inputs: bool = False


@dataclass(frozen=True, slots=True)
class Differences:
    """How two manifests differ; false where they don't.

    Attributes:
        steps: Those that differ, in the new manifest's order as far as they are there.
        versions: What turns a Dockerfile into keys, by the names of ``Versions``: old and new.
    """

    steps: tuple[StepDifference, ...] = ()
    versions: tuple[tuple[str, str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.steps or self.versions)


def differences(old: InputManifest, new: InputManifest) -> Differences:
    """Return how a manifest differs from an earlier one; of the trees only what differs is read."""
    if old == new:
        return Differences()
    pairs = align(old.steps, new.steps)
    moved = {before: after for before, after in pairs if before is not None}
    found = (_step(old, new, pair, moved) for pair in pairs)
    return Differences(tuple(one for one in found if one), tuple(_versions(old.versions, new.versions)))


def _versions(old: Versions, new: Versions) -> Iterator[tuple[str, str, str]]:
    for one in fields(Versions):
        was, now = getattr(old, one.name), getattr(new, one.name)
        if was != now:
            yield one.name, was, now


def _step(old: InputManifest, new: InputManifest, pair: Pair, moved: Mapping[int, int | None]) -> StepDifference | None:
    was, now = (None if place is None else side.steps[place] for place, side in zip(pair, (old, new), strict=True))
    if was is None or now is None:
        return StepDifference(old=was, new=now)
    difference = StepDifference(
        old=was,
        new=now,
        pieces=tuple(_pieces(was.pieces, now.pieces)),
        files=tuple(_files(was.files, now.files, old.trees, new.trees)),
        inputs=not _same_inputs([(moved[one.step], one.paths) for one in was.inputs], now.inputs),
    )
    return difference if difference.pieces or difference.files or difference.inputs else None


def _same_inputs(old: Sequence[tuple[int | None, Paths]], new: Sequence[tuple[int, Paths]]) -> bool:
    return len(old) == len(new) and all(
        one[0] == other[0] and _same_paths(one[1], other[1]) for one, other in zip(old, new, strict=True)
    )


def _same_paths(old: Paths, new: Paths) -> bool:
    if old is None or new is None:
        return old is new
    return len(old) == len(new) and all(map(may_be_same, old, new))


def _pieces(old: Sequence[Piece], new: Sequence[Piece]) -> Iterator[PieceChange]:
    """Yield the pieces that differ; several of one name are compared in order."""
    was, now = _numbered(old), _numbered(new)
    changed = False
    for key in dict.fromkeys((*was, *now)):
        one, other = was.get(key), now.get(key)
        if one is None or other is None or not may_be_same(one, other):
            changed = True
            yield PieceChange(key[0], key[1], one, other)
    if not changed and list(was) != list(now):
        moved = [pair for pair in zip(was, now, strict=True) if pair[0] != pair[1]]
        before, after = (" ".join(key[1] for key in side) for side in zip(*moved, strict=True))
        yield PieceChange(moved[0][1][0], "order", before, after)


def _numbered(pieces: Sequence[Piece]) -> dict[tuple[Part, str, int], str]:
    seen: Counter[tuple[Part, str]] = Counter()
    found = {}
    for piece in pieces:
        key = piece.part, piece.name
        found[(*key, seen[key])] = piece.value
        seen[key] += 1
    return found


def _files(old: Sequence[FileSet], new: Sequence[FileSet], before: Trees, after: Trees) -> Iterator[FileSetChange]:
    """Yield the sets that differ; what is left of either side without those of equal keys is compared in order."""
    if old == new:
        return
    was, now = _without(old, new), _without(new, old)
    if not was and not now:
        yield FileSetChange(new[0].context, ())
    for one, other in zip_longest(was, now):
        context = (other or one).context
        yield FileSetChange(context, file_changes(before, _tree(one), after, _tree(other)))


def _without(sets: Sequence[FileSet], others: Sequence[FileSet]) -> list[FileSet]:
    left = Counter(one.digest for one in others)
    found = []
    for one in sets:
        if left[one.digest]:
            left[one.digest] -= 1
        else:
            found.append(one)
    return found


def _tree(files: FileSet | None) -> str:
    return files.tree if files else EMPTY
