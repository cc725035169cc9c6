"""Reading 10,000 commits: a made-up repository by git fast-import, and the time of one ``read_commits``."""

import pathlib
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.model.commits import read_commits

COMMITS = 10_000
FILES = 2_000
GOAL_S = 2.0


@dataclass(frozen=True, slots=True)
class Result:
    """Commits and paths read, and the seconds of the best of three runs."""

    commits: int
    paths: int
    seconds: float


def run() -> Result:
    """Make the repository, read it three times, print and return the best."""
    with tempfile.TemporaryDirectory() as directory:
        repository = pathlib.Path(directory)
        subprocess.run(["git", "init", "-q", "-b", "main", directory], check=True)
        stream = b"".join(_stream(random.Random(0)))
        subprocess.run(["git", "-C", directory, "fast-import", "--quiet"], input=stream, check=True)
        result = min((_measure(repository) for _ in range(3)), key=lambda one: one.seconds)
    print(f"commits: {result.commits} with {result.paths} paths in {result.seconds:.2f} s (goal {GOAL_S:.0f} s)")
    return result


def _measure(repository: pathlib.Path) -> Result:
    start = time.perf_counter()
    history = read_commits(repository, limit=COMMITS)
    seconds = time.perf_counter() - start
    assert len(history.commits) == COMMITS
    return Result(len(history.commits), sum(len(commit.touched) for commit in history.commits), seconds)


def _stream(chance: random.Random) -> Iterator[bytes]:
    """Yield a fast-import stream: a first commit with all files, then commits that touch one to eight of them."""
    for number in range(COMMITS):
        yield b"commit refs/heads/main\ncommitter A <a@b> %d +0000\ndata 8\na change\n" % (
            1_600_000_000 + number * 3600
        )
        touched = range(FILES) if number == 0 else chance.sample(range(FILES), chance.choice((1, 1, 2, 3, 8)))
        for file in touched:
            content = b"%d of %d\n" % (file, number)
            yield b"M 644 inline src/part%d/deep%d/file%d.py\ndata %d\n%s" % (
                *(file % 40, file % 7, file, len(content)),
                content,
            )


if __name__ == "__main__":
    run()
