"""`layerwise optimize --verify` with a docker that only hands out images."""

import json
import os
from pathlib import Path

import pytest
from tests.oci.layouts import File, image, layout, write_tar

DOCKERFILE = "FROM node:20\nWORKDIR /srv\nCOPY . .\nRUN npm install\n"
FILES = {
    "Dockerfile": DOCKERFILE,
    "package.json": '{"name": "shop", "dependencies": {"express": "^4"}}',
    "package-lock.json": '{"lockfileVersion": 3, "packages": {"": {"dependencies": {"express": "^4"}}, "node_modules/express": {}}}',
    "app/main.py": "",
}
DOCKER = """#!/bin/sh
[ "$2" = inspect ] && exit 0
echo "$*" >> {place}/calls
for word; do case "$word" in
    --output=*) archive="${{word##*dest=}}" ;;
    --file=*) file="${{word#--file=}}" ;;
esac; done
{then}
cp {place}/one.tar "$archive"
"""
REWRITTEN = 'grep -q "COPY package" "$file"'


@pytest.fixture
def node(empty, tmp_path, monkeypatch):
    """A repository with a rewrite that waits for a proof, and a store of its own."""
    empty.commit(FILES, "Begin")
    empty.grow(3)
    monkeypatch.setenv("LAYERWISE_STORE", f"sqlite:///{tmp_path}/builds.db")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    write_tar(tmp_path / "one.tar", layout(image([File("etc/name", b"one")])))
    write_tar(tmp_path / "other.tar", layout(image([File("etc/name", b"two")])))
    return empty


def docker(place: Path, monkeypatch: pytest.MonkeyPatch, then: str = "") -> None:
    (place / "bin").mkdir(exist_ok=True)
    path = place / "bin" / "docker"
    path.write_text(DOCKER.format(place=place, then=then))
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}/usr/bin:/bin")


def edits(repository, *arguments: str) -> list[dict]:
    return json.loads(repository.call("optimize", "--only", "manifest-first", "--format", "json", *arguments).out)[
        "edits"
    ]


def test_what_waits_for_a_proof_says_how_to_get_one(node):
    out = node.call("optimize").out
    assert "Not applied (equivalent, after proof): manifest-first, line 3" in out
    assert "`layerwise optimize --verify` builds it and applies it where the image stays the same" in " ".join(
        out.split()
    )
    assert not (node.root.parent / "builds.db").exists()


def test_a_proof_is_remembered_and_the_edit_says_since_when(node, tmp_path, monkeypatch):
    docker(tmp_path, monkeypatch)
    called = node.call("optimize", "--verify", "--write")
    assert called.code == 0
    assert "layerwise: building Dockerfile as it stands\n" in called.err
    assert "layerwise: building Dockerfile with manifest-first at line 3\n" in called.err
    assert "layerwise: manifest-first: the images are the same, " in called.err
    assert "1. manifest-first  line 3, equivalent, after proof, proved 20" in called.out
    assert "COPY package-lock.json package.json ./\nRUN npm install\nCOPY . .\n" in node.dockerfile.read_text()


def test_the_next_plan_applies_it_without_a_build(node, tmp_path, monkeypatch):
    docker(tmp_path, monkeypatch)
    node.call("optimize", "--verify")
    docker(tmp_path, monkeypatch, "exit 1")
    (edit,) = edits(node)
    assert (edit["safety"], edit["proof"]["verdict"]) == ("equivalent, after proof", "equal")
    assert edit["proof"]["when"].startswith("20")
    assert "no rewrite waits for a proof" in node.call("optimize", "--verify").err
    assert "proved 20" in node.call("optimize", "--format", "md").out
    before, after = (line.split()[-3:] for line in node.call("replay").out.splitlines()[-2:-1] * 2)
    assert before == after


def test_without_the_store_nothing_is_proved(node, tmp_path, monkeypatch):
    docker(tmp_path, monkeypatch)
    node.call("optimize", "--verify")
    assert edits(node, "--store", f"sqlite:///{tmp_path}/none.db") == []


