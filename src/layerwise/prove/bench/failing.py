"""Judges a file with some edits of a plan by whether it builds in a scenario."""

from collections.abc import Sequence
from dataclasses import dataclass

from layerwise.model.change import Change
from layerwise.prove.bench.failed import ScenarioFailed
from layerwise.prove.bench.result import Side
from layerwise.prove.bench.session import Session
from layerwise.prove.bench.variants import Key, Variants


@dataclass(frozen=True, slots=True)
class Failing:
    """A scenario in which a rewritten file was seen not to build.

    Attributes:
        variants: The plans.
        session: Builds.
        scenarios: All of them.
        failed: What was seen.
    """

    variants: Variants
    session: Session
    scenarios: Sequence[Change]
    failed: ScenarioFailed

    def wrong_with(self, keys: tuple[Key, ...]) -> str | None:
        """Return how a file with these edits does not build in the scenario, None where it builds.

        Raises:
            BuilderError: There is no docker here.
        """
        scenario = next(one for one in self.scenarios if one.name == self.failed.scenario)
        try:
            self.session.figure(Side.AFTER, self.variants.file(keys), scenario, self.failed.platform)
        except ScenarioFailed as error:
            return " / ".join(line.strip() for line in str(error).splitlines() if line.strip())
        return None
