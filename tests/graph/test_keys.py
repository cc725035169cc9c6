from collections.abc import Mapping

import pytest

from layerwise.graph.context import Context, Entry, Kind
from layerwise.graph.keys import cache_keys, missed
from layerwise.graph.lower import lower
from layerwise.graph.request import BaseConfig, Request
from layerwise.graph.vertex import Graph
from layerwise.syntax.parser import parse

TEXT = "FROM x AS one\nCOPY a /a\nRUN make\nFROM y\nRUN true\nCOPY --from=one /a /a\nCOPY --link b /b\nRUN run\n"
BOTH = {"a": "1", "b": "2"}


def graph(text: str, files: Mapping[str, str] = BOTH, platform: str = "linux/amd64", **request: object) -> Graph:
    entries = {path: Entry(Kind.FILE, 0o644) for path in files}
    context = Context.from_paths(entries, read=lambda path: files[path].encode())
    return lower(parse(text), Request(context=context, **request), platform)  # type: ignore[arg-type]


def run_again(before: Graph, after: Graph) -> list[str]:
    return [step.id for step in missed(before, after)]


def test_an_equal_build_runs_nothing() -> None:
    assert run_again(graph(TEXT), graph(TEXT)) == []


def test_a_build_after_none_like_it_runs_every_step_but_the_bases() -> None:
    other = graph("FROM z\nRUN other\n")
    every = ["stage-1:2", "one:2", "one:3", "stage-1:3", "stage-1:4", "stage-1:5"]
    assert run_again(other, graph(TEXT)) == every


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a": "1", "b": "other"}, ["stage-1:4", "stage-1:5"]),
        ({"a": "other", "b": "2"}, ["one:2", "one:3", "stage-1:3", "stage-1:5"]),
        ({"a": "1", "b": "2", "c": "new"}, []),
    ],
)
def test_content_runs_what_takes_it_and_what_stands_on_that(files: Mapping[str, str], expected: list[str]) -> None:
    assert run_again(graph(TEXT), graph(TEXT, files)) == expected


def test_another_digest_of_the_base_runs_its_stage_and_another_name_for_it_nothing() -> None:
    before = graph("FROM x\nRUN a\n", bases={"x": BaseConfig(digest="sha256:1")})
    assert run_again(before, graph("FROM x\nRUN a\n", bases={"x": BaseConfig(digest="sha256:2")})) == ["stage-0:2"]
    assert run_again(before, graph("FROM y\nRUN a\n", bases={"y": BaseConfig(digest="sha256:1")})) == []


def test_a_linked_copy_survives_another_base_and_what_stands_on_it_does_not() -> None:
    text = "FROM x\nCOPY --link b /b\nRUN a\n"
    assert run_again(graph(text), graph(text.replace("FROM x", "FROM y"))) == ["stage-0:3"]


def test_files_on_scratch_are_shared_by_platforms_and_commands_are_not() -> None:
    text = "FROM scratch\nCOPY a /a\nRUN a\n"
    assert run_again(graph(text), graph(text, platform="linux/arm64")) == ["stage-0:2"]


def test_an_unknown_instruction_keeps_its_key_while_its_text_stays() -> None:
    text = "FROM x\nNEW 1\nRUN a\n"
    assert run_again(graph(text), graph(text)) == []
    assert run_again(graph(text), graph(text.replace("1", "2"))) == ["stage-0:2", "stage-0:3"]


def test_every_step_has_a_key_and_equal_vertices_share_it() -> None:
    made = graph("FROM x AS one\nRUN a\nFROM x\nRUN a\nCOPY --from=one / /\n")
    keys = cache_keys(made)
    assert keys.keys() == {step.id for step in made}
    assert keys["one:2"] == keys["stage-1:2"] != keys["stage-1:3"]


def test_a_mounted_file_counts_by_content_and_its_neighbour_not_at_all() -> None:
    text = "FROM x\nRUN --mount=source=a,target=/m a\n"
    assert run_again(graph(text), graph(text, {"a": "other", "b": "2"})) == ["stage-0:2"]
    assert run_again(graph(text), graph(text, {"a": "1", "b": "other"})) == []


@pytest.mark.parametrize(
    ("flag", "network", "same_as"),
    [
        ("", "host", "--network=host "),
        ("--network=default ", "host", "--network=host "),
        ("--network=none ", "host", "--network=none "),
        ("", "default", "--network=default "),
    ],
)
def test_a_run_that_names_no_network_has_that_of_the_build_in_its_key(flag: str, network: str, same_as: str) -> None:
    made = graph(f"FROM x\nRUN {flag}true\n", network=network)
    alike = graph(f"FROM x\nRUN {same_as}true\n")
    assert run_again(alike, made) == []
    assert alike.steps[1].digest == made.steps[1].digest


def test_another_network_of_the_build_runs_every_command_again_and_no_copy() -> None:
    text = "FROM x\nCOPY a /a\nRUN true\nFROM y\nCOPY b /b\nCOPY --from=0 /a /a\n"
    assert run_again(graph(text), graph(text, network="host")) == ["stage-0:3", "stage-1:3"]
