"""What `layerwise prove` and `optimize --prove` make of a proof, with builds and clocks that functions stand for."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.cli.repository import BETTER, DOCKERFILE, Repository
from tests.prove.bench.fakes import FakeLooks, FakeSession

from layerwise.cli import benching, settling
from layerwise.errors import BuilderError, BuildFailed
from layerwise.prove.bench.subject import How, Subject
from layerwise.store import open_store


@dataclass
class Engine:
    """Stands for an engine: how a text's image differs, and what it takes in a scenario."""

    wrong: Callable[[str], str]
    seconds: Callable[[str, str], float]
    directory: Path
    subject: Subject | None = None
    how: How | None = None
    fails: BaseException | None = None

    @contextmanager
    def session(self, subject, how, found, kept, asking) -> Iterator[FakeSession]:
        self.subject, self.how = subject, how
        made = FakeSession(self.seconds)
        made.runner = SimpleNamespace(builds=SimpleNamespace(scope=lambda: "lw1"), directory=self.directory)
        made.runs = lambda *_: ()
        yield made

    def looks(self, variants, images, again) -> FakeLooks:
        if self.fails:
            raise self.fails
        return FakeLooks(variants, self.wrong)


@pytest.fixture
def engine(repository, tmp_path, monkeypatch) -> Engine:
    monkeypatch.setenv("LAYERWISE_STORE", f"sqlite:///{tmp_path}/builds.db")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = Engine(lambda text: "", lambda text, scenario: 20.0 if text == DOCKERFILE else 10.0, tmp_path)
    monkeypatch.setattr(benching, "session", made.session)
    monkeypatch.setattr(settling, "Looks", made.looks)
    return made


def proved(repository: Repository, *arguments: str) -> dict:
    called = repository.call("prove", "--format", "json", *arguments)
    assert called.code == 0, called.err
    return json.loads(called.out)


def faults(found: dict) -> dict[str, str]:
    return {one["pass"]: one["fault"] for one in found["dropped"]}


def parted(text: str) -> bool:
    return "COPY requirements.txt" in text


def test_a_proof_says_what_stays_and_what_was_measured(repository, engine):
    found = proved(repository)
    assert (found["equal"], found["dropped"]) == (True, [])
    assert {edit["pass"] for edit in found["kept"]} == {"late-args", "manifest-first"}
    assert {row["name"]: (row["before_s"], row["after_s"]) for row in found["scenarios"]}["code"] == (20.005, 10.005)
    assert {row["name"] for row in found["scenarios"]} == {
        "cold",
        "unchanged",
        "code",
        "args",
        "code+args",
        "deps:pip",
    }
    assert repository.dockerfile.read_text() == DOCKERFILE


def test_scenarios_runs_and_budget_are_the_user_s(repository, engine):
    found = proved(repository, "--scenario", "pip", "--scenario", "cold", "--runs", "5", "--budget", "1h")
    assert [row["name"] for row in found["scenarios"]] == ["cold", "deps:pip"]
    assert (engine.how.runs, engine.how.budget_s) == (5, 3600)


def test_what_is_built_is_told_to_the_session_with_the_options_of_buildx(repository, engine):
    proved(repository, "--build-arg", "MODE=fast", "--", "--secret", "id=npmrc", "--build-arg", "NAME=shop")
    assert "--build-arg=MODE=fast" in engine.subject.options
    assert "--build-arg=NAME=shop" in engine.subject.options
    assert "--secret" in engine.subject.options
    assert engine.subject.named == "Dockerfile"


def test_what_a_proof_shows_is_remembered_and_the_next_plan_follows_it(repository, engine):
    engine.wrong = lambda text: "/app/x differs in content on linux/amd64" if parted(text) else ""
    found = proved(repository)
    assert faults(found) == {"manifest-first": "image", "late-args": "needs"}
    plan = json.loads(repository.call("optimize", "--format", "json").out)
    assert plan["dockerfile"] == found["dockerfile"]
    assert any("showed that it changes the image: /app/x differs" in one["why"] for one in plan["refused"])


