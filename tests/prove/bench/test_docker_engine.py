"""What a bench asks docker for, with a docker that is a shell script; tests/docker/test_bench.py has a real one."""

from pathlib import Path

import pytest

from layerwise.builder.drive.command_line import parse
from layerwise.builder.drive.flags import BUILDX
from layerwise.builder.redact import Redactor
from layerwise.errors import BuilderError
from layerwise.prove.bench.docker_engine import DockerEngine
from layerwise.prove.bench.engine import Need, Order
from layerwise.recording.timed import Label
from layerwise.store import open_store

SCRIPT = """#!/bin/sh
echo "$*" >> {place}/calls
case "$*" in
    *"history export --help"*) echo "Usage: docker buildx history export";;
    "buildx inspect layerwise-bench-x") exit 1;;
    "buildx inspect"*) cat {place}/inspect;;
    "buildx du"*) cat {place}/du;;
    "context inspect"*) echo unix:///var/run/docker.sock;;
    info*) echo {root};;
esac
"""
DOCKER = "Name: default\nDriver: docker\n"
CONTAINER = 'Name: mine\nDriver: docker-container\nNodes:\nName: mine0\nDriver Options: image="moby/buildkit:v0.25.0" network="host"\n'
GC = "GC Policy rule#0:\n All: true\n Reserved Space: 1GiB\n"
RECORD = '{{"ID":"{name}","Size":"{size}","Description":"d","Type":"regular","CreatedAt":"2026-11-26 02:05:34 +0000 UTC","Shared":{shared}}}\n'
MANY = 10**15
LABEL = Label(project="shop", dockerfile="Dockerfile", context=".", commit="", bench="", scenario="")


class Docker:
    def __init__(self, place: Path) -> None:
        self.place = place
        (place / "bin").mkdir()
        self.says(DOCKER)
        self.root(str(place))

    def root(self, root: str) -> None:
        path = self.place / "bin" / "docker"
        path.write_text(SCRIPT.format(place=self.place, root=root))
        path.chmod(0o755)

    def says(self, inspected: str, held: str = "") -> None:
        for name, text in {"inspect": inspected, "du": held}.items():
            (self.place / name).write_text(text)

    @property
    def calls(self) -> list[str]:
        return (self.place / "calls").read_text().splitlines()

    def engine(self, *options: str) -> DockerEngine:
        environment = {"PATH": f"{self.place / 'bin'}:/usr/bin:/bin", "HOME": str(self.place)}
        store = open_store(f"sqlite:///{self.place}/builds.db")
        return DockerEngine(environment, parse(options, BUILDX), store, Redactor(b"key"), LABEL)


@pytest.fixture
def docker(tmp_path: Path) -> Docker:
    return Docker(tmp_path)


def record(name: str, size: str, *, shared: bool = False) -> str:
    return RECORD.format(name=name, size=size, shared=str(shared).lower())


def test_where_there_is_room_nothing_speaks_against_a_bench(docker):
    assert docker.engine().check(Need(10**9, 10**9)) == ()


def test_a_disk_that_is_too_small_is_a_reason_not_to_begin(docker):
    with pytest.raises(
        BuilderError, match=r"the bench needs about 1000000.0 GB of the engine's disk, of which .* free"
    ):
        docker.engine().check(Need(10**9, MANY))


def test_a_disk_that_is_not_ours_to_see_is_no_reason(docker):
    docker.root("/no/such/place")
    assert docker.engine().check(Need(10**9, MANY)) == ()


def test_what_garbage_collection_would_remove_is_said(docker):
    docker.says(DOCKER + GC, record("a", "900MB") + record("b", "5GB", shared=True))
    (warning,) = docker.engine().check(Need(3 * 10**8, 0))
    assert warning.startswith("the build cache holds 0.9 GB, the engine keeps 1.1 GB and the bench adds about 0.3 GB")
    assert docker.engine().check(Need(10**8, 0)) == ()


def test_a_bench_that_would_lose_what_it_has_built_is_not_begun(docker):
    docker.says(DOCKER + GC)
    with pytest.raises(BuilderError, match="it would lose what it has just built"):
        docker.engine().check(Need(10**9, 0))


@pytest.mark.parametrize(
    ("references", "options", "inspected", "why"),
    [
        (["debian:12"], (), DOCKER, ""),
        ([], (), DOCKER, "there is no base image"),
        ([f"debian@sha256:{'0' * 64}"], (), DOCKER, "every base is pinned by digest"),
        (["debian:12"], ("--pull",), DOCKER, "--pull takes the bases from their registry"),
        (["debian:12"], (), CONTAINER, "a builder of the driver docker-container does not see images made for a bench"),
    ],
)
def test_why_no_base_can_be_moved(docker, references, options, inspected, why):
    docker.says(inspected)
    found = docker.engine(*options).unmovable(references)
    assert found.startswith(why)
    assert bool(found) == bool(why)


