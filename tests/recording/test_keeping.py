import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.records import build, step

from layerwise.builder.checkout import read_checkout
from layerwise.recording.keeping import Tree, keep
from layerwise.records import BuildRecord, Ending, Outcome, Sources
from layerwise.store import Store, open_store

DOCKERFILE = """\
FROM python:3.12-slim AS deps
COPY requirements.txt .
RUN pip install -r requirements.txt

FROM deps
COPY src /src
RUN make
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path}/builds.db") as opened:
        yield opened


class Shop:
    """A repository with a Dockerfile, and the builds made of it."""

    def __init__(self, root: Path, store: Store) -> None:
        self.root = root
        self.store = store
        self.count = 0
        self.git("init", "--quiet", "--initial-branch=main")
        self.write({"Dockerfile": DOCKERFILE, "requirements.txt": "flask\n", "src/app.py": "1\n", "notes.txt": "1\n"})

    def git(self, *arguments: str) -> None:
        names = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        subprocess.run(["git", "-C", str(self.root), *names, *arguments], check=True)

    def write(self, files: dict[str, str], *, commit: bool = True) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        if commit:
            self.git("add", "--all")
            self.git("commit", "--quiet", "--allow-empty", "--message=x")

    def tree(self, dockerfile: str = "Dockerfile", context: str = ".") -> Tree:
        checkout = read_checkout(self.root)
        assert checkout is not None
        return Tree(checkout, self.root / context, self.root / dockerfile)

    def built(self, **changes: Any) -> BuildRecord:
        """The record of a build of the tree as it is, of which the last step ran."""
        self.count += 1
        checkout = self.tree().checkout
        sources = Sources(dockerfile="Dockerfile", commit=checkout.commit, dirty=checkout.dirty)
        steps = (step("COPY a b", number=2, outcome=Outcome.CACHED), step("RUN make", number=3))
        made = build(*steps, id=f"build-{self.count}", started_at=1_000_000.0 + self.count, sources=sources)
        return replace(made, **changes)

    def seen(self, tree: Tree | None = None, **changes: Any) -> tuple[str, str]:
        kept = keep(self.built(**changes), tree or self.tree(), self.store)
        assert kept.new
        assert self.store.records(None, limit=1) == (kept.record,)
        return kept.record.change.kind, kept.record.change.evidence


@pytest.fixture
def shop(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Shop:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "shop").mkdir()
    return Shop(tmp_path / "shop", store)


def test_a_build_is_kept_once(shop: Shop, store: Store) -> None:
    record = shop.built()
    assert keep(record, None, store).new
    assert not keep(record, None, store).new
    assert len(store.records(None, limit=9)) == 1


def test_the_first_build_has_nothing_before_it(shop: Shop) -> None:
    assert shop.seen() == ("unknown", "1 step ran, and no build before it is recorded")


def test_a_source_file_that_was_committed_is_code(shop: Shop) -> None:
    shop.seen()
    shop.write({"src/app.py": "2\n"})
    assert shop.seen() == ("code", "src/app.py changed")


def test_a_source_file_that_is_dirty_is_code_and_not_again_once_it_is_committed(shop: Shop) -> None:
    shop.seen()
    shop.write({"src/app.py": "2\n", "src/new.py": "1\n"}, commit=False)
    assert shop.seen() == ("code", "src/app.py, src/new.py changed")
    shop.write({})
    assert shop.seen()[0] == "unchanged"


def test_a_manifest_is_a_change_of_its_ecosystem(shop: Shop) -> None:
    shop.seen()
    shop.write({"requirements.txt": "flask\nrich\n", "src/app.py": "2\n"})
    assert shop.seen() == ("deps:pip+code", "requirements.txt changed; src/app.py changed")


def test_a_file_that_no_step_copies_is_no_change(shop: Shop) -> None:
    shop.seen()
    shop.write({"notes.txt": "2\n"})
    assert shop.seen()[0] == "unchanged"


def test_the_dockerfile_is_no_code_though_it_is_copied(shop: Shop) -> None:
    shop.write({"Dockerfile": "FROM debian\nCOPY . /src\nRUN make\n"})
    shop.seen()
    shop.write({"Dockerfile": "FROM debian\nCOPY . /src\nRUN make all\n"})
    assert shop.seen()[0] == "unchanged"


@pytest.mark.parametrize("name", [".dockerignore", "App.Dockerfile.dockerignore"])
def test_what_says_which_files_there_are_is_a_change_of_them(shop: Shop, name: str) -> None:
    shop.write({"App.Dockerfile": DOCKERFILE})
    tree = shop.tree("App.Dockerfile")
    shop.seen(tree)
    shop.write({name: "*.log\n"})
    assert shop.seen(shop.tree("App.Dockerfile")) == ("code", f"{name} changed")


def test_files_outside_of_the_context_are_no_change_of_it(shop: Shop) -> None:
    shop.write({"app/Dockerfile": "FROM debian\nCOPY . /src\n", "app/a.txt": "1\n"})
    shop.seen(shop.tree("app/Dockerfile", "app"))
    shop.write({"notes.txt": "2\n", "app/a.txt": "2\n"})
    assert shop.seen(shop.tree("app/Dockerfile", "app")) == ("code", "a.txt changed")


def test_the_last_completed_build_is_the_one_before(shop: Shop) -> None:
    shop.seen()
    shop.write({"src/app.py": "2\n"})
    shop.seen(ending=Ending.FAILED)
    shop.seen(ending=Ending.CANCELLED)
    assert shop.seen() == ("code", "src/app.py changed")


def test_without_a_commit_nobody_knows_which_files_differ(shop: Shop) -> None:
    shop.seen()
    for sources in (Sources(dockerfile="Dockerfile"), Sources(dockerfile="Dockerfile", commit="c0ffee", dirty=())):
        assert shop.seen(sources=sources)[0] == "unknown"


def test_a_commit_that_is_gone_leaves_nobody_who_knows(shop: Shop) -> None:
    shop.seen(sources=Sources(dockerfile="Dockerfile", commit="c0ffee", dirty=()))
    assert shop.seen() == ("unknown", "nobody knows which files differ from the build before")


def test_without_a_tree_nobody_knows_either(shop: Shop, store: Store) -> None:
    shop.seen()
    assert keep(shop.built(), None, store).record.change.kind == "unknown"


@pytest.mark.parametrize("text", [None, "FROM debian\nFLY\nRUN <<EOF\n"])
def test_a_dockerfile_that_can_not_be_read_any_more_covers_nothing(shop: Shop, text: str | None) -> None:
    shop.seen()
    shop.write({"src/app.py": "2\n"})
    path = shop.root / "Dockerfile"
    path.unlink() if text is None else path.write_text(text)
    assert shop.seen()[0] in ("unchanged", "unknown")


def test_a_stage_that_can_not_be_built_hides_no_files_of_the_others(shop: Shop) -> None:
    shop.write({"Dockerfile": f"FROM debian AS broken\nCOPY --from=7 / /\n{DOCKERFILE}"})
    shop.seen()
    shop.write({"src/app.py": "2\n"})
    assert shop.seen() == ("code", "src/app.py changed")
