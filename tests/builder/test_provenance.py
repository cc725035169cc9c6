import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builder.recorded import PROVENANCE, SHAPES, blobs, engine_records, observed, text, vertex

from layerwise.builder.predicate import Slsa02, Slsa1, read_predicate
from layerwise.builder.provenance import Origin, Provenance, read_provenance
from layerwise.records import Resources

METADATA = "https://mobyproject.org/buildkit@v1#metadata"
RECORDED = blobs("stages", PROVENANCE)[0]
DOCUMENT: dict[str, Any] = json.loads(RECORDED)


def slsa_1(document: dict[str, Any]) -> dict[str, Any]:
    """A recorded predicate of SLSA 0.2 in the layout of SLSA 1: the parts that are read, where BuildKit puts them."""
    return {
        "buildDefinition": {
            "buildType": "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
            "externalParameters": {"request": document["invocation"]["parameters"]},
            "internalParameters": {"buildConfig": document["buildConfig"]},
        },
        "runDetails": {"metadata": {"buildkit_metadata": document["metadata"][METADATA]}},
    }


def read(document: object) -> Provenance:
    found = read_provenance(json.dumps(document).encode())
    assert found is not None
    return found


def copied() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(RECORDED)
    return made


def origin(shape: str, name: str, platform: str = "linux/amd64") -> Origin:
    (engine,) = engine_records(shape)
    return engine.provenance[platform].origins[vertex(engine.observed, name).digest]


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if engine_records(shape)[0].provenance])
def test_both_layouts_say_the_same(shape: str) -> None:
    for blob in blobs(shape, PROVENANCE):
        new = json.dumps(slsa_1(json.loads(blob))).encode()
        assert isinstance(read_predicate(blob), Slsa02)
        assert isinstance(read_predicate(new), Slsa1)
        assert read_provenance(new) == read_provenance(blob)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b'{"SPDXID":"SPDXRef-DOCUMENT"}',
        b'{"buildConfig":3}',
        b'{"buildDefinition":{}}',
    ],
)
def test_what_is_no_provenance_of_buildkit_is_none(document: bytes) -> None:
    assert read_provenance(document) is None


def test_the_dockerfile_and_the_arguments_are_in_it() -> None:
    found = read_provenance(RECORDED)
    assert found is not None
    assert found.dockerfile == text("stages")
    assert found.arguments == (("API_TOKEN", "swordfish-0451"),)
    assert found.target == ""


def test_the_target_is_in_it() -> None:
    assert {one.provenance["linux/amd64"].target for one in engine_records("bake")} == {"web", "worker"}


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("[builder 4/5] RUN", (7,)),
        ("[stage-3 6/8] RUN <<EOF", (25,)),
        ("[stage-3 2/8] ONBUILD RUN", (21,)),
        ("[docs 1/3] FROM", (2, 10, 16)),
        ("[internal] load build context", ()),
    ],
)
def test_a_vertex_has_the_lines_that_it_serves(name: str, lines: tuple[int, ...]) -> None:
    assert tuple(sorted(origin("stages", name).lines)) == lines


def test_every_step_of_a_recording_has_a_line_of_the_dockerfile() -> None:
    (engine,) = engine_records("platforms")
    for platform, provenance in engine.provenance.items():
        origins = provenance.origins
        mine = [one for one in engine.observed.vertices if one.name.startswith(f"[{platform} stage-2 ")]
        assert mine
        assert all(origins[one.digest].lines for one in mine)


def test_a_run_has_its_command_and_the_platform_that_it_runs_on() -> None:
    run = origin("platforms", "[linux/amd64->arm64 tools 3/3] RUN", "linux/arm64")
    assert run.runs_on == "linux/amd64"
    assert run.command == ("/bin/sh", "-c", "sleep 0.2 && echo $TARGETARCH > /tool")


def test_a_copy_runs_nowhere() -> None:
    copy = origin("stages", "[stage-3 4/8] COPY")
    assert (copy.runs_on, copy.command) == ("", ())


def test_a_step_has_the_bytes_of_its_own_layer() -> None:
    copy, base = origin("stages", "[stage-3 4/8] COPY"), origin("stages", "[docs 1/3] FROM")
    assert copy.size_bytes is not None
    assert base.size_bytes is not None
    assert copy.size_bytes < 1000 < base.size_bytes


