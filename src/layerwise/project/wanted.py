"""What the user wants built, and what is built: the rest of the request comes from the project's own files."""

import pathlib
import platform as machine_platform
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from layerwise.config import Config
from layerwise.errors import UsageError
from layerwise.graph.context import Context, read_context
from layerwise.graph.platforms import normalised
from layerwise.graph.request import Request
from layerwise.invocation.invocation import NETWORKS, Invocation, unresolved
from layerwise.invocation.search import Usage
from layerwise.model.arguments import ArgumentChange

_PLATFORM = re.compile(
    r"[a-z0-9_-]+/[a-z0-9_-]+(/[a-z0-9._-]+)?|386|i386|amd64|x86[_-]64|arm|armhf|armel|arm64|aarch64|loong64|mips64(le)?"
    r"|ppc64(le)?|riscv64|s390x"
)
_OFTEN = 0.5  # from which an argument that no build is seen to pass is taken to be passed


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asked for; None and empty where he left it to the project's own files.

    Attributes:
        path: The build context, as for ``docker buildx build``.
        file: The Dockerfile.
        target: A stage.
        platforms: ``os/arch``.
        build_args: Name to value.
        contexts: Named contexts: name to directory or image reference.
        network: What RUN steps are connected to: ``default``, ``host`` or ``none``.
        commits: How many commits to replay.
    """

    path: str | None = None
    file: str | None = None
    target: str | None = None
    platforms: tuple[str, ...] = ()
    build_args: Mapping[str, str | None] = field(default_factory=dict)
    contexts: Mapping[str, str] = field(default_factory=dict)
    network: str | None = None
    commits: int | None = None


def request_of(
    wanted: Wanted,
    config: Config,
    chosen: Invocation | None,
    used: Usage,
    context: Context,
    arguments: tuple[ArgumentChange, ...],
) -> Request:
    """Return what is built: as the user says, else layerwise.toml, else the build that was chosen.

    Raises:
        UsageError: A platform or network that is none.
    """
    passed: dict[str, str | None] = {}
    if chosen is None:
        passed.update((argument.name, None) for argument in arguments if argument.per_commit >= _OFTEN)
    for argument in chosen.build_args if chosen else ():
        passed[argument.name] = None if argument.value is None or unresolved(argument.value) else argument.value
    target = chosen.target if chosen and not unresolved(chosen.target or "") else None
    platforms = (chosen.platforms if chosen else ()) or used.platforms
    native = _native_platform()
    return Request(
        context=context,
        target=wanted.target or config.target or target,
        platforms=_platforms(wanted.platforms or config.platforms or platforms, native),
        build_platform=native,
        build_args=passed | dict(config.build_args) | dict(wanted.build_args),
        contexts={name: _named_context(value) for name, value in wanted.contexts.items()},
        network=_network(wanted.network) or (chosen and chosen.network) or "default",
    )


def _network(name: str | None) -> str | None:
    if name is not None and name not in NETWORKS:
        raise UsageError(f"{name!r} is no network of a build; it is one of {', '.join(NETWORKS)}")
    return name


def _named_context(value: str) -> Context | str:
    directory = pathlib.Path(value)
    return read_context(directory) if directory.is_dir() else value.removeprefix("docker-image://")


def _platforms(names: tuple[str, ...], native: str) -> tuple[str, ...]:
    """Return platforms as BuildKit takes them, each once: ``arm64`` is ``linux/arm64``, ``local`` this machine's.

    Raises:
        UsageError: A name that is none.
    """
    for name in names:
        if name != "local" and not _PLATFORM.fullmatch(name.lower()):
            raise UsageError(f"{name!r} is no platform; write os/arch, such as linux/arm64")
    return tuple(dict.fromkeys(native if name == "local" else normalised(name) for name in names)) or (native,)


def _native_platform() -> str:
    names = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64"}
    return f"linux/{names.get(machine_platform.machine(), machine_platform.machine())}"
