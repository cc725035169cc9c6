"""Whether a COPY may move below an instruction, what must be copied before it, and what stands in the way."""

import posixpath
from collections.abc import Iterator, Sequence

from layerwise.ecosystems.effects import SYSTEM, Effects, Path
from layerwise.graph.copying import Selection
from layerwise.graph.passage import FREE, Passage, Verdict, brief, expanded_names, listed, named, stop, worst
from layerwise.graph.state import ROOT, UNKNOWN_WORKDIR
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.syntax.tree import Copy, Instruction, Pairs, Stage


def past_below(graphs: Sequence[Graph], stage: Stage, copy: Copy, escape: str) -> Iterator[tuple[Instruction, Verdict]]:
    """Yield each instruction below a COPY with the verdict on passing it, down to the first that stops it."""
    for below in stage.instructions[stage.instructions.index(copy) + 1 :]:
        verdict = copy_past(graphs, copy, below, escape)
        yield below, verdict
        if verdict.passage is Passage.STOP:
            return


def copy_past(graphs: Sequence[Graph], copy: Copy, instruction: Instruction, escape: str) -> Verdict:
    """Whether a COPY of context files may move below ``instruction``, given what must be copied before it."""
    if instruction.opaque:
        return stop(f"{brief(instruction)} has something that layerwise does not know")
    if isinstance(instruction, Pairs) and instruction.keyword != "LABEL":
        used = expanded_names(copy, escape) & {pair.name for pair in instruction.pairs}
        return stop(f"{brief(instruction)} sets {listed(used)}, which the COPY uses") if used else FREE
    pairs = [(graph.at(copy), graph.at(instruction)) for graph in graphs if graph.at(copy) is not None]
    return worst([_copy_past_step(copy, moved, passed) for moved, passed in pairs if moved and passed])


def _copy_past_step(copy: Copy, moved: Step, passed: Step) -> Verdict:
    if not moved.files:
        return stop(f"{named(moved)} takes no file of the build context")
    selection = moved.files[0]
    if passed.kind is Kind.RUN:
        return _copy_past_run(copy, selection, passed)
    written = passed.effects.writes
    if passed.kind is Kind.WORKDIR:
        return _copy_past_workdir(copy, moved, passed)
    if passed.kind in (Kind.COPY, Kind.ADD) and not any(_touches(selection, path) for path in written):
        return FREE
    return stop(f"{named(passed)} writes where the COPY does")


def _copy_past_workdir(copy: Copy, moved: Step, passed: Step) -> Verdict:
    """A WORKDIR may be passed where it makes just the directories that the COPY would have made.

    Both make directories as 0755; a COPY as root or as ``--chown`` says, a WORKDIR as the user in force. An existing
    destination keeps its owner and mode, what lies in it gets those of the context (tests/docker/test_order.py).
    """
    if not copy.destination.text.startswith("/"):
        return stop(f"{named(passed)} changes the directory that the COPY's destination is relative to")
    directory = next(iter(passed.effects.writes))
    if not _destination(moved.files[0]).overlaps(directory) and not directory.covers(_destination(moved.files[0]).path):
        return FREE
    if copy.flag("chown") is not None or dict(passed.definition).get("user", "") not in ROOT:
        return stop(f"{named(passed)} makes a directory that the COPY would make for another owner")
    return FREE


def _copy_past_run(copy: Copy, selection: Selection, run: Step) -> Verdict:
    if barrier := _barrier(copy, selection, run):
        return stop(barrier)
    effects, line = run.effects, named(run)
    rewritten = _overwritten(selection, effects)
    if clash := sorted(rewritten.difference(effects.manifests)):
        return stop(f"{line} writes {clash[0]}, which the COPY brings from the context: ignore it in .dockerignore")
    needs = _needed(selection, effects)
    if needs is None:
        return stop(f"{line} reads a whole directory that the COPY fills")
    doubts = (*effects.doubts, *_filled(selection, effects))
    if rewritten and not doubts:
        doubts = (f"it may rewrite {listed(rewritten)}, which the COPY would put back",)
    if doubts:
        return Verdict(Passage.DOUBTFUL, f"{line}: {'; '.join(doubts)}", needs)
    return Verdict(Passage.FREE, "", needs)


def _barrier(copy: Copy, selection: Selection, run: Step) -> str:
    """Return why a COPY cannot pass a command whatever files it brings, "" where it might."""
    effects, line = run.effects, named(run)
    if effects.opaque:
        return f"{line} may read any file: {effects.opaque}"
    if effects.needs_source:
        return f"{line} needs the source: {'; '.join(effects.needs_source)}"
    if named_there := sorted(one for one in effects.named if _destination(selection).overlaps(Path(one, tree=True))):
        return f"{line} reads the names of the files in {named_there[0]}"
    if any(_touches(selection, path) for path in SYSTEM):
        return "the COPY writes into system directories, which every command reads"
    if not (copy.flag("chown") or "0").replace(":", "").isdigit() and _changes_accounts(effects):
        return f"{line} may change the users that the COPY's --chown names"
    if UNKNOWN_WORKDIR in _destination(selection).path:
        return "the working directory of the base image is not known: write the destination as an absolute path"
    return ""


def _changes_accounts(effects: Effects) -> bool:
    """Whether a command edits users or groups; what a package's scripts add leaves the ones that exist as they are."""
    return any(work.kind == "accounts" for work in effects.work) or Path("/etc/passwd") in effects.writes


def _needed(selection: Selection, effects: Effects) -> frozenset[str] | None:
    """Return the context paths among those copied that a command reads, None where it reads any file there may be.

    A directory that it reads cannot be named file by file: the next commit may add one.
    """
    destination = _destination(selection)
    needed: set[str] = set()
    for read in effects.reads:
        if not destination.overlaps(read):
            continue
        sources = [source for source, path in selection.placed.items() if read.covers(path)]
        if read.tree and (sources or read.covers(destination.path)):
            return None
        needed.update(sources)
    return frozenset(needed)


def _overwritten(selection: Selection, effects: Effects) -> frozenset[str]:
    """Return what a command writes of the files and directories that the COPY places."""
    placed = (*selection.placed.values(), *selection.directories)
    return frozenset(path for path in placed if any(written.covers(path) for written in effects.writes))


def _filled(selection: Selection, effects: Effects) -> tuple[str, ...]:
    """Say which directory a command fills that the COPY would fill too where a working copy holds it.

    A clean checkout does not, and the context of today does not; nothing keeps that of the next build from it.
    """
    trees = sorted(path.path for path in effects.writes if path.tree and _destination(selection).covers(path.path))
    return tuple(
        f"a {posixpath.basename(tree)} in the build context would lie over what it writes: name it in .dockerignore"
        for tree in trees
        if selection.could_fill(tree)
    )[:1]


def _destination(selection: Selection) -> Path:
    """Return all that a selection may ever place."""
    return Path(selection.target, tree=True)


def _touches(selection: Selection, path: Path) -> bool:
    return _destination(selection).overlaps(path)
