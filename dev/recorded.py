"""Records examples/montage on a real engine and holds predictions against it: `python -m dev.recorded`.

Builds the example cold, unchanged, with one source line, a new commit id, and one pip requirement changed, each through
`layerwise record`, pushed to the engine's registry as its CI does. Prints the tables of `layerwise report`, which steps
dominate each platform, and for each scenario what was predicted from priors, what from a profile of the cold and the
unchanged build alone, and what was measured. The images go when it ends. Stand-ins are named in
examples/montage/README.md.
"""

import argparse
import json
import os
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from dev.leavings import Leavings, removed_at_the_end
from dev.montage_history import plan_history, read_example, write_history
from dev.montage_stand_ins import Engine, build_arguments, download_server, ensure_base
from dev.programs import layerwise, needed_engine

from layerwise.builder.checkout import project_of
from layerwise.builder.isolation import Scope
from layerwise.cli.measured import measured_project
from layerwise.project import Wanted
from layerwise.store import open_store

PLATFORMS = ("linux/amd64", "linux/arm64")
CODE = "src/montage/cli.py"
IMAGES = "layerwise-recorded/montage"
SCENARIOS = {"cold": "cold", "unchanged": "unchanged", "code": "code", "args": "args", "pip": "deps:pip"}
"""What is built, in order, and what the model calls it."""
KNOWN = 2  # builds behind the second prediction: the cold and the unchanged one


@dataclass(slots=True)
class Bench:
    """Where the example is built, and how."""

    repository: Path
    store: str
    platforms: tuple[str, ...]
    command: tuple[str, ...]
    commit: str = "0" * 40

    def change(self, scenario: str) -> None:
        """Make the change that a scenario is named for."""
        if scenario == "code":
            _append(self.repository / CODE, "# another line\n")
        if scenario == "args":
            self.commit = "1" * 40
        if scenario == "pip":
            _append(self.repository / "requirements.txt", "idna==3.10\n")

    def build(self) -> None:
        """Build once, recorded.

        Raises:
            subprocess.CalledProcessError: The build failed.
        """
        command = (*self.command, f"--build-arg=GIT_COMMIT={self.commit}", ".")
        layerwise("record", "--", *command, cwd=self.repository, stdout=None)

    def predicted(self) -> dict[str, float]:
        """Predicted seconds of each scenario, all platforms at once, with what the store knows now."""
        return predictions(self.repository, self.store, self.platforms)

    def measured(self) -> list[float]:
        """Wall seconds of the recorded builds, first to last."""
        store = open_store(self.store, create=False)
        assert store is not None, "a build was recorded"
        with store:
            return [row.wall_s or 0.0 for row in reversed(store.builds(project_of(self.repository)))]

    def say(self, *arguments: str) -> None:
        """Run layerwise in the repository and show what it says."""
        print(f"\n$ layerwise {' '.join(arguments)}\n", flush=True)
        layerwise(*arguments, cwd=self.repository, stdout=None)


