"""A bench while it runs: builds the sides of a file in scenarios, interleaved, and remembers what it measured.

::

    with opened(subject, how, engine, home, say, sides.values()) as session:
        bench = session.measure(sides, scenarios)
        figure = session.figure(Side.AFTER, partly_planned, scenario, "linux/amd64")

What is measured is written to a journal right away. A session that is left by an error or an interrupt keeps it, and
the next one that asks the same goes on from there; one that ends in peace removes all that it made.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from layerwise.analysis import Analysis
from layerwise.errors import BuildFailed
from layerwise.model.change import Change
from layerwise.prove.bench import scenario_edit
from layerwise.prove.bench.bases import bases_of
from layerwise.prove.bench.budget import Budget, duration
from layerwise.prove.bench.failed import ScenarioFailed
from layerwise.prove.bench.journal import Expected
from layerwise.prove.bench.past import Past
from layerwise.prove.bench.result import Bench, Figure, Run, Side
from layerwise.prove.bench.rows import rows
from layerwise.prove.bench.runner import Runner
from layerwise.prove.bench.scenarios import CHECKOUT, FRESH, Listed
from layerwise.prove.bench.schedule import Round, left_out, rounds
from layerwise.prove.bench.subject import How, Subject
from layerwise.prove.bench.texts import digest_of

_NO_PRIVATE = "it takes a builder that nothing else uses; --private makes one where the driver is docker-container"


@dataclass
class Session:
    """One bench of one subject.

    Attributes:
        subject: What is built.
        how: How.
        runner: Makes the builds.
        budget: Says which builds fit into its time.
    """

    subject: Subject
    how: How
    runner: Runner
    budget: Budget
    _reasons: dict[str, str] = field(default_factory=dict)
    _ready: bool = False

    @property
    def builds(self) -> int:
        """How many builds there were, those too that are no figure."""
        return self.budget.builds

    def measure(
        self, sides: Mapping[Side, Analysis], scenarios: Sequence[Change], beside: Listed | None = None
    ) -> Bench:
        """Build each side in each scenario on each platform until the runs or the budget are used up.

        Args:
            sides: The files.
            scenarios: What is measured, in this order.
            beside: What the bench tells of without measuring it.

        Raises:
            ScenarioFailed: A build fails; the message says in which scenario, with the last lines of its log.
            BuilderError: There is no docker here, no builder that answers, or no room for the bench.
            UsageError: The user's own edit of a scenario fails.
            KeyboardInterrupt: The user's; what was measured is kept.
        """
        wanted = replace(beside or Listed(()), measured=tuple(map(self._as_edited, scenarios)))
        self._expect(sides, wanted)
        self._refuse(sides, wanted.measured)
        todo = self._todo(sides, wanted)
        if todo:
            self.say(self.budget.announcement(sides, todo))
        if self.budget.chosen(sides, todo):
            self._prepare(sides.values(), [each for each in scenarios if each.name not in self._reasons])
        number = 1
        while chosen := self.budget.chosen(sides, todo):
            following = chosen[0]
            if following.number > number:
                self.runner.sweep()
                number = following.number
            self._make(sides, following, next(one for one in wanted.measured if one.name == following.scenario))
            todo = self._todo(sides, wanted)
        return self._bench(sides, wanted, todo)

    def figure(self, side: Side, analysis: Analysis, scenario: Change, platform: str, runs: int = 0) -> Figure | None:
        """Return the seconds of one file in one scenario, each text measured once; None where it can't be measured.

        Its steps share a cache scope with those of every other text of that side, but for ``cold``. What the budget
        does not allow any more is not measured either.

        Args:
            side: Whose copy of the context is built.
            analysis: The file.
            scenario: What is changed.
            platform: What is built for.
            runs: How often at least, where that is more often than the bench asks for.

        Raises:
            BuildFailed: As ``measure``; and the others.
        """
        wanted, sides = Listed((scenario,)), {side: analysis}
        self._expect(sides, wanted)
        self._refuse(sides, wanted.measured)
        todo = tuple(each for each in self._todo(sides, wanted, runs) if each.platform == platform)
        for each in self.budget.chosen(sides, todo):
            self._prepare([analysis], [scenario])
            self._make(sides, each, scenario)
        made = self.runs(analysis, scenario.name, platform)
        return Figure(tuple(run.wall_s for run in made)) if made else None

    def measured(self, sides: Mapping[Side, Analysis], scenarios: Sequence[Change]) -> Bench:
        """Return what was measured so far, as ``measure`` does, and build nothing."""
        wanted = Listed(tuple(map(self._as_edited, scenarios)))
        return self._bench(sides, wanted, self._todo(sides, wanted))

    def runs(self, analysis: Analysis, scenario: str, platform: str) -> tuple[Run, ...]:
        """Return what was measured of a file so far, in order."""
        return self._past.runs(digest_of(analysis), scenario, platform)

    def say(self, text: str) -> None:
        """Tell the user, as the session does of its own builds."""
        self.runner.builds.say(text)

    def image(
        self, side: Side, analysis: Analysis, scope: str, archive: Path, what: str, options: tuple[str, ...] = ()
    ) -> None:
        """Build a file's image for all platforms, with no clock, and write it to an OCI archive.

        Args:
            side: Whose copy of the context is built.
            analysis: The file.
            scope: The part of the cache.
            archive: Where to.
            what: How a message names it.
            options: Further ones of ``docker buildx build``.

        Raises:
            BuildFailed: It does not build.
            BuilderError: There is no docker here, no builder that answers, or no room.
            KeyboardInterrupt: The user's.
        """
        self._prepare([analysis], ())
        self.runner.image(side, analysis, scope, archive, what, options)

    @property
    def _past(self) -> Past:
        return self.runner.builds.past

    def _as_edited(self, change: Change) -> Change:
        """Return a change that says so where the user's own edit makes it."""
        edit = self.how.edits.get(change.name)
        return replace(change, subject=f"your own edit, [scenarios.{edit.scenario}]") if edit else change

    def _prepare(self, sides: Iterable[Analysis], changes: Sequence[Change]) -> None:
        """See once that there is an engine with room, and a copy of the context."""
        if not self._ready:
            self.runner.ready(sides, changes)
            self._ready = True

    def _make(self, sides: Mapping[Side, Analysis], each: Round, change: Change) -> None:
        """Build all sides of a round, the other one first each time, so that none has the better place."""
        order = list(sides) if each.number % 2 else list(sides)[::-1]
        for side in order:
            if not self.budget.is_done(sides[side], each):
                try:
                    made = self.runner.run(side, sides[side], change, each.platform, each.number)
                except BuildFailed as error:
                    raise ScenarioFailed(str(error), side, change.name, each.platform) from error
                if isinstance(made, str):
                    self._reasons[change.name] = made
                    return
                self.say(_line(made.scenario, side, each.platform, made.wall_s))

    def _expect(self, sides: Mapping[Side, Analysis], wanted: Listed) -> None:
        """Write down what the model says, by the figures from before the bench."""
        known = {(one.text, one.scenario) for one in self._past.entries if isinstance(one, Expected)}
        for analysis in sides.values():
            text, estimator = digest_of(analysis), analysis.facts.estimator
            for change in (*wanted.measured, *wanted.predicted):
                if (text, change.name) in known or change.name == FRESH:
                    continue
                for graph in analysis.graphs:
                    seconds = estimator.build((graph,), change).seconds
                    basis = estimator.basis((graph,), change).value
                    self.runner.builds.journal.add(Expected(text, change.name, graph.platform, seconds, basis))

    def _refuse(self, sides: Mapping[Side, Analysis], changes: Sequence[Change]) -> None:
        """Find out which scenarios can't be made."""
        for change in changes:
            why = ""
            if change.name == FRESH:
                why = self.runner.builds.engine.unfresh() if self.how.private else _NO_PRIVATE
            elif change.bases:
                references = {one for side in sides.values() for one in bases_of(side.graphs)}
                why = self.runner.builds.engine.unmovable(sorted(references))
            else:
                why = scenario_edit.refusal(change, self.subject.analysis, self.how.edits.get(change.name))
            if why:
                self._reasons[change.name] = why

    def _todo(self, sides: Mapping[Side, Analysis], wanted: Listed, runs: int = 0) -> tuple[Round, ...]:
        names = [change.name for change in wanted.measured if change.name not in self._reasons]
        every = rounds(names, self.subject.platforms, lambda scenario: self._runs(scenario, runs))
        return tuple(each for each in every if not all(self.budget.is_done(side, each) for side in sides.values()))

    def _runs(self, scenario: str, least: int) -> int:
        runs = max(self.how.runs, least)
        if scenario == CHECKOUT and CHECKOUT not in self.how.edits:
            return min(runs, scenario_edit.checkouts(self.subject.analysis.facts.request.context))
        return runs

    def _disturbed(self, sides: Iterable[Analysis], changes: Sequence[Change]) -> Iterator[str]:
        """Yield what is to be said of timed builds that others' builds have slowed."""
        asked = [
            (side, change.name, platform) for side in sides for change in changes for platform in self.subject.platforms
        ]
        runs = [run for each in asked for run in self.runs(*each)]
        if beside := sum(run.build in self.runner.builds.disturbed for run in runs):
            yield f"{beside} of {len(runs)} timed builds ran beside builds of others, which may have slowed them"

    def _bench(self, sides: Mapping[Side, Analysis], wanted: Listed, left: Sequence[Round]) -> Bench:
        notes = [*dict.fromkeys(self.runner.notes), *self._disturbed(sides.values(), wanted.measured)]
        if left and self.how.budget_s is not None:
            notes.append(f"left out for the budget of {duration(self.how.budget_s)}: {', '.join(left_out(left, ()))}")
        reasons = {
            each.scenario: f"it does not fit into the budget of {duration(self.how.budget_s or 0)}" for each in left
        }
        found = tuple(rows(self._past, sides, wanted, self.subject.platforms, reasons | self._reasons))
        figures = [figure for row in found for figure in (row.before, row.after) if figure]
        return Bench(
            project=self.subject.project,
            dockerfile=self.subject.named,
            planned=Side.AFTER in sides,
            isolation=self.runner.builds.engine.isolation,
            rows=found,
            spent_s=sum(second for figure in figures for second in figure.seconds),
            budget_s=self.how.budget_s,
            notes=tuple(notes),
        )


def _line(scenario: str, side: Side, platform: str, seconds: float) -> str:
    return f"{scenario:16}  {side.value:6}  {platform}  {seconds:8.1f} s"
