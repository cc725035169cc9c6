"""Whether two RUNs, one directly below the other, can be one, and what the lower removes of what the upper left."""

from collections.abc import Iterator

from layerwise.ecosystems import Part, calls_of
from layerwise.ecosystems.effects import SYSTEM, Path
from layerwise.graph.passage import brief
from layerwise.graph.run_script import OF_SHELL, RunScript
from layerwise.graph.vertex import Step
from layerwise.syntax.shell_tree import Chain, Command, Pipeline


def why_apart(upper: RunScript, lower: RunScript) -> str:
    """Say why two RUNs can't be one; "" where they can, each in a subshell where it leaves something in its shell."""
    if [(one.name, one.value) for one in upper.run.flags] != [(one.name, one.value) for one in lower.run.flags]:
        return "their flags differ"
    for script in (upper, lower):
        if script.run.heredocs:
            return f"{brief(script.run)} is a here-document"
        for part in script.parts:
            shown = f"`{script.text(part.node.span)}`"
            if part.joiner == "&":
                return f"{shown} starts beside a job in the background"
            if part.effects.opaque:
                return f"{shown} may leave something running: {part.effects.opaque}"
            if any(call.name == "exec" for call in calls_of(part)) or "exec " in script.text(part.node.span):
                return f"{shown} takes the shell's place"
    if not upper.chained:
        return f"{brief(upper.run)} is not joined by `&&` alone, and `set -e` would not hold in front of one"
    return ""


def keeps_nothing(script: RunScript) -> bool:
    """Whether a script leaves nothing in its shell for what comes behind it, and is joined by ``&&`` alone."""
    return script.chained and all(_plain(part) for part in script.parts)


def _plain(part: Part) -> bool:
    if isinstance(part.node, Chain):
        return False
    calls = calls_of(part)
    named = not isinstance(part.node, Command) or part.node.name is not None
    return isinstance(part.node, Command | Pipeline) and bool(calls) and named and calls[0].name not in OF_SHELL


def removed_of(upper: Step, lower: Step) -> tuple[str, ...]:
    """Return what the lower of two RUNs removes of what the upper one brought: paths, and names of packages."""
    return tuple(dict.fromkeys((*_paths(upper, lower), *_packages(upper, lower))))


def _paths(upper: Step, lower: Step) -> Iterator[str]:
    brought = [path for path in upper.effects.writes if path not in SYSTEM]
    brought += [Path(cache.path, tree=True) for cache in upper.effects.caches]
    for path in sorted(lower.effects.removes):
        if any(path.overlaps(one) for one in brought):
            yield path.path


def _packages(upper: Step, lower: Step) -> Iterator[str]:
    installed = {name for work in upper.effects.work if work.kind.endswith(".install") for name in work.names}
    for work in lower.effects.work:
        if work.kind.endswith(".remove"):
            yield from (name for name in work.names if name in installed)
