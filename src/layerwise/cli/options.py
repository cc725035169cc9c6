"""The options that several commands share, and how they become a ``Wanted``."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from layerwise.project import Wanted

Function = TypeVar("Function", bound=Callable[..., Any])


def build_options(function: Function) -> Function:
    """Add PATH and the options that say what is built, in buildx's words."""
    for option in reversed(_BUILD):
        function = option(function)
    return function


def wanted(
    path: str | None,
    file: str | None,
    target: str | None,
    platforms: tuple[str, ...],
    build_args: tuple[str, ...],
    build_contexts: tuple[str, ...],
    commits: int | None,
) -> Wanted:
    """Return what the options of ``build_options`` ask for."""
    named = tuple(name.strip() for value in platforms for name in value.split(",") if name.strip())
    return Wanted(path, file, target, named, dict(_argument(a) for a in build_args), _contexts(build_contexts), commits)


def _argument(text: str) -> tuple[str, str | None]:
    name, found, value = text.partition("=")
    return name, value if found else None


def _contexts(texts: tuple[str, ...]) -> dict[str, str]:
    contexts = {}
    for text in texts:
        name, found, value = text.partition("=")
        if not found:
            raise click.BadParameter(
                f"{text!r} is no NAME=PATH or NAME=docker-image://REF", param_hint="--build-context"
            )
        contexts[name] = value
    return contexts


_BUILD = (
    click.argument("path", required=False, metavar="[PATH]"),
    click.option("-f", "--file", help="The Dockerfile. [default: PATH/Dockerfile, else the one that CI builds]"),
    click.option("--target", help="The stage to build. [default: what CI builds, else the last]"),
    click.option("--platform", "platforms", multiple=True, help="Target platforms, by comma or repeated."),
    click.option("--build-arg", "build_args", multiple=True, metavar="NAME[=VALUE]", help="A build argument."),
    click.option("--build-context", "build_contexts", multiple=True, metavar="NAME=VALUE", help="A named context."),
    click.option("--commits", type=click.IntRange(min=1), help="How many commits to replay. [default: 300]"),
)
