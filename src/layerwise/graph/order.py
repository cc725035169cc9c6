"""Which instructions of a stage may change places, and what stands in the way.

Two steps commute only if neither writes what the other reads or writes and the configuration between them is the
same for both. These are the questions that rules and passes ask of that; each answer has its reason in words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from layerwise.ecosystems.effects import SYSTEM, Effects, Openness, Path
from layerwise.ecosystems.names import well_known
from layerwise.graph.copying import Selection
from layerwise.graph.state import ROOT, UNKNOWN_WORKDIR
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.syntax import variables
from layerwise.syntax.tree import Copy, Instruction, Onbuild, Pairs, Run


class Passage(Enum):
    """How safely something may pass an instruction."""

    FREE = "free"
    """Nothing that both touch."""
    INSTALLER = "installer"
    """A variable that an installer of third-party packages has no reason to look at."""
    DOUBTFUL = "doubtful"
    """Only a build can show that it makes no difference."""
    STOP = "stop"
    """It would, or might, make a difference."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something may pass an instruction, and why not.

    Attributes:
        passage: How safely.
        why: The reason where it is not free.
        needs: Context paths that must lie in the stage before the instruction runs.
    """

    passage: Passage
    why: str = ""
    needs: frozenset[str] = field(default_factory=frozenset)


FREE = Verdict(Passage.FREE)


def stop(why: str) -> Verdict:
    """Return the verdict that nothing may pass."""
    return Verdict(Passage.STOP, why)


_BRIEF = 60
_FEW = 2


def brief(instruction: Instruction) -> str:
    """Return an instruction on one line, short enough to be quoted in a sentence."""
    text = " ".join(f"{instruction.keyword} {instruction.text}".split())
    return f"`{text}`" if len(text) <= _BRIEF else f"`{text[: _BRIEF - 1]}…`"


def listed(instructions: Sequence[Instruction]) -> str:
    """Return instructions for a sentence: one or two by themselves, more as the first and a count."""
    if len(instructions) <= _FEW:
        return " and ".join(brief(instruction) for instruction in instructions)
    return f"{brief(instructions[0])} and {len(instructions) - 1} more steps"


def steps_of(graphs: Sequence[Graph], instruction: Instruction) -> tuple[Step, ...]:
    """Return the steps that an instruction made, one a platform at the most."""
    return tuple(step for graph in graphs if (step := graph.at(instruction)) is not None)


def variable_past(graphs: Sequence[Graph], instruction: Instruction, names: frozenset[str], escape: str) -> Verdict:
    """Whether the definition of variables ``names`` may move below ``instruction``.

    The caller has seen to ENV, ARG and LABEL lines that only hand the variables on.
    """
    if instruction.opaque:
        return stop(f"{brief(instruction)} has something that layerwise does not know")
    if isinstance(instruction, Pairs) and any(pair.name in names for pair in instruction.pairs):
        return stop(f"{brief(instruction)} sets the same name")
    used = names & _expanded_names(instruction, escape)
    if used:
        return stop(f"{brief(instruction)} uses {_listed(used)}")
    if not isinstance(instruction, Run):
        return FREE
    placed = [(graph, step) for graph in graphs if (step := graph.at(instruction)) is not None]
    return _worst([_environment_past(graph, step, names) for graph, step in placed])


def _environment_past(graph: Graph, step: Step, names: frozenset[str]) -> Verdict:
    effects, line = step.effects, _named(step)
    if effects.opaque:
        return stop(f"{line} may read any variable: {effects.opaque}")
    openness = effects.environment.openness
    if openness is Openness.OPEN:
        return stop(f"{line} runs project code, which may read any variable{_because(effects.needs_source)}")
    if known := [name for name in names if effects.environment.reads(name)]:
        third_party = openness is Openness.INSTALLER and any(well_known(name) for name in known)
        why = "installs third-party packages, which look at" if third_party else "reads"
        return stop(f"{line} {why} {_listed(known)}")
    if openness is Openness.CLOSED:
        return FREE
    return _project_files_past(graph, step, names)


def _project_files_past(graph: Graph, step: Step, names: frozenset[str]) -> Verdict:
    """Judge an installer by the project files in the stage: only manifests that do not name the variables may be there.

    Manifests are data: an installer fills variables into them, and nothing else there can read the environment.
    """
    manifests = {path for above in graph.above(step) for path in above.effects.manifests} | set(step.effects.manifests)
    for selection in step.sees.copies():
        others = [path for path in selection.placed.values() if path not in manifests]
        if others:
            return stop(f"{_named(step)} installs packages with project files beside it ({len(others)} files)")
    for path in sorted(manifests):
        text = step.sees.read(path) or ""
        if any(name in text for name in names):
            used = _listed(name for name in names if name in text)
            return stop(f"{path}, which lies beside {_named(step)}, names {used}")
    return Verdict(Passage.INSTALLER)


def copy_past(graphs: Sequence[Graph], copy: Copy, instruction: Instruction, escape: str) -> Verdict:
    """Whether a COPY of context files may move below ``instruction``, given what must be copied before it."""
    if instruction.opaque:
        return stop(f"{brief(instruction)} has something that layerwise does not know")
    if isinstance(instruction, Pairs) and instruction.keyword != "LABEL":
        used = _expanded_names(copy, escape) & {pair.name for pair in instruction.pairs}
        return stop(f"{brief(instruction)} sets {_listed(used)}, which the COPY uses") if used else FREE
    pairs = [(graph.at(copy), graph.at(instruction)) for graph in graphs if graph.at(copy) is not None]
    return _worst([_copy_past_step(copy, moved, passed) for moved, passed in pairs if moved and passed])


def _copy_past_step(copy: Copy, moved: Step, passed: Step) -> Verdict:
    selection = moved.files[0]
    if passed.kind is Kind.RUN:
        return _copy_past_run(copy, selection, passed)
    written = passed.effects.writes
    if passed.kind is Kind.WORKDIR:
        return _copy_past_workdir(copy, moved, passed)
    if passed.kind in (Kind.COPY, Kind.ADD) and not any(_touches(selection, path) for path in written):
        return FREE
    return stop(f"{_named(passed)} writes where the COPY does")


def _copy_past_workdir(copy: Copy, moved: Step, passed: Step) -> Verdict:
    """A WORKDIR may be passed where it makes just the directories that the COPY would have made.

    Both make directories as 0755; a COPY as root or as ``--chown`` says, a WORKDIR as the user in force. An existing
    destination keeps its owner and mode, what lies in it gets those of the context (tests/docker/test_order.py).
    """
    if not copy.destination.text.startswith("/"):
        return stop(f"{_named(passed)} changes the directory that the COPY's destination is relative to")
    directory = next(iter(passed.effects.writes))
    if not _destination(moved.files[0]).overlaps(directory) and not directory.covers(_destination(moved.files[0]).path):
        return FREE
    if copy.flag("chown") is not None or dict(passed.definition).get("user", "") not in ROOT:
        return stop(f"{_named(passed)} makes a directory that the COPY would make for another owner")
    return FREE


def _copy_past_run(copy: Copy, selection: Selection, run: Step) -> Verdict:
    effects, line = run.effects, _named(run)
    if effects.opaque:
        return stop(f"{line} may read any file: {effects.opaque}")
    if effects.needs_source:
        return stop(f"{line} needs the source: {'; '.join(effects.needs_source)}")
    if any(_touches(selection, path) for path in SYSTEM):
        return stop("the COPY writes into system directories, which every command reads")
    if not (copy.flag("chown") or "0").replace(":", "").isdigit() and _changes_accounts(effects):
        return stop(f"{line} may change the users that the COPY's --chown names")
    if UNKNOWN_WORKDIR in _destination(selection).path:
        return stop("the working directory of the base image is not known: write the destination as an absolute path")
    needs = _needed(selection, effects)
    if needs is None:
        return stop(f"{line} reads the whole directory that the COPY fills")
    rewritten = _overwritten(selection, effects)
    doubts = list(effects.doubts)
    for path in sorted(rewritten):
        if path not in effects.manifests:
            return stop(f"{line} writes {path}, which the COPY brings from the context: ignore it in .dockerignore")
    if rewritten and not doubts:
        doubts.append(f"it may rewrite {_listed(rewritten)}, which the COPY would put back")
    if doubts:
        return Verdict(Passage.DOUBTFUL, f"{line}: {'; '.join(doubts)}", needs)
    return Verdict(Passage.FREE, "", needs)


def _changes_accounts(effects: Effects) -> bool:
    """Whether a command edits users or groups; what a package's scripts add leaves the ones that exist as they are."""
    return any(work.kind == "accounts" for work in effects.work) or Path("/etc/passwd") in effects.writes


