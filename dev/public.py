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
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dev.demo import engine_environment
from dev.field_checkout import checked_out
from dev.montage_stand_ins import Engine
from dev.public_build import (
    BuildFailed,
    Compared,
    Variant,
    archive_of,
    base_images,
    compared,
    fresh_scope,
    options_of,
    remove,
    remove_images,
    seconds_of_build,
    tag,
)
from dev.public_repositories import Subject, read
from dev.public_table import text

RESULTS = Path(__file__).with_name("public.results.json")
_WAITS = "not applied (equivalent, after proof)"
_MOST = 20  # differences that are written down


def main(argv: Sequence[str]) -> int:
    """Build, print and keep the results; gives 1 where an applied rewrite changed an image, 4 without an engine."""
    parser = argparse.ArgumentParser(prog="python -m dev.public", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only Dockerfiles whose name contains this")
    parser.add_argument("--mirror", type=Path, required=True, metavar="DIR", help="the clones")
    parser.add_argument("--scenario", action="append", help="only this one, and cold; repeatable")
    parser.add_argument("--keep", action="store_true", help="keep the results in dev/public.results.json")
    parser.add_argument("--plan", action="store_true", help="only plan, and print the rewritten file")
    options = parser.parse_args(argv)
    environment = engine_environment()
    if environment is None:
        print("no engine: dev/engine status says why", file=sys.stderr)
        return 4
    os.environ.update(environment)
    stand_ins, subjects = read()
    chosen = [one for one in subjects if not options.names or any(name in one.name for name in options.names)]
    engine = Engine.of(os.environ)
    bases = base_images(engine, stand_ins, {base for one in chosen for base in one.bases.values()})
    try:
        results = [_result(one, bases, options) for one in chosen]
    finally:
        remove(engine, bases, stand_ins)
    return int(any(one.get("real") for one in results))


def _result(subject: Subject, bases: Mapping[str, str], options: argparse.Namespace) -> dict[str, Any]:
    result: dict[str, Any] = {"name": subject.name, "commit": subject.commit, "date": _today()}
    try:
        with _work(subject, options.mirror) as (root, directory):
            result |= _measured(subject, root, directory, options_of(subject, bases), options)
    except (BuildFailed, subprocess.CalledProcessError) as error:
        result["failed"] = str(getattr(error, "stderr", None) or error)[-2000:]
    print(text(result), flush=True)
    if options.keep and not options.plan:
        _keep(result)
    return result


@contextmanager
def _work(subject: Subject, mirror: Path) -> Iterator[tuple[Path, Path]]:
    """Check the repository out, adapted to the stand-ins, beside a directory for what is made."""
    with (
        checked_out(subject.repository, mirror / subject.repository, subject.commit) as checkout,
        tempfile.TemporaryDirectory(prefix="layerwise-public-") as directory,
    ):
        for change in subject.adapted:
            change.make(checkout.root)
        yield checkout.root, Path(directory)


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
    seconds_of_build(control, subject.context, "--output=type=cacheonly")
    if any(one["why"].startswith(_WAITS) for one in plan["refused"]):
        plan = _optimize(subject, root, control, ("--verify",))
    rewritten = _variant("rewritten", plan, subject, root, directory, given)
    both = (original, rewritten)
    seconds = {
        scenario: [_built_s(subject, scenario, variant) for variant in _changed(subject, scenario, both)]
        for scenario in scenarios
    }
    remove_images(tag(variant, scenario) for variant in both for scenario in scenarios)
    own, found = _compared(subject, directory, control, both)
    rest = tuple(one for one in found.real if one not in own)
    return {
        **_of_plan(plan),
        "measured": [
            {"scenario": name, "before_s": round(before, 1), "after_s": round(after, 1)}
            for name, (before, after) in seconds.items()
        ],
        "noise": found.noise,
        "paths": found.paths,
        "own": sorted(own)[:_MOST],
        "real": rest[:_MOST],
        "differs_by": {"own": len(own), "real": len(rest)},
        "alone": _alone(subject, root, directory, control, plan, own) if rest else {},
    }


def _changed(subject: Subject, scenario: str, variants: Sequence[Variant]) -> Iterator[Variant]:
    for variant in variants:
        if scenario in subject.changes:
            subject.changes[scenario].make(variant.root)
        yield variant


def _compared(
    subject: Subject, directory: Path, control: Variant, both: tuple[Variant, Variant]
) -> tuple[frozenset[str], Compared]:
    """Compare the original with the rewritten image, and with itself: what differs there is the repository's own."""
    archives = [archive_of(variant, subject.context, directory) for variant in (*both, control)]
    try:
        return frozenset(compared(archives[0], archives[2]).real), compared(archives[0], archives[1])
    finally:
        for archive in archives:
            archive.unlink()


def _alone(
    subject: Subject, root: Path, directory: Path, control: Variant, plan: Mapping[str, Any], own: frozenset[str]
) -> dict[str, list[str]]:
    """Build the edits one pass at a time, and tell which of them changes the image."""
    found = {}
    for name in dict.fromkeys(edit["pass"] for edit in plan["edits"]):
        alone = _optimize(subject, root, control, (f"--only={name}",))
        variant = _variant(f"only-{name}", alone, subject, root, directory, control.options)
        for change in subject.changes.values():
            change.make(variant.root)
        archives = [archive_of(one, subject.context, directory) for one in (control, variant)]
        found[name] = [one for one in compared(*archives).real if one not in own][:_MOST]
        for archive in archives:
            archive.unlink()
    return found


def _optimize(subject: Subject, root: Path, original: Variant, more: Sequence[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "layerwise.cli", "optimize", "--format=json", f"--file={subject.dockerfile}"]
    command += [*original.options, *more, subject.context]
    command += ["--", *original.isolation] if "--verify" in more else []
    store = f"sqlite:///{original.root.parent}/store.db"
    environment = os.environ | {"LAYERWISE_STORE": store}
    done = subprocess.run(
        command, cwd=root, check=True, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    print(done.stderr, file=sys.stderr, end="")
    found: dict[str, Any] = json.loads(done.stdout)
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
        "rewritten": plan["dockerfile"] if plan["changed"] else "",
    }


def _copy(root: Path, to: Path) -> Path:
    subprocess.run(["cp", "-a", f"{root}/.", str(to)], check=True)
    return to


def _built_s(subject: Subject, scenario: str, variant: Variant) -> float:
    seconds = seconds_of_build(variant, subject.context, f"--tag={tag(variant, scenario)}")
    print(f"  {subject.name}  {scenario:10} {variant.name:10} {seconds:7.1f} s", file=sys.stderr, flush=True)
    return seconds


def _keep(result: dict[str, Any]) -> None:
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    kept = [one for one in kept if one["name"] != result["name"]] + [result]
    RESULTS.write_text(json.dumps(sorted(kept, key=lambda one: one["name"]), indent=1) + "\n")


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
