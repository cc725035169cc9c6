"""Look at build caches: a builder's own, and those that last in a registry or a directory."""

import json
import pathlib
import time

import click

from layerwise.builder import buildx
from layerwise.builder.cache.kept import Kept, in_directory, in_registry
from layerwise.builder.cache.place import Place, place_of
from layerwise.builder.cache.prune import of_gone_branches, prune_directory, prune_registry
from layerwise.builder.checkout import find_root, local_branches, remote_branches
from layerwise.builder.usage import read_usage
from layerwise.cli.formats import format_option
from layerwise.cli.settings import settings, store_option
from layerwise.errors import BuilderError
from layerwise.oci.access import Access
from layerwise.oci.registry import Client
from layerwise.records import BuildRecord
from layerwise.report.caches import caches_document, caches_text, gone_lines
from layerwise.report.disk import disk_document, disk_text
from layerwise.report.terminal import render
from layerwise.summary.disk import disk

_LOOKED_AT = 200  # builds, for what the records of the cache took to make


@click.group("cache", help=__doc__)
def command() -> None:
    """Run ``layerwise cache``."""


@command.command("du")
@click.option("--builder", help="The builder to ask. [default: buildx's current one]")
@format_option("text", "json")
@store_option
def du(builder: str | None, style: str, store: str | None) -> None:
    """Show what each record of the build cache holds, and what it would cost to make again."""
    found = settings(store)
    redact = found.redactor()
    items = read_usage(buildx.usage(found.environment, builder))
    builds: tuple[BuildRecord, ...] = ()
    if opened := found.existing():
        with opened:
            builds = opened.records(None, limit=_LOOKED_AT)
    usage = disk(items, builds, redact.text)
    if style == "json":
        click.echo(json.dumps(disk_document(usage), indent=2))
    else:
        render(disk_text(usage))


_insecure = click.option("--insecure", multiple=True, metavar="HOST", help="Speak plain HTTP to this registry.")


@command.command("inspect")
@click.argument("place", required=False, metavar="[REPOSITORY[:TAG] | DIR]")
@_insecure
@format_option("text", "json")
def inspect(place: str | None, insecure: tuple[str, ...], style: str) -> None:
    """Show the caches that builds keep in a registry or a directory: records, layers, bytes, age."""
    found = _place(place)
    kept = () if _is_none(place, found) else _kept(found, Client(Access(insecure=frozenset(insecure))))
    if style == "json":
        click.echo(json.dumps(caches_document(str(found), kept), indent=2))
    else:
        render(caches_text(kept, time.time()))


@command.command("prune")
@click.argument("place", required=False, metavar="[REPOSITORY | DIR]")
@click.option("--keep", multiple=True, metavar="BRANCH", help="A branch that is there, whatever git says; repeatable.")
@click.option("--dry-run", is_flag=True, help="Show what would go.")
@_insecure
def prune(place: str | None, keep: tuple[str, ...], dry_run: bool, insecure: tuple[str, ...]) -> None:
    """Remove the caches that layerwise made for branches that are gone."""
    found = _place(place)
    client = Client(Access(insecure=frozenset(insecure)))
    kept = () if _is_none(place, found) else _kept(found, client)
    root = find_root(pathlib.Path.cwd())
    there = remote_branches(root) if root else None
    if there is None and not keep:
        raise BuilderError("git does not say which branches there are: name those to keep, --keep main --keep ...")
    own = local_branches(root) if root else frozenset()
    going = of_gone_branches(kept, (*(there or ()), *own, *keep))
    if found.directory:
        gone = tuple(prune_directory(kept, going, dry=dry_run))
    else:
        gone = tuple(prune_registry(client.origin(found.repository), kept, going, dry=dry_run))
    for line in gone_lines(gone, dry=dry_run):
        click.echo(line)


def _place(named: str | None) -> Place:
    found = settings(None)
    return place_of(named, found.config, found.project, found.environment)


def _is_none(named: str | None, place: Place) -> bool:
    """Whether nobody has named a directory, and no build has made the user's own."""
    return named is None and place.directory is not None and not place.directory.is_dir()


def _kept(place: Place, client: Client) -> tuple[Kept, ...]:
    return in_directory(place.directory) if place.directory else in_registry(client, place.repository)
