import gzip
import io
import json
import tarfile
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.builder.recorded import (
    CONFIG,
    LOG,
    MANIFEST,
    PROVENANCE,
    SHAPES,
    changed,
    content,
    engine_records,
    files,
    packed,
)

from layerwise.builder import bundle
from layerwise.builder.bundle import EngineRecord, read_bundle
from layerwise.errors import LogError
from layerwise.records import Ending

RECORDED = content("stages", "record.dockerbuild")
READ = engine_records("stages")
FILES = files("stages")


def read(archive: bytes) -> tuple[EngineRecord, ...]:
    return read_bundle(io.BytesIO(archive), "a.dockerbuild")


def refusal(archive: bytes) -> str:
    with pytest.raises(LogError) as caught:
        read(archive)
    message = str(caught.value)
    assert message.startswith("a.dockerbuild: ")
    assert "\n" not in message
    return message


def edited(data: bytes, **values: object) -> bytes:
    return json.dumps(json.loads(data) | values).encode()


@pytest.mark.parametrize("shape", SHAPES)
def test_each_recorded_export_holds_its_builds(shape: str) -> None:
    found = engine_records(shape)
    assert len(found) == (2 if shape == "bake" else 1)
    assert len({one.record.ref for one in found}) == len(found)
    assert all(one.record.created and one.record.completed for one in found)


def test_an_export_says_what_was_asked_for() -> None:
    ((one,), (failed,)) = (READ, engine_records("failed"))
    assert one.record.attributes is not None
    assert one.record.attributes["build-arg:API_TOKEN"] == "swordfish-0451"
    assert one.record.platforms() == ("linux/amd64",)
    assert [exporter.type for exporter in one.record.exporters or ()] == ["image"]
    assert one.record.local_state is not None
    assert one.record.local_state.local_path == "/tmp/shop"
    assert failed.record.exporters is None


def test_the_platforms_asked_for_each_have_a_provenance() -> None:
    (one,) = engine_records("platforms")
    assert one.record.platforms() == ("linux/amd64", "linux/arm64")
    assert set(one.provenance) == {"linux/amd64", "linux/arm64"}


def test_a_build_that_failed_has_its_reason_and_no_provenance() -> None:
    (one,) = engine_records("failed")
    assert one.provenance == {}
    assert one.observed.ending is Ending.FAILED
    assert one.observed.error.endswith("did not complete successfully: exit code: 3")


@pytest.mark.parametrize("shape", ["killed", "interrupted"])
def test_a_build_whose_buildx_went_away_is_cancelled(shape: str) -> None:
    (one,) = engine_records(shape)
    assert (one.observed.ending, one.observed.error) == (Ending.CANCELLED, "context canceled")


def test_an_archive_need_not_be_compressed() -> None:
    assert read(gzip.decompress(RECORDED)) == READ


def test_paths_of_an_archive_may_begin_at_its_root() -> None:
    assert read(packed({f"./{path}": data for path, data in FILES.items()})) == READ


def test_an_index_may_hold_an_index_of_several_builds() -> None:
    (top,) = json.loads(files("bake")["index.json"])["manifests"]
    assert top["mediaType"] == "application/vnd.oci.image.index.v1+json"
    targets = {one.record.attributes["target"] for one in engine_records("bake") if one.record.attributes}
    assert targets == {"web", "worker"}


def test_a_record_without_attestations_has_no_provenance() -> None:
    (one,) = read(changed("stages", CONFIG, lambda blob: edited(blob, Result=None)))
    assert one.provenance == {}


def test_an_attestation_that_is_no_provenance_is_passed_over() -> None:
    (one,) = read(changed("stages", PROVENANCE, lambda _: b'{"SPDXID":"SPDXRef-DOCUMENT"}'))
    assert one.provenance == {}
    assert one.observed == READ[0].observed


def test_a_record_that_names_no_platform_is_one_of_the_engine_s_own() -> None:
    (one,) = read(changed("stages", CONFIG, lambda blob: edited(blob, FrontendAttrs=None)))
    assert one.record.platforms() == ("linux/amd64",)


def test_a_record_of_no_platform_keeps_its_steps() -> None:
    (one,) = read(changed("stages", CONFIG, lambda blob: edited(blob, FrontendAttrs=None, DefaultPlatform="")))
    assert (one.record.platforms(), one.provenance) == ((), {})


