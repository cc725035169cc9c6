"""What git's commits touched: the first-parent line of the checked-out branch, read in one pass of one process.

A merge counts as one commit with all it brought in, because that is what a build of the main branch sees. Only
exact renames are paired (``-M100%``): a renamed and edited file is a removal and an addition to BuildKit's cache
as well, and looking for similar files would read blobs that a partial clone does not have.
"""

import os
import pathlib
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import IO, Literal, cast

Status = Literal["A", "M", "D", "R", "T"]


@dataclass(frozen=True, slots=True)
class Touched:
    """One path that a commit changed.

    Attributes:
        path: Relative to the repository's root (or to the directory asked for), with ``/``.
        status: Added, modified, deleted, renamed (with its content) or changed in type (file, link, submodule).
        old_path: Where it lay before a rename, else None.
        mode_changed: Whether permission bits or type changed: BuildKit's cache keys hold the mode.
    """

    path: str
    status: Status
    old_path: str | None = None
    mode_changed: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that differs: of a rename the old one too."""
        return (self.path,) if self.old_path is None else (self.path, self.old_path)


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of the first-parent line.

    Attributes:
        id: In full.
        when: The committer's time, in seconds since 1970.
        subject: The first paragraph of its message, on one line.
        touched: The paths it changed, in git's order.
        tags: The tags that name it, those that were fetched.
    """

    id: str
    when: int
    subject: str
    touched: tuple[Touched, ...]
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """The newest commits of a branch.

    Attributes:
        commits: Newest first.
        branch: The branch checked out, ``HEAD`` where none is.
        prefix: Where the directory asked for lies, seen from where the paths start: ``""`` or ``app/``.
        shallow: Whether the clone is cut off; its last commit looks as if it added every file and is left out.
        more_available: Whether the branch has older commits than these.
        why: Why the commits are missing or incomplete, None where they are not.
    """

    commits: tuple[Commit, ...] = ()
    branch: str = ""
    prefix: str = ""
    shallow: bool = False
    more_available: bool = False
    why: str | None = None

    def within(self, directory: str) -> "History":
        """Return the same commits with only what they touched below ``directory``, relative to it.

        Commits that touched nothing there stay: each of them was a build. A rename across the border is an addition
        or a deletion seen from inside.
        """
        prefix = directory.strip("/").removeprefix("./")
        if prefix in {"", "."}:
            return self
        kept = tuple(replace(commit, touched=tuple(_inside(commit.touched, f"{prefix}/"))) for commit in self.commits)
        return replace(self, commits=kept, prefix=self.prefix.removeprefix(f"{prefix}/"))


def read_commits(repository: pathlib.Path, *, limit: int = 300, below: str = "") -> History:
    """Read the newest ``limit`` commits of the checked-out branch that touch ``below`` (all where it is empty).

    ``repository`` may be a directory inside the work tree. Nothing is raised where there is no history to be had (no
    git, no repository, no commit yet, a repository of another user): ``why`` then says so, for the model goes on.
    """
    try:
        about = _git(repository, "rev-parse", *_ABOUT)
    except OSError as error:
        return History(why=f"git could not be run: {error.strerror}")
    facts = os.fsdecode(about.stdout).split("\n")
    if len(facts) <= _FACTS:
        return History(why=_reason(repository, about.stderr))
    is_shallow, boundary_file, prefix, branch = facts[:_FACTS]
    if about.returncode:
        return History(why="the branch has no commit yet", prefix=prefix)
    shallow = is_shallow == "true"
    boundary = _boundary(repository / boundary_file) if shallow else frozenset()
    history = History(branch=branch, prefix=prefix, shallow=shallow)
    return _logged(repository, history, limit, below, boundary)


def read_blobs(repository: pathlib.Path, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], bytes | None]:
    """Return the content of each (commit, path from the repository's root), None where no such file was there.

    One ``git cat-file`` serves all of them. A path with a line end in it cannot be asked for and is None too.
    """
    asked = tuple(dict.fromkeys(wanted))
    plain = tuple(pair for pair in asked if "\n" not in pair[1])
    names = b"".join(os.fsencode(f"{commit}:{path}\n") for commit, path in plain)
    contents: dict[tuple[str, str], bytes | None] = dict.fromkeys(asked)
    try:
        answer = _git(repository, "cat-file", "--batch", given=names)
    except OSError:
        return contents
    contents.update(zip(plain, _blobs(answer.stdout), strict=False))
    return contents


_ABOUT = ("--is-shallow-repository", "--git-path", "shallow", "--show-prefix", "--abbrev-ref", "HEAD")
_FACTS = 4

# Settings of the user that would change what `git log --raw` prints. `-m` takes its meaning from log.diffMerges.
_PLAIN = (
    "log.diffMerges=separate",
    "log.showRoot=true",
    "log.showSignature=false",
    "log.follow=false",
    "diff.relative=false",
    "diff.ignoreSubmodules=none",
    "i18n.logOutputEncoding=UTF-8",
)
_ABSENT = b"000000"
_CHUNK_BYTES = 1 << 16