def test_a_slow_edit_is_refused_by_the_next_plan_until_it_is_tried_again(repository, engine):
    engine.seconds = lambda text, scenario: 50.0 if parted(text) else 20.0
    found = proved(repository, "--scenario", "code")
    assert faults(found) == {"manifest-first": "slower", "late-args": "needs"}
    plan = json.loads(repository.call("optimize", "--format", "json").out)
    assert any("was slower with it: code on linux/" in one["why"] for one in plan["refused"])
    assert proved(repository, "--scenario", "code")["dropped"] == []
    again = proved(repository, "--scenario", "code", "--again")
    assert faults(again)["manifest-first"] == "slower"


def test_secrets_are_masked_in_what_is_shown_and_kept(repository, engine, monkeypatch, tmp_path):
    monkeypatch.setenv("DEPLOY_TOKEN", "s3cr3t-s3cr3t-s3cr3t")
    engine.wrong = lambda text: "not built: s3cr3t-s3cr3t-s3cr3t" if parted(text) else ""
    called = repository.call("prove", "--format", "json")
    assert "s3cr3t" not in called.out + called.err
    with open_store(f"sqlite:///{tmp_path}/builds.db") as store:
        projects = store.proofs(str(repository.root))
    assert projects
    assert not any("s3cr3t" in proof.why for proof in projects.values())


def test_the_page_is_one_file_and_the_dockerfile_is_written_where_that_is_asked_for(repository, engine):
    found = repository.call("prove", "--html", "proof.html", "--write")
    assert found.code == 0
    assert "layerwise: wrote proof.html" in found.err
    assert "layerwise: wrote Dockerfile" in found.err
    assert (repository.root / "proof.html").read_text().startswith("<!DOCTYPE html>")
    assert parted(repository.dockerfile.read_text())


def test_a_file_that_can_t_be_written_ends_a_proof_before_it_begins(repository, engine):
    repository.dockerfile.write_text(DOCKERFILE + "EXPOSE 80\n")
    engine.fails = AssertionError("nothing is built")
    called = repository.call("prove", "--write")
    assert (called.code, called.err) == (
        2,
        "layerwise: Dockerfile has changes that are not committed; commit it first, or use --force\n",
    )


@pytest.mark.parametrize(
    ("fails", "code"),
    [(BuildFailed("Dockerfile as it stands does not build"), 3), (BuilderError("no builder answers"), 4)],
)
def test_what_ends_a_proof_has_its_exit_code(repository, engine, fails, code):
    engine.fails = fails
    assert repository.call("prove").code == code


def test_an_interrupt_says_how_to_go_on(repository, engine):
    engine.fails = KeyboardInterrupt()
    called = repository.call("prove")
    assert called.code == 130
    assert "the same command goes on from there" in called.err


def test_a_plan_that_changes_nothing_needs_no_engine(repository, engine):
    repository.commit({"Dockerfile": BETTER})
    engine.fails = AssertionError("nothing is built")
    called = repository.call("prove")
    assert (called.code, called.err) == (0, "")
    assert called.out.startswith("There is nothing to prove: the plan changes nothing.")


def test_it_begins_with_what_is_proved_and_what_is_left_out(repository, engine):
    (repository.root / "layerwise.toml").write_text('[passes]\nallow = ["frozen"]\n')
    said = repository.call("prove").err
    assert "layerwise: proving 2 edits: " in said
    assert "late-args at line 2" in said
    assert "layerwise: left out is what changes the image on purpose (frozen)" in said


def test_an_unknown_scenario_is_named_with_those_that_there_are(repository, engine):
    called = repository.call("prove", "--scenario", "cobol")
    assert called.code == 2
    assert "no scenario is called 'cobol'; there are cold" in called.err


def test_optimize_prints_the_plan_that_a_proof_leaves(repository, engine):
    engine.wrong = lambda text: "/app/x differs" if parted(text) else ""
    called = repository.call("optimize", "--prove", "--format", "json", "--write")
    assert called.code == 0
    assert "dropped manifest-first at line 4: /app/x differs" in called.err
    assert "layerwise: None of 2 edits stays" in called.err
    plan = json.loads(called.out)
    assert plan["edits"] == []
    assert repository.dockerfile.read_text() == plan["dockerfile"]


def test_markdown_and_text_say_the_same_verdict(repository, engine):
    for style in ("md", "text"):
        assert "2 edits stay" in repository.call("prove", "--format", style).out
