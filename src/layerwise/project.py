"""A repository as layerwise sees it: what is built, how the team builds it, and what its history changes.

This is where the outside is read (files, git, the machine's cores) and turned into one ``Analysis``; everything
below it is a pure function of that.
"""

import os
import pathlib
import platform as machine_platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from layerwise.analysis import Analysis, Facts
from layerwise.config import Config, find_config
from layerwise.errors import UsageError
from layerwise.graph.context import Context, read_context
from layerwise.graph.elsewhere import Elsewhere, beside
from layerwise.graph.lower import lower
from layerwise.graph.platforms import normalised
from layerwise.graph.request import Request
from layerwise.graph.state import origin
from layerwise.graph.vertex import Kind
from layerwise.invocation.invocation import Invocation, is_remote, pattern, unresolved
from layerwise.invocation.search import Found, Usage, best, search, usage
from layerwise.model.arguments import ArgumentChange, argument_change
from layerwise.model.change import Change
from layerwise.model.commits import History, read_blobs, read_commits
from layerwise.model.estimate import Estimator
from layerwise.model.priors import priors
from layerwise.model.profile import Profile
from layerwise.model.replay import changes_of, typical_changes, versions_wanted
from layerwise.model.scenarios import manifest_files, scenarios, source_file
from layerwise.model.timeline import Machine
from layerwise.syntax.parser import read
from layerwise.syntax.tree import Dockerfile, Pairs

