import pytest
from tests.analyses import analysis_of

from layerwise.passes import late_args
from layerwise.plan import Chosen, plan
from layerwise.prove.bench.remembered import proofs
from layerwise.prove.gate import Stamp
from layerwise.records import Proof

STAMP = Stamp(lambda: 1_700_000_000.0, "0.1.0")


@pytest.fixture
def chosen() -> Chosen:
    text = "FROM debian\nARG GIT_COMMIT\nRUN apt-get update && apt-get install -y ffmpeg\nRUN ./configure\n"
    (kept,) = plan(analysis_of(text), passes=(late_args,)).kept
    return kept


def test_each_digest_has_a_proof_of_the_same(chosen):
    found = list(proofs(chosen, {"b", "a"}, STAMP, images=("sha256:1", "sha256:2")))
    assert [one.digest for one in found] == ["a", "b"]
    assert {(one.pass_name, one.at, one.version, one.images, one.passed, one.why) for one in found} == {
        ("late-args", 1_700_000_000.0, "0.1.0", ("sha256:1", "sha256:2"), True, "")
    }


@pytest.mark.parametrize("slower", [True, False])
def test_what_speaks_against_an_edit_is_its_image_or_its_seconds(chosen, slower):
    (found,) = proofs(chosen, {"a"}, STAMP, images=("", ""), against="no", slower=slower)
    assert found == Proof(
        digest="a", pass_name="late-args", equal=slower, at=1_700_000_000.0, why="no", version="0.1.0", slower=slower
    )
    assert not found.passed
