"""Named changes: what a team means by "the code changed" or "pip was updated"."""

from collections import Counter
from collections.abc import Sequence

from layerwise.graph.state import origin
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.model.change import COLD, Change

_SYSTEM = frozenset({"apt"})
_LANGUAGES = ("pip", "conda", "npm")


def scenarios(graphs: Sequence[Graph], commits: Sequence[Change], arguments: frozenset[str]) -> tuple[Change, ...]:
    """Return the scenarios that mean something for this build, each with what it changes.

    ``commits`` (newest first) say which source file changes most; ``arguments`` are those that differ on every build.
    """
    steps = [step for step in graphs[0] if step.kind is not Kind.FROM]
    code = source_file(steps, commits)
    found = [
        COLD,
        Change("unchanged", subject="the same inputs again"),
    ]
    if code is not None:
        found.append(Change("code", files=frozenset({code}), subject=f"{code} changed"))
    if arguments:
        found.append(Change("args", arguments=arguments, subject=f"new {', '.join(sorted(arguments))}"))
    if code is not None and arguments:
        both = f"{code} and {', '.join(sorted(arguments))}"
        found.append(Change("code+args", frozenset({code}), arguments, subject=both))
    found += _dependencies(steps)
    runs = [step for step in steps if step.kind is Kind.RUN and step.instruction]
    if runs:
        middle = runs[len(runs) // 2]
        assert middle.instruction
        changed = frozenset({origin(middle.instruction)})
        found.append(Change("dockerfile", instructions=changed, subject=f"line {middle.line} changed"))
    found.append(Change("base", bases=True, subject="the base images moved"))
    return tuple(found)


def source_file(steps: Sequence[Step], commits: Sequence[Change]) -> str | None:
    """Return the copied file, no manifest, that most commits touched; without commits the first one of a directory."""
    taken = {path for step in steps for selection in step.files for path in selection.placed}
    candidates = {path for path in taken - manifest_files(steps) if not path.startswith(".git/")}
    touched = Counter(path for change in commits for path in change.files if path in candidates)
    if touched:
        return min(touched, key=lambda path: (-touched[path], path))
    return min(candidates, key=lambda path: (path.count("/") == 0, path), default=None)


def manifest_files(steps: Sequence[Step]) -> frozenset[str]:
    """Return the context's files that select what some step installs."""
    found: set[str] = set()
    for step in steps:
        for path in step.effects.manifests:
            found.update(source for copied in step.sees.copies() if (source := copied.source_of(path)) is not None)
    return frozenset(found)


def _dependencies(steps: Sequence[Step]) -> list[Change]:
    found = []
    for name in (*sorted(_SYSTEM), *_LANGUAGES):
        users = [step for step in steps if any(work.kind.startswith(f"{name}.") for work in step.effects.work)]
        files = manifest_files(users)
        if not users:
            continue
        mine = frozenset(path for path in files if _belongs(path, name)) or files
        if name not in _SYSTEM and mine:
            found.append(Change(f"deps:{name}", files=mine, subject=f"{', '.join(sorted(mine))} changed"))
            continue
        last = next(step for step in reversed(users) if step.instruction)
        assert last.instruction
        changed = frozenset({origin(last.instruction)})
        found.append(Change(f"deps:{name}", instructions=changed, subject=f"line {last.line} changed"))
    return found


def _belongs(path: str, ecosystem: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    if ecosystem == "npm":
        return name.endswith(".json") or name == ".npmrc"
    if ecosystem == "conda":
        return name.endswith((".yml", ".yaml"))
    return name.endswith((".txt", ".in", ".toml", ".cfg"))
