"""Builds public repositories before and after their plan: `python -m dev.public --mirror DIR [NAME…]`.

DIR holds clones with their history, bare or not, as `owner/name`; to get them, for each repository of dev/public.toml
`git clone --bare https://github.com/OWNER/NAME DIRECTORY/OWNER/NAME`. Each is checked out at the commit that the list
names and planned with priors from 300 commits; rewrites that need a proof are built by `layerwise optimize --verify`.
Then both Dockerfiles are built per scenario, in cache scopes of their own and one run each, and the final images
compared file by file. Bases come from Debian, PyPI and npm (dev/standins). Where images differ, the original is built a
second time, to tell what it never builds the same, and the rewrites one pass at a time, to tell which one it is.
"""

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dev.field_checkout import checked_out
from dev.programs import layerwise, needed_engine
from dev.public_build import (
    BuildFailed,
    Variant,
    base_images,
    compared,
    fresh_scope,
    options_of,
    remove,
    seconds_of_build,
)
from dev.public_repositories import Subject, read
from dev.public_results import keep
from dev.public_table import text

_WAITS = "not applied (equivalent, after proof)"
_MOST = 20  # differences that are written down
_RUNS = 3
_SIDES = ("before_s", "after_s")
_LITTLE_S = 5


def main(argv: Sequence[str]) -> int:
    """Build, print and keep the results; gives 1 where an applied rewrite changed an image, 4 without an engine."""
    parser = argparse.ArgumentParser(prog="python -m dev.public", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only Dockerfiles whose name contains this")
    parser.add_argument("--mirror", type=Path, required=True, metavar="DIR", help="the clones")
    parser.add_argument("--scenario", action="append", help="only this one, and cold; repeatable")
    parser.add_argument("--keep", action="store_true", help="keep the results in dev/public.results.json")
    parser.add_argument("--plan", action="store_true", help="only plan, and print the rewritten file")
    options = parser.parse_args(argv)
    results = each(options.names, lambda subject, bases: _result(subject, bases, options))
    return int(any(one.get("real") for one in results))


def each(names: Sequence[str], result: Callable[[Subject, Mapping[str, str]], dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what comes of each Dockerfile that is named, all where none is.

    Raises:
        SystemExit: There is no engine, which is said.
    """
    engine = needed_engine()
    stand_ins, subjects = read()
    chosen = [one for one in subjects if not names or any(name in one.name for name in names)]
    bases = base_images(engine, stand_ins, {base for one in chosen for base in one.bases.values()})
    try:
        return [result(one, bases) for one in chosen]
    finally:
        remove(engine, bases, stand_ins)


def _result(subject: Subject, bases: Mapping[str, str], options: argparse.Namespace) -> dict[str, Any]:
    result: dict[str, Any] = {"name": subject.name, "commit": subject.commit, "date": today()}
    try:
        with work(subject, options.mirror) as (root, directory):
            result |= _measured(subject, root, directory, options_of(subject, bases), options)
    except (BuildFailed, subprocess.CalledProcessError) as error:
        result["failed"] = str(getattr(error, "stderr", None) or error)[-2000:]
    print(text(result), flush=True)
    if options.keep and not options.plan:
        keep(result)
    return result


@contextmanager
def work(subject: Subject, mirror: Path) -> Iterator[tuple[Path, Path]]:
    """Check the repository out, adapted to the stand-ins, beside a directory for what is made."""
    with (
        checked_out(subject.repository, mirror / subject.repository, subject.commit) as checkout,
        tempfile.TemporaryDirectory(prefix="layerwise-public-") as directory,
    ):
        for change in subject.adapted:
            change.make(checkout.root)
        yield checkout.root, Path(directory)


def output_of(root: Path, store: Path, *arguments: str) -> str:
    """Return the output of layerwise, run in a checkout; what it says besides is shown.

    Raises:
        subprocess.CalledProcessError: It failed; the error holds what it said.
    """
    print(f"  {shlex.join(('layerwise', *arguments))}", file=sys.stderr, flush=True)
    done = layerwise(*arguments, cwd=root, store=store, stderr=subprocess.PIPE, check=False)
    print(done.stderr, file=sys.stderr, end="", flush=True)
    done.check_returncode()
    return done.stdout


def _measured(
    subject: Subject, root: Path, directory: Path, given: tuple[str, ...], options: argparse.Namespace
) -> dict[str, Any]:
    scenarios = [one for one in subject.scenarios if not options.scenario or one in ("cold", *options.scenario)]
    original = Variant("original", root / subject.dockerfile, _copy(root, directory / "original"), given)
    plan = _optimize(subject, root, original, ())
    if options.plan:
        print(plan["dockerfile"])
        return _of_plan(plan)
    # Built once before anything is measured: bases are unpacked then, and mirrors know the packages.
    control = replace(original, name="control", scope=fresh_scope())
    seconds_of_build(control, subject.context)
    if any(one["why"].startswith(_WAITS) for one in plan["refused"]):
        plan = _optimize(subject, root, control, ("--verify",))
    rewritten = _variant("rewritten", plan, subject, root, directory, given)
    variants = (original, rewritten) if plan["changed"] else (original,)
    seconds = {scenario: _seconds(subject, scenario, variants) for scenario in scenarios}
    result = _of_plan(plan) | {
        "measured": [{"scenario": name} | dict(zip(_SIDES, found, strict=False)) for name, found in seconds.items()]
    }
    again = compared(original, control, subject.context, directory)
    own = frozenset(again.real)
    result |= {"own": sorted(own)[:_MOST], "own_differences": len(own), "control_noise": again.noise}
    if not plan["changed"]:
        return result
    found = compared(original, rewritten, subject.context, directory)
    rest = tuple(one for one in found.real if one not in own)
    return result | {
        "noise": found.noise,
        "paths": found.paths,
        "real": rest[:_MOST],
        "real_differences": len(rest),
        "alone": _alone(subject, root, directory, control, plan, own) if rest else {},
    }


def _seconds(subject: Subject, scenario: str, variants: Sequence[Variant]) -> list[float]:
    """Build each; three times, of which the least counts, where that takes little."""
    runs = [_run(subject, scenario, variants)]
    while scenario != "cold" and len(runs) < _RUNS and max(runs[0]) < _LITTLE_S:
        runs.append(_run(subject, scenario, variants))
    return [round(min(times), 1) for times in zip(*runs, strict=True)]


def _run(subject: Subject, scenario: str, variants: Sequence[Variant]) -> tuple[float, ...]:
    if scenario in subject.changes:
        for variant in variants:
            subject.changes[scenario].make(variant.root)
    return tuple(_built_s(subject, scenario, variant) for variant in variants)


def _alone(
    subject: Subject, root: Path, directory: Path, control: Variant, plan: Mapping[str, Any], own: frozenset[str]
) -> dict[str, list[str]]:
    """Build the edits one pass at a time, and tell which of them changes the image."""
    found = {}
    for name in dict.fromkeys(edit["pass"] for edit in plan["edits"]):
        alone = _optimize(subject, root, control, (f"--only={name}",))
        variant = _variant(f"only-{name}", alone, subject, root, directory, control.options)
        for change in subject.changes.values():
            _same(change.file, control.root, variant.root)
        real = compared(control, variant, subject.context, directory).real
        found[name] = [one for one in real if one not in own][:_MOST]
    return found


def _same(file: str, there: Path, here: Path) -> None:
    (here / file).write_bytes((there / file).read_bytes())


def _optimize(subject: Subject, root: Path, original: Variant, more: Sequence[str]) -> dict[str, Any]:
    demand = ["--format=json", f"--file={subject.dockerfile}", *original.options, *more, subject.context]
    demand += ["--", *original.isolation] if "--verify" in more else []
    found: dict[str, Any] = json.loads(output_of(root, original.root.parent / "store.db", "optimize", *demand))
    return found


def _variant(
    name: str, plan: Mapping[str, Any], subject: Subject, root: Path, directory: Path, given: tuple[str, ...]
) -> Variant:
    context = _copy(root, directory / name)
    dockerfile = context / subject.dockerfile
    dockerfile.write_text(plan["dockerfile"], "utf-8")
    for file in plan["files"]:
        if file["path"] != subject.dockerfile:
            subprocess.run(["patch", "-p1", "--silent"], cwd=context, input=file["diff"], text=True, check=True)
    outside = directory / f"{name}.Dockerfile"
    dockerfile.replace(outside)
    dockerfile.write_bytes((root / subject.dockerfile).read_bytes())  # what a COPY takes of it is the same in both
    ignore = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    if ignore.exists():
        outside.with_name(f"{outside.name}.dockerignore").write_bytes(ignore.read_bytes())
    return Variant(name, outside, context, given)


def _of_plan(plan: Mapping[str, Any]) -> dict[str, Any]:
    offered = [one for one in plan["refused"] if one["why"].startswith("not applied")]
    return {
        "predicted": [one for one in plan["scenarios"] if one["platform"] == "linux/amd64"],
        "expected": plan["expected"],
        "kept": [{key: one[key] for key in ("pass", "safety", "line", "why")} for one in plan["edits"]],
        "offered": offered,
        "refused": [one for one in plan["refused"] if one not in offered],
    }


def _copy(root: Path, to: Path) -> Path:
    subprocess.run(["cp", "-a", f"{root}/.", str(to)], check=True)
    return to


def _built_s(subject: Subject, scenario: str, variant: Variant) -> float:
    seconds = seconds_of_build(variant, subject.context)
    print(f"  {subject.name}  {scenario:10} {variant.name:10} {seconds:7.1f} s", file=sys.stderr, flush=True)
    return seconds


def today() -> str:
    """Return the date, UTC."""
    return datetime.now(UTC).date().isoformat()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
