"""Plans examples/montage, then builds it before and after on a real engine: `python -m dev.demo`.

Prints measured seconds for a cold build, an unchanged one, one source line changed, a new commit id, and both, and
whether both images hold the same files. With ``--verify``, edits that need a proof are built, judged and applied too.
With ``--push`` a build is recorded first, so that the plan is by measured seconds, and both files are pushed, as CI
does, the rewritten one with the build settings that the plan names. With ``--runs`` all of it is built anew so often,
the other file first in every second round, and the figures are medians; what the rounds leave has to fit on the disk.
Asked for, it updates a pip requirement, the conda environment or a global npm package as well, and keeps the log of
each build for ``layerwise import``, both Dockerfiles and the seconds. When it ends, its images go. Nothing is
simulated; what the registries here lack has a stand-in (examples/montage/README.md says which).
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from dev.leavings import Leavings, removed_at_the_end
from dev.montage_history import plan_history, read_example, write_history
from dev.montage_stand_ins import Engine, build_arguments, download_server, ensure_base
from dev.programs import engine_environment, layerwise

from layerwise.builder.isolation import Scope

CODE = "src/montage/cli.py"
IMAGES = "layerwise-demo"
_FIRST = "0" * 40
SCENARIOS = ("cold", "unchanged", "code", "args", "code+args")
UPDATES = {
    "pip": ("requirements.txt", lambda text: f"{text}# updated\n"),
    "conda": ("environment.yml", lambda text: f"{text}# updated\n"),
    "npm": ("Dockerfile", lambda text: text.replace("parcel@2.12.0", "parcel@2.13.0")),
}
"""What a scenario of dependencies changes: a file of the context, or a line of both Dockerfiles."""


@dataclass(slots=True)
class Variant:
    """One of the two Dockerfiles: the context it builds and what it measured."""

    name: str
    dockerfile: Path
    context: Path
    scope: str = ""
    commit: str = _FIRST
    settings: tuple[str, ...] = ()
    seconds: dict[str, list[float]] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        """The image it builds."""
        return f"{IMAGES}:{self.name}"

    def anew(self, repository: Path, text: str) -> None:
        """Take the files as they were before the first change, and nothing of what was built."""
        shutil.rmtree(self.context, ignore_errors=True)
        shutil.copytree(repository, self.context, symlinks=True)
        self.dockerfile.write_text(text)
        self.scope, self.commit = f"{uuid.uuid4().hex[:12]}-{self.name}", _FIRST

    def median(self, scenario: str) -> float:
        """The median of its builds of a scenario, in seconds."""
        return statistics.median(self.seconds[scenario])

    def updated(self, scenario: str) -> tuple[Path, str]:
        """The file that a scenario of dependencies changes, and what is in it then.

        Raises:
            SystemExit: It would change nothing, so the build would be an unchanged one under another name.
        """
        name, update = UPDATES[scenario]
        file = self.dockerfile if name == "Dockerfile" else self.context / name
        before = file.read_text()
        after = update(before)
        if after == before:
            sys.exit(f"the scenario {scenario} changes nothing in {file}, of the variant {self.name}")
        return file, after


def main(argv: Sequence[str]) -> int:
    """Run the demo and give its exit code."""
    options = _parser().parse_args(argv)
    environment = engine_environment()
    with tempfile.TemporaryDirectory(prefix="layerwise-demo-") as made, ExitStack() as stack:
        directory = Path(made)
        repository = directory / "montage"
        write_history(plan_history(read_example(), 150), repository)
        if not options.kept:
            layerwise("optimize", "--diff", ".", cwd=repository, stdout=None)
        if isinstance(environment, str):
            print(f"\nNo Docker engine here, so a plan is all that can be shown: {environment}")
            return 0
        os.environ.update(environment)
        leavings = stack.enter_context(removed_at_the_end(Engine.of(os.environ), IMAGES))
        stack.enter_context(download_server())
        variants = _variants(directory, repository, options)
        asked = ("cold", *options.scenario) if options.scenario else SCENARIOS
        scenarios = [name for name in (*SCENARIOS, *UPDATES) if name in asked]
        for variant in variants:
            for scenario in UPDATES.keys() & scenarios:
                variant.updated(scenario)  # fails here rather than after an hour of builds
        if options.logs:
            keep_dockerfiles(variants, options.logs)
        print(f"\nBuilding both on {options.platform}", flush=True)
        texts = [variant.dockerfile.read_text() for variant in variants]
        for round_ in range(options.runs):
            for variant, text in zip(variants, texts, strict=True) if round_ else ():
                variant.anew(repository, text)
            _measure(variants[:: -1 if round_ % 2 else 1], options, scenarios, leavings)
        different = _compare(variants, options.platform, directory)
    for line in table(variants, options.platform):
        print(line)
    if options.logs:
        keep_seconds(variants, options.logs, options.platform, pushed=options.push)
    return different


def _variants(directory: Path, repository: Path, options: argparse.Namespace) -> tuple[Variant, Variant]:
    text, settings = _kept(options.kept) if options.kept else _plan(directory, repository, options)
    original = Variant("original", directory / "Dockerfile.original", directory / "context-original")
    rewritten = Variant(
        "rewritten", directory / "Dockerfile.rewritten", directory / "context-rewritten", settings=settings
    )
    original.anew(repository, (repository / "Dockerfile").read_text())
    rewritten.anew(repository, text)
    return original, rewritten


def _kept(directory: Path) -> tuple[str, tuple[str, ...]]:
    """Give the rewritten Dockerfile and the build settings that an earlier run kept."""
    seconds = json.loads((directory / "seconds.json").read_text())
    return (directory / "Dockerfile.rewritten").read_text(), tuple(seconds["settings"]["rewritten"])


def _plan(directory: Path, repository: Path, options: argparse.Namespace) -> tuple[str, tuple[str, ...]]:
    """Plan as it is asked for; gives the rewritten Dockerfile and the build settings."""
    demand, store = ["--format=json", "."], directory / "store.db"
    if options.verify:
        engine = Engine.of(os.environ)
        ensure_base(engine, [options.platform])
        demand += ["--verify", f"--platform={options.platform}", "--"]
        demand += [*build_arguments(engine, [options.platform]), f"--build-arg=GIT_COMMIT={_FIRST}"]
    if options.push:
        _record(repository, options.platform, store)
    plan = json.loads(layerwise("optimize", *demand, cwd=repository, store=store).stdout)
    edits = (f"{edit['pass']} (line {edit['line']}, {edit['safety']})" for edit in plan["edits"])
    settings = (f"{one['option']} ({one['basis']})" for one in plan["settings"].values()) if options.push else ()
    print("\nBuilt with:", *edits, *settings, sep="\n  ")
    return plan["dockerfile"], tuple(one["option"] for one in plan["settings"].values())


def _record(repository: Path, platform: str, store: Path) -> None:
    engine = Engine.of(os.environ)
    ensure_base(engine, [platform])
    print("\nRecording a build without the cache", flush=True)
    build = ["docker", "buildx", "build", "--progress=quiet", "--no-cache", "--provenance=false", "--push"]
    build += [f"--platform={platform}", f"--tag={engine.image(f'{IMAGES}:recorded')}"]
    build += [*build_arguments(engine, [platform]), f"--build-arg=GIT_COMMIT={_FIRST}", "."]
    layerwise("record", "--", *build, cwd=repository, store=store)


def _measure(
    variants: Sequence[Variant], options: argparse.Namespace, scenarios: Sequence[str], leavings: Leavings
) -> None:
    engine, platform, logs = Engine.of(os.environ), options.platform, options.logs
    ensure_base(engine, [platform])
    arguments = build_arguments(engine, [platform])
    for scenario in scenarios:
        for variant in variants:
            if "code" in scenario:
                with (variant.context / CODE).open("a") as source:
                    source.write(f"# {scenario}\n")
            if scenario in UPDATES:
                file, text = variant.updated(scenario)
                file.write_text(text)
            if "args" in scenario:
                variant.commit = uuid.uuid5(uuid.NAMESPACE_URL, scenario).hex
            output = _pushed(engine, variant) if options.push else ()
            seconds, log = _build(variant, platform, arguments, *output)
            variant.seconds.setdefault(scenario, []).append(seconds)
            if options.push:
                leavings.pushed(variant.tag)
            if logs:
                (logs / f"{scenario}-{variant.name}.log").write_text(log)
            print(f"  {scenario:10} {variant.name:10} {seconds:7.1f} s", flush=True)


def _pushed(engine: Engine, variant: Variant) -> tuple[str]:
    """How a variant is pushed: the original as `--push` does, the rewritten one with its settings."""
    name = f"name={engine.image(variant.tag)}"
    return (f"--output={','.join(('type=image', name, 'push=true', *variant.settings))}",)


def _build(variant: Variant, platform: str, arguments: Sequence[str], *output: str) -> tuple[float, str]:
    """Build a variant and give its seconds and its log."""
    command = [
        *("docker", "buildx", "build", "--progress=plain", "--provenance=false", f"--platform={platform}"),
        *Scope(variant.scope).options(),  # the engine's cache is neither used nor pruned
        *(f"--build-arg=GIT_COMMIT={variant.commit}", *arguments, f"--file={variant.dockerfile}"),
        *(output or (f"--tag={variant.tag}",)),
        str(variant.context),
    ]
    # The build before this one left gigabytes that the kernel has not written yet. Written now, they are not charged to
    # this build, whose turn is always the same: the rewritten file would pay for what the original one left.
    os.sync()
    start = time.monotonic()
    built = subprocess.run(command, check=False, capture_output=True, text=True)
    if built.returncode:
        sys.exit(f"{variant.name} does not build:\n{built.stderr[-4000:]}")
    return time.monotonic() - start, built.stderr


def _compare(variants: tuple[Variant, Variant], platform: str, directory: Path) -> int:
    """Export both images of the last scenario and let `layerwise verify` judge them; gives its exit code."""
    arguments = build_arguments(Engine.of(os.environ), [platform])
    archives = []
    for variant in variants:
        archives.append(str(directory / f"{variant.name}.tar"))
        _build(variant, platform, arguments, f"--output=type=oci,dest={archives[-1]}")
    print("\nImages after the last build", flush=True)
    return layerwise("verify", *archives, stdout=None, check=False).returncode


def table(variants: tuple[Variant, Variant], platform: str) -> Iterator[str]:
    """Yield the lines of the table; its last column is the guide's: how much less than the original's cold build."""
    original, rewritten = variants
    runs = len(original.seconds["cold"])
    yield f"\n{platform}, seconds, measured, {'one run each' if runs == 1 else f'medians of {runs} runs'}\n"
    yield f"{'scenario':12}{'original':>10}{'rewritten':>11}{'ratio':>8}{'than the original cold':>24}"
    cold = original.median("cold")
    for scenario in original.seconds:
        before, after = original.median(scenario), rewritten.median(scenario)
        yield f"{scenario:12}{before:10.1f}{after:11.1f}{before / after:7.1f}x{1 - after / cold:18.1%} less"
    for variant in variants:
        for scenario, seconds in variant.seconds.items() if runs > 1 else ():
            yield f"{variant.name} {scenario}: {', '.join(f'{one:.1f}' for one in seconds)}"


def keep_dockerfiles(variants: Sequence[Variant], directory: Path) -> None:
    """Keep the Dockerfiles as the cold builds take them."""
    directory.mkdir(parents=True, exist_ok=True)
    for variant in variants:
        shutil.copyfile(variant.dockerfile, directory / f"Dockerfile.{variant.name}")


def keep_seconds(variants: Sequence[Variant], directory: Path, platform: str, *, pushed: bool) -> None:
    """Keep the table as JSON."""
    table = {
        "platform": platform,
        "pushed": pushed,
        "basis": "measured",
        "runs": len(variants[0].seconds["cold"]),
        "settings": {variant.name: variant.settings if pushed else () for variant in variants},
        "seconds": {variant.name: variant.seconds for variant in variants},
    }
    (directory / "seconds.json").write_text(json.dumps(table, indent=2) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dev.demo", description=__doc__)
    parser.add_argument("--platform", default="linux/amd64")
    parser.add_argument(
        "--scenario", action="append", choices=(*SCENARIOS, *UPDATES), help="only these, cold always first; repeatable"
    )
    parser.add_argument("--kept", type=Path, metavar="DIR", help="plan nothing: build what an earlier --logs DIR kept")
    parser.add_argument("--runs", type=int, default=1, help="so many rounds, each from an empty cache (default: 1)")
    parser.add_argument("--push", action="store_true", help="push both images, the rewritten one as the plan says")
    parser.add_argument(
        "--logs", type=Path, metavar="DIR", help="keep each build's plain log, both Dockerfiles and the seconds"
    )
    parser.add_argument("--verify", action="store_true", help="build and judge the edits that need a proof, apply them")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
