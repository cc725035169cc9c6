"""How long `layerwise --version` takes, beside an interpreter that does nothing."""

import statistics
import subprocess
import sys
import time

RUNS = 15


def run() -> None:
    """Print the medians in milliseconds: of the command, of a bare interpreter, and our own share."""
    bare, version = [], []
    for _ in range(RUNS):
        bare.append(_timed(sys.executable, "-c", "pass"))
        version.append(_timed(sys.executable, "-m", "layerwise.cli", "--version"))
    medians = [statistics.median(values) * 1000 for values in (version, bare)]
    print(f"layerwise --version {medians[0]:.0f} ms, python -c pass {medians[1]:.0f} ms", end=", ")
    print(f"ours {medians[0] - medians[1]:.0f} ms (goal 80 ms)")


def _timed(*command: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start