def test_a_step_whose_layer_was_not_stored_has_no_known_size() -> None:
    assert origin("stages", "[builder 4/5] RUN").size_bytes is None


def test_layers_of_a_base_that_was_never_here_are_not_those_of_the_step_above_it() -> None:
    copies = [one for one in observed("fresh").vertices if "2/3] COPY seed.txt" in one.name]
    assert copies
    for one in copies:
        (engine,) = engine_records("fresh")
        assert (engine.provenance["linux/amd64"].origins[one.digest].size_bytes or 0) < 1000


def test_a_layer_that_a_step_inherits_is_not_its_own() -> None:
    document = copied()
    layers = document["metadata"][METADATA]["layers"]
    (run,) = (step["id"] for step in document["buildConfig"]["llbDefinition"] if "three" in json.dumps(step["op"]))
    before = next(step["inputs"][0] for step in document["buildConfig"]["llbDefinition"] if step["id"] == run)
    layers[f"{run}:0"] = layers[before]
    digest = next(digest for digest, step in document["buildConfig"]["digestMapping"].items() if step == run)
    assert read(document).origins[digest].size_bytes is None


def test_samples_of_the_engine_give_the_last_and_the_highest() -> None:
    document = copied()
    step = document["buildConfig"]["llbDefinition"][0]
    step["resourceUsage"] = {
        "samples": [
            {"timestamp": "2026-01-01T00:00:00Z", "cpuStat": {"usageNanos": 10**9}, "memoryStat": {"peak": 500}},
            {"cpuStat": {"usageNanos": 3 * 10**9}, "memoryStat": {"peak": 900}},
            {"cpuStat": {}, "memoryStat": None},
        ]
    }
    digest = next(digest for digest, name in document["buildConfig"]["digestMapping"].items() if name == step["id"])
    assert read(document).origins[digest].resources == Resources(cpu_s=3.0, peak_memory_bytes=900, source="engine")


@pytest.mark.parametrize("usage", [None, {}, {"samples": None}, {"samples": []}])
def test_without_samples_nothing_is_known_of_resources(usage: object) -> None:
    document = copied()
    document["buildConfig"]["llbDefinition"][0]["resourceUsage"] = usage
    assert all(one.resources is None for one in read(document).origins.values())


def test_samples_without_figures_are_no_zero() -> None:
    document = copied()
    document["buildConfig"]["llbDefinition"][0]["resourceUsage"] = {"samples": [{"ioStat": {}}]}
    (found,) = {one.resources for one in read(document).origins.values()} - {None}
    assert found == Resources(cpu_s=None, peak_memory_bytes=None, source="engine")


def test_a_vertex_of_an_operation_that_is_not_there_is_left_out() -> None:
    document = copied()
    document["buildConfig"]["digestMapping"]["sha256:lost"] = "step999"
    assert "sha256:lost" not in read(document).origins


def test_a_document_without_metadata_has_no_lines_and_no_dockerfile() -> None:
    document = copied()
    del document["metadata"]
    found = read(document)
    assert found.dockerfile is None
    assert {one.lines for one in found.origins.values()} == {()}


@pytest.mark.parametrize(
    ("info", "dockerfile"),
    [
        ({"language": "Dockerfile", "data": base64.b64encode(b"FROM debian\n").decode()}, "FROM debian\n"),
        ({"language": "dockerfile", "data": base64.b64encode(b"# \xe9\n").decode()}, "# \udce9\n"),
        ({"language": "Dockerfile", "data": "no base64!"}, None),
        ({"language": "HCL", "data": "YQ=="}, None),
    ],
)
def test_the_dockerfile_may_be_any_bytes_and_must_be_one(info: dict[str, str], dockerfile: str | None) -> None:
    document = copied()
    document["metadata"][METADATA]["source"]["infos"] = [info]
    assert read(document).dockerfile == dockerfile


@given(st.sets(st.sampled_from(sorted(DOCUMENT))), st.sets(st.sampled_from(sorted(DOCUMENT["metadata"][METADATA]))))
def test_a_document_with_parts_missing_is_read_as_far_as_it_goes(outer: set[str], inner: set[str]) -> None:
    document = copied()
    for name in inner:
        del document["metadata"][METADATA][name]
    for name in outer:
        del document[name]
    found = read_provenance(json.dumps(document).encode())
    assert (found is None) == ("buildConfig" in outer)
