from tests.analyses import NODE, analysis_of

from layerwise.passes import late_args, manifest_first
from layerwise.plan import Options
from layerwise.prove.bench.variants import Variants

PASSES = (manifest_first, late_args)
TEXT = """\
FROM node:20
ARG GIT_COMMIT
RUN apt-get update && apt-get install -y ffmpeg
WORKDIR /srv
COPY . .
RUN npm install
"""


def variants(options: Options | None = None) -> Variants:
    return Variants(analysis_of(TEXT, NODE, arguments={"GIT_COMMIT": 0.4}), options or Options(), PASSES)


def test_a_plan_holds_what_only_a_build_can_show_and_nothing_that_changes_the_image_on_purpose():
    kept = variants(Options(allow=frozenset({"frozen"}))).plan(frozenset()).kept
    assert {one.proposal.safety.value for one in kept} == {"equivalent", "equivalent, after proof"}


def test_a_plan_without_an_edit_is_made_anew():
    made = variants()
    whole = made.keys(frozenset())
    assert {name for name, _ in whole} == {"manifest-first", "late-args"}
    for gone in whole:
        assert made.keys(frozenset({gone})) == tuple(key for key in whole if key != gone)
        assert made.plan(frozenset({gone})).after.texts == made.file(made.keys(frozenset({gone}))).texts


def test_each_beginning_of_a_plan_is_a_file():
    made = variants()
    whole = made.keys(frozenset())
    texts = [made.file(whole[:count]).dockerfile.text for count in range(len(whole) + 1)]
    assert texts[0] == TEXT
    assert texts[-1] == made.plan(frozenset()).after.dockerfile.text
    assert len(set(texts)) == len(whole) + 1


def test_an_edit_is_named_by_the_first_plan_that_has_it_and_against_it_all_its_digests_count():
    made = variants()
    whole = made.keys(frozenset())
    made.plan(frozenset(whole[:1]))
    for key in whole:
        assert made.chosen(key) in made.plan(frozenset()).kept
        assert made.chosen(key).digests < made.digests(key)
