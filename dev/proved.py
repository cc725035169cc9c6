"""Proves public repositories: `python -m dev.proved --mirror DIR [NAME…]`, with the clones of `python -m dev.public`.

Each Dockerfile of dev/public.toml that is named is planned with priors only, recorded once from nothing, planned again
with what was measured, and then proved by `layerwise prove`. So a prediction stands beside each measured figure, as a
user would have seen it on the first and on the second day. Bases are the stand-ins; scenarios with an edit of their own
are in the list as `edits`.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

from dev.leavings import removed_at_the_end
from dev.montage_stand_ins import Engine
from dev.proved_results import keep
from dev.proved_table import text
from dev.public import each, output_of, today, work
from dev.public_build import Variant, options_of
from dev.public_repositories import Subject

IMAGES = "layerwise-proved"
_LOAD_EVERY_S = 15


def main(argv: Sequence[str]) -> int:
    """Prove, print and keep the results; gives 1 where a proof failed, 4 without an engine."""
    parser = argparse.ArgumentParser(prog="python -m dev.proved", description=__doc__)
    parser.add_argument("names", nargs="+", metavar="NAME", help="Dockerfiles whose name contains this")
    parser.add_argument("--mirror", type=Path, required=True, metavar="DIR", help="the clones")
    parser.add_argument("--runs", type=int, default=3, help="builds of each scenario and side")
    parser.add_argument("--budget", default="30m", help="of each proof")
    parser.add_argument("--keep", action="store_true", help="keep the results in dev/proved.results.json")
    options = parser.parse_args(argv)
    results = each(options.names, lambda subject, bases: _result(subject, bases, options))
    return int(any("failed" in one for one in results))


def _result(subject: Subject, bases: Mapping[str, str], options: argparse.Namespace) -> dict[str, Any]:
    result: dict[str, Any] = {"name": subject.name, "commit": subject.commit, "date": today()}
    try:
        with work(subject, options.mirror) as (root, directory), _load() as load:
            result |= _proved(subject, root, directory, options_of(subject, bases), options)
            result["edited"] = dict(subject.edits)
        result["load"] = [min(load), max(load)]
    except subprocess.CalledProcessError as error:
        result["failed"] = str(error.stderr or error)[-2000:]
    print(text(result), flush=True)
    if options.keep:
        keep(result)
    return result


def _proved(
    subject: Subject, root: Path, directory: Path, given: tuple[str, ...], options: argparse.Namespace
) -> dict[str, Any]:
    if subject.edits:
        (root / "layerwise.toml").write_text(_scenarios(subject.edits), "utf-8")
    store = directory / "store.db"
    what = (f"--file={subject.dockerfile}", *given, subject.context)
    priors = json.loads(output_of(root, store, "optimize", "--format=json", *what))
    variant = Variant("recorded", root / subject.dockerfile, root, given)
    # Loaded into the engine's store, as the builds of the proof are: exporting and unpacking are part of both.
    build = (
        "docker",
        "buildx",
        "build",
        "--progress=quiet",
        "--provenance=false",
        f"--tag={IMAGES}:recorded",
        "--load",
    )
    with removed_at_the_end(replace(Engine.of(os.environ), registry=None), IMAGES):  # none is pushed
        output_of(root, store, "record", "--", *build, *variant.isolation, *what)
    second = json.loads(output_of(root, store, "optimize", "--format=json", *what))
    demand = ("--format=json", f"--runs={options.runs}", f"--budget={options.budget}", "--network=host")
    proof = json.loads(output_of(root, store, "prove", *demand, *what))
    # `prove` builds nothing for a plan that changes nothing: the file as it stands is measured all the same.
    scenarios = [f"--scenario={name}" for name in subject.scenarios]
    bench = proof if proof["builds"] else json.loads(output_of(root, store, "bench", *demand, *scenarios, *what))
    return {
        "runs": options.runs,
        "priors": _predicted(priors),
        "recorded": _predicted(second),
        "proof": {key: proof[key] for key in ("verdict", "equal", "images", "kept", "dropped", "builds", "notes")},
        "spent_s": bench["spent_s"],
        "scenarios": bench["scenarios"],
    }


def _scenarios(edits: Mapping[str, str]) -> str:
    return "".join(f"[scenarios.{json.dumps(name)}]\ncommand = {json.dumps(edit)}\n" for name, edit in edits.items())


def _predicted(plan: Mapping[str, Any]) -> dict[str, Any]:
    rows = [one for one in plan["scenarios"] if one["platform"] == "linux/amd64"]
    edits = sorted(f"{one['pass']}:{one['line']}" for one in plan["edits"])
    return {"edits": edits, "scenarios": {one["name"]: [one["before_s"], one["after_s"]] for one in rows}}


@contextmanager
def _load() -> Iterator[list[float]]:
    """Look at the load average of one minute, from now on and until the end."""
    seen, done = [os.getloadavg()[0]], Event()

    def look() -> None:
        while not done.wait(_LOAD_EVERY_S):
            seen.append(os.getloadavg()[0])

    watch = Thread(target=look, daemon=True)
    watch.start()
    try:
        yield seen
    finally:
        done.set()
        watch.join()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
