"""Opens a bench, goes on with one that was interrupted, and removes what benches have made."""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from layerwise.analysis import Analysis
from layerwise.prove.bench.budget import Budget
from layerwise.prove.bench.builds import Builds
from layerwise.prove.bench.engine import Engine
from layerwise.prove.bench.journal import Asked, Built, Journal, Over, read, writing
from layerwise.prove.bench.past import Past
from layerwise.prove.bench.runner import Runner
from layerwise.prove.bench.session import Session
from layerwise.prove.bench.subject import How, Subject
from layerwise.prove.bench.texts import question_of
from layerwise.prove.bench.tree import remove_tree

_JOURNAL, _LOCK = "journal.jsonl", "lock"


class Times:
    """The clocks of a bench: ``steady`` only grows, ``now`` is the time of day, both in seconds."""

    def __init__(self, steady: Callable[[], float], now: Callable[[], float]) -> None:
        self.steady = steady
        self.now = now


def home_of(state: Path, project: str) -> Path:
    """Return where the benches of a project lie.

    Args:
        state: What ``store.place.state_directory`` returns.
        project: As in ``records.BuildRecord``.
    """
    return state / "bench" / hashlib.sha256(project.encode()).hexdigest()[:16]


@contextmanager
def opened(
    subject: Subject,
    how: How,
    engine: Engine,
    home: Path,
    say: Callable[[str], object],
    times: Times,
    asking: Iterable[Analysis],
) -> Iterator[Session]:
    """Open a bench, the one that was interrupted where it asked the same.

    Args:
        subject: What is built.
        how: How.
        engine: Builds it.
        home: Where the benches of the project lie.
        say: Tells the user, a line at a time.
        times: The clocks.
        asking: The files that it is about.

    Raises:
        UsageError: Another bench of the project is running.
        BuilderError: There is no docker here; or a build of the interrupted bench still runs.
    """
    question = question_of(subject, how, asking)
    with writing(home / _LOCK):
        before = _interrupted(home, question)
        if any(path.parent != before for path in home.glob(f"*/{_JOURNAL}")):
            say("an earlier bench of something else has left things behind; `layerwise bench --clean` removes them")
        directory = before or home / uuid.uuid4().hex[:10]
        with writing(directory / _JOURNAL) as journal:
            builds = _builds(engine, journal, directory, question, say, times)
            runner = Runner(subject, how, builds, directory)
            yield Session(subject, how, runner, Budget(how.budget_s, subject.platforms, runner, times.steady))
            journal.add(Over())
            _remove(builds, directory)
        _tidy(home)


def cleaned(engine: Engine, home: Path, say: Callable[[str], object]) -> tuple[int, int]:
    """Remove all that benches of a project have made and have not removed.

    Returns:
        Of how many benches all was removed, and of how many something waits for another build to end.

    Raises:
        UsageError: One of them is running.
        BuilderError: There is no docker here; or a build of theirs still runs.
    """
    if not home.is_dir():
        return 0, 0
    waiting = 0
    with writing(home / _LOCK):
        found = sorted(path for path in home.iterdir() if path.is_dir())  # one killed early has no journal yet
        for directory in found:
            with writing(directory / _JOURNAL) as journal:
                builds = Builds(engine, journal, directory.name, say)
                _take_up(builds, directory)
                _remove(builds, directory)
                waiting += bool(builds.past.undecided())
        _tidy(home)
    return len(found) - waiting, waiting


def _interrupted(home: Path, question: str) -> Path | None:
    for path in sorted(home.glob(f"*/{_JOURNAL}")):
        past = Past(read(path.read_bytes()))
        if past.asked and past.asked.question == question and not past.over:
            return path.parent
    return None


def _builds(
    engine: Engine, journal: Journal, directory: Path, question: str, say: Callable[[str], object], times: Times
) -> Builds:
    builds = Builds(engine, journal, directory.name, say)
    if builds.past.asked is None:
        journal.add(Asked(question, directory.name, times.now()))
    else:
        measured = sum(1 for entry in journal.entries if type(entry).__name__ == "Measured")
        say(f"going on with a bench that was interrupted, {measured} builds are measured")
        _take_up(builds, directory)
    return builds


def _take_up(builds: Builds, directory: Path) -> None:
    """Write down builds that nobody waited for, so that what they made is removed as well."""
    known = frozenset(trace.reference.id for trace in builds.past.traces())
    for trace in builds.engine.unfinished(directory, known):
        builds.journal.add(Built(trace, 0.0, "", "", needed=False))


def _tidy(home: Path) -> None:
    """Remove the directory of a project's benches where nothing but our own lock is in it."""
    if [path.name for path in home.iterdir()] == [_LOCK]:
        (home / _LOCK).unlink()
        for place in (home, home.parent):
            with suppress(OSError):  # another bench has come to it
                place.rmdir()


def _remove(builds: Builds, directory: Path) -> None:
    left = builds.clean()
    for sentence in left:
        builds.say(sentence)
    for place in directory.iterdir():
        remove_tree(place)
    if not builds.past.undecided():
        (directory / _JOURNAL).unlink()  # the last thing to go: whoever is killed before is found by it
        directory.rmdir()
