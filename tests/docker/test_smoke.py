"""What `verify --smoke` loads into the engine's store is gone afterwards, and what was there before is not."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from tests.docker.engine import Engine

DOCKERFILE = "FROM {base}\nLABEL smoke={once}\nRUN echo {once} >/once\nENTRYPOINT cat\n"


class Shop:
    """An image in an archive under a name, and what the engine keeps."""

    def __init__(self, engine: Engine, directory: Path) -> None:
        self.engine, self.directory, self.tag = engine, directory, f"layerwise-test/smoke:{uuid4().hex[:12]}"
        self.archive = directory / "image.tar"
        self.platform = engine.platforms[0]
        self.build(self.archive)

    def build(self, archive: Path, platform: str = "", form: str = "oci") -> None:
        base = self.engine.image("debian:bookworm-slim")
        dockerfile = DOCKERFILE.format(base=base, once=self.tag.rpartition(":")[2])
        output = f"type={form},dest={archive},name={self.tag}"
        extra = ("--provenance=false",)
        self.engine.build(
            self.directory, dockerfile=dockerfile, platform=platform or self.platform, output=output, extra=extra
        )

    def verify(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "layerwise.cli", "verify", str(self.archive), *arguments, "--format=json"]
        return subprocess.Popen(
            command,
            env=self.engine.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # so that an interrupt reaches docker too, as at a terminal
        )

    def images(self) -> set[str]:
        shown = self.engine.docker("image", "ls", "--all", "--no-trunc", "--format={{.Repository}}:{{.Tag}} {{.ID}}")
        return {line for line in shown.splitlines() if "smoke" in line}

    def containers(self) -> set[str]:
        shown = self.engine.docker("ps", "--all", "--format={{.Names}} {{.Image}}")
        return {line for line in shown.splitlines() if "layerwise-smoke" in line}


@pytest.fixture
def shop(engine: Engine, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(engine, tmp_path)
    yield shop
    if any(line.startswith(f"{shop.tag} ") for line in shop.images()):
        engine.docker("image", "rm", shop.tag)


@pytest.mark.parametrize("command", ["cat /once", "false", "no-such-program"])
def test_what_was_loaded_is_gone_whatever_the_command_does(shop: Shop, command: str) -> None:
    before = shop.images()
    process = shop.verify(str(shop.archive), "--smoke", command)
    out, err = process.communicate(timeout=120)
    (run,) = json.loads(out)["smoke"]
    assert run["a"]["exit_code"] == {"cat /once": 0, "false": 1, "no-such-program": 127}[command], err
    if command == "cat /once":
        assert run["a"]["output"] == run["b"]["output"] == f"{shop.tag.rpartition(':')[2]}\n"
    assert shop.images() == before
    assert not shop.containers()


def test_an_image_of_that_content_that_was_there_stays(shop: Shop) -> None:
    shop.engine.docker("load", f"--input={shop.archive}")
    before = shop.images()
    assert any(line.startswith(f"{shop.tag} ") for line in before)
    shop.verify(str(shop.archive), "--smoke", "true").communicate(timeout=120)
    assert shop.images() == before
    assert shop.engine.docker("run", "--rm", "--entrypoint=cat", shop.tag, "/once")


def test_an_interrupt_leaves_no_image_and_no_container(shop: Shop) -> None:
    before = shop.images()
    process = shop.verify(str(shop.archive), "--smoke", "sleep 100")
    give_up = time.monotonic() + 60
    while not shop.containers() and time.monotonic() < give_up:
        time.sleep(0.2)
    assert shop.containers()
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert shop.images() == before
    assert not shop.containers()


def test_a_directory_and_a_docker_archive_are_run_too(shop: Shop) -> None:
    layout, other = shop.directory / "layout", shop.directory / "docker.tar"
    layout.mkdir()
    subprocess.run(["tar", "--extract", f"--file={shop.archive}", f"--directory={layout}"], check=True)
    shop.build(other, form="docker")
    before = shop.images()
    for name in (f"oci:{layout}", str(other)):
        process = shop.verify(name, "--smoke", "cat /once")
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert json.loads(out)["smoke"][0]["b"]["exit_code"] == 0
    assert shop.images() == before


def test_each_platform_is_run(shop: Shop) -> None:
    if len(shop.engine.platforms) == 1:
        pytest.skip("the base images are those of one platform")
    shop.archive = shop.directory / "platforms.tar"
    shop.build(shop.archive, ",".join(shop.engine.platforms))
    before = shop.images()
    out, err = shop.verify(str(shop.archive), "--smoke", "uname -m").communicate(timeout=120)
    machines = {run["platform"]: run["a"]["output"].strip() for run in json.loads(out)["smoke"]}
    assert machines == {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}, err
    assert shop.images() == before
