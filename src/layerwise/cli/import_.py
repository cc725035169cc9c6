"""Read builds from logs and exports: rawjson, plain logs (of CI jobs too), and .dockerbuild files.

FILE may be `-` for standard input. A build that is in the store already stays as it is.
"""

import pathlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import IO

import click

from layerwise.cli.settings import settings, store_option
from layerwise.errors import UsageError
from layerwise.recording.imports import Target, read_builds
from layerwise.recording.keeping import keep
from layerwise.report.kept import kept_lines


@click.command("import", help=__doc__)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-f", "--file", "dockerfile", help="The Dockerfile that was built. [default: ./Dockerfile if it fits]")
@click.option("--project", help="What the builds are of. [default: what the files say, else this directory's]")
@store_option
def command(files: tuple[str, ...], dockerfile: str | None, project: str | None, store: str | None) -> None:
    """Run ``layerwise import``: nothing is kept of a file that can't be read."""
    found = settings(store)
    target = _target(dockerfile, project or found.project)
    redact = found.redactor()
    builds = []
    for name in files:
        with _opened(name) as stream:
            found_in = read_builds(stream, name, target, redact)
        builds += [replace(record, project=project) if project else record for record in found_in]
    with found.store() as opened:
        kept = tuple(keep(record, None, opened) for record in builds)
        found.retain(opened, {record.project for record in builds})
    for line in kept_lines(kept, here=found.project):
        click.echo(f"layerwise: {line}", err=True)


def _target(dockerfile: str | None, project: str) -> Target:
    path = pathlib.Path(dockerfile or "Dockerfile")
    if not path.is_file():
        if dockerfile:
            raise UsageError(f"{dockerfile}: no such Dockerfile")
        return Target(project)
    return Target(project, path, str(path), named=dockerfile is not None)


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    """Open a file, or a copy of standard input that can be read from any place."""
    if name != "-":
        with pathlib.Path(name).open("rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.seek(0)
        yield copy
