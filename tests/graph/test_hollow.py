import pytest
from tests.analyses import PROJECT, analysis_of

from layerwise.graph.hollow import hollows
from layerwise.model.change import Change
from layerwise.model.rebuild import Rebuild

FIND = r"find . -type f ! -path ./pyproject.toml -exec truncate -s 0 {} +"
TEXT = """\
FROM python:3.12-slim AS names
WORKDIR /app
COPY . ./
RUN {}
FROM python:3.12-slim
WORKDIR /app
COPY --from=names /app/ ./
RUN pip install -e .
COPY . .
"""


def runs(text: str, *files: str, renamed: bool = False, **change: object) -> set[str]:
    (graph,) = analysis_of(text, PROJECT).graphs
    named = frozenset(files) if renamed else frozenset()
    return set(Rebuild().steps(graph, Change("c", frozenset(files), renamed=named, **change)))  # type: ignore[arg-type]


def test_a_change_of_what_is_emptied_stops_at_the_copy() -> None:
    text = TEXT.format(f"rm -rf .git && {FIND}")
    again = {"names:3", "names:4", "stage-1:5"}
    assert runs(text, "app/main.py") == again
    assert runs(text, "app/main.py", ".git/HEAD") == again


def test_a_name_and_what_is_kept_go_on() -> None:
    text = TEXT.format(FIND)
    everything = {"names:3", "names:4", "stage-1:3", "stage-1:4", "stage-1:5"}
    assert runs(text, "app/new.py", renamed=True) == everything
    assert runs(text, "pyproject.toml") == everything
    assert runs(text, "app/main.py", "pyproject.toml") == everything
    assert runs(text, ".git/HEAD") == {"names:3", "names:4", "stage-1:5"}


def test_another_base_or_an_empty_cache_goes_on() -> None:
    text = TEXT.format(FIND)
    assert "stage-1:4" in runs(text, "app/main.py", bases=True)
    assert "stage-1:4" in runs(text, everything=True)


def test_a_stage_that_stands_upon_it_is_another() -> None:
    text = (
        TEXT.format(FIND)
        .replace("COPY --from=names /app/ ./\n", "")
        .replace("FROM python:3.12-slim\nWORKDIR", "FROM names\nWORKDIR")
    )
    assert "stage-1:2" in runs(text, "app/main.py")


@pytest.mark.parametrize(
    "command",
    [
        f"cp app/main.py pyproject.toml && {FIND}",
        f"{FIND} || true",
        f"false && {FIND}; ls",
        FIND.replace("-type f", "-type d"),
        FIND.replace("find .", "find app"),
        FIND.replace("-s 0", "-s 10"),
        FIND.replace("! -path", "-path"),
        FIND.replace("! -path ./pyproject.toml", "-newer pyproject.toml"),
        FIND.replace("truncate", "touch"),
        "ls",
    ],
)
def test_what_may_leave_something_of_the_files_is_not_hollow(command: str) -> None:
    text = TEXT.format(command)
    (graph,) = analysis_of(text, PROJECT).graphs
    assert hollows(graph) == ()
    assert "stage-1:4" in runs(text, "app/main.py")


def test_what_is_emptied_is_there_and_can_not_be_read() -> None:
    (graph,) = analysis_of(TEXT.format(FIND), PROJECT).graphs
    install, last = graph.step("stage-1:4").sees, graph.step("stage-1:5")
    assert install.exists("/app/app/main.py")
    assert install.is_empty("/app/app/main.py")
    assert install.read("/app/app/main.py") is None
    assert not install.is_empty("/app/pyproject.toml")
    assert install.read("/app/pyproject.toml") == PROJECT["pyproject.toml"]
    assert last.effects.named == ()


def test_files_of_another_stage_that_is_not_hollow_stay_unknown() -> None:
    (graph,) = analysis_of(TEXT.format("ls"), PROJECT).graphs
    assert graph.step("stage-1:4").sees.read("/app/pyproject.toml") is None
