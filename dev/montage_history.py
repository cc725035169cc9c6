"""A plausible past for examples/montage: commits that end exactly at its present content.

The versions that the files went through (dev/montage_versions.py) are dealt out to commits of four kinds in the shares
that real repositories show. Nothing is drawn by chance and the dates are fixed, so the same content always gives the
same commit ids.
"""

import hashlib
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from dev.montage_versions import Change, grow_dockerfile, grow_pages, grow_pins, grow_releases, grow_source

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "montage"
AUTHORS = ("Mara Lindqvist <mara@example.org>", "Tobias Okafor <tobias@example.org>")
BEGIN = 1_714_550_400  # 1 May 2024, in seconds since the epoch
FIRST_SUBJECT = "Import montage 1.4 from the old server"


class Kind(Enum):
    """What a commit touches; the values are shares of all commits, taken from the survey of 77 repositories."""

    SOURCE = 0.62
    MANIFEST = 0.20
    DOCKERFILE = 0.04
    DOCS = 0.14


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of the history to be written."""

    subject: str
    kind: Kind | None  # None for the first one, which brings files of every kind
    files: tuple[tuple[str, str], ...]


def read_example(top: Path = EXAMPLE) -> dict[str, str]:
    """The present files by path relative to `top`; what tools leave behind is not among them."""
    left_behind = {"__pycache__", ".pytest_cache", ".venv", ".git", ".ruff_cache"}
    paths = (path for path in sorted(top.rglob("*")) if path.is_file())
    own = (path for path in paths if not any(p in left_behind or p.endswith(".egg-info") for p in path.parts))
    return {path.relative_to(top).as_posix(): path.read_text("utf-8") for path in own}


def plan_history(present: Mapping[str, str], commits: int) -> tuple[Commit, ...]:
    """The commits, first to last; the files after the last one are `present`.

    Raises:
        ValueError: there are fewer changes of a kind than commits of it, or the pins do not end at the present ones.
    """
    first: dict[str, str] = {}
    lanes = {
        Kind.SOURCE: list(grow_source(present, first)),
        Kind.MANIFEST: _spread(list(grow_pins(present, first)), list(grow_releases(present, first))),
        Kind.DOCKERFILE: list(grow_dockerfile(present, first)),
        Kind.DOCS: list(grow_pages(present, first)),
    }
    rest = commits - 1
    counts = {kind: round(rest * kind.value) for kind in (Kind.MANIFEST, Kind.DOCKERFILE, Kind.DOCS)}
    counts[Kind.SOURCE] = rest - sum(counts.values())
    later = [place for kind in Kind for place in _placed(kind, _dealt(kind, lanes[kind], counts[kind]))]
    ordered = tuple(commit for _, commit in sorted(later, key=lambda place: place[0]))
    history = (Commit(FIRST_SUBJECT, None, tuple(sorted(first.items()))), *ordered)
    _check_end(history, present)
    return history


def _check_end(history: Sequence[Commit], present: Mapping[str, str]) -> None:
    last = {path: text for commit in history for path, text in commit.files}
    wrong = sorted(path for path in {*last, *present} if last.get(path) != present.get(path))
    if wrong:
        raise ValueError(f"the history does not end at the present content of {', '.join(wrong)}")


def _dealt(kind: Kind, changes: Sequence[Change], count: int) -> Iterator[Commit]:
    """The changes in `count` commits of about equal size."""
    if len(changes) < count:
        raise ValueError(f"{len(changes)} changes do not make {count} commits of the kind {kind.name.lower()}")
    for index in range(count):
        group = _share(changes, index, count)
        files = {path: text for change in group for path, text in change.files}
        yield Commit(group[0].subject, kind, tuple(sorted(files.items())))


def _placed(kind: Kind, commits: Iterator[Commit]) -> Iterator[tuple[tuple[float, str], Commit]]:
    """Each commit with its place on the way from 0 to 1, evenly spaced."""
    listed = list(commits)
    for index, commit in enumerate(listed):
        yield ((index + 0.5) / len(listed), kind.name), commit


def _spread(many: list[Change], few: list[Change]) -> list[Change]:
    """The two in one list, the few at even distances, the last of them at the end."""
    parts = ((*_share(many, index, len(few)), change) for index, change in enumerate(few))
    return [change for part in parts for change in part]


def _share(changes: Sequence[Change], index: int, count: int) -> Sequence[Change]:
    """One of `count` parts of about equal size, in order."""
    return changes[index * len(changes) // count : (index + 1) * len(changes) // count]


# ---- writing --------------------------------------------------------------------------------------------------------


def write_history(history: Sequence[Commit], target: Path) -> str:
    """Make a git repository with these commits and its work tree; gives the last commit's id.

    Raises:
        FileExistsError: `target` is there and not empty.
        subprocess.CalledProcessError: git failed.
    """
    if target.exists() and any(target.iterdir()):
        raise FileExistsError(f"{target} is not empty")
    target.mkdir(parents=True, exist_ok=True)
    git = ["git", "-C", str(target), "-c", "core.autocrlf=false"]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    stream = b"".join(_stream(history))
    subprocess.run([*git, "fast-import", "--quiet", "--date-format=raw"], check=True, input=stream)
    subprocess.run([*git, "reset", "--quiet", "--hard", "main"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return head.stdout.strip()


def _stream(history: Sequence[Commit]) -> Iterator[bytes]:
    """The commits in the language of git fast-import."""
    seconds = BEGIN
    for number, commit in enumerate(history):
        chance = hashlib.sha256(f"{number} {commit.subject}".encode()).digest()
        seconds += 3600 + int.from_bytes(chance[:3]) % (4 * 86400)
        person = f"{AUTHORS[chance[3] % 4 == 0]} {seconds} +0000"
        yield f"commit refs/heads/main\nauthor {person}\ncommitter {person}\n".encode()
        yield _data(commit.subject + "\n")
        for path, text in commit.files:
            yield f"M 100644 inline {path}\n".encode() + _data(text)
        yield b"\n"


def _data(text: str) -> bytes:
    content = text.encode()
    return b"data %d\n%s\n" % (len(content), content)
