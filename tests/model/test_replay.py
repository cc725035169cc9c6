from tests.analyses import NODE, PYTHON, analysis_of

from layerwise.ecosystems.sieve import Rewritten
from layerwise.model.change import Change
from layerwise.model.commits import Commit, History, Touched
from layerwise.model.priors import priors
from layerwise.model.replay import changes_of, typical_changes, versions_wanted
from layerwise.model.scenarios import manifest_files, requirement_files, scenarios, source_file
from layerwise.syntax.parser import parse

NOW = parse("FROM debian\nRUN apt-get install -y ffmpeg sox\nRUN make\n", "Dockerfile")


def history(*paths: str) -> History:
    touched = tuple(Touched(path, "M") for path in paths)
    return History((Commit("c1", 1, "one", touched),), "main")


def changes(
    past: History, versions: dict[tuple[str, str], bytes | None], *, context: str = ".", has_git: bool = False
) -> Change:
    (change,) = changes_of(past, context, NOW, "Dockerfile", versions, frozenset({"SHA"}), has_git=has_git)
    return change


def test_a_commit_becomes_a_change_of_its_files_and_of_what_changes_on_every_build() -> None:
    assert changes(history("a.py"), {}) == Change("c1", frozenset({"a.py"}), frozenset({"SHA"}))


def test_files_outside_the_context_are_none_of_the_build() -> None:
    assert changes(history("docs/a.md", "app/b.py"), {}, context="app").files == {"b.py"}


def test_a_file_that_came_or_changed_its_mode_is_more_than_other_content() -> None:
    touched = (Touched("a.py", "M"), Touched("b.py", "A"), Touched("d.py", "R", "c.py"), Touched("e", "M", None, True))
    past = History((Commit("c1", 1, "one", touched),), "main")
    assert changes(past, {}).renamed == {"b.py", "c.py", "d.py", "e"}


def test_a_commit_changes_git_itself_where_the_context_holds_it() -> None:
    assert ".git/HEAD" in changes(history("a.py"), {}, has_git=True).files


def test_a_commit_that_touched_the_dockerfile_changes_its_instructions_that_still_exist() -> None:
    versions = {
        ("c1^", "Dockerfile"): b"FROM debian\nRUN apt-get install -y ffmpeg\nRUN make\n",
        ("c1", "Dockerfile"): b"FROM debian\nRUN apt-get install -y ffmpeg curl\nRUN make\n",
    }
    assert changes(history("Dockerfile"), versions).instructions == {"instruction RUN apt-get install -y ffmpeg sox"}


def test_the_commit_that_added_the_dockerfile_changes_no_instruction() -> None:
    versions = {("c1^", "Dockerfile"): None, ("c1", "Dockerfile"): b"FROM debian\nRUN make\n"}
    assert changes(history("Dockerfile"), versions).instructions == frozenset()


def test_an_old_dockerfile_that_does_not_parse_changes_no_instruction() -> None:
    versions = {("c1^", "Dockerfile"): b"FROM a b\n", ("c1", "Dockerfile"): b"FROM debian\nRUN make\n"}
    assert changes(history("Dockerfile"), versions).instructions == frozenset()


def test_versions_are_asked_for_only_where_the_dockerfile_was_touched() -> None:
    assert versions_wanted(history("a.py"), "Dockerfile") == ()
    assert versions_wanted(history("Dockerfile"), "Dockerfile") == (("c1", "Dockerfile"), ("c1^", "Dockerfile"))


ENVIRONMENT = parse("FROM debian\nENV LANG=C.UTF-8 \\\n    VERSION=3\nRUN make\n", "Dockerfile")


def named(before: bytes, after: bytes) -> frozenset[str]:
    versions: dict[tuple[str, str], bytes | None] = {("c1^", "Dockerfile"): before, ("c1", "Dockerfile"): after}
    (change,) = changes_of(history("Dockerfile"), ".", ENVIRONMENT, "Dockerfile", versions, frozenset(), has_git=False)
    return change.instructions


def test_of_a_line_that_sets_several_variables_only_those_with_another_value_changed() -> None:
    before, after = b"FROM debian\nENV LANG=C.UTF-8 VERSION=1\n", b"FROM debian\nENV LANG=C.UTF-8 VERSION=2\n"
    assert named(before, after) == {"instruction ENV VERSION=3"}


