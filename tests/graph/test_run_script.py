import pytest
from tests.analyses import analysis_of

from layerwise.graph.run_script import RunScript
from layerwise.syntax.edit import apply
from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Run

CONTINUED = (
    "FROM debian\nRUN apt-get update \\\n # why\n && apt-get install -y curl \\\n && rm -rf /var/lib/apt/lists/*\n"
)
HEREDOC = "FROM debian\nRUN <<EOF\napt-get update\napt-get install -y curl\nEOF\n"


def script(text: str, **options: object) -> RunScript | None:
    analysis = analysis_of(text, **options)  # type: ignore[arg-type]
    (run,) = [one for one in analysis.dockerfile.instructions() if isinstance(one, Run)]
    return analysis.script(run)


@pytest.mark.parametrize("text", [CONTINUED, HEREDOC], ids=["continued", "heredoc"])
def test_a_part_is_found_in_the_file(text: str) -> None:
    found = script(text)
    assert found
    second = found.parts[1].node.span
    place = found.span(second)
    assert text[place.start : place.end] == found.text(second) == "apt-get install -y curl"


def test_a_span_over_two_lines_has_their_continuation() -> None:
    found = script("FROM debian\nRUN apt-get install -y \\\n  curl\n")
    assert found
    place = found.span(found.parts[0].node.span)
    assert place.end - place.start == len("apt-get install -y \\\n  curl")


def test_a_chain_is_told_from_lines() -> None:
    chained, lines = script(CONTINUED), script(HEREDOC)
    assert chained
    assert lines
    assert (chained.chained, lines.chained) == (True, False)


@pytest.mark.parametrize(
    "text",
    [
        'FROM debian\nRUN ["apt-get", "update"]\n',
        "FROM debian\nRUN cat <<EOF > /x\nhello\nEOF\n",
        "FROM debian\nRUN <<-EOF\n\tapt-get update\nEOF\n",
        "FROM debian\nRUN --unheard-of=1 apt-get update\n",
        "FROM debian\nRUN <<EOF\n#!/usr/bin/python3\nprint()\nEOF\n",
    ],
)
def test_what_can_not_be_taken_apart_has_no_script(text: str) -> None:
    assert script(text) is None


def test_platforms_that_differ_have_no_script_in_common() -> None:
    text = "FROM debian\nARG TARGETARCH\nRUN mkdir /opt/$TARGETARCH && touch /opt/x\n"
    assert script(text)
    assert script(text, platforms=("linux/amd64", "linux/arm64")) is None


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        ([0], "FROM debian\nRUN apt-get install -y curl \\\n && rm -rf /var/lib/apt/lists/*\n"),
        ([1], "FROM debian\nRUN apt-get update \\\n && rm -rf /var/lib/apt/lists/*\n"),
        ([2], CONTINUED.replace(" \\\n && rm -rf /var/lib/apt/lists/*", "")),
        ([1, 2], "FROM debian\nRUN apt-get update\n"),
        ([0, 1], "FROM debian\nRUN rm -rf /var/lib/apt/lists/*\n"),
    ],
)
def test_parts_go_with_what_joins_them(gone: list[int], left: str) -> None:
    found = script(CONTINUED)
    assert found
    assert apply(parse(CONTINUED, "Dockerfile"), found.without(gone)) == left


def test_a_line_of_a_here_document_goes_whole() -> None:
    found = script(HEREDOC)
    assert found
    left = apply(parse(HEREDOC, "Dockerfile"), found.without([1]))
    assert left == HEREDOC.replace("apt-get install -y curl\n", "")
