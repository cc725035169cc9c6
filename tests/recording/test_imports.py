import gzip
import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builder.recorded import DIRECTORY, content, text

from layerwise.builder.redact import Redactor, redactor
from layerwise.errors import LogError
from layerwise.recording.imports import Target, read_builds
from layerwise.records import BuildRecord, Ending, Place, Source

PLAIN = """\
#0 building with "maker" instance using docker driver

#1 [internal] load build definition from Dockerfile
#1 DONE 0.1s

#2 [builder 2/3] RUN make
#2 DONE 1.5s
"""
TWICE = PLAIN + "ok\n" + PLAIN
KEY = Redactor(b"key")


def read(data: bytes | str, target: Target | None = None, redact: Redactor = KEY) -> tuple[BuildRecord, ...]:
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    return read_builds(stream, "a.log", target or Target("shop"), redact)


def recorded(shape: str, name: str, target: Target | None = None) -> BuildRecord:
    (one,) = read(content(shape, name), target)
    return one


def of(shape: str, *, named: bool = False) -> Target:
    return Target("shop", DIRECTORY / shape / "Dockerfile", "docker/Dockerfile", named=named)


def test_a_progress_stream_is_a_build() -> None:
    found = recorded("platforms", "live.rawjson")
    assert (found.source, found.project, found.ending) == (Source.RAWJSON, "shop", Ending.COMPLETED)
    assert found.platforms == ("linux/amd64", "linux/arm64")
    assert {one.place for one in found.steps} == {Place.NAME}


def test_a_plain_log_may_hold_several_builds() -> None:
    found = read(TWICE)
    assert [one.source for one in found] == [Source.PLAIN, Source.PLAIN]
    assert [one.builder for one in found] == ["maker", "maker"]
    assert len({one.id for one in found}) == 2


def test_an_export_is_a_build_with_its_own_project() -> None:
    found = recorded("stages", "record.dockerbuild")
    assert (found.source, found.project) == (Source.BUNDLE, "github.com/acme/shop")
    assert recorded("failed", "record.dockerbuild").project == "shop"


def test_an_export_of_a_bake_is_several_builds() -> None:
    assert {one.sources.target for one in read(content("bake", "record.dockerbuild"))} == {"web", "worker"}


def test_an_export_need_not_be_compressed() -> None:
    whole = content("stages", "record.dockerbuild")
    assert read(gzip.decompress(whole)) == read(whole)


@pytest.mark.parametrize("name", ["live.rawjson", "record.dockerbuild"])
def test_the_same_file_is_the_same_build(name: str) -> None:
    assert recorded("stages", name) == recorded("stages", name)
    assert recorded("stages", name).id != recorded("unchanged", name).id


def test_ids_can_be_told_apart_by_their_beginnings() -> None:
    one, other = read(TWICE)
    assert one.id[:8] != other.id[:8]


def test_words_of_a_script_may_come_before_and_after_a_stream() -> None:
    (found,) = read(b"$ make image\n" + content("stages", "live.rawjson") + b"done\n")
    assert (found.source, found.ending) == (Source.RAWJSON, Ending.COMPLETED)


@pytest.mark.parametrize("shape", ["bake", "download", "exported", "failed", "killed", "named", "platforms", "stages"])
def test_a_dockerfile_that_fits_gives_lines_and_keys(shape: str) -> None:
    found = recorded(shape, "live.rawjson", of(shape))
    assert found.sources.dockerfile == "docker/Dockerfile"
    lines = text(shape).splitlines()
    for one in found.steps:
        written = lines[one.line - 1].split()
        assert one.keyword == (written[1] if written[0] == "ONBUILD" else written[0].upper())
        assert len(one.key) == 64


def test_names_and_provenance_give_the_same_keys() -> None:
    by_name = recorded("stages", "live.rawjson", of("stages"))
    (engine,) = read(content("stages", "record.dockerbuild"))
    known = {(one.id, one.line, one.key) for one in engine.steps}
    assert {(one.id, one.line, one.key) for one in by_name.steps} <= known


def test_a_dockerfile_that_does_not_fit_gives_nothing() -> None:
    found = recorded("stages", "live.rawjson", of("exported"))
    assert {one.line for one in found.steps} == {0}
    assert found.sources.dockerfile == ""
    assert found.notes == ()


def test_a_dockerfile_that_the_user_named_and_that_does_not_fit_is_worth_a_word() -> None:
    found = recorded("killed", "live.rawjson", of("exported", named=True))
    assert found.notes == (
        "the log ends while [4/5] RUN echo begun; sleep 300 runs",
        "the steps are not those of docker/Dockerfile, so they have no lines",
    )
    assert recorded("killed", "live.rawjson", of("killed", named=True)).notes == found.notes[:1]


def test_a_file_that_is_no_dockerfile_fits_nothing(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(b"\xff\xfe no such thing")
    found = recorded("stages", "live.rawjson", Target("shop", tmp_path / "Dockerfile", "Dockerfile", named=True))
    assert "so they have no lines" in found.notes[0]


def test_a_dockerfile_that_can_not_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory"):
        recorded("stages", "live.rawjson", Target("shop", tmp_path, "Dockerfile"))


def test_secrets_of_the_environment_are_masked_in_what_is_imported() -> None:
    redact = redactor(b"key", {"API_TOKEN": "swordfish-0451"})
    (found,) = read(content("stages", "live.rawjson"), redact=redact)
    assert "WORKDIR /srv/***" in {one.instruction for one in found.steps}
    assert not [one for one in found.steps if "swordfish" in one.instruction]


def archive(name: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(name))
    return made.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"hello\nworld\n",
        b"\x00\x01\x02\xff" * 5000,
        b"{}\n[]\n",
        b'{"vertexes":[]}\n',
        b'{"vertexes":\n',
        b"\xef\xbb\xbfhello",
        "FROM debian\nRUN make\n".encode("utf-16"),
        gzip.compress(PLAIN.encode()),
        gzip.compress(b""),
        b"\x1f\x8b",
        archive("photo.jpg"),
    ],
)
def test_what_is_no_log_is_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(LogError) as caught:
        read(data)
    message = str(caught.value)
    assert message.startswith("a.log: ")
    assert "\n" not in message


def test_the_message_says_what_would_be_read() -> None:
    with pytest.raises(LogError, match=r"--progress=rawjson.*plain log.*\.dockerbuild"):
        read(b"hello\n")


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), tmp_path.open("rb") as stream:
        read_builds(stream, "a", Target("shop"), KEY)


@given(st.one_of(st.binary(max_size=2000), st.binary(max_size=600).map(lambda data: b"\x1f\x8b" + data)))
def test_any_bytes_are_builds_or_refused(data: bytes) -> None:
    try:
        found = read(data)
    except LogError:
        return
    assert found


@given(st.sampled_from(["live.rawjson", "history.rawjson"]), st.data())
def test_a_file_that_is_cut_is_read_as_far_as_it_goes(name: str, data: st.DataObject) -> None:
    whole = content("fresh", name)
    place = data.draw(st.integers(whole.index(b"\n") + 1, len(whole)))
    (found,) = read(whole[:place])
    assert found.ending in (Ending.CUT, Ending.COMPLETED)
    assert found.explained_s <= (found.wall_s or 0.0) + 1e-6
