"""A build of a bench that did not succeed, and which one that was."""

from layerwise.errors import BuildFailed
from layerwise.prove.bench.result import Side


class ScenarioFailed(BuildFailed):
    """A side does not build in a scenario.

    Attributes:
        side: Whose file it is.
        scenario: The scenario's name.
        platform: What was built for.
    """

    def __init__(self, why: str, side: Side, scenario: str, platform: str) -> None:
        self.side = side
        self.scenario = scenario
        self.platform = platform
        super().__init__(why)
