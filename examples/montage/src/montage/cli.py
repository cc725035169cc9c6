"""The command line."""

from dataclasses import replace
from pathlib import Path

import click

from montage import pipeline, revision
from montage.audio import beats as beat_times
from montage.audio import plot as chart
from montage.audio import track as audio
from montage.errors import MontageError
from montage.pictures import library
from montage.pictures import sheet as contact
from montage.settings import Settings, data_folder, load
from montage.timeline import edl

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
TARGET = click.Path(dir_okay=False, path_type=Path)


class Commands(click.Group):
    """Shows our own errors as messages."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except MontageError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands)
@click.version_option(revision.short(), prog_name="montage")
def main() -> None:
    """Cut a folder of pictures to the beat of a track."""


def settings_for(preset: str, title: str, order: str | None) -> Settings:
    """A preset with what the command line says instead."""
    settings = replace(load(preset), title=title)
    return replace(settings, order=order) if order else settings


@main.command()
@click.argument("folder", type=FOLDER)
@click.argument("track", type=FILE)
@click.option("-o", "--output", type=TARGET, default="montage.mp4", show_default=True)
@click.option("--preset", default="widescreen", show_default=True)
@click.option("--order", default=None, help="date, name, shuffle or alternate")
@click.option("--title", default="", help="shown on a card at the beginning")
@click.option("--beats", "beat_file", type=FILE, default=None, help="take the beats from this file")
def cut(
    folder: Path, track: Path, output: Path, preset: str, order: str | None, title: str, beat_file: Path | None
) -> None:
    """Render a video."""
    settings = settings_for(preset, title, order)
    timeline = pipeline.plan(folder, track, settings, beat_file)
    with click.progressbar(length=100, label=output.name) as bar:
        pipeline.render(timeline, track, output, settings, lambda share: bar.update(int(100 * share) - bar.pos))


@main.command()
@click.argument("track", type=FILE)
@click.option("--chart", "target", type=TARGET, default=None, help="draw them, too")
def beats(track: Path, target: Path | None) -> None:
    """Print the seconds of each beat."""
    times = beat_times.load(track)
    for time in times:
        click.echo(f"{time:.3f}")
    if target:
        chart.draw(audio.read(track), times, target)


@main.command()
@click.argument("folder", type=FOLDER)
@click.argument("track", type=FILE)
@click.option("--preset", default="widescreen", show_default=True)
@click.option("--format", "kind", type=click.Choice(["json", "cmx"]), default="json", show_default=True)
def plan(folder: Path, track: Path, preset: str, kind: str) -> None:
    """Print the timeline without rendering it."""
    settings = load(preset)
    timeline = pipeline.plan(folder, track, settings)
    text = edl.to_json(timeline) if kind == "json" else edl.to_cmx(timeline, settings.frames_per_second)
    click.echo(text)


@main.command()
@click.argument("folder", type=FOLDER)
@click.option("-o", "--output", type=TARGET, default="sheet.jpg", show_default=True)
def sheet(folder: Path, output: Path) -> None:
    """Write a contact sheet of a folder."""
    contact.draw([picture.path for picture in library.scan(folder)], output)


@main.command()
@click.argument("video", type=FILE)
@click.argument("address")
def publish(video: Path, address: str) -> None:
    """Upload a video to s3://BUCKET/PREFIX."""
    from montage.publish import bucket

    click.echo(bucket.upload(video, address))


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True)
def serve(host: str, port: int) -> None:
    """Render what is put into the data folder and show how far it is."""
    from montage.web import server

    server.serve(host, port, data_folder())
