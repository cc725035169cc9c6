"""Which ecosystem knows a command, and the effects of one command."""

import posixpath
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from types import MappingProxyType

from layerwise.ecosystems import (
    accounts,
    apk,
    apt,
    archive,
    bun,
    bundler,
    cargo,
    composer,
    conda,
    dnf,
    dotnet,
    fetch,
    files,
    gem,
    go,
    gradle,
    maven,
    mix,
    npm,
    pip,
    pnpm,
    poetry,
    programs,
    python,
    r,
    text,
    uv,
    wrappers,
    yarn,
)
from layerwise.ecosystems.base import Ecosystem
from layerwise.ecosystems.call import Call
from layerwise.ecosystems.effects import SYSTEM, Effects, Openness, Scope, opaque
from layerwise.ecosystems.places import absolute_path, places
from layerwise.ecosystems.shells import SHELLS
from layerwise.ecosystems.wrapper_scripts import NAMES_OF_SCRIPTS

ECOSYSTEMS: tuple[Ecosystem, ...] = (
    apt,
    apk,
    dnf,
    pip,
    uv,
    poetry,
    python,
    npm,
    yarn,
    pnpm,
    bun,
    composer,
    bundler,
    gem,
    dotnet,
    mix,
    r,
    cargo,
    go,
    maven,
    gradle,
    conda,
    files,
    fetch,
    archive,
    accounts,
    text,
    programs,
)
"""Every ecosystem; a command belongs to the first that names it."""

_DEEPEST = 10  # wrappers in wrappers


Shell = Callable[[Call, Scope], Effects]
"""Tells what ``sh``, ``bash`` and their kin do; given by script.py, which follows scripts."""


def effects_of(call: Call, scope: Scope, shell: Shell | None = None, *, depth: int = 0) -> Effects:
    """Return the effects of one command with its arguments expanded; opaque where nobody knows it."""
    if reason := _project_program(call, scope):
        return opaque(reason)
    if call.name in SHELLS and shell is not None:
        return shell(call, scope)
    wrapped = wrappers.unwrap(call)
    if wrapped is not None:
        return _of_wrapped(call, wrapped, scope, shell, depth)
    ecosystem = _known().get(_base_name(call.name))
    if ecosystem is None:
        return opaque(f"layerwise does not know what {call.path or call.name} does")
    return ecosystem.effects(call, scope)


@cache
def _known() -> MappingProxyType[str, Ecosystem]:
    return MappingProxyType({name: one for one in reversed(ECOSYSTEMS) for name in one.NAMES})


def _base_name(name: str) -> str:
    """``pip3.11`` and ``python3.11`` are known as ``pip3`` and ``python3``."""
    stem, dot, minor = name.partition(".")
    return stem if dot and minor.isdigit() and stem in {"pip3", "python3", "python2", "pip2"} else name


def _of_wrapped(call: Call, wrapped: wrappers.Wrapped, scope: Scope, shell: Shell | None, depth: int) -> Effects:
    if wrapped.why_opaque or depth > _DEEPEST:
        return opaque(wrapped.why_opaque or f"too many commands in one another: {call}")
    # a wrapper may set variables, and setarch even what uname says
    inside = replace(scope, environment={**scope.environment, **dict(wrapped.variables)}, settled={})
    if wrapped.other_user:
        inside = replace(inside, home=None)
    files = places(wrapped.files, scope)
    effects = Effects(reads=files, writes=files, environment=wrapped.environment)
    if call.name == "find":
        effects |= _known()["find"].effects(call, scope)
    for inner in wrapped.calls:
        effects |= masked(effects_of(inner, inside, shell, depth=depth + 1), frozenset(dict(wrapped.variables)))
    return effects


def masked(effects: Effects, names: frozenset[str]) -> Effects:
    """Return the effects without reading ``names``, which were set for the command whatever the environment holds."""
    environment = effects.environment
    if environment.openness is Openness.OPEN or not names & environment.names:
        return effects
    return replace(effects, environment=replace(environment, names=environment.names - names))


def _project_program(call: Call, scope: Scope) -> str | None:
    """Say why the program that runs is, or may be, part of the project; None for one of the system.

    mvnw and gradlew are of the project, and their ecosystems look into them.
    """
    if call.path is not None and call.name in NAMES_OF_SCRIPTS:
        return None
    if call.path is not None:
        path = absolute_path(call.path, scope)
        if path is not None and scope.files.exists(path) is not True and _is_program_directory(path):
            return None
        return f"runs {call.path}"
    for directory in (scope.environment.get("PATH") or "").split(":"):
        if directory and scope.files.exists(posixpath.join(directory, call.name)):
            return f"runs {call.name} of the project ({directory} is on PATH)"
    return None


def _is_program_directory(path: str) -> bool:
    directory = posixpath.dirname(path)
    return directory.endswith(("/bin", "/sbin")) or any(place.covers(directory) for place in SYSTEM)
