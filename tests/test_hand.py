"""The parts of dev.hand that need no engine."""

import json
import os
from pathlib import Path

import dev.hand
import pytest
from dev import programs
from dev.hand import change, document
from dev.hand_app import ADDED, CODE, REQUIREMENTS, SOURCES, application, history
from dev.hand_table import HAND, ORIGINAL, OURS, VARIANTS, Built, accounts, is_within, step_seconds, table
from dev.public_build import Compared

LOG = """\
#0 building with "default" instance using docker driver
#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 300B done
#1 DONE 0.0s
#2 [packages 2/2] RUN pip install -r requirements.txt
#2 0.512 Collecting numpy
#2 ...
#3 [stage-1 2/3] RUN apt-get update
#3 DONE 12.3s
#2 [packages 2/2] RUN pip install -r requirements.txt
#2 9.100 done
#2 DONE 20.4s
#4 exporting to image
#4 exporting layers 2.5s done
#4 DONE 3.1s
#5 [stage-1 3/3] WORKDIR /app
#5 CACHED
"""


def test_the_application_has_its_source_files_and_not_the_hand_tuned_dockerfile() -> None:
    files = application()
    assert sum(path.startswith("reel/") for path in files) == SOURCES
    assert "Dockerfile" in files
    assert "Dockerfile.hand" not in files
    assert len([line for line in files[REQUIREMENTS].splitlines() if "==" in line]) == 14


def test_every_source_file_compiles() -> None:
    for path, text in application().items():
        if path.endswith(".py"):
            compile(text, path, "exec")


def test_the_history_ends_at_the_present_content() -> None:
    present = application()
    last = {path: text for commit in history(present) for path, text in commit.files}
    assert last == present


def test_the_history_touches_requirements_and_source_apart() -> None:
    later = list(history(application()))[1:-1]
    touched = [[path for path, _ in commit.files] for commit in later]
    assert touched.count([REQUIREMENTS]) == 4
    assert all(len(paths) == 1 for paths in touched)


@pytest.mark.parametrize(
    ("ours_s", "hand_s", "within"),
    [(0.7, 0.5, True), (0.75, 0.5, False), (44, 40, True), (44.1, 40, False), (10, 40, True)],
)
def test_a_row_is_within_a_tenth_or_a_fifth_of_a_second(ours_s: float, hand_s: float, within: bool) -> None:
    assert is_within(ours_s, hand_s) is within


def test_the_steps_of_a_plain_log_come_longest_first_under_their_names() -> None:
    assert step_seconds(LOG) == [
        ("[packages 2/2] RUN pip install -r requirements.txt", 20.4),
        ("[stage-1 2/3] RUN apt-get update", 12.3),
        ("exporting to image", 3.1),
    ]


def test_the_table_takes_medians_and_only_rows_that_fall_short_get_an_account() -> None:
    def row(hand: float, ours: float) -> dict[str, list[Built]]:
        seconds = {ORIGINAL: (90.0,), HAND: (hand,), OURS: (ours, 1000.0, 1.0)}
        return {name: [Built(one, LOG) for one in taken] for name, taken in seconds.items()}

    rows = {"cold": row(20.0, 30.0), "unchanged": row(30.0, 30.0)}
    assert [line.split()[-1] for line in table(rows)] == ["within", "no", "yes"]
    said = list(accounts(rows))
    assert said[0] == "\ncold, hand-tuned: 20.00 s"
    assert "\ncold, ours: 30.00 s" in said
    assert not any("unchanged" in line for line in said)
    assert document(rows)["unchanged"] == {
        "seconds": {ORIGINAL: [90.0], HAND: [30.0], OURS: [30.0, 1000.0, 1.0]},
        "within": True,
    }


def test_a_scenario_changes_what_its_name_says(tmp_path: Path) -> None:
    for path in (CODE, REQUIREMENTS):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("x\n")
    change("unchanged", tmp_path)
    assert (tmp_path / CODE).read_text() == "x\n"
    change("code+args", tmp_path)
    assert (tmp_path / CODE).read_text() == "x\n# another line\n"
    assert (tmp_path / REQUIREMENTS).read_text() == "x\n"
    change("pip", tmp_path)
    assert (tmp_path / REQUIREMENTS).read_text() == f"x\n{ADDED}"


FAKE_DOCKER = """\
#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
echo '#1 [1/1] RUN true' >&2
echo '#1 DONE 0.1s' >&2
"""


def test_each_variant_builds_its_own_file_in_a_scope_of_its_own_that_is_new_in_each_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    docker = tmp_path / "docker"
    docker.write_text(FAKE_DOCKER)
    docker.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)
    monkeypatch.setenv("LAYERWISE_REGISTRY", "localhost:1")  # undone at the end, though main sets it too
    monkeypatch.setattr(programs, "engine_environment", lambda: {"PATH": path, "LAYERWISE_REGISTRY": "localhost:1"})
    monkeypatch.setattr(dev.hand, "compared", lambda *_: Compared((), 0, 1))
    monkeypatch.setattr(dev.hand, "ROOM_GB", 0)
    saved = tmp_path / "out.json"
    assert dev.hand.main(["--no-verify", "--runs=2", "--scenario=pip", f"--json={saved}"]) == 0
    written = json.loads(saved.read_text())
    assert list(written) == ["cold", "pip"]
    assert {name: len(seconds) for name, seconds in written["pip"]["seconds"].items()} == dict.fromkeys(VARIANTS, 2)
    builds = [call.split() for call in (tmp_path / "calls").read_text().splitlines() if "buildx build" in call]
    assert "--no-cache" in builds.pop(0)  # the one that is recorded
    assert len(builds) == 2 * 2 * 3
    scopes = [next(word for word in call if word.startswith("--add-host")) for call in builds]
    assert len(set(scopes)) == 2 * 3
    files = [next(word for word in call if word.startswith("--file")).rpartition("/")[2] for call in builds]
    assert files[:3] == ["Dockerfile", "Dockerfile.hand", "Dockerfile.ours"]
    assert files[6:9] == ["Dockerfile.hand", "Dockerfile.ours", "Dockerfile"]  # of the second run
    out = capsys.readouterr().out
    assert "manifest-first" in out
    assert "images of original and ours: the same" in out


def test_a_disk_with_little_room_is_not_built_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(programs, "engine_environment", lambda: {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    (tmp_path / "docker").write_text("#!/bin/sh\n")
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setattr(dev.hand, "ROOM_GB", 10**9)
    assert dev.hand.main(["--no-verify"]) == 3
    assert "not building original" in capsys.readouterr().err


def test_a_file_that_does_not_build_ends_with_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)
    monkeypatch.setattr(programs, "engine_environment", lambda: {"PATH": path})
    (tmp_path / "docker").write_text("#!/bin/sh\nexit 5\n")
    (tmp_path / "docker").chmod(0o755)
    assert dev.hand.main(["--no-verify"]) == 3
    assert "layerwise record -- docker buildx build" in capsys.readouterr().err
