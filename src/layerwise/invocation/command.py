"""The command line of ``docker build`` and its kin, read the same way wherever it stands."""

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass

from layerwise.invocation.invocation import (
    Builder,
    Exists,
    Invocation,
    Kind,
    PassedArgument,
    Source,
    is_remote,
    joined,
    known_network,
    known_platforms,
)
from layerwise.invocation.options import DOCKER, KANIKO, read
from layerwise.invocation.shell import Argument, Call


@dataclass(frozen=True, slots=True)
class Origin:
    """The file that holds a command, and how to ask which files lie in the repository and what they hold."""

    path: str
    kind: Kind
    exists: Exists
    text: Callable[[str], str | None] = lambda _path: None


def build_of(call: Call, origin: Origin) -> Invocation | None:
    """Return the build that a command starts, None where it starts none."""
    words = _without_wrappers(call.words)
    builder, rest = _builder(words, call)
    if rest is None:
        return None
    options = read(rest, KANIKO if builder == "kaniko" else DOCKER)
    if options.last("check") or options.last("call") not in {None, "build"}:
        return None
    context, dockerfile = located(options.context(), options.last("file"), call.directories, origin.exists)
    return Invocation(
        source=Source(origin.path, call.words[0].line),
        kind=origin.kind,
        dockerfile=dockerfile,
        context=context,
        target=options.last("target"),
        platforms=known_platforms(options.all("platform")),
        build_args=tuple(_passed(argument, call, origin.path) for argument in options.arguments("build-arg")),
        tags=options.all("tag"),
        cache_from=options.all("cache-from"),
        cache_to=options.all("cache-to"),
        outputs=(*options.all("output"), *(("type=registry",) if options.last("push") == "true" else ())),
        builder=builder,
        network=known_network(options.last("network")),
    )


def located(
    context: str, dockerfile: str | None, directories: tuple[str, ...], exists: Exists, *, beside: bool = False
) -> tuple[str, str]:
    """Return context and Dockerfile relative to the repository's root, as seen from the directory where both exist.

    The Dockerfile is named from the working directory as ``docker build`` does, or, with ``beside``, from the context
    as compose and bake do. The first directory counts where it exists in none.
    """
    found = [_placed(context, dockerfile, directory, beside=beside) for directory in directories]
    return next((pair for pair in found if exists(pair[1])), found[0])


def passed_argument(text: str, source: Source) -> PassedArgument:
    """Return the build argument that ``NAME=value`` or ``NAME`` passes."""
    name, given, value = text.partition("=")
    return PassedArgument(name.strip(), value if given else None, source)


def words_after(call: Call, subcommand: tuple[str, ...]) -> tuple[Argument, ...] | None:
    """Return what follows ``docker SUBCOMMAND``, None for another command."""
    words = _without_wrappers(call.words)
    program = posixpath.basename(words[0].text) if words else ""
    if program not in _PROGRAMS and not _VARIABLE_PROGRAM.fullmatch(program):
        return None
    rest = _after_global_options(words[1:])
    if rest and rest[0].text == "buildx":
        rest = (rest[0], *_after_global_options(rest[1:]))
    if program == "docker-buildx":
        subcommand = subcommand[1:] if subcommand[0] == "buildx" else subcommand
    named = tuple(argument.text for argument in rest[: len(subcommand)])
    return rest[len(subcommand) :] if named == subcommand else None


_FALSE, _TRUE = frozenset({"0", "f", "false"}), frozenset({"1", "t", "true"})  # as Go's strconv.ParseBool takes them
_KANIKO_OPTIONS = ("--destination", "--dockerfile", "--context", "--no-push", "--cache-repo")
_WRAPPERS = frozenset({"sudo", "exec", "command", "env", "time", "nice", "nohup", "retry"})
_PROGRAMS: dict[str, Builder | None] = {
    "docker": None,
    "docker-buildx": "buildx",
    "podman": "podman",
    "buildah": "buildah",
    "nerdctl": None,
    "img": "img",
}
_DOCKER_VALUES = frozenset({"--config", "--context", "--host", "--log-level", "-c", "-H", "-l", "--builder"})
_VARIABLE_PROGRAM = re.compile(
    r"\$[({]*(?:DOCKER|CONTAINER|OCI)(?:_?(?:BIN|CMD|COMMAND|CLI|EXE|ENGINE|RUNTIME|TOOL|BUILD(?:ER)?))?[)}]*"
)
_SUBCOMMANDS = (
    ("buildx", "build"),
    ("buildx", "b"),
    ("builder", "build"),
    ("image", "build"),
    ("build",),
    ("bud",),
)


def _without_wrappers(words: tuple[Argument, ...]) -> tuple[Argument, ...]:
    """Drop ``sudo -E``, ``env A=b`` and the like from the front."""
    start = 0
    while start < len(words) - 1 and words[start].text in _WRAPPERS:
        start += 1
        while start < len(words) - 1 and (words[start].text.startswith("-") or "=" in words[start].text):
            start += 1
    return words[start:]


def _builder(words: tuple[Argument, ...], call: Call) -> tuple[Builder | None, tuple[Argument, ...] | None]:
    """Return who builds, and the arguments after the sub-command, None where this is no build."""
    name = words[0].text if words else ""
    program = posixpath.basename(name)
    if program == "executor" and ("kaniko" in name or _is_kaniko(words[1:])):
        return "kaniko", words[1:]
    for subcommand in _SUBCOMMANDS:
        rest = words_after(call, subcommand)
        if rest is not None:
            return _named_builder(program, subcommand, call), rest
    return None, None


def _is_kaniko(words: tuple[Argument, ...]) -> bool:
    """Whether a program called executor, found on the PATH of kaniko's image, is given options of kaniko."""
    return any(word.text.partition("=")[0] in _KANIKO_OPTIONS for word in words)


def _named_builder(program: str, subcommand: tuple[str, ...], call: Call) -> Builder | None:
    if named := _PROGRAMS.get(program):
        return named
    if subcommand[0] == "buildx":
        return "buildx"
    asked = call.variables.get("DOCKER_BUILDKIT", "").lower()
    if asked in _FALSE:
        return "legacy"
    return "buildx" if asked in _TRUE else None


def _after_global_options(words: tuple[Argument, ...]) -> tuple[Argument, ...]:
    start = 0
    while start < len(words) and words[start].text.startswith("-"):
        start += 2 if words[start].text in _DOCKER_VALUES else 1
    return words[start:]


def _passed(argument: Argument, call: Call, path: str) -> PassedArgument:
    """Return a passed argument; one without a value takes that of the variable of its name, where it is set."""
    passed = passed_argument(argument.open, Source(path, argument.line))
    if passed.value is None and passed.name in call.variables:
        return PassedArgument(passed.name, call.variables[passed.name], passed.source)
    return passed


def _placed(context: str, dockerfile: str | None, directory: str, *, beside: bool) -> tuple[str, str]:
    if is_remote(context):
        return context, dockerfile or "Dockerfile"
    place = context if context == "-" else joined(directory, context)
    if dockerfile is None:
        return place, joined(place, "Dockerfile") if place != "-" else "Dockerfile"
    if dockerfile == "-":
        return place, dockerfile
    return place, joined(place if beside else directory, dockerfile)