_NOTED = 0.02  # share of commits from which an argument's changes are worth a line
_PLATFORM = re.compile(
    r"[a-z0-9_-]+/[a-z0-9_-]+(/[a-z0-9._-]+)?|386|i386|amd64|x86[_-]64|arm|armhf|armel|arm64|aarch64|loong64|mips64(le)?"
    r"|ppc64(le)?|riscv64|s390x"
)
_DOCKERFILE = re.compile(
    r"(?:Dockerfile|Containerfile)(?:[._-].*)?(?<!\.dockerignore)|.*\.(?:Dockerfile|dockerfile|Containerfile)"
)
_OFTEN = 0.5  # from which an argument that no build is seen to pass is taken to be passed


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asked for; None and empty where he left it to the project's own files.

    Attributes:
        path: The build context, as for ``docker buildx build``.
        file: The Dockerfile.
        target: A stage.
        platforms: ``os/arch``.
        build_args: Name to value.
        contexts: Named contexts: name to directory or image reference.
        commits: How many commits to replay.
    """

    path: str | None = None
    file: str | None = None
    target: str | None = None
    platforms: tuple[str, ...] = ()
    build_args: Mapping[str, str | None] = field(default_factory=dict)
    contexts: Mapping[str, str] = field(default_factory=dict)
    commits: int | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """A repository that was looked at.

    Attributes:
        root: The repository's root, the build context where there is no repository.
        dockerfile_path: The Dockerfile, as the user would name it.
        context_path: The build context, as the user would name it.
        config: layerwise.toml.
        usage: How the team builds this Dockerfile.
        chosen: The one build whose target, platforms and arguments were taken, None where there is none.
        history: The replayed commits, with paths from the root.
        analysis: Everything that rules and passes read.
    """

    root: pathlib.Path
    dockerfile_path: str
    context_path: str
    config: Config
    found: Found = field(repr=False)
    usage: Usage = field(repr=False)
    chosen: Invocation | None
    history: History = field(repr=False)
    analysis: Analysis = field(repr=False)

    def title(self) -> str:
        """Return what is looked at, on one line."""
        request = self.analysis.facts.request
        target = f", target {request.target}" if request.target else ""
        return f"{self.dockerfile_path} for {', '.join(request.platforms)}{target}"

    def notes(self) -> tuple[str, ...]:
        """Return where the facts come from, a line each, for the user to check."""
        files = self.analysis.facts.request.context.files()
        notes = [f"context {self.context_path}: {sum(1 for _ in files)} files"]
        if self.chosen:
            notes.append(f"built as {self.chosen.source} does")
        notes += [f"{line}: no edit that BuildKit alone understands" for line in self.usage.other_builders]
        notes.append(self._history_note())
        notes += self._profile_note()
        notes += [_argument_note(change) for change in self.analysis.facts.arguments if change.per_commit >= _NOTED]
        notes += [f"not read: {note}" for note in self.found.notes]
        notes += _missing(self.analysis)
        notes += [
            f"line {instruction.line}: {instruction.keyword} has something that layerwise does not know; it stays put"
            for instruction in self.analysis.dockerfile.instructions()
            if instruction.opaque
        ]
        return tuple(notes)

    def measured(self, profile: Profile) -> "Project":
        """Return the project with its builds priced by what recorded builds measured."""
        facts = self.analysis.facts
        facts = replace(facts, estimator=facts.estimator.measured(profile))
        return replace(self, analysis=replace(self.analysis, facts=facts))

    def relative(self, path: str) -> str:
        """Return a path as seen from the root, where layerwise.toml lies."""
        return _relative(pathlib.Path(path), self.root)

    def _history_note(self) -> str:
        if self.history.why:
            return f"no history ({self.history.why}): a typical mix of commits instead"
        if not self.history.commits:
            return "no history: a typical mix of commits instead"
        shallow = ", a shallow clone" if self.history.shallow else ""
        count = len(self.history.commits)
        last = "last commit" if count == 1 else f"last {count} commits"
        return f"replaying the {last} of {self.history.branch}{shallow}"

    def _profile_note(self) -> tuple[str, ...]:
        builds = self.analysis.facts.estimator.profile.builds
        counted = "1 recorded build" if builds == 1 else f"{builds} recorded builds"
        return (f"figures from {counted}, priors for what they do not say",) if builds else ()


def open_project(wanted: Wanted) -> Project:
    """Read everything that an analysis needs.

    Raises:
        UsageError: The context or the Dockerfile is not there.
        DockerfileError: BuildKit would refuse the Dockerfile, or the target does not exist.
        ConfigError: layerwise.toml says something it may not.
    """
    start = pathlib.Path(wanted.path or ".")
    if not start.is_dir():
        raise UsageError(f"{start}: no such directory; PATH is the build context, -f names the Dockerfile")
    root = _root(start)
    config = find_config(start)
    found = search(root)
    dockerfile_path, context_path = _places(wanted, config, start, root, found)
    dockerfile = read(dockerfile_path)
    name = _relative(dockerfile_path, root)
    used = usage(found.invocations, name)
    chosen = best(found.invocations, name)
    context = read_context(context_path, os.path.relpath(dockerfile_path, context_path))
    history = read_commits(root, limit=wanted.commits or config.commits)
    arguments = _argument_changes(dockerfile, used, history)
    request = _request(wanted, config, chosen, used, context, arguments)
    analysis = _analysis(dockerfile, request, arguments, used, history, root, name, _relative(context_path, root))
    facts = replace(analysis.facts, elsewhere=_elsewhere(found, root, name, _relative(context_path, root), request))
    analysis = replace(analysis, facts=facts)
    return Project(root, str(dockerfile_path), str(context_path), config, found, used, chosen, history, analysis)


def _root(start: pathlib.Path) -> pathlib.Path:
    """Return the nearest directory upwards that holds ``.git``, else ``start``."""
    resolved = start.resolve()
    for directory in (resolved, *resolved.parents):
        if (directory / ".git").exists():
            return directory
    return resolved


def _places(
    wanted: Wanted, config: Config, start: pathlib.Path, root: pathlib.Path, found: Found
) -> tuple[pathlib.Path, pathlib.Path]:
    """Return the Dockerfile and the build context: as the user says, else layerwise.toml, else the team's own files."""
    named = wanted.file or config.dockerfile
    context = start if wanted.path or not config.context else start / config.context
    if not context.is_dir():
        raise UsageError(f"{context}: no such directory; {config.source} names it as the build context")
    if named:
        dockerfile = pathlib.Path(named)
        if not wanted.file:
            dockerfile = start / named
        if not dockerfile.is_file():
            why = "-f is relative to the current directory" if wanted.file else f"{config.source} names it"
            raise UsageError(f"{dockerfile}: no such Dockerfile; {why}")
        if not wanted.path and (build := best(found.invocations, _relative(dockerfile, root))):
            return dockerfile, _context_of(build, root, start) or context
        return dockerfile, context
    for name in ("Dockerfile", "Containerfile"):
        if (context / name).is_file():
            return context / name, context
    built = dict.fromkeys(build.dockerfile for build in found.invocations if (root / build.dockerfile).is_file())
    if len(built) == 1 and (build := best(found.invocations, next(iter(built)))):
        directory = _context_of(build, root, start)
        if directory:
            return _shown(root / build.dockerfile), directory
    files = (path for path in root.rglob("*ockerfile*") if path.is_file() and ".git" not in path.parts)
    there = sorted(str(_shown(path)) for path in files)
    hint = f"; there is {', '.join(there[:5])}: name one with -f" if there else ""
    raise UsageError(f"{context}: no Dockerfile here{hint}")


