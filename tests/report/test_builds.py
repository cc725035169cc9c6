import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.builds import screen, valid
from tests.summary.generated import MAYBE_SECONDS, WORDS

from layerwise.records import Ending, Source
from layerwise.report.builds import builds_document, builds_markdown, builds_text
from layerwise.store.store import BuildRow


def row(**rest):
    defaults = {
        "id": "m3l8z0qfx2aw77",
        "project": "shop",
        "dockerfile": "Dockerfile",
        "target": "",
        "platforms": ("linux/amd64", "linux/arm64"),
        "started_at": 1_780_000_000.0,
        "wall_s": 812.4,
        "ending": Ending.COMPLETED,
        "change": "code",
        "source": Source.ENGINE,
        "group": "",
        "commit": "ed5eb9a37e2dcafe",
        "executed": 4,
        "cached": 6,
        "executed_s": 96.8,
    }
    return BuildRow(**(defaults | rest))


def test_a_build_is_one_line_of_what_tells_it_from_others():
    head, line = screen(builds_text([row()])).splitlines()
    assert head.split() == "build of started, UTC what changed wall cached ran for platforms commit ended".split()  # noqa: SIM905
    assert line.split() == (
        "m3l8z0qfx2aw Dockerfile 2026-05-28 20:26 code 812 s 6 of 10 96.8 s amd64, arm64 ed5eb9a37e completed".split()  # noqa: SIM905
    )


def test_what_is_not_known_is_a_question_mark():
    line = screen(builds_text([row(started_at=None, wall_s=None, executed_s=None, dockerfile="")])).splitlines()[1]
    assert line.split().count("?") == 4


def test_projects_are_named_where_there_are_several():
    out = screen(builds_text([row(), row(project="other", target="final")]))
    assert "shop: Dockerfile " in out
    assert "other: Dockerfile, final" in out
    assert "shop" not in screen(builds_text([row()]))


@pytest.mark.parametrize("show", [lambda rows: screen(builds_text(rows)), builds_markdown])
def test_no_builds_are_a_sentence_that_says_how_to_record_one(show):
    assert "layerwise record" in show([])


def test_the_list_is_markdown_too():
    head, rule, line = builds_markdown([row()]).splitlines()
    assert head.count("|") == rule.count("|") == line.count("|") == 11
    assert "| code | 812 s | 6 of 10 | 96.8 s |" in line


def test_the_document_has_every_field():
    (found,) = valid(builds_document([row()]))["builds"]
    assert found == {
        "id": "m3l8z0qfx2aw77",
        "project": "shop",
        "dockerfile": "Dockerfile",
        "target": "",
        "platforms": ["linux/amd64", "linux/arm64"],
        "started_at": "2026-05-28T20:26:40.000+00:00",
        "wall_s": 812.4,
        "ending": "completed",
        "change": "code",
        "source": "engine",
        "group": "",
        "commit": "ed5eb9a37e2dcafe",
        "executed": 4,
        "cached": 6,
        "executed_s": 96.8,
        "basis": "measured",
    }
    (bare,) = valid(builds_document([row(wall_s=None, executed_s=None, started_at=None)]))["builds"]
    assert (bare["basis"], bare["started_at"]) == ("unknown", None)


@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_list_fits_the_terminal(width):
    out = screen(builds_text([row(), row(change="deps:pip+dockerfile")]), width)
    assert max(map(len, out.splitlines())) <= width
    assert "2026-05-28 20:26" in out


@given(
    st.lists(st.builds(row, id=WORDS, project=WORDS, dockerfile=WORDS, change=WORDS, wall_s=MAYBE_SECONDS), max_size=3)
)
def test_any_rows_can_be_listed(rows):
    assert len(valid(builds_document(rows))["builds"]) == len(rows)
    assert "\x1b" not in screen(builds_text(rows))
    assert "\n|" not in builds_markdown(rows) or rows
