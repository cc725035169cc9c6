import pytest
from tests.builder.drive.lines import asked

from layerwise.builder.drive.files import files_of
from layerwise.builder.drive.sources import emulated_platforms, inner_stages, read_sources

DOCKERFILE = """\
# syntax=docker/dockerfile:1.7
FROM --platform=$BUILDPLATFORM golang AS build
ARG VERSION
RUN go build -o /app
FROM scratch
COPY --from=build /app /app
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "other.Dockerfile").write_text("FROM debian\nRUN true\n")
    (tmp_path / "sub" / "dockerfile").write_text("FROM debian\n")
    return tmp_path


def paths(text: str) -> tuple[str, str]:
    found = files_of(asked(text))
    return str(found.dockerfile), str(found.context)


def test_files_are_where_buildx_looks_for_them(place):
    assert paths(".") == ("Dockerfile", ".")
    assert paths("sub") == ("sub/dockerfile", "sub")
    assert paths("-f sub/other.Dockerfile .") == ("sub/other.Dockerfile", ".")
    assert paths("-f nowhere .") == ("None", ".")


@pytest.mark.parametrize(
    ("text", "context"),
    [("-f - .", "."), ("-", "None"), ("https://example.org/a.git#main", "None"), ("-f https://example.org/D .", ".")],
)
def test_what_comes_from_elsewhere_is_no_file(place, text, context):
    assert paths(text) == ("None", context)
    assert read_sources(asked(text), files_of(asked(text)), (), "linux/amd64", whole=True) is None


def sources(text: str, *platforms: str):
    wanted = asked(text)
    found = read_sources(wanted, files_of(wanted), platforms, "linux/amd64", whole=True)
    assert found is not None
    return found


def test_something_runs_only_where_a_step_runs(place):
    graphs = sources(".", "linux/amd64", "linux/s390x").graphs()
    assert [graph.platform for graph in graphs] == ["linux/amd64", "linux/s390x"]
    assert emulated_platforms(graphs) == {"linux/amd64"}
    assert emulated_platforms(sources("-f sub/other.Dockerfile .", "linux/s390x").graphs()) == {"linux/s390x"}


def test_stages_that_the_image_does_not_hold(place):
    (graph,) = sources(".").graphs()
    assert inner_stages(graph) == {"build"}
    (graph,) = sources("-f sub/other.Dockerfile .").graphs()
    assert inner_stages(graph) == frozenset()


def test_the_builder_s_own_platform_may_be_called_local(place):
    assert sources(".", "local").request.platforms == ("linux/amd64",)


def test_arguments_contexts_and_frontend_are_those_of_the_command_line(place, monkeypatch):
    monkeypatch.setenv("TOKEN", "t")
    found = sources(
        "--build-arg A=1 --build-arg TOKEN --build-context base=docker-image://debian --build-context s=sub ."
    )
    assert found.request.build_args == {"A": "1", "TOKEN": "t"}
    assert found.request.contexts["base"] == "debian"
    assert not isinstance(found.request.contexts["s"], str)
    assert found.frontend() == "docker/dockerfile:1.7"
    assert sources("--build-arg BUILDKIT_SYNTAX=x/y .").frontend() == "x/y"
    assert sources("-f sub/other.Dockerfile .").frontend() == ""


def test_a_file_that_buildkit_would_refuse_has_no_graph(place):
    (place / "Dockerfile").write_text("FROM debian\nCOPY --from=nowhere2 a\n")
    assert read_sources(asked("."), files_of(asked(".")), (), "linux/amd64", whole=True) is None
    (place / "Dockerfile").write_text("FROM debian\n")
    assert sources("--target nowhere .").graphs() == ()
