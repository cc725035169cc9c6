"""Builds and pushes examples/montage for amd64 and arm64 in five ways, and shows each: `python -m dev.platforms`.

In sequence, at once on one engine, on two engines as two nodes, unchanged, and on an engine that holds nothing but can
reach the registry's cache. Each is `layerwise build --push`, in a cache scope of its own, so that it is cold unless it
is meant not to be; its table is that of `layerwise report`. Both engines (`dev/engine up --arm64 --second`) run on this
machine and share its processors, and arm64 is emulated on both: what two nodes save elsewhere is not shown by this.
The images and the caches that were pushed go when it ends.
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
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from dev.leavings import removed_at_the_end
from dev.montage_history import plan_history, read_example, write_history
from dev.montage_stand_ins import Engine, build_arguments, download_server, ensure_base
from dev.programs import engine_environment, layerwise

from layerwise.builder.isolation import Scope

PLATFORMS = ("linux/amd64", "linux/arm64")
NODES = {"linux/amd64": "layerwise-first", "linux/arm64": "layerwise-second"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to build both platforms.

    Attributes:
        name: What the table calls it.
        scope: Ways with one scope may use each other's cache.
        calls: The options of each call of `layerwise build`, made one after the other.
    """

    name: str
    scope: str
    calls: tuple[tuple[str, ...], ...]


BOTH = f"--platform={','.join(PLATFORMS)}"
CACHED = ("--cache=registry", "--cache-mode=max")
WAYS = (
    Way(name="in sequence", scope="sequence", calls=tuple((f"--platform={one}",) for one in PLATFORMS)),
    Way(name="at once", scope="once", calls=((BOTH,),)),
    Way(name="two nodes", scope="nodes", calls=((BOTH, *(f"--node={one}={name}" for one, name in NODES.items())),)),
    Way(name="at once, cache sent out", scope="cached", calls=((BOTH, *CACHED),)),
    Way(name="unchanged", scope="cached", calls=((BOTH, *CACHED),)),
    Way(
        name="empty engine, cache of the registry",
        scope="cached",
        calls=((BOTH, *CACHED, *(f"--node={one}={NODES['linux/arm64']}" for one in PLATFORMS)),),
    ),
)


def main(argv: Sequence[str]) -> int:
    """Build in each way; gives 3 where a build fails, 4 without both engines."""
    options = _parser().parse_args(argv)
    environment = engine_environment()
    if isinstance(environment, str) or not _is_enough(environment):
        print("needs both engines and arm64: dev/engine up --arm64 --second", file=sys.stderr)
        return 4
    with tempfile.TemporaryDirectory(prefix="layerwise-platforms-") as made, ExitStack() as stack:
        directory = Path(made)
        os.environ.update(environment | {"LAYERWISE_STORE": f"sqlite:///{directory}/store.db"})
        os.environ["DOCKER_CONFIG"] = str(_contexts(directory, environment))
        engine = Engine.of(os.environ)
        ensure_base(engine, PLATFORMS)
        repository = directory / "montage"
        write_history(plan_history(read_example(), 150), repository)
        if options.dockerfile:
            shutil.copyfile(options.dockerfile, repository / "Dockerfile")
        stack.enter_context(removed_at_the_end(engine, *sorted({_repository(way) for way in WAYS})))
        stack.enter_context(download_server())
        run = uuid.uuid4().hex[:12]
        seconds: dict[str, float] = {}
        for way in WAYS:
            if options.way and way.name not in options.way:
                continue
            if way.name.startswith("empty"):
                _empty(NODES["linux/arm64"])
            spent = _built(way, engine, repository, run)
            if spent is None:
                return 3
            seconds[way.name] = spent
    print("\nBoth platforms pushed, seconds, measured, one run each\n")
    for name, spent in seconds.items():
        print(f"{name:38}{spent:8.1f}")
    return 0


def _is_enough(environment: Mapping[str, str]) -> bool:
    second = environment.get("LAYERWISE_SECOND_DOCKER_HOST")
    return bool(second) and "linux/arm64" in environment["LAYERWISE_PLATFORMS"]


def _repository(way: Way) -> str:
    return f"layerwise-platforms/{way.scope}"


def _contexts(directory: Path, environment: Mapping[str, str]) -> Path:
    """Make a configuration of docker with both engines as contexts; the user's has none of them then or later."""
    config = directory / "docker"
    config.mkdir()
    plugins = Path(environment.get("DOCKER_CONFIG") or Path.home() / ".docker") / "cli-plugins"
    if plugins.is_dir():
        (config / "cli-plugins").symlink_to(plugins)
    hosts = (environment["DOCKER_HOST"], environment["LAYERWISE_SECOND_DOCKER_HOST"])
    for name, host in zip(NODES.values(), hosts, strict=True):
        create = ["docker", "context", "create", name, "--docker", f"host={host}"]
        subprocess.run(create, env={**os.environ, "DOCKER_CONFIG": str(config)}, check=True, capture_output=True)
    return config


def _built(way: Way, engine: Engine, repository: Path, run: str) -> float | None:
    """Build in one way and show the reports; gives seconds, None where a build fails."""
    print(f"\n== {way.name}", flush=True)
    spent = 0.0
    for options in way.calls:
        command = ["--push", *options, f"--tag={engine.image(f'{_repository(way)}:{run}')}"]
        command += Scope(f"{run}-{way.scope}").options()  # the engine's cache is neither used nor pruned
        command += [*build_arguments(engine, PLATFORMS), f"--build-arg=GIT_COMMIT={'0' * 40}", "."]
        os.sync()  # what the build before has yet to write is not charged to this one
        begun = time.monotonic()
        done = layerwise("build", *command, cwd=repository, stderr=subprocess.PIPE, check=False)
        spent += time.monotonic() - begun
        ours = [line for line in done.stderr.splitlines() if line.startswith("layerwise: ")]
        print(*(ours if done.returncode == 0 else [done.stderr[-4000:]]), sep="\n", flush=True)
        if done.returncode:
            return None
        layerwise("report", cwd=repository, stdout=None)
    return spent


def _empty(context: str) -> None:
    """Take every build cache from the second engine, and say what it holds then."""
    environment = {name: value for name, value in os.environ.items() if name != "DOCKER_HOST"}
    docker = ["docker", "--context", context]
    prune = [*docker, "buildx", "prune", "-a", "-f"]
    subprocess.run(prune, check=True, capture_output=True, env=environment)
    shown = [*docker, "system", "df", "--format={{json .}}"]
    answer = subprocess.run(shown, check=True, capture_output=True, text=True, env=environment).stdout
    held = {row["Type"]: row["Size"] for row in map(json.loads, answer.splitlines())}
    print(f"\nthe empty engine holds: images {held['Images']}, build cache {held['Build Cache']}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dev.platforms", description=__doc__)
    parser.add_argument("--dockerfile", type=Path, metavar="FILE", help="build this one instead of the example's own")
    parser.add_argument("--way", action="append", choices=[way.name for way in WAYS], help="only this; repeatable")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
