import os
from pathlib import Path

import pytest
from tests.builder.drive.inspected import DIRECTORY

from layerwise.builder.drive.places import Finder, Memory
from layerwise.errors import BuilderError

DOCKER = f"""#!/bin/sh
echo "$DOCKER_CONTEXT:$DOCKER_HOST $*" >>"$CALLS"
case "$*" in
  "context ls"*) printf 'default\\nbox\\n' ;;
  "buildx inspect") cat {DIRECTORY}/containerd.txt ;;
  "buildx inspect kube") cat {DIRECTORY}/kubernetes.txt ;;
  "buildx inspect idle") cat {DIRECTORY}/stopped.txt ;;
  *) echo 'ERROR: no builder "nob" found' >&2; exit 1 ;;
esac
"""


@pytest.fixture
def environment(tmp_path):
    program = tmp_path / "docker"
    program.write_text(DOCKER)
    program.chmod(0o755)
    return {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "CALLS": str(tmp_path / "calls"),
        "DOCKER_HOST": "unix:///here",
    }


def calls(environment) -> list[str]:
    path = Path(environment["CALLS"])
    return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def now():
    return [1000.0]


@pytest.fixture
def finder(environment, tmp_path, now):
    return Finder(environment, Memory(tmp_path / "state" / "builders.json", lambda: now[0]))


def test_a_builder_is_asked_once_an_hour(finder, environment, now):
    assert finder.one("").builder.driver == "docker"
    assert finder.one("").builder.driver == "docker"
    assert calls(environment) == [":unix:///here buildx inspect"]
    now[0] += 3601
    finder.one("")
    assert len(calls(environment)) == 2


def test_it_is_asked_again_where_the_set_up_has_changed(finder, environment, tmp_path):
    finder.one("")
    (tmp_path / ".docker" / "buildx").mkdir(parents=True)
    (tmp_path / ".docker" / "buildx" / "current").write_text("{}")
    finder.one("")
    assert len(calls(environment)) == 2
    finder.memory.forget()
    finder.one("")
    assert len(calls(environment)) == 3


def test_it_is_not_asked_again_where_buildx_wrote_the_same_anew(finder, environment, tmp_path):
    current = tmp_path / ".docker" / "buildx" / "current"
    current.parent.mkdir(parents=True)
    for moment in (1, 2):
        current.write_text("{}")
        os.utime(current, (moment, moment))
        finder.one("")
    assert len(calls(environment)) == 1


def test_one_that_does_not_run_is_not_remembered(finder, environment):
    finder.one("idle")
    finder.one("idle")
    assert len(calls(environment)) == 2


def test_a_memory_that_can_not_be_kept_is_none(environment, tmp_path):
    (tmp_path / "file").write_text("")
    finder = Finder(environment, Memory(tmp_path / "file" / "builders.json"))
    assert finder.one("").builder.driver == "docker"


def test_a_broken_memory_is_none(finder, environment):
    finder.memory.path.parent.mkdir()
    finder.memory.path.write_text("{")
    assert finder.one("").builder.name == "default"


def test_each_platform_has_its_builder_or_its_context(finder, environment):
    found = finder.several({"linux/amd64": "", "linux/arm64": "box", "linux/386": "kube", "linux/s390x": "box"})
    assert found["linux/386"].named == "kube"
    assert found["linux/386"].builder.driver == "kubernetes"
    assert found["linux/arm64"].named == ""
    assert found["linux/arm64"].environment["DOCKER_CONTEXT"] == "box"
    assert "DOCKER_HOST" not in found["linux/arm64"].environment
    assert found["linux/s390x"] is found["linux/arm64"]
    assert found["linux/amd64"].environment["DOCKER_HOST"] == "unix:///here"
    assert sorted(calls(environment))[:2] == [":unix:///here buildx inspect", ":unix:///here buildx inspect kube"]
    assert "box: buildx inspect" in calls(environment)


def test_contexts_are_asked_for_only_where_a_node_is_named(finder, environment):
    finder.several({"linux/amd64": "", "linux/arm64": ""})
    assert calls(environment) == [":unix:///here buildx inspect"]


def test_a_builder_that_is_not_there_is_named(finder):
    with pytest.raises(BuilderError, match='no builder "nob" found; `docker buildx ls` shows'):
        finder.one("nob")


def test_a_builder_may_be_taken_unasked(finder, environment):
    place = finder.unasked("maker")
    assert (place.named, place.builder.name, place.builder.native, calls(environment)) == ("maker", "maker", "", [])
