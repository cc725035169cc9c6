"""Judges a file with some edits of a plan by the image that it builds.

Where an image differs, the file as it stands is built once more from nothing. What differs between two builds of that
is no edit's doing: it is excused, and nobody can say of such a file that an edit which only a build can show is right.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from layerwise.analysis import Analysis
from layerwise.prove.bench.images import Images
from layerwise.prove.bench.proved import Fault
from layerwise.prove.bench.variants import Key, Variants
from layerwise.prove.trials import Comparison, difference
from layerwise.prove.verdict import Judged, PlatformVerdict, Standing, Verdict
from layerwise.prove.verify import verify

_EXCUSE = "two builds of the file as it stands differ here too"


@dataclass(frozen=True, slots=True)
class Misfit:
    """What is wrong with the image of a file with some edits.

    Attributes:
        fault: ``IMAGE`` or ``BROKEN``.
        why: A sentence.
        images: As of ``trials.Comparison``.
    """

    fault: Fault
    why: str
    images: tuple[str, str]


@dataclass
class Looks:
    """Builds and compares, each text once.

    Attributes:
        variants: The plans.
        images: Builds and compares.
        again: Builds the file as it stands once more, from another part of the cache.
    """

    variants: Variants
    images: Images
    again: Images
    _unsteady: Verdict | None = field(default=None, init=False)
    _controlled: bool = field(default=False, init=False)
    _compared: dict[tuple[str, str | None], Comparison] = field(default_factory=dict, init=False)

    @property
    def builds(self) -> int:
        """How many builds there were."""
        return self.images.builds + self.again.builds

    @property
    def unsteady(self) -> str:
        """How two builds of the file as it stands differ, "" where they do not, or nobody had to look."""
        return "" if self._unsteady is None else difference(self._unsteady)

    def wrong_with(self, keys: tuple[Key, ...]) -> Misfit | None:
        """Return what is wrong with the image that a file with these edits builds, None where nothing is.

        Raises:
            BuildFailed: The file as it stands does not build.
            BuilderError: There is no docker here.
        """
        found = self.compared(keys)
        if found.equal:
            return None
        return Misfit(Fault.BROKEN if found.verdict is None else Fault.IMAGE, found.why, found.images)

    def compared(self, keys: tuple[Key, ...]) -> Comparison:
        """Return the comparison with the file as it stands; what is no edit's doing is excused in it.

        Raises:
            BuildFailed: The file as it stands does not build.
            BuilderError: There is no docker here.
        """
        analysis = self.variants.file(keys)
        if analysis.texts not in self._compared:
            self._compared[analysis.texts] = self._built(analysis, f"with {_edits(len(keys))}")
        found = self._compared[analysis.texts]
        if found.equal or found.verdict is None:
            return found
        self._control()
        if self._unsteady is None:
            return found
        verdict = excused(found.verdict, self._unsteady)
        return replace(found, equal=verdict.equal, why=difference(verdict), verdict=verdict)

    def _built(self, analysis: Analysis, what: str) -> Comparison:
        """Build a text, a second time where it does not build: a download may have failed."""
        found = self.images.compared(analysis, what)
        return found if found.verdict is not None else self.images.compared(analysis, f"{what}, once more")

    def _control(self) -> None:
        if not self._controlled:
            self._controlled = True
            verdict = verify(self.images.original(), self.again.original())
            self._unsteady = None if verdict.equal else verdict


def excused(verdict: Verdict, control: Verdict) -> Verdict:
    """Return a comparison in which what really differs in ``control`` too, in the same way, is expected."""
    known = {one.platform: _places(one) for one in control.platforms}
    return replace(verdict, platforms=tuple(_excused(one, known) for one in verdict.platforms))


def _excused(platform: PlatformVerdict, known: Mapping[str, frozenset[tuple[str, object]]]) -> PlatformVerdict:
    places = known.get(platform.platform, frozenset())
    return replace(platform, judged=tuple(_judged(one, places) for one in platform.judged))


def _judged(one: Judged, places: frozenset[tuple[str, object]]) -> Judged:
    if one.standing is not Standing.REAL or (one.difference.where, one.difference.facet) not in places:
        return one
    return replace(one, standing=Standing.EXPECTED, reason=_EXCUSE)


def _places(platform: PlatformVerdict) -> frozenset[tuple[str, object]]:
    return frozenset((one.difference.where, one.difference.facet) for one in platform.standing(Standing.REAL))


def _edits(count: int) -> str:
    return "1 edit" if count == 1 else f"{count} edits"
