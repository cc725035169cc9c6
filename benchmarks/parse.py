"""Parse throughput, side by side with the package `dockerfile`, which wraps BuildKit's own Go parser.

    python -m benchmarks.parse [DIRECTORY]

Both read the same texts from memory in the same run, in turns; the best of several rounds counts. Files that either
refuses are left out. The package gives tokens; we give the tree with spans, checked as BuildKit's instructions check.
"""

import gc
import pathlib
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import dockerfile

from layerwise.errors import DockerfileError
from layerwise.syntax.parser import decode, parse

ROUNDS = 7
CORPUS = pathlib.Path(__file__).parents[1] / "tests" / "corpus"


class Throughput(NamedTuple):
    """What was measured, in files a second."""

    files: int
    median_instructions: float
    layerwise: float
    dockerfile: float

    @property
    def ratio(self) -> float:
        """How many times as fast layerwise is."""
        return self.layerwise / self.dockerfile


def find(directory: pathlib.Path) -> list[pathlib.Path]:
    """List the Dockerfiles below a directory."""
    return sorted(path for path in directory.rglob("*") if "dockerfile" in path.name.lower() and path.is_file())


def run(corpus: Sequence[pathlib.Path]) -> Throughput:
    """Measure both parsers over the files that both accept, print the figures and return them."""
    texts, instructions = [], []
    for path in corpus:
        text = decode(path.read_bytes())
        if any("\udc80" <= character <= "\udcff" for character in text):
            continue  # the package reads a null pointer where a text is not UTF-8
        try:
            found = parse(text)
            dockerfile.parse_string(text)
        except (DockerfileError, dockerfile.GoParseError):
            continue
        texts.append(text)
        instructions.append(sum(1 for _ in found.instructions()))
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(_seconds(parse, texts))
        theirs.append(_seconds(dockerfile.parse_string, texts))
    result = Throughput(len(texts), statistics.median(instructions), len(texts) / min(ours), len(texts) / min(theirs))
    print(f"{result.files} files, median {result.median_instructions:g} instructions, best of {ROUNDS} rounds")
    print(f"  layerwise   {result.layerwise:8,.0f} files/s")
    print(f"  dockerfile  {result.dockerfile:8,.0f} files/s")
    print(f"  ratio       {result.ratio:8.2f}")
    return result


def _seconds(parser: Callable[[str], object], texts: Sequence[str]) -> float:
    gc.collect()
    start = time.perf_counter()
    for text in texts:
        parser(text)
    return time.perf_counter() - start


if __name__ == "__main__":
    run(find(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS))