def _context_of(build: Invocation, root: pathlib.Path, start: pathlib.Path) -> pathlib.Path | None:
    """Return a build's context where it is a directory of this repository."""
    if is_remote(build.context) or unresolved(build.context):
        return None
    directory = root / build.context
    if not directory.is_dir():
        return None
    return start if directory.resolve() == start.resolve() else _shown(directory)


def _shown(path: pathlib.Path) -> pathlib.Path:
    """Return a path as seen from the current directory."""
    return pathlib.Path(os.path.relpath(path))


def _relative(path: pathlib.Path, root: pathlib.Path) -> str:
    return pathlib.Path(os.path.relpath(path.resolve(), root)).as_posix()


def _argument_changes(dockerfile: Dockerfile, used: Usage, history: History) -> tuple[ArgumentChange, ...]:
    """Return how often each declared argument changes, each name once."""
    declared = {
        pair.name: pair.value
        for instruction in dockerfile.instructions()
        if isinstance(instruction, Pairs) and instruction.keyword == "ARG"
        for pair in instruction.pairs
    }
    return tuple(argument_change(name, default, used.invocations, history) for name, default in declared.items())


def _request(
    wanted: Wanted,
    config: Config,
    chosen: Invocation | None,
    used: Usage,
    context: Context,
    arguments: tuple[ArgumentChange, ...],
) -> Request:
    passed: dict[str, str | None] = {}
    if chosen is None:
        passed.update((argument.name, None) for argument in arguments if argument.per_commit >= _OFTEN)
    for argument in chosen.build_args if chosen else ():
        passed[argument.name] = None if argument.value is None or unresolved(argument.value) else argument.value
    target = chosen.target if chosen and not unresolved(chosen.target or "") else None
    platforms = (chosen.platforms if chosen else ()) or used.platforms
    native = _native_platform()
    return Request(
        context=context,
        target=wanted.target or config.target or target,
        platforms=_platforms(wanted.platforms or config.platforms or platforms, native),
        build_platform=native,
        build_args=passed | dict(config.build_args) | dict(wanted.build_args),
        contexts={name: _named_context(value) for name, value in wanted.contexts.items()},
    )


def _named_context(value: str) -> Context | str:
    directory = pathlib.Path(value)
    return read_context(directory) if directory.is_dir() else value.removeprefix("docker-image://")


