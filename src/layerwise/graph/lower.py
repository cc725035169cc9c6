"""A Dockerfile to the graph of one platform: the vertices that BuildKit's Dockerfile frontend makes.

Only the stages that the target needs are lowered, as BuildKit does. What a single instruction adds is in
``instructions.py``.
"""

import posixpath

from layerwise.ecosystems.effects import Effects
from layerwise.errors import DockerfileError, Problem
from layerwise.graph import instructions
from layerwise.graph.context import Context
from layerwise.graph.files import StageFiles
from layerwise.graph.request import BaseConfig, Request
from layerwise.graph.scope import Scope, Value, expand, platform_arguments
from layerwise.graph.state import UNKNOWN_USER, UNKNOWN_WORKDIR, State, origin
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Dockerfile, Instruction, Pairs, Stage


def lower(dockerfile: Dockerfile, request: Request, platform: str) -> Graph:
    """Return the graph that builds ``request.target`` for ``platform``.

    Raises:
        DockerfileError: The target, or a stage that it names, does not exist.
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
        self.outer = self._outer()
        self.states: dict[int, State] = {}

    def _outer(self) -> dict[str, Value]:
        values = platform_arguments(self.platform, self.request.build_platform)
        for instruction in self.dockerfile.preamble:
            if not isinstance(instruction, Pairs):
                continue
            for pair in instruction.pairs:
                origins = frozenset({f"arg {pair.name}", origin(instruction)})
                if pair.name in self.request.build_args:
                    given = self.request.build_args[pair.name]
                    values[pair.name] = Value(given or "", origins, known=given is not None)
                elif pair.value is not None:
                    value = expand(pair.value, values, self.dockerfile.escape)
                    values[pair.name] = value._replace(origins=value.origins | origins)
        return values

    @property
    def main_context(self) -> Context:
        """The build context that a COPY without ``--from`` takes files from."""
        return self.request.context

    def stage(self, stage: Stage) -> State:
        """Lower a stage, once."""
        if stage.index not in self.states:
            state = self._open(stage)
            self.states[stage.index] = state
            for instruction in stage.instructions:
                instructions.apply(state, instruction, self)
        return self.states[stage.index]

    def named(self, reference: str, *, before: int) -> State | None:
        """Return the stage that ``--from=reference`` means in stage ``before``: by name, else by index."""
        for stage in reversed(self.dockerfile.stages[:before]):
            if stage.opening.name == reference.lower():
                return self.stage(stage)
        if reference.isdigit() and int(reference) < before:
            return self.stage(self.dockerfile.stages[int(reference)])
        return None

    def named_context(self, reference: str) -> Context | None:
        """Return the local named context ``reference``, None where there is none."""
        context = self.request.contexts.get(reference)
        return context if isinstance(context, Context) else None

    def image(self, reference: str, platform: str) -> str:
        """Return the id of the step of an image that only a COPY or a mount names."""
        step_id = f"{reference} ({platform})"
        if step_id not in self.digests:
            state = self._state(step_id, -1, platform, BaseConfig())
            state.keep(self._from(step_id, -1, platform, reference, None, frozenset()), root=())
        return step_id

    def _open(self, stage: Stage) -> State:
        opening = stage.opening
        image = expand(opening.image, self.outer, self.dockerfile.escape)
        wanted = expand(opening.flag("platform") or "", self.outer, self.dockerfile.escape)
        platform = _normal_platform(wanted.text) or self.platform
        parent = self._parent(image.text, stage.index)
        if parent is not None:
            return self._child(stage, parent)
        reference = self.request.contexts.get(image.text, image.text)
        base = self.request.base(image.text)
        state = self._state(self._name(stage), stage.index, platform, base)
        if image.text == "scratch":
            return state
        name = reference if isinstance(reference, str) else f"context {image.text}"
        origins = image.origins | wanted.origins | {origin(opening)}
        state.number = 1
        step = self._from(f"{state.name}:1", stage.index, platform, name, opening, origins)
        state.keep(step, root=(step.id,))
        self._trigger(state, base)
        return state

    def _parent(self, image: str, before: int) -> State | None:
        if image in self.request.contexts:
            return None
        for stage in reversed(self.dockerfile.stages[:before]):
            if stage.opening.name == image:
                return self.stage(stage)
        return None

    def _child(self, stage: Stage, parent: State) -> State:
        state = State(
            name=self._name(stage),
            index=stage.index,
            platform=parent.platform,
            scope=parent.scope.copy(),
            cwd=parent.cwd,
            user=parent.user,
            shell=parent.shell,
            root=parent.root,
            sees=parent.sees,
            number=0,
            steps=self.steps,
            digests=self.digests,
            config_origins=parent.config_origins,
        )
        for trigger in parent.triggers:
            instructions.apply(state, trigger, self, prefix="ONBUILD ")
        return state

    def _trigger(self, state: State, base: BaseConfig) -> None:
        for text in base.triggers:
            trigger = parse(f"FROM scratch\n{text}\n", "ONBUILD of the base image").stages[0].instructions[0]
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

    def _from(
        self, step_id: str, index: int, platform: str, reference: str, opening: Instruction | None, origins: frozenset[str]
    ) -> Step:
        return Step(
            id=step_id,
            kind=Kind.FROM,
            stage=step_id.rpartition(":")[0] if opening else reference,
            stage_index=index,
            platform=platform,
            instruction=opening,
            display=f"FROM {reference}",
            definition=(("image", reference),),
            edges=(),
            origins=origins,
            effects=Effects(fetches=True),
            sees=StageFiles(),
        )

    def _name(self, stage: Stage) -> str:
        shared = [other for other in self.dockerfile.stages if other.name == stage.name]
        return stage.name if shared[-1] is stage else f"{stage.name}-{stage.index}"


def _normal_platform(text: str) -> str:
    """Return ``os/arch[/variant]`` as BuildKit normalises what it is given."""
    if not text:
        return ""
    parts = text.lower().split("/")
    if len(parts) == 1:
        parts = ["linux", *parts]
    names = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64"}
    parts[1] = names.get(parts[1], parts[1])
    if parts[1:] == ["arm64", "v8"]:
        parts = parts[:2]
    return "/".join(parts)

