from pathlib import Path

import pytest
from benchmarks import corpus
from tests.syntax.corpus import CORPUS, text_of

from layerwise.errors import DockerfileError
from layerwise.syntax.parser import parse


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
