"""What git says of the directory that a build was made from: where it comes from, its commit, and what differs."""

import os
import pathlib
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

_AS_SSH = re.compile(r"(?:[^@/:]*@)?(\[[^\]]*\]|[^/:]+):(?!\\)(.*)")
_MOST_DIRTY = 2000  # files; a checkout with more differs as a whole


@dataclass(frozen=True, slots=True)
class Checkout:
    """A git work tree as it stands.

    Attributes:
        root: Its directory.
        project: Where it comes from, without user or password: ``github.com/acme/shop``; else its directory.
        commit: The commit checked out, "" before the first.
        dirty: Files that differ from the commit, by path from the root, with the blob id of their content ("" for one
            that is gone); None where there are too many to say.
    """

    root: pathlib.Path
    project: str
    commit: str
    dirty: tuple[tuple[str, str], ...] | None


def read_checkout(directory: pathlib.Path) -> Checkout | None:
    """Return the work tree that a directory lies in, None where there is none or no git."""
    root = find_root(directory)
    if root is None:
        return None
    commit = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    return Checkout(root, _project(root), (commit or "").strip(), _dirty(root))


def find_root(directory: pathlib.Path) -> pathlib.Path | None:
    """Return the top of the work tree that a directory lies in, None where there is none or no git."""
    top = _git(directory, "rev-parse", "--show-toplevel")
    return None if top is None else pathlib.Path(top.removesuffix("\n"))


