"""The last commits as changes of today's build, in the order they happened.

A replay holds the current Dockerfile fixed. A commit that touched it counts as a change of those of its
instructions that still exist.
"""

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence

from layerwise.ecosystems.sieve import Rewritten
from layerwise.model.change import Change
from layerwise.model.commits import Commit, History
from layerwise.model.lineage import changed_instructions
from layerwise.model.priors import CommitShares
from layerwise.syntax.display import one_line
from layerwise.syntax.tree import Dockerfile


def changes_of(
    history: History,
    context: str,
    dockerfile: Dockerfile,
    path: str,
    versions: Mapping[tuple[str, str], bytes | None],
    arguments: frozenset[str],
    *,
    has_git: bool,
    read: Collection[str] = (),
) -> tuple[Change, ...]:
    """Return one change a commit, newest first.

    Args:
        history: Commits with paths relative to the repository's root.
        context: The build context, relative to the root.
        dockerfile: Today's.
        path: The Dockerfile's path relative to the root.
        versions: The content of the Dockerfile, and of the files of ``read``, after each commit that touched them and
            before it, under the commit's id and ``<id>^``.
        arguments: Build arguments whose value is another one on every build.
        has_git: Whether ``.git`` is in the context: then every commit changes a file of it.
        read: Files of the context, relative to the root, whose texts count.
    """
    touching = _touching(history, path)
    contents = {version: versions.get((version, path)) for version in _around(touching)}
    changed = changed_instructions([commit.id for commit in reversed(touching)], contents, dockerfile)
    changes = []
    for commit, inside in zip(history.commits, history.within(context).commits, strict=True):
        files = frozenset(name for touched in inside.touched for name in touched.paths)
        if has_git:
            files |= {".git/HEAD"}
        instructions = changed.get(commit.id, frozenset())
        renamed = frozenset(
            name for one in inside.touched if one.status != "M" or one.mode_changed for name in one.paths
        )
        subject = one_line(commit.subject)
        rewritten = tuple(_rewritten(commit, context, read, versions))
        changes.append(
            Change(commit.id, files, arguments, instructions, renamed=renamed, subject=subject, rewritten=rewritten)
        )
    return tuple(changes)


def _rewritten(
    commit: Commit, context: str, read: Collection[str], versions: Mapping[tuple[str, str], bytes | None]
) -> Iterator[Rewritten]:
    for path in sorted({one for touched in commit.touched for one in touched.paths}.intersection(read)):
        before, after = (versions.get((version, path)) for version in (f"{commit.id}^", commit.id))
        if before is not None and after is not None:
            name = posixpath.relpath(path, context)
            yield Rewritten(name, *(one.decode("utf-8", "surrogateescape") for one in (before, after)))


def versions_wanted(history: History, *paths: str) -> tuple[tuple[str, str], ...]:
    """Return which contents ``changes_of`` needs: each file after and before each commit that touched it."""
    return tuple((version, path) for path in paths for version in _around(_touching(history, path)))


def _touching(history: History, path: str) -> tuple[Commit, ...]:
    return tuple(commit for commit in history.commits if any(path in touched.paths for touched in commit.touched))


def _around(commits: Sequence[Commit]) -> tuple[str, ...]:
    """Return how the contents after and before each commit are called."""
    return tuple(version for commit in commits for version in (commit.id, f"{commit.id}^"))


def typical_changes(
    shares: CommitShares, source: frozenset[str], manifests: frozenset[str], instruction: str, arguments: frozenset[str]
) -> tuple[Change, ...]:
    """Return the changes that stand for commits where there is no history: the mean of many repositories."""
    return (
        Change("nothing the build reads", arguments=arguments, weight=shares.nothing),
        Change("source", files=source, arguments=arguments, weight=shares.source_only),
        Change("manifest", files=manifests, arguments=arguments, weight=shares.manifest),
        Change("Dockerfile", instructions=frozenset({instruction}), arguments=arguments, weight=shares.dockerfile),
    )
