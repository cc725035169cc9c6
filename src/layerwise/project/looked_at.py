"""A repository that was looked at: what everything else reads, and the notes by which a user checks it."""

import pathlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from layerwise.analysis import Analysis
from layerwise.config import Config
from layerwise.invocation.invocation import Invocation
from layerwise.invocation.search import Found, Usage
from layerwise.model.arguments import ArgumentChange
from layerwise.model.commits import History
from layerwise.model.profile import Profile
from layerwise.project.places import relative
from layerwise.syntax.tree import Instruction, Unknown

_NOTED = 0.02  # share of commits from which an argument's changes are worth a line
_COLD = "each of those builds is cold until it does (cache-from and cache-to)"


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
        notes += [f"{line}: {_COLD}" for line in self.usage.cold]
        notes.append(self._history_note())
        notes += self._profile_note()
        notes += [_argument_note(change) for change in self.analysis.facts.arguments if change.per_commit >= _NOTED]
        notes += [f"not read: {note}" for note in self.found.notes]
        notes += _missing(self.analysis)
        notes += [
            _opaque_note(instruction) for instruction in self.analysis.dockerfile.instructions() if instruction.opaque
        ]
        return tuple(notes)

    def measured(self, profile: Profile) -> "Project":
        """Return the project with its builds priced by what recorded builds measured."""
        facts = self.analysis.facts
        facts = replace(facts, estimator=facts.estimator.measured(profile))
        return replace(self, analysis=replace(self.analysis, facts=facts))

    def relative(self, path: str) -> str:
        """Return a path as seen from the root, where layerwise.toml lies."""
        return relative(pathlib.Path(path), self.root)

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


def _opaque_note(instruction: Instruction) -> str:
    line, keyword = instruction.line, instruction.keyword
    if isinstance(instruction, Unknown):
        known = f"{keyword} is no instruction that layerwise knows"
        return f"line {line}: {known}; it stays put, and a BuildKit that does not know it refuses the file"
    return f"line {line}: {keyword} has something that layerwise does not know; it stays put"
