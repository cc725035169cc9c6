"""The step of a RUN: its command, environment and mounts."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from layerwise.ecosystems import command_of, effects_of_run, parts_of_run
from layerwise.ecosystems.effects import Effects, Scope, opaque
from layerwise.graph.context import Context
from layerwise.graph.copying import Selection, select
from layerwise.graph.files import Sifted, StageFiles
from layerwise.graph.hollow import emptied_by
from layerwise.graph.mounts import Mount, parse_mount
from layerwise.graph.patterns import clean
from layerwise.graph.sieves import sieve_in
from layerwise.graph.state import UNKNOWN_USER, Resolver, State, environment_pieces
from layerwise.graph.vertex import Edge, Kind
from layerwise.syntax.tree import Run


@dataclass(slots=True)
class _Inputs:
    """What the mounts of a RUN bring in."""

    sees: StageFiles
    edges: list[Edge] = field(default_factory=list)
    files: list[Selection] = field(default_factory=list)
    sifted: list[Sifted] = field(default_factory=list)
    pieces: list[tuple[str, str]] = field(default_factory=list)
    origins: frozenset[str] = frozenset()
    secret_variables: tuple[str, ...] = ()
    cache_mounts: list[str] = field(default_factory=list)


def run(state: State, instruction: Run, resolver: Resolver, prefix: str) -> None:
    """Add the step of a RUN to ``state``."""
    state.number += 1
    inputs = _inputs(state, instruction, resolver)
    definition = (
        *_command(state, instruction),
        ("cwd", state.cwd),
        *((("user", state.user),) if state.user else ()),
        *inputs.pieces,
        *_switches(instruction, resolver.network),
        *environment_pieces(state),
    )
    edges = (*(Edge(step_id) for step_id in state.root), *inputs.edges)
    digest = state.digest(Kind.RUN, definition, edges, inputs.files)
    found, memo = _scope(state, inputs), resolver.main_context.memo
    key = (digest, state.shell, found.home, *found.environment.items(), "", *sorted(found.settled.items()))
    scope, effects = memo.once(("effects", *key), lambda: _effects(state, instruction, found))
    command, shell = command_of(instruction), state.shell
    step = state.add(
        Kind.RUN,
        instruction,
        definition=definition,
        effects=effects,
        edges=tuple(inputs.edges),
        files=tuple(inputs.files),
        origins=inputs.origins.union(
            state.configured_by("USER", "SHELL", "WORKDIR"), *(value.origins for value in state.scope.env.values())
        ),
        prefix=prefix,
        scope=scope,
        parts=lambda: memo.once(("parts", *key), lambda: parts_of_run(command, shell, scope)),
        cache_mounts=tuple(inputs.cache_mounts),
        sifted=tuple(inputs.sifted),
    )
    state.sees = state.sees.with_effects(effects, emptied_by(step)[0])
    state.installed |= effects.installs
    if sieve := sieve_in(step):
        state.sees = state.sees.with_sieve(sieve)


def _command(state: State, instruction: Run) -> tuple[tuple[str, str], ...]:
    """Return what is executed; a here-document that names its interpreter becomes a file, called as its delimiter."""
    command = command_of(instruction)
    if isinstance(command, tuple):
        return (("command", "\0".join(command)),)
    document = next((heredoc for heredoc in instruction.heredocs if heredoc.content == command), None)
    if document is None or not command.startswith("#!"):
        return (("command", "\0".join((*state.shell, command))),)
    path = f"/dev/pipes/{document.name}"
    return (("command", "\0".join((*state.shell, path))), (f"file {path}", command))


def _scope(state: State, inputs: _Inputs) -> Scope:
    known = {name: value.text if value.known else None for name, value in state.scope.env.items()}
    return Scope(
        cwd=state.cwd,
        environment=known | dict.fromkeys(inputs.secret_variables),
        user=state.user,
        home=state.home,
        files=inputs.sees,
        settled=_settled(state),
        installed=state.installed,
    )


def _settled(state: State) -> dict[str, str]:
    """Return the values that no build argument decides."""
    if state.printed is None:
        return {}
    values = ((name, value) for name, value in state.scope.env.items() if value.known)
    free = {name: value.text for name, value in values if not any(one.startswith("arg ") for one in value.origins)}
    return {**free, **state.printed}


def _effects(state: State, instruction: Run, scope: Scope) -> tuple[Scope, Effects]:
    """Return the effects of a RUN, and the scope in which they hold: root's where nobody knows whose it is."""
    if instruction.opaque:
        return scope, opaque(f"RUN --{instruction.opaque_flags[0].name} is not a flag that layerwise knows")
    command = command_of(instruction)
    effects = effects_of_run(command, state.shell, scope)
    if effects.opaque or state.home is not None or state.user != UNKNOWN_USER:
        return scope, effects
    of_root = replace(scope, user="", home="/root")
    assumed = effects_of_run(command, state.shell, of_root)
    doubts = assumed.doubts if assumed == effects else (*assumed.doubts, _ASSUMED)
    return of_root, replace(assumed, doubts=doubts)


