import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.prove.bench.toy_engine import ToyEngine

from layerwise.analysis import Analysis
from layerwise.config.scenarios import OwnEdit
from layerwise.errors import BuilderError, BuildFailed, UsageError
from layerwise.model.change import COLD
from layerwise.project import Wanted, open_project
from layerwise.prove.bench.engine import Order
from layerwise.prove.bench.opening import Times, cleaned, opened
from layerwise.prove.bench.result import Bench, Side
from layerwise.prove.bench.scenarios import listed
from layerwise.prove.bench.session import Session
from layerwise.prove.bench.subject import How, Subject
from layerwise.recording.timed import Timed

AMD, ARM = "linux/amd64", "linux/arm64"
DOCKERFILE = """FROM debian:12
ARG GIT_COMMIT
RUN apt-get update && apt-get install -y curl
COPY . .
RUN pip install -r requirements.txt
RUN make $GIT_COMMIT
"""
REWRITTEN = """FROM debian:12
RUN apt-get update && apt-get install -y curl
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
ARG GIT_COMMIT
RUN make $GIT_COMMIT
"""
FILES = {"requirements.txt": "flask==3.0.0\n", "app/main.py": "print()\n", "Dockerfile": DOCKERFILE}


@dataclass
class Place:
    """A project, and where its benches lie."""

    root: Path
    home: Path
    engine: ToyEngine = field(default_factory=ToyEngine)
    said: list[str] = field(default_factory=list)
    platforms: tuple[str, ...] = (AMD,)

    def subject(self) -> Subject:
        wanted = Wanted(str(self.root), platforms=self.platforms, build_args={"GIT_COMMIT": None})
        analysis = open_project(wanted).analysis
        return Subject(
            project="shop",
            analysis=analysis,
            dockerfile=self.root / "Dockerfile",
            context=self.root,
            named="Dockerfile",
        )

    @contextmanager
    def session(
        self, how: How, sides: Callable[[Analysis], Mapping[Side, Analysis]] | None = None
    ) -> Iterator[tuple[Session, Mapping[Side, Analysis]]]:
        subject = self.subject()
        made = sides(subject.analysis) if sides else {Side.BEFORE: subject.analysis}
        times = Times(lambda: self.engine.clock, lambda: 0.0)
        with opened(subject, how, self.engine, self.home, self.said.append, times, made.values()) as session:
            yield session, made

    def measure(
        self, *names: str, how: How | None = None, sides: Callable[[Analysis], Mapping[Side, Analysis]] | None = None
    ) -> Bench:
        with self.session(how or How(runs=1), sides) as (session, made):
            found = listed(session.subject.analysis, "Dockerfile", names)
            return session.measure(made, found.measured, found)


def both(analysis: Analysis) -> Mapping[Side, Analysis]:
    return {Side.BEFORE: analysis, Side.AFTER: analysis.rewritten(REWRITTEN)}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return placed(tmp_path)


def placed(tmp_path: Path) -> Place:
    root = tmp_path / "shop"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Place(root, tmp_path / "bench")


def seconds(bench: Bench, side: str = "before", platform: str = AMD) -> dict[str, tuple[float, ...]]:
    return {
        row.scenario: figure.seconds
        for row in bench.rows
        if row.platform == platform and (figure := getattr(row, side))
    }


def test_each_scenario_runs_the_steps_that_its_change_runs(place):
    assert seconds(place.measure()) == {
        "cold": (4.0,),
        "unchanged": (0.0,),
        "code": (3.0,),
        "deps:apt": (4.0,),
        "deps:pip": (3.0,),
        "args": (4.0,),
        "code+args": (4.0,),
        "dockerfile-first": (4.0,),
        "dockerfile": (3.0,),
        "dockerfile-last": (3.0,),
        "base": (4.0,),
        "checkout": (3.0,),
    }


def test_every_repetition_is_a_change_again(place):
    assert set(map(len, seconds(place.measure(how=How(runs=3))).values())) == {3, 2}
    bench = place.measure(how=How(runs=3))
    assert all(len(set(found)) == 1 for found in seconds(bench).values())
    assert seconds(bench)["unchanged"] == (0.0, 0.0, 0.0)
    assert seconds(bench)["checkout"] == (3.0, 3.0), "there are two other umasks that programs of any user can read"


