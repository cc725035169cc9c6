"""What a stage has come to at one of its lines, and how a step is added to it."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from layerwise.ecosystems import Part
from layerwise.ecosystems.effects import Effects
from layerwise.ecosystems.effects import Scope as CommandScope
from layerwise.graph.context import Context
from layerwise.graph.copying import Selection
from layerwise.graph.files import Sifted, StageFiles
from layerwise.graph.scope import NOT_IN_ENVIRONMENT, Scope
from layerwise.graph.vertex import Edge, Kind, Step, no_parts
from layerwise.syntax.display import one_line
from layerwise.syntax.tree import Instruction, Pair, Pairs

ROOT = ("", "root", "0", "0:0", "root:root", "root:0", "0:root")
"""How USER may name the superuser; "" where neither the base nor a USER names another."""

UNKNOWN_USER = "\N{LEFT-POINTING ANGLE BRACKET}user of the base image\N{RIGHT-POINTING ANGLE BRACKET}"
"""Stands for the user of a base image that nobody looked up."""

UNKNOWN_WORKDIR = "/\N{LEFT-POINTING ANGLE BRACKET}workdir of the base image\N{RIGHT-POINTING ANGLE BRACKET}"
"""Stands for the working directory of a base image that nobody looked up."""


@dataclass(slots=True)
class State:
    """One stage while its instructions are read from top to bottom.

    Attributes:
        name: As BuildKit shows it; made unique where two stages share a name.
        root: Ids of the steps whose file systems make the current one; several after ``COPY --link``.
        number: The ``i`` of the last step in ``[stage i/n]``.
        steps: All steps of the graph so far, of other stages too.
        digests: Their digests by id.
        triggers: What its ONBUILD lines store for a stage that starts from it.
        config_origins: What the image config depends on besides the steps, in the words of ``Step.origins``.
        settings: What the working directory, user and shell in force depend on, by the keyword that sets them.
        printed: What commands that ask for the platform print, by ``$(command)``; None where conditions are not
            evaluated, for only one of the platforms that the file may be built for is asked for.
        installed: Packages that its steps have left installed: the ``installs`` of their effects.
    """

    name: str
    index: int
    platform: str
    scope: Scope
    cwd: str
    user: str
    shell: tuple[str, ...]
    root: tuple[str, ...]
    sees: StageFiles
    number: int
    steps: list[Step]
    digests: dict[str, str]
    triggers: tuple[Instruction, ...] = ()
    config_origins: frozenset[str] = field(default_factory=frozenset)
    settings: dict[str, frozenset[str]] = field(default_factory=dict)
    printed: Mapping[str, str] | None = None
    installed: frozenset[str] = frozenset()

    @property
    def home(self) -> str | None:
        """The home directory, None where it is not known."""
        if "HOME" in self.scope.env and self.scope.env["HOME"].known:
            return self.scope.env["HOME"].text
        return "/root" if self.user in ROOT else None

    def configured_by(self, *keywords: str) -> frozenset[str]:
        """Return what the settings of these keywords (WORKDIR, USER, SHELL) depend on."""
        return frozenset().union(*(self.settings.get(keyword, frozenset()) for keyword in keywords))

    def add(
        self,
        kind: Kind,
        instruction: Instruction,
        *,
        definition: tuple[tuple[str, str], ...],
        effects: Effects,
        edges: tuple[Edge, ...] = (),
        files: tuple[Selection, ...] = (),
        origins: frozenset[str] = frozenset(),
        linked: bool = False,
        prefix: str = "",
        scope: CommandScope | None = None,
        cache_mounts: tuple[str, ...] = (),
        sifted: tuple[Sifted, ...] = (),
        parts: Callable[[], tuple[Part, ...]] = no_parts,
    ) -> Step:
        """Add the step that ``instruction`` makes and let the stage stand on it.

        ``linked`` is ``COPY --link``: the copy has no parent, and what follows stands on both.
        """
        parents = () if linked else tuple(Edge(step_id) for step_id in self.root)
        step = Step(
            id=f"{self.name}:{self.number}",
            kind=kind,
            stage=self.name,
            stage_index=self.index,
            platform=self.platform,
            instruction=instruction,
            display=prefix + one_line(f"{instruction.keyword} {_flags(instruction)}{instruction.text}"),
            definition=definition,
            edges=parents + edges,
            files=files,
            origins=origins | {origin(instruction)},
            effects=effects,
            sees=self.sees,
            sifted=sifted,
            scope=scope,
            parts=parts,
            cache_mounts=cache_mounts,
            digest="",
        )
        return self.keep(step, root=(*self.root, step.id) if linked else (step.id,))

    def digest(
        self,
        kind: Kind,
        definition: tuple[tuple[str, str], ...],
        edges: Iterable[Edge],
        files: Iterable[Selection],
        platform: str | None = None,
    ) -> str:
        """Return the digest of a step here: equal for steps that BuildKit would merge into one vertex."""
        pieces = [kind.value, repr(definition)]
        pieces += [f"{self.digests[edge.step]} {edge.paths}" for edge in edges]
        pieces += [f"{selection.context.root} {selection.identity}" for selection in files]
        if kind in (Kind.RUN, Kind.FROM):
            pieces.append(platform or self.platform)
        return hashlib.sha256("\0".join(pieces).encode("utf-8", "surrogateescape")).hexdigest()

    def keep(self, step: Step, root: tuple[str, ...]) -> Step:
        """Append a step with its digest filled in and make ``root`` the stage's file system."""
        step = replace(step, digest=self.digest(step.kind, step.definition, step.edges, step.files, step.platform))
        self.digests[step.id] = step.digest
        self.steps.append(step)
        self.root = root
        return step


