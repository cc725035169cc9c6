"""Builds and clocks that functions stand for, for the tests of proofs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from layerwise.analysis import Analysis
from layerwise.model.change import Change
from layerwise.prove.bench.looks import Looks, Misfit
from layerwise.prove.bench.result import Bench, Figure, Row, Side
from layerwise.prove.bench.variants import Key, Variants
from layerwise.prove.trials import Comparison
from layerwise.prove.verdict import Verdict

SAME = Verdict(left="a", right="b", platforms=())


@dataclass
class FakeLooks:
    """Builds that a function stands for."""

    variants: Variants
    wrong: Callable[[str], str]
    unsteady: str = ""
    builds: int = 0
    texts: dict[str, str] = field(default_factory=dict)

    def compared(self, keys: tuple[Key, ...]) -> Comparison:
        text = self.variants.file(keys).dockerfile.text
        if text not in self.texts:
            self.builds += 1
            self.texts[text] = self.wrong(text)
        why = self.texts[text]
        return Comparison(not why, why, ("sha256:a", "sha256:b"), None if why == "broken" else SAME)

    def wrong_with(self, keys: tuple[Key, ...]) -> Misfit | None:
        return Looks.wrong_with(self, keys)  # type: ignore[arg-type]


@dataclass
class FakeSession:
    """A clock that a function stands for: it says what a text takes in a scenario."""

    seconds: Callable[[str, str], float]
    builds: int = 0
    figures: dict[tuple[str, str], Figure] = field(default_factory=dict)

    def measure(self, sides: Mapping[Side, Analysis], scenarios: Sequence[Change]) -> Bench:
        rows = tuple(
            Row(
                scenario=scenario.name,
                platform="linux/amd64",
                subject=scenario.subject,
                **{side.value: self.figure(side, file, scenario, "") for side, file in sides.items()},
            )
            for scenario in scenarios
        )
        return Bench(project="shop", dockerfile="Dockerfile", planned=True, isolation="", rows=rows, spent_s=1.0)

    def measured(self, sides: Mapping[Side, Analysis], scenarios: Sequence[Change]) -> Bench:
        builds = self.builds
        bench = self.measure(sides, scenarios)
        assert self.builds == builds, "nothing is left to build"
        return bench

    def figure(self, side: Side, file: Analysis, scenario: Change, platform: str, runs: int = 0) -> Figure:
        key = (file.dockerfile.text, scenario.name)
        made = self.figures.get(key, Figure(())).seconds
        for number in range(len(made), max(runs, 2)):
            self.builds += 1
            made += (self.seconds(*key) + 0.01 * number,)
        self.figures[key] = Figure(made)
        return self.figures[key]
