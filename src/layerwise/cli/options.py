"""The options that several commands share, and how they become a ``Wanted``."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from layerwise.invocation.invocation import NETWORKS
from layerwise.project import Wanted

_BUILDX = f"{__name__}.buildx"
Function = TypeVar("Function", bound=Callable[..., Any])


def build_options(function: Function) -> Function:
    """Add PATH and the options that say what is built, in buildx's words."""
    for option in reversed(_BUILD):
        function = option(function)
    return function


class Building(click.Command):
    """A command that may build: what follows ``--`` is kept for ``docker buildx build``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the options of buildx off the end."""
        at = args.index("--") if "--" in args else len(args)
        ctx.meta[_BUILDX] = tuple(args[at + 1 :])
        return super().parse_args(ctx, args[:at])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return what the usage shows."""
        return [*super().collect_usage_pieces(ctx), "[-- BUILDX OPTIONS]"]


def buildx_options() -> tuple[str, ...]:
    """Return what followed ``--`` on the command line of a ``Building``."""
    found: tuple[str, ...] = click.get_current_context().meta[_BUILDX]
    return found


def wanted(
    path: str | None,
    file: str | None,
    target: str | None,
    platforms: tuple[str, ...],
    build_args: tuple[str, ...],
    build_contexts: tuple[str, ...],
    network: str | None,
    commits: int | None,
) -> Wanted:
    """Return what the options of ``build_options`` ask for."""
    named = tuple(name.strip() for value in platforms for name in value.split(",") if name.strip())
    arguments = dict(_argument(one) for one in build_args)
    return Wanted(path, file, target, named, arguments, _contexts(build_contexts), network, commits)


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
    click.option(
        "--network",
        metavar="|".join(NETWORKS),
        help="What RUN steps are connected to. [default: what CI says, else default]",
    ),
    click.option("--commits", type=click.IntRange(min=1), help="How many commits to replay. [default: 300]"),
)