def test_a_variable_that_went_to_a_line_of_its_own_did_not_change() -> None:
    before, after = b"FROM debian\nENV LANG=C VERSION=3\n", b"FROM debian\nENV LANG=C\nRUN make\nENV VERSION 3\n"
    assert named(before, after) == {"instruction RUN make"}


def test_a_variable_that_is_gone_is_not_taken_for_one_of_another_name() -> None:
    assert named(b"FROM debian\n", b"FROM debian\nENV VERSIONS=3 LANGUAGE=C.UTF-8\n") == frozenset()


def test_without_history_the_mix_of_many_repositories_stands_in() -> None:
    made = typical_changes(
        priors().commits, frozenset({"a.py"}), frozenset({"r.txt"}), "instruction RUN make", frozenset()
    )
    assert sum(change.weight for change in made) == 1
    assert [bool(change.files or change.instructions) for change in made] == [False, True, True, True]


TEXT = """\
FROM python:3.12-slim
ARG GIT_COMMIT
RUN apt-get update && apt-get install -y ffmpeg
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
"""


def test_scenarios_name_each_ecosystem_that_the_file_uses() -> None:
    named = {change.name: change for change in analysis_of(TEXT, PYTHON).facts.scenarios}
    assert list(named) == [
        "cold", "unchanged", "code", "args", "code+args", "deps:apt", "deps:pip", "dockerfile", "base",
    ]  # fmt: skip
    assert named["deps:pip"].files == {"requirements.txt"}
    assert named["deps:apt"].instructions == {"instruction RUN apt-get update && apt-get install -y ffmpeg"}
    assert named["code"].files == {"app/main.py"}


def test_the_code_scenario_is_the_source_file_that_most_commits_touched() -> None:
    steps = analysis_of(TEXT, PYTHON).graphs[0].steps
    often = [Change("1", frozenset({"app/__init__.py"})), Change("2", frozenset({"requirements.txt"}))]
    assert source_file(steps, often) == "app/__init__.py"
    assert source_file(steps, ()) == "app/__init__.py"


def test_without_a_copy_there_is_no_code_scenario() -> None:
    named = {change.name for change in analysis_of("FROM debian\nRUN true\n", {}, (), {}).facts.scenarios}
    assert not named & {"code", "args", "code+args"}


def test_manifests_are_told_from_source() -> None:
    analysis = analysis_of("FROM node:20\nWORKDIR /srv\nCOPY . .\nRUN npm ci\n", NODE)
    assert manifest_files(analysis.graphs[0].steps) == {"package.json", "package-lock.json"}
    assert {change.name for change in scenarios(analysis.graphs, (), frozenset())} >= {"deps:npm", "code"}


def test_a_change_holds_the_texts_of_the_files_that_are_read() -> None:
    past = history("app/requirements.txt", "app/main.py")
    versions = {("c1^", "app/requirements.txt"): b"a==1\n", ("c1", "app/requirements.txt"): b"a==2\n\xff"}
    (change,) = changes_of(
        past, "app", NOW, "Dockerfile", versions, frozenset(), has_git=False, read=("app/requirements.txt",)
    )
    assert change.rewritten == (Rewritten("requirements.txt", "a==1\n", "a==2\n\udcff"),)
    assert change.texts("requirements.txt") == change.rewritten[0]
    assert change.texts("main.py") is None
    assert versions_wanted(past, "Dockerfile", "app/requirements.txt") == tuple(versions)[::-1]


def test_a_file_that_came_or_could_not_be_read_has_no_texts() -> None:
    for versions in ({}, {("c1^", "r.txt"): None, ("c1", "r.txt"): b"a==1\n"}):
        (change,) = changes_of(
            history("r.txt"), ".", NOW, "Dockerfile", versions, frozenset(), has_git=False, read=("r.txt",)
        )
        assert change.rewritten == ()


def test_an_update_of_requirements_is_one_line_more_to_what_keeps_some_of_them() -> None:
    graphs = analysis_of("FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt\n").graphs
    (update,) = (one for one in scenarios(graphs, (), frozenset()) if one.name == "deps:pip")
    before = PYTHON["requirements.txt"]
    assert [(one.path, one.before) for one in update.rewritten] == [("requirements.txt", before)]
    assert update.rewritten[0].after.startswith(before)
    assert requirement_files(graphs) == ("requirements.txt",)
