"""Whether the definition of a variable may move below an instruction, and what stands in the way."""

from collections.abc import Sequence

from layerwise.ecosystems.effects import Openness
from layerwise.ecosystems.names import well_known
from layerwise.graph.hollow import emptied_by
from layerwise.graph.passage import FREE, Passage, Verdict, brief, expanded_names, listed, named, stop, worst
from layerwise.graph.sieves import sieve_in
from layerwise.graph.vertex import Edge, Graph, Step
from layerwise.syntax.tree import Instruction, Pairs, Run


def variable_past(graphs: Sequence[Graph], instruction: Instruction, names: frozenset[str], escape: str) -> Verdict:
    """Whether the definition of variables ``names`` may move below ``instruction``.

    The caller has seen to ENV, ARG and LABEL lines that only hand the variables on.
    """
    if instruction.opaque:
        return stop(f"{brief(instruction)} has something that layerwise does not know")
    if isinstance(instruction, Pairs) and any(pair.name in names for pair in instruction.pairs):
        return stop(f"{brief(instruction)} sets the same name")
    used = names & expanded_names(instruction, escape)
    if used:
        return stop(f"{brief(instruction)} uses {listed(used)}")
    if not isinstance(instruction, Run):
        return FREE
    placed = [(graph, step) for graph in graphs if (step := graph.at(instruction)) is not None]
    return worst([_environment_past(graph, step, names) for graph, step in placed])


def _environment_past(graph: Graph, step: Step, names: frozenset[str]) -> Verdict:
    effects, line = step.effects, named(step)
    if effects.opaque:
        return stop(f"{line} may read any variable: {effects.opaque}")
    openness = effects.environment.openness
    if openness is Openness.OPEN:
        return stop(f"{line} runs project code, which may read any variable{_because(effects.needs_source)}")
    if known := [name for name in names if effects.environment.reads(name)]:
        third_party = openness is Openness.INSTALLER and any(well_known(name) for name in known)
        why = "installs third-party packages, which look at" if third_party else "reads"
        return stop(f"{line} {why} {listed(known)}")
    if openness is Openness.CLOSED:
        return FREE
    return _project_files_past(graph, step, names)


def _project_files_past(graph: Graph, step: Step, names: frozenset[str]) -> Verdict:
    """Judge an installer by the project files in the stage: only manifests that do not name the variables may be there.

    Manifests are data: an installer fills variables into them, and nothing else there can read the environment.
    """
    for other in graph.above(step):
        if any(_brings(graph, edge) for edge in other.edges):
            return stop(f"{named(step)} installs packages beside what {named(other)} brings from another stage")
    manifests = {path for above in graph.above(step) for path in above.effects.manifests} | set(step.effects.manifests)
    for selection in step.sees.copies():
        others = [path for path in selection.placed.values() if path not in manifests and not step.sees.is_empty(path)]
        if others:
            return stop(f"{named(step)} installs packages with project files beside it ({len(others)} files)")
    for path in sorted(manifests):
        text = step.sees.read(path) or ""
        if any(name in text for name in names):
            used = listed(name for name in names if name in text)
            return stop(f"{path}, which lies beside {named(step)}, names {used}")
    return Verdict(Passage.INSTALLER)


def _brings(graph: Graph, edge: Edge) -> bool:
    """Whether files come from another stage of which nobody knows what they hold."""
    if edge.paths is None:
        return False
    source = graph.step(edge.step)
    return source.stage_index >= 0 and not emptied_by(source)[0] and sieve_in(source) is None


def _because(reasons: tuple[str, ...]) -> str:
    return f" ({'; '.join(reasons)})" if reasons else ""
