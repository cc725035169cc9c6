"""A Dockerfile to the graph of one platform: the vertices that BuildKit's Dockerfile frontend makes.

Only the stages that the target needs are lowered, as BuildKit does. What a single instruction adds is in
``instructions.py``.
"""

import posixpath
from dataclasses import replace

from layerwise.ecosystems.effects import Effects
from layerwise.errors import DockerfileError, Problem
from layerwise.graph import instructions
from layerwise.graph.arguments import global_arguments
from layerwise.graph.context import Context
from layerwise.graph.copying import select
from layerwise.graph.files import StageFiles
from layerwise.graph.platforms import normalised, printed
from layerwise.graph.refusals import Unbuildable, located
from layerwise.graph.request import BaseConfig, Request
from layerwise.graph.scope import Scope, Value, expand, unknown
from layerwise.graph.state import UNKNOWN_USER, UNKNOWN_WORKDIR, State, origin
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Dockerfile, Instruction, Stage


def lower(dockerfile: Dockerfile, request: Request, platform: str) -> Graph:
    """Return the graph that builds ``request.target`` for ``platform``.

    Raises:
        DockerfileError: The target, or a stage that it names, does not exist; a word can't be expanded.
    """
    lowering = _Lowering(dockerfile, request, platform)
    target = find_target(dockerfile, request.target)
    state = lowering.stage(target)
    return Graph(platform, tuple(lowering.steps), target.index, state.root, state.config_origins)


def find_target(dockerfile: Dockerfile, name: str | None) -> Stage:
    """Return the stage called ``name`` (case does not matter, the last of that name wins), or the last stage.

    Raises:
        DockerfileError: There is no such stage.
    """
    if name is None:
        return dockerfile.stages[-1]
    for stage in reversed(dockerfile.stages):
        if stage.opening.name == name.lower():
            return stage
    known = ", ".join(stage.opening.name for stage in dockerfile.stages if stage.opening.name) or "none has a name"
    problem = Problem(dockerfile.stages[-1].opening.line, 1, f"no stage is called {name!r} (stages: {known})")
    raise DockerfileError(dockerfile.path, (problem,))


