"""Prints what goes wrong on a real engine and a real registry while `layerwise build` pushes, and what comes of it.

`python -m tests.docker.faults [KIND ...]` tries the kinds of faults that are named, or all, a table each; what came of each
fault goes to standard error at once. It needs root, and an engine of this machine; an engine and registries of its own
stand beside those of the tests.
"""

import re
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.builder.push.fault_table import joined
from tests.docker.engine import engine_that_is_up
from tests.docker.faults import rows
from tests.docker.faults.rows import Here
from tests.docker.faults.small import enter_network, scratch_directory
from tests.docker.faults.trial import Row

KINDS: Mapping[str, tuple[str, Callable[[Here], Iterator[Row]]]] = {
    "answers": (
        "A registry that does not answer as it should, and who is killed at one of its requests",
        rows.answer_rows,
    ),
    "engine": ("An engine whose disk is full, or that is killed", rows.engine_rows),
    "registry": ("A registry whose disk is full", rows.registry_disk_rows),
    "client": ("A client whose disk is full, or that is killed", rows.client_rows),
    "pushers": ("Two who push one tag", rows.pusher_rows),
}
_LEFT_OUT = re.compile(
    r"layerwise: (?:recorded |`layerwise report|checking the images|cache mode|.*it has no entrypoint|.*tried again in)"
)
_WORDS = (
    (re.compile(r"^layerwise: "), ""),
    (re.compile(r"sha256(?::|%3A)[0-9a-f]{64}"), "sha256:…"),
    (re.compile(r"localhost:\d+(/v2)?/layerwise-test/faults/\w+"), r"registry\1"),
    (re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\]):\d+"), "registry"),
    (re.compile(r"/tmp/\w+(?=/)|/\S*/faults-\d+(?=/)"), "…"),
    (re.compile(r"(?<=lw-cache-)[\w-]+|(?<=containerd-mount)\d+|(?<=/ingest/)\w+|(?<=/uploads/)[\w-]+"), "…"),
    (re.compile(r"\b(?:401 Unauthorized|429 Too Many Requests|500 Internal Server Error)"), "STATUS"),
    (re.compile(r"\|"), r"\\|"),
)


def table(found: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of the table: what is the same of several faults or phases is one row."""
    yield "| phase | fault | exit code | the tag names | the user reads | the store keeps | the same command again |"
    yield "|---|---|---|---|---|---|---|"
    faults = joined(((_cells(row), row.phase), row.fault) for row in found)
    phases = joined((("; ".join(names), cells), phase) for (cells, phase), names in faults.items())
    for (names, cells), where in phases.items():
        yield f"| {' | '.join(('; '.join(where), names, *cells))} |"


def _cells(row: Row) -> tuple[str, ...]:
    """What came of a fault, without what differs from run to run and what is said of each try of a push."""
    said = "<br>".join(dict.fromkeys(_shown(line) for line in row.said if not _LEFT_OUT.match(line)))
    return row.code, row.named, said, row.kept, "; ".join(map(_shown, row.second.split("; ")))


def _shown(line: str) -> str:
    for pattern, word in _WORDS:
        line = pattern.sub(word, line)
    return line


def _told(found: Iterable[Row]) -> Iterator[Row]:
    for row in found:
        sys.stderr.write(f"{row}\n")
        yield row


def main() -> None:
    """Print the tables."""
    engine = engine_that_is_up()
    if isinstance(engine, str):
        sys.exit(engine)
    enter_network(engine, "tests.docker.faults")
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell's background job ignores it, and so would clients
    with scratch_directory(engine) as directory, TemporaryDirectory() as work:
        here = Here(engine, directory, Path(work).resolve())
        for kind in sys.argv[1:] or KINDS:
            title, tried = KINDS[kind]
            sys.stdout.write("\n".join((f"### {title}", "", *table(_told(tried(here))), "", "")))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
