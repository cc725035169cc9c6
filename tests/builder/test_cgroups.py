"""Both versions on made trees: what the kernel itself does is in tests/docker/test_cgroups.py."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from layerwise.builder.cgroup_files import find_hierarchy, find_roots
from layerwise.builder.cgroups import Sample, Sampler, is_local

ID = "i6q5vwb4v4jclr9goxhxyp7i3"
OTHER = "onia22lq34r3kbsu2kx7gli1m"
DOCKERS = "3413aa74fd2ff75f15b32438dce58a63b73bc04c4bd476ca7ab54c12da6a43d4"


class Tree:
    """A directory that looks like mounted control groups, and one like /proc."""

    def __init__(self, directory: Path, version: int) -> None:
        self.mounted, self.processes, self.version = directory / "cgroup", directory / "proc", version
        for name in ("cpuacct", "memory") if version == 1 else (".",):
            (self.mounted / name).mkdir(parents=True)
        if version == 2:
            (self.mounted / "cgroup.controllers").write_text("cpu memory\n")

    def write(self, group: str, *, cpu_s: float, memory: int, **files: str) -> None:
        self._put("cpuacct", group, "cgroup.procs", files.get("processes", ""))
        if self.version == 1:
            self._put("memory", group, "memory.max_usage_in_bytes", f"{memory}\n")
            self._put("cpuacct", group, "cpuacct.usage", f"{round(cpu_s * 1e9)}\n")
        else:
            self._put("", group, "memory.current" if "current" in files else "memory.peak", f"{memory}\n")
            self._put("", group, "cpu.stat", f"usage_usec {round(cpu_s * 1e6)}\nuser_usec 1\n")

    def remove(self, group: str) -> None:
        for controller in ("cpuacct", "memory") if self.version == 1 else ("",):
            for file in (self.mounted / controller / group).iterdir():
                file.unlink()
            (self.mounted / controller / group).rmdir()

    def process(self, number: int, namespaces: str, *command: str) -> None:
        place = self.processes / str(number)
        place.mkdir(parents=True, exist_ok=True)
        _whole(place / "cmdline", "".join(f"{word}\0" for word in command))
        _whole(place / "status", f"Name:\tsh\nNSpid:\t{namespaces}\nNSpgid:\t{namespaces}\n")

    def sampler(self, endpoint: str = "") -> Sampler:
        return Sampler(endpoint, mounted=self.mounted, processes=self.processes)

    def _put(self, controller: str, group: str, name: str, text: str) -> None:
        place = self.mounted / (controller if self.version == 1 else "") / group
        place.mkdir(parents=True, exist_ok=True)
        _whole(place / name, text)


def _whole(path: Path, text: str) -> None:
    written = path.with_name("new")
    written.write_text(text)
    written.rename(path)


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "the sampler did not get there"
        time.sleep(0.005)


def watched(sampler: Sampler) -> list[Sample]:
    return [one.sample() for one in sampler._live.values()]


@pytest.fixture(params=[1, 2])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Tree:
    return Tree(tmp_path, request.param)


@pytest.mark.parametrize(
    "group",
    [
        f"docker/buildkit/{ID}",
        f"layerwise-5035/buildkit/{ID}",
        f"docker/buildx/{DOCKERS}/buildkit/{ID}",
        f"system.slice/system.slice:docker:{ID}",
        f"system.slice/docker-{ID}.scope",
    ],
)
def test_containers_of_buildkit_are_found_where_engines_put_them(tree: Tree, group: str) -> None:
    tree.write(group, cpu_s=1, memory=4096)
    hierarchy = find_hierarchy(tree.mounted)
    assert hierarchy is not None
    found = [one for root in find_roots(hierarchy) for one in hierarchy.containers(root)]
    assert [one.path for one in found] == [str(hierarchy.groups / group)]
    assert [(one.cpu_s(), one.memory_bytes()) for one in found] == [(1.0, 4096)]


@pytest.mark.parametrize(
    "group",
    [
        f"docker/{DOCKERS}",
        f"system.slice/docker-{DOCKERS}.scope",
        "system.slice/docker.service",
        f"buildkit/{ID}/buildkit.slice",
    ],
)
def test_other_groups_are_no_containers_of_buildkit(tree: Tree, group: str) -> None:
    tree.write(group, cpu_s=1, memory=4096)
    hierarchy = find_hierarchy(tree.mounted)
    assert hierarchy is not None
    found = [one.path for root in find_roots(hierarchy) for one in hierarchy.containers(root)]
    assert str(hierarchy.groups / group) not in found


def test_the_last_figures_count_and_the_memory_at_its_highest(tree: Tree) -> None:
    group = f"docker/buildkit/{ID}"
    with tree.sampler() as sampler:
        tree.write(group, cpu_s=0.5, memory=8000)
        until(lambda: [one.cpu_s for one in watched(sampler)] == [0.5])
        tree.write(group, cpu_s=1.25, memory=5000)
        until(lambda: watched(sampler)[0].cpu_s == 1.25)
        assert sampler.samples() == ()
        tree.remove(group)
        until(sampler.samples)
    (sample,) = sampler.samples()
    assert (sample.cpu_s, sample.peak_memory_bytes) == (1.25, 8000)
    assert (sample.resources.cpu_s, sample.resources.peak_memory_bytes) == (1.25, 8000)
    assert sample.resources.source == "cgroup"
    assert 0 < sample.ended - sample.began < 30


def test_without_a_kept_peak_the_highest_memory_seen_counts(tmp_path: Path) -> None:
    tree, group = Tree(tmp_path, 2), f"docker/buildkit/{ID}"
    with tree.sampler() as sampler:
        for cpu_s, memory in enumerate((1000, 9000, 2000)):
            tree.write(group, cpu_s=cpu_s, memory=memory, current="")
            until(lambda cpu_s=cpu_s: [one.cpu_s for one in watched(sampler)] == [cpu_s])
        tree.remove(group)
        until(sampler.samples)
    assert sampler.samples()[0].peak_memory_bytes == 9000


def test_memory_that_is_not_counted_is_not_known(tree: Tree) -> None:
    group = f"docker/buildkit/{ID}"
    tree.write(group, cpu_s=2, memory=0)
    for file in tree.mounted.rglob("memory.*"):
        file.unlink()
    with tree.sampler() as sampler:
        until(lambda: [one.cpu_s for one in watched(sampler)] == [2])
        tree.remove(group)
        until(sampler.samples)
    assert (sampler.samples()[0].cpu_s, sampler.samples()[0].peak_memory_bytes) == (2.0, None)


def test_the_command_is_that_of_the_first_process_once_runc_became_it(tree: Tree) -> None:
    group = f"docker/buildkit/{ID}"
    tree.process(40, "40\t7", "/bin/helper")
    tree.process(41, "41\t8\t1", "runc", "init")
    with tree.sampler() as sampler:
        tree.write(group, cpu_s=0, memory=0, processes="40\n41\n")
        until(lambda: sampler._live and next(iter(sampler._live.values())).process)
        assert watched(sampler)[0].command == ()
        tree.process(41, "41\t8\t1", "/bin/sh", "-c", "make\n")
        until(lambda: watched(sampler)[0].command)
        tree.process(41, "41\t8\t1", "make")
        time.sleep(0.1)
        tree.remove(group)
        until(sampler.samples)
    assert sampler.samples()[0].command == ("/bin/sh", "-c", "make\n")


def test_containers_side_by_side_are_kept_apart(tree: Tree) -> None:
    with tree.sampler() as sampler:
        tree.write(f"docker/buildkit/{ID}", cpu_s=1, memory=10)
        tree.write(f"docker/buildkit/{OTHER}", cpu_s=2, memory=20)
        until(lambda: sorted(one.cpu_s or 0 for one in watched(sampler)) == [1, 2])
        tree.remove(f"docker/buildkit/{OTHER}")
        until(sampler.samples)
        assert [one.cpu_s for one in watched(sampler)] == [1.0]
    assert [one.cpu_s for one in sampler.samples()] == [2.0]


@pytest.mark.parametrize("endpoint", ["ssh://user@host", "tcp://10.0.0.1:2376", "kubernetes://x", "npipe:////./pipe/d"])
def test_of_an_engine_on_another_machine_nothing_is_sampled(tree: Tree, endpoint: str) -> None:
    group = f"docker/buildkit/{ID}"
    tree.write(group, cpu_s=1, memory=10)
    with tree.sampler(endpoint) as sampler:
        time.sleep(0.1)
        assert watched(sampler) == []
        tree.remove(group)
    assert sampler.samples() == ()


def test_a_socket_of_this_machine_is_local() -> None:
    assert is_local("")
    assert is_local("unix:///var/run/docker.sock")


def test_without_control_groups_there_are_no_samples(tmp_path: Path) -> None:
    assert find_hierarchy(tmp_path) is None
    with Sampler(mounted=tmp_path) as sampler:
        pass
    assert sampler.samples() == ()


def test_a_first_step_is_watched_though_its_engine_made_no_group_before(tree: Tree) -> None:
    (tree.mounted / ("cpuacct" if tree.version == 1 else "") / "system.slice").mkdir()
    with tree.sampler() as sampler:
        time.sleep(0.1)
        tree.write(f"engine-of-mine/buildkit/{ID}", cpu_s=1, memory=1)
        began = time.time()
        until(lambda: watched(sampler))
    assert sampler._gone == []
    assert watched(sampler)[0].began - began < 0.5
