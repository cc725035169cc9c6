"""What layerwise.toml adds to a command line: whatever the command line says stands above it."""

import pathlib

from layerwise.builder.drive.command_line import CommandLine
from layerwise.builder.drive.output import read_output
from layerwise.config import Config


def configured(line: CommandLine, config: Config, start: pathlib.Path) -> CommandLine:
    """Return a command line with what a configuration says and it does not.

    Args:
        line: As the user wrote it.
        config: Its paths are relative to ``start``.
        start: The directory that it was looked for from: the build context, or the current directory without one.
    """
    flags: list[tuple[str, str]] = []
    if not line.plain and config.context:
        line = line.with_plain(str(start / config.context))
    if not line.last("file") and config.dockerfile:
        flags.append(("file", str(start / config.dockerfile)))
    if not line.last("target") and config.target:
        flags.append(("target", config.target))
    if not line.values("platform") and config.platforms and not _loads(line):
        flags.append(("platform", ",".join(config.platforms)))
    if not line.values("tag") and not any(_names(text) for text in line.values("output")):
        flags += [("tag", tag) for tag in config.tags]
    if not line.last("builder") and config.builder:
        flags.append(("builder", config.builder))
    passed = {text.partition("=")[0] for text in line.values("build-arg")}
    flags += [("build-arg", f"{name}={value}") for name, value in config.build_args if name not in passed]
    return line.with_flags(*flags)


def _loads(line: CommandLine) -> bool:
    """Whether the image goes to docker, whose stores do not all take several platforms."""
    outputs = (read_output(text) for text in line.values("output"))
    return line.on("load") or any(output and output.kind == "docker" for output in outputs)


def _names(output: str) -> tuple[str, ...]:
    found = read_output(output)
    return found.names if found else ()
