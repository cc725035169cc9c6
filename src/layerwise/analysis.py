"""Everything that rules and passes read, as one frozen value."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from layerwise.graph.elsewhere import Elsewhere
from layerwise.graph.ignore import IGNORE_FILE, IgnoreRules
from layerwise.graph.lower import lower
from layerwise.graph.request import Request
from layerwise.graph.run_script import RunScript, run_script
from layerwise.graph.state import origin
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.model.arguments import ArgumentChange
from layerwise.model.change import COLD, Change
from layerwise.model.cost import Cost
from layerwise.model.estimate import Estimator
from layerwise.records import Basis
from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Dockerfile, Instruction, Run, Stage

_IGNORE = re.compile(r"#\s*layerwise:\s*ignore=([\w-]+(?:\s*,\s*[\w-]+)*)")
_EVERY = "all"


@dataclass(frozen=True, slots=True)
class Facts:
    """What stays the same while the Dockerfile is rewritten.

    Attributes:
        request: What is built.
        estimator: Prices builds.
        commits: The replayed changes.
        scenarios: The named changes.
        arguments: How often each build argument changes, by name.
        targets_built: Stages that CI, compose or bake build as targets, by lower-cased name.
        other_builders: Who builds the file with something that is not BuildKit, a line each: place and program.
        elsewhere: Gives what other Dockerfiles take of the same context; few plans ask, and it takes time.
        pushes: Who pushes its image with the default compression, a line each.
        cold: Who builds the file with nothing cached each time, a line each: place and why.
    """

    request: Request
    estimator: Estimator = field(repr=False)
    commits: tuple[Change, ...] = field(repr=False)
    scenarios: tuple[Change, ...]
    arguments: tuple[ArgumentChange, ...]
    targets_built: frozenset[str] = frozenset()
    other_builders: tuple[str, ...] = ()
    elsewhere: Callable[[], Elsewhere] = field(default=Elsewhere, repr=False)
    pushes: tuple[str, ...] = ()
    cold: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """A Dockerfile with its graphs, and the facts around it.

    Attributes:
        dockerfile: The tree.
        graphs: One a platform, in the order asked for.
        facts: What does not depend on the Dockerfile's text.
        ignore: The text of the ignore file that counts, where a rewrite gave it another one; None where it did not.
    """

    dockerfile: Dockerfile
    graphs: tuple[Graph, ...] = field(repr=False)
    facts: Facts = field(repr=False)
    ignore: str | None = None

    @property
    def texts(self) -> tuple[str, str | None]:
        """The Dockerfile's text and ``ignore``: what a plan changes, and so what tells two analyses of it apart."""
        return self.dockerfile.text, self.ignore

    def rewritten(self, text: str, ignore: str | None = None) -> "Analysis":
        """Return the analysis of another text of the same file, and of its ignore file where one is given.

        What the rewrite brings costs what it takes away was measured to cost.

        Raises:
            DockerfileError: BuildKit would refuse that text.
            SourceError: It would refuse the ignore file.
        """
        facts = self.facts
        if ignore is not None and ignore != self.ignore:
            context = facts.request.context
            rules = IgnoreRules.parse(ignore, context.rules.path or IGNORE_FILE)
            facts = replace(facts, request=replace(facts.request, context=context.ignoring(rules)))
        made = analyse(parse(text, self.dockerfile.path), facts)
        facts.estimator.inherit(self.graphs, made.graphs)
        return replace(made, ignore=self.ignore if ignore is None else ignore)

    def expected_s(self) -> float:
        """Return the expected seconds a build over the replayed commits."""
        return self.facts.estimator.mean(self.graphs, self.facts.commits)

    def expected_bytes(self) -> float:
        """Return the bytes of new layers, as stored, that a build is expected to export over the replayed commits."""
        return self.facts.estimator.mean_bytes(self.graphs, self.facts.commits)

    def scenario_s(self, scenario: Change) -> float:
        """Return the predicted seconds of a scenario."""
        return self.facts.estimator.build(self.graphs, scenario).seconds

    def basis(self, change: Change = COLD, platform: str | None = None) -> Basis:
        """Return what stands behind the seconds of a build after ``change``, of one platform or of all."""
        graphs = [graph for graph in self.graphs if platform in (None, graph.platform)]
        return self.facts.estimator.basis(graphs, change)

    def cost(self, step: Step) -> Cost:
        """Return what a step costs when it runs."""
        return self.facts.estimator.cost(step)

    def reads_what_changed(self, step: Step, change: Change) -> bool:
        """Whether a change touches something that a step itself takes or reads, as far as is known.

        A step that runs again although this is false runs for nothing: only its cache key changed.
        """
        if change.everything or step.instruction is None or origin(step.instruction) in change.instructions:
            return True
        if any(step.effects.environment.reads(name) for name in change.arguments):
            return True
        if step.kind is not Kind.RUN:
            return any(selection.covers(path) for selection in step.files for path in change.files)
        if step.effects.opaque or step.effects.needs_source:
            return any(copied.covers(path) for copied in step.sees.copies() for path in change.files)
        if any(one.source in change.files and not one.sieve.hides(change.texts(one.source)) for one in step.sifted):
            return True
        read = (copied.source_of(path) for copied in step.sees.copies() for path in step.effects.manifests)
        return not change.files.isdisjoint(source for source in read if source is not None)

    def lost_s(self, graph: Graph, step: Step) -> float:
        """Return the seconds that a step took on replayed commits that changed nothing it reads."""
        idle = (change for change in self._running(graph, step) if not self.reads_what_changed(step, change))
        return self.cost(step).seconds * sum(change.weight for change in idle)

    def reruns(self, graph: Graph, step: Step) -> float:
        """Return on how many of the replayed commits a step runs again."""
        return sum(change.weight for change in self._running(graph, step))

    def _running(self, graph: Graph, step: Step) -> Iterator[Change]:
        """Yield the replayed commits that make a step run."""
        for change in self.facts.commits:
            if step.id in self.facts.estimator.running((graph,), change)[graph.platform]:
                yield change

    def changes(self, name: str) -> float:
        """Return the share of builds on which a build argument has another value."""
        return next((argument.per_commit for argument in self.facts.arguments if argument.name == name), 0.0)

    def wasted_s(self, steps: Sequence[Step], justified: Callable[[Change], bool]) -> float:
        """Return the seconds a build that ``steps`` cost where ``justified`` is false, all platforms added up."""
        total = sum(change.weight for change in self.facts.commits) or 1.0
        placed = [(graph, step) for graph in self.graphs for step in steps if step in graph.steps]
        lost = sum(
            self.cost(step).seconds * change.weight
            for graph, step in placed
            for change in self._running(graph, step)
            if not justified(change)
        )
        return lost / total

    def script(self, run: Run) -> RunScript | None:
        """Return the script of a RUN part by part, None where platforms differ on it, or it can't be taken apart."""
        scripts = [run_script(self.dockerfile, step) for step in self.steps_of(run)]
        if not scripts or any(one is None for one in scripts):
            return None
        return scripts[0] if all(one == scripts[0] for one in scripts) else None

    def in_image(self, instruction: Instruction) -> bool:
        """Whether an instruction makes a layer of the exported image, on some platform."""
        return any(step.instruction is instruction for graph in self.graphs for step in graph.layers())

    def steps_of(self, instruction: Instruction) -> tuple[Step, ...]:
        """Return the steps that an instruction made, one a platform at the most."""
        return tuple(step for _, step in self.placed(instruction))

    def placed(self, instruction: Instruction) -> tuple[tuple[Graph, Step], ...]:
        """Return the steps that an instruction made, each with its platform's graph."""
        return tuple((graph, step) for graph in self.graphs if (step := graph.at(instruction)) is not None)

    def ignores(self, line: int, name: str) -> bool:
        """Whether a comment directly above the instruction at ``line`` says ``layerwise: ignore=name`` or ``all``."""
        for instruction in self.dockerfile.instructions():
            if instruction.line == line:
                comments = self.dockerfile.text[instruction.block.start : instruction.span.start]
                named = {one.strip() for found in _IGNORE.finditer(comments) for one in found.group(1).split(",")}
                return not named.isdisjoint({name, _EVERY})
        return False

    def stages(self) -> tuple[Stage, ...]:
        """Return the stages that the target needs."""
        used = {step.stage_index for graph in self.graphs for step in graph} | {graph.target for graph in self.graphs}
        return tuple(stage for stage in self.dockerfile.stages if stage.index in used)

    def runs_below(self, stage: Stage, instruction: Instruction) -> tuple[Step, ...]:
        """Return the RUN steps below an instruction in its own stage, of every platform."""
        below = stage.instructions[stage.instructions.index(instruction) + 1 :]
        return tuple(
            step
            for graph in self.graphs
            for step in graph
            if step.kind is Kind.RUN and any(step.instruction is other for other in below)
        )


def analyse(dockerfile: Dockerfile, facts: Facts) -> Analysis:
    """Lower a Dockerfile for every platform asked for.

    Raises:
        DockerfileError: The target does not exist.
    """
    request = facts.request
    graphs = tuple(lower(dockerfile, request, platform) for platform in request.platforms)
    return Analysis(dockerfile, graphs, facts)
