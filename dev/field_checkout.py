"""Repositories of a directory, each checked out for as long as it is looked at."""

import os
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from layerwise.invocation.search import search

_DOCKERFILE = re.compile(r"(?:.*[.-])?(?:docker|container)file(?:[._-](.+))?", re.IGNORECASE)
_OTHER = re.compile(  # templates, and files that only speak of a Dockerfile
    r"(.*\.)?(dockerignore|j2|jinja2?|tmpl|tpl|template|erb|in|m4|hbs|mustache|ejs|md|sh|py|js|ts|go|rb|exs?|php|map|json|ya?ml"
    r"|html|png|svg|patch|txt|bak)",
    re.IGNORECASE,
)
_FOREIGN = frozenset({".git", "node_modules", "vendor", "third_party", "site-packages"})


@dataclass(frozen=True, slots=True)
class Checkout:
    """A repository's work tree.

    Attributes:
        name: The repository, as seen from the directory that was searched: ``owner/name``.
        root: The work tree; its history is reachable.
        commit: What is checked out.
        commits: How many commits the first-parent line has.
        shallow: Whether the line is cut off.
        lacking: How many files are empty because a partial clone does not have them.
    """

    name: str
    root: Path
    commit: str
    commits: int
    shallow: bool
    lacking: int


def repositories(directory: Path) -> Iterator[tuple[str, Path]]:
    """Yield the git repositories below a directory, bare ones too, by name; links are followed."""
    for place, below, files in os.walk(directory, followlinks=True):
        path = Path(place)
        below.sort()
        if ".git" in below or ".git" in files:
            yield path.relative_to(directory).as_posix(), path
        elif "HEAD" in files and {"objects", "refs"} <= set(below):
            yield path.relative_to(directory).as_posix().removesuffix(".git"), path
        else:
            continue
        below.clear()


def listed(file: Path) -> dict[str, str]:
    """Return the commits that a list names: ``owner/name commit`` a line."""
    lines = (line.partition("#")[0].split() for line in file.read_text().splitlines())
    return {line[0]: line[1] for line in lines if line}


@contextmanager
def checked_out(name: str, repository: Path, commit: str = "HEAD") -> Iterator[Checkout]:
    """Check a commit out into a temporary directory that shares the repository's objects.

    A file that a partial clone does not have is there, but empty: a COPY finds it.
    """
    with tempfile.TemporaryDirectory(prefix="layerwise-field-") as directory:
        root = Path(directory) / name.rpartition("/")[2]
        _git(Path(directory), "clone", "--quiet", "--shared", "--no-checkout", str(repository.resolve()), str(root))
        if commit != "HEAD":
            _git(root, "update-ref", "HEAD", commit)
        _git(root, "read-tree", "HEAD")
        _git(root, "checkout-index", "--all", "--force", "--quiet", check=False)
        missing = [root / path for path in _git(root, "ls-files", "-z", "--deleted").split("\0") if path]
        for path in missing:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        shallow, commits = (
            _git(root, *command).strip()
            for command in (
                ("rev-parse", "--is-shallow-repository"),
                ("rev-list", "--count", "--first-parent", "HEAD"),
            )
        )
        yield Checkout(
            name, root, _git(root, "rev-parse", "HEAD").strip(), int(commits), shallow == "true", len(missing)
        )


def dockerfiles(root: Path) -> tuple[str, ...]:
    """Return the Dockerfiles of a work tree, the main one first: at the root, else what CI builds, else the largest."""
    found = sorted(_dockerfiles(root))
    if not found:
        return ()
    built = Counter(build.dockerfile for build in search(root).invocations if build.kind == "workflow")
    size: Mapping[str, int] = {path: (root / path).stat().st_size for path in found}
    main = min(found, key=lambda path: (_standing(path), -built[path], -size[path], path))
    return (main, *(path for path in found if path != main))


def _standing(path: str) -> int:
    names = ("Dockerfile", "Containerfile")
    return names.index(path) if path in names else len(names)


def _dockerfiles(root: Path) -> Iterator[str]:
    for place, below, files in os.walk(root):
        below[:] = [name for name in below if name not in _FOREIGN]
        for name in files:
            match = _DOCKERFILE.fullmatch(name)
            path = Path(place, name)
            if match and not _OTHER.fullmatch(match.group(1) or "") and path.is_file() and not path.is_symlink():
                yield path.relative_to(root).as_posix()


def _git(directory: Path, *arguments: str, check: bool = True) -> str:
    command = ["git", "-C", str(directory), *arguments]
    environment = os.environ | {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1"}
    done = subprocess.run(command, env=environment, check=check, capture_output=True)
    return os.fsdecode(done.stdout)
