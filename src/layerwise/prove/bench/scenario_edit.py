"""Makes the change of a scenario in a working copy, new each time it is made."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from layerwise.analysis import Analysis
from layerwise.config.scenarios import OwnEdit
from layerwise.errors import UsageError
from layerwise.graph.context import Context, Kind
from layerwise.graph.state import origin
from layerwise.model.change import Change
from layerwise.prove.bench.edits import harmless, instruction
from layerwise.prove.bench.scenarios import CHECKOUT
from layerwise.prove.bench.stand import Stand
from layerwise.syntax.tree import Run

UMASKS = (0o002, 0o022, 0o000)
"""Of checkouts that programs of any user can read; the user's own one is skipped."""
_OTHERS = 0o022  # who may write besides the owner
_LIMIT_S = 600


@dataclass(frozen=True, slots=True)
class Mark:
    """What makes a change a new one.

    Attributes:
        nonce: Of the bench.
        number: Counts all changes of the bench.
        round: Counts the builds of this scenario from 1.
    """

    nonce: str
    number: int
    round: int

    @property
    def token(self) -> str:
        """Of letters, digits and dashes."""
        return f"{self.nonce}-{self.number}"

    @property
    def argument(self) -> str:
        """The value of a build argument: as a commit's id looks."""
        return f"{self.token.encode().hex():0>40}"[-40:]


def refusal(change: Change, analysis: Analysis, own: OwnEdit | None) -> str:
    """Return why a change can't be made in a file and its context, "" where it can."""
    if own is not None:
        return ""
    if change.files and not change.instructions and change.name != CHECKOUT:
        context = analysis.facts.request.context
        if not any(_editable(context, path) for path in change.files):
            listed = ", ".join(sorted(change.files)[:3])
            return f"nobody knows a change of {listed} that is harmless: give one as [scenarios] of layerwise.toml"
    if change.instructions and target(change, analysis) is None:
        return "it is of an instruction that is no RUN of this file"
    if change.name == CHECKOUT and not checkouts(analysis.facts.request.context):
        return "there is nothing in the context"
    return ""


@dataclass(frozen=True, slots=True)
class Made:
    """A change that was made.

    Attributes:
        context: What is to be built.
        options: Further options of ``docker buildx build``.
    """

    context: Path
    options: tuple[str, ...] = ()


def make(change: Change, stand: Stand, analysis: Analysis, mark: Mark, own: OwnEdit | None) -> Made:
    """Make a change in a stand that shows ``analysis``.

    Raises:
        UsageError: The user's own edit fails.
        OSError: A file can't be written.
    """
    if own is not None:
        _run(own, stand, mark)
        return Made(stand.working.root)
    if change.name == CHECKOUT:
        stand.working.give_modes(_umasks(stand.context)[mark.round - 1])
        return Made(stand.working.root.rename(stand.directory / f"checkout-{mark.number}"))
    if change.instructions:
        if run := target(change, analysis):
            stand.write_dockerfile(instruction.changed(analysis.dockerfile, run, mark.token))
    else:
        for path in sorted(change.files):
            _change(stand, path, mark)
    options = tuple(f"--build-arg={name}={mark.argument}" for name in sorted(change.arguments))
    return Made(stand.working.root, options)


def target(change: Change, analysis: Analysis) -> Run | None:
    """Return the RUN to change: the one that is named, else the first that came in its place; None where none did."""
    running = analysis.facts.estimator.running(analysis.graphs, replace(change, files=frozenset()))
    steps = [step for graph in analysis.graphs for step in graph if step.id in running[graph.platform]]
    runs = [(step, run) for step in steps if (run := instruction.changeable(step.instruction)) is not None]
    named = (run for _, run in runs if origin(run) in change.instructions)
    return next(named, next((run for _, run in runs), None))


def checkouts(context: Context) -> int:
    """Return how often another checkout is a new one."""
    return len(_umasks(context))


def _umasks(context: Context) -> tuple[int, ...]:
    """Return those of ``UMASKS`` under which most files of a context have not been made."""
    shared = [entry.mode & _OTHERS for entry in context.entries.values() if entry.kind is not Kind.SYMLINK]
    usual = max(set(shared), key=lambda bits: (shared.count(bits), bits), default=None)
    return () if usual is None else tuple(umask for umask in UMASKS if _OTHERS & ~umask != usual)


def _editable(context: Context, path: str) -> bool:
    followed = context.follow(path)
    content = context.read(followed.path) if followed and followed.path in context.entries else None
    return content is not None and harmless.changed(path, content, "0") is not None


def _change(stand: Stand, path: str, mark: Mark) -> None:
    followed = stand.context.follow(path)
    if followed is None or followed.path not in stand.context.entries:
        return
    content = harmless.changed(path, stand.working.read(followed.path), mark.token)
    if content is not None:
        stand.working.write(followed.path, content)


def _run(own: OwnEdit, stand: Stand, mark: Mark) -> None:
    """Run the user's edit where it can do no harm: in the copy, in files of its own.

    What it changes gets a mark besides, for the same edit twice is no change the second time.
    """
    stand.working.detach()
    before = dict(_contents(stand))
    command = ("sh", "-c", own.command) if own.command else ("git", "apply", "--whitespace=nowarn", own.patch)
    environment = {
        **os.environ,
        "LAYERWISE_ROUND": str(mark.round),
        "GIT_CEILING_DIRECTORIES": str(stand.directory),  # or git takes a repository around it for the patch's
    }
    try:
        answer = subprocess.run(
            command, cwd=stand.working.root, env=environment, check=False, capture_output=True, timeout=_LIMIT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"[scenarios.{own.scenario}]: {error}") from error
    if answer.returncode:
        said = answer.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise UsageError(
            f"[scenarios.{own.scenario}]: the edit ended with {answer.returncode} in a copy of the context: {said}"
        )
    for path, content in _contents(stand):
        marked = harmless.changed(path, content, mark.token) if before.get(path) != content else None
        if marked is not None:
            stand.working.write(path, marked)
    stand.take_dockerfile()


def _contents(stand: Stand) -> Iterator[tuple[str, bytes]]:
    """Yield the files that differ from those found at first, with their bytes."""
    for path in stand.working.changed():
        if (stand.working.root / path).is_file():
            yield path, stand.working.read(path)
