"""Makes what the demo of examples/montage needs: `python -m dev.montage COMMAND`.

history DIR    a git repository with a plausible past that ends at the present content
bases          the stand-in for the conda image, on the engine that `dev/engine env` describes
serve          the server of the x86-64 program, on 127.0.0.1, until the time is up
arguments      the arguments for `docker buildx build`, one a line
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from dev.montage_history import plan_history, read_example, write_history
from dev.montage_stand_ins import DOWNLOAD, Engine, build_arguments, download_server, ensure_base


def main(argv: Sequence[str]) -> int:
    """Run one command and give its exit code."""
    options = _parser().parse_args(argv)
    engine = Engine.of(os.environ)
    platforms = options.platform or ["linux/amd64"]
    match options.command:
        case "history":
            print(write_history(plan_history(read_example(), options.commits), options.directory))
        case "bases":
            print(ensure_base(engine, platforms))
        case "arguments":
            print("\n".join(build_arguments(engine, platforms)))
        case "serve":
            _serve(options.seconds)
    return 0


def _serve(seconds: float) -> None:
    with download_server() as port:
        print(f"http://127.0.0.1:{port}{DOWNLOAD} for {seconds:g} s", flush=True)
        time.sleep(seconds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dev.montage", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(platform=None)
    commands = parser.add_subparsers(dest="command", required=True)
    history = commands.add_parser("history")
    history.add_argument("directory", type=Path)
    history.add_argument("--commits", type=int, default=150)
    for name in ("bases", "arguments"):
        commands.add_parser(name).add_argument("--platform", action="append", metavar="OS/ARCH")
    commands.add_parser("serve").add_argument("--seconds", type=float, default=1800)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
