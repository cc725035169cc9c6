"""What each instruction adds to its stage: a step, or only configuration for the steps below.

The pieces of ``definition`` are those that BuildKit puts into the cache key, and no others: experiments on each are
in tests/docker/test_invalidation.py.
"""

import posixpath

from layerwise.ecosystems.effects import Effects, Path, Work, opaque
from layerwise.graph.copy_step import copy
from layerwise.graph.patterns import clean
from layerwise.graph.run_step import run
from layerwise.graph.scope import Value
from layerwise.graph.state import Resolver, State, environment_pieces, origin, pair_origin
from layerwise.graph.vertex import Kind
from layerwise.syntax.tree import Copy, Instruction, Onbuild, Pairs, Run, Unknown


def apply(state: State, instruction: Instruction, resolver: Resolver, prefix: str = "") -> None:
    """Let ``state`` pass one instruction; ``prefix`` is ``ONBUILD `` for a triggered one."""
    match instruction:
        case Run():
            run(state, instruction, resolver, prefix)
        case Copy():
            copy(state, instruction, resolver, prefix)
        case Pairs():
            _pairs(state, instruction)
        case Onbuild():
            state.triggers = (*state.triggers, instruction.trigger)
            state.config_origins |= {origin(instruction)}
        case Unknown():
            _unknown(state, instruction, prefix)
        case Instruction(keyword="WORKDIR"):
            _workdir(state, instruction, prefix)
        case _:
            _config_only(state, instruction)


def _pairs(state: State, instruction: Pairs) -> None:
    if instruction.keyword == "ARG":
        for pair in instruction.pairs:
            default = None if pair.value is None else state.scope.expand(pair.value)
            state.scope.declare(pair.name, default, pair_origin(instruction, pair))
        return
    values = [
        (pair.name, value._replace(origins=value.origins | {pair_origin(instruction, pair)}))
        for pair in instruction.pairs
        for value in (state.scope.expand(pair.value or ""),)
    ]
    if instruction.keyword == "ENV":
        state.scope.set_env(values)
    state.config_origins = state.config_origins.union(*(value.origins for _, value in values))


def _workdir(state: State, instruction: Instruction, prefix: str) -> None:
    value = state.scope.expand(instruction.text)
    above = frozenset() if value.text.startswith("/") else state.configured_by("WORKDIR")
    state.settings["WORKDIR"] = above | value.origins | {origin(instruction)}
    state.cwd = clean(posixpath.join(state.cwd, value.text))
    state.number += 1
    if state.cwd == "/":
        return
    definition = (("workdir", state.cwd), *((("user", state.user),) if state.user else ()))
    effects = Effects(writes=frozenset({Path(state.cwd)}), work=(Work("workdir"),))
    origins = state.configured_by("WORKDIR", "USER")
    state.add(Kind.WORKDIR, instruction, definition=definition, effects=effects, origins=origins, prefix=prefix)


def _config_only(state: State, instruction: Instruction) -> None:
    value = state.scope.expand(instruction.text) if instruction.keyword in _EXPANDED else Value("")
    origins = value.origins | {origin(instruction)}
    state.config_origins |= origins
    if instruction.keyword == "USER":
        state.user = value.text
    elif instruction.keyword == "SHELL":
        state.shell = instruction.exec_form or ()
    state.settings[instruction.keyword] = origins


_EXPANDED = frozenset({"EXPOSE", "STOPSIGNAL", "USER", "VOLUME"})


def _unknown(state: State, instruction: Instruction, prefix: str) -> None:
    state.number += 1
    definition = (("written", origin(instruction)), *environment_pieces(state))
    effects = opaque(f"{instruction.keyword} is not an instruction layerwise knows")
    state.add(Kind.UNKNOWN, instruction, definition=definition, effects=effects, prefix=prefix)
    state.sees = state.sees.with_effects(effects)