def test_the_rewritten_file_is_built_beside_it(place):
    bench = place.measure(sides=both)
    assert seconds(bench, "after") == seconds(bench) | {
        "code": (2.0,),
        "deps:apt": (5.0,),
        "deps:pip": (4.0,),
        "cold": (5.0,),
        "args": (1.0,),
        "code+args": (2.0,),
        "dockerfile-first": (5.0,),
        "dockerfile-last": (2.0,),
        "base": (5.0,),
        "checkout": (4.0,),
    }
    assert bench.planned


def test_images_to_compare_hold_the_dockerfile_as_it_stands(place):
    seen: list[tuple[str, str]] = []

    @dataclass
    class Looking(ToyEngine):
        def build(self, order: Order) -> Timed:
            if not order.plain:
                seen.append((order.dockerfile.read_text(), (order.context / "Dockerfile").read_text()))
            return super().build(order)

    place.engine = Looking()
    with place.session(How(runs=1), both) as (session, sides):
        session.image(Side.AFTER, sides[Side.AFTER], "scope", place.home / "image.tar", "the rewritten file", ())
        session.measure(sides, (COLD,), listed(session.subject.analysis, "Dockerfile", ("cold",)))
    assert seen[0] == (REWRITTEN, DOCKERFILE)
    assert {inside for built, inside in seen[1:] if built == REWRITTEN} == {REWRITTEN}


def test_sides_take_turns_in_coming_first(place):
    place.measure("code", how=How(runs=2), sides=both)
    order = [one.dockerfile.parent.name for one in place.engine.orders if one.scenario == "code"]
    assert order == ["before", "after", "after", "before"]


def test_platforms_are_built_one_by_one_each_from_nothing(place):
    place.platforms = (AMD, ARM)
    bench = place.measure("cold", "code")
    assert seconds(bench) == seconds(bench, platform=ARM) == {"cold": (4.0,), "code": (3.0,)}
    assert {order.platform for order in place.engine.orders if order.scenario} == {AMD, ARM}


def test_nothing_is_left_of_a_bench_that_ends(place):
    place.engine.cache["another's"] = "another"
    place.measure(how=How(runs=2), sides=both)
    assert place.engine.cache == {"another's": "another"}
    assert place.engine.images == set()
    assert not place.home.exists()


def test_the_user_s_tree_is_not_touched(place):
    before = {path: (path.read_bytes(), path.stat()) for path in place.root.rglob("*") if path.is_file()}
    place.measure(how=How(runs=2), sides=both)
    assert {path: (path.read_bytes(), path.stat()) for path in place.root.rglob("*") if path.is_file()} == before


def test_what_the_cache_holds_stands_beside_each_row(place):
    bench = place.measure("cold", "code")
    assert bench.row("cold", AMD).cache_bytes == (400, None)
    assert bench.row("code", AMD).cache_bytes == (400 + 300, None), "what was there before, and what ran"


def test_what_the_model_said_stands_beside_each_row(place):
    bench = place.measure("cold")
    assert (
        bench.row("cold", AMD).predicted_before_s
        == place.subject()
        .analysis.facts.estimator.build(
            place.subject().analysis.graphs, listed(place.subject().analysis, "", ("cold",)).measured[0]
        )
        .seconds
    )


def test_a_scenario_that_is_asked_for_alone_has_its_steps_cached_first(place):
    assert seconds(place.measure("code")) == {"code": (3.0,)}


def test_every_instruction_has_a_prediction(place):
    bench = place.measure()
    lines = [row.scenario for row in bench.rows if row.scenario.startswith("dockerfile:")]
    assert lines == ["dockerfile:4"], "the others are measured: the first, the middle and the last RUN"
    assert bench.row("dockerfile:4", AMD).predicted_before_s > 0
    assert bench.row("dockerfile:4", AMD).before is None


