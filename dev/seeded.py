"""Proves a plan into which two bad edits were put among ten good ones: `python -m dev.seeded`.

A small Dockerfile has ten flaws that passes of layerwise mend. Two further passes (dev/seeds) propose what is wrong:
one copies other files, one makes a step wait for seconds. The proof has to drop these two and to keep the others; it
says how many builds it took. Ends with 1 where it does not, and with 4 where there is no engine.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from dev.montage_stand_ins import Engine
from dev.programs import needed_engine
from dev.seeds import project, slow_bundle, wrong_files

from layerwise import catalogue
from layerwise.cli.benching import buildx_line
from layerwise.cli.proof_options import Demand
from layerwise.cli.settling import Shown, settle
from layerwise.passes import PASSES
from layerwise.plan import Options
from layerwise.project import Wanted, open_project
from layerwise.prove.bench.proved import Fault, Proved
from layerwise.report.proof_text import proof_text
from layerwise.report.terminal import render

SEEDED = dict(zip(catalogue.by_name(wrong_files, slow_bundle), (Fault.IMAGE, Fault.SLOWER), strict=True))
GOOD = 10
OPTIONS = Options(threshold_s=0.02, cold_weight=0.2)
"""What the flaws of so small a file cost is little."""


def main(argv: Sequence[str]) -> int:
    """Prove, print the proof, and say whether it found what it had to."""
    parser = argparse.ArgumentParser(prog="python -m dev.seeded", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="builds of the scenario on each side")
    runs = parser.parse_args(argv).runs
    engine = needed_engine()
    with tempfile.TemporaryDirectory(prefix="layerwise-seeded-") as directory:
        shown = proved(engine, Path(directory), runs)
    render(proof_text(shown.settled.proved, shown.recorded))
    wrong = list(missed(shown.settled.proved))
    for sentence in wrong:
        print(f"wrong: {sentence}")
    if not wrong:
        print(found(shown.settled.proved))
    return int(bool(wrong))


def proved(engine: Engine, directory: Path, runs: int) -> Shown:
    """Write the project below a directory and prove its plan, with the two passes among the others."""
    os.environ |= {"LAYERWISE_STORE": f"sqlite:///{directory}/builds.db", "XDG_STATE_HOME": str(directory / "state")}
    place = directory / "seeded"
    place.mkdir()
    project.write(place, engine.image("debian:bookworm-slim"))
    asked = Wanted(str(place))
    passes = (*PASSES, wrong_files, slow_bundle)
    demand = Demand(scenarios=("code",), runs=runs)
    return settle(open_project(asked), asked, OPTIONS, demand, None, buildx_line(()), passes)


def missed(what: Proved) -> Iterator[str]:
    """Yield what a proof got wrong, a sentence each."""
    dropped = {one.edit.pass_name: one.fault for one in what.dropped}
    for name, fault in SEEDED.items():
        if dropped.get(name) is not fault:
            yield f"{name} was {'not dropped' if name not in dropped else f'dropped as {dropped[name].value}'}"
    for name in dropped.keys() - SEEDED.keys():
        yield f"{name} was dropped as {dropped[name].value}, and it is a good one"
    if len(what.kept) < GOOD:
        yield f"{len(what.kept)} edits stay, not {GOOD}"
    if not what.equal:
        yield "the images differ"


def found(what: Proved) -> str:
    """Return in how many builds the two were found."""
    each = (f"{one.edit.pass_name} in {one.builds} builds" for one in what.dropped)
    return f"found {' and '.join(each)} among {GOOD + len(SEEDED)} edits; {what.builds} builds in all"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