def test_a_builder_of_its_own_is_made_as_the_current_one_was(docker):
    docker.says(CONTAINER)
    engine = docker.engine("--builder=mine")
    engine.own("layerwise-bench-x")
    made = "--driver docker-container --driver-opt image=moby/buildkit:v0.25.0 --driver-opt network=host --bootstrap"
    assert f"buildx create --name layerwise-bench-x {made}" in docker.calls
    assert "in a builder of its own" in engine.isolation
    engine.look(())
    assert "buildx du --format json --builder layerwise-bench-x" in docker.calls
    engine.disown("layerwise-bench-x")
    assert "buildx rm --force layerwise-bench-x" in docker.calls


def test_no_builder_of_its_own_can_be_made_as_the_engine_s_own_one_is(docker):
    with pytest.raises(BuilderError, match="whose driver is docker; choose one of the driver docker-container"):
        docker.engine().own("layerwise-bench-x")


def test_an_empty_builder_wants_a_cache(docker):
    assert "no --cache-from is given" in docker.engine().unfresh()
    assert docker.engine("--cache-from=type=registry,ref=a/b").unfresh() == ""


def order(place: Path, **more: object) -> Order:
    return Order(context=place, dockerfile=place / "Dockerfile", platform="linux/amd64", **more)


def test_a_build_is_asked_for_with_the_user_s_options_in_its_scope_under_a_name_of_its_own(docker, tmp_path):
    docker.engine("--secret=id=a").build(
        order(tmp_path, scope="lw1", tag="layerwise-bench:x", options=("--build-arg=A=1",))
    )
    assert docker.calls[-1] == (
        f"buildx build --progress=plain --secret=id=a --platform=linux/amd64 --file={tmp_path}/Dockerfile "
        "--add-host=lw1.layerwise.invalid:127.0.0.1 --build-arg=BUILDKIT_CACHE_MOUNT_NS=lw1 "
        f"--tag=layerwise-bench:x --load --build-arg=A=1 {tmp_path}"
    )


def test_the_user_s_own_output_is_left_as_it_is(docker, tmp_path):
    docker.engine("-o", "type=cacheonly").build(order(tmp_path, tag="layerwise-bench:x"))
    assert "--tag" not in docker.calls[-1]
    assert "-o type=cacheonly" in docker.calls[-1]


def test_a_base_image_is_built_without_the_user_s_options_by_his_builder(docker, tmp_path):
    docker.engine("--secret=id=a", "--builder=mine").build(order(tmp_path, plain=True))
    assert "--secret" not in docker.calls[-1]
    assert "--builder=mine" in docker.calls[-1]
    assert "--output=type=cacheonly" in docker.calls[-1]


def test_records_are_removed_by_their_ids_and_what_stays_is_counted(docker):
    docker.says(DOCKER, record("a", "1B") + record("b", "1B") + record("other", "1B"))
    assert docker.engine().remove(["a", "b", "gone"]) == 2, "this docker removes nothing"
    assert "buildx prune --all --force --filter id=^(a|b)$" in docker.calls


def test_a_buildx_that_exports_nothing_is_too_old(docker, tmp_path):
    (tmp_path / "bin" / "docker").write_text("#!/bin/sh\nexit 0\n")
    with pytest.raises(BuilderError, match=r"docker buildx 0\.23 or newer"):
        docker.engine().check(Need(0, 0))


def test_a_record_that_is_held_for_a_moment_is_asked_for_again_and_one_that_is_built_upon_is_not(docker, monkeypatch):
    monkeypatch.setattr("layerwise.prove.bench.docker_engine._PAUSE_S", 0)
    docker.says(DOCKER, record("a", "1B"))
    docker.engine().remove(["a"])
    asked = [call for call in docker.calls if "prune" in call]
    docker.says(DOCKER, record("a", "1B") + record("b", "1B").replace('"Type"', '"Parents":["a"],"Type"'))
    docker.engine().remove(["a"])
    assert (len(asked), len([call for call in docker.calls if "prune" in call])) == (5, 6)


def test_where_the_image_store_has_unpacked_a_base_it_is_said_what_others_may_lose(docker):
    docker.says(DOCKER, record("a", "1B", shared=True).replace('"d"', '""'))
    (warning,) = docker.engine().check(Need(0, 0))
    assert warning.startswith("the engine may forget cached steps of others")
