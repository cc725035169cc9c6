"""Reading the plain log of a build, 100 MB of it, without CI time stamps and with GitHub Actions' own.

python -m benchmarks.plain_log
"""

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from layerwise.builder.plain import read_plain

SIZE = 100_000_000
LINES_A_STEP = 20_000
START = datetime(2025, 9, 29, 18, tzinfo=UTC)
OUTPUT = "gcc -O2 -g -Wall -Wextra -std=c17 -Iinclude -c src/unit{0}.c -o build/unit{0}.o"


def run() -> None:
    """Write each log into a temporary file and print the seconds and MB/s of reading it."""
    with tempfile.TemporaryDirectory() as directory:
        for title, stamped in (("bare", False), ("with time stamps", True)):
            path = Path(directory) / "build.log"
            lines = _write(path, stamped=stamped)
            start = time.perf_counter()
            with path.open(newline="\n") as file:
                (observed,) = read_plain(file)
            seconds = time.perf_counter() - start
            megabytes = path.stat().st_size / 1e6
            print(
                f"{title:16} {megabytes:.0f} MB, {lines:,} lines, {len(observed.vertices)} vertices:"
                f" {seconds:.2f} s, {megabytes / seconds:,.0f} MB/s"
            )


def _write(path: Path, *, stamped: bool) -> int:
    size = count = 0
    with path.open("w", newline="\n") as file:
        for line in _log():
            stamp = f"{START + timedelta(milliseconds=count):%Y-%m-%dT%H:%M:%S.%f}0Z " if stamped else ""
            size += file.write(f"{stamp}{line}\n")
            count += 1
            if size >= SIZE and "DONE" in line:
                break
    return count


def _log() -> Iterator[str]:
    """Yield the lines of a build of two stages that take turns, without end."""
    yield '#0 building with "default" instance using docker driver'
    yield ""
    number = 0
    while True:
        number += 2
        for part in range(10):
            for vertex in (number - 1, number):
                yield f"#{vertex} [stage-{vertex % 2} {number}/99] RUN make part{number}"
                begun = part * LINES_A_STEP // 10
                for line in range(begun, begun + LINES_A_STEP // 10):
                    yield f"#{vertex} {line / 100:.2f} {OUTPUT.format(line)}"
                yield f"#{vertex} ..."
                yield ""
        for vertex in (number - 1, number):
            yield f"#{vertex} [stage-{vertex % 2} {number}/99] RUN make part{number}"
            yield f"#{vertex} DONE {LINES_A_STEP / 100:.1f}s"
            yield ""


if __name__ == "__main__":
    run()
