from pathlib import Path

import pytest
from tests.analyses import analysis_of

from layerwise.analysis import Analysis
from layerwise.graph.context import Context, Entry, Kind, read_context
from layerwise.model.change import Change
from layerwise.prove.bench.scenario_edit import Mark, checkouts, make, refusal, target
from layerwise.prove.bench.scenarios import CHECKOUT, listed
from layerwise.prove.bench.stand import Stand
from layerwise.prove.bench.tree import copy_context

DOCKERFILE = "FROM debian\nRUN apt-get install -y curl\nCOPY . .\nRUN make\n"
MARK = Mark("abc", 7, 1)


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    root = tmp_path / "shop"
    (root / "app").mkdir(parents=True)
    (root / "app" / "main.py").write_text("print()\n")
    (root / "package.json").write_text("{}")
    (root / "link.json").symlink_to("package.json")
    (root / "Dockerfile").write_text(DOCKERFILE)
    context = read_context(root)
    copy_context(context, tmp_path / "bench" / "pristine")
    (tmp_path / "bench" / "before").mkdir()
    return Stand(tmp_path / "bench" / "before", context, "Dockerfile")


def shown(stand: Stand) -> Analysis:
    analysis = analysis_of(DOCKERFILE, {"app/main.py": "", "package.json": "{}"})
    stand.show(analysis)
    return analysis


def test_each_file_of_a_change_gets_a_mark_and_links_are_followed(stand):
    analysis = shown(stand)
    made = make(Change("deps:npm", files=frozenset({"app/main.py", "link.json"})), stand, analysis, MARK, None)
    assert made.context == stand.working.root
    assert stand.working.read("app/main.py") == b"print()\n# abc-7\n"
    assert stand.working.read("package.json").strip(b" \t\n") == b"{}"
    assert (stand.working.root / "link.json").is_symlink()


def test_an_instruction_changes_in_the_dockerfile_that_is_built_and_in_the_one_that_is_copied(stand):
    analysis = shown(stand)
    change = next(one for one in listed(analysis, "Dockerfile").measured if one.name == "dockerfile")
    make(change, stand, analysis, MARK, None)
    text = DOCKERFILE.replace("RUN make", "RUN --mount=type=tmpfs,target=/.layerwise-abc-7 make")
    assert stand.dockerfile.read_text() == text
    assert stand.working.read("Dockerfile").decode() == text


def test_arguments_get_a_value_that_looks_like_a_commit(stand):
    analysis = shown(stand)
    made = make(Change("args", arguments=frozenset({"SHA"})), stand, analysis, MARK, None)
    (option,) = made.options
    name, _, value = option.removeprefix("--build-arg=").partition("=")
    assert name == "SHA"
    assert len(value) == 40
    assert int(value, 16) > 0


def test_another_checkout_lies_elsewhere_with_other_modes(stand):
    made = make(Change(CHECKOUT), stand, shown(stand), MARK, None)
    assert made.context == stand.directory / "checkout-7"
    assert (made.context / "app" / "main.py").stat().st_mode & 0o777 == 0o664
    assert not stand.working.root.exists()
    stand.show(shown(stand))
    assert (stand.working.root / "app" / "main.py").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(("mode", "count"), [(0o644, 2), (0o664, 2), (0o666, 2), (0o600, 2), (0o646, 3)])
def test_the_user_s_own_umask_is_no_other_checkout(mode, count):
    assert checkouts(Context.from_paths({"a": Entry(Kind.FILE, mode)})) == count


def test_an_empty_context_has_no_other_checkout():
    assert checkouts(Context.from_paths([])) == 0


def test_a_rewritten_file_changes_what_came_in_the_place_of_an_instruction():
    analysis = analysis_of(DOCKERFILE)
    change = next(one for one in listed(analysis, "Dockerfile").measured if one.name == "dockerfile-first")
    assert target(change, analysis).text == "apt-get install -y curl"
    after = analysis.rewritten(
        DOCKERFILE.replace("apt-get install -y curl", "apt-get install -y --no-install-recommends curl")
    )
    assert target(change, after).text == "apt-get install -y --no-install-recommends curl"
    gone = analysis.rewritten("FROM debian\nCOPY . .\n")
    assert target(change, gone) is None


def test_what_can_not_be_changed_is_said_before_anything_is_built():
    binary = analysis_of(DOCKERFILE, {"bun.lockb": "x"})
    assert "is harmless: give one as [scenarios]" in refusal(
        Change("deps:bun", files=frozenset({"bun.lockb"})), binary, None
    )
    assert (
        refusal(Change("deps:bun", files=frozenset({"bun.lockb", "a.py"})), analysis_of(DOCKERFILE, {"a.py": ""}), None)
        == ""
    )
    assert "no RUN of this file" in refusal(Change("x", instructions=frozenset({"instruction RUN none"})), binary, None)


def test_the_ignore_file_that_counts_is_beside_the_dockerfile(tmp_path):
    root = tmp_path / "shop"
    root.mkdir()
    for name, text in {"a": "", "Dockerfile": DOCKERFILE, ".dockerignore": "*.log\n"}.items():
        (root / name).write_text(text)
    context = read_context(root)
    copy_context(context, tmp_path / "bench" / "pristine")
    (tmp_path / "bench" / "after").mkdir()
    stand = Stand(tmp_path / "bench" / "after", context, "Dockerfile")
    analysis = analysis_of(DOCKERFILE, {"a": ""}, ignore="*.log\n")
    beside = stand.directory / "Dockerfile.dockerignore"
    stand.show(analysis)
    assert beside.read_text() == "*.log\n"
    assert stand.working.read(".dockerignore") == b"*.log\n"
    stand.show(analysis.rewritten(DOCKERFILE, "*.log\n*.md\n"))
    assert beside.read_text() == "*.log\n*.md\n"
    assert stand.working.read(".dockerignore") == b"*.log\n*.md\n"
