"""Named changes: what a team means by "the code changed" or "pip was updated"."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from layerwise.ecosystems.sieve import Rewritten
from layerwise.graph.state import origin
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.model.change import COLD, Change

_DEPENDENCIES = "deps:"
_NO_PACKAGES = frozenset({"archive", "files", "python"})
_MANIFESTS = {
    "bun": r".*\.json|bun\.lockb?|bunfig\.toml|\.npmrc",
    "bundler": r"Gemfile|.*\.(gemspec|lock|rb)|\.ruby-version",
    "cargo": r"[Cc]argo\.(toml|lock)|config(\.toml)?|rust-toolchain.*",
    "conda": r".*\.(ya?ml|lock)",
    "composer": r"composer\.(json|lock)|auth\.json",
    "dotnet": r".*\.(\w+proj|slnx?|props|targets|config|json)",
    "gem": r"Gemfile|.*\.(gemspec|lock)",
    "go": r"go\.(mod|sum|work|work\.sum)",
    "gradle": r".*\.(gradle|kts|properties|toml|lockfile)|gradlew",
    "maven": r"pom\.xml|.*\.xml|mvnw|maven\.config",
    "mix": r"mix\.(exs|lock)|.*\.exs",
    "npm": r".*\.json|\.npmrc",
    "pip": r".*\.(txt|in|toml|cfg)",
    "pnpm": r".*\.(json|ya?ml)|\.npmrc|\.?pnpmfile\.c?js",
    "poetry": r"pyproject\.toml|poetry\.(lock|toml)",
    "r": r"DESCRIPTION|renv\.lock|.*\.(json|R)|\.Rprofile",
    "uv": r"pyproject\.toml|uv\.(lock|toml)|.*\.txt|\.python-version",
    "yarn": r".*\.json|yarn\.lock|\.yarnrc.*|\.npmrc",
}
"""What the manifests of an ecosystem that has some are called, to part them where one RUN installs for several."""
_LISTED = 3
_SIFTED = frozenset({"pip.install", "pip.fetch", "pip.unpack"})
_NO_SOURCE = re.compile(r"\.git/.*|(.*/)?([^/]+\.)?([Dd]ocker|[Cc]ontainer)file([._-][^/]*)?|(.*/)?\.dockerignore")


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
    """Return the copied file that most commits touched; without commits the first one of a directory.

    None of git's own, no manifest, no Dockerfile and no ignore file.
    """
    taken = {path for step in steps for selection in step.files for path in selection.placed}
    candidates = {path for path in taken - manifest_files(steps) if not _NO_SOURCE.fullmatch(path)}
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


def requirement_files(graphs: Iterable[Graph]) -> tuple[str, ...]:
    """Return the context's files that select what pip installs, of which a step may take some lines, sorted."""
    steps = [step for graph in graphs for step in graph if any(work.kind in _SIFTED for work in step.effects.work)]
    return tuple(sorted(manifest_files(steps)))


def scenario_named(name: str, known: Iterable[Change]) -> Change | None:
    """Return the scenario that a person calls ``name``, ``pip`` for ``deps:pip`` too; None where there is none."""
    wanted = name.lower()
    return next((one for one in known if one.name.lower() in (wanted, f"{_DEPENDENCIES}{wanted}")), None)


def _dependencies(steps: Sequence[Step]) -> list[Change]:
    """Return a scenario an ecosystem that installs packages, in the order in which they come."""
    kinds = (work.kind.partition(".") for step in steps for work in step.effects.work)
    names = dict.fromkeys(name for name, dot, _ in kinds if dot and name not in _NO_PACKAGES)
    return [_of_ecosystem(name, [step for step in steps if name in _ecosystems(step)]) for name in names]


def _of_ecosystem(name: str, users: Sequence[Step]) -> Change:
    """Return the change of an ecosystem's manifests; where none is a file of the context, that of its last RUN."""
    files = frozenset(path for step in users for path in _manifests_of(step, name))
    if files:
        subject, rewritten = f"{_listed(sorted(files))} changed", tuple(_longer(files, users))
        return Change(f"{_DEPENDENCIES}{name}", files=files, subject=subject, rewritten=rewritten)
    last = next(step for step in reversed(users) if step.instruction)
    assert last.instruction
    changed = frozenset({origin(last.instruction)})
    return Change(f"{_DEPENDENCIES}{name}", instructions=changed, subject=f"line {last.line} changed")


def _longer(files: Iterable[str], users: Sequence[Step]) -> Iterator[Rewritten]:
    """Yield files with a comment more at the end, which is how a bench changes them."""
    contexts = [selection.context for step in users for selection in step.sees.copies()]
    for path in sorted(files):
        text = next((text for context in contexts if (text := context.text(path)) is not None), None)
        if text is not None:
            yield Rewritten(path, text, f"{text}\n#\n")


def _ecosystems(step: Step) -> frozenset[str]:
    return frozenset(work.kind.partition(".")[0] for work in step.effects.work)


def _manifests_of(step: Step, name: str) -> frozenset[str]:
    """Return a step's manifests that are of one ecosystem: all of them where no other one it uses has any."""
    if name not in _MANIFESTS:
        return frozenset()
    files = manifest_files((step,))
    if _ecosystems(step).isdisjoint(_MANIFESTS.keys() - {name}):
        return files
    return frozenset(path for path in files if re.fullmatch(_MANIFESTS[name], path.rsplit("/", 1)[-1]))


def _listed(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _LISTED} more" if len(paths) > _LISTED else ""
    return f"{', '.join(paths[:_LISTED])}{more}"
