"""What a proof has shown of a plan: which edits stay, which were dropped and why, and the builds behind it."""

from dataclasses import dataclass
from enum import Enum

from layerwise.plan import Chosen
from layerwise.prove.bench.result import Bench
from layerwise.prove.verdict import Verdict


class Fault(Enum):
    """Why a proof drops an edit."""

    IMAGE = "image"
    """With it the image is another one."""
    SLOWER = "slower"
    """With it a scenario takes longer, beyond noise."""
    BROKEN = "broken"
    """With it the file does not build."""
    UNSHOWN = "unshown"
    """Only a build can show that it is right, and two builds of the file as it stands differ already."""
    NEEDS = "needs"
    """It needs an edit that was dropped, or saves too little without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """An edit that a proof takes out of the plan.

    Attributes:
        edit: The edit.
        fault: What it did.
        reason: In a sentence, with what differs or by how much it is slower.
        builds: How many builds it took to find it, 0 where it went with another one.
    """

    edit: Chosen
    fault: Fault
    reason: str
    builds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """What building a plan has shown.

    Attributes:
        kept: The edits that stay.
        dropped: Those that do not, in the order found.
        equal: Whether the image of the file as it stands and of the file with the kept edits are the same on every
            platform; None where no image was compared (the plan changes nothing).
        images: The comparison behind ``equal``, None as above.
        bench: Seconds of the file as it stands and with the kept edits.
        dockerfile: The text with the kept edits.
        diff: From the file as it stands, unified; "" where nothing stays.
        builds: How many builds the whole proof took.
    """

    kept: tuple[Chosen, ...]
    dropped: tuple[Dropped, ...]
    equal: bool | None
    images: Verdict | None
    bench: Bench
    dockerfile: str
    diff: str
    builds: int
