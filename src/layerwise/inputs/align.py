"""Which step of a manifest is which of another: instructions move, stages are renamed, texts change."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import TypeAlias

from layerwise.inputs.manifest import StepInputs

Pair: TypeAlias = tuple[int | None, int | None]
"""Places of the same step in both; None where a manifest does not have it."""

Likeness: TypeAlias = Callable[[StepInputs], Hashable]


def align(old: Sequence[StepInputs], new: Sequence[StepInputs]) -> tuple[Pair, ...]:
    """Return the places of the steps of both, platform by platform, each step once."""
    platforms = dict.fromkeys(step.platform for step in (*new, *old))
    return tuple(
        pair for platform in platforms for pair in _matched(_of(platform, old), _of(platform, new), _LIKENESSES)
    )


def _of(platform: str, steps: Sequence[StepInputs]) -> list[tuple[int, StepInputs]]:
    return [(place, step) for place, step in enumerate(steps) if step.platform == platform]


def _matched(
    old: Sequence[tuple[int, StepInputs]], new: Sequence[tuple[int, StepInputs]], likenesses: Sequence[Likeness]
) -> Iterator[Pair]:
    """Match what is alike in order; what lies between is matched by the next likeness."""
    if not (old and new and likenesses):
        yield from ((place, None) for place, _ in old)
        yield from ((None, place) for place, _ in new)
        return
    alike, *others = likenesses
    matcher = SequenceMatcher(None, [alike(step) for _, step in old], [alike(step) for _, step in new], autojunk=False)
    for tag, first, last, begin, end in matcher.get_opcodes():
        if tag == "equal":
            yield from zip((place for place, _ in old[first:last]), (place for place, _ in new[begin:end]), strict=True)
        else:
            yield from _matched(old[first:last], new[begin:end], others)


def _keyword(step: StepInputs) -> str:
    return step.instruction.removeprefix("ONBUILD ").partition(" ")[0]


_LIKENESSES: tuple[Likeness, ...] = (
    lambda step: (step.stage, step.key or step.instruction),
    lambda step: step.key or step.instruction,
    lambda step: (step.stage, _keyword(step)),
    _keyword,
)
