"""Whether something may pass an instruction, how safely, and the words for it.

Two steps commute only if neither writes what the other reads or writes and the configuration between them is the
same for both. ``variable_order.py`` and ``copy_order.py`` ask that; rules and passes read the verdicts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from layerwise.graph.vertex import Step
from layerwise.syntax import variables
from layerwise.syntax.display import one_line
from layerwise.syntax.tree import Copy, Instruction, Onbuild, Pairs


class Passage(Enum):
    """How safely something may pass an instruction."""

    FREE = "free"
    """Nothing that both touch."""
    INSTALLER = "installer"
    """A variable that an installer of third-party packages has no reason to look at."""
    DOUBTFUL = "doubtful"
    """Only a build can show that it makes no difference."""
    STOP = "stop"
    """It would, or might, make a difference."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something may pass an instruction, and why not.

    Attributes:
        passage: How safely.
        why: The reason where it is not free.
        needs: Context paths that must lie in the stage before the instruction runs.
    """

    passage: Passage
    why: str = ""
    needs: frozenset[str] = field(default_factory=frozenset)


FREE = Verdict(Passage.FREE)


def stop(why: str) -> Verdict:
    """Return the verdict that nothing may pass."""
    return Verdict(Passage.STOP, why)


_BRIEF = 60  # characters
_FEW = 2


def brief(instruction: Instruction) -> str:
    """Return an instruction on one line, short enough to be quoted in a sentence."""
    text = one_line(f"{instruction.keyword} {instruction.text}")
    return f"`{text}`" if len(text) <= _BRIEF else f"`{text[: _BRIEF - 1]}…`"


def briefs(instructions: Sequence[Instruction]) -> str:
    """Return instructions for a sentence: one or two by themselves, more as the first and a count."""
    if len(instructions) <= _FEW:
        return " and ".join(brief(instruction) for instruction in instructions)
    return f"{brief(instructions[0])} and {len(instructions) - 1} more steps"


def expanded_names(instruction: Instruction, escape: str) -> frozenset[str]:
    """Return the names that BuildKit expands in an instruction's own words (not those a shell expands in a RUN)."""
    words = [flag.value or "" for flag in instruction.flags]
    if isinstance(instruction, Copy):
        words += [word.text for word in instruction.sources] + [instruction.destination.text]
        words += [heredoc.content for heredoc in instruction.heredocs if heredoc.expand]
    elif isinstance(instruction, Pairs):
        words += [pair.value or "" for pair in instruction.pairs] + [pair.name for pair in instruction.pairs]
    elif isinstance(instruction, Onbuild) or instruction.keyword in _EXPANDED:
        words.append(instruction.text)
    names: frozenset[str] = frozenset()
    for word in words:
        names |= variables.references(word, escape)
    return names


_EXPANDED = frozenset({"EXPOSE", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"})


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict of all platforms together: the least safe, and all that any of them needs."""
    if not verdicts:
        return FREE
    order = list(Passage)
    worst = max(verdicts, key=lambda verdict: order.index(verdict.passage))
    return Verdict(worst.passage, worst.why, frozenset().union(*(verdict.needs for verdict in verdicts)))


def listed(names: Iterable[str]) -> str:
    """Return names for a sentence, sorted."""
    return ", ".join(sorted(names))


def named(step: Step) -> str:
    """Return a step's instruction as ``brief`` does."""
    assert step.instruction, "only steps of instructions are asked about"
    return brief(step.instruction)
