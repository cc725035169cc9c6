"""A RUN that installs what a requirements file names and does nothing else, as passes that rewrite one see it."""

from dataclasses import dataclass

from layerwise.analysis import Analysis
from layerwise.ecosystems.effects import Openness
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.pip import NAMES
from layerwise.graph.passage import brief
from layerwise.graph.run_script import RunScript
from layerwise.graph.state import ROOT, UNKNOWN_USER
from layerwise.graph.vertex import Step
from layerwise.syntax.shell_tree import Command
from layerwise.syntax.tree import Instruction, Run, Stage

_WITH_VALUE: tuple[str, ...] = ("-r", "--requirement", "-c", "--constraint")
_WITH_VALUE += ("-i", "--index-url", "--extra-index-url", "--trusted-host")
_WITH_VALUE += ("--timeout", "--default-timeout", "--retries", "--progress-bar", "--cert", "--root-user-action")
_FLAGS = frozenset(
    {"--no-cache-dir", "-q", "--quiet", "-v", "--verbose", "--no-input", "--prefer-binary", "--require-hashes"}
    | {"--disable-pip-version-check", "--no-color", "--no-deps"}
)
HAVE_PIP = frozenset(
    {"python", "pypy", "continuumio/miniconda3", "continuumio/anaconda3", "condaforge/miniforge3"}
    | {"condaforge/mambaforge"}
)
"""Repositories whose images are known to bring pip, and the tools of a Debian or Alpine."""


@dataclass(frozen=True, slots=True)
class Install:
    """An install of requirements: its RUN, the script, the command, and the stages it stands upon, the first on top."""

    run: Run
    script: RunScript
    command: Command
    options: Options
    step: Step
    stages: tuple[Stage, ...]

    @property
    def above(self) -> tuple[Instruction, ...]:
        """What stands above it, in the stages that it stands upon too, without their FROM."""
        lines = [one for stage in self.stages for one in stage.instructions if one is not stage.opening]
        return tuple(lines[: next(index for index, one in enumerate(lines) if one is self.run)])

    def strange(self) -> str:
        """Return why it is more than a plain install of files as root, "" where it is not."""
        if unknown := self.options.unknown((*_WITH_VALUE, *_FLAGS)):
            return f"`{unknown[0]}` says how or where to install"
        if len(self.options.positionals) != 1:
            return "it names packages besides its files"
        effects, scope = self.step.effects, self.step.scope
        if effects.needs_source or effects.environment.openness is Openness.OPEN:
            return effects.needs_source[0] if effects.needs_source else "what it builds may read any variable"
        if scope is None or scope.user not in (*ROOT, UNKNOWN_USER) or scope.cwd is None:
            return "it runs as another user than root, or in a directory that is not known"
        return ""

    def unknown_above(self) -> str:
        """Return what stands above it of which nobody can tell what it does to it, "" where nothing does."""
        other = next((one for one in self.above if one.opaque or one.keyword in ("SHELL", "ONBUILD")), None)
        return f"{brief(other)} stands above it" if other else ""

    def flagged(self) -> str:
        """Return which flag other than a mount its RUN has, "" where it has none."""
        return next((f"it has --{self.run.flags[0].name}" for flag in self.run.flags if flag.name != "mount"), "")


def install_of(analysis: Analysis, stage: Stage, run: Run) -> Install | None:
    """Return a RUN that installs requirements from files and does nothing else, None for any other."""
    script = analysis.script(run)
    if script is None or script.body or len(script.parts) != 1:
        return None
    (part,), steps = script.parts, analysis.steps_of(run)
    kinds = {work.kind for step in steps for work in step.effects.work}
    if part.call is None or part.call.name not in NAMES or not isinstance(part.node, Command):
        return None
    options = parse(part.call.arguments, _WITH_VALUE)
    if kinds != {"pip.install"} or not options.values("-r", "--requirement"):
        return None
    return Install(run, script, part.node, options, steps[0], _upon(analysis, stage))


def _upon(analysis: Analysis, stage: Stage) -> tuple[Stage, ...]:
    """Return a stage and those that it starts from, the first on top."""
    named = {one.opening.name: one for one in analysis.dockerfile.stages[: stage.index] if one.opening.name}
    below = named.get(stage.opening.image.lower())
    return (*(_upon(analysis, below) if below else ()), stage)
