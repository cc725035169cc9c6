"""The step of a RUN: its command, environment and mounts."""

from dataclasses import dataclass, field

from layerwise.ecosystems import effects_of_run
from layerwise.ecosystems.effects import Effects, Scope, opaque
from layerwise.graph.copying import Selection, select
from layerwise.graph.files import StageFiles
from layerwise.graph.mounts import Mount, parse_mount
from layerwise.graph.state import Resolver, State, environment_pieces
from layerwise.graph.vertex import Edge, Kind
from layerwise.syntax.tree import Run


@dataclass(slots=True)
class _Inputs:
    """What the mounts of a RUN bring in."""

    sees: StageFiles
    edges: list[Edge] = field(default_factory=list)
    files: list[Selection] = field(default_factory=list)
    pieces: list[tuple[str, str]] = field(default_factory=list)
    origins: frozenset[str] = frozenset()
    secret_variables: tuple[str, ...] = ()


def run(state: State, instruction: Run, resolver: Resolver, prefix: str) -> None:
    """Add the step of a RUN to ``state``."""
    state.number += 1
    inputs = _Inputs(state.sees)
    for flag in instruction.flag_values("mount"):
        value = state.scope.expand(flag)
        inputs.origins |= value.origins
        _mount(inputs, parse_mount(value.text), state, resolver)
    effects = _effects(state, instruction, inputs)
    definition = (
        ("command", "\0".join(instruction.exec_form or (*state.shell, script_of(instruction)))),
        ("cwd", state.cwd),
        *((("user", state.user),) if state.user else ()),
        *sorted(inputs.pieces),
        *_switches(instruction),
        *environment_pieces(state),
    )
    state.add(
        Kind.RUN,
        instruction,
        definition=definition,
        effects=effects,
        edges=tuple(inputs.edges),
        files=tuple(inputs.files),
        origins=inputs.origins.union(*(value.origins for value in state.scope.env.values())),
        prefix=prefix,
    )
    state.sees = state.sees.with_effects(effects)


def script_of(instruction: Run) -> str:
    """Return the shell script of a RUN in shell form: its here-document where that is all, else text and bodies."""
    text = instruction.text.strip()
    if len(instruction.heredocs) == 1 and text.startswith("<<") and len(text.split()) == 1:
        return instruction.heredocs[0].content
    return text + "".join(f"\n{heredoc.content}{heredoc.name}" for heredoc in instruction.heredocs)


def _effects(state: State, instruction: Run, inputs: _Inputs) -> Effects:
    if instruction.unknown_flags:
        return opaque(f"RUN --{instruction.unknown_flags[0]} is not a flag that layerwise knows")
    known = {name: value.text if value.known else None for name, value in state.scope.env.items()}
    scope = Scope(
        cwd=state.cwd,
        environment=known | dict.fromkeys(inputs.secret_variables),
        user=state.user,
        home=state.home,
        files=inputs.sees,
    )
    command = instruction.exec_form or script_of(instruction)
    return effects_of_run(command, state.shell, scope)


def _switches(instruction: Run) -> tuple[tuple[str, str], ...]:
    defaults = {"network": "default", "security": "sandbox"}
    values = [(name, instruction.flag(name)) for name in defaults]
    return tuple((name, value) for name, value in values if value not in (None, defaults[name]))


def _mount(inputs: _Inputs, mount: Mount, state: State, resolver: Resolver) -> None:
    target = state.absolute(mount.target) if mount.target else ""
    if mount.type == "secret" and mount.environment:
        inputs.secret_variables += (mount.environment,)
    if mount.type != "bind":
        origin = f" from {mount.origin}" if mount.origin else ""
        inputs.pieces.append((f"{mount.type} mount", f"{target} {_cache_identity(mount)}{origin}"))
        return
    inputs.pieces.append(("bind mount", f"{target} {'rw' if mount.writable else 'ro'}"))
    parent = resolver.named(mount.origin, before=state.index) if mount.origin else None
    if parent is not None:
        inputs.edges += [Edge(step_id, (mount.source,)) for step_id in parent.root]
        return
    context = resolver.named_context(mount.origin) if mount.origin else resolver.main_context
    if context is None:
        inputs.edges.append(Edge(resolver.image(mount.origin, state.platform), (mount.source,)))
        return
    selection = select(context, (mount.source,), target)
    inputs.files.append(selection)
    inputs.sees = inputs.sees.with_copy(selection)


def _cache_identity(mount: Mount) -> str:
    """Return what of a mount's identity is in the key: a cache's id only where it is the default and shared."""
    if mount.type == "cache":
        return mount.id if mount.id == mount.target and mount.sharing == "shared" else ""
    return f"{mount.id} {mount.environment}"
