"""A ``go build`` that compiles for the platform asked for while it runs on the builder's."""

from collections.abc import Iterable, Iterator

from layerwise.ecosystems import Part
from layerwise.ecosystems.effects import Path
from layerwise.graph.run_script import RunScript
from layerwise.syntax.edit import Edit, insert_before
from layerwise.syntax.shell_tree import Command
from layerwise.syntax.tree import Dockerfile, Span


def builds(script: RunScript) -> tuple[Part, ...]:
    """Return the parts of a script that compile Go."""
    return tuple(part for part in script.parts if any(work.kind == "go.build" for work in part.effects.work))


def outputs(parts: Iterable[Part]) -> frozenset[Path]:
    """Return what compiling writes, caches left out."""
    return frozenset(
        path
        for part in parts
        for path in part.effects.writes
        if not any(Path(cache.path, tree=True).covers(path.path) for cache in part.effects.caches)
    )


def why_native_only(part: Part, platforms: Iterable[str]) -> str:
    """Say why a ``go build`` can't be turned to another platform by GOOS and GOARCH; "" where it can."""
    if not isinstance(part.node, Command) or part.call is None or part.call.name != "go":
        return "its `go build` is no plain command"
    if _value(part, "CGO_ENABLED") != "0":
        return "CGO_ENABLED is not 0: C code needs a cross compiler"
    if _value(part, "GOARCH") is not None:
        return "GOARCH is set already"
    if _value(part, "GOOS") not in (None, "linux"):
        return "GOOS is set to something else than linux"
    if any(len(platform.split("/")) > len(("linux", "arm64")) for platform in platforms):
        return "a platform has a variant, which GOARCH does not tell"
    return ""


def _value(part: Part, name: str) -> str | None:
    """Return what a variable is set to for a command: "" where that is something unknown, None where it is not set."""
    node = part.node
    assert isinstance(node, Command), "asked of plain commands"
    for one in node.assignments:
        if one.name == name:
            return (one.value.literal if one.value else None) or ""
    return part.scope.environment[name] or "" if name in part.scope.environment else None


def cross_edits(dockerfile: Dockerfile, script: RunScript) -> tuple[Edit, ...]:
    """Return the edits that make the builds of a RUN compile for the platform asked for, in a stage that asks not."""
    parts = builds(script)
    wanted = {"GOARCH": "TARGETARCH"}
    if any(_value(part, "GOOS") is None for part in parts):
        wanted = {"GOOS": "TARGETOS", **wanted}
    declared = insert_before(dockerfile, script.run, f"ARG {' '.join(wanted.values())}")
    return (declared, *_prefixes(script, parts, wanted))


def _prefixes(script: RunScript, parts: Iterable[Part], wanted: dict[str, str]) -> Iterator[Edit]:
    for part in parts:
        assert isinstance(part.node, Command), "why_native_only has said so"
        assert part.node.name is not None, "it is called go"
        start = script.span(part.node.name.span).start
        given = "".join(f"{name}=${argument} " for name, argument in wanted.items() if _value(part, name) is None)
        yield Edit(Span(start, start), given)
