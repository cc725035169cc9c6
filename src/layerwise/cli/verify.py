"""Compare two images file by file, and say whether they are the same.

A and B are images of a registry (`registry.example.org/shop:1`, `docker://alpine`), OCI layouts (`oci:DIR`), archives
(`image.tar`), or Dockerfiles, which are built for it. Platforms are compared one by one; differences that the
documented noise policy excuses do not count. What follows `--` goes to `docker buildx build`.
"""

import json
import os
import pathlib
import shlex
import tempfile
from dataclasses import replace

import click

from layerwise.builder.buildx import build_archive
from layerwise.cli.formats import format_option
from layerwise.errors import UsageError
from layerwise.oci.access import Access
from layerwise.oci.choice import chosen
from layerwise.oci.files import looks_like_tar
from layerwise.oci.places import read_images
from layerwise.prove.smoke import Smoke, Subject, smoke
from layerwise.prove.verify import Options, verify
from layerwise.report.terminal import render
from layerwise.report.verify import verify_document, verify_text

_EXIT_DIFFERS = 1


@click.command("verify", help=__doc__)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.argument("build_options", nargs=-1, type=click.UNPROCESSED, metavar="[-- BUILDX OPTIONS]")
@click.option("--platform", "platforms", multiple=True, help="Compare only this platform; repeatable.")
@click.option("--context", default=".", show_default=True, help="The build context of Dockerfiles.")
@click.option("--smoke", "command_line", metavar="CMD", help="Run this in both images too, and compare what it does.")
@click.option("--times", is_flag=True, help="Let times of last changes count.")
@click.option("--insecure", multiple=True, metavar="HOST", help="Speak plain HTTP to this registry; repeatable.")
@click.option("-v", "--verbose", is_flag=True, help="Show every difference.")
@format_option("text", "json")
def command(
    a: str,
    b: str,
    build_options: tuple[str, ...],
    platforms: tuple[str, ...],
    context: str,
    command_line: str | None,
    times: bool,
    insecure: tuple[str, ...],
    verbose: bool,
    style: str,
) -> int:
    """Run ``layerwise verify``; the exit code is 1 where the images differ."""
    words = shlex.split(command_line or "")
    if command_line is not None and not words:
        raise UsageError("--smoke: name the program to run")
    access = Access(insecure=frozenset(insecure))
    with tempfile.TemporaryDirectory(prefix="layerwise-verify-") as directory:
        options = (*(f"--platform={','.join(platforms)}" for _ in platforms[:1]), *build_options)
        names = [_built(name, n, pathlib.Path(directory), context, options) for n, name in enumerate((a, b))]
        left, right = (chosen(read_images(name, access), platforms) for name in names)
        verdict = replace(verify(left, right, Options(mtimes=times)), left=a, right=b)
        runs: tuple[Smoke, ...] = ()
        if words:
            runs = smoke(Subject(names[0], left), Subject(names[1], right), words, dict(os.environ))
    if style == "json":
        click.echo(json.dumps(verify_document(verdict, runs), indent=2))
    else:
        render(verify_text(verdict, runs, verbose=verbose))
    return 0 if verdict.equal and all(run.equal for run in runs) else _EXIT_DIFFERS


def _built(name: str, number: int, directory: pathlib.Path, context: str, options: tuple[str, ...]) -> str:
    """Return the name of an image, built to an archive first where it is a Dockerfile."""
    path = pathlib.Path(name)
    if not path.is_file() or looks_like_tar(name):
        return name
    archive = directory / f"{number}.tar"
    build_archive(path, pathlib.Path(context), options, archive)
    return f"oci-archive:{archive}"