class _Lowering:
    """The stages lowered so far, and the steps they made."""

    def __init__(self, dockerfile: Dockerfile, request: Request, platform: str) -> None:
        self.dockerfile = dockerfile
        self.request = request
        self.platform = platform
        self.steps: list[Step] = []
        self.digests: dict[str, str] = {}
        self.outer = global_arguments(dockerfile, request, platform)
        self.states: dict[int, State] = {}

    @property
    def main_context(self) -> Context:
        """The build context that a COPY without ``--from`` takes files from."""
        return self.request.context

    @property
    def network(self) -> str:
        """What a RUN that names no network is connected to."""
        return self.request.network

    def stage(self, stage: Stage) -> State:
        """Lower a stage, once."""
        if stage.index not in self.states:
            with located(self.dockerfile, stage.opening):
                state = self._open(stage)
            self.states[stage.index] = state
            for instruction in stage.instructions:
                with located(self.dockerfile, instruction):
                    instructions.apply(state, instruction, self)
        return self.states[stage.index]

    def source(self, reference: str, before: int, *, indexed: bool) -> Context | tuple[str, ...]:
        """Return what ``--from`` or ``from=`` in stage ``before`` names: a named context, else a stage, else an image.

        A name means the last stage that has it, wherever that is; a number means a stage to COPY only.

        Raises:
            Unbuildable: A stage is meant that comes later, or an index that no stage has; or a variable.
        """
        if "$" in reference:
            raise Unbuildable("--from takes no variable: name a stage, FROM $IMAGE AS name, and copy from that")
        context = self.request.context_named(reference)
        if isinstance(context, Context):
            return context
        if context is None and (stage := self._meant(reference, indexed=indexed)) is not None:
            if stage.index >= before:
                raise Unbuildable(
                    f"stage {reference!r} is not above this one: only what an earlier stage made is there"
                )
            return self.stage(stage).root
        return (self._image(context or reference, self.platform),)

    def files(self, reference: str, before: int) -> StageFiles | None:
        """Return what the stage that ``--from`` names holds of the build context, None where it names no stage."""
        if self.request.context_named(reference) is not None:
            return None
        stage = self._meant(reference, indexed=True)
        return self.stage(stage).sees if stage is not None and stage.index < before else None

    def _meant(self, reference: str, *, indexed: bool) -> Stage | None:
        stages = self.dockerfile.stages
        if indexed and reference.isdecimal():
            if int(reference) >= len(stages):
                raise Unbuildable(f"there is no stage {reference}: the last is {len(stages) - 1}")
            return stages[int(reference)]
        return next((stage for stage in reversed(stages) if stage.opening.name == reference.lower()), None)

    def _image(self, reference: str, platform: str) -> str:
        step_id = f"{reference} ({platform})"
        if step_id not in self.digests:
            base = self.request.base(reference)
            state = self._state(step_id, -1, platform, base)
            state.keep(_image_step(step_id, state, reference, base.digest), root=())
        return step_id

    def _open(self, stage: Stage) -> State:
        opening = stage.opening
        image = expand(opening.image, self.outer, self.dockerfile.escape)
        wanted = expand(opening.flag("platform") or "", self.outer, self.dockerfile.escape)
        platform = normalised(wanted.text) if wanted.text else self.platform
        parent = self._parent(image.text, stage.index)
        if parent is not None:
            return self._child(stage, parent)
        context = self.request.context_named(image.text)
        # an image that only an argument names can't be built from, but what stands on it can be looked at
        reference = context if isinstance(context, str) else image.text or unknown(opening.image, frozenset()).text
        base = self.request.base_of(image.text)
        state = self._state(self._name(stage), stage.index, platform, base)
        state.printed = printed(platform, reference) if len(self.request.platforms) > 1 else None
        if reference == "scratch":
            return state
        state.number = 1
        step = replace(
            _image_step(f"{state.name}:1", state, reference, base.digest),
            instruction=opening,
            origins=image.origins | wanted.origins | {origin(opening)},
            files=(select(context, ("/",), "/"),) if isinstance(context, Context) else (),
        )
        state.keep(step, root=(step.id,))
        if step.files:
            state.sees = state.sees.with_copy(step.files[0])
        self._trigger(state, base, opening)
        return state

    def _parent(self, image: str, before: int) -> State | None:
        if self.request.context_named(image) is not None:
            return None
        for stage in reversed(self.dockerfile.stages[:before]):
            if stage.opening.name == image:
                return self.stage(stage)
        return None

    def _child(self, stage: Stage, parent: State) -> State:
        state = replace(
            parent,
            name=self._name(stage),
            index=stage.index,
            scope=parent.scope.copy(),
            settings=dict(parent.settings),
            number=0,
            triggers=(),
        )
        for trigger in parent.triggers:
            instructions.apply(state, trigger, self, prefix="ONBUILD ")
        return state

    def _trigger(self, state: State, base: BaseConfig, opening: Instruction) -> None:
        """Run the triggers of a base image; they stand nowhere in this file, so the FROM answers for them."""
        for text in base.triggers:
            made = parse(f"FROM scratch\n{text}\n", "ONBUILD of the base image").stages[0].instructions[0]
            trigger = replace(
                made, span=opening.span, block=opening.block, line=opening.line, end_line=opening.end_line
            )
            instructions.apply(state, trigger, self, prefix="ONBUILD ")

    def _state(self, name: str, index: int, platform: str, base: BaseConfig) -> State:
        scope = Scope(self.request.build_args, self.outer, self.dockerfile.escape)
        scope.set_env([(key, Value(value)) for key, value in base.env])
        return State(
            name=name,
            index=index,
            platform=platform,
            scope=scope,
            cwd=posixpath.normpath(base.workdir) if base.workdir is not None else UNKNOWN_WORKDIR,
            user=UNKNOWN_USER if base.user is None else base.user,
            shell=base.shell,
            root=(),
            sees=StageFiles(),
            number=0,
            steps=self.steps,
            digests=self.digests,
        )

    def _name(self, stage: Stage) -> str:
        shared = [other for other in self.dockerfile.stages if other.name == stage.name]
        return stage.name if shared[-1] is stage else f"{stage.name}-{stage.index}"


def _image_step(step_id: str, state: State, reference: str, digest: str | None) -> Step:
    return Step(
        id=step_id,
        kind=Kind.FROM,
        stage=state.name if state.index >= 0 else reference,
        stage_index=state.index,
        platform=state.platform,
        instruction=None,
        display=f"FROM {reference}",
        definition=(("image", digest or reference),),
        edges=(),
        effects=Effects(fetches=True),
        sees=StageFiles(),
    )
