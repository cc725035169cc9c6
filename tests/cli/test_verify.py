"""`layerwise verify` on images made by hand."""

import json
import os
import re
from pathlib import Path

import pytest
from tests.oci.layouts import File, image, layout, new_docker_archive, write_directory, write_tar

from layerwise.cli.main import run


def made(content: bytes = b"one"):
    return image([File("etc/name", content), File("bin/tool", b"#!/bin/sh")])


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_tar(tmp_path / "one.tar", layout(made()))
    write_tar(tmp_path / "same.tar", new_docker_archive(made()))
    write_tar(tmp_path / "other.tar", layout(made(b"two")))
    write_directory(tmp_path / "there", layout(made()))
    return tmp_path


def said(capsys, *arguments: str) -> tuple[int, str, str]:
    code = run(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("other", ["one.tar", "same.tar", "oci:there"])
def test_the_same_image_is_the_same_wherever_it_lies(place, capsys, other):
    code, out, _ = said(capsys, "verify", "one.tar", other)
    assert code == 0
    assert out.startswith("The images are the same.")


def test_a_difference_is_shown_and_is_exit_code_1(place, capsys):
    code, out, _ = said(capsys, "verify", "one.tar", "other.tar")
    assert code == 1
    assert "/etc/name  content" in out
    assert "-one" in out
    assert "+two" in out
    document = json.loads(said(capsys, "verify", "one.tar", "other.tar", "--format", "json")[1])
    assert (document["schema"], document["equal"], document["smoke"]) == ("layerwise.verify/1", False, [])
    assert [real["where"] for platform in document["platforms"] for real in platform["real"]] == ["/etc/name"]


def test_a_platform_that_an_image_does_not_have_is_named(place, capsys):
    code, _, err = said(capsys, "verify", "one.tar", "same.tar", "--platform", "linux/s390x")
    assert (code, err) == (2, "layerwise: one.tar has no linux/s390x; it has linux/amd64\n")


def test_a_platform_may_be_written_with_the_variant_that_is_usual(place, capsys):
    assert said(capsys, "verify", "one.tar", "same.tar", "--platform", "linux/amd64/v1")[0] == 0


def test_a_file_that_is_not_there_is_named(place, capsys):
    code, _, err = said(capsys, "verify", "one.tar", "gone.tar")
    assert code == 2
    assert err.startswith("layerwise: there is no file gone.tar; ")


def engine(place: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    docker = place / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(f"#!/bin/sh\n{script}\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}{os.pathsep}/usr/bin:/bin")


LOADS = """case "$1 $2" in
"image load") tar --extract --to-stdout manifest.json >>loaded;;
"image rm") echo "$3" >>removed;;
run*) number=$(grep -o Config loaded | wc -l); %s;;
esac"""
"""The store of an engine, whose images are A and then B; `number` says which it is."""


def names(path: Path) -> list[str]:
    return re.findall(r"layerwise-smoke:[0-9a-f]{32}", path.read_text())


def test_a_smoke_command_that_does_the_same_is_said(place, capsys, monkeypatch):
    engine(place, monkeypatch, LOADS % 'shift 6; echo "ran $*" | sed s/layerwise-smoke:[0-9a-f]*//')
    code, out, _ = said(capsys, "verify", "one.tar", "same.tar", "--smoke", "tool --version")
    assert code == 0
    assert "linux/amd64: the command does the same in both, exit code 0" in out
    assert len(set(names(place / "loaded"))) == 2
    assert names(place / "removed") == names(place / "loaded")


def test_a_smoke_command_that_differs_is_exit_code_1(place, capsys, monkeypatch):
    engine(place, monkeypatch, LOADS % "[ $number != 2 ] || exit 3")
    code, out, _ = said(capsys, "verify", "one.tar", "same.tar", "--smoke", "tool")
    assert code == 1
    assert "linux/amd64: the command does not do the same: exit code 0 in A, 3 in B" in out
    (place / "loaded").unlink()
    document = json.loads(said(capsys, "verify", "one.tar", "same.tar", "--smoke", "tool", "--format", "json")[1])
    assert not document["equal"]
    assert [(run["equal"], run["b"]["exit_code"]) for run in document["smoke"]] == [(False, 3)]


def test_a_directory_is_run_too(place, capsys, monkeypatch):
    engine(place, monkeypatch, LOADS % "true")
    code, out, _ = said(capsys, "verify", "oci:there", "one.tar", "--smoke", "tool")
    assert code == 0
    assert "the command does the same in both" in out
    assert names(place / "removed") == names(place / "loaded")


def test_an_image_that_docker_does_not_load_is_exit_code_4_and_says_why(place, capsys, monkeypatch):
    engine(place, monkeypatch, 'echo "no space left on device" >&2; exit 1')
    code, _, err = said(capsys, "verify", "one.tar", "same.tar", "--smoke", "tool")
    assert (code, err) == (4, "layerwise: docker can't load the image: no space left on device\n")


def test_dockerfiles_are_built_for_it(place, capsys, monkeypatch):
    (place / "Dockerfile").write_text("FROM scratch\n")
    engine(
        place, monkeypatch, f'for word; do case "$word" in *dest=*) cp {place}/one.tar "${{word##*dest=}}";; esac; done'
    )
    code, out, _ = said(capsys, "verify", "Dockerfile", "one.tar")
    assert code == 0
    assert "  A  Dockerfile" in out


def test_a_dockerfile_that_does_not_build_is_exit_code_3(place, capsys, monkeypatch):
    (place / "Dockerfile").write_text("FROM nowhere\n")
    engine(place, monkeypatch, "exit 1")
    code, _, err = said(capsys, "verify", "Dockerfile", "one.tar")
    assert (code, err) == (3, "layerwise: Dockerfile does not build: docker ended with 1\n")


def test_a_smoke_command_without_a_program_is_refused(place, capsys):
    assert said(capsys, "verify", "one.tar", "same.tar", "--smoke", " ")[0] == 2
