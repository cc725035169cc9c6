import time
from collections.abc import Mapping
from pathlib import Path
from platform import machine

import pytest
from tests.docker.engine import Engine

from layerwise.builder.cgroup_files import find_hierarchy
from layerwise.builder.cgroup_match import Executed, matched
from layerwise.builder.cgroups import Sample, Sampler

CGROUPS = Path("/sys/fs/cgroup")
MB = 1_000_000
INTERPRETER = 10 * MB
ALLOCATE = "b = bytearray(200_000_000); __import__('time').sleep(0.5)"
SPIN = "while __import__('time').process_time() < 1: pass"


@pytest.fixture(autouse=True)
def _needs_control_groups(engine: Engine) -> None:
    if find_hierarchy(CGROUPS) is None:
        pytest.skip("no control groups are mounted here")
    if not engine.docker_host.startswith("unix://") and engine.docker_host:
        pytest.skip("the engine is on another machine")


def sampled(
    engine: Engine,
    context: Path,
    steps: Mapping[str, str],
    *,
    shell: str = "/bin/sh",
    mounted: Path = CGROUPS,
    **build: str,
) -> dict[str, Sample]:
    """Build steps named for their scripts and return the samples that are theirs."""
    lines = [f"FROM {engine.image('python:3.11-slim')}", f'SHELL ["{shell}", "-c"]', f"ENV ONCE={time.time_ns()}"]
    lines += [f"RUN {script}" for script in steps.values()]
    with Sampler(engine.docker_host, mounted=mounted) as sampler:
        began = time.time()
        engine.build(context, dockerfile="\n".join(lines), **build)
        ended = time.time()
    runs = {name: Executed((shell, "-c", script), began, ended) for name, script in steps.items()}
    return matched(sampler.samples(), runs)


def test_memory_and_processor_time_go_to_the_step_that_used_them(engine: Engine, tmp_path: Path) -> None:
    steps = {"allocate": f'python3 -c "{ALLOCATE}"', "spin": f'python3 -c "{SPIN}"', "sleep": "sleep 1"}
    found = sampled(engine, tmp_path, steps)
    assert found.keys() == steps.keys()
    memory = {name: one.peak_memory_bytes or 0 for name, one in found.items()}
    assert memory["allocate"] == pytest.approx(200 * MB + INTERPRETER, rel=0.2)
    assert memory["sleep"] < 40 * MB
    cpu_s = {name: one.cpu_s or 0.0 for name, one in found.items()}
    assert cpu_s["spin"] == pytest.approx(1, rel=0.25)
    assert cpu_s["sleep"] < 0.2
    assert found["sleep"].ended - found["sleep"].began == pytest.approx(1, abs=0.5)


def test_a_shell_that_replaces_itself_is_noticed(engine: Engine, tmp_path: Path) -> None:
    found = sampled(engine, tmp_path, {"sleep": "sleep 1"}, shell="/bin/bash")
    assert found["sleep"].command in (("/bin/bash", "-c", "sleep 1"), ("sleep", "1"))


def test_the_same_command_for_two_platforms_at_once_is_told_apart(engine: Engine, tmp_path: Path) -> None:
    if machine() != "x86_64" or "linux/arm64" not in engine.platforms:
        pytest.skip("the engine emulates no platform")
    text = f'FROM {engine.image("python:3.11-slim")}\nENV ONCE={time.time_ns()}\nRUN python3 -c "{SPIN}"'
    with Sampler(engine.docker_host) as sampler:
        began = time.time()
        engine.build(tmp_path, dockerfile=text, platform=("linux/amd64", "linux/arm64"))
        ended = time.time()
    command = ("/bin/sh", "-c", f'python3 -c "{SPIN}"')
    runs = {str(emulated): Executed(command, began, ended, emulated=emulated) for emulated in (False, True)}
    found = matched(sampler.samples(), runs)
    assert found["False"].command == command
    assert "qemu" in found["True"].command[0]
    assert all((one.cpu_s or 0) > 0.9 for one in found.values())


def test_processor_time_is_read_from_version_2_as_well(engine: Engine, tmp_path: Path) -> None:
    mounted = next((one for one in (CGROUPS, CGROUPS / "unified") if (one / "cgroup.controllers").exists()), None)
    if mounted is None:
        pytest.skip("control groups of version 2 are not mounted here")
    found = sampled(engine, tmp_path, {"spin": f'python3 -c "{SPIN}"'}, mounted=mounted)
    assert found["spin"].cpu_s == pytest.approx(1, rel=0.25)
