"""Trials with a docker that only copies archives, and notes how it was called."""

import os
from pathlib import Path

import pytest
from tests.analyses import NODE, analysis_of
from tests.oci.layouts import File, image, layout, write_tar

from layerwise.errors import BuildFailed
from layerwise.graph.context import Context
from layerwise.graph.request import Request
from layerwise.prove.arguments import values
from layerwise.prove.trials import Subject, Trials, build_options

TEXT = "FROM scratch\nCOPY src /\n"
DOCKER = """#!/bin/sh
echo "$*" >> {place}/calls
for word; do case "$word" in
    --output=*) archive="${{word##*dest=}}" ;;
    --file=*) file="${{word#--file=}}" ;;
esac; done
cp "$file" {place}/built
[ -f "$file.dockerignore" ] && cp "$file.dockerignore" {place}/ignored
{then}
"""
COPIES = 'if grep -q src "$file"; then cp {place}/one.tar "$archive"; else cp {place}/other.tar "$archive"; fi'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write_tar(tmp_path / "one.tar", layout(image([File("etc/name", b"one")])))
    write_tar(tmp_path / "other.tar", layout(image([File("etc/name", b"two"), File("etc/more", b"")])))
    (tmp_path / "context").mkdir()
    (tmp_path / "context" / "Dockerfile").write_text(TEXT)
    (tmp_path / "work").mkdir()
    return tmp_path


def trials(place: Path, monkeypatch: pytest.MonkeyPatch, then: str = COPIES, said: list[str] | None = None) -> Trials:
    (place / "bin").mkdir()
    docker = place / "bin" / "docker"
    docker.write_text(DOCKER.format(place=place, then=then.format(place=place)))
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place / 'bin'}{os.pathsep}/usr/bin:/bin")
    subject = Subject(place / "context" / "Dockerfile", place / "context", ("--target=web",))
    return Trials(subject, place / "work", (said if said is not None else []).append)


def calls(place: Path) -> list[str]:
    return (place / "calls").read_text().splitlines()


def test_the_same_image_is_equal_and_the_original_is_built_once(place, monkeypatch):
    said: list[str] = []
    made = trials(place, monkeypatch, said=said)
    for _ in range(2):
        found = made.compared(analysis_of("FROM scratch\nCOPY src /x\n"), "with an edit")
        assert (found.equal, found.why) == (True, "")
        assert found.images[0].startswith("sha256:")
        assert found.images[0] == found.images[1]
    assert [line.rpartition(" ")[0].rpartition("/")[2] for line in said] == [
        "Dockerfile as it",
        *["Dockerfile with an"] * 2,
    ]
    assert len(calls(place)) == 3
    assert all("--target=web" in call and call.endswith(str(place / "context")) for call in calls(place))
    assert not any("--no-cache" in call for call in calls(place))


READS = """FROM debian
ARG GIT_COMMIT
RUN echo "$GIT_COMMIT" > /version
"""
LATE = """FROM debian
RUN echo "$GIT_COMMIT" > /version
ARG GIT_COMMIT
"""
BUILDS_READS = """value=; for word; do case "$word" in --build-arg=GIT_COMMIT=*) value="$word" ;; esac; done
first=$(grep -n -m1 -e ARG -e RUN "$file")
if [ -n "$value" ] && [ "${{first#*ARG}}" = "$first" ]; then cp {place}/other.tar "$archive"
else cp {place}/one.tar "$archive"; fi"""


def test_an_argument_that_moved_below_its_reader_is_seen_for_it_has_a_value(place, monkeypatch):
    (place / "context" / "Dockerfile").write_text(READS)
    made = trials(place, monkeypatch, BUILDS_READS)
    assert made.compared(analysis_of(LATE), "with late-args").equal, "without a value nobody sees it"
    made = Trials(
        made.subject, place / "work", lambda _: None, values(analysis_of(READS, arguments={"GIT_COMMIT": 1.0}), {})
    )
    (place / "work" / "2").rename(place / "before")
    assert not made.compared(analysis_of(LATE), "with late-args").equal


