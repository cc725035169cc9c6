"""The table of commands, and the one place where errors become exit codes.

A command's module is imported when it is called, so that ``layerwise --version`` loads none of them.
"""

import importlib
import io
import keyword
import os
import sys
import traceback
from collections.abc import Sequence

import click

from layerwise import __version__
from layerwise.errors import LayerwiseError

COMMANDS = (
    "analyze",
    "bench",
    "build",
    "builds",
    "cache",
    "explain",
    "import",
    "init",
    "optimize",
    "plugin",
    "prove",
    "record",
    "replay",
    "report",
    "verify",
)

EXIT_CHECK_FAILED = 1
EXIT_USAGE = 2
EXIT_BUG = 70
EXIT_INTERRUPTED = 130


class _Commands(click.Group):
    """Commands by name, each the ``command`` of the module of that name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in COMMANDS:
            return None
        return command_of(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, each with its whole first sentence."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _first_line(self.get_command(ctx, name))) for name in COMMANDS])


def command_of(name: str) -> click.Command:
    """Return a command; its module is imported now."""
    module = importlib.import_module(f"layerwise.cli.{name}{'_' if keyword.iskeyword(name) else ''}")
    command: click.Command = module.command
    return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="layerwise", message="%(prog)s %(version)s")
def layerwise() -> None:
    """Profile-guided optimisation for container image builds.

    Start with `layerwise analyze` in a repository with a Dockerfile: nothing is built and nothing is written.
    """


def _first_line(command: click.Command | None) -> str:
    return ((command and command.help) or "").partition("\n")[0]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; nothing that a user did makes a traceback."""
    _take_any_text()
    try:
        given = None if arguments is None else list(arguments)
        code = layerwise.main(given, prog_name="layerwise", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.exceptions.Abort, KeyboardInterrupt):
        return _said("layerwise: interrupted", EXIT_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except LayerwiseError as error:
        return _said(f"layerwise: {error}", error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_CHECK_FAILED
    except OSError as error:
        named = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        return _said(f"layerwise: {named}{error.strerror or error}", EXIT_USAGE)
    except Exception:  # noqa: BLE001 - the last resort: a bug of ours, said as such with what to report
        bug = f"layerwise: this is a bug in layerwise {__version__}; please report the lines above"
        return _said(f"{traceback.format_exc()}\n{bug}", EXIT_BUG)
    return code if isinstance(code, int) else 0


def _take_any_text() -> None:
    """Let a terminal that can't show a character, or a Dockerfile that is no UTF-8, be no reason to stop."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _said(message: str, code: int) -> int:
    click.echo(message, err=True)
    return code
