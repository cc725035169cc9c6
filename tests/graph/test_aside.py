"""Which steps run where a COPY lands aside of what is taken of its stage; tests/docker asks the engine the same."""

import pytest
from tests.analyses import PROJECT, analysis_of

from layerwise.graph.aside import takings
from layerwise.model.change import Change
from layerwise.model.rebuild import Rebuild

TEXT = """\
FROM python:3.12-slim AS wheels
WORKDIR /src
COPY requirements.txt ./
RUN pip wheel --wheel-dir /wheels -r requirements.txt
COPY . /opt/app
WORKDIR /opt/app
FROM python:3.12-slim
COPY --from=wheels /wheels /wheels
RUN pip install --no-index --find-links=/wheels -r /wheels/list.txt
"""
STAGE = {"wheels:4", "wheels:5"}


def runs(text: str, *files: str, **change: object) -> set[str]:
    (graph,) = analysis_of(text, PROJECT).graphs
    return set(Rebuild().steps(graph, Change("c", frozenset(files), **change)))  # type: ignore[arg-type]


def test_what_lands_aside_stops_at_the_copy_from() -> None:
    assert runs(TEXT, "app/main.py") == {"wheels:5", "wheels:6"}
    assert runs(TEXT, "app/main.py", renamed=frozenset({"app/main.py"})) == {"wheels:5", "wheels:6"}


def test_a_mount_of_the_paths_is_no_other() -> None:
    text = TEXT.replace(
        "COPY --from=wheels /wheels /wheels\nRUN", "RUN --mount=from=wheels,source=/wheels,target=/wheels"
    )
    assert runs(text, "app/main.py") == {"wheels:5", "wheels:6"}
    assert "stage-1:2" in runs(text, "requirements.txt")


def test_a_run_below_it_may_have_written_anywhere() -> None:
    text = TEXT.replace("WORKDIR /opt/app\n", "WORKDIR /opt/app\nRUN python main.py\n")
    assert {"wheels:7", "stage-1:2", "stage-1:3"} <= runs(text, "app/main.py")


def test_a_command_that_is_known_to_write_elsewhere_is_none_of_them() -> None:
    text = TEXT.replace("WORKDIR /opt/app\n", "RUN rm -rf /opt/app/.git && chown -R 10:10 /opt/app\n")
    assert runs(text, "app/main.py") == {"wheels:5", "wheels:6"}
    assert "stage-1:2" in runs(text.replace("=wheels /wheels", "=wheels /opt/app/.git"), "app/main.py")


def test_what_lands_in_it_goes_on() -> None:
    assert {"stage-1:2", "stage-1:3"} <= runs(TEXT, "requirements.txt")
    below = TEXT.replace("COPY . /opt/app", "COPY . /wheels/app")
    assert "stage-1:2" in runs(below, "app/main.py")
    above = TEXT.replace("COPY . /opt/app", "COPY . /")
    assert "stage-1:2" not in runs(above, "app/main.py")
    assert "stage-1:2" in runs(above.replace("=wheels /wheels", "=wheels /ap*"), "app/main.py")


def test_what_is_taken_of_a_directory_is_told_from_the_rest_of_it() -> None:
    text = TEXT.replace("=wheels /wheels", "=wheels /opt/app/app/models.py")
    assert "stage-1:2" not in runs(text, "app/main.py")
    assert "stage-1:2" in runs(text, "app/models.py")


@pytest.mark.parametrize("change", [{"bases": True}, {"everything": True}])
def test_another_base_or_an_empty_cache_goes_on(change) -> None:
    assert "stage-1:2" in runs(TEXT, "app/main.py", **change)


def test_another_copy_is_not_the_same_one() -> None:
    (graph,) = analysis_of(TEXT, PROJECT).graphs
    copy = graph.step("wheels:5")
    names = frozenset(one for one in copy.origins if one.startswith("instruction"))
    assert "stage-1:2" in runs(TEXT, instructions=names)


def test_a_stage_without_such_a_copy_has_nothing_aside() -> None:
    (graph,) = analysis_of(TEXT, PROJECT).graphs
    assert [one.copy for taking in takings(graph) for one in taking.asides] == ["wheels:5"]
    (graph,) = analysis_of(TEXT.replace("COPY . /opt/app\n", ""), PROJECT).graphs
    assert takings(graph) == ()
    (graph,) = analysis_of(TEXT.replace("=wheels /wheels", "=wheels /"), PROJECT).graphs
    assert takings(graph) == ()