def test_values_are_taken_back_where_the_file_as_it_stands_does_not_build_with_them(place, monkeypatch):
    said: list[str] = []
    made = trials(place, monkeypatch, f'case "$*" in *A=1*) exit 1 ;; esac\n{COPIES}', said)
    made.arguments = ("--build-arg=A=1",)
    assert made.compared(analysis_of("FROM scratch\nCOPY src /x\n"), "with an edit").equal
    assert said[1].endswith("as it stands, without values for build arguments")
    assert ["A=1" in call for call in calls(place)] == [True, False, False]


def test_another_image_is_told_by_its_first_difference(place, monkeypatch):
    found = trials(place, monkeypatch).compared(analysis_of("FROM scratch\n"), "with an edit")
    assert not found.equal
    assert found.why == "/etc/more differs in presence on linux/amd64, and 1 more differences"


def test_without_the_cache_both_are_built_anew(place, monkeypatch):
    made = trials(place, monkeypatch)
    for fresh in (False, True, True):
        made.compared(analysis_of("FROM scratch\nCOPY src /x\n"), "with an edit", fresh=fresh)
    assert ["--no-cache" in call for call in calls(place)] == [False, False, True, True, True]


def test_a_rewritten_file_that_does_not_build_is_told_with_its_last_lines(place, monkeypatch):
    made = trials(place, monkeypatch, f'grep -q bad "$file" && {{{{ echo "no such file" >&2; exit 1; }}}}\n{COPIES}')
    found = made.compared(analysis_of("FROM scratch\nRUN bad\n"), "with an edit")
    assert not found.equal
    assert found.why == "the rewritten file does not build: no such file"
    assert found.images[1] == ""


def test_a_file_that_does_not_build_as_it_stands_is_a_failed_build(place, monkeypatch):
    with pytest.raises(BuildFailed, match="Dockerfile does not build: docker ended with 7"):
        trials(place, monkeypatch, "exit 7").compared(analysis_of("FROM scratch\n"), "with an edit")


def test_a_build_that_the_user_interrupts_is_no_verdict_on_an_edit(place, monkeypatch):
    made = trials(place, monkeypatch, f'grep -q src "$file" || exit 130\n{COPIES}')
    with pytest.raises(KeyboardInterrupt):
        made.compared(analysis_of("FROM scratch\n"), "with an edit")


def test_only_the_image_of_the_file_as_it_stands_stays_on_the_disk(place, monkeypatch):
    made = trials(place, monkeypatch)
    for text in ("FROM scratch\nCOPY src /x\n", "FROM scratch\nCOPY src /y\n"):
        assert made.compared(analysis_of(text), "with an edit").verdict is not None
    assert [path.name for path in (place / "work").glob("*.tar")] == ["1.tar"]


def test_an_ignore_file_of_the_dockerfile_s_own_goes_with_the_rewritten_one(place, monkeypatch):
    (place / "context" / "Dockerfile.dockerignore").write_bytes(b"*.md\n")
    trials(place, monkeypatch).compared(analysis_of("FROM scratch\nCOPY src /x\n"), "with an edit")
    assert (place / "ignored").read_bytes() == b"*.md\n"


def test_another_ignore_file_is_the_one_that_counts(place, monkeypatch):
    analysis = analysis_of("FROM scratch\nCOPY src /\n", NODE)
    trials(place, monkeypatch).compared(analysis.rewritten("FROM scratch\nCOPY src /x\n", "*.log\n"), "with an edit")
    assert (place / "ignored").read_bytes() == b"*.log\n"


def test_bytes_that_are_no_utf_8_stay_as_they_are(place, monkeypatch):
    text = "FROM scratch\nCOPY src /\nLABEL a=caf\udce9\n"
    trials(place, monkeypatch).compared(analysis_of(text), "with an edit")
    assert (place / "built").read_bytes() == b"FROM scratch\nCOPY src /\nLABEL a=caf\xe9\n"


def test_what_was_asked_for_is_passed_on():
    request = Request(
        context=Context.from_paths({}),
        target="web",
        platforms=("linux/amd64", "linux/arm64"),
        build_platform="linux/amd64",
        build_args={"DEBUG": "0", "GIT_COMMIT": None},
        network="host",
    )
    assert list(build_options(request, {"base": "docker-image://debian"})) == [
        "--platform=linux/amd64,linux/arm64",
        "--target=web",
        "--network=host",
        "--build-arg=DEBUG=0",
        "--build-arg=GIT_COMMIT",
        "--build-context=base=docker-image://debian",
    ]
