"""Builds examples/reel as written, tuned by hand and as planned by layerwise, and compares: `python -m dev.hand`.

Ours is planned as a team would that cares for cold builds: one build without the cache is recorded first,
layerwise.toml says `cold_weight = 1`, and what waits for a proof is built. Scenarios: cold; unchanged; code+args (one
source line and the commit argument); pip (one requirement added). The builds of a scenario follow each other variant by
variant, another one first in each run, each variant in a cache scope of its own, new in each run; what an earlier build
has yet to write reaches the disk before the next is timed. All three are built with the same output,
`--output=type=image`: compressed by gzip and unpacked into the engine's store, not pushed. Prints the medians, whether
ours is within 10 % or 0.2 s of the hand-tuned one, and the steps of both where it is not; then whether the original's
image and ours are the same.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from dev.hand_app import ADDED, CODE, EXAMPLE, REQUIREMENTS, application, history
from dev.hand_table import HAND, ORIGINAL, OURS, VARIANTS, Built, Row, accounts, is_within, median_s, table
from dev.leavings import removed_at_the_end
from dev.montage_history import write_history
from dev.montage_stand_ins import Engine
from dev.programs import layerwise, needed_engine
from dev.public_build import PLATFORM, BuildFailed, Variant, compared

SCENARIOS = ("cold", "unchanged", "code+args", "pip")
BASES = ("python:3.11-slim", "node:20-slim")
ROOM_GB = 8
IMAGES = "layerwise-hand"
_FIRST = "0" * 40


def main(argv: Sequence[str]) -> int:
    """Plan, build and compare; gives 1 where images differ, 3 where something does not build, 4 without an engine."""
    options = _parser().parse_args(argv)
    engine = needed_engine()
    bases = _base_contexts(engine)
    asked = [name for name in SCENARIOS if name == "cold" or name in (options.scenario or SCENARIOS)]
    with tempfile.TemporaryDirectory(prefix="layerwise-hand-") as made:
        directory = Path(made)
        repository = directory / "reel"
        write_history(list(history(application())), repository)
        try:
            with removed_at_the_end(replace(engine, registry=None), IMAGES):  # none is pushed
                plan = options.ours or _plan(repository, directory, bases, verify=not options.no_verify)
                dockerfiles = {ORIGINAL: EXAMPLE / "Dockerfile", HAND: EXAMPLE / "Dockerfile.hand", OURS: plan}
                rows, last = _measured(dockerfiles, repository, directory, bases, asked, options)
                images = compared(last[ORIGINAL], last[OURS], ".", directory)
        except (BuildFailed, subprocess.CalledProcessError) as failed:
            print(failed, file=sys.stderr)
            return 3
    print(f"\n{PLATFORM}, seconds, measured, median of {options.runs}, --output=type=image for all three\n")
    print(*table(rows), *accounts(rows), sep="\n")
    print(f"\nimages of original and ours: {'different' if images.real else 'the same'}", *images.real, sep="\n  ")
    if options.json:
        options.json.write_text(json.dumps(document(rows), indent=2) + "\n")
    return int(bool(images.real))


def document(rows: Mapping[str, Row]) -> dict[str, object]:
    """Return the seconds of each build, and whether ours keeps up, as JSON has them."""
    return {
        scenario: {
            "seconds": {name: [round(one.seconds, 3) for one in row[name]] for name in VARIANTS},
            "within": is_within(median_s(row[OURS]), median_s(row[HAND])),
        }
        for scenario, row in rows.items()
    }


def change(scenario: str, context: Path) -> None:
    """Make the change of a scenario in a checkout."""
    if scenario == "code+args":
        _append(context / CODE, "# another line\n")
    if scenario == "pip":
        _append(context / REQUIREMENTS, ADDED)


def _append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def _base_contexts(engine: Engine) -> tuple[str, ...]:
    return tuple(f"--build-context={base}=docker-image://{engine.image(base)}" for base in BASES if engine.registry)


def _plan(repository: Path, directory: Path, bases: Sequence[str], *, verify: bool) -> Path:
    planned = directory / "planned"
    shutil.copytree(repository, planned, symlinks=True)
    (planned / "layerwise.toml").write_text("cold_weight = 1\n")
    store = directory / "store.db"
    given = (*bases, f"--build-arg=GIT_COMMIT={_FIRST}")
    build = ("docker", "buildx", "build", "--progress=quiet", "--provenance=false", "--no-cache")
    output = f"--output=type=image,name={_tag('recorded')}"
    layerwise("record", "--", *build, f"--platform={PLATFORM}", output, *given, ".", cwd=planned, store=store)
    demand = ["--format=json", "."]
    if verify:
        demand += ["--verify", f"--platform={PLATFORM}", "--", "--network=host", *given]
    plan = json.loads(layerwise("optimize", *demand, cwd=planned, store=store).stdout)
    edits = (f"{edit['pass']} (line {edit['line']}, {edit['safety']})" for edit in plan["edits"])
    print("Ours, as planned with:", *edits, sep="\n  ")
    written = directory / "Dockerfile.ours"
    written.write_text(plan["dockerfile"])
    print("", written.read_text(), sep="\n", flush=True)
    return written


def _measured(
    dockerfiles: Mapping[str, Path],
    repository: Path,
    directory: Path,
    bases: Sequence[str],
    scenarios: Sequence[str],
    options: argparse.Namespace,
) -> tuple[dict[str, dict[str, list[Built]]], dict[str, Variant]]:
    """Build all; gives the builds, and the variants as the last run left them."""
    rows: dict[str, dict[str, list[Built]]] = {one: {name: [] for name in VARIANTS} for one in scenarios}
    variants: dict[str, Variant] = {}
    for run in range(options.runs):
        for name in VARIANTS:
            root = directory / f"context-{name}"
            shutil.rmtree(root, ignore_errors=True)
            shutil.copytree(repository, root, symlinks=True)
            variants[name] = Variant(name, dockerfiles[name], root, tuple(bases))
        for scenario in scenarios:
            commit = uuid.uuid5(uuid.NAMESPACE_URL, f"{run}").hex if scenario in ("code+args", "pip") else _FIRST
            turn = run % len(VARIANTS)
            for name in (*VARIANTS[turn:], *VARIANTS[:turn]):
                variant = variants[name]
                change(scenario, variant.root)
                built = _build(variant, commit)
                rows[scenario][name].append(built)
                print(f"  {scenario:10} {name:10} {built.seconds:7.2f} s", flush=True)
                if options.logs:
                    options.logs.mkdir(parents=True, exist_ok=True)
                    (options.logs / f"{run}-{scenario}-{name}.log").write_text(built.log)
    return rows, variants


def _build(variant: Variant, commit: str) -> Built:
    if shutil.disk_usage("/").free < ROOM_GB * 10**9:
        message = f"less than {ROOM_GB} GB are free: not building {variant.name}"
        raise BuildFailed(message)
    os.sync()
    start = time.monotonic()
    done = subprocess.run(
        [
            *("docker", "buildx", "build", "--progress=plain", "--provenance=false", f"--platform={PLATFORM}"),
            *(*variant.options, *variant.isolation, f"--build-arg=GIT_COMMIT={commit}"),
            *(f"--output=type=image,name={_tag(variant.name)}", f"--file={variant.dockerfile}", str(variant.root)),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise BuildFailed(done.stderr[-3000:])
    return Built(time.monotonic() - start, done.stderr)


def _tag(name: str) -> str:
    return f"{IMAGES}:{name}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dev.hand", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--scenario", action="append", choices=SCENARIOS, help="only these, cold always first; repeatable"
    )
    parser.add_argument("--runs", type=int, default=1, metavar="N", help="builds of each, about 20 GB of disk a run")
    parser.add_argument("--ours", type=Path, metavar="FILE", help="plan nothing: build this Dockerfile as ours")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the seconds of each build here")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="keep the plain log of each build here")
    parser.add_argument("--no-verify", action="store_true", help="leave out the edits that only a build can prove")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