def branches(root: pathlib.Path) -> tuple[str, str]:
    """Return the branch checked out and the remote's main branch, each "" where git knows none."""
    current = _git(root, "symbolic-ref", "--quiet", "--short", "HEAD")
    main = _git(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    return (current or "").strip(), (main or "").strip().removeprefix("origin/")


def local_branches(root: pathlib.Path) -> frozenset[str]:
    """Return the branches of this clone."""
    listed = _git(root, "for-each-ref", "--format=%(refname)", "refs/heads")
    return frozenset(name.removeprefix("refs/heads/") for name in (listed or "").splitlines())


def remote_branches(root: pathlib.Path) -> frozenset[str] | None:
    """Return the branches and tags that the remote has now, None where it does not answer or there is none."""
    listed = _git(root, "ls-remote", "--heads", "--tags", "origin")
    if listed is None:
        return None
    names = (line.partition("\t")[2].removesuffix("^{}") for line in listed.splitlines())
    return frozenset(name.removeprefix("refs/heads/").removeprefix("refs/tags/") for name in names)


def project_of(directory: pathlib.Path) -> str:
    """Return what a directory is the project of: where its repository comes from, else the directory itself."""
    root = find_root(directory)
    return _project(root) if root else str(directory.resolve())


def _project(root: pathlib.Path) -> str:
    remote = _git(root, "config", "--get", "remote.origin.url")
    return named(remote.strip()) if remote and remote.strip() else str(root)


def named(remote: str) -> str:
    """Return the plain name of a remote: ``git@github.com:acme/shop.git`` is ``github.com/acme/shop``."""
    _, separator, rest = remote.partition("://")
    if separator:
        host, slash, path = rest.partition("/")
        bare = f"{host.rpartition('@')[2]}{slash}{re.split('[?#]', path)[0]}"
    elif found := _AS_SSH.fullmatch(remote):
        bare = f"{found[1]}/{found[2].lstrip('/')}"
    else:
        bare = remote
    return bare.removesuffix("/").removesuffix(".git")


def changed_between(
    root: pathlib.Path,
    before: tuple[str, Sequence[tuple[str, str]]],
    after: tuple[str, Sequence[tuple[str, str]]],
) -> frozenset[str] | None:
    """Return the files whose content differs between two states, each a commit and what was dirty on it.

    None where git can't tell, for one of the commits is not there (any more).
    """
    paths = {path for path, _ in (*before[1], *after[1])}
    if before[0] != after[0]:
        listed = _git(root, "diff", "--name-only", "--no-renames", "-z", before[0], after[0])
        if listed is None:
            return None
        paths |= {path for path in listed.split("\0") if path}
    if not paths:
        return frozenset()
    was, now = (_contents(root, *state, sorted(paths)) for state in (before, after))
    if was is None or now is None:
        return None
    return frozenset(path for path in paths if was[path] != now[path])


def is_ancestor(directory: pathlib.Path, older: str, newer: str) -> bool | None:
    """Return whether a commit is a true ancestor of another one, in the repository of a directory.

    None where there is no git, no repository, or one of the commits is not in this clone (a shallow one has few). Of a
    shallow clone that has both and not all between them it may be False.
    """
    if older == newer:
        return False
    # An option can't be a commit; the name of one could be an option.
    asked = ("merge-base", "--is-ancestor", "--end-of-options", f"{older}^{{commit}}", f"{newer}^{{commit}}")
    command = ("git", "--no-optional-locks", "-C", str(directory), *asked)
    try:
        code = subprocess.run(command, capture_output=True, check=False).returncode
    except (OSError, ValueError):
        return None
    return {0: True, 1: False}.get(code)


def _contents(
    root: pathlib.Path, commit: str, dirty: Sequence[tuple[str, str]], paths: Sequence[str]
) -> dict[str, str] | None:
    """Return the blob id of each path, "" for one that is not there."""
    plain = [path for path in paths if _is_plain(path)]
    asked = "".join(f"{commit}:{path}\n" for path in plain)
    answer = _git(root, "cat-file", "--batch-check=%(objectname)", given=asked)
    if answer is None:
        return None
    ids = ["" if line.endswith(" missing") else line for line in answer.splitlines()]
    # a name that git can't be asked for differs with the commit
    return dict.fromkeys(paths, commit) | dict(zip(plain, ids, strict=True)) | dict(dirty)


def _dirty(root: pathlib.Path) -> tuple[tuple[str, str], ...] | None:
    listed = _git(root, "status", "--porcelain", "--no-renames", "--untracked-files=all", "-z")
    if listed is None:
        return None
    paths = sorted(entry[3:] for entry in listed.split("\0") if entry)
    if len(paths) > _MOST_DIRTY:
        return None
    there = [path for path in paths if _is_plain(path)]
    links = {
        path: _hash(root, os.readlink(root / path))  # noqa: PTH115 - a Path would clean the target
        for path in there
        if (root / path).is_symlink()
    }
    hashed = _hashes(root, [path for path in there if path not in links and (root / path).is_file()])
    if hashed is None or None in links.values():
        return None
    return tuple((path, hashed.get(path) or links.get(path) or "") for path in paths)


def _is_plain(path: str) -> bool:
    """Whether git takes a path as it is, as one of many lines."""
    return "\n" not in path and not path.startswith('"')


def _hashes(root: pathlib.Path, paths: Sequence[str]) -> dict[str, str] | None:
    """Return the blob ids that files would have in a commit."""
    if not paths:
        return {}
    answer = _git(root, "hash-object", "--stdin-paths", given="".join(f"{path}\n" for path in paths))
    return None if answer is None else dict(zip(paths, answer.split(), strict=True))


def _hash(root: pathlib.Path, content: str) -> str | None:
    answer = _git(root, "hash-object", "--stdin", given=content)
    return None if answer is None else answer.strip()


def _git(directory: pathlib.Path, *arguments: str, given: str | None = None) -> str | None:
    """Return what git answers, None where it refuses or is not there."""
    command = ("git", "--no-optional-locks", "-C", str(directory), *arguments)
    try:
        answer = subprocess.run(
            command,
            check=False,
            capture_output=True,
            input=None if given is None else given.encode("utf-8", "surrogateescape"),
        )
    except OSError:
        return None
    return answer.stdout.decode("utf-8", "surrogateescape") if answer.returncode == 0 else None