def main(argv: Sequence[str]) -> int:
    """Record the builds, print what they come to, and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dev.recorded", description=__doc__)
    parser.add_argument("--platform", action="append", metavar="OS/ARCH", help="only these; repeatable")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep repository and store there")
    parser.add_argument("--records", type=Path, metavar="FILE", help="write the records there too, one a line")
    options = parser.parse_args(argv)
    engine = needed_engine()
    platforms = tuple(options.platform or PLATFORMS)
    with tempfile.TemporaryDirectory(prefix="layerwise-recorded-") as made, download_server():
        with removed_at_the_end(engine, IMAGES) as leavings:
            bench = _record(options.keep or Path(made), platforms, leavings)
        if options.records:
            options.records.write_bytes(b"".join(_lines(bench)))
    return 0


def _lines(bench: Bench) -> Iterator[bytes]:
    """The records, the first build first, as builds of a project that is named for the example."""
    with open_store(bench.store) as store:
        for record in reversed(store.records(project_of(bench.repository), limit=len(SCENARIOS))):
            yield msgspec.json.encode(replace(record, project="montage")) + b"\n"


def _record(directory: Path, platforms: tuple[str, ...], leavings: Leavings) -> Bench:
    bench = _bench(directory, platforms)
    before = bench.predicted()
    after: dict[str, float] = {}
    for number, scenario in enumerate(SCENARIOS):
        if number == KNOWN:
            after = bench.predicted()
        bench.change(scenario)
        print(f"\n{scenario}", flush=True)
        bench.build()
        leavings.pushed(f"{IMAGES}:latest")
    names = list(SCENARIOS)
    for scenario in ("cold", "code"):
        bench.say("report", f"^{len(names) - 1 - names.index(scenario)}")
    bench.say("report")
    bench.say("builds")
    bench.say("analyze")
    _dominant(bench, platforms)
    print("\nSeconds of a build, all platforms at once; an error is predicted over measured, less one\n")
    print(errors(before, after, dict(zip(SCENARIOS, bench.measured(), strict=True))))
    print("\nThe profile holds the cold and the unchanged build; the other rows it had not seen.")
    return bench


def _bench(directory: Path, platforms: tuple[str, ...]) -> Bench:
    engine = Engine.of(os.environ)
    repository = directory / "montage"
    write_history(plan_history(read_example(), 150), repository)
    ensure_base(engine, platforms)
    scope = uuid.uuid4().hex[:12]
    command = (
        *("docker", "buildx", "build", "--progress=quiet", "--push", f"--platform={','.join(platforms)}"),
        f"--tag={engine.image(f'{IMAGES}:latest')}",
        *Scope(scope).options(),  # the engine's cache is neither used nor pruned
        *build_arguments(engine, platforms),
    )
    store = f"sqlite:///{directory / 'builds.db'}"
    os.environ["LAYERWISE_STORE"] = store
    return Bench(repository, store, platforms, command)


def _dominant(bench: Bench, platforms: Sequence[str]) -> None:
    """Print which steps of the cold build dominate each platform."""
    cold = layerwise("report", f"^{len(SCENARIOS) - 1}", "--format=json", cwd=bench.repository)
    document = json.loads(cold.stdout)
    for platform in document["platforms"]:
        if platform["platform"] not in platforms:
            continue
        steps = [step for step in platform["steps"] if step["duration_s"]]
        total = sum(step["duration_s"] for step in steps)
        print(f"\n{platform['platform']}, cold: {total:.1f} s of steps")
        for step in sorted(steps, key=lambda step: -step["duration_s"])[:6]:
            share = step["duration_s"] / total
            print(f"  {step['duration_s']:8.1f} s {share:6.1%}  line {step['line']:<3} {step['instruction'][:80]}")


def errors(before: Mapping[str, float], after: Mapping[str, float], measured: Mapping[str, float]) -> str:
    """A table: what each scenario took, and what was predicted of it without and with a profile."""
    lines = [f"{'scenario':12}{'measured':>10}{'prior':>10}{'error':>8}{'profile':>10}{'error':>8}"]
    for scenario, name in SCENARIOS.items():
        seconds = measured[scenario]
        pairs = (f"{one[name]:10.1f}{one[name] / seconds - 1:+8.0%}" for one in (before, after))
        lines.append(f"{scenario:12}{seconds:10.1f}{''.join(pairs)}")
    return "\n".join(lines)


def predictions(repository: Path, store: str, platforms: tuple[str, ...]) -> dict[str, float]:
    """Predicted seconds of each scenario, all platforms at once, with what a store knows."""
    analysis = measured_project(Wanted(str(repository), platforms=platforms), store).analysis
    return {scenario.name: analysis.scenario_s(scenario) for scenario in analysis.facts.scenarios}


def _append(path: Path, line: str) -> None:
    with path.open("a") as stream:
        stream.write(line)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
