"""The step of a COPY or ADD: the files it takes, from a context, a stage, an image or the network."""

import posixpath
import re
from dataclasses import dataclass

from layerwise.ecosystems.effects import Effects, Path, Work, opaque
from layerwise.graph.context import Context
from layerwise.graph.copying import Selection, absolute, select
from layerwise.graph.files import StageFiles
from layerwise.graph.patterns import clean
from layerwise.graph.scope import Value
from layerwise.graph.state import Resolver, State
from layerwise.graph.vertex import Edge, Kind
from layerwise.syntax.heredoc import opener
from layerwise.syntax.tree import Copy, Heredoc

_REMOTE = ("http://", "https://", "git://", "git@", "ssh://", "github.com/")
_KEY_FLAGS = ("chown", "chmod", "keep-git-dir", "checksum", "unpack")
_REFERENCE = re.compile(r"\$\{?(\w+)")


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a COPY or ADD, expanded.

    Attributes:
        local: Sources in a context, a stage or an image.
        remote: Sources that are fetched.
        destination: Absolute, a trailing slash kept.
        flags: Those that stand in the key by their value.
        documents: Name and body of each here-document.
        origins: What all of these depend on.
    """

    local: tuple[str, ...]
    remote: tuple[str, ...]
    destination: str
    flags: tuple[tuple[str, str], ...]
    documents: tuple[tuple[str, str], ...]
    origins: frozenset[str]


def copy(state: State, instruction: Copy, resolver: Resolver, prefix: str) -> None:
    """Add the step of a COPY or ADD to ``state``.

    Raises:
        ExpansionError: A word can't be expanded.
        Unbuildable: ``--from`` names a stage that can't be copied from.
    """
    state.number += 1
    words = _words(state, instruction)
    linked = _is_on(instruction, "link") and instruction.flag("chmod") is None
    edges, files = _inputs(state, instruction, resolver, words)
    effects = _effects(instruction, words)
    state.add(
        Kind(instruction.keyword),
        instruction,
        definition=_definition(instruction, words, linked=linked),
        effects=effects,
        edges=edges,
        files=files,
        origins=words.origins,
        linked=linked,
        prefix=prefix,
    )
    if files:
        state.sees = state.sees.with_copy(files[0])
        return
    state.sees = state.sees.with_effects(effects)
    if (hollow := _hollow(state, instruction, resolver, words)) is not None:
        state.sees = state.sees.with_stage(hollow, words.destination.rstrip("/"))


def _words(state: State, instruction: Copy) -> _Words:
    values = [state.scope.expand(word) for word in _written(instruction)]
    remote = [value.text for value in values if instruction.keyword == "ADD" and value.text.startswith(_REMOTE)]
    target = state.scope.expand(instruction.destination.text)
    flags = [(name, state.scope.expand(value)) for name in _KEY_FLAGS if (value := instruction.flag(name)) is not None]
    documents = [(heredoc.name, _body(heredoc, state)) for heredoc in instruction.heredocs]
    used = [*values, target, *(value for _, value in (*flags, *documents))]
    directory = frozenset() if target.text.startswith("/") else state.configured_by("WORKDIR")
    return _Words(
        local=tuple(value.text for value in values if value.text not in remote),
        remote=tuple(remote),
        destination=absolute(target.text, state.cwd),
        flags=tuple((f"--{name}", _owner(value.text) if name == "chown" else value.text) for name, value in flags),
        documents=tuple((f"file {name}", value.text) for name, value in documents),
        origins=directory.union(*(value.origins for value in used)),
    )


def _definition(instruction: Copy, words: _Words, *, linked: bool) -> tuple[tuple[str, str], ...]:
    return (
        ("keyword", instruction.keyword),
        ("destination", words.destination),
        *(("source", posixpath.basename(clean("/" + source)) or "/") for source in words.local),
        *(("remote source", source) for source in words.remote),
        *words.documents,
        *words.flags,
        *(("--exclude", pattern) for pattern in instruction.flag_values("exclude")),
        *((("--parents", ""),) if _is_on(instruction, "parents") else ()),
        *((("--link", ""),) if linked else ()),
        *((f"--{flag.name}", flag.value or "") for flag in instruction.opaque_flags),
    )


def _written(instruction: Copy) -> list[str]:
    """Return the sources without the words that open here-documents."""
    words = [word.text for word in instruction.sources]
    return [word for word in words if opener(word) is None] if instruction.heredocs else words


def _is_on(instruction: Copy, name: str) -> bool:
    value = instruction.flag(name)
    return value is not None and value.lower() != "false"


def _body(heredoc: Heredoc, state: State) -> Value:
    """Return a text that differs where the expanded body would."""
    names = sorted(set(_REFERENCE.findall(heredoc.content))) if heredoc.expand else []
    used = [(name, state.scope.env[name]) for name in names if name in state.scope.env]
    text = "\0".join((heredoc.content, *(f"{name}={value.text}" for name, value in used)))
    return Value(text, frozenset().union(*(value.origins for _, value in used)), all(value.known for _, value in used))


def _owner(text: str) -> str:
    """Return the owner with root as a number: BuildKit needs no /etc/passwd for that name (ops/file.go)."""
    return ":".join("0" if part == "root" else part for part in text.split(":"))


def _inputs(
    state: State, instruction: Copy, resolver: Resolver, words: _Words
) -> tuple[tuple[Edge, ...], tuple[Selection, ...]]:
    origin = instruction.flag("from")
    found = resolver.source(origin, state.index, indexed=True) if origin else resolver.main_context
    if not words.local:
        return (), ()
    if isinstance(found, Context):
        return (), (_selection(found, instruction, words),)
    paths = tuple(clean("/" + source) for source in words.local)
    return tuple(Edge(step_id, paths) for step_id in found), ()


def _hollow(state: State, instruction: Copy, resolver: Resolver, words: _Words) -> StageFiles | None:
    """Return the files of a hollow stage whose directory is copied to the same place, None for any other COPY."""
    origin, target = instruction.flag("from"), words.destination.rstrip("/")
    if not origin or not target or [clean("/" + source) for source in words.local] != [target]:
        return None
    files = resolver.files(origin, state.index)
    return files if files is not None and files.is_hollow else None


def _selection(context: Context, instruction: Copy, words: _Words) -> Selection:
    return select(
        context,
        words.local,
        words.destination,
        exclude=instruction.flag_values("exclude"),
        parents=_is_on(instruction, "parents"),
        unpack=instruction.keyword == "ADD",
    )


def _effects(instruction: Copy, words: _Words) -> Effects:
    if instruction.opaque:
        flag = instruction.opaque_flags[0].name
        return opaque(f"{instruction.keyword} --{flag} is not a flag that layerwise knows")
    return Effects(
        writes=frozenset({Path(words.destination.rstrip("/") or "/", tree=True)}),
        fetches=bool(words.remote),
        work=(Work("download" if words.remote else "copy", len(instruction.sources)),),
    )
