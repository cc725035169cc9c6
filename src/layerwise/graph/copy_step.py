"""The step of a COPY or ADD: the files it takes, from a context, a stage, an image or the network."""

import posixpath

from layerwise.ecosystems.effects import Effects, Path, Work, opaque
from layerwise.graph.context import Context
from layerwise.graph.copying import Selection, select
from layerwise.graph.state import Resolver, State
from layerwise.graph.vertex import Edge, Kind
from layerwise.syntax.tree import Copy

_REMOTE = ("http://", "https://", "git://", "git@", "ssh://")
_KEY_FLAGS = ("chown", "chmod", "keep-git-dir", "checksum", "unpack")


def copy(state: State, instruction: Copy, resolver: Resolver, prefix: str) -> None:
    """Add the step of a COPY or ADD to ``state``."""
    state.number += 1
    written = tuple(word.text for word in instruction.sources)
    sources, origins = state.expand_all(written)
    (target,), target_origins = state.expand_all((instruction.destination.text,))
    destination = state.absolute(target)
    remote = tuple(source for source in sources if source.startswith(_REMOTE) or source.endswith(".git"))
    local = tuple(source for source in sources if source not in remote and not source.startswith("<<"))
    linked = instruction.flag("link") not in (None, "false") and instruction.flag("chmod") is None
    edges, files = _inputs(state, instruction, resolver, local, destination)
    flags = [(f"--{name}", state.scope.expand(value)) for name in _KEY_FLAGS if (value := instruction.flag(name)) is not None]
    definition = (
        ("keyword", instruction.keyword),
        ("destination", destination),
        *(("source", posixpath.basename(source.rstrip("/")) or "/") for source in local),
        *(("remote source", source) for source in remote),
        *((f"file {heredoc.name}", heredoc.content) for heredoc in instruction.heredocs),
        *((name, value.text) for name, value in flags),
        *(("--exclude", pattern) for pattern in instruction.flag_values("exclude")),
        *((("--parents", ""),) if _parents(instruction) else ()),
        *((("--link", ""),) if linked else ()),
    )
    effects = _effects(instruction, destination, fetches=bool(remote))
    state.add(
        Kind(instruction.keyword),
        instruction,
        definition=definition,
        effects=effects,
        edges=edges,
        files=files,
        origins=origins.union(target_origins, *(value.origins for _, value in flags)),
        linked=linked,
        prefix=prefix,
    )
    if files:
        state.sees = state.sees.with_copy(files[0])
    else:
        state.sees = state.sees.with_effects(effects)


def _inputs(
    state: State, instruction: Copy, resolver: Resolver, sources: tuple[str, ...], destination: str
) -> tuple[tuple[Edge, ...], tuple[Selection, ...]]:
    origin = instruction.flag("from")
    if not sources:
        return (), ()
    if origin:
        context = resolver.named_context(origin)
        if context is None:
            stage = resolver.named(origin, before=state.index)
            steps = stage.root if stage else (resolver.image(origin, state.platform),)
            return tuple(Edge(step_id, sources) for step_id in steps), ()
    else:
        context = resolver.main_context
    return (), (_selection(context, instruction, sources, destination),)


def _selection(context: Context, instruction: Copy, sources: tuple[str, ...], destination: str) -> Selection:
    return select(
        context,
        sources,
        destination,
        exclude=instruction.flag_values("exclude"),
        parents=_parents(instruction),
        unpack=instruction.keyword == "ADD",
    )


def _parents(instruction: Copy) -> bool:
    return instruction.flag("parents") not in (None, "false")


def _effects(instruction: Copy, destination: str, *, fetches: bool) -> Effects:
    if instruction.unknown_flags:
        return opaque(f"{instruction.keyword} --{instruction.unknown_flags[0]} is not a flag that layerwise knows")
    kind = "download" if fetches else "copy"
    return Effects(
        writes=frozenset({Path(destination.rstrip("/") or "/", tree=True)}),
        fetches=fetches,
        work=(Work(kind, len(instruction.sources)),),
    )
