"""Plans one Dockerfile as ``layerwise optimize`` does, in a process of its own with a time limit."""

import multiprocessing
import os
import resource
import time
import traceback
from dataclasses import asdict, dataclass
from enum import StrEnum
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from layerwise import catalogue
from layerwise.cli.optimize import options_of
from layerwise.errors import LayerwiseError
from layerwise.invocation.search import best, search
from layerwise.passes import PASSES
from layerwise.plan import Chosen, Plan, plan
from layerwise.project import Project, Wanted, open_project
from layerwise.rewrite import write

ORDER = ("late-args", "manifest-first")
"""The passes that only put a Dockerfile's own lines in another order."""

_MOST_BYTES = 6 << 30  # of address space
_FORK = multiprocessing.get_context("fork")


class Outcome(StrEnum):
    """How planning a Dockerfile ended."""

    PLANNED = "planned"
    REFUSED = "refused"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"

    @property
    def defect(self) -> bool:
        """Whether it ought not to happen, whatever the Dockerfile says."""
        return self in (Outcome.CRASHED, Outcome.TIMED_OUT)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """An edit that was kept or offered, or a refusal: then ``why`` says the cause."""

    pass_name: str
    line: int
    safety: str = ""
    saves_s: float = 0.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """What planning one Dockerfile gave.

    Attributes:
        dockerfile: Relative to the repository's root.
        outcome: How it ended.
        message: The error or the traceback.
        open_s: Wall seconds of reading files and history.
        plan_s: Wall seconds of planning.
        cpu_s: Processor seconds of both, git's included: comparable where the machine was busy.
        commits: How many commits were replayed; 0 where a typical mix was.
        before_s: Expected seconds a build as the file stands.
        after_s: Expected seconds a build after the plan.
        ordered_s: Expected seconds a build after only the passes of ``ORDER``; None where they were not run apart.
        basis: What stands behind the seconds.
        kept: The edits of the plan.
        offered: The edits that have to be asked for.
        refused: What was looked at and not proposed, or saves too little.
        again: The passes that find something to apply in the rewritten file.
    """

    dockerfile: str
    outcome: Outcome
    message: str = ""
    open_s: float = 0.0
    plan_s: float = 0.0
    cpu_s: float = 0.0
    commits: int = 0
    before_s: float = 0.0
    after_s: float = 0.0
    ordered_s: float | None = None
    basis: str = ""
    kept: tuple[Rewrite, ...] = ()
    offered: tuple[Rewrite, ...] = ()
    refused: tuple[Rewrite, ...] = ()
    again: tuple[str, ...] = ()

    @property
    def reduction(self) -> float:
        """The share of the expected seconds that the plan saves."""
        return 1 - self.after_s / self.before_s if self.before_s else 0.0

    @property
    def order_reduction(self) -> float:
        """The share that order alone saves; 0 where it was not planned apart."""
        return 1 - self.ordered_s / self.before_s if self.before_s and self.ordered_s is not None else 0.0

    def document(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return asdict(self) | {"reduction": self.reduction, "order_reduction": self.order_reduction}


def measure(root: Path, dockerfile: str, commits: int, limit_s: float, *, main: bool) -> Measured:
    """Plan one Dockerfile; the main one of a repository also with the passes of ``ORDER`` alone."""
    receiver, sender = _FORK.Pipe(duplex=False)
    process = _FORK.Process(target=_work, args=(sender, root, dockerfile, commits, main))
    process.start()
    sender.close()
    try:
        if not receiver.poll(limit_s):
            return Measured(dockerfile, Outcome.TIMED_OUT, f"more than {limit_s:g} s")
        found: Measured = receiver.recv()
    except EOFError:
        return Measured(dockerfile, Outcome.CRASHED, "the process ended without a result")
    else:
        return found
    finally:
        process.kill()
        process.join()
        receiver.close()


def _work(sender: Connection, root: Path, dockerfile: str, commits: int, main: bool) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    try:
        os.chdir(root)
        found = _measured(dockerfile, commits, main)
    except LayerwiseError as error:
        found = Measured(dockerfile, Outcome.REFUSED, str(error))
    except Exception:  # noqa: BLE001 - any other error is the defect that this looks for
        found = Measured(dockerfile, Outcome.CRASHED, traceback.format_exc())
    sender.send(found)


def _measured(dockerfile: str, commits: int, main: bool) -> Measured:
    wanted = _wanted(dockerfile, commits)
    start, cpu = time.perf_counter(), _cpu_s()
    project = open_project(wanted)
    opened = time.perf_counter()
    made = plan(project.analysis, options_of(project.config))
    planned, cpu = time.perf_counter(), _cpu_s() - cpu
    return Measured(
        dockerfile=dockerfile,
        outcome=Outcome.PLANNED,
        open_s=opened - start,
        plan_s=planned - opened,
        cpu_s=cpu,
        commits=len(project.history.commits),
        before_s=made.before.expected_s(),
        after_s=made.after.expected_s(),
        ordered_s=_ordered_s(project, made) if main else None,
        basis=made.basis().value,
        kept=tuple(map(_rewrite, made.kept)),
        offered=tuple(map(_rewrite, made.offered)),
        refused=tuple(Rewrite(one.pass_name, one.line, why=one.why) for one in made.refused),
        again=_again(made, project, wanted) if made.changed else (),
    )


def _wanted(dockerfile: str, commits: int) -> Wanted:
    """Ask as a user would: the team's own build context, else the one that holds more of what the file copies."""
    here = Wanted(file=dockerfile, commits=commits)
    directory = os.path.dirname(dockerfile)  # noqa: PTH120 - "" for a file at the root
    if not directory or best(search(Path()).invocations, dockerfile):
        return here
    beside = Wanted(path=directory, file=dockerfile, commits=1)
    lacks = [_lacks(open_project(one)) for one in (beside, Wanted(path=".", file=dockerfile, commits=1))]
    return here if lacks[0] > lacks[1] else Wanted(path=directory, file=dockerfile, commits=commits)


def _lacks(project: Project) -> int:
    return sum(len(each.missing) for graph in project.analysis.graphs for step in graph for each in step.files)


def _ordered_s(project: Project, made: Plan) -> float:
    names = [name for name in catalogue.by_name(*PASSES) if name in ORDER]
    if all(chosen.pass_name in names for chosen in made.kept):
        return made.after.expected_s()
    return plan(project.analysis, options_of(project.config, tuple(names))).after.expected_s()


def _again(made: Plan, project: Project, wanted: Wanted) -> tuple[str, ...]:
    """Return what a second run on the written file would still apply."""
    path = Path(project.dockerfile_path)
    original = path.read_bytes()
    write(path, made.after.dockerfile.text, force=True)
    try:
        second = open_project(wanted)
        return tuple(chosen.pass_name for chosen in plan(second.analysis, options_of(second.config)).kept)
    finally:
        path.write_bytes(original)


def _rewrite(chosen: Chosen) -> Rewrite:
    proposal = chosen.proposal
    return Rewrite(chosen.pass_name, chosen.line, proposal.safety.value, chosen.saves_s, proposal.why)


def _cpu_s() -> float:
    return sum(os.times()[:4])
