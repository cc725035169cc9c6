"""Opens benches: what is built, with which options, on which engine."""

import os
import pathlib
import re
import signal
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import click

from layerwise.analysis import Analysis
from layerwise.builder import buildx
from layerwise.builder.checkout import read_checkout
from layerwise.builder.drive.command_line import CommandLine, parse
from layerwise.builder.drive.flags import BUILDX, Flags, read_help
from layerwise.cli.settings import Settings
from layerwise.config.scenarios import OwnEdit
from layerwise.errors import BuilderError, UsageError
from layerwise.model.scenarios import scenario_named
from layerwise.project import Project, Wanted
from layerwise.prove.bench.docker_engine import DockerEngine
from layerwise.prove.bench.opening import Times, cleaned, home_of, opened
from layerwise.prove.bench.session import Session
from layerwise.prove.bench.subject import How, Subject
from layerwise.prove.trials import build_options
from layerwise.recording.timed import Label
from layerwise.store.place import state_directory
from layerwise.store.store import Store

_REFUSED = {
    "push": "a bench changes what it builds; `--output type=registry,name=...` says where that may be pushed",
    "no-cache": "it leaves nothing to measure",
    "no-cache-filter": "it leaves nothing to measure",
    "call": "a bench builds",
    "check": "a bench builds",
    "print": "a bench builds",
}
_OURS = ("build-arg", "build-context", "file", "load", "network", "platform", "progress", "quiet", "tag", "target")
_TIME = re.compile(r"(?:(?P<h>\d+(?:\.\d+)?)h)?(?:(?P<m>\d+(?:\.\d+)?)m(?:in)?)?(?:(?P<s>\d+(?:\.\d+)?)s?)?")


def buildx_line(words: Sequence[str]) -> CommandLine:
    """Return the options that follow ``--``, taken apart.

    Raises:
        UsageError: One of them does not go with a bench.
    """
    line = parse(words, BUILDX, _further)
    for name, why in _REFUSED.items():
        if line.on(name) or (line.values(name) and name not in BUILDX.switches):
            raise UsageError(f"--{name} does not go with a bench: {why}")
    if line.plain:
        raise UsageError(f"{line.plain[0]!r} after `--` is no option; the build context is named before it")
    return line


def with_line(wanted: Wanted, line: CommandLine) -> Wanted:
    """Return what is wanted with what the options of buildx say of it too."""
    arguments = dict(_pair(one) for one in line.values("build-arg"))
    contexts = {name: value or "" for name, value in map(_pair, line.values("build-context"))}
    platforms = tuple(name for value in line.values("platform") for name in value.split(","))
    return replace(
        wanted,
        file=wanted.file or line.last("file") or None,
        target=wanted.target or line.last("target") or None,
        platforms=wanted.platforms or platforms,
        build_args={**arguments, **wanted.build_args},
        contexts={**contexts, **wanted.contexts},
        network=wanted.network or line.last("network") or None,
    )


def options_of(project: Project, wanted: Wanted, line: CommandLine) -> CommandLine:
    """Return all options of the builds but their platform and what a bench gives them."""
    asked = parse(tuple(build_options(project.analysis.facts.request, wanted.contexts)), BUILDX).without("platform")
    return CommandLine((*asked.words, *line.without(*_OURS).words))


def subject_of(project: Project, found: Settings, options: Sequence[str]) -> Subject:
    """Return what a project builds.

    Args:
        project: The project, with the figures of the builds before the bench.
        found: Its settings.
        options: Of ``docker buildx build``, but for platform and context.
    """
    checkout = read_checkout(pathlib.Path(project.context_path))
    return Subject(
        project=found.project,
        analysis=project.analysis,
        dockerfile=pathlib.Path(project.dockerfile_path),
        context=pathlib.Path(project.context_path),
        named=project.relative(project.dockerfile_path),
        commit=checkout.commit if checkout else "",
        options=tuple(options),
    )


