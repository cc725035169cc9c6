"""The step of a COPY or ADD: the files it takes, from a context, a stage, an image or the network."""

import posixpath
import re

from layerwise.ecosystems.effects import Effects, Path, Work, opaque
from layerwise.graph.context import Context
from layerwise.graph.copying import Selection, select
from layerwise.graph.patterns import clean
from layerwise.graph.scope import Value
from layerwise.graph.state import Resolver, State
from layerwise.graph.vertex import Edge, Kind
from layerwise.syntax.heredoc import opener
from layerwise.syntax.tree import Copy, Heredoc

_REMOTE = ("http://", "https://", "git://", "git@", "ssh://", "github.com/")
_KEY_FLAGS = ("chown", "chmod", "keep-git-dir", "checksum", "unpack")
_REFERENCE = re.compile(r"\$\{?(\w+)")


def copy(state: State, instruction: Copy, resolver: Resolver, prefix: str) -> None:
    """Add the step of a COPY or ADD to ``state``.

    Raises:
        BadPattern: Docker refuses a pattern of ``--exclude`` or of a source.
        ExpansionError: A word can't be expanded.
        NoSuchStage: ``--from`` names a stage that can't be copied from.
    """
    state.number += 1
    values = [state.scope.expand(word) for word in _written(instruction)]
    target = state.scope.expand(instruction.destination.text)
    destination = state.absolute(target.text)
    remote = [value.text for value in values if instruction.keyword == "ADD" and value.text.startswith(_REMOTE)]
    local = tuple(value.text for value in values if value.text not in remote)
    linked = _is_on(instruction, "link") and instruction.flag("chmod") is None
    flags = [(name, state.scope.expand(instruction.flag(name) or "")) for name in _KEY_FLAGS if _has(instruction, name)]
    documents = [(heredoc.name, _body(heredoc, state)) for heredoc in instruction.heredocs]
    edges, files = _inputs(state, instruction, resolver, local, destination)
    definition = (
        ("keyword", instruction.keyword),
        ("destination", destination),
        *(("source", posixpath.basename(clean("/" + source)) or "/") for source in local),
        *(("remote source", source) for source in remote),
        *((f"file {name}", value.text) for name, value in documents),
        *((f"--{name}", _owner(value.text) if name == "chown" else value.text) for name, value in flags),
        *(("--exclude", pattern) for pattern in instruction.flag_values("exclude")),
        *((("--parents", ""),) if _is_on(instruction, "parents") else ()),
        *((("--link", ""),) if linked else ()),
        *((f"--{flag.name}", flag.value or "") for flag in instruction.opaque_flags),
    )
    used = [*values, target, *(value for _, value in (*flags, *documents))]
    relative = not target.text.startswith("/")
    effects = _effects(instruction, destination, fetches=bool(remote))
    state.add(
        Kind(instruction.keyword),
        instruction,
        definition=definition,
        effects=effects,
        edges=edges,
        files=files,
        origins=state.configured_by(*(("WORKDIR",) if relative else ())).union(*(value.origins for value in used)),
        linked=linked,
        prefix=prefix,
    )
    state.sees = state.sees.with_copy(files[0]) if files else state.sees.with_effects(effects)


def _written(instruction: Copy) -> list[str]:
    """Return the sources without the words that open here-documents."""
    words = [word.text for word in instruction.sources]
    return [word for word in words if opener(word) is None] if instruction.heredocs else words


def _has(instruction: Copy, name: str) -> bool:
    return instruction.flag(name) is not None


def _is_on(instruction: Copy, name: str) -> bool:
    return (instruction.flag(name) or ("true" if _has(instruction, name) else "false")).lower() != "false"


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
    state: State, instruction: Copy, resolver: Resolver, sources: tuple[str, ...], destination: str
) -> tuple[tuple[Edge, ...], tuple[Selection, ...]]:
    origin = instruction.flag("from")
    found = resolver.source(origin, state.index, indexed=True) if origin else resolver.main_context
    if not sources:
        return (), ()
    if isinstance(found, Context):
        return (), (_selection(found, instruction, sources, destination),)
    paths = tuple(clean("/" + source) for source in sources)
    return tuple(Edge(step_id, paths) for step_id in found), ()


def _selection(context: Context, instruction: Copy, sources: tuple[str, ...], destination: str) -> Selection:
    return select(
        context,
        sources,
        destination,
        exclude=instruction.flag_values("exclude"),
        parents=_is_on(instruction, "parents"),
        unpack=instruction.keyword == "ADD",
    )


def _effects(instruction: Copy, destination: str, *, fetches: bool) -> Effects:
    if instruction.opaque:
        flag = instruction.opaque_flags[0].name
        return opaque(f"{instruction.keyword} --{flag} is not a flag that layerwise knows")
    kind = "download" if fetches else "copy"
    return Effects(
        writes=frozenset({Path(destination.rstrip("/") or "/", tree=True)}),
        fetches=fetches,
        work=(Work(kind, len(instruction.sources)),),
    )