def _needed(selection: Selection, effects: Effects) -> frozenset[str] | None:
    """Return the context paths among those copied that a command reads, None where it reads any file there may be."""
    destination = _destination(selection)
    needed: set[str] = set()
    for read in effects.reads:
        if read.tree and read.covers(destination.path) and read.path not in effects.manifests:
            return None
        if not destination.overlaps(read):
            continue
        needed.update(source for source, path in selection.placed.items() if read.covers(path))
    return frozenset(needed)


def _overwritten(selection: Selection, effects: Effects) -> frozenset[str]:
    """Return what a command writes of the files and directories that the COPY places."""
    placed = (*selection.placed.values(), *selection.directories)
    return frozenset(path for path in placed if any(written.covers(path) for written in effects.writes))


def _destination(selection: Selection) -> Path:
    """Return all that a selection may ever place."""
    return Path(selection.sources[0].target, tree=True)


def _touches(selection: Selection, path: Path) -> bool:
    return _destination(selection).overlaps(path)


def _expanded_names(instruction: Instruction, escape: str) -> frozenset[str]:
    """Return the names that BuildKit expands in an instruction's own words (not those a shell expands in a RUN)."""
    words = [flag.value or "" for flag in instruction.flags]
    if isinstance(instruction, Copy):
        words += [word.text for word in instruction.sources] + [instruction.destination.text]
        words += [heredoc.content for heredoc in instruction.heredocs if heredoc.expand]
    elif isinstance(instruction, Pairs):
        words += [pair.value or "" for pair in instruction.pairs] + [pair.name for pair in instruction.pairs]
    elif isinstance(instruction, Onbuild) or instruction.keyword in _EXPANDED:
        words.append(instruction.text)
    names: frozenset[str] = frozenset()
    for word in words:
        names |= variables.references(word, escape)
    return names


_EXPANDED = frozenset({"EXPOSE", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"})


def _worst(verdicts: Sequence[Verdict]) -> Verdict:
    if not verdicts:
        return FREE
    order = list(Passage)
    worst = max(verdicts, key=lambda verdict: order.index(verdict.passage))
    return Verdict(worst.passage, worst.why, frozenset().union(*(verdict.needs for verdict in verdicts)))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _named(step: Step) -> str:
    assert step.instruction, "only steps of instructions are asked about"
    return brief(step.instruction)


def _because(reasons: tuple[str, ...]) -> str:
    return f" ({'; '.join(reasons)})" if reasons else ""
