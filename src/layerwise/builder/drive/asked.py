"""What a command line asks for, as far as it decides how it is carried out."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from layerwise.builder.drive.command_line import CommandLine
from layerwise.builder.drive.output import Output, read_output
from layerwise.graph.platforms import normalised


class Manner(Enum):
    """How a command line is carried out."""

    LOOK = "look"
    """It builds nothing: ``--check``, ``--call=outline``."""
    WHOLE = "whole"
    """One call, as buildx carries it out."""
    PUSH = "push"
    """One call a platform; a tag moves when all of them are there."""
    APART = "apart"
    """One call a platform, each on its own node, and nothing is put together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a command line asks for.

    Attributes:
        line: The command line.
        manner: How it is carried out.
        platforms: As buildx takes them, each once; empty for the builder's own.
        names: The names that the image is to have, with their tags.
        output: Where a pushed image goes, None where none is pushed in the manner of ``PUSH``.
        why: Why a push is left to buildx, a clause; "" where it is not.
    """

    line: CommandLine
    manner: Manner
    platforms: tuple[str, ...]
    names: tuple[str, ...]
    output: Output | None = None
    why: str = ""

    @property
    def dockerfile(self) -> str:
        """The Dockerfile as named, "" where it is not."""
        return self.line.last("file")

    @property
    def from_stdin(self) -> bool:
        """Whether the Dockerfile or the context comes through standard input."""
        return "-" in (self.dockerfile, self.line.context)

    @property
    def quiet(self) -> bool:
        """Whether nothing but the image's id is wanted."""
        return self.line.on("quiet")

    @property
    def no_cache(self) -> bool:
        """Whether steps are to run again although they are in the cache."""
        return self.line.on("no-cache") or bool(self.line.values("no-cache-filter"))

    def progress(self, environment: Mapping[str, str]) -> str:
        """Return the progress display that was asked for, ``auto`` where none was."""
        asked = self.line.last("progress")
        return asked if asked not in ("", "auto") else environment.get("BUILDKIT_PROGRESS") or "auto"


def asked_for(line: CommandLine, environment: Mapping[str, str], nodes: Mapping[str, str]) -> Asked:
    """Return what a command line asks for.

    Args:
        line: As ``command_line.parse`` gives it.
        environment: Has the default platform.
        nodes: The builder or docker context of a platform.
    """
    listed = [name.strip() for value in line.values("platform") for name in value.split(",") if name.strip()]
    if not listed:
        listed = [name for name in (environment.get("DOCKER_DEFAULT_PLATFORM", ""),) if name]
    platforms = tuple(dict.fromkeys(name if name == "local" else normalised(name) for name in listed))
    outputs = tuple(read_output(text) for text in line.values("output"))
    names = _names(line, outputs)
    output, why = _pushed(line, outputs, names)
    return Asked(
        line=line,
        manner=_manner(line, platforms, output, nodes),
        platforms=platforms,
        names=names,
        output=output,
        why=why,
    )


def _manner(line: CommandLine, platforms: tuple[str, ...], output: Output | None, nodes: Mapping[str, str]) -> Manner:
    if line.on("check") or line.on("help") or line.last("call") not in ("", "build") or line.last("print"):
        return Manner.LOOK
    if output is not None:
        return Manner.PUSH
    return Manner.APART if any(platform in nodes for platform in platforms) else Manner.WHOLE


def _names(line: CommandLine, outputs: tuple[Output | None, ...]) -> tuple[str, ...]:
    """Return the image's names: those of ``--tag`` take the place of those in outputs, as in buildx."""
    own = (name for output in outputs if output for name in output.names)
    return tuple(dict.fromkeys(line.values("tag") or own))


def _pushed(line: CommandLine, outputs: tuple[Output | None, ...], names: tuple[str, ...]) -> tuple[Output | None, str]:
    """Return the output that is pushed, and why a push is left to buildx, "" where it is not or nothing is pushed."""
    asked = line.on("push") or any(output and output.on("push") for output in outputs)
    if not asked:
        return None, ""
    if line.on("load") or len(outputs) > 1:
        return None, "there are several outputs"
    output = outputs[0] if outputs else Output("image")
    if output is None or output.kind != "image":
        return None, "its output is no image"
    if not names:
        return None, "the image has no name"
    if output.on("push-by-digest"):
        return None, "it is pushed by digest"
    if any(text.startswith("index") for text in line.values("annotation")):
        return None, "its index is to have annotations"
    return output.with_attributes(push="true"), ""
