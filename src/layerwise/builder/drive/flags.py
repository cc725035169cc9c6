"""The flags of ``docker buildx build``: which take a value, which are switches.

The table is that of buildx 0.29, with the flags of ``docker build`` that it takes and does not show. A flag that a
newer buildx has is looked up in its own help (``read_help``), so that every flag can be passed through.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_ROW = re.compile(r"^(?:  -(?P<letter>\w), |      )--(?P<name>[\w-]+)(?: (?P<kind>\w+))?(?: {2,}|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Flags:
    """What a command line may hold.

    Attributes:
        values: Long names of the flags that take a value.
        switches: Long names of those that take none, or one after ``=``.
        letters: The long name of each letter.
    """

    values: frozenset[str]
    switches: frozenset[str]
    letters: Mapping[str, str] = field(default_factory=dict)

    def __or__(self, other: "Flags") -> "Flags":
        """Return both together; ``self`` wins where they differ."""
        return Flags(
            self.values | (other.values - self.switches),
            self.switches | (other.switches - self.values),
            {**other.letters, **self.letters},
        )

    def knows(self, name: str) -> bool:
        """Whether a long name is one of them."""
        return name in self.values or name in self.switches


def read_help(text: str) -> Flags:
    """Return the flags that a ``--help`` of buildx shows: what names the kind of its value takes one."""
    rows = list(_ROW.finditer(text))
    return Flags(
        frozenset(row["name"] for row in rows if row["kind"]),
        frozenset(row["name"] for row in rows if not row["kind"]),
        {row["letter"]: row["name"] for row in rows if row["letter"]},
    )


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


SHOWN = Flags(
    values=_names(
        "add-host allow annotation attest build-arg build-context builder cache-from cache-to call cgroup-parent file"
        " iidfile label metadata-file network no-cache-filter output platform progress provenance sbom secret shm-size"
        " ssh tag target ulimit"
    ),
    switches=_names("check debug load no-cache pull push quiet"),
    letters={"D": "debug", "f": "file", "o": "output", "q": "quiet", "t": "tag"},
)
"""Those of its help."""

BUILDX = SHOWN | Flags(
    values=_names(
        "cpu-period cpu-quota cpu-shares cpuset-cpus cpuset-mems invoke isolation memory memory-swap print security-opt"
    ),
    switches=_names("compress force-rm help rm squash"),
    letters={"c": "cpu-shares", "h": "help", "m": "memory"},
)
"""Those and the ones that it takes without showing them (docker/buildx commands/build.go)."""
