"""What a rule is: a module with a page, the pass that mends what it finds, and one function."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from layerwise.analysis import Analysis
from layerwise.syntax.tree import Instruction


class Severity(Enum):
    """How sure a finding is to cost time."""

    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One finding.

    Attributes:
        line: 1-based line in the Dockerfile.
        message: What this file does, in its own names.
        lost_s: Predicted seconds a build that it costs, all platforms added up.
        victims: The instructions that run again for nothing.
        leaves: Whether it is about what is left in the image.
        lost_bytes: How much that is; None where it is not about that, or nobody knows.
        by_hand: Whether the author must mend it, whatever the rule's other findings are mended by.
        spoils: Whether it costs no time, but the image may be wrong.
    """

    line: int
    message: str
    lost_s: float
    victims: tuple[Instruction, ...] = ()
    leaves: bool = False
    lost_bytes: int | None = None
    by_hand: bool = False
    spoils: bool = False

    def mended_by(self, rule: "Rule") -> str | None:
        """Return the pass that mends it, None where the author must."""
        return None if self.by_hand else rule.MENDED_BY


class Rule(Protocol):
    """A module of this package."""

    __name__: str
    __doc__: str | None

    @property
    def SEVERITY(self) -> Severity:  # noqa: N802 - a module's constant
        """How sure a finding is to cost time."""

    @property
    def MENDED_BY(self) -> str | None:  # noqa: N802 - a module's constant
        """The pass that mends it, None where the author must."""

    def check(self, analysis: Analysis) -> Iterator[Diagnosis]:
        """Yield the findings, in no special order."""
