import subprocess
from pathlib import Path

import pytest
from benchmarks import corpus
from tests.syntax.corpus import CORPUS, text_of

from layerwise.errors import DockerfileError
from layerwise.plan import Plan, plan
from layerwise.project import Wanted, open_project
from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Pairs


def accepted() -> list[Path]:
    return [path for path in CORPUS if _parses(path)]


def _parses(path: Path) -> bool:
    try:
        return bool(parse(text_of(path)).stages)
    except DockerfileError:
        return False


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").write_text("print()\n")
    (tmp_path / "requirements.txt").write_text("flask==3.0.0\n")
    (tmp_path / "package.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize("path", accepted(), ids=lambda path: path.stem)
def test_every_dockerfile_is_planned_and_says_the_same_afterwards(path: Path, repository: Path):
    (repository / "Dockerfile").write_bytes(path.read_bytes())
    result = corpus.check(repository, Path("Dockerfile"), engine=None)
    assert (result.crash, result.refused, result.differs, result.says) == ("", "", "", "")
    assert result.round_trips
    assert result.plan is not None or result.unplanned
    assert result.reduction >= 0


@pytest.mark.parametrize("path", accepted(), ids=lambda path: path.stem)
def test_a_plan_of_its_own_result_applies_nothing(path: Path, repository: Path):
    file, text = repository / "Dockerfile", text_of(path)
    git(repository, "init", "-q")
    for count in range(4, 0, -1):  # each commit changes one variable of a line that sets several, and a source
        file.write_bytes(_other_values(text, count).encode("utf-8", "surrogateescape"))
        (repository / "app" / "main.py").write_text(f"print({count})\n")
        git(repository, "add", ".")
        git(repository, "commit", "-q", "-m", "a change")
    file.write_bytes(path.read_bytes())
    first = _planned(repository)
    if first is None:
        return
    file.write_bytes(first.after.dockerfile.text.encode("utf-8", "surrogateescape"))
    if first.after.ignore is not None:
        (repository / ".dockerignore").write_text(first.after.ignore)
    second = _planned(repository)
    assert second is not None
    assert [(one.pass_name, one.proposal.why) for one in second.kept] == []


def _other_values(text: str, count: int) -> str:
    """Give the first variables of each line that sets some another value than they have."""
    lines = [one for one in parse(text).instructions() if isinstance(one, Pairs)]
    ends = sorted(pair.span.end for line in lines for pair in line.pairs[:count] if pair.value)
    for end in reversed(ends):
        text = f"{text[:end]}4{text[end:]}" if text[end - 1].isalnum() else text
    return text


def _planned(repository: Path) -> Plan | None:
    try:
        return plan(open_project(Wanted(path=str(repository))).analysis)
    except DockerfileError:
        return None


def git(directory: Path, *arguments: str) -> None:
    names = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *names, *arguments], cwd=directory, check=True, capture_output=True)


def test_names_of_dockerfiles(tmp_path: Path):
    for name in ("Dockerfile", "Dockerfile.dev", "web.Dockerfile", "dockerfile-alpine", "Containerfile"):
        (tmp_path / name).touch()
    for name in ("Dockerfile.dockerignore", "Dockerfile.j2", "dockerfile-lint.yml", "dockerfiles.md", "compose.yaml"):
        (tmp_path / name).touch()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "Dockerfile").touch()
    assert {path.name for path in corpus.dockerfiles(tmp_path)} == {
        *("Dockerfile", "Dockerfile.dev", "web.Dockerfile", "dockerfile-alpine", "Containerfile"),
    }


def test_a_crash_is_counted_and_stops_nothing(repository: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(corpus, "plan", broken)
    (repository / "Dockerfile").write_text("FROM debian\nRUN true\n")
    result = corpus.check(repository, Path("Dockerfile"), engine=None)
    assert "ZeroDivisionError" in result.crash
    assert "ZeroDivisionError" in corpus.summary([result], [result])


def test_a_refused_file_is_no_crash(repository: Path):
    (repository / "Dockerfile").write_text("COPY a\n")
    result = corpus.check(repository, Path("Dockerfile"), engine=None)
    assert result.refused
    assert not result.crash


def test_the_directory_that_has_what_is_copied_is_the_context(repository: Path):
    (repository / "docker").mkdir()
    (repository / "docker" / "Dockerfile").write_text("FROM debian\nCOPY requirements.txt /\n")
    result = corpus.check(repository, Path("docker/Dockerfile"), engine=None)
    assert "context .:" in " ".join(result.notes)