def test_what_can_not_be_measured_says_why(place):
    (place.root / "Dockerfile").write_text(f"FROM debian@sha256:{'a' * 64}\nRUN make\n")
    rows = {row.scenario: row.unmeasured for row in place.measure().rows}
    assert "pinned by digest" in rows["base"]
    assert "nothing else uses" in rows["fresh"]
    assert "no COPY takes a source file" in rows["code"]
    assert rows["cold"] == ""


def test_a_scenario_that_nobody_knows(place):
    with pytest.raises(UsageError, match=r"no scenario is called 'npm'; there are cold, unchanged, code, deps:apt"):
        place.measure("npm")


def test_the_user_s_own_edit_is_made_in_the_copy_and_is_new_each_time(place):
    edit = OwnEdit(
        "pip", command='echo "round $LAYERWISE_ROUND"; sed -i s/3.0.0/3.0.1/ requirements.txt; echo >> app/main.py'
    )
    bench = place.measure("pip", how=How(runs=3, edits={"deps:pip": edit}))
    assert seconds(bench) == {"deps:pip": (3.0, 3.0, 3.0)}
    assert bench.row("deps:pip", AMD).subject == "your own edit, [scenarios.pip]"
    assert (place.root / "requirements.txt").read_text() == FILES["requirements.txt"]
    assert (place.root / "app/main.py").read_text() == FILES["app/main.py"]


def test_a_patch_is_applied_in_the_copy(place, tmp_path):
    (tmp_path / "new.diff").write_text(
        "--- a/requirements.txt\n+++ b/requirements.txt\n@@ -1 +1 @@\n-flask==3.0.0\n+flask==3.0.1\n"
    )
    edit = OwnEdit("pip", patch=str(tmp_path / "new.diff"))
    assert seconds(place.measure("pip", how=How(runs=2, edits={"deps:pip": edit}))) == {"deps:pip": (3.0, 3.0)}


def test_an_edit_that_fails_is_the_user_s(place):
    edit = OwnEdit("pip", command="echo no such thing >&2; exit 3")
    with pytest.raises(UsageError, match=r"\[scenarios.pip\]: the edit ended with 3 .* no such thing"):
        place.measure("pip", how=How(runs=1, edits={"deps:pip": edit}))


def test_a_build_that_fails_says_in_which_scenario_and_what_it_wrote(place):
    place.engine.fails = "type=tmpfs"
    with pytest.raises(BuildFailed, match=r"(?s)Dockerfile as it stands \(deps:apt\) does not build.*it said why"):
        place.measure()
    place.engine.fails = ""
    assert "deps:apt" in seconds(place.measure())
    assert any("going on with a bench that was interrupted, 3 builds are measured" in said for said in place.said)


def test_without_room_nothing_is_built(place):
    place.engine.refuses = "there is no room"
    with pytest.raises(BuilderError, match="no room"):
        place.measure()
    assert place.engine.orders == []


def test_garbage_collection_of_what_is_needed_is_seen_and_mended(place):
    with place.session(How(runs=1)) as (session, sides):
        found = {one.name: one for one in listed(session.subject.analysis, "Dockerfile").measured}
        session.measure(sides, [found["cold"]])
        del place.engine.cache[list(place.engine.cache)[-1]]
        session.measure(sides, [found["code"]])
        bench = session.measure(sides, [found["unchanged"]])
    assert seconds(bench) == {"unchanged": (0.0,)}
    assert "garbage collection removed cache records" in bench.notes[0]


@pytest.mark.parametrize("budget", [0.0, 10.0, 25.0, 60.0, 1000.0])
def test_a_budget_is_kept_and_what_is_left_out_is_said(place, budget):
    bench = place.measure(how=How(runs=2, budget_s=budget), sides=both)
    spent = place.engine.clock
    assert spent <= budget
    if budget < 1000:
        assert bench.notes[-1].startswith(f"left out for the budget of {budget:.0f} s: ")
    else:
        assert bench.notes == ()
        assert len(seconds(bench)["cold"]) == 2


