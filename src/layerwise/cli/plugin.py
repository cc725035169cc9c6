"""Make `docker layerwise` work: layerwise as a plugin of the docker command.

`layerwise plugin install` writes a small program into the plugins of your docker configuration; from then on
`docker layerwise build` is `layerwise build`.
"""

import json
import os
import pathlib
import shlex
import sys
from collections.abc import Mapping, Sequence

import click

from layerwise import __version__
from layerwise.cli.main import EXIT_USAGE, run
from layerwise.errors import UsageError

NAME = "docker-layerwise"
_METADATA = "docker-cli-plugin-metadata"
_SET = {"--context": "DOCKER_CONTEXT", "-c": "DOCKER_CONTEXT", "--host": "DOCKER_HOST", "-H": "DOCKER_HOST"}
_SET |= {"--config": "DOCKER_CONFIG"}
_VALUED = frozenset({*_SET, "--log-level", "-l", "--tlscacert", "--tlscert", "--tlskey"})


@click.group("plugin", help=__doc__)
def command() -> None:
    """Run ``layerwise plugin``."""


@command.command("install")
def install() -> None:
    """Let docker know layerwise as a plugin."""
    path = _path(os.environ)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_program())
    path.chmod(0o755)
    click.echo(f"layerwise: wrote {path}; `docker layerwise --help` shows that it works", err=True)


@command.command("uninstall")
def uninstall() -> None:
    """Take the plugin away again."""
    path = _path(os.environ)
    if not path.is_file():
        raise UsageError(f"{path}: no such file; there is nothing to take away")
    path.unlink()
    click.echo(f"layerwise: removed {path}", err=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as docker calls its plugins, and exit: ``docker-layerwise [options of docker] layerwise COMMAND``."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == [_METADATA]:
        click.echo(json.dumps(_metadata()))
        sys.exit(0)
    while given and given[0] != "layerwise":
        if not given[0].startswith("-"):
            click.echo(f"layerwise: {given[0]}: this program is a plugin of docker: `docker layerwise`", err=True)
            sys.exit(EXIT_USAGE)
        name, joined, value = given.pop(0).partition("=")
        if name in _VALUED and not joined:
            value = given.pop(0) if given else ""
        if name in _SET:
            os.environ[_SET[name]] = value
    if "DOCKER_CONTEXT" in os.environ:  # docker itself lets the option win over the variable
        os.environ.pop("DOCKER_HOST", None)
    sys.exit(run(given[1:]))


def _metadata() -> Mapping[str, str]:
    return {
        "SchemaVersion": "0.1.0",
        "Vendor": "layerwise",
        "Version": __version__,
        "ShortDescription": "Profile-guided optimisation for container image builds",
    }


def _path(environment: Mapping[str, str]) -> pathlib.Path:
    home = pathlib.Path(environment.get("HOME") or "~").expanduser()
    return pathlib.Path(environment.get("DOCKER_CONFIG") or home / ".docker") / "cli-plugins" / NAME


def _program() -> str:
    """Return the program that docker starts: a shell script, for a path may be too long, or have spaces, for ``#!``."""
    start = shlex.join((sys.executable, "-c", "from layerwise.cli.plugin import main; main()"))
    return f'#!/bin/sh\nexec {start} "$@"\n'