def _logged(repository: pathlib.Path, history: History, limit: int, below: str, boundary: frozenset[str]) -> History:
    log = [
        *_command(repository, *(part for setting in _PLAIN for part in ("-c", setting))),
        *("log", "--first-parent", "-m", "--raw", "-z", "-M100%", "--no-abbrev", "--no-color"),
        *(
            f"--max-count={limit + 1}",
            "--decorate=short",
            "--decorate-refs=refs/tags/",
            "--format=%H%x00%ct%x00%D%x00%s",
        ),
        *(("--", f":(top,literal){below.strip('/')}") if below.strip("/") else ("--",)),
    ]
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(log, env=_environment(), stdout=subprocess.PIPE, stderr=errors) as process:
            assert process.stdout is not None
            found = tuple(_commits(process.stdout))
        errors.seek(0)
        why = _reason(repository, errors.read()) if process.returncode else None
    kept = tuple(commit for commit in found[:limit] if commit.id not in boundary)
    return replace(history, commits=kept, more_available=len(found) > limit, why=why)


def _commits(stream: IO[bytes]) -> Iterator[Commit]:
    """Parse ``id NUL time NUL tags NUL subject NUL`` and, for each path, ``:modes ids status NUL path NUL``."""
    tokens = _tokens(stream)
    head: tuple[bytes, ...] = ()
    touched: list[Touched] = []
    for token in tokens:
        line = token.lstrip(b"\n")
        if line.startswith(b":"):
            touched.append(_touched(line, tokens))
        elif line:
            if head:
                yield _commit(head, touched)
            head, touched = (line, *islice(tokens, 3)), []
    if head:
        yield _commit(head, touched)


def _commit(head: tuple[bytes, ...], touched: list[Touched]) -> Commit:
    name, when, refs, subject = head
    tags = (ref.removeprefix("tag: ") for ref in os.fsdecode(refs).split(", ") if ref)
    return Commit(name.decode("ascii"), int(when), subject.decode("utf-8", "replace"), tuple(touched), tuple(tags))


def _touched(line: bytes, tokens: Iterator[bytes]) -> Touched:
    old_mode, new_mode, _, _, letter = line[1:].split(b" ")
    status = cast(Status, chr(letter[0]))
    path = os.fsdecode(next(tokens))
    mode_changed = old_mode != new_mode and _ABSENT not in {old_mode, new_mode}
    if status == "R":
        return Touched(os.fsdecode(next(tokens)), status, path, mode_changed)
    return Touched(path, status, None, mode_changed)


def _tokens(stream: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while chunk := stream.read(_CHUNK_BYTES):
        *whole, rest = (rest + chunk).split(b"\0")
        yield from whole


def _inside(touched: Iterable[Touched], prefix: str) -> Iterator[Touched]:
    for one in touched:
        old = one.old_path
        if one.path.startswith(prefix):
            path = one.path.removeprefix(prefix)
            if old is None or old.startswith(prefix):
                yield replace(one, path=path, old_path=old and old.removeprefix(prefix))
            else:
                yield Touched(path, "A")
        elif old is not None and old.startswith(prefix):
            yield Touched(old.removeprefix(prefix), "D")


def _boundary(file: pathlib.Path) -> frozenset[str]:
    try:
        return frozenset(file.read_text("ascii").split())
    except OSError:
        return frozenset()


def _blobs(answer: bytes) -> Iterator[bytes | None]:
    """Parse ``id type size LF content LF`` or ``name missing LF``, as often as git answered in full."""
    start = 0
    while (end := answer.find(b"\n", start)) >= 0:
        words = answer[start:end].split(b" ")
        start = end + 1
        if words[-1] in {b"missing", b"ambiguous"}:
            yield None
            continue
        stop = start + int(words[2])
        yield answer[start:stop] if words[1] == b"blob" else None
        start = stop + 1


def _git(repository: pathlib.Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = _command(repository, *arguments)
    return subprocess.run(command, env=_environment(), input=given, capture_output=True, check=False)


def _command(repository: pathlib.Path, *arguments: str) -> list[str]:
    return ["git", "--no-pager", "-C", str(repository), *arguments]


def _environment() -> dict[str, str]:
    """Return the environment without what a git hook or a user's shell would point elsewhere.

    ``GIT_CONFIG_*`` stays: CI systems allow a foreign repository through it.
    """
    kept = {name: value for name, value in os.environ.items() if _harmless(name)}
    return kept | {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}


def _harmless(name: str) -> bool:
    return not name.startswith("GIT_") or name.startswith(("GIT_CONFIG_", "GIT_CEILING_", "GIT_DISCOVERY_"))


def _reason(repository: pathlib.Path, errors: bytes) -> str:
    text = os.fsdecode(errors).strip()
    if "not a git repository" in text:
        return f"{repository} is not in a git repository"
    if "dubious ownership" in text:
        return (
            f"git refuses {repository} because another user owns it; "
            f"allow it with: git config --global --add safe.directory {repository.resolve()}"
        )
    return text.splitlines()[0] if text else "git failed without saying why"
