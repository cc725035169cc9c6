"""What the instructions of past Dockerfiles became: each is followed from one version of the file to the next.

An instruction that one version has and the next has not became the most similar of those that came with the next. So
one that changes a little again and again stays the same one, and so does one that a rewrite has put anew.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import TypeAlias

from layerwise.errors import DockerfileError
from layerwise.graph.state import origins
from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Dockerfile

_SIMILAR = 0.6  # of 1; below this an old instruction is taken for another one
_LONG = 200  # characters; of so many difflib takes the frequent ones for junk
_PAIRS = ("instruction ARG ", "instruction ENV ", "instruction LABEL ")
_FLAG = re.compile(r"--(?:mount|network|security|device|platform|chown|chmod|link)(?:=\S*)? ")
_VERSION = re.compile(r"[:@][^\s/]+(?=\s|$)")  # of an image: its tag and digest

_Names: TypeAlias = tuple[str, ...]
_Followed: TypeAlias = Mapping[str, frozenset[str]]
"""The commits that changed an instruction, by the name that it has by now."""


def changed_instructions(
    commits: Iterable[str], versions: Mapping[str, bytes | None], current: Dockerfile
) -> Mapping[str, frozenset[str]]:
    """Return the instructions of today's Dockerfile that commits changed, those that still exist, by commit.

    Args:
        commits: Those that touched the file, oldest first.
        versions: Its content after each of them and before it, under the commit's id and ``<id>^``.
        current: Today's.
    """
    followed: _Followed = {}
    last: _Names = ()
    for commit in commits:
        before, after = (_read(versions.get(name)) for name in (f"{commit}^", commit))
        for version in filter(None, (before, after)):
            followed, last = _followed(followed, last, version), version
        for text in _came(before, after) if before else ():
            followed = {**followed, text: followed.get(text, frozenset()) | {commit}}
    names = _named(current)
    followed = _followed(followed, last, names)
    return {
        commit: frozenset(name for name in names if commit in followed.get(name, ()))
        for commit in frozenset().union(*followed.values())
    }


def _read(content: bytes | None) -> _Names:
    """Return the names of a version's instructions, none where it cannot be read."""
    if content is None:
        return ()
    try:
        return _named(parse(content.decode("utf-8", "surrogateescape"), "Dockerfile"))
    except DockerfileError:
        return ()


def _named(dockerfile: Dockerfile) -> _Names:
    return tuple(name for instruction in dockerfile.instructions() for name in origins(instruction))


def _came(before: _Names, after: _Names) -> _Names:
    """Return what ``after`` has and ``before`` has not."""
    there = frozenset(before)
    return tuple(text for text in after if text not in there)


def _followed(followed: _Followed, before: _Names, after: _Names) -> _Followed:
    """Return the commits by the names of the next version; what is gone keeps its name, for it may come back."""
    came, there = _came(before, after), frozenset(after)
    if not came or followed.keys() <= there:
        return followed
    moved: dict[str, frozenset[str]] = {}
    for text, commits in followed.items():
        name = text if text in there else _successor(text, came)
        moved[name] = moved.get(name, frozenset()) | commits
    return moved


def _successor(text: str, came: Sequence[str]) -> str:
    """Return the instruction that one became, itself where it became none.

    A variable became the one of its name, however little its value is like the one it had.
    """
    head, rest = _split(text)
    split = ((other, *_split(other)) for other in came)
    alike = ((_likeness(rest, its_rest), other) for other, its_head, its_rest in split if its_head == head)
    likeness, found = max(alike, key=lambda one: one[0], default=(0.0, text))
    return found if text.startswith(_PAIRS) or likeness >= _SIMILAR else text


def _likeness(text: str, other: str) -> float:
    """Return how much of two texts is the same, from 0 to 1: by characters, of long ones by words in any order."""
    if max(len(text), len(other)) < _LONG:
        return SequenceMatcher(None, text, other).ratio()
    words, others = Counter(text.split()), Counter(other.split())
    return 2 * (words & others).total() / (words.total() + others.total())


def _split(text: str) -> tuple[str, str]:
    """Split ``instruction RUN make`` behind the keyword, ``instruction ENV A=1`` behind the name.

    Flags and the version of a base are left out: with others it is the same instruction. ``COPY --from`` is another.
    """
    if text.startswith(_PAIRS):
        head = text.partition("=")[0]
        return head, text.removeprefix(head)
    head = " ".join(text.split(" ", 2)[:2]) + " "
    rest = _FLAG.sub("", text.removeprefix(head))
    return head, _VERSION.sub("", rest) if head == "instruction FROM " else rest