def own_edits(project: Project) -> Mapping[str, OwnEdit]:
    """Return the user's own edits by the scenario's full name.

    Raises:
        UsageError: A scenario of that name does not exist here.
    """
    known = project.analysis.facts.scenarios
    edits = {}
    for edit in project.config.scenarios:
        change = scenario_named(edit.scenario, known)
        if change is None:
            names = ", ".join(one.name for one in known)
            raise UsageError(f"{project.config.source}: no scenario is called {edit.scenario!r}; there are {names}")
        patch = str(pathlib.Path(project.context_path, edit.patch).absolute()) if edit.patch else ""
        edits[change.name] = replace(edit, patch=patch)
    return edits


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Let SIGTERM be what an interrupt is: the client of the build is ended, and what was measured stays.

    Raises:
        KeyboardInterrupt: The process was asked to end.
    """
    if threading.current_thread() is not threading.main_thread():  # signals reach only that one
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@contextmanager
def session(
    subject: Subject,
    how: How,
    found: Settings,
    kept: Store,
    asking: Iterable[Analysis],
) -> Iterator[Session]:
    """Open a bench on buildx's current builder, or the one that the subject's options name.

    Args:
        subject: What is built.
        how: How.
        found: The settings of its directory.
        kept: Where the builds are kept.
        asking: The files that the bench is about: the same ones again go on with one that was interrupted.

    Raises:
        UsageError: Another bench of the project is running.
        BuilderError: There is no docker here, or no builder that answers.
        StoreError: The store can't be written.
    """
    require_builder(found)
    redact = found.redactor()
    home = home_of(state_directory(found.environment), found.project)
    label = Label(
        project=subject.project,
        dockerfile=subject.named,
        context=str(subject.context),
        commit=subject.commit,
        bench="",
        scenario="",
    )
    engine = DockerEngine(found.environment, _line(subject.options), kept, redact, label)

    def masked(text: str) -> None:
        say(redact.text(text))

    times = Times(time.monotonic, time.time)
    with opened(subject, how, engine, home, masked, times, asking) as made:
        yield made


def clean(found: Settings, kept: Store, options: Sequence[str]) -> tuple[int, int]:
    """Remove what benches of a project have left, whatever its Dockerfile says by now.

    Args:
        found: The project's settings.
        kept: Where its builds are kept.
        options: Of ``docker buildx build``, which name the builder.

    Returns:
        Of how many benches all was removed, and of how many something waits for another build to end.

    Raises:
        UsageError: A bench of the project is running.
        BuilderError: There is no docker here, or no builder that answers.
    """
    require_builder(found)
    label = Label(project=found.project, dockerfile="", context="", commit="", bench="", scenario="")
    engine = DockerEngine(found.environment, _line(options), kept, found.redactor(), label)
    return cleaned(engine, home_of(state_directory(found.environment), found.project), say)


def seconds_of(text: str) -> float:
    """Return the seconds of a time such as ``1h``, ``20m``, ``1h30m`` or ``90``.

    Raises:
        UsageError: It is none.
    """
    match = _TIME.fullmatch(text.strip().lower())
    if match is None or not any(match.groups()):
        raise UsageError(f"{text!r} is no time; write 1h, 20m, 1h30m or 90s")
    return sum(float(match[unit] or 0) * seconds for unit, seconds in (("h", 3600), ("m", 60), ("s", 1)))


def require_builder(found: Settings) -> None:
    """Ask for a builder.

    Raises:
        BuilderError: None answers.
    """
    try:
        buildx.require_builder(found.environment)
        buildx.usage(found.environment, None)  # a builder whose engine is not up can be inspected all the same
    except BuilderError as error:
        raise BuilderError(
            f"a bench builds, and {error}; start Docker, or choose a builder with `docker buildx use`"
        ) from error


def say(text: str) -> None:
    """Tell the user on standard error."""
    click.echo(f"layerwise: {text}", err=True)


def _line(options: Sequence[str]) -> CommandLine:
    return parse(tuple(options), BUILDX, _further)


def _further() -> Flags:
    return read_help(buildx.build_help(dict(os.environ)))


def _pair(text: str) -> tuple[str, str | None]:
    name, found, value = text.partition("=")
    return name, value if found else None