def test_a_budget_counts_what_was_spent_before_an_interrupt(place):
    place.engine.stops_at = 8
    with pytest.raises(KeyboardInterrupt):
        place.measure(how=How(runs=3, budget_s=120.0))
    bench = place.measure(how=How(runs=3, budget_s=120.0))
    assert place.engine.clock <= 120.0
    assert "left out" in bench.notes[-1]


def test_a_figure_of_any_text_is_measured_once(place):
    with place.session(How(runs=2), both) as (session, sides):
        found = {one.name: one for one in listed(session.subject.analysis, "Dockerfile").measured}
        session.measure(sides, [found["code"]])
        half = sides[Side.BEFORE].rewritten(
            DOCKERFILE.replace("ARG GIT_COMMIT\n", "").replace("RUN make", "ARG GIT_COMMIT\nRUN make")
        )
        built = session.builds
        assert session.figure(Side.AFTER, half, found["args"], AMD).seconds == (1.0, 1.0)
        assert session.builds == built + 3, "one to have its steps cached, and two rounds"
        assert session.figure(Side.AFTER, half, found["args"], AMD).seconds == (1.0, 1.0)
        assert session.figure(Side.AFTER, half, found["args"], AMD, runs=3).seconds == (1.0, 1.0, 1.0)
        assert session.builds == built + 4
        assert session.figure(Side.AFTER, half, found["cold"], AMD).seconds == (4.0, 4.0)
        assert session.figure(Side.AFTER, half, replace(found["code"], name="fresh"), AMD) is None
        assert session.builds == built + 6
        assert seconds(session.measured(sides, [found["code"]])) == seconds(session.measure(sides, [found["code"]]))
        assert session.builds == built + 6
    assert place.engine.cache == {}


def test_the_image_before_a_change_stays_while_the_change_is_built(place):
    place.measure("cold", "code", "args", how=How(runs=1))
    tags = {order.scenario: order.tag for order in place.engine.orders if order.tag}
    assert tags["cold"] != tags["code"] == tags["args"]
    assert place.engine.images == set()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stops=st.lists(st.integers(1, 9), max_size=4), planned=st.booleans())
def test_interrupted_anywhere_any_number_of_times_it_comes_to_the_same(stops, planned, tmp_path_factory):
    place = placed(tmp_path_factory.mktemp("bench"))
    how, sides = How(runs=2), both if planned else None
    names = ("cold", "code", "deps:pip", "base")
    for stop in stops:
        place.engine.stops_at = len(place.engine.orders) + stop
        try:
            place.measure(*names, how=how, sides=sides)
        except KeyboardInterrupt:
            continue
        break
    place.engine.stops_at = 0
    bench = place.measure(*names, how=how, sides=sides)
    assert seconds(bench) == {"cold": (4.0, 4.0), "code": (3.0, 3.0), "deps:pip": (3.0, 3.0), "base": (4.0, 4.0)}
    assert place.engine.cache == {}
    assert place.engine.images == set()
    assert not place.home.exists()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(line=st.integers(1, 60))
def test_killed_after_any_line_of_its_journal_it_comes_to_the_same(line, tmp_path_factory):
    place = placed(tmp_path_factory.mktemp("bench"))
    names = ("cold", "code", "base")
    written = count(1)

    def fsync(_: int) -> None:
        if next(written) == line:
            raise KeyboardInterrupt

    with mock.patch("layerwise.prove.bench.journal.os.fsync", fsync), suppress(KeyboardInterrupt):
        place.measure(*names, how=How(runs=2))
    bench = place.measure(*names, how=How(runs=2))
    assert seconds(bench) == {"cold": (4.0, 4.0), "code": (3.0, 3.0), "base": (4.0, 4.0)}
    cleaned(place.engine, place.home, place.said.append)
    assert place.engine.cache == {}
    assert place.engine.images == set()
    assert not place.home.exists()


def test_what_was_measured_is_not_measured_again(place):
    place.engine.stops_at = 4
    with pytest.raises(KeyboardInterrupt):
        place.measure("cold", "unchanged", "code")
    built = len(place.engine.orders)
    place.measure("cold", "unchanged", "code")
    again = [order.scenario for order in place.engine.orders[built:]]
    assert again == ["", "unchanged", "code"], "a base, its steps cached again, and what was interrupted"


