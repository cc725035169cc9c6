"""`make bench`: ratios measured side by side in one run: `python -m benchmarks [CORPUS]`.

CORPUS is a folder with Dockerfiles; without one the project's own corpus is taken.
"""

import sys
from pathlib import Path

from benchmarks import analyze, commits, corpus, inputs, parse, plain_log, replay, startup, store

CORPUS = Path(__file__).resolve().parent.parent / "tests" / "corpus"


def main() -> None:
    """Run each benchmark and print its figures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS
    files = [folder / path for path in corpus.dockerfiles(folder)]
    print(f"corpus: {len(files)} files below {folder.name}\n")
    for title, run in (
        ("parse, against BuildKit's Go parser", lambda: parse.run(files)),
        ("analyze, against hadolint", lambda: analyze.run(files)),
        ("git history of 10,000 commits", commits.run),
        ("replay of 10,000 commits", replay.run),
        ("plain log of 100 MB", plain_log.run),
        ("store of 10,000 builds", store.run),
        ("input manifest of 50,000 files", inputs.run),
        ("start-up", startup.run),
    ):
        print(f"## {title}", flush=True)
        run()
        print(flush=True)


if __name__ == "__main__":
    main()
