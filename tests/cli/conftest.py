import pytest
from tests.cli.repository import FILES, WHO, Repository


@pytest.fixture
def empty(tmp_path, monkeypatch, capsys) -> Repository:
    """A repository without a commit, and the current directory in it."""
    for name, value in WHO.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GIT_DIR", raising=False)
    root = tmp_path / "shop"
    root.mkdir()
    monkeypatch.chdir(root)
    made = Repository(root, capsys)
    made.git("init", "--quiet", "--initial-branch=main")
    return made


@pytest.fixture
def repository(empty) -> Repository:
    """A small Python application whose Dockerfile has both flaws, with four commits."""
    empty.commit(FILES, "Begin")
    empty.grow(3)
    return empty
