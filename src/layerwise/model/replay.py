"""The last commits as changes of today's build, in the order they happened.

A replay holds the current Dockerfile fixed. A commit that touched it counts as a change of those of its
instructions that still exist.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence

from layerwise.errors import DockerfileError
from layerwise.graph.state import origins
from layerwise.model.change import Change
from layerwise.model.commits import History
from layerwise.model.priors import CommitShares
from layerwise.syntax.display import one_line
from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Dockerfile

_SIMILAR = 0.6  # as difflib counts it; below this an old instruction is taken for another one
_PAIRS = ("instruction ARG ", "instruction ENV ", "instruction LABEL ")


def changes_of(
    history: History,
    context: str,
    dockerfile: Dockerfile,
    path: str,
    versions: Mapping[tuple[str, str], bytes | None],
    arguments: frozenset[str],
    *,
    has_git: bool,
) -> tuple[Change, ...]:
    """Return one change a commit, newest first.

    Args:
        history: Commits with paths relative to the repository's root.
        context: The build context, relative to the root.
        dockerfile: Today's.
        path: The Dockerfile's path relative to the root.
        versions: The Dockerfile's content after each commit that touched it and before it, under the commit's id and
            ``<id>^``.
        arguments: Build arguments whose value is another one on every build.
        has_git: Whether ``.git`` is in the context: then every commit changes a file of it.
    """
    current = _named(dockerfile)
    changes = []
    for commit, inside in zip(history.commits, history.within(context).commits, strict=True):
        files = frozenset(name for touched in inside.touched for name in touched.paths)
        if has_git:
            files |= {".git/HEAD"}
        instructions: frozenset[str] = frozenset()
        if any(path in touched.paths for touched in commit.touched):
            before, after = versions.get((f"{commit.id}^", path)), versions.get((commit.id, path))
            instructions = still_there(_new(before, after), current)
        renamed = frozenset(
            name for one in inside.touched if one.status != "M" or one.mode_changed for name in one.paths
        )
        subject = one_line(commit.subject)
        changes.append(Change(commit.id, files, arguments, instructions, renamed=renamed, subject=subject))
    return tuple(changes)


def versions_wanted(history: History, path: str) -> tuple[tuple[str, str], ...]:
    """Return which contents ``changes_of`` needs: the file after and before each commit that touched it."""
    touching = [commit.id for commit in history.commits if any(path in touched.paths for touched in commit.touched)]
    return tuple((version, path) for commit in touching for version in (commit, f"{commit}^"))


def _new(before: bytes | None, after: bytes | None) -> tuple[str, ...]:
    """Return the instructions of ``after`` that ``before`` does not have, none where either cannot be read."""
    old, new = _origins(before), _origins(after)
    return tuple(text for text in new if text not in set(old)) if old else ()


def _origins(content: bytes | None) -> tuple[str, ...]:
    if content is None:
        return ()
    try:
        dockerfile = parse(content.decode("utf-8", "surrogateescape"), "Dockerfile")
    except DockerfileError:
        return ()
    return _named(dockerfile)


def _named(dockerfile: Dockerfile) -> tuple[str, ...]:
    return tuple(name for instruction in dockerfile.instructions() for name in origins(instruction))


def still_there(changed: Iterable[str], current: Sequence[str]) -> frozenset[str]:
    """Return the instructions of ``current`` that those of the past became: the same text, else the most similar.

    A variable became the one of its name, however little its value is like the one it had.
    """
    found = set()
    for text in changed:
        if text in current:
            found.add(text)
            continue
        head, rest = _split(text)
        similar = [other.removeprefix(head) for other in current if _split(other)[0] == head]
        cutoff = 0.0 if text.startswith(_PAIRS) else _SIMILAR
        found.update(head + match for match in difflib.get_close_matches(rest, similar, n=1, cutoff=cutoff))
    return frozenset(found)


def _split(text: str) -> tuple[str, str]:
    """Split ``instruction RUN make`` behind the keyword, ``instruction ENV A=1`` behind the name."""
    head = text.partition("=")[0] if text.startswith(_PAIRS) else " ".join(text.split(" ", 2)[:2]) + " "
    return head, text.removeprefix(head)


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
