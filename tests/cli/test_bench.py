"""`layerwise bench` as far as it goes without an engine; tests/docker/test_bench.py has one."""

import os
import signal
from types import SimpleNamespace

import pytest
from tests.report.benches import montage

from layerwise.builder.checkout import project_of
from layerwise.cli import bench
from layerwise.cli.benching import buildx_line, ended_in_order, seconds_of, with_line
from layerwise.errors import UsageError
from layerwise.project import Wanted
from layerwise.prove.bench.opening import home_of
from layerwise.store.place import state_directory


@pytest.fixture
def place(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERWISE_STORE", f"sqlite:///{tmp_path}/builds.db")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return repository


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1h", 3600), ("20m", 1200), ("20min", 1200), ("1h30m", 5400), ("90s", 90), ("90", 90), ("0.5h", 1800)],
)
def test_a_budget_is_a_time(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "1d", "h", "1h1h"])
def test_what_is_no_time_is_wrong_use(place, text):
    called = place.call("bench", "--budget", text)
    assert (called.code, called.out) == (2, "")
    assert "is no time; write 1h, 20m, 1h30m or 90s" in called.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--push"], "--push does not go with a bench: a bench changes what it builds"),
        (["--no-cache"], "it leaves nothing to measure"),
        (["--no-cache-filter=build"], "it leaves nothing to measure"),
        (["--call=check"], "a bench builds"),
        (["."], "'.' after `--` is no option; the build context is named before it"),
    ],
)
def test_options_that_do_not_go_with_a_bench_are_refused(words, why):
    with pytest.raises(UsageError, match=why.replace("(", r"\(")):
        buildx_line(words)


def test_what_follows_the_dashes_says_what_is_built_too():
    line = buildx_line(
        ["--build-arg", "A=1", "--build-context=b=docker-image://c", "--target=t", "--platform=linux/arm64"]
    )
    wanted = with_line(Wanted(build_args={"B": "2"}, platforms=("linux/amd64",)), line)
    assert wanted.build_args == {"A": "1", "B": "2"}
    assert wanted.contexts == {"b": "docker-image://c"}
    assert (wanted.target, wanted.platforms) == ("t", ("linux/amd64",))


def test_without_docker_the_environment_is_missing_something(place, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    called = place.call("bench")
    assert (called.code, called.out) == (4, "")
    assert "a bench builds, and there is no docker on the PATH" in called.err


def test_an_engine_that_is_not_up_is_no_reason_to_begin(place, monkeypatch, tmp_path):
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(
        "#!/bin/sh\n[ \"$2\" = du ] || exit 0\necho 'ERROR: Cannot connect to the Docker daemon' >&2\nexit 1\n"
    )
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}:/usr/bin:/bin")
    called = place.call("bench")
    assert (called.code, called.out) == (4, "")
    assert "a bench builds, and docker buildx du: Cannot connect to the Docker daemon; start Docker" in called.err


def test_a_scenario_that_nobody_knows_is_wrong_use(place):
    called = place.call("bench", "--scenario", "npm")
    assert (called.code, called.out) == (2, "")
    assert "no scenario is called 'npm'; there are cold, unchanged, code, deps:pip, " in called.err


def test_an_edit_of_a_scenario_that_nobody_knows_is_wrong_use(place):
    (place.root / "layerwise.toml").write_text('[scenarios.npm]\ncommand = "true"\n')
    called = place.call("bench")
    assert called.code == 2
    assert "layerwise.toml: no scenario is called 'npm'" in called.err


def test_there_is_nothing_to_clean_where_nothing_was_measured(place, monkeypatch, tmp_path):
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text("#!/bin/sh\nexit 0\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}:/usr/bin:/bin")
    called = place.call("bench", "--clean")
    assert (called.code, called.out, called.err) == (0, "", "layerwise: no bench has left anything\n")


@pytest.mark.parametrize("text", [None, "FROM\n", "COPY a b\n"])
def test_what_a_bench_left_goes_though_its_dockerfile_has_gone_or_is_broken(place, monkeypatch, tmp_path, text):
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text("#!/bin/sh\nexit 0\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}:/usr/bin:/bin")
    killed = home_of(state_directory(os.environ), project_of(place.root)) / "0123456789"
    killed.mkdir(parents=True)
    dockerfile = place.root / "Dockerfile"
    dockerfile.unlink() if text is None else dockerfile.write_text(text)
    called = place.call("bench", "--clean")
    assert (called.code, called.err) == (0, "layerwise: removed what 1 bench had left\n")
    assert not killed.exists()


def test_no_directory_is_none_to_clean(place):
    called = place.call("bench", "--clean", "nowhere")
    assert (called.code, called.out) == (2, "")
    assert "nowhere: no such directory" in called.err


def test_the_page_is_one_file(monkeypatch, tmp_path, capsys):
    asked = SimpleNamespace(style="json", svg=None, html=str(tmp_path / "bench.html"))
    bench._show(asked, montage())  # type: ignore[arg-type]
    page = (tmp_path / "bench.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "Predicted and measured" in page
    assert "wrote " in capsys.readouterr().err


def test_being_asked_to_end_is_an_interrupt_and_what_was_set_before_comes_back():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), ended_in_order():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before
