"""What was worked out of steps of builds on one context, so that a plan does it once for all its texts.

Keys are digests of steps: a step's effects follow from its definition, its inputs and the context's files, and from
nothing else, wherever in whichever text of the Dockerfile it stands.
"""

from dataclasses import dataclass, field

from layerwise.ecosystems import Part
from layerwise.ecosystems.effects import Effects, Scope


@dataclass(frozen=True, slots=True)
class Memo:
    """Results by key.

    Attributes:
        effects: Of RUNs, with the scope in which they hold.
        parts: Of the scripts of RUNs.
        searches: Of the context's files, each for what and among which.
    """

    effects: dict[str, tuple[Scope, Effects]] = field(default_factory=dict)
    parts: dict[str, tuple[Part, ...]] = field(default_factory=dict)
    searches: dict[tuple[object, ...], str] = field(default_factory=dict)
