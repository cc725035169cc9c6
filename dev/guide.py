"""Proves the plan of examples/montage and sets it beside the guide's aims: `python -m dev.guide`.

Records one build without the cache, then runs `layerwise prove`: both files in each scenario in turn, the images
compared, edits dropped with which something is wrong. A figure is a median in seconds of the docker client, the image
loaded into the engine's store; "less" is than the median cold build of the original in the same proof. The change is a
comment in a manifest; that of npm, whose packages the Dockerfile itself names, another cache key of the RUN.
"""

import argparse
import json
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dev.leavings import removed_at_the_end
from dev.montage_history import plan_history, read_example, write_history
from dev.montage_stand_ins import build_arguments, download_server, ensure_base
from dev.programs import layerwise, needed_engine

from layerwise.builder.isolation import Scope

PLATFORM = "linux/amd64"
IMAGES = "layerwise-guide"
AIMS = {"cold": 0.40, "unchanged": 0.99, "code": 0.99, "deps:pip": 0.90, "deps:conda": 0.90, "deps:npm": 0.95}
"""By scenario, how much less than the original's cold build the rewritten file is to take."""
MORE = ("args", "code+args")


def main(argv: Sequence[str]) -> int:
    """Prove and print; gives the exit code of `layerwise prove`, 4 without an engine."""
    options = _parser().parse_args(argv)
    engine = needed_engine()
    ensure_base(engine, [PLATFORM])
    with (
        tempfile.TemporaryDirectory(prefix="layerwise-guide-") as made,
        removed_at_the_end(replace(engine, registry=None), IMAGES),  # none is pushed
        download_server(),
    ):
        repository = Path(made) / "montage"
        write_history(plan_history(read_example(), 150), repository)
        store = Path(made) / "store.db"
        # For buildx alone, as in dev.demo: the plan is made for the image that the Dockerfile names.
        given = build_arguments(engine, [PLATFORM])
        build = ("docker", "buildx", "build", "--progress=quiet", "--provenance=false", f"--tag={IMAGES}:recorded")
        scoped = (*build, *Scope(uuid.uuid4().hex).options())
        layerwise("record", "--", *scoped, *given, ".", cwd=repository, store=store)
        demand = [f"--platform={PLATFORM}", f"--runs={options.runs}", *(f"--scenario={one}" for one in (*AIMS, *MORE))]
        demand += [f"--budget={options.budget}"] if options.budget else []
        demand += [f"--html={options.html.resolve()}"] if options.html else []
        demand += ["--format=json", "."]
        done = layerwise("prove", *demand, "--", *given, cwd=repository, store=store, check=False)
    if done.returncode not in (0, 1):
        return done.returncode
    if options.json:
        options.json.write_text(done.stdout)
    print(*table(json.loads(done.stdout)), sep="\n")
    return done.returncode


def table(proof: Mapping[str, Any]) -> Iterator[str]:
    """Yield the rows of a proof with the guide's aims, then what was kept and dropped."""
    yield f"{PLATFORM}, seconds, measured"
    yield f"{'scenario':12}{'original':>10}{'rewritten':>11}{'less':>8}{'aim':>6}  predicted, original and rewritten"
    for row in proof["scenarios"]:
        before, after = row["before_s"], row["after_s"]
        if before is None or after is None:
            yield f"{row['name']:12}  {row['unmeasured']}"
            continue
        less = row["reduction"] if row["name"] == "cold" else row["after_below_cold"]
        aim = f"{AIMS[row['name']]:.0%}" if row["name"] in AIMS else ""
        predicted = ", ".join(
            "unknown" if one is None else f"{one:.1f}"
            for one in (row["predicted"]["before_s"], row["predicted"]["after_s"])
        )
        yield f"{row['name']:12}{before:10.1f}{after:11.1f}{less:8.1%}{aim:>6}  {predicted}"
    yield f"\n{proof['verdict']}"
    yield from (f"kept: {one['pass']}, line {one['line']}: {one['why']}" for one in proof["kept"])
    yield from (f"dropped: {one['pass']}, line {one['line']}: {one['reason']}" for one in proof["dropped"])
    yield from proof["notes"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dev.guide", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="builds of each scenario and side (default: 3)")
    parser.add_argument("--budget", metavar="TIME", help="what does not fit is left out")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the page of the proof here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the proof here")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
