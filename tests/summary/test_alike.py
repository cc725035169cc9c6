from hypothesis import given
from tests.records import build, step
from tests.summary.generated import records
from tests.summary.samples import ARM64

from layerwise.records import StepRecord
from layerwise.summary.alike import alike
from layerwise.summary.compare import compare
from layerwise.summary.places import by_mark

PIP = "RUN pip install -r requirements.txt"
MOUNTED = "RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt"


def matched(before: list[StepRecord], after: list[StepRecord]) -> dict[str, str]:
    old, new = by_mark(build(*before)), by_mark(build(*after))
    return {new[one].instruction: old[other].instruction for one, other in alike(old, new).items()}


def test_a_rewritten_instruction_is_found_wherever_it_moved():
    assert matched([step(PIP, number=4)], [step("COPY a b", number=4), step(MOUNTED, number=5)]) == {MOUNTED: PIP}


def test_other_words_are_another_step():
    assert matched([step("RUN apt-get install -y git")], [step("RUN npm ci")]) == {}
    assert matched([step("RUN x a b")], [step("COPY x a b")]) == {}
    assert matched([step(PIP)], [step(MOUNTED, platform=ARM64)]) == {}


def test_each_is_taken_once_by_the_one_most_like_it():
    before = [step("RUN make all install", number=2)]
    after = [step("RUN make all", number=2), step("RUN make all install docs", number=3)]
    assert matched(before, after) == {"RUN make all install docs": "RUN make all install"}


def test_an_inserted_step_does_not_pair_the_others_by_their_numbers():
    before = build(step(PIP, number=3), step("RUN npm run build", number=4))
    after = build(step("RUN apt-get update", number=3), step(MOUNTED, number=4), step("RUN npm run build -v", number=5))
    pairs = {pair.instruction: pair.was for pair in compare(before, after).steps}
    assert pairs == {"RUN apt-get update": "", MOUNTED: PIP, "RUN npm run build -v": "RUN npm run build"}


@given(records(), records())
def test_no_step_is_taken_twice(before, after):
    found = alike(by_mark(before), by_mark(after))
    assert len(set(found.values())) == len(found)
