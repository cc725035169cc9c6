import fcntl
import multiprocessing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.builder.history import Span
from layerwise.builder.local_state import Reference
from layerwise.builder.made import Trace, Work
from layerwise.errors import UsageError
from layerwise.prove.bench.journal import (
    Asked,
    Built,
    Claimed,
    Copied,
    Expected,
    Measured,
    Numbered,
    Over,
    Settled,
    Tagged,
    read,
    writing,
)
from layerwise.prove.bench.past import Past
from layerwise.prove.bench.result import Run, Side

TRACE = Trace(Reference("b", "n", "id1"), Span(1.0, 2.0), (Work(Span(1.0, 1.5), frozenset({"m"})),), "lw1")
RUN = Run(scenario="code", platform="linux/amd64", side=Side.BEFORE, number=1, wall_s=1.5, build="id1", cache_bytes=7)
ENTRIES = [
    Asked("question", "nonce", 1.0),
    Copied(),
    Expected("text", "code", "linux/amd64", 1.0, "prior"),
    Numbered(1),
    Tagged("layerwise-bench:nonce-before-0"),
    Built(TRACE, 3.0, "before", "linux/amd64", needed=True),
    Settled("before", "linux/amd64", "lw1"),
    Numbered(2),
    Built(None, 1.0, "before", "linux/amd64", needed=False),
    Claimed("id1", ("r1", "r2"), whole=True),
    Measured("text", RUN),
    Over(),
]
WHOLE = b"".join(msgspec.json.encode(entry) + b"\n" for entry in ENTRIES)


def test_what_is_written_is_read_again(tmp_path):
    with writing(tmp_path / "a" / "journal") as journal:
        for entry in ENTRIES:
            journal.add(entry)
    with writing(tmp_path / "a" / "journal") as journal:
        assert journal.entries == ENTRIES


@given(cut=st.integers(0, len(WHOLE)))
def test_a_bench_may_be_killed_at_any_byte(cut, tmp_path_factory):
    path = tmp_path_factory.mktemp("cut") / "journal"
    path.write_bytes(WHOLE[:cut])
    whole = WHOLE[:cut].count(b"\n")
    with writing(path) as journal:
        assert journal.entries == ENTRIES[:whole]
        journal.add(Numbered(9))
    with writing(path) as journal:
        assert journal.entries == [*ENTRIES[:whole], Numbered(9)]


@given(cut=st.integers(0, len(WHOLE)), junk=st.binary(min_size=1, max_size=20))
def test_what_a_crash_left_broken_is_not_there(cut, junk):
    found = list(read(WHOLE[:cut] + junk))
    assert found == ENTRIES[: len(found)]


def test_the_past_is_what_the_entries_come_to():
    past = Past(ENTRIES)
    assert past.copied
    assert past.over
    assert past.number == 2
    assert past.tags == ("layerwise-bench:nonce-before-0",)
    assert past.spent_s == 4.0
    assert past.traces() == (TRACE,)
    assert past.undecided() == ()
    assert past.claimed() == {"r1", "r2"} == past.claimed(needed=True, side="before")
    assert past.claimed(needed=False) == set()
    assert past.scope(Side.BEFORE, "linux/amd64") == "lw1"
    assert past.scope(Side.AFTER, "linux/amd64") == ""
    assert past.runs("text", "code", "linux/amd64") == (RUN,)
    assert past.runs("other", "code", "linux/amd64") == ()
    assert past.expected("text", "code", "linux/amd64")[0] == 1.0
    assert past.expected("text", "cold", "linux/amd64")[0] is None


def test_nothing_is_known_of_a_bench_that_did_nothing():
    past = Past(())
    assert past.asked is None
    assert (past.number, past.copied, past.over, past.tags) == (0, False, False, ())


def test_a_journal_that_was_removed_while_it_was_opened_is_opened_anew(tmp_path, monkeypatch):
    path = tmp_path / "home" / "journal"
    flock, removed = fcntl.flock, []

    def remove_first(file: object, how: int) -> None:
        flock(file, how)
        if not removed:
            removed.append(path.unlink())
            path.parent.rmdir()

    monkeypatch.setattr("layerwise.prove.bench.journal.fcntl.flock", remove_first)
    with writing(path) as journal:
        journal.add(Copied())
    with writing(path) as journal:
        assert journal.entries == [Copied()]


def hold(path: Path, held: multiprocessing.Event, done: multiprocessing.Event) -> None:
    with writing(path):
        held.set()
        done.wait(30)


def test_two_benches_of_one_project_do_not_write_at_once(tmp_path):
    spawn = multiprocessing.get_context("fork")
    held, done = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold, args=(tmp_path / "journal", held, done))
    other.start()
    try:
        assert held.wait(30)
        with pytest.raises(UsageError, match="another bench of this project is running"), writing(tmp_path / "journal"):
            pass
    finally:
        done.set()
        other.join()
