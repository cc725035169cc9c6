"""`layerwise build` with a docker that only plays recordings, and a registry in memory."""

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.builder.push.shop import PLATFORMS, Shop, pushed_by_buildx, shop
from tests.oci.layouts import digest
from tests.oci.memory import Memory, refused
from tests.oci.server import served

from layerwise.cli.main import run
from layerwise.records import BuildRecord
from layerwise.store import open_store

RECORDINGS = Path(__file__).parents[1] / "recordings"

DOCKER = f"""#!/bin/sh
# Plays a recorded build: `buildx build` begins one and says in its metadata file what it made.
value() {{ for word in "$@"; do case "$word" in "$name"=*) echo "${{word#*=}}" ;; esac; done; }}
case "$*" in
  "buildx inspect"*) cat "{RECORDINGS}/inspect/${{BUILDER:-containerd}}.txt" ;;
  "buildx build --help") cat "{RECORDINGS}/help/buildx-0.29.1.txt" ;;
  "buildx build"*)
    echo "$@" >>"$CALLS"
    platform=$(name=--platform; value "$@" | tr / -)
    ref="ref-$platform-$$"
    mkdir -p "$BUILDX_CONFIG/refs/default/default"
    echo "{{\\"LocalPath\\": \\"$(pwd)\\"}}" >"$BUILDX_CONFIG/refs/default/default/$ref"
    case "$*" in *rawjson*) cat "$RAW" >&2 ;; *) echo "said by docker" >&2 ;; esac
    [ -z "$SAYS" ] || echo "$SAYS" >&2
    [ -z "$GIVEN" ] || cat >>"$GIVEN"
    [ -z "$HANGS" ] || {{ trap 'exit 1' INT; echo ready >>"$HANGS"; while :; do sleep 0.05; done; }}
    code="${{CODE:-0}}"
    if [ -n "$FAILS" ] && ! [ -e "$FAILS" ]; then touch "$FAILS"; code=1; fi
    if [ "$code" = 0 ] && file=$(name=--metadata-file; value "$@") && [ -n "$file" ]; then
      echo "{{\\"containerimage.digest\\": \\"$(cat "$DIGESTS/$platform" 2>/dev/null)\\"," >"$file"
      echo " \\"buildx.build.ref\\": \\"default/default/$ref\\"}}" >>"$file"
    fi
    exit "$code" ;;
  "buildx history export"*) cp "$RECORD" "$7" ;;
  "buildx du"*) ;;
  *) echo "unknown: $*" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A directory with a Dockerfile, and a docker that plays the recording of several stages."""
    programs = tmp_path / "programs"
    programs.mkdir()
    docker = programs / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    (tmp_path / "digests").mkdir()
    settings = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "BUILDX_CONFIG": str(tmp_path / "buildx"),
        "DOCKER_CONFIG": str(tmp_path / "docker"),
        "RAW": str(RECORDINGS / "stages" / "live.rawjson"),
        "RECORD": str(RECORDINGS / "stages" / "record.dockerbuild"),
        "CALLS": str(tmp_path / "calls"),
        "DIGESTS": str(tmp_path / "digests"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "BUILDKIT_PROGRESS", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    here = tmp_path / "shop"
    here.mkdir()
    (here / "Dockerfile").write_text("FROM debian AS a\nRUN true\nFROM debian\nCOPY --from=a /etc/passwd /p\n")
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def registry(place):
    """A registry with the images that docker is going to have pushed."""
    with served(server=Memory()) as one:
        images = Shop(one)
        for platform in PLATFORMS:
            content = pushed_by_buildx(shop("1", platform))
            images.push(content, platforms=(platform,))
            (place.parent / "digests" / platform.replace("/", "-")).write_text(digest(content.manifest))
        yield images


def called() -> list[list[str]]:
    path = Path(os.environ["CALLS"])
    return [shlex.split(line)[2:] for line in path.read_text().splitlines()] if path.exists() else []


def said(capfd, *arguments: str) -> tuple[int, str, str]:
    capfd.readouterr()
    code = run(arguments)
    captured = capfd.readouterr()
    return code, captured.out, captured.err


def newest() -> BuildRecord:
    with open_store(os.environ["LAYERWISE_STORE"]) as store:
        return store.find("^", None)


def failed_push(place: Path, error: str) -> str:
    """A recording of nothing but a push that fails."""
    times = {"started": "2026-11-26T02:04:33Z", "completed": "2026-11-26T02:04:34Z"}
    event = {"digest": "sha256:" + "1" * 64, "name": "exporting to image", **times, "error": error}
    raw = place.parent / "raw"
    raw.write_text(json.dumps({"vertexes": [event]}) + "\n")
    return str(raw)


FULL = """\
import sys, tempfile
from layerwise.cli.main import run

def full(**_):
    raise OSError(28, "No space left on device")

tempfile.TemporaryDirectory = full
sys.exit(run(sys.argv[1:]))
"""


def test_where_a_build_can_not_begin_nobody_waits_for_it(place):
    command = [sys.executable, "-c", FULL, "build", "--push", "-t", "localhost:1/a:1", "."]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode
    assert "No space left on device" in ended.stderr
    assert not called()


def test_a_plain_build_is_one_call_whose_progress_is_shown_and_which_is_recorded(place, capfd):
    code, out, err = said(capfd, "build", "-t", "a", "--build-arg", "B=c", ".")
    assert (code, out) == (0, "")
    (call,) = called()
    assert call[0] == "--progress=rawjson"
    assert call[1].startswith("--metadata-file=")
    assert call[2:] == ["-t", "a", "--build-arg", "B=c", "."]
    assert "] RUN " in err
    assert "layerwise: recorded " in err
    with open_store(os.environ["LAYERWISE_STORE"]) as store:
        record = store.find("^", None)
        assert record.steps
        assert store.inputs(record.id) is not None


def test_the_context_is_the_current_directory(place, capfd):
    assert said(capfd, "build")[0] == 0
    assert called()[0][2:] == ["."]


@pytest.mark.parametrize("display", ["plain", "tty", "none", "rawjson"])
def test_a_display_that_the_user_names_is_buildx_s_own(place, capfd, display):
    code, _, err = said(capfd, "build", f"--progress={display}", ".")
    assert code == 0
    assert called()[0][0] == f"--progress={display}"
    assert "layerwise: recorded " in err


def test_a_quiet_build_says_nothing(place, capfd):
    code, _, err = said(capfd, "build", "-q", ".")
    assert (code, err) == (0, "said by docker\n")
    assert newest().steps


def test_a_metadata_file_of_the_user_s_is_written_by_buildx(place, capfd):
    (place.parent / "digests" / "").mkdir(exist_ok=True)
    code, _, _ = said(capfd, "build", "--metadata-file=m.json", ".")
    assert code == 0
    assert [word for word in called()[0] if word.startswith("--metadata")] == ["--metadata-file=m.json"]
    assert "buildx.build.ref" in (place / "m.json").read_text()


def test_what_only_looks_is_docker_s_alone(place, capfd, monkeypatch):
    monkeypatch.setenv("CODE", "1")
    code, _, err = said(capfd, "build", "--check", ".")
    assert (code, err) == (1, "said by docker\n")
    assert called() == [["--check", "."]]


def test_a_failed_build_says_where_and_why(place, capfd, monkeypatch):
    monkeypatch.setenv("RAW", str(RECORDINGS / "failed" / "live.rawjson"))
    monkeypatch.setenv("RECORD", str(RECORDINGS / "failed" / "record.dockerbuild"))
    monkeypatch.setenv("CODE", "1")
    dockerfile = (RECORDINGS / "failed" / "Dockerfile").read_text()
    (place / "Dockerfile").write_text(dockerfile)
    code, _, err = said(capfd, "build", ".")
    assert code == 3
    (line,) = (line for line in err.splitlines() if line.startswith("layerwise: failed at "))
    number = int(line.partition("Dockerfile:")[2].partition(":")[0])
    assert dockerfile.splitlines()[number - 1].startswith("RUN ")
    assert "\n  | " in err
    assert "ERROR: failed to build: failed to solve: " in err
    assert err.splitlines()[-2].startswith("layerwise: recorded ")


@pytest.mark.parametrize(
    ("says", "code"),
    [
        ("unknown flag: --nope", 2),
        ("ERROR: docker: 'docker buildx build' requires 1 argument", 2),
        ("ERROR: Cannot connect to the Docker daemon at unix:///nope. Is the docker daemon running?", 4),
    ],
)
def test_buildx_s_own_words_stand_where_nothing_was_built(place, capfd, monkeypatch, says, code):
    monkeypatch.setenv("RAW", os.devnull)
    monkeypatch.setenv("RECORD", os.devnull)
    monkeypatch.setenv("SAYS", says)
    monkeypatch.setenv("CODE", "125" if code == 2 else "1")
    found, _, err = said(capfd, "build", ".")
    assert (found, err) == (code, f"{says}\n")


def test_a_push_of_two_platforms_is_two_calls_and_one_move_of_the_tag(registry, capfd):
    name = str(registry.reference("1"))
    code, out, err = said(capfd, "build", "--platform", ",".join(PLATFORMS), "-t", name, "--push", ".")
    assert (code, out) == (0, ""), err
    assert sorted(word for call in called() for word in call if word.startswith("--platform")) == [
        "--platform=linux/amd64",
        "--platform=linux/arm64",
    ]
    assert set(registry.images("1")) == set(PLATFORMS)
    record = newest()
    (move,) = record.tags
    assert (move.tag, move.result, move.before, move.now) == (name, "moved", "", registry.tags["1"])
    assert record.overheads[-1].name == "checking the images and moving their tags"
    assert "1 names sha256:" in err
    code, _, err = said(capfd, "build", "--platform", ",".join(PLATFORMS), "-t", name, "--push", ".")
    assert code == 0
    assert "names these images already" in err


def test_the_user_s_files_say_what_the_tag_names(registry, place, capfd):
    name = str(registry.reference("1"))
    options = ("--platform", ",".join(PLATFORMS), "-t", name, "--push", "--metadata-file", "m.json", "--iidfile", "iid")
    assert said(capfd, "build", *options, ".")[0] == 0
    assert json.loads((place / "m.json").read_text())["containerimage.digest"] == registry.tags["1"]
    assert (place / "iid").read_text() == registry.tags["1"]
    assert not any(word.startswith("--iidfile") for call in called() for word in call)


def test_a_quiet_push_prints_the_digest(registry, capfd):
    name = str(registry.reference("1"))
    code, out, _ = said(capfd, "build", "-q", "--platform", "linux/amd64", "-t", name, "--push", ".")
    assert (code, out) == (0, f"{registry.tags['1']}\n")


def test_a_push_that_failed_is_tried_again_and_its_steps_are_not(registry, place, capfd, monkeypatch):
    monkeypatch.setenv("RAW", failed_push(place, "failed to push: unexpected status from PUT request to x: 503"))
    monkeypatch.setenv("FAILS", str(place.parent / "failed-once"))
    monkeypatch.setattr("layerwise.builder.drive.progress.PAUSES_S", (0.01,))
    name = str(registry.reference("1"))
    code, _, err = said(capfd, "build", "--no-cache", "--platform", "linux/amd64", "-t", name, "--push", ".")
    assert code == 0, err
    first, second = called()
    assert ("--no-cache" in first, "--no-cache" in second) == (True, False)
    assert "the push failed" in err
    assert "1" in registry.tags


def test_a_registry_whose_disk_is_full_is_asked_what_buildx_does_not_say(registry, place, capfd, monkeypatch):
    monkeypatch.setenv("RAW", failed_push(place, "failed to push a/b:1: unknown: unknown error"))
    monkeypatch.setenv("CODE", "1")
    monkeypatch.setattr("layerwise.builder.drive.progress.PAUSES_S", ())
    done = registry.memory.done
    full = refused(500, "UNKNOWN", "write /var/lib/registry: no space left on device")
    monkeypatch.setattr(registry.memory, "done", lambda one: full if one.method == "POST" else done(one))
    name = str(registry.reference("1"))
    code, _, err = said(capfd, "build", "--platform", "linux/amd64", "-t", name, "--push", ".")
    assert code == 4
    assert f"{registry.reference().name}: {registry.memory.host} has no room for it" in err


def test_a_push_for_which_nobody_is_logged_in_is_made_once_and_says_how_to(registry, place, capfd, monkeypatch):
    monkeypatch.setenv("RAW", failed_push(place, "failed to push a/b:1: unauthorized"))
    monkeypatch.setenv("CODE", "1")
    done = registry.memory.done
    denied = refused(401, "UNAUTHORIZED", "authentication required")
    monkeypatch.setattr(registry.memory, "done", lambda one: denied if one.method == "POST" else done(one))
    name = str(registry.reference("1"))
    code, _, err = said(capfd, "build", "--platform", "linux/amd64", "-t", name, "--push", ".")
    assert (code, len(called())) == (4, 1)
    assert (
        f"takes it from nobody without a login (authentication required): `docker login {registry.memory.host}`" in err
    )


@pytest.mark.parametrize("option", ["--metadata-file", "--iidfile"])
def test_a_file_for_which_there_is_no_room_is_said_when_the_tag_has_moved_and_the_build_is_recorded(
    registry, capfd, option
):
    name = str(registry.reference("1"))
    options = ("--platform", ",".join(PLATFORMS), "-t", name, "--push")
    code, _, err = said(capfd, "build", *options, option, "/dev/full", ".")
    assert code == 4
    assert "layerwise: /dev/full can't be written (No space left on device): mend that; the same command writes" in err
    assert f"{name} names sha256:" in err
    assert newest().tags[0].result == "moved"


def test_an_image_for_the_wrong_architecture_gets_no_tag(registry, place, capfd):
    content = pushed_by_buildx(shop("2", "linux/amd64", machine="arm64"))
    registry.push(content, platforms=("linux/amd64",))
    (place.parent / "digests" / "linux-amd64").write_text(digest(content.manifest))
    name = str(registry.reference("1"))
    code, _, err = said(capfd, "build", "--platform", "linux/amd64", "-t", name, "--push", ".")
    assert code == 1
    assert "layerwise: no tag has moved" in err
    assert "1" not in registry.tags
    assert newest().tags[0].result == "refused"


def test_a_registry_that_is_not_there_at_the_end_is_the_environment_s_fault(registry, place, capfd):
    name = "127.0.0.1:1/shop:1"
    code, _, err = said(capfd, "build", "--platform", "linux/amd64", "-t", name, "--push", ".")
    assert code == 4
    assert "the images can't be checked" in err
    assert newest().steps


def test_one_platform_that_fails_ends_the_build_and_moves_nothing(registry, place, capfd, monkeypatch):
    monkeypatch.setenv("RAW", str(RECORDINGS / "failed" / "live.rawjson"))
    monkeypatch.setenv("RECORD", str(RECORDINGS / "failed" / "record.dockerbuild"))
    monkeypatch.setenv("CODE", "1")
    name = str(registry.reference("1"))
    code, _, err = said(capfd, "build", "--platform", ",".join(PLATFORMS), "-t", name, "--push", ".")
    assert code == 3
    assert "layerwise: no tag has moved; what was built is in the builder's cache" in err
    assert registry.tags == {}


def test_what_is_piped_in_goes_to_every_platform(registry, place, capfd, monkeypatch):
    given = place.parent / "given"
    monkeypatch.setenv("GIVEN", str(given))
    name = str(registry.reference("1"))
    command = ["build", "--platform", ",".join(PLATFORMS), "-t", name, "--push", "-f", "-", "."]
    done = subprocess.run(
        [sys.executable, "-m", "layerwise.cli", *command], input=b"FROM debian\n", capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert given.read_bytes() == b"FROM debian\n" * 2


def test_an_interrupt_cancels_every_platform_and_moves_no_tag(registry, place):
    ready = place.parent / "ready"
    environment = {**os.environ, "HANGS": str(ready)}
    name = str(registry.reference("1"))
    command = [
        sys.executable,
        "-m",
        "layerwise.cli",
        "build",
        "--platform",
        ",".join(PLATFORMS),
        "-t",
        name,
        "--push",
        ".",
    ]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stderr is not None
    while not ready.exists() or ready.read_text().count("ready") < 2:
        assert process.poll() is None
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "layerwise: interrupted: no tag has moved" in err
    assert "Traceback" not in err
    assert registry.tags == {}


def test_a_dry_run_shows_the_calls_and_makes_none(place, capfd):
    options = ("--platform", ",".join(PLATFORMS), "-t", "example.org/shop", "--push", "--cache", "registry")
    code, out, err = said(capfd, "build", "--dry-run", *options, ".")
    assert (code, err, called()) == (0, "", [])
    note, amd64, arm64 = out.splitlines()
    assert note == "# cache mode max (prior): steps of other stages are kept too; too few recorded builds to weigh it"
    assert amd64.startswith("docker buildx build --cache-from=type=registry,ref=example.org/shop:lw-cache-")
    assert "lw-linux-arm64" in arm64
    assert not Path(os.environ["LAYERWISE_STORE"].removeprefix("sqlite:///")).exists()


def test_the_configuration_says_what_the_command_line_does_not(place, capfd):
    (place / "layerwise.toml").write_text(
        'platforms = ["linux/amd64"]\ntarget = "a"\n[build]\ntags = ["example.org/shop:1"]\n'
        '[cache]\nkind = "registry"\nmode = "min"\nmain = "trunk"\n'
    )
    code, out, _ = said(capfd, "build", "--dry-run", "--push")
    assert code == 0
    words = shlex.split(out)
    assert "--target=a" in words
    assert any("shop:1.lw-linux-amd64" in word for word in words)
    assert any("-trunk-" in word for word in words if word.startswith("--cache-from="))
    assert any(",mode=min," in word for word in words)
    _, out, _ = said(capfd, "build", "--dry-run", "--push", "--cache", "none")
    assert "--cache-" not in out
    _, out, _ = said(capfd, "build", "--dry-run", "--push", "--cache-from", "example.org/x")
    assert "lw-cache" not in out


@pytest.mark.parametrize("text", ["linux/arm64", "=box", "linux/arm64="])
def test_a_node_is_a_platform_and_a_name(place, capfd, text):
    code, _, err = said(capfd, "build", "--node", text, ".")
    assert code == 2
    assert err == f"layerwise: --node {text}: write PLATFORM=NAME, as in linux/arm64=arm-box\n"


def test_a_builder_that_can_not_do_it_is_said_before_anything_starts(place, capfd, monkeypatch):
    monkeypatch.setenv("BUILDER", "graphdriver")
    code, _, err = said(capfd, "build", "-t", "example.org/shop", "--cache", "registry", ".")
    assert code == 4
    assert err.startswith("layerwise: builder default: the docker driver keeps no registry cache")
    assert called() == []


def test_a_flag_that_is_unknown_to_us_is_looked_up_and_goes_on(place, capfd):
    code, _, _ = said(capfd, "build", "--unheard-of", ".")
    assert code == 0
    assert called()[-1][2:] == ["--unheard-of", "."]


def test_help_is_ours(place, capfd):
    code, out, _ = said(capfd, "build", "--help")
    assert code == 0
    assert "[BUILDX OPTIONS] [PATH | URL | -]" in out