_ASSUMED = "nobody looked up the base image's user, who is taken to be root"


_SWITCHES = {"network": "default", "security": "sandbox"}


def _switches(instruction: Run, network: str) -> Iterator[tuple[str, str]]:
    for name, default in _SWITCHES.items():
        value = instruction.flag(name) or default
        if name == "network" and value == default:
            value = network  # `--network=default` says nothing: the build's own counts (dockerfile2llb, NetworkDefault)
        if value != default:
            yield name, value
    for flag in instruction.flags:
        if flag.name not in {"mount", *_SWITCHES}:
            yield f"--{flag.name}", flag.value or ""


def _inputs(state: State, instruction: Run, resolver: Resolver) -> _Inputs:
    inputs = _Inputs(state.sees)

    def expand(word: str) -> str:
        value = state.scope.expand(word)
        inputs.origins |= value.origins
        return value.text

    mounts = [parse_mount(flag, expand) for flag in instruction.flag_values("mount")]
    placed = [(clean(posixpath.join(state.cwd, mount.target)) if mount.target else "", mount) for mount in mounts]
    # BuildKit orders mounts by target (llb/exec.go), so the order of the flags is in no key.
    for target, mount in sorted(placed, key=lambda one: one[0]):
        _add_mount(inputs, mount, target, state, resolver)
    return inputs


def _add_mount(inputs: _Inputs, mount: Mount, target: str, state: State, resolver: Resolver) -> None:
    inputs.pieces.append((f"{mount.type} mount", f"{target} {_settings(mount, target, state)}"))
    if mount.type == "cache":
        inputs.cache_mounts.append(target)
    if mount.environment:
        inputs.secret_variables += (mount.environment,)
    if mount.type != "bind" and not (mount.type == "cache" and mount.origin):
        return
    source = resolver.source(mount.origin, state.index, indexed=False) if mount.origin else resolver.main_context
    if not isinstance(source, Context):
        path = clean("/" + mount.source)
        inputs.edges += [Edge(step_id, (path,)) for step_id in source]
        files = None if mount.origin.isdecimal() else resolver.files(mount.origin, state.index)
        if files is not None and (sifted := files.sifted(path)):
            inputs.sifted.append(replace(sifted, path=target))
            inputs.sees = inputs.sees.with_sifted(inputs.sifted[-1])
        return
    selection = select(source, (mount.source,), target)
    inputs.files.append(selection)
    inputs.sees = inputs.sees.with_copy(selection)


def _settings(mount: Mount, target: str, state: State) -> str:
    """Return what of a mount is in the key besides its target and inputs."""
    options = " ".join(f"{name}={value}" for name, value in mount.options)
    if mount.type == "bind":
        return f"{'rw' if mount.writable else 'ro'} {options}"
    if mount.type != "cache":
        return f"{mount.id} {mount.environment} {options}"
    # A cache's id is in the key only where it is the default one and shared (solver/llbsolver/ops/exec.go).
    default = mount.id == target and mount.sharing == "shared"
    namespace = state.scope.given.get("BUILDKIT_CACHE_MOUNT_NS") or ""
    return f"{f'{namespace}/{mount.id}' if default else ''} {'rw' if mount.writable else 'ro'} {options}"
