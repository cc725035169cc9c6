import http.server
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from dev.programs import DEV_ENGINE
from tests.docker.engine import BuildFailed, Engine


@pytest.fixture
def server() -> Iterator[int]:
    class Hello(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"hello from the tests")

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def _needs(engine: Engine, platform: str) -> None:
    if platform not in engine.platforms:
        pytest.skip(f"no base images for {platform}; `dev/engine up --arm64` makes them")


def test_a_second_up_changes_nothing(engine: Engine) -> None:
    before = subprocess.check_output([DEV_ENGINE, "env", "--json"])
    started = engine.docker("info", "--format", "{{.ID}} {{.ServerVersion}}")
    subprocess.run([DEV_ENGINE, "up"], check=True, capture_output=True)
    assert subprocess.check_output([DEV_ENGINE, "env", "--json"]) == before
    assert engine.docker("info", "--format", "{{.ID}} {{.ServerVersion}}") == started


@pytest.mark.parametrize(("platform", "machine"), [("linux/amd64", "x86_64"), ("linux/arm64", "aarch64")])
def test_a_build_step_runs_on_its_platform(engine: Engine, tmp_path: Path, platform: str, machine: str) -> None:
    _needs(engine, platform)
    text = f'FROM {engine.image("debian:bookworm-slim")}\nRUN test "$(uname -m)" = {machine}\n'
    engine.build(tmp_path, dockerfile=text, platform=platform, extra=["--no-cache"])


def test_one_build_serves_both_platforms(engine: Engine, tmp_path: Path) -> None:
    _needs(engine, "linux/arm64")
    text = f"FROM {engine.image('python:3.12-slim')}\nRUN python -c 'print(1)' && pip --version\n"
    built = engine.build(tmp_path, dockerfile=text, platform=("linux/amd64", "linux/arm64"), extra=["--no-cache"])
    assert sum(name.startswith("RUN") for name in built.executed) == 2


def test_a_step_that_ran_is_cached_the_next_time(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    text = f"FROM {engine.image('debian:bookworm-slim')}\nCOPY file /file\nRUN cat /file\n"
    instructions = ("COPY file /file", "RUN cat /file")
    assert engine.build(tmp_path, dockerfile=text, extra=["--no-cache"]).executed == instructions
    again = engine.build(tmp_path, dockerfile=text)
    assert (again.executed, set(again.cached)) == ((), set(instructions))


def test_a_failed_build_tells_its_error(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match="exit code: 3"):
        engine.build(tmp_path, dockerfile=f"FROM {engine.image('debian:bookworm-slim')}\nRUN exit 3\n")


@pytest.mark.parametrize(
    ("image", "step"),
    [
        ("debian:bookworm-slim", "apt-get update && apt-get install -y --no-install-recommends hello && hello"),
        ("python:3.11-slim", "pip install six && python -c 'import six'"),
        ("python:3.12-slim", "pip install six && python -c 'import six'"),
        ("node:20", "npm install -g is-odd && node -e \"require('/usr/local/lib/node_modules/is-odd')\""),
    ],
)
def test_a_package_manager_reaches_its_registry(engine: Engine, tmp_path: Path, image: str, step: str) -> None:
    engine.build(tmp_path, dockerfile=f"FROM {engine.image(image)}\nRUN {step}\n", extra=["--no-cache"])


def test_build_steps_reach_the_network_without_host_networking(engine: Engine, tmp_path: Path) -> None:
    text = f"FROM {engine.image('debian:bookworm-slim')}\nRUN apt-get update -o APT::Update::Error-Mode=any\n"
    engine.build(tmp_path, dockerfile=text, extra=["--no-cache", "--network=default"])


def test_a_build_step_reaches_a_server_of_the_tests(engine: Engine, tmp_path: Path, server: int) -> None:
    url = f"http://{engine.host_loopback}:{server}/"
    step = f"python -c \"from urllib.request import urlopen; print(urlopen('{url}', timeout=5).read())\""
    engine.build(tmp_path, dockerfile=f"FROM {engine.image('python:3.12-slim')}\nRUN {step}\n", extra=["--no-cache"])


def test_an_image_is_pushed_and_comes_back(engine: Engine, tmp_path: Path) -> None:
    if not engine.registry:
        pytest.skip("the engine that was reachable has no registry to push to")
    name = engine.image("tests/pushed:1")
    text = f"FROM {engine.image('debian:bookworm-slim')}\nRUN echo pushed >/mark\n"
    engine.build(tmp_path, dockerfile=text, output=f"type=image,name={name},push=true")
    assert engine.docker("run", "--rm", "--network=host", "--pull=always", name, "cat", "/mark") == "pushed\n"


def test_downloaded_packages_are_thrown_away_as_in_debians_images(engine: Engine, tmp_path: Path) -> None:
    install = "apt-get update && apt-get install -y --no-install-recommends hello"
    text = f"FROM {engine.image('debian:bookworm-slim')}\nRUN {install} && ! ls /var/cache/apt/archives/*.deb\n"
    engine.build(tmp_path, dockerfile=text, extra=["--no-cache"])
