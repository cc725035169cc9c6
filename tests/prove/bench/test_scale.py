"""What a scale says of a plan's edits: what was measured, what the model says, and what still pays."""

from collections.abc import Mapping

import pytest
from tests.analyses import analysis_of
from tests.prove.bench.fakes import FakeSession

from layerwise.model.profile import Profile
from layerwise.passes import late_args, manifest_first
from layerwise.plan import Options
from layerwise.prove.bench.result import Bench, Figure, Row
from layerwise.prove.bench.scale import Scale
from layerwise.prove.bench.slower import Place, Slower
from layerwise.prove.bench.variants import Key, Variants
from layerwise.records import Basis

TEXT = """\
FROM python:3.12-slim
ARG GIT_COMMIT
RUN apt-get update && apt-get install -y ffmpeg
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
"""
CODE, COLD = Place("code", "linux/amd64"), Place("cold", "linux/amd64")
BEFORE = Figure((100.0, 101.0))


def scale(
    monkeypatch: pytest.MonkeyPatch | None = None, strict: bool = False, threshold_s: float = 0.5
) -> tuple[Scale, Mapping[str, Key]]:
    analysis = analysis_of(TEXT, arguments={"GIT_COMMIT": 0.4})
    variants = Variants(analysis, Options(threshold_s=threshold_s), (manifest_first, late_args))
    if monkeypatch:
        monkeypatch.setattr(type(analysis), "basis", lambda *_: Basis.PREDICTED)
    rows = (
        Row(scenario="code", platform="linux/amd64", subject="", before=BEFORE, after=Figure((50.0, 50.5))),
        Row(scenario="cold", platform="linux/amd64", subject="", before=BEFORE, unmeasured="no time left"),
    )
    bench = Bench(project="", dockerfile="", planned=True, isolation="", rows=rows, spent_s=0.0)
    named = {scenario.name: scenario for scenario in analysis.facts.scenarios}
    session = FakeSession(lambda text, scenario: 50.0 if "COPY requirements.txt" in text else 100.0)
    made = Scale(variants, session, named, lambda: analysis, bench, strict)  # type: ignore[arg-type]
    return made, {name: (name, subject) for name, subject in variants.keys(frozenset())}


def test_what_was_measured_on_both_sides_is_looked_at():
    made, _ = scale()
    assert made.places == (CODE,)


def test_no_edits_are_the_file_as_it_stands_and_others_are_measured():
    made, keys = scale()
    assert made.measured((), CODE) is BEFORE
    figure = made.measured((keys["manifest-first"],), CODE)
    assert figure is not None
    assert figure.median_s == pytest.approx(50.0, abs=0.1)
    assert made.measured((), Place("base", "linux/amd64")) is None


def test_the_model_promises_what_it_has_figures_for(monkeypatch):
    made, keys = scale(monkeypatch)
    assert made.predicted((keys["manifest-first"],), CODE) < made.predicted((), CODE) - 5


def test_priors_promise_nothing():
    made, keys = scale()
    assert made.variants.analysis.facts.estimator.profile == Profile()
    assert made.predicted((keys["manifest-first"],), CODE) == made.predicted((), CODE)


def slower(place: Place, more: float) -> Slower:
    return Slower(place, Figure((10.0, 10.1)), Figure((10.0 + more, 10.1 + more)), -1.0)


def test_an_edit_pays_while_its_saving_outweighs_what_its_scenario_costs_more(monkeypatch):
    made, keys = scale(monkeypatch)
    edits = made.variants.keys(frozenset())
    edit = keys["manifest-first"]
    saves = made.variants.chosen(edit).saves_s
    assert made.pays(edits, edit, slower(CODE, saves / 2))
    assert not made.pays(edits, edit, slower(CODE, saves * 1.1))


def test_seconds_of_a_cold_build_weigh_as_little_as_in_the_plan(monkeypatch):
    made, keys = scale(monkeypatch)
    edit = keys["manifest-first"]
    saves = made.variants.chosen(edit).saves_s
    assert made.pays(made.variants.keys(frozenset()), edit, slower(COLD, saves * 2))
    assert not made.pays(made.variants.keys(frozenset()), edit, slower(COLD, saves * 100))


def test_what_every_build_pays_weighs_in_full(monkeypatch):
    made, keys = scale(monkeypatch)
    edit = keys["manifest-first"]
    saves = made.variants.chosen(edit).saves_s
    assert not made.pays(made.variants.keys(frozenset()), edit, slower(Place("unchanged", "linux/amd64"), saves + 0.1))


def test_nothing_pays_where_it_is_to_be_strict(monkeypatch):
    made, keys = scale(monkeypatch, strict=True)
    assert not made.pays(made.variants.keys(frozenset()), keys["manifest-first"], slower(COLD, 1.0))


def test_nothing_pays_by_priors_alone():
    made, keys = scale()
    assert not made.pays(made.variants.keys(frozenset()), keys["manifest-first"], slower(COLD, 1.0))
