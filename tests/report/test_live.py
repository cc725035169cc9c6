import io
import re
from datetime import datetime

import pytest
from tests.builder.recorded import SHAPES, content, observed

from layerwise.builder.events import SolveStatus
from layerwise.builder.names import StepName, step_name
from layerwise.builder.plain import read_plain
from layerwise.builder.rawjson import read_event
from layerwise.records import Outcome
from layerwise.report import live
from layerwise.report.live import RawView, SilentView, view_of
from layerwise.report.live_board import Board, End, moment
from layerwise.report.live_plain import PlainView
from layerwise.report.live_view import LiveView


def events(shape: str) -> list[tuple[bytes, SolveStatus]]:
    lines = content(shape, "live.rawjson").splitlines(keepends=True)
    return [(line, found) for line in lines if (found := read_event(line))]


def plain(shape: str, *platforms: str) -> list[str]:
    written: list[str] = []
    view = PlainView(platforms or ("",), written.append)
    for line, status in events(shape):
        view.take(0, status, line)
    view.close()
    return written


def unknown(_platform: str, _name: StepName) -> None:
    return None


def ended(shape: str, expected=unknown) -> list:
    board = Board(("linux/amd64",), expected)
    return [one for _, status in events(shape) for one in board.take(0, status)]


def test_hits_failures_and_cancelled_steps_are_told_as_they_happen():
    assert {one.end for one in ended("unchanged") if one.place} == {End.CACHED}
    ends = {one.what: one.end for one in ended("failed") if one.place}
    assert set(ends.values()) >= {End.FAILED, End.CANCELLED}
    (failure,) = (one for one in ended("failed") if one.end is End.FAILED)
    assert "exit code" in failure.error


@pytest.mark.parametrize("shape", SHAPES)
def test_each_vertex_is_told_at_most_once(shape):
    vertices = {event.digest for _, status in events(shape) for event in status.vertexes}
    assert len(ended(shape)) <= len(vertices)


def test_a_cache_that_is_not_there_yet_is_no_failure():
    assert not any("cache import" in one.what for one in ended("platforms") if one.end is End.FAILED)


def test_an_export_of_the_cache_that_fails_is_told():
    assert any(one.what == "cache export" and one.end is End.FAILED for one in ended("exported"))


def test_a_platform_is_the_step_s_own_or_else_its_call_s():
    assert {one.platform for one in ended("platforms") if one.place} == {"linux/amd64", "linux/arm64"}
    assert {one.platform for one in ended("stages") if one.place} == {"linux/amd64"}


def test_what_runs_has_a_row_with_the_time_that_is_left():
    board = Board(("linux/amd64",), lambda _platform, _name: 60.0)
    longest = 0.0
    rows = []
    for _, status in events("stages"):
        board.take(0, status)
        started = [at for event in status.vertexes if (at := moment(event.started)) is not None]
        now = max(started, default=0.0) + 1.0
        rows += board.running(now) if started else ()
    runs = [row for row in rows if row.what.startswith("RUN ")]
    assert runs
    longest = max(row.seconds for row in runs)
    assert all(row.left_s == pytest.approx(max(60.0 - row.seconds, 0.0)) for row in runs)
    assert longest >= 1.0
    assert board.running(1e12) == ()


def test_steps_are_counted_by_platform():
    board = Board(("linux/amd64",), unknown)
    for _, status in events("unchanged"):
        board.take(0, status)
    ((platform, done, cached),) = board.counted()
    assert (platform, done) == ("linux/amd64", cached)


def test_go_s_first_time_is_none():
    assert moment(datetime.fromisoformat("0001-01-01T00:00:00+00:00")) is None
    assert moment(None) is None


@pytest.mark.parametrize("shape", ["stages", "failed", "unchanged", "platforms", "interrupted"])
def test_lines_are_read_back_by_import(shape):
    (found,) = read_plain([f"{line}\n" for line in plain(shape)])
    there = {(vertex.name, vertex.outcome) for vertex in found.vertices if step_name(vertex.name)}
    steps = [vertex for vertex in observed(shape).vertices if step_name(vertex.name)]
    ran = {(" ".join(one.name.split()), one.outcome) for one in steps if one.outcome is not Outcome.SKIPPED}
    assert there == ran


def test_a_step_of_a_call_is_named_with_its_platform():
    assert all(
        "[linux/arm64 " in line for line in plain("failed", "linux/arm64") if re.match(r"#\d+ \[.* \d+/\d+\] ", line)
    )
    assert not any("[linux/arm64 linux/" in line for line in plain("platforms", "linux/arm64"))


def test_output_has_its_seconds_and_ends_before_its_step_does():
    lines = plain("failed")
    (number,) = {line.split()[0] for line in lines if " ERROR: process" in line}
    mine = [line for line in lines if line.startswith(f"{number} ")]
    assert mine[-1].startswith(f"{number} ERROR: ")
    assert any(re.match(rf"{number} \d+\.\d+ \S", line) for line in mine[1:-1])


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def drawn(shape: str, monkeypatch: pytest.MonkeyPatch, *, color: bool = True) -> str:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "12")
    monkeypatch.setenv("TERM", "xterm-256color")
    if color:
        monkeypatch.delenv("NO_COLOR", raising=False)
    else:
        monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    now = [0.0]
    view = LiveView(("linux/amd64",), lambda _platform, _name: 60.0, stream, lambda: now[0])
    for line, status in events(shape):
        times = [at for event in status.vertexes if (at := moment(event.started)) is not None]
        now[0] = max([now[0] + 0.2, *times])
        view.take(0, status, line)
        view.tick()
    view.note("a note")
    view.close()
    return stream.getvalue()


def test_a_terminal_shows_what_runs_and_keeps_what_has_ended(monkeypatch):
    text = drawn("stages", monkeypatch)
    assert "left" in text
    assert "✓ " in text
    assert "amd64 [" in text
    assert "a note" in text
    assert "\x1b[?25h" in text, "the cursor is back"


def test_without_colours_there_are_none(monkeypatch):
    coloured = re.compile(r"\x1b\[[0-9;]*3[0-9]m")
    assert coloured.search(drawn("failed", monkeypatch))
    assert not coloured.search(drawn("failed", monkeypatch, color=False))


def test_a_narrow_terminal_cuts_what_it_is_about(monkeypatch):
    for line in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", drawn("stages", monkeypatch)).replace("\r", "\n").splitlines():
        assert len(line.rstrip()) <= 80


@pytest.mark.parametrize(
    ("progress", "terminal", "term", "kind"),
    [
        ("auto", True, "xterm", LiveView),
        ("auto", True, "dumb", PlainView),
        ("auto", False, "xterm", PlainView),
        ("tty", False, "xterm", LiveView),
        ("plain", True, "xterm", PlainView),
        ("quiet", True, "xterm", SilentView),
        ("none", True, "xterm", SilentView),
        ("rawjson", True, "xterm", RawView),
    ],
)
def test_the_display_is_that_of_the_terminal_or_as_the_user_says(monkeypatch, progress, terminal, term, kind):
    stream = Terminal() if terminal else io.StringIO()
    stream.buffer = io.BytesIO()  # type: ignore[attr-defined]
    monkeypatch.setattr(live.sys, "stderr", stream)
    view = view_of(progress, ("",), lambda: unknown, {"TERM": term})
    view.close()
    assert type(view) is kind


def test_events_are_passed_on_as_they_come():
    stream = io.BytesIO()
    view = RawView(stream)
    for line, status in events("failed"):
        view.take(0, status, line)
    assert stream.getvalue() == b"".join(line for line, _ in events("failed"))
