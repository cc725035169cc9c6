import pytest
from tests.syntax.corpus import CORPUS, text_of

from layerwise.errors import DockerfileError
from layerwise.prove.bench.edits.instruction import changeable, changed
from layerwise.syntax.parser import parse

FORMS = [
    "RUN make",
    "run   make && \\\n    make install",
    'RUN ["make", "install"]',
    "RUN --mount=type=cache,target=/c make",
    "RUN <<EOF\nmake\nEOF",
    "RUN <<EOF cat > /x\nmade\nEOF",
    "RUN \\\n  # why\n  make",
]


@pytest.mark.parametrize("form", FORMS)
def test_a_run_gets_a_mount_and_keeps_its_command(form):
    before = parse(f"FROM debian\n{form}\nCMD a\n", "Dockerfile")
    run = changeable(before.stages[0].instructions[0])
    after = parse(changed(before, run, "n-1"), "Dockerfile").stages[0].instructions
    assert after[0].flag_values("mount")[0] == "type=tmpfs,target=/.layerwise-n-1"
    assert (after[0].text, after[0].exec_form, after[0].heredocs and after[0].heredocs[0].content) == (
        run.text,
        run.exec_form,
        run.heredocs and run.heredocs[0].content,
    )
    assert after[1].text == "a"


@pytest.mark.parametrize("text", ["COPY . .", "ENV A=1", "ONBUILD RUN make", "WORKDIR /srv"])
def test_other_instructions_are_left_to_the_model(text):
    assert changeable(parse(f"FROM debian\n{text}\n", "Dockerfile").stages[0].instructions[0]) is None


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_every_run_of_the_corpus_can_be_changed_and_nothing_else_is(path):
    try:
        before = parse(text_of(path), path.name)
    except DockerfileError:
        pytest.skip("BuildKit refuses it")
    places = [place for place, one in enumerate(before.instructions()) if changeable(one)]
    for place in places:
        run = list(before.instructions())[place]
        after = list(parse(changed(before, run, "n-1"), path.name).instructions())
        told = [(one.keyword, one.text, len(one.flags)) for one in before.instructions()]
        told[place] = (run.keyword, run.text, len(run.flags) + 1)
        assert [(one.keyword, one.text, len(one.flags)) for one in after] == told