@pytest.mark.parametrize(
    ("archive", "problem"),
    [
        (b"", "unpack a compressed log first"),
        (gzip.compress(b"#1 [1/2] FROM debian\n"), "unpack a compressed log first"),
        (b"x" * 2000, "unpack a compressed log first"),
        (packed({"readme": b"hello"}), "no build record in it; `docker buildx history export` makes one"),
        (packed({"index.json": b'{"manifests":[]}'}), "no build record in it"),
        (packed({"index.json": b'{"manifests":'}), "no .dockerbuild export that layerwise can read"),
        (packed({"index.json": b'{"manifests":3}'}), "no .dockerbuild export that layerwise can read"),
        (packed({"index.json": b'{"other":' + b"[" * 100_000}), "no .dockerbuild export that layerwise can read"),
        (packed({"index.json": FILES["index.json"]}), "is missing"),
        (packed(FILES | {path: b"{}" for path in FILES if path.startswith("blobs/")}), "is another"),
        (changed("stages", LOG, lambda blob: blob[:-1]), "the log ends in the middle of a message"),
        (changed("stages", LOG, lambda _: b""), "has no log"),
        (changed("stages", CONFIG, lambda _: b"{}"), "Ref"),
        (changed("stages", CONFIG, lambda blob: edited(blob, CreatedAt={"seconds": 10**400})), "seconds"),
    ],
)
def test_what_is_no_export_is_refused_in_one_line(archive: bytes, problem: str) -> None:
    assert problem in refusal(archive)


def test_an_image_is_no_build_record() -> None:
    def image(manifest: bytes) -> bytes:
        return manifest.replace(b"vnd.buildkit.historyrecord.v0", b"vnd.oci.image.config.v1+json")

    assert "no build record in it" in refusal(changed("stages", MANIFEST, image))


def test_directories_and_links_of_an_archive_are_passed_over() -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for path, kind in (("blobs", tarfile.DIRTYPE), ("index.json", tarfile.SYMTYPE)):
            member = tarfile.TarInfo(path)
            member.type = kind
            tar.addfile(member)
    assert "no build record in it" in refusal(made.getvalue())


def test_a_blob_that_nobody_wants_to_read_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "_LARGEST", 20_000)
    assert "is missing" in refusal(RECORDED)


def reached(place: int) -> int:
    """How many bytes of the archive the first ``place`` bytes of the export hold."""
    return len(zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(RECORDED[:place]))


@given(st.integers(0, len(RECORDED) - 1))
@example(len(RECORDED) - 41)
def test_an_export_that_is_cut_is_refused_unless_only_padding_is_gone(place: int) -> None:
    needed = len(gzip.decompress(RECORDED).rstrip(b"\0"))
    assert attempt(RECORDED[:place]) in ((None,) if reached(place) < needed else (None, READ))


@given(st.lists(st.tuples(st.integers(0, len(RECORDED) - 1), st.integers(1, 255)), min_size=1, max_size=5))
def test_an_export_with_bytes_changed_is_refused_or_the_same(changes: list[tuple[int, int]]) -> None:
    refused_or_the_same(RECORDED, changes)


PLAIN = gzip.decompress(RECORDED)


@given(st.lists(st.tuples(st.integers(0, len(PLAIN) - 1), st.integers(1, 255)), min_size=1, max_size=5))
def test_an_archive_with_bytes_changed_is_refused_or_the_same(changes: list[tuple[int, int]]) -> None:
    refused_or_the_same(PLAIN, changes)


def refused_or_the_same(archive: bytes, changes: list[tuple[int, int]]) -> None:
    data = bytearray(archive)
    for place, change in changes:
        data[place] ^= change
    assert attempt(bytes(data)) in (None, READ)


def attempt(archive: bytes) -> tuple[EngineRecord, ...] | None:
    try:
        return read(archive)
    except LogError:
        return None


@pytest.mark.parametrize("media_type", [CONFIG, LOG, PROVENANCE])
@given(data=st.data())
def test_blobs_that_are_wrong_from_the_start_are_read_or_refused(media_type: str, data: st.DataObject) -> None:
    def spoil(blob: bytes) -> bytes:
        spoilt = bytearray(blob)
        for place in data.draw(st.lists(st.integers(0, len(blob) - 1), min_size=1, max_size=10)):
            spoilt[place] = data.draw(st.integers(0, 255))
        return bytes(spoilt)

    found = attempt(changed("stages", media_type, spoil))
    assert found is None or all(one.observed.vertices for one in found)