def test_another_question_is_another_bench(place):
    place.engine.stops_at = 3
    with pytest.raises(KeyboardInterrupt):
        place.measure("cold", "code")
    (place.root / "app" / "main.py").write_text("print(2)\n")
    assert seconds(place.measure("cold", "code")) == {"cold": (4.0,), "code": (3.0,)}
    assert not any("going on" in said for said in place.said)
    assert place.engine.cache, "the first bench's"
    assert cleaned(place.engine, place.home, place.said.append) == (1, 0)
    assert place.engine.cache == {}
    assert place.engine.images == set()
    assert cleaned(place.engine, place.home, place.said.append) == (0, 0)


def test_a_bench_that_ended_is_not_gone_on_with(place):
    place.engine.others_run = True
    bench = place.measure("code")
    assert bench.notes == ("1 of 1 timed builds ran beside builds of others, which may have slowed them",)
    assert any("it can't be told yet whose they are" in said for said in place.said)
    assert place.engine.cache, "nobody knows yet whose they are"
    assert cleaned(place.engine, place.home, place.said.append) == (0, 1)
    place.engine.others_run = False
    place.said.clear()
    place.measure("code")
    assert not any("going on" in said for said in place.said)
    assert cleaned(place.engine, place.home, place.said.append) == (1, 0)
    assert place.engine.cache == {}


def test_what_a_killed_one_has_left_in_its_copy_is_in_no_later_build(place):
    place.engine.stops_at = 4
    with pytest.raises(KeyboardInterrupt):
        place.measure("cold", "unchanged", "code")
    (copy,) = place.home.glob("*/before/context")
    (copy / "app" / "main.py").unlink()
    (copy / "app" / "left.py").touch()
    place.engine.stops_at = 0
    with place.session(How(runs=1)) as (session, sides):
        session.measure(sides, [COLD])
        session.image(Side.BEFORE, sides[Side.BEFORE], "lw1", place.root / "image.tar", "as it stands")
        assert sorted(path.name for path in (copy / "app").iterdir()) == ["main.py"]


def test_what_was_killed_before_its_journal_or_while_it_was_removed_is_cleaned(place):
    place.engine.stops_at = 4
    with pytest.raises(KeyboardInterrupt):
        place.measure("cold", "unchanged", "code")
    (interrupted,) = place.home.glob("*/journal.jsonl")
    (place.home / "early").mkdir()
    removed = mock.patch("layerwise.prove.bench.opening.remove_tree", side_effect=KeyboardInterrupt)
    with removed, pytest.raises(KeyboardInterrupt):
        cleaned(place.engine, place.home, place.said.append)
    assert interrupted.exists()
    cleaned(place.engine, place.home, place.said.append)
    assert not place.home.exists()


def test_there_is_nothing_to_clean_where_there_was_no_bench(place):
    assert cleaned(place.engine, place.home, place.said.append) == (0, 0)


def test_the_estimate_comes_before_the_first_build(place):
    place.measure("cold", "code", how=How(runs=2, budget_s=3600.0))
    assert re.fullmatch(r"4 builds, about \d+ (s|min) \(prior\), within 60 min", place.said[0])


def test_a_builder_of_its_own_is_emptied_for_fresh_and_removed_in_the_end(place):
    bench = place.measure("cold", "code", "fresh", how=How(runs=2, private=True))
    assert seconds(bench) == {"cold": (4.0, 4.0), "code": (3.0, 3.0), "fresh": (4.0, 4.0)}
    assert bench.notes == ()
    assert [order.scope for order in place.engine.orders if order.scenario == "fresh"] == ["", ""]
    assert place.engine.builders == set()


def test_a_builder_of_its_own_that_an_interrupt_left_is_removed(place):
    place.engine.stops_at = 3
    with pytest.raises(KeyboardInterrupt):
        place.measure("cold", "code", how=How(runs=1, private=True))
    assert len(place.engine.builders) == 1
    cleaned(place.engine, place.home, place.said.append)
    assert place.engine.builders == set()