class Resolver(Protocol):
    """What an instruction can ask of the rest of the file and of the request."""

    @property
    def main_context(self) -> Context:
        """The build context that a COPY without ``--from`` takes files from."""

    @property
    def network(self) -> str:
        """What a RUN that names no network is connected to."""

    def source(self, reference: str, before: int, *, indexed: bool) -> Context | tuple[str, ...]:
        """Return what ``--from`` or ``from=`` in stage ``before`` names.

        Args:
            reference: As written.
            before: Index of the stage that asks; it can use earlier stages only.
            indexed: Whether a number means a stage, as it does for COPY but not for a mount.

        Returns:
            A local named context, or the ids of the steps whose file systems make that of a stage or image.

        Raises:
            Unbuildable: A stage is meant that comes later, or an index that no stage has.
        """

    def files(self, reference: str, before: int) -> StageFiles | None:
        """Return what the stage that ``--from`` names holds of the build context, None where it names no stage.

        Args:
            reference: As written.
            before: Index of the stage that asks.
        """


def environment_pieces(state: State) -> tuple[tuple[str, str], ...]:
    """Return the variables in force, in order, as pieces of a definition."""
    variables = state.scope.env.items()
    return tuple((f"env {name}", value.text) for name, value in variables if name not in NOT_IN_ENVIRONMENT)


def origin(instruction: Instruction) -> str:
    """Return how ``Step.origins`` names an instruction: by its text, so that moving it keeps the name."""
    bodies = "".join(f"\n{heredoc.content}" for heredoc in instruction.heredocs)
    return f"instruction {instruction.keyword} {_flags(instruction)}{' '.join(instruction.text.split())}{bodies}"


def pair_origin(instruction: Pairs, pair: Pair) -> str:
    """Return how ``Step.origins`` names a variable's definition: by name and value, whatever else its line sets."""
    value = "" if pair.value is None else f"={' '.join(pair.value.split())}"
    return f"instruction {instruction.keyword} {pair.name}{value}"


def origins(instruction: Instruction) -> tuple[str, ...]:
    """Return what ``Step.origins`` has of an instruction: its own name, of ENV, ARG and LABEL that of each pair."""
    if isinstance(instruction, Pairs):
        return tuple(pair_origin(instruction, pair) for pair in instruction.pairs)
    return (origin(instruction),)


def instruction_key(instruction: Instruction) -> str:
    """Return the digest of ``origin`` under which recorded builds know an instruction."""
    return hashlib.sha256(origin(instruction).encode("utf-8", "surrogateescape")).hexdigest()


def _flags(instruction: Instruction) -> str:
    return "".join(f"--{flag.name}{'' if flag.value is None else '=' + flag.value} " for flag in instruction.flags)