def test_a_rewrite_that_changes_the_image_is_refused_from_then_on(node, tmp_path, monkeypatch):
    docker(tmp_path, monkeypatch, f'{REWRITTEN} && {{ cp {tmp_path}/other.tar "$archive"; exit 0; }}')
    called = node.call("optimize", "--verify", "--verbose")
    assert called.code == 0
    assert "layerwise: manifest-first: /etc/name differs in content on linux/amd64, 20" in called.err
    assert "showed that it changes the image: /etc/name differs in content" in " ".join(called.out.split())
    assert edits(node) == []
    assert "--no-cache" in (tmp_path / "calls").read_text()


def test_a_rewritten_file_that_does_not_build_is_refused_with_what_docker_said_last(node, tmp_path, monkeypatch):
    docker(tmp_path, monkeypatch, f'{REWRITTEN} && {{ echo "token=hunter2hunter2 npm ERR! no" >&2; exit 1; }}')
    called = node.call("optimize", "--verify")
    assert called.code == 0
    assert "manifest-first: the rewritten file does not build: " in called.err
    assert "npm ERR! no" in called.err
    assert edits(node) == []


def test_a_file_that_does_not_build_as_it_stands_is_exit_code_3(node, tmp_path, monkeypatch):
    docker(tmp_path, monkeypatch, "exit 1")
    called = node.call("optimize", "--verify")
    assert (called.code, called.out) == (3, "")
    assert called.err.endswith("layerwise: Dockerfile does not build: docker ended with 1\n")
    assert [one for one in edits(node) if "proof" in one] == []


@pytest.mark.parametrize("then", [None, '[ "$2" = inspect ] && { echo "ERROR: no daemon" >&2; exit 1; }'])
def test_without_an_engine_it_is_exit_code_4_with_the_way_out(node, tmp_path, monkeypatch, then):
    docker(tmp_path, monkeypatch)
    path = tmp_path / "bin" / "docker"
    if then is None:
        path.unlink()
        (path.parent / "git").symlink_to("/usr/bin/git")
        monkeypatch.setenv("PATH", str(path.parent))
    else:
        path.write_text(f"#!/bin/sh\n{then}\n")
    called = node.call("optimize", "--verify")
    assert (called.code, called.out) == (4, "")
    assert "--verify builds the file, and " in called.err
    assert "start Docker or choose a builder with `docker buildx use`, or leave --verify out" in called.err


def test_where_nothing_waits_no_engine_is_needed(repository, tmp_path, monkeypatch):
    docker(tmp_path, monkeypatch, "exit 1")
    called = repository.call("optimize", "--verify", "--only", "late-args")
    assert (called.code, called.err) == (0, "layerwise: no rewrite waits for a proof\n")


def test_options_behind_the_dashes_go_to_buildx(node, tmp_path, monkeypatch):
    docker(tmp_path, monkeypatch)
    node.call("optimize", "--platform", "linux/arm64", "--verify", "--", "--network=host", "--secret=id=token")
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len(calls) == 2
    assert all("--platform=linux/arm64 --network=host --secret=id=token" in call for call in calls)


def test_the_network_of_the_team_s_builds_is_that_of_the_proof_s_unless_another_is_asked_for(
    node, tmp_path, monkeypatch
):
    node.commit({"compose.yaml": "services:\n  app:\n    build: {context: ., network: host}\n"})
    docker(tmp_path, monkeypatch)
    for asked, passed in (((), "host"), (("--network", "none"), "none"), (("--network=default",), None)):
        node.call("optimize", *asked, "--verify", "--store", f"sqlite:///{tmp_path}/{passed}.db")
        calls = (tmp_path / "calls").read_text().splitlines()
        (tmp_path / "calls").unlink()
        assert len(calls) == 2
        assert {word for call in calls for word in call.split() if word.startswith("--network")} == (
            {f"--network={passed}"} if passed else set()
        )
