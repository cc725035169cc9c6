"""What a pass is: a module with a page, a safety class and one function from an analysis to proposals."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from layerwise.analysis import Analysis
from layerwise.graph.passage import brief
from layerwise.syntax.edit import Edit
from layerwise.syntax.tree import Run


class Safety(Enum):
    """What a rewrite promises about the image; only the first two are applied without being asked for."""

    IDENTICAL = "identical"
    EQUIVALENT = "equivalent"
    AFTER_PROOF = "equivalent, after proof"
    FROZEN = "frozen"
    BEHAVIOUR = "behaviour"
    ADVICE = "advice"

    @property
    def applied(self) -> bool:
        """Whether a plan applies it by default."""
        return self in (Safety.IDENTICAL, Safety.EQUIVALENT)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One atomic rewrite of a Dockerfile.

    Attributes:
        line: The line it is about, in the text that was analysed.
        why: One sentence in the names of this file.
        evidence: What can be checked: counts of commits, places that pass an argument, what the step reads.
        safety: The class that this very rewrite has.
        edits: On the Dockerfile, none overlapping.
        stage: Index of the stage it is about.
        moved: The instruction it is about, in the words of ``graph.state.origin``.
        subject: Tells the same proposal in the analysis of another text.
        doubts: What only a build can show, one reason each; none where the class needs no proof.
        ignore: The new text of the ignore file that counts, None where it stays as it is.
        helps: Names of passes for which it makes room, though it saves too little by itself.
        before: Names of passes of which it leaves something to do, and which leave nothing of it to do.
        part: What a user calls it who allows this proposal and no other of its pass; "" where there is only one kind.
    """

    line: int
    why: str
    evidence: tuple[str, ...]
    safety: Safety
    edits: tuple[Edit, ...]
    stage: int
    moved: str
    subject: str
    doubts: tuple[str, ...] = ()
    ignore: str | None = None
    helps: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    part: str = ""

    def names(self, name: str) -> tuple[str, ...]:
        """Return the ways to allow it: its class, with the name of its pass, and with its part."""
        ways = (self.safety.value, name, self.part)[: 3 if self.part else 2]
        return tuple(":".join(ways[: count + 1]) for count in range(len(ways)))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rewrite that was looked at and not proposed: where, and which precondition could not be shown."""

    line: int
    why: str


class Pass(Protocol):
    """A module of this package."""

    __name__: str
    __doc__: str | None

    @property
    def SAFETY(self) -> Safety:  # noqa: N802 - a module's constant
        """The best class that a proposal of this pass can have."""

    @property
    def NEEDS_BUILDKIT(self) -> bool:  # noqa: N802 - a module's constant
        """Whether BuildKit alone understands its edits, as kaniko, Podman and the legacy builder do not."""

    def propose(self, analysis: Analysis) -> Iterator[Proposal | Refusal]:
        """Yield what could be rewritten, and what was refused."""


_SYSTEM_INSTALLS = frozenset({"apt.install", "apk.install"})


def colder(analysis: Analysis, run: Run) -> str:
    """Return the warning that goes with every rewrite that makes a layer of system packages run less often, or ""."""
    if any(work.kind in _SYSTEM_INSTALLS for step in analysis.steps_of(run) for work in step.effects.work):
        return f"{brief(run)} will be served from the cache longer: security updates come with a new base or --no-cache"
    return ""
