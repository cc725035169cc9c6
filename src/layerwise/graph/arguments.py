"""The arguments that every stage can declare: those above the first FROM, and those that BuildKit defines."""

from layerwise.graph.refusals import located
from layerwise.graph.request import Request
from layerwise.graph.scope import Value, expand, unknown
from layerwise.graph.state import pair_origin
from layerwise.syntax.tree import Dockerfile, Pairs


def global_arguments(dockerfile: Dockerfile, request: Request, platform: str) -> dict[str, Value]:
    """Return the arguments that a FROM can use, and that an ``ARG NAME`` in a stage inherits.

    Raises:
        DockerfileError: A default can't be expanded.
    """
    values = platform_arguments(platform, request.build_platform, request.target)
    passed = {name: value for name, value in request.build_args.items() if name in values}
    values |= {name: _given(name, value, frozenset({f"arg {name}"})) for name, value in passed.items()}
    for instruction in dockerfile.preamble:
        assert isinstance(instruction, Pairs), "only ARG may stand above the first FROM"
        with located(dockerfile, instruction):
            _declare(instruction, values, request, dockerfile.escape)
    return values


def platform_arguments(target: str, build: str, stage: str | None) -> dict[str, Value]:
    """Return the arguments that BuildKit defines for a target and a build platform and the stage asked for."""
    values = {"TARGETSTAGE": Value(stage or "default")}
    for prefix, platform in (("TARGET", target), ("BUILD", build)):
        os, architecture, variant = (*platform.split("/"), "")[:3]
        for suffix, text in (("PLATFORM", platform), ("OS", os), ("ARCH", architecture), ("VARIANT", variant)):
            values[prefix + suffix] = Value(text)
    return values


def _declare(instruction: Pairs, values: dict[str, Value], request: Request, escape: str) -> None:
    for pair in instruction.pairs:
        origins = frozenset({f"arg {pair.name}", pair_origin(instruction, pair)})
        if pair.name in request.build_args:
            values[pair.name] = _given(pair.name, request.build_args[pair.name], origins)
        elif pair.value is not None:
            value = expand(pair.value, values, escape)
            values[pair.name] = value._replace(origins=value.origins | origins)


def _given(name: str, value: str | None, origins: frozenset[str]) -> Value:
    return unknown(name, origins) if value is None else Value(value, origins)
