"""Where a project names a program: files of the build context, and instructions of the Dockerfile."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from layerwise.graph.context import Context
from layerwise.syntax.tree import Dockerfile, Instruction

_PROSE = re.compile(r"(^|/)(docs?/|LICEN[CS]E|NOTICE|CHANGELOG|CHANGES|AUTHORS)|\.(md|rst|adoc)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search of the context came to.

    Attributes:
        found: The first file that names one of the words, "" for none.
        files: How many were searched.
        unread: Files that are no text, or too large.
    """

    found: str
    files: int
    unread: tuple[str, ...]


def mentioned_in_files(context: Context, words: Collection[str], dockerfile: str) -> Searched:
    """Search every file of the context but prose, git's own and the Dockerfile itself."""
    asked = ("mentions", frozenset(words), dockerfile)
    return context.memo.once(asked, lambda: _searched(context, words, dockerfile))


def _searched(context: Context, words: Collection[str], dockerfile: str) -> Searched:
    pattern = _pattern(words)

    def named(text: str) -> bool:  # plain searches are many times as fast as one of the expression
        return any(word in text for word in words) and pattern.search(text) is not None

    searched, unread = 0, list[str]()
    for path in context.files():
        if path.startswith(".git/") or _PROSE.search(path) or f"/{dockerfile}".endswith(f"/{path}"):
            continue
        text = context.text(path)
        if text is None:
            unread.append(path)
            continue
        searched += 1
        if named(text) or named(path):
            return Searched(path, searched, tuple(unread))
    return Searched("", searched, tuple(unread))


def mentioned_in_dockerfile(
    dockerfile: Dockerfile, words: Iterable[str], install: Instruction, own: str
) -> Instruction | None:
    """Return an instruction that names one of the words; ``own`` is the word of the install that names the package."""
    pattern = _pattern(words)
    for instruction in dockerfile.instructions():
        text = " ".join(_texts(instruction))
        if instruction is install:
            text = text.replace(own, " ", 1)
        if pattern.search(text):
            return instruction
    return None


def _texts(instruction: Instruction) -> Iterator[str]:
    yield instruction.text
    yield from (flag.value or "" for flag in instruction.flags)
    yield from (heredoc.content for heredoc in instruction.heredocs)


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    either = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![\w.@-])({either})(?![\w-])")
