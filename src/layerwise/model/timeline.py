"""When each row of a build runs: steps side by side as BuildKit would, and the overheads around them.

The builder starts every step whose inputs are there. Steps that run at once share the node's cores: with more of
them than cores each gets its share (processor sharing), so parallelism is never free on a small node.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from layerwise.graph.transfer import Transfer
from layerwise.graph.vertex import Graph, Kind
from layerwise.model.cost import Cost
from layerwise.model.overheads import AFTER_STEPS
from layerwise.model.priors import Rates, priors


@dataclass(frozen=True, slots=True)
class Row:
    """One bar of the timeline.

    Attributes:
        kind: ``fixed`` (what a build does even if nothing runs), ``context``, ``step``, or one of
            ``overheads.AFTER_STEPS``.
        platform: The platform it is for; "" for what is done once for all.
        step: The step's id, "" for an overhead.
        start_s: Seconds since the build began.
        end_s: Seconds since the build began.
        critical: Whether the build would end sooner if this row were shorter.
    """

    kind: str
    platform: str
    step: str
    start_s: float
    end_s: float
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """The rows of one build, by start, and how long the whole takes in seconds."""

    rows: tuple[Row, ...]
    wall_s: float


@dataclass(slots=True)
class _Task:
    kind: str
    platform: str
    step: str
    seconds: float
    needs: tuple[int, ...]
    start: float = -1.0
    end: float = -1.0
    left: float = 0.0


@dataclass(frozen=True, slots=True)
class Machine:
    """What the builder runs on, and what a build does around the steps.

    Attributes:
        cores: Of the node.
        rates: Of the overheads.
        fixed_s: Seconds of a build in which nothing runs.
        overheads: Which of ``overheads.AFTER_STEPS`` a build does; without records an export and a push.
    """

    cores: int
    rates: Rates
    fixed_s: float = field(default_factory=lambda: priors().fixed_s)
    overheads: frozenset[str] = frozenset({"export", "push"})


_NO_CONTEXT = Transfer()
_ROUNDING = 1e-9  # seconds that may be left of a task that is done
_IN_FIXED = 1_000  # files of a context whose share is in the seconds that a build takes anyway


def timeline(
    graphs: Sequence[Graph],
    running: Mapping[str, frozenset[str]],
    costs: Mapping[str, Cost],
    machine: Machine,
    *,
    cold: bool = False,
    context: Transfer = _NO_CONTEXT,
) -> Timeline:
    """Return the timeline of a build in which, per platform, the steps ``running`` run.

    Args:
        graphs: One a platform.
        running: Ids of the steps that run, by platform.
        costs: By step digest, so that a step which two platforms share is done and paid once.
        machine: Cores, rates, and what a build does around the steps.
        cold: Whether cache mounts are empty too.
        context: What the client does before anything runs.
    """
    tasks = _timed(graphs, running, costs, machine, cold=cold, context=context)
    critical = _critical(tasks)
    rows = sorted(
        (Row(t.kind, t.platform, t.step, t.start, t.end, i in critical) for i, t in enumerate(tasks)),
        key=lambda row: (row.start_s, row.end_s, row.platform, row.step),
    )
    return Timeline(tuple(rows), max((task.end for task in tasks), default=0.0))


def wall_s(
    graphs: Sequence[Graph],
    running: Mapping[str, frozenset[str]],
    costs: Mapping[str, Cost],
    machine: Machine,
    *,
    cold: bool = False,
    context: Transfer = _NO_CONTEXT,
) -> float:
    """Return how long the build of a ``timeline`` takes, in seconds, and nothing else of it."""
    tasks = _timed(graphs, running, costs, machine, cold=cold, context=context)
    return max((task.end for task in tasks), default=0.0)


def _timed(
    graphs: Sequence[Graph],
    running: Mapping[str, frozenset[str]],
    costs: Mapping[str, Cost],
    machine: Machine,
    *,
    cold: bool,
    context: Transfer,
) -> list[_Task]:
    seconds = {digest: cost.cold_s if cold else cost.seconds for digest, cost in costs.items()}
    tasks = _tasks(graphs, running, costs, seconds, machine, context)
    _run(tasks, machine.cores)
    return tasks


def _tasks(
    graphs: Sequence[Graph],
    running: Mapping[str, frozenset[str]],
    costs: Mapping[str, Cost],
    seconds: Mapping[str, float],
    machine: Machine,
    context: Transfer,
) -> list[_Task]:
    tasks = [
        _Task("fixed", "", "", machine.fixed_s, ()),
        _Task("context", "", "", _context_s(graphs, running, context, machine.rates), _FIXED),
    ]
    made: dict[str, int] = {}
    for graph in graphs:
        mine: dict[str, int] = {}
        for step in graph:
            if step.id not in running[graph.platform]:
                continue
            if step.digest not in made:
                needs = tuple(mine[edge.step] for edge in step.edges if edge.step in mine)
                needs += _CONTEXT if step.files else ()
                task = _Task("step", graph.platform, step.id, seconds[step.digest], needs or _FIXED)
                made[step.digest] = len(tasks)
                tasks.append(task)
            mine[step.id] = made[step.digest]
        _export(tasks, graph, mine, costs, machine)
    return tasks


_FIXED, _CONTEXT = (0,), (1,)


def _export(
    tasks: list[_Task], graph: Graph, mine: Mapping[str, int], costs: Mapping[str, Cost], machine: Machine
) -> None:
    """Add what is done to new layers, one after the other: only they are compressed, unpacked and sent.

    A cache export is taken for one of ``mode=max``: it has the layers of the stages that the image leaves out too.
    """
    exported = sum(costs[step.digest].size for step in graph.layers() if step.id in mine)
    cached = sum(costs[step.digest].size for step in graph if step.id in mine)
    rates = machine.rates
    seconds = {
        "export": exported / rates.compress,
        "unpack": exported / rates.unpack,
        "push": exported / rates.push,
        "cache-export": cached / rates.cache_export,
    }
    needs = tuple(mine.values()) or _CONTEXT
    for kind in AFTER_STEPS:
        if kind in machine.overheads:
            tasks.append(_Task(kind, graph.platform, "", seconds[kind], needs))
            needs = (len(tasks) - 1,)


def _context_s(
    graphs: Sequence[Graph], running: Mapping[str, frozenset[str]], context: Transfer, rates: Rates
) -> float:
    """Return the seconds until the builder has the context; where every step runs, it is taken to have none of it."""
    sent = all(step.kind is Kind.FROM or step.id in running[graph.platform] for graph in graphs for step in graph)
    compared = max(0, context.compared - _IN_FIXED)
    walked = max(0, context.walked - max(0, _IN_FIXED - context.compared))
    files = walked / rates.walk_files + compared / rates.compare_files + (compared / rates.send_files if sent else 0.0)
    return files + _context_bytes(graphs, running) / rates.context


def _context_bytes(graphs: Sequence[Graph], running: Mapping[str, frozenset[str]]) -> int:
    """Return the bytes of the context that the steps which run take; an incremental transfer sends no more."""
    inputs = {
        selection.identity: selection.size
        for graph in graphs
        for step in graph
        if step.id in running[graph.platform]
        for selection in step.files
    }
    return sum(inputs.values())


def _run(tasks: list[_Task], cores: int) -> None:
    """Fill in when each task starts and ends."""
    now = 0.0
    unmet = [len(task.needs) for task in tasks]
    users: list[list[int]] = [[] for _ in tasks]
    for index, task in enumerate(tasks):
        for need in task.needs:
            users[need].append(index)
    ready = [index for index, count in enumerate(unmet) if not count]
    active: list[int] = []
    while ready or active:
        for index in ready:
            tasks[index].start, tasks[index].left = now, tasks[index].seconds
        active += ready
        ready = []
        share = min(1.0, cores / len(active))
        step = min(tasks[index].left for index in active) / share
        now += step
        for index in active:
            tasks[index].left -= step * share
        for index in active:
            if tasks[index].left <= _ROUNDING:
                tasks[index].end = now
                for user in users[index]:
                    unmet[user] -= 1
                    if not unmet[user]:
                        ready.append(user)
        active = [index for index in active if tasks[index].end < 0]


def _critical(tasks: list[_Task]) -> set[int]:
    """Return the indices of the tasks on the path that ends last: each the latest-ending need of the next."""
    if not tasks:
        return set()
    index = max(range(len(tasks)), key=lambda i: (tasks[i].end, i))
    path = {index}
    while tasks[index].needs:
        index = max(tasks[index].needs, key=lambda i: tasks[i].end)
        path.add(index)
    return path
