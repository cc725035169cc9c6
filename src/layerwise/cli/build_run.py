"""Carries ``layerwise build`` out, says what became of it, and makes an exit code of that."""

import pathlib
import shlex
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import click

from layerwise.builder.drive.asked import Asked, Manner
from layerwise.builder.drive.failure import Fault
from layerwise.cli import build_later
from layerwise.cli.building import Building, Own
from layerwise.cli.settings import Settings
from layerwise.errors import StoreError
from layerwise.recording.build import Built, Order, carry_out
from layerwise.recording.build_parts import Keeping
from layerwise.report.live import view_of
from layerwise.store import Store

if TYPE_CHECKING:
    from layerwise.recording.build_study import Study

_EXIT_REFUSED, _EXIT_USAGE, _EXIT_FAILED, _EXIT_MISSING, _EXIT_INTERRUPTED = 1, 2, 3, 4, 130
_OF_FAULT = {
    Fault.BUILD: _EXIT_FAILED,
    Fault.PUSH: _EXIT_MISSING,
    Fault.DENIED: _EXIT_MISSING,
    Fault.BASE: _EXIT_MISSING,
    Fault.ENGINE: _EXIT_MISSING,
    Fault.FULL: _EXIT_MISSING,
    Fault.USAGE: _EXIT_USAGE,
}


def shown_calls(asked: Asked, own: Own, found: Settings) -> Iterator[str]:
    """Yield the calls that a build comes to, as a shell takes them.

    Raises:
        LayerwiseError: As ``prepare`` does.
    """
    building = Building(asked, own, found, found.existing())
    prepared, notes = building.prepared(building.checkout())
    yield from (f"# {note}" for note in notes)
    for call in prepared.calls:
        context = call.place.environment.get("DOCKER_CONTEXT", "")
        apart = context != found.environment.get("DOCKER_CONTEXT", "")
        yield f"{f'DOCKER_CONTEXT={shlex.quote(context)} ' if apart else ''}{shlex.join(call.arguments())}"


def carried_out(asked: Asked, own: Own, found: Settings) -> Built:
    """Carry a build out, and say on standard error what became of it.

    Raises:
        LayerwiseError: It can't begin.
    """
    redact = found.redactor()
    with found.store() as store, ThreadPoolExecutor(max_workers=1) as pool, _beginning() as begun:
        building = Building(asked, own, found, store)
        checkout = building.checkout()
        prepared, notes = building.prepared(checkout)
        study = pool.submit(build_later.studied, begun, building, prepared.calls, redact)
        shows = _shows(asked, found)
        progress = "quiet" if shows or asked.quiet else asked.progress(found.environment)
        for note in () if asked.quiet else notes:
            click.echo(f"layerwise: {note}", err=True)
        expecting = partial(build_later.expecting, store, found.project, prepared.calls, study)
        view = view_of(progress, [call.platform for call in prepared.calls], expecting, found.environment)
        order = Order(
            asked=asked,
            calls=prepared.calls,
            environment=found.environment,
            shows=shows,
            study=study,
            begun=begun,
            tag=partial(build_later.tagged, building, checkout),
            ask=partial(build_later.asked_why, building),
            after=partial(build_later.after, building, prepared.cache),
        )
        keeping = Keeping(
            store=store, redact=redact, checkout=checkout, directory=pathlib.Path.cwd(), project=found.config.project
        )
        try:
            built = carry_out(order, view, keeping)
        finally:
            view.close()
        problems = (*built.problems, *_retained(found, store, built))
    if not built.ran.done:
        building.memory.forget()
    _say(building, built, study.result(), problems)
    return built


@contextmanager
def _beginning() -> Iterator[threading.Event]:
    """Give what is set when a build has begun, or never will."""
    begun = threading.Event()
    try:
        yield begun
    finally:
        begun.set()


def built_code(built: Built) -> int:
    """Return the exit code of a build."""
    ran = built.ran
    if ran.interrupted:
        return _EXIT_INTERRUPTED
    if ran.failed is not None:
        attempt = ran.made[ran.failed].attempt
        return _OF_FAULT[attempt.fault or Fault.BUILD] if attempt else _EXIT_FAILED
    if built.error or built.unwritten or (built.tagged and built.tagged.error):
        return _EXIT_MISSING
    return _EXIT_REFUSED if built.tagged and built.tagged.stays else 0


def _say(building: Building, built: Built, study: "Study", problems: Sequence[str]) -> None:
    from layerwise.report.built import built_lines  # noqa: PLC0415 - loaded meanwhile
    from layerwise.report.kept import kept_lines  # noqa: PLC0415 - loaded meanwhile

    for line in built_lines(building.asked, built, study.layout, str(building.files.dockerfile or "")):
        click.echo(line, err=True)
    if not building.asked.quiet and (built.kept or problems):
        for line in kept_lines(built.kept, problems, building.found.project):
            click.echo(f"layerwise: {line}", err=True)
    elif digest := next((one.now for one in built.tagged.promotions), "") if built.tagged else "":
        click.echo(digest)


def _shows(asked: Asked, found: Settings) -> str:
    """Return the display that buildx itself is to show, "" where its progress is ours to show."""
    if asked.manner is not Manner.WHOLE:
        return ""
    progress = asked.progress(found.environment)
    if asked.quiet:
        return "auto"
    return "" if progress == "auto" else progress


def _retained(found: Settings, store: Store, built: Built) -> tuple[str, ...]:
    try:
        found.retain(store, {kept.record.project for kept in built.kept})
    except StoreError as error:
        return (str(error),)
    return ()
