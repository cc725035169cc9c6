"""Which steps of two builds are the same in other words: a rewrite changes an instruction, and moves it."""

import re
from collections.abc import Mapping

from layerwise.records import StepRecord
from layerwise.summary.places import Mark

_MOUNT = re.compile(r"--(?:mount|network|security)=\S+")
_LEAST = 0.5
"""Share of the words of the longer instruction that the shorter one has too."""


def alike(before: Mapping[Mark, StepRecord], after: Mapping[Mark, StepRecord]) -> dict[Mark, Mark]:
    """Return for steps of ``after`` the step of ``before`` whose instruction has most words in common with it.

    Only of the same platform and keyword, and with half of the words in common; each is taken once.
    """
    old_words, new_words = ({mark: _words(step) for mark, step in side.items()} for side in (before, after))
    found = [
        (-_share(old_words[old], new_words[new]), after[new].number, before[old].number, new, old)
        for new in after
        for old in before
        if after[new].platform == before[old].platform and after[new].keyword == before[old].keyword
    ]
    pairs: dict[Mark, Mark] = {}
    taken: set[Mark] = set()
    for less, _, _, new, old in sorted(found):
        if -less >= _LEAST and new not in pairs and old not in taken:
            pairs[new] = old
            taken.add(old)
    return pairs


def _words(step: StepRecord) -> frozenset[str]:
    """Return the words of an instruction past its keyword, without what is mounted."""
    return frozenset(_MOUNT.sub(" ", step.instruction).split()[1:])


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(len(one), len(other), 1)
