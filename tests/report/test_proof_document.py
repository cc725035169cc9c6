from hypothesis import given
from tests.report.bench_strategies import proofs
from tests.report.benches import bench, figure, row
from tests.report.builds import valid
from tests.report.proofs import difference, images, proof, recorded

from layerwise.prove.verdict import Standing
from layerwise.report.proof_document import proof_document


def test_a_proof_has_its_verdict_edits_and_scenarios():
    found = valid(proof_document(proof()))
    assert found["verdict"].startswith("5 of 6 edits stay")
    assert (found["equal"], found["builds"], found["file"]) == (True, 31, "Dockerfile")
    assert [edit["pass"] for edit in found["kept"]][:2] == ["manifest-first", "cache-mounts"]
    (gone,) = found["dropped"]
    assert (gone["pass"], gone["line"], gone["fault"], gone["builds"]) == ("link-copies", 3, "image", 3)
    code = found["scenarios"][2]
    assert (code["name"], code["platform"], code["basis"]) == ("code", "linux/amd64", "measured")
    assert (code["before_s"], code["after_s"], code["spread_s"]) == (65.1, 5.4, 1.302)


def test_a_spread_that_one_side_lacks_is_not_known():
    made = proof(bench(row("code", figure(9.0, times=1), figure(8.0, 0.1)), row("cold", unmeasured="no time")))
    assert [one["spread_s"] for one in valid(proof_document(made))["scenarios"]] == [None, None]


def test_images_are_counted_by_platform():
    made = proof(equal=False, images=images(difference("/a"), difference("/b", Standing.NOISE)))
    assert valid(proof_document(made))["images"][1] == {
        "platform": "linux/arm64", "equal": False, "paths": 48_211, "real": 1, "expected": 0, "noise": 1,
    }  # fmt: skip
    assert valid(proof_document(proof(equal=None, images=None)))["images"] == []


def test_steps_are_compared_where_there_are_records():
    (code,) = valid(proof_document(proof(), (recorded(),)))["steps"]
    assert (code["scenario"], code["platform"]) == ("code", "linux/amd64")
    assert [one["instruction"] for one in code["against"]["steps"]][1:] == [
        "RUN apt-get update",
        "COPY requirements.txt ./",
        "COPY . .",
    ]
    assert code["against"]["steps"][0]["more_s"] == -52.0


@given(proofs())
def test_every_proof_is_as_its_schema_says(made):
    valid(proof_document(*made))
