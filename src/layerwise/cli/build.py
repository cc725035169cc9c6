"""Build as `docker buildx build` does, every platform at once, and push what is whole.

Every option of `docker buildx build` is taken and means what it means there. With `--push` each platform is built by a
call of its own, and a tag moves once, when all platforms are there and were checked. Every build is recorded.
"""

import os
import pathlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import click

from layerwise.builder import buildx
from layerwise.builder.checkout import project_of
from layerwise.builder.drive.asked import Manner, asked_for
from layerwise.builder.drive.command_line import CommandLine, parse
from layerwise.builder.drive.configured import configured
from layerwise.builder.drive.flags import BUILDX, Flags, read_help
from layerwise.cli.build_run import built_code, carried_out, shown_calls
from layerwise.cli.building import Own
from layerwise.cli.settings import settings, store_option
from layerwise.errors import UsageError
from layerwise.graph.platforms import normalised
from layerwise.invocation.invocation import is_remote

_LINE = f"{__name__}.line"


class _Build(click.Command):
    """Takes its own options; all other words are those of ``docker buildx build``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Part the words."""
        own = _flags_of(self.get_params(ctx))
        line = parse(args, own | BUILDX, lambda: read_help(buildx.build_help(os.environ)))
        mine = frozenset({*own.values, *own.switches})
        ctx.meta[_LINE] = line.without(*mine)
        return super().parse_args(ctx, list(line.only(mine).arguments()))

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return what the usage shows."""
        return [*super().collect_usage_pieces(ctx), "[BUILDX OPTIONS] [PATH | URL | -]"]


def _flags_of(parameters: Sequence[click.Parameter]) -> Flags:
    """Return the options of ours, in the form that the command line is taken apart by."""
    options = [one for one in parameters if isinstance(one, click.Option)]
    names = {option: [name.removeprefix("--") for name in option.opts if name.startswith("--")] for option in options}
    return Flags(
        frozenset(name for option in options if not option.is_flag for name in names[option]),
        frozenset(name for option in options if option.is_flag for name in names[option]),
        {"h": "help"},
    )


@click.command("build", cls=_Build, help=__doc__)
@click.option("--cache", type=click.Choice(("registry", "local", "gha", "none")), help="Keep the build cache there.")
@click.option(
    "--cache-mode", type=click.Choice(("auto", "max", "min", "off")), help="What of it to send out. [default: auto]"
)
@click.option("--cache-ref", metavar="NAME", help="The repository of a registry cache. [default: the image's own]")
@click.option("--cache-dir", metavar="DIR", help="The directory of a local cache. [default: yours]")
@click.option(
    "--node",
    "nodes",
    multiple=True,
    metavar="PLATFORM=NAME",
    help="Build a platform on this builder or docker context.",
)
@click.option("--insecure", multiple=True, metavar="HOST", help="Speak plain HTTP to this registry; repeatable.")
@click.option("--force", is_flag=True, help="Move a tag back to an older commit too.")
@click.option("--dry-run", is_flag=True, help="Show the calls of buildx and build nothing.")
@store_option
def command(
    cache: str | None,
    cache_mode: str | None,
    cache_ref: str | None,
    cache_dir: str | None,
    nodes: tuple[str, ...],
    insecure: tuple[str, ...],
    force: bool,
    dry_run: bool,
    store: str | None,
) -> int:
    """Run ``layerwise build``."""
    line: CommandLine = click.get_current_context().meta[_LINE]
    start = _start(line)
    found = settings(store, str(start))
    found = replace(found, project=found.config.project or project_of(pathlib.Path()))
    line = configured(line, found.config, start)
    named = {normalised(platform): name for platform, name in (*found.config.nodes, *_nodes(nodes))}
    asked = asked_for(line, found.environment, named)
    if asked.manner is Manner.LOOK:
        return buildx.run(("docker", "buildx", "build", *line.with_context().arguments()), found.environment)
    own = Own(
        cache=cache,
        cache_mode=cache_mode,
        cache_ref=cache_ref,
        cache_dir=cache_dir,
        nodes=named,
        insecure=frozenset(insecure),
        force=force,
    )
    if dry_run:
        for text in shown_calls(asked, own, found):
            click.echo(text)
        return 0
    return built_code(carried_out(asked, own, found))


def _start(line: CommandLine) -> pathlib.Path:
    """Return the directory from which layerwise.toml is looked for: the build context, where it is a directory."""
    context = pathlib.Path(line.context)
    here = line.context == "-" or is_remote(line.context) or not context.is_dir()
    return pathlib.Path() if here else context


def _nodes(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the nodes that the command line names.

    Raises:
        UsageError: A text is none.
    """
    for text in texts:
        platform, given, name = text.partition("=")
        if not given or not platform or not name:
            raise UsageError(f"--node {text}: write PLATFORM=NAME, as in linux/arm64=arm-box")
        yield platform, name
