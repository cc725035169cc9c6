"""Which steps a change makes run again; tests/docker asks an engine the same."""

from tests.analyses import PYTHON, analysis_of

from layerwise.model.change import Change
from layerwise.model.rebuild import Rebuild, config_differs

TEXT = """\
FROM python:3.12-slim
ARG GIT_COMMIT
RUN apt-get update && apt-get install -y ffmpeg sox
WORKDIR /app
COPY requirements.txt ./
RUN pip install -r requirements.txt
COPY . .
LABEL revision=$GIT_COMMIT
"""
ANALYSIS = analysis_of(TEXT, PYTHON)
GRAPH = ANALYSIS.graphs[0]


def running(**change: object) -> set[int]:
    ids = Rebuild().steps(GRAPH, Change("test", **change))  # type: ignore[arg-type]
    return {GRAPH.step(step_id).line for step_id in ids}


def test_nothing_changed_runs_nothing() -> None:
    assert running() == set()


def test_everything_changed_runs_every_step_but_the_base() -> None:
    assert running(everything=True) == {3, 4, 5, 6, 7}


def test_a_moved_base_runs_all_that_stands_on_it() -> None:
    assert running(bases=True) == {3, 4, 5, 6, 7}


def test_a_source_file_runs_the_copy_that_takes_it() -> None:
    assert running(files=frozenset({"app/main.py"})) == {7}


def test_a_manifest_runs_its_copy_and_what_is_below() -> None:
    assert running(files=frozenset({"requirements.txt"})) == {5, 6, 7}


def test_a_file_of_the_past_counts_too() -> None:
    assert running(files=frozenset({"app/gone.py"})) == {7}


def test_an_argument_runs_each_run_below_its_line_and_what_stands_on_them() -> None:
    assert running(arguments=frozenset({"GIT_COMMIT"})) == {3, 4, 5, 6, 7}


def test_an_argument_nobody_declared_runs_nothing() -> None:
    assert running(arguments=frozenset({"OTHER"})) == set()


def test_a_changed_instruction_runs_it_and_what_is_below() -> None:
    assert running(instructions=frozenset({"instruction RUN pip install -r requirements.txt"})) == {6, 7}


def test_an_argument_in_a_label_changes_the_config_alone() -> None:
    graph = analysis_of("FROM debian\nRUN true\nARG V\nLABEL v=$V\n", arguments={"V": 1.0}).graphs[0]
    change = Change("test", arguments=frozenset({"V"}))
    assert Rebuild().steps(graph, change) == frozenset()
    assert config_differs(graph, change)
    assert not config_differs(graph, Change("test", arguments=frozenset({"W"})))
