"""Writes the files of a plan."""

import pathlib

import click

from layerwise.plan import Plan
from layerwise.rewrite import create, require_saved, write


def write_plan(made: Plan, *, force: bool) -> None:
    """Write the files that change, all of them or none; an ignore file may be new.

    Raises:
        UsageError: One has changes that git does not have, and ``force`` is not set.
    """
    places = [(pathlib.Path(file.path), file.after) for file in made.files()]
    for path, _ in places:
        if path.exists():
            require_saved(path, force=force)
    for path, text in places:
        if path.exists():
            write(path, text, force=force)
        else:
            create(path, text)
        click.echo(f"layerwise: wrote {path}", err=True)
