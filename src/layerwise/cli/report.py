"""Show where the time of a recorded build went, and what the cache is worth.

BUILD is an id or the beginning of one; `^1` is the build before the latest.
"""

import json
import pathlib
import time

import click

from layerwise.builder.checkout import find_root
from layerwise.cli.formats import format_option
from layerwise.cli.settings import Settings, settings, store_option
from layerwise.errors import LayerwiseError, UsageError
from layerwise.records import BuildRecord
from layerwise.report.build_document import build_document
from layerwise.report.build_markdown import build_markdown
from layerwise.report.build_text import build_text
from layerwise.report.terminal import render
from layerwise.report.trace import trace_document
from layerwise.summary.compare import compare
from layerwise.summary.overview import report_of


@click.command("report", help=__doc__)
@click.argument("build", default="^0", metavar="[BUILD]")
@click.option("--against", metavar="BUILD", help="Compare with this build, and say what changed.")
@click.option(
    "--last",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="How many builds hit rates and what the cache is worth are counted over.",
)
@format_option("text", "json", "md", "trace")
@store_option
def command(build: str, against: str | None, last: int, style: str, store: str | None) -> None:
    """Run ``layerwise report``; ``trace`` is for chrome://tracing and Perfetto."""
    found = settings(store)
    opened = found.existing()
    if opened is None:
        raise UsageError("no build is recorded yet; `layerwise record -- CMD` and `layerwise import FILE` record some")
    with opened:
        record = opened.find(build, found.project)
        other = opened.find(against, found.project) if against else None
        earlier = opened.before(record, limit=last - 1)
        executions = opened.executions(record.project, {step.key for step in record.steps})
    comparison = compare(other, record) if other else None
    if style == "trace":
        click.echo(json.dumps(trace_document(record)))
        return
    report = report_of(record, earlier, executions, _mended(record, found), time.time(), record.cache_bytes)
    if style == "json":
        click.echo(json.dumps(build_document(report, comparison), indent=2))
    elif style == "md":
        click.echo(build_markdown(report, comparison))
    else:
        render(build_text(report, comparison))


def _mended(record: BuildRecord, found: Settings) -> dict[str, str]:
    """Return what mends the steps of a build whose Dockerfile is in this checkout; nothing for another's."""
    root = find_root(pathlib.Path()) or pathlib.Path()
    if record.project != found.project or not (root / (record.sources.dockerfile or "-")).is_file():
        return {}
    from layerwise.cli.measured import mended_steps  # noqa: PLC0415 - takes 0.2 s to import, and most reports don't need it

    try:
        return mended_steps(record, root)
    except LayerwiseError as error:
        click.echo(f"layerwise: nothing is said of what mends a step: {error}", err=True)
        return {}
