"""The application of examples/reel with its 200 source files, which are generated, and a past of thirty commits.

Nothing is drawn by chance: the same example gives the same files and the same commit ids.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from dev.montage_history import Commit, Kind, read_example

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "reel"
SOURCES = 200
CODE = "reel/scene_000.py"
REQUIREMENTS = "requirements.txt"
ADDED = "redis==5.0.7\n"
_COMMITS, _MANIFEST_EVERY = 30, 6


def application() -> dict[str, str]:
    """Return every file by its path, as a checkout has them; the hand-tuned Dockerfile is no part of it."""
    files = {path: text for path, text in read_example(EXAMPLE).items() if path != "Dockerfile.hand"}
    return files | dict(_sources())


def history(present: Mapping[str, str]) -> Iterator[Commit]:
    """Yield commits of one source file each, every sixth of the requirements instead; the last one is `present`."""
    pins = present[REQUIREMENTS].splitlines(keepends=True)
    older = "".join(pins[:-1])
    yield Commit("First version", None, tuple(sorted({**present, REQUIREMENTS: older}.items())))
    for number in range(1, _COMMITS):
        if number % _MANIFEST_EVERY == 0:
            text = "".join(pins) if number == _last_of_manifest() else f"# looked through {number} times\n{older}"
            yield Commit("Requirements", Kind.MANIFEST, ((REQUIREMENTS, text),))
        else:
            path = _path(number)
            yield Commit(f"Touch scene {number}", Kind.SOURCE, ((path, f"{present[path]}# {number}\n"),))
    yield Commit("Tidy", Kind.SOURCE, tuple((_path(n), present[_path(n)]) for n in range(1, _COMMITS)))


def _last_of_manifest() -> int:
    return (_COMMITS - 1) // _MANIFEST_EVERY * _MANIFEST_EVERY


def _path(number: int) -> str:
    return f"reel/scene_{number:03}.py"


def _sources() -> Iterator[tuple[str, str]]:
    yield "reel/__init__.py", '"""Cuts reels of clips."""\n'
    yield "reel/__main__.py", "from reel import scene_000\n\nprint(scene_000.cuts(7))\n"
    for number in range(SOURCES - 2):
        body = "".join(f"    at = (at * {31 + number} + {line}) % 9973\n" for line in range(40))
        head = f'"""Scene {number}."""\n\n\ndef cuts(at: int) -> int:\n    """Where the scene is cut."""\n'
        yield _path(number), f"{head}{body}    return at\n"
