"""What a journal says a bench has done so far."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layerwise.builder.made import Trace
from layerwise.prove.bench.journal import (
    Asked,
    Built,
    Claimed,
    Copied,
    Created,
    Entry,
    Expected,
    Measured,
    Numbered,
    Over,
    Settled,
    Tagged,
)
from layerwise.prove.bench.result import Run, Side
from layerwise.records import Basis


@dataclass(frozen=True, slots=True)
class Past:
    """The entries of a journal, which may grow, and what they come to."""

    entries: Sequence[Entry]

    @property
    def asked(self) -> Asked | None:
        """How it began, None where it has not."""
        return next((entry for entry in self.entries if isinstance(entry, Asked)), None)

    @property
    def copied(self) -> bool:
        """Whether the context's copy is whole."""
        return any(isinstance(entry, Copied) for entry in self.entries)

    @property
    def over(self) -> bool:
        """Whether all was measured."""
        return any(isinstance(entry, Over) for entry in self.entries)

    @property
    def number(self) -> int:
        """The last number that was used, 0 for none."""
        return max((entry.number for entry in self.entries if isinstance(entry, Numbered)), default=0)

    @property
    def tags(self) -> tuple[str, ...]:
        """The images that may have been made."""
        return tuple(dict.fromkeys(entry.tag for entry in self.entries if isinstance(entry, Tagged)))

    @property
    def builders(self) -> tuple[str, ...]:
        """The builders that may have been made."""
        return tuple(dict.fromkeys(entry.builder for entry in self.entries if isinstance(entry, Created)))

    @property
    def spent_s(self) -> float:
        """Seconds of all builds."""
        return sum(entry.seconds for entry in self.builds())

    def builds(self) -> Iterator[Built]:
        """Yield the builds, in order."""
        return (entry for entry in self.entries if isinstance(entry, Built))

    def traces(self) -> tuple[Trace, ...]:
        """Return what is left of the builds."""
        return tuple(build.trace for build in self.builds() if build.trace is not None)

    def undecided(self) -> tuple[Trace, ...]:
        """Return those of which nobody has said yet what they made."""
        decided = {entry.build for entry in self.entries if isinstance(entry, Claimed) and entry.whole}
        return tuple(trace for trace in self.traces() if trace.reference.id not in decided)

    def claimed(self, *, needed: bool | None = None, side: str | None = None, platform: str | None = None) -> set[str]:
        """Return the records of the cache that builds made; with conditions, those of builds that meet them."""
        builds = {
            build.trace.reference.id
            for build in self.builds()
            if build.trace
            and needed in (None, build.needed)
            and side in (None, build.side)
            and platform in (None, build.platform)
        }
        return self.claimed_by(builds)

    def claimed_by(self, builds: set[str]) -> set[str]:
        """Return the records of the cache that builds of these ids made."""
        claims = (entry for entry in self.entries if isinstance(entry, Claimed) and entry.build in builds)
        return {record for entry in claims for record in entry.ids}

    def doubtful(self, build: str) -> frozenset[str]:
        """Return marks of records that another build may have made as well as this one."""
        claims = (entry for entry in self.entries if isinstance(entry, Claimed) and entry.build == build)
        return frozenset(mark for entry in claims for mark in entry.doubtful)

    def scope(self, side: Side, platform: str) -> str:
        """Return the scope of the cache that has all steps of a side, "" for none."""
        found = [
            entry.scope
            for entry in self.entries
            if isinstance(entry, Settled) and (entry.side, entry.platform) == (side.value, platform)
        ]
        return found[-1] if found else ""

    def runs(self, text: str, scenario: str, platform: str) -> tuple[Run, ...]:
        """Return what was measured of a text, in order."""
        measured = (entry for entry in self.entries if isinstance(entry, Measured) and entry.text == text)
        return tuple(
            entry.run for entry in measured if (entry.run.scenario, entry.run.platform) == (scenario, platform)
        )

    def expected(self, text: str, scenario: str, platform: str) -> tuple[float | None, Basis]:
        """Return what the model said of a text before the bench, in seconds, and what stood behind it."""
        for entry in self.entries:
            if isinstance(entry, Expected) and (entry.text, entry.scenario, entry.platform) == (
                text,
                scenario,
                platform,
            ):
                return entry.seconds, Basis(entry.basis)
        return None, Basis.UNKNOWN
