import pytest
from tests.analyses import OLDER, PYTHON, analysis_of
from tests.graph.test_keys import graph, run_again

from layerwise.ecosystems.sieve import Rewritten
from layerwise.graph.sieves import siftings
from layerwise.model.change import Change
from layerwise.model.rebuild import Rebuild

SED = "sed -nE '/^(numpy)==[0-9A-Za-z.+!-]+$/p' /requirements.txt > /pinned.txt"
INSTALL = "pip install --no-deps -r /pinned.txt"
MOUNT = "--mount=type=bind,from=pinned,source=/pinned.txt,target=/pinned.txt"
TEXT = f"""\
FROM python:3.12-slim AS pinned
COPY requirements.txt /
RUN {SED}

FROM python:3.12-slim
WORKDIR /app
RUN {MOUNT} {INSTALL}
COPY requirements.txt ./
RUN pip install -r requirements.txt
"""
NOW = PYTHON["requirements.txt"]
STAGE, FIRST, REST = {"pinned:2", "pinned:3"}, {"stage-1:3"}, {"stage-1:4", "stage-1:5"}


def runs(text: str, before: str | None, **change: object) -> set[str]:
    """Return what runs after a change of requirements.txt, from another text where that is known."""
    (found,) = analysis_of(text).graphs
    rewritten = () if before is None else (Rewritten("requirements.txt", before, NOW),)
    made = Change("c", frozenset({"requirements.txt"}), rewritten=rewritten, **change)  # type: ignore[arg-type]
    return set(Rebuild().steps(found, made))


def test_a_change_of_another_line_stops_at_the_stage_that_keeps_lines() -> None:
    assert runs(TEXT, NOW.replace("flask==3", "flask==2")) == STAGE | REST


def test_a_change_of_a_line_that_is_kept_goes_on() -> None:
    assert runs(TEXT, NOW.replace("numpy==1", "numpy==0")) == STAGE | FIRST | REST
    assert runs(TEXT, NOW.replace("numpy==1.26.4", "")) == STAGE | FIRST | REST
    assert runs(TEXT, NOW.replace("numpy==", "numpy>=")) == STAGE | FIRST | REST


def test_a_change_of_which_the_texts_are_not_known_goes_on() -> None:
    assert runs(TEXT, None) == STAGE | FIRST | REST


def test_another_base_an_empty_cache_or_another_command_goes_on() -> None:
    other = NOW.replace("flask==3", "flask==2")
    assert runs(TEXT, other, bases=True) >= FIRST
    assert runs(TEXT, other, everything=True) >= FIRST
    assert runs(TEXT, other, instructions=frozenset({f"instruction RUN {SED}"})) >= FIRST


def test_a_file_that_no_line_is_taken_of_is_none_of_it() -> None:
    (found,) = analysis_of(TEXT + "COPY app app\n").graphs
    assert set(Rebuild().steps(found, Change("c", frozenset({"app/main.py"})))) == {"stage-1:6"}


def test_a_stage_that_stands_upon_it_is_another() -> None:
    text = TEXT.replace("\nFROM python:3.12-slim\n", "\nFROM pinned\n").replace(f"{MOUNT} ", "")
    assert "stage-1:2" in runs(text, NOW.replace("flask==3", "flask==2"))


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("COPY requirements.txt /\n", "COPY requirements.txt /\nRUN echo numpy==2 >> /requirements.txt\n"),
        TEXT.replace(SED, f"{SED} && date >> /pinned.txt"),
        TEXT.replace("COPY requirements.txt /\n", "COPY requirements.txt /other.txt\n"),
        TEXT.replace(f"RUN {SED}", f"RUN --mount=target=/m {SED}"),
    ],
)
def test_what_may_hold_more_than_the_lines_is_no_such_stage(text: str) -> None:
    (found,) = analysis_of(text).graphs
    assert siftings(found) == ()
    assert found.step("stage-1:3").sifted == ()


def test_what_the_first_install_installs_is_known_and_the_second_one_finds_it() -> None:
    (found,) = analysis_of(TEXT).graphs
    first, second = found.step("stage-1:3").effects, found.step("stage-1:5").effects
    assert (first.manifests, first.needs_source) == (("/pinned.txt",), ())
    assert [work.names for work in first.work] == [("numpy",)]
    assert first.installs == second.present == {"numpy==1.26.4"}
    assert [work.names for work in second.work] == [("flask",)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("--no-deps -r", "-r"),
        ("--no-deps", "--no-deps --target /t"),
        ("pip install -r", "pip install --force-reinstall -r"),
        ("pip install -r", "pip wheel -r"),
        (INSTALL, "pip wheel --no-deps -r /pinned.txt"),
    ],
)
def test_what_installs_elsewhere_or_anyway_finds_nothing(old: str, new: str) -> None:
    (found,) = analysis_of(TEXT.replace(old, new)).graphs
    last = found.step("stage-1:5").effects
    assert last.present == frozenset()
    assert [work.packages for work in last.work] == [2]


def test_what_a_mount_brings_is_the_lines_wherever_it_lies() -> None:
    (found,) = analysis_of(
        TEXT.replace("target=/pinned.txt", "target=/x/r.txt").replace("-r /pinned", "-r /x/r")
    ).graphs
    assert found.step("stage-1:3").effects.manifests == ("/x/r.txt",)
    (mounted,) = found.step("stage-1:3").sifted
    assert (mounted.path, mounted.source, mounted.text()) == ("/x/r.txt", "requirements.txt", "numpy==1.26.4\n")


def test_an_image_of_a_stages_number_is_no_stage() -> None:
    (found,) = analysis_of(TEXT.replace("from=pinned", "from=0")).graphs
    assert found.step("stage-1:3").sifted == ()


def test_a_key_holds_the_lines_and_not_the_file() -> None:
    before = graph(TEXT, PYTHON)
    other = graph(TEXT, {**PYTHON, "requirements.txt": NOW.replace("flask==3", "flask==2")})
    kept = graph(TEXT, {**PYTHON, "requirements.txt": NOW.replace("numpy==1", "numpy==0")})
    assert set(run_again(before, other)) == STAGE | REST
    assert set(run_again(before, kept)) == STAGE | FIRST | REST


def test_an_install_of_lines_reads_what_changed_where_one_of_them_did() -> None:
    analysis = analysis_of(
        TEXT, versions={"requirements.txt": (*OLDER["requirements.txt"], NOW.replace("1.26", "1.25"))}
    )
    (found,) = analysis.graphs
    reads = [analysis.reads_what_changed(found.step("stage-1:3"), one) for one in analysis.facts.commits[3:]]
    assert reads == [False, False, True, True]
    assert analysis.lost_s(found, found.step("stage-1:3")) == pytest.approx(0.0)
