"""The vertices of a build for one platform: steps, what forms each one's cache key, and the edges between them.

What is in a key and what is not follows BuildKit (experiments in docs/cache.md): the definition of the step, the
environment of a RUN in order, content of the files a COPY takes, and the keys of its inputs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from layerwise.ecosystems import Part
from layerwise.ecosystems.effects import Effects, Path, Scope
from layerwise.graph.copying import Selection
from layerwise.graph.files import Sifted, StageFiles
from layerwise.syntax.tree import Instruction


def no_parts() -> tuple[Part, ...]:
    """Return the parts of what has no script."""
    return ()


class Kind(Enum):
    """What a step does."""

    FROM = "FROM"
    RUN = "RUN"
    COPY = "COPY"
    ADD = "ADD"
    WORKDIR = "WORKDIR"
    UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Edge:
    """An input that another step makes.

    Attributes:
        step: The id of that step.
        paths: None where the whole file system is the input (its key counts, never its content); else the paths
            whose content alone counts.
    """

    step: str
    paths: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Step:
    """A vertex that an instruction made, in one stage for one platform.

    Attributes:
        id: ``<stage>:<i>``, i counted as BuildKit counts it in ``[stage i/n]``; unique in its graph.
        kind: What it does.
        stage: The stage's name as BuildKit shows it.
        stage_index: Counted from 0; -1 for an image that only a ``COPY --from`` or a mount names.
        platform: The platform it runs on: the build platform in a ``FROM --platform=$BUILDPLATFORM`` stage.
        instruction: As written; None for an image that only a ``COPY --from`` or a mount names.
        display: The instruction on one line, variables expanded where BuildKit expands them.
        definition: Labelled pieces of the key that need no data: ``("env A", "1")``.
        edges: Inputs that other steps make.
        files: What it takes from build contexts; the content is part of the key.
        origins: What its definition depends on: ``arg NAME``, and ``instruction TEXT`` for itself and each
            variable in force, in the words of ``graph.state.origins``.
        effects: What it reads, writes and fetches.
        sees: The context's files that lie in its file system before it runs.
        sifted: Lines of the context's files that it mounts from other stages.
        scope: Where the command of a RUN runs, None for any other step.
        parts: Gives the parts of the script of a RUN, none where it can't be taken apart.
        cache_mounts: Where its cache mounts lie, absolute.
        digest: Equal for steps that BuildKit would merge into one vertex.
    """

    id: str
    kind: Kind
    stage: str
    stage_index: int
    platform: str
    instruction: Instruction | None
    display: str
    definition: tuple[tuple[str, str], ...]
    edges: tuple[Edge, ...]
    files: tuple[Selection, ...] = ()
    origins: frozenset[str] = frozenset()
    effects: Effects
    sees: StageFiles = field(repr=False, compare=False)
    sifted: tuple[Sifted, ...] = field(default=(), repr=False)
    scope: Scope | None = field(default=None, repr=False)
    parts: Callable[[], tuple[Part, ...]] = field(default=no_parts, repr=False)
    cache_mounts: tuple[str, ...] = ()
    digest: str = ""

    def mounts(self, path: str) -> bool:
        """Whether ``path`` lies in one of its cache mounts, and so in no layer."""
        return any(Path(target, tree=True).covers(path) for target in self.cache_mounts)

    @property
    def line(self) -> int:
        """The 1-based line of the instruction, 0 where none made it."""
        return self.instruction.line if self.instruction else 0


@dataclass(frozen=True, slots=True)
class Graph:
    """The steps that one platform's target needs, inputs before their users.

    Attributes:
        platform: ``os/arch[/variant]``.
        steps: In topological order.
        target: Index of the stage asked for.
        result: Ids of the steps whose file systems make the result (one, more after ``COPY --link``, none for
            an empty ``FROM scratch``).
        config_origins: What the image config depends on besides the steps, in the words of ``Step.origins``.
    """

    platform: str
    steps: tuple[Step, ...]
    target: int
    result: tuple[str, ...]
    config_origins: frozenset[str] = frozenset()

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def step(self, step_id: str) -> Step:
        """Return the step of that id; KeyError where there is none."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def at(self, instruction: Instruction) -> Step | None:
        """Return the step that this very instruction made in its own stage, None where it made none."""
        for step in self.steps:
            if step.instruction is instruction and not step.display.startswith("ONBUILD "):
                return step
        return None

    def above(self, step: Step) -> tuple[Step, ...]:
        """Return the steps whose file systems a step stands on, the base first."""
        wanted = {edge.step for edge in step.edges if edge.paths is None}
        found = []
        for other in reversed(self.steps):
            if other.id in wanted:
                wanted.update(edge.step for edge in other.edges if edge.paths is None)
                found.append(other)
        return tuple(reversed(found))

    def layers(self) -> tuple[Step, ...]:
        """Return the steps whose layers are in the exported image, the base's own left out."""
        wanted = set(self.result)
        layers = []
        for step in reversed(self.steps):
            if step.id in wanted:
                wanted.update(edge.step for edge in step.edges if edge.paths is None)
                if step.kind is not Kind.FROM:
                    layers.append(step)
        return tuple(reversed(layers))
