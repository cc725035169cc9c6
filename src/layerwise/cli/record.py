"""Run a command that builds and record what each step took.

The command keeps its terminal, and its exit code is returned. It may be any program that runs `docker build`,
`docker buildx build` or `docker buildx bake`, once or several times: `layerwise record -- make image`.
"""

import pathlib

import click

from layerwise.cli.settings import settings, store_option
from layerwise.errors import StoreError
from layerwise.recording.command import record_command
from layerwise.report.kept import kept_lines


@click.command(
    "record", help=__doc__, context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}
)
@store_option
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- CMD...")
def command(store: str | None, arguments: tuple[str, ...]) -> int:
    """Run ``layerwise record``."""
    found = settings(store)
    redact = found.redactor()
    with found.store() as opened:
        recorded = record_command(
            arguments, opened, redact, found.environment, pathlib.Path.cwd(), found.config.project
        )
        problems = recorded.problems
        try:
            found.retain(opened, {kept.record.project for kept in recorded.builds})
        except StoreError as error:
            problems += (str(error),)
    for line in kept_lines(recorded.builds, problems, found.project):
        click.echo(f"layerwise: {line}", err=True)
    return recorded.code