def _platforms(names: tuple[str, ...], native: str) -> tuple[str, ...]:
    """Return platforms as BuildKit takes them, each once: ``arm64`` is ``linux/arm64``, ``local`` this machine's.

    Raises:
        UsageError: A name that is none.
    """
    for name in names:
        if name != "local" and not _PLATFORM.fullmatch(name.lower()):
            raise UsageError(f"{name!r} is no platform; write os/arch, such as linux/arm64")
    return tuple(dict.fromkeys(native if name == "local" else normalised(name) for name in names)) or (native,)


def _native_platform() -> str:
    names = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64"}
    return f"linux/{names.get(machine_platform.machine(), machine_platform.machine())}"


def _analysis(
    dockerfile: Dockerfile,
    request: Request,
    arguments: tuple[ArgumentChange, ...],
    used: Usage,
    history: History,
    root: pathlib.Path,
    name: str,
    context: str,
) -> Analysis:
    graphs = tuple(lower(dockerfile, request, platform) for platform in request.platforms)
    always = frozenset(argument.name for argument in arguments if argument.per_commit >= 1)
    commits: tuple[Change, ...] = ()
    if history.commits:
        versions = read_blobs(root, versions_wanted(history, name))
        commits = changes_of(
            history, context, dockerfile, name, versions, always, has_git=request.context.kind(".git") is not None
        )
    named = scenarios(graphs, commits, always)
    if not commits:
        steps = graphs[0].steps
        first_run = next((step for step in steps if step.kind is Kind.RUN and step.instruction), None)
        source = source_file(steps, ())
        commits = typical_changes(
            priors().commits,
            frozenset({source} if source else ()),
            manifest_files(steps),
            origin(first_run.instruction) if first_run and first_run.instruction else "",
            always,
        )
    estimator = Estimator(
        priors(),
        Machine(os.cpu_count() or 1, priors().rates, priors().fixed_s),
        request.build_platform,
        {argument.name: argument.per_commit for argument in arguments if 0 < argument.per_commit < 1},
    )
    facts = Facts(request, estimator, commits, named, arguments, used.targets_built, used.other_builders)
    return Analysis(dockerfile, graphs, facts)


def _elsewhere(found: Found, root: pathlib.Path, own: str, directory: str, request: Request) -> Elsewhere:
    """Return what the other Dockerfiles of a context take: those that somebody builds, and those that lie about."""
    builds = [one for one in found.invocations if _is_on(one, directory)]
    places = (root / directory, (root / own).parent)
    names = {one.name for place in places for one in place.iterdir() if _DOCKERFILE.fullmatch(one.name)}
    lying = {_relative(place / name, root) for place in places for name in names if (place / name).is_file()}
    below = (path for path in request.context.files() if _DOCKERFILE.fullmatch(path.rpartition("/")[2]))
    lying |= {pathlib.PurePosixPath(directory, path).as_posix() for path in below}
    untold = [one for one in builds if unresolved(one.dockerfile) or one.dockerfile == "-"]
    named = {one.dockerfile for one in builds if one not in untold}
    unknown = (f"{one.source} builds a Dockerfile that only a run can tell" for one in untold)
    return beside(lying | named, lambda name: _text(root / name), own, request, unknown)


def _is_on(build: Invocation, directory: str) -> bool:
    """Whether a build may have a directory of the repository as its context; an address is taken for the repository."""
    if is_remote(build.context):
        return directory == "."
    return pattern(build.context).fullmatch(directory) is not None


def _text(path: pathlib.Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return None


def _missing(analysis: Analysis) -> Iterator[str]:
    """Yield what COPY lines take that the context does not hold: the build fails, or makes it first."""
    named = {
        (step.line, path) for graph in analysis.graphs for step in graph for each in step.files for path in each.missing
    }
    for line, path in sorted(named):
        yield f"line {line} copies {path}, which the context does not hold"


def _argument_note(change: ArgumentChange) -> str:
    often = "on every build" if change.per_commit >= 1 else f"on {change.per_commit:.0%} of builds"
    evidence = f": {change.evidence[0]}" if change.evidence else ""
    return f"{change.name} changes {often}{evidence}"
