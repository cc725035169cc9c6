from dataclasses import replace

import pytest
from tests.analyses import analysis_of, proposed

from layerwise.passes import parallel_stages, tool_stage
from layerwise.passes.base import Pass, Proposal
from layerwise.syntax.edit import apply

BOTH = ("linux/amd64", "linux/arm64")
APT = "RUN apt-get update && apt-get install -y ffmpeg\n"
TOOL = (
    f"FROM buildpack-deps:bookworm\n{APT}ARG TARGETARCH\nRUN curl -fsSL https://example.org/u -o /opt/u-$TARGETARCH\n"
)
PROJECT = f"FROM python:3.12\n{APT}ARG TARGETARCH\nRUN python -m venv /opt/e-$TARGETARCH && /opt/e-$TARGETARCH/bin/pip install flask\n"


def found(module: Pass, text: str, **facts: object) -> tuple[list[str], list[str]]:
    return proposed(module, analysis_of(text, **facts))  # type: ignore[arg-type]


def test_platforms_that_differ_in_what_is_left_are_refused() -> None:
    for module, text in ((tool_stage, TOOL), (parallel_stages, PROJECT)):
        texts, reasons = found(module, text, platforms=BOTH)
        assert texts == []
        assert "differ" in " ".join(reasons)


def test_one_platform_alone_is_none_that_differs() -> None:
    for module, text in ((tool_stage, TOOL), (parallel_stages, PROJECT)):
        texts, _ = found(module, text)
        assert len(texts) == 1


def test_both_platforms_get_the_same_stage() -> None:
    text = f"FROM node:20-slim\n{APT}RUN npm install -g parcel\n"
    assert found(tool_stage, text, platforms=BOTH) == found(tool_stage, text)


def test_a_stage_that_the_image_has_nothing_of_is_left_alone() -> None:
    text = f"FROM node:20-slim AS web\n{APT}RUN npm install -g parcel\nRUN parcel build\nFROM debian\nCOPY --from=web /x /x\n"
    assert found(tool_stage, text) == ([], [])


def test_a_second_tool_starts_from_the_same_base() -> None:
    text = (
        "FROM continuumio/miniconda3\nRUN conda install -y nodejs\nRUN npm install -g sharp-cli\n"
        f"RUN npm install -g parcel\n{APT}"
    )
    (first, *_), _ = found(tool_stage, text)
    (second, *_), _ = found(tool_stage, first)
    assert second.count("RUN conda install -y nodejs") == 1
    assert second.count("FROM base") == 3
    assert found(tool_stage, second)[0] == []


@pytest.mark.parametrize("image", ["continuumio/miniconda3", "example.org/mirror/continuumio/miniconda3:24.9.2-0"])
def test_conda_is_where_its_publishers_put_it_in_a_mirror_too(image: str) -> None:
    text = f"FROM {image}\nRUN conda install -y nodejs\n{APT}RUN npm install -g parcel\n"
    assert "/parcel/ /opt/conda/" in found(tool_stage, text)[0][0]
    assert found(tool_stage, text.replace("continuumio", "me"))[0] == []


def test_a_named_context_keeps_its_name() -> None:
    analysis = analysis_of(f"FROM node:20-slim\n{APT}RUN npm install -g parcel\n")
    request = replace(analysis.facts.request, contexts={"parcel": "example.org/parcel"})
    named = replace(analysis, facts=replace(analysis.facts, request=request))
    (proposal,) = (one for one in tool_stage.propose(named) if isinstance(one, Proposal))
    assert "FROM node:20-slim AS parcel-2\n" in apply(named.dockerfile, proposal.edits)


def test_a_tool_that_only_one_platform_has_a_place_for_is_refused() -> None:
    bases = "FROM node:20 AS base-amd64\nFROM debian AS base-arm64\nFROM base-$TARGETARCH\n"
    _, reasons = found(tool_stage, f"{bases}{APT}RUN npm install -g parcel\n", platforms=BOTH)
    assert "platforms differ in what it leaves" in " ".join(reasons)


def test_the_copy_is_linked_where_only_package_managers_write_above_it() -> None:
    conda = "FROM continuumio/miniconda3\nRUN conda install -y nodejs && conda clean -afy\n"
    text = f"{conda}RUN npm install -g parcel\nRUN pip install flask\n"
    analysis = analysis_of(text)
    first = next(one for one in tool_stage.propose(analysis) if isinstance(one, Proposal))
    assert "\nCOPY --link --from=parcel /parcel/ /opt/conda/\n" in apply(analysis.dockerfile, first.edits)
    assert any("/opt/conda that is copied is root's with mode 0755" in doubt for doubt in first.doubts)


def test_the_copy_is_plain_below_a_directory_of_which_nobody_knows() -> None:
    tool = "RUN curl -fsSL https://example.org/u -o /opt/own/u\n"
    made = f"FROM buildpack-deps:bookworm\nRUN mkdir -p /opt/own && chmod 700 /opt/own\n{APT}{tool}"
    assert "\nCOPY --from=u /opt/own/u /opt/own/u\n" in found(tool_stage, made)[0][0]
    unknown = f"FROM example.org/tools\n{APT}{tool}"
    assert "\nCOPY --from=u /opt/own/u /opt/own/u\n" in found(tool_stage, unknown)[0][0]
    known = f"FROM buildpack-deps:bookworm\n{APT}{tool}"
    assert "\nCOPY --link --from=u /opt/own/u /opt/own/u\n" in found(tool_stage, known)[0][0]
