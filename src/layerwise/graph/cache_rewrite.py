"""The text of a RUN whose caches are in mounts: its flags, its commands, and what of them goes."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from layerwise.ecosystems import Part
from layerwise.ecosystems.effects import CacheDirectory
from layerwise.ecosystems.keeping import DOCKER_CLEAN, Keeping
from layerwise.graph.cache_use import CacheUse
from layerwise.graph.run_script import RunScript
from layerwise.syntax.edit import Edit, line_end
from layerwise.syntax.shell_tree import Command
from layerwise.syntax.tree import Dockerfile, Span

_ASIDE = "/etc/apt/docker-clean"


def mount_flags(
    dockerfile: Dockerfile, script: RunScript, caches: tuple[CacheDirectory, ...], options: Mapping[str, str]
) -> Edit:
    """Add a flag for each cache, a line each; ``options`` are those of single paths.

    The script of a here-document stays on the line of its RUN, which BuildKit reads to know where it ends.
    """
    run = script.run
    between = " " if script.body else f" {dockerfile.escape}{line_end(dockerfile)}    "
    flags = (
        f"--mount=type=cache,target={cache.path}"
        f"{'' if cache.sharing == 'shared' else f',sharing={cache.sharing}'}{options.get(cache.path, '')}"
        for cache in caches
    )
    text = "".join(f"{flag}{between}" for flag in flags)
    return Edit(Span(run.text_start, run.text_start), text)


def command_edits(script: RunScript, use: CacheUse, changes: Mapping[int, Keeping]) -> tuple[Edit, ...] | str:
    """Return the edits that make the commands keep their downloads, or why they can't be written so."""
    edits: list[Edit] = list(script.without(use.cleaning)) if use.cleaning else []
    if (use.cleaning or use.words) and not steady(script):
        return "a command of it may fail without failing the RUN, and what is taken out would change when"
    for index, word in use.words:
        node = script.parts[index].node
        assert isinstance(node, Command), "as the words were told apart"
        edits.append(_without_word(script, node, word))
    for index, keeping in changes.items():
        found = _kept(script, script.parts[index], keeping)
        if isinstance(found, str):
            return found
        edits += found
    return tuple(edits)


def steady(script: RunScript) -> bool:
    """Whether the first command that fails ends the script."""
    first = script.parts[0].call
    words = [argument.text for argument in first.arguments] if first and first.name == "set" else []
    ends = any(word.startswith("-") and not word.startswith("--") and "e" in word for word in words)
    return script.chained or ends


def _without_word(script: RunScript, node: Command, index: int) -> Edit:
    words = (node.name, *node.arguments)
    before, word = words[index], node.arguments[index]
    assert before is not None, "a command with arguments has a name"
    return script.without_word(before, word)


def _kept(script: RunScript, part: Part, keeping: Keeping) -> list[Edit] | str:
    node = part.node
    assert isinstance(node, Command), "as caches were looked for"
    edits: list[Edit] = []
    start = script.span(node.span).start
    if keeping.before:
        edits.append(Edit(Span(start, start), keeping.before))
    for argument, text in keeping.replaced:
        places = [index for index, word in enumerate(node.arguments) if word.literal == argument]
        if not places:
            return f"{argument} does not stand in it as a word of its own"
        for place in places:
            span = script.span(node.arguments[place].span)
            edits.append(Edit(span, text) if text else _without_word(script, node, place))
    if keeping.options:
        name = next((word for word in (node.name, *node.arguments) if word and _names(word.literal, part)), None)
        if name is None:
            return "the name of its command does not stand in it as a word of its own"
        end = script.span(name.span).end
        edits.append(Edit(Span(end, end), "".join(f" {option}" for option in keeping.options)))
    return edits


def _names(word: str | None, part: Part) -> bool:
    return part.call is not None and word in {part.call.name, part.call.path}


def archives_kept(dockerfile: Dockerfile, script: RunScript, use: CacheUse, *, there: bool) -> tuple[Edit, ...] | str:
    """Return the edits that set docker-clean aside before the first download, and put it back behind the last one.

    Args:
        dockerfile: Whose text the script stands in.
        script: The RUN's.
        use: Its parts.
        there: Whether the file is known to be there; else the RUN looks.
    """
    if not steady(script):
        return "a command of it may fail without failing the RUN, and docker-clean would hide that"
    parts = [script.parts[index] for index in use.owners]
    apt = [part for part in parts if any(work.kind.startswith("apt.") for work in part.effects.work)]
    first, last = script.span(apt[0].node.span), script.span(apt[-1].node.span)
    joiner = _joiner(dockerfile, script)
    aside, back = _move(DOCKER_CLEAN, _ASIDE, there=there), _move(_ASIDE, DOCKER_CLEAN, there=there)
    return (
        Edit(Span(first.start, first.start), f"{aside}{joiner}"),
        Edit(Span(last.end, last.end), f"{joiner}{back}"),
    )


def _move(source: str, target: str, *, there: bool) -> str:
    directory = target.rpartition("/")[0]
    return f"mv {source} {directory}/" if there else f"{{ [ ! -e {source} ] || mv {source} {directory}/; }}"


def _joiner(dockerfile: Dockerfile, script: RunScript) -> str:
    """Return what joins two parts of the script, with its line break where it has one."""
    wanted = "&&" if script.chained else ";"
    return next(
        (text for joiner, text in _between(dockerfile, script) if joiner == wanted and "#" not in text), f" {wanted} "
    )


def _between(dockerfile: Dockerfile, script: RunScript) -> Iterator[tuple[str, str]]:
    for one, other in pairwise(script.parts):
        start, end = script.span(one.node.span).end, script.span(other.node.span).start
        yield other.joiner, dockerfile.text[start:end]
