"""Builds what each pass is for, before and after its rewrite, on an engine: `python -m dev.passes_built [PASS ...]`.

Prints the seconds of the build that follows the change of the scenario, export included, and whether the images of
both sides were the same before that change. It gives 1 where they have to be the same and something really differs,
which stands below, or where the rewrite is there to save seconds and saved none.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.docker.engine import Engine, engine_that_is_up
from tests.docker.pass_examples import EXAMPLES, Example, build, selected

_WIDTH = max(len(str(example)) for example in EXAMPLES)


def main(argv: Sequence[str]) -> int:
    """Build, compare and print the table; gives 4 without an engine."""
    parser = argparse.ArgumentParser(prog="python -m dev.passes_built", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="PASS", help="only the examples of these")
    names = parser.parse_args(argv).names
    engine = engine_that_is_up()
    if isinstance(engine, str):
        print(engine, file=sys.stderr)
        return 4
    print(f"{'pass, scenario':{_WIDTH}}  before s   after s  same image", flush=True)
    return max([_report(example, engine) for example in selected(names)], default=0)


def _report(example: Example, engine: Engine) -> int:
    if missing := set(example.platforms) - set(engine.platforms):
        print(f"{example!s:{_WIDTH}}  no base images for {', '.join(sorted(missing))}")
        return 0
    with tempfile.TemporaryDirectory(prefix="layerwise-passes-") as directory:
        built = build(example, engine, Path(directory))
    same = "no" if built.real else "yes"
    slower = example.faster and built.after_s >= built.before_s
    said = "  not faster" if slower else ""
    print(f"{example!s:{_WIDTH}}{built.before_s:10.1f}{built.after_s:10.1f}  {same}{said}", flush=True)
    for difference in built.real if example.equal else ():
        print(f"  {difference}")
    return int(slower or (bool(built.real) and example.equal))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
