"""Command lines of ``docker buildx build``, taken apart."""

import shlex

from layerwise.builder.drive.asked import Asked, asked_for
from layerwise.builder.drive.command_line import CommandLine, parse
from layerwise.builder.drive.flags import BUILDX


def line(text: str) -> CommandLine:
    return parse(shlex.split(text), BUILDX)


def asked(text: str, **nodes: str) -> Asked:
    """What a command line asks for; ``arm64="box"`` names the node of linux/arm64."""
    return asked_for(line(text), {}, {f"linux/{name}": node for name, node in nodes.items()})
