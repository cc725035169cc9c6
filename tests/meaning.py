"""What a Dockerfile says, worked out by itself and simply: to hold a rewritten text against the text it came from.

Nothing of graph or passes is used. What a command does is not known here; what it is given is.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Copy, Dockerfile, Instruction, Pairs, Run
from layerwise.syntax.variables import ExpansionError, expand

MOVING = ("late-args", "manifest-first")
"""Passes that move instructions and change none: what they may do to a file's meaning can be told without a build."""

_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class State:
    """What an instruction finds, and what a stage leaves to its image."""

    environment: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    workdir: str = ""
    user: str = ""


@dataclass(frozen=True)
class Meaning:
    """What a stage runs in order, what it copies in any order, and the image config it ends with."""

    runs: tuple[tuple[str, ...], ...]
    copies: Counter[tuple[str, ...]]
    end: State


def meanings(tree: Dockerfile, *, passed: bool) -> list[Meaning]:
    """Return what each stage says, with every argument given a value of its own, or none given."""
    known: dict[str, State] = {}
    found = []
    for stage in tree.stages:
        start = known.get(stage.opening.image.lower(), State())
        meaning = _stage(tree, stage.instructions, start, passed=passed)
        known[str(stage.index)] = meaning.end
        if stage.opening.name:
            known[stage.opening.name.lower()] = meaning.end
        found.append(meaning)
    return found


def _stage(tree: Dockerfile, instructions: tuple[Instruction, ...], state: State, *, passed: bool) -> Meaning:
    arguments: dict[str, str] = {}
    runs, copies = [], Counter[tuple[str, ...]]()
    for one in instructions:
        scope = {**arguments, **state.environment}
        if isinstance(one, Run):
            runs.append(_run(one, scope, state))
        elif isinstance(one, Copy):
            copies[_copy(one, scope, state, tree.escape)] += 1
        elif isinstance(one, Pairs) and one.keyword == "ARG":
            for pair in one.pairs:
                if passed or pair.value is not None:
                    arguments[pair.name] = f"<{pair.name}>" if passed else _text(pair.value or "", scope, tree.escape)
        else:
            state = _config(one, scope, state, tree.escape)
    return Meaning(tuple(runs), copies, state)


def _run(one: Run, scope: Mapping[str, str], state: State) -> tuple[str, ...]:
    text = one.text + "".join(heredoc.content for heredoc in one.heredocs)
    named = sorted({f"{name}={scope[name]}" for name in _NAME.findall(text) if name in scope})
    shell = [other for other in state.others if other.startswith("SHELL")][-1:]
    flags = [f"{flag.name}={flag.value}" for flag in one.flags]
    return (text, state.workdir, state.user, *shell, *flags, *named)


def _copy(one: Copy, scope: Mapping[str, str], state: State, escape: str) -> tuple[str, ...]:
    words = [_text(word.text, scope, escape) for word in (*one.sources, one.destination)]
    slash = "/" if words[-1].endswith(("/", ".")) else ""
    target = posixpath.normpath(posixpath.join(state.workdir, words[-1])) + slash
    flags = [_text(f"{flag.name}={flag.value}", scope, escape) for flag in one.flags]
    return (one.keyword, *words[:-1], target, *flags, *(heredoc.content for heredoc in one.heredocs))


def _config(one: Instruction, scope: Mapping[str, str], state: State, escape: str) -> State:
    if isinstance(one, Pairs):
        pairs = {_text(pair.name, scope, escape): _text(pair.value or "", scope, escape) for pair in one.pairs}
        if one.keyword == "LABEL":
            return replace(state, labels=state.labels | pairs)
        return replace(state, environment=state.environment | pairs)
    text = _text(one.text, scope, escape)
    if one.keyword == "WORKDIR":
        return replace(state, workdir=posixpath.join(state.workdir, text))
    if one.keyword == "USER":
        return replace(state, user=text)
    return replace(state, others=(*state.others, f"{one.keyword} {one.text}"))


def _text(word: str, scope: Mapping[str, str], escape: str) -> str:
    try:
        return expand(word, scope.get, escape)
    except ExpansionError:
        return word


def lost_meaning(before: str, after: str) -> str | None:
    """Say what a rewritten text says otherwise; None where all is said that was. It may copy more, not less."""
    for passed in (True, False):
        pairs = zip(meanings(parse(before), passed=passed), meanings(parse(after), passed=passed), strict=True)
        for number, (old, new) in enumerate(pairs):
            for one, other in zip(old.runs, new.runs, strict=True):
                if one != other:
                    return f"stage {number}: {one} became {other}"
            if missing := old.copies - new.copies:
                return f"stage {number}: {list(missing)} became {list(new.copies - old.copies)}"
            if old.end != new.end:
                return f"stage {number}: it ended as {old.end} and ends as {new.end}"
    return None
