"""Results as plain data for ``--format json``: the contracts that other tools build on.

Every document has ``schema``; seconds end in ``_s``, bytes in ``_bytes``; a figure that nobody knows is null, and
``basis`` says what stands behind the others. JSON schemas of each are in ``schemas/``.
"""

from collections.abc import Sequence

from layerwise.analysis import Analysis
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.model.change import Change
from layerwise.plan import Chosen, Plan, Refused, Setting
from layerwise.records import Basis
from layerwise.report.figures import Json, figure, instant
from layerwise.report.phrases import how_to_apply
from layerwise.rules import Finding, diagnose

_DIGITS = 3


def analyze_document(analysis: Analysis, found: Sequence[Finding] | None = None) -> Json:
    """Return ``layerwise.analyze/1``; ``found`` is what the rules found, None to run all of them."""
    return {
        "schema": "layerwise.analyze/1",
        "platforms": [
            {
                "platform": graph.platform,
                "steps": [_step(analysis, graph, step) for step in graph if step.kind is not Kind.FROM],
            }
            for graph in analysis.graphs
        ],
        "diagnoses": [
            {
                "rule": name,
                "line": diagnosis.line,
                "message": diagnosis.message,
                "lost_s": figure(diagnosis.lost_s),
                "lost_bytes": diagnosis.lost_bytes,
                "mended_by": diagnosis.mended_by(rule),
            }
            for name, rule, diagnosis in (diagnose(analysis) if found is None else found)
        ],
    }


def optimize_document(plan: Plan) -> Json:
    """Return ``layerwise.optimize/1``."""
    return {
        "schema": "layerwise.optimize/1",
        "changed": plan.changed,
        "dockerfile": plan.after.dockerfile.text,
        "files": [{"path": file.path, "diff": file.diff()} for file in plan.files()],
        "settings": {setting.name: _setting(plan, setting) for setting in plan.settings},
        "edits": [edit_document(chosen) for chosen in plan.kept],
        "refused": [*map(_refusal, plan.refused), *map(_offer, plan.offered)],
        "switch_cost_s": figure(plan.switch_cost_s),
        "scenarios": [
            _scenario(plan, scenario, before, after)
            for scenario in plan.before.facts.scenarios
            for before, after in zip(plan.before.graphs, plan.after.graphs, strict=True)
        ],
        "expected": {
            "commits": len(plan.before.facts.commits),
            **_compared(plan.before.expected_s(), plan.after.expected_s()),
            "basis": plan.basis().value,
        },
    }


def replay_document(plan: Plan) -> Json:
    """Return ``layerwise.replay/1``."""
    estimator = plan.before.facts.estimator
    commits: list[Json] = []
    for change in plan.before.facts.commits:
        running = estimator.running(plan.before.graphs, change)
        steps: list[Json] = [f"{platform} {step_id}" for platform, ids in running.items() for step_id in sorted(ids)]
        commits.append(
            {
                "commit": change.name,
                "changed": len(change.files),
                "steps": steps,
                "before_s": figure(estimator.expected(plan.before.graphs, change)),
                "after_s": figure(estimator.expected(plan.after.graphs, change)),
            }
        )
    weights = sum(change.weight for change in plan.before.facts.commits)
    total = _compared(plan.before.expected_s() * weights, plan.after.expected_s() * weights)
    return {
        "schema": "layerwise.replay/1",
        "commits": commits,
        "total": {**total, "basis": plan.basis().value},
    }


def _refusal(refused: Refused) -> Json:
    return {"pass": refused.pass_name, "line": refused.line, "why": refused.why}


def _offer(chosen: Chosen) -> Json:
    asked = [f"not applied ({chosen.proposal.safety.value}): {chosen.proposal.why}", *chosen.proposal.evidence]
    why = "; ".join([*asked, how_to_apply(chosen)])
    return {"pass": chosen.pass_name, "line": chosen.line, "why": why}


def _step(analysis: Analysis, graph: Graph, step: Step) -> Json:
    cost = analysis.cost(step)
    known = cost.basis is not Basis.UNKNOWN
    return {
        "id": step.id,
        "stage": step.stage,
        "line": step.line,
        "instruction": step.display,
        "duration_s": figure(cost.seconds) if known else None,
        "basis": cost.basis.value,
        "builds": cost.builds,
        "reruns": round(analysis.reruns(graph, step), _DIGITS),
        "lost_s": figure(analysis.lost_s(graph, step)) if known else None,
    }


def edit_document(chosen: Chosen) -> dict[str, Json]:
    """Return a rewrite with what it saves."""
    proof = chosen.proof
    shown: dict[str, Json] = {"proof": {"verdict": "equal", "when": instant(proof.at)}} if proof else {}
    return {
        "pass": chosen.pass_name,
        "safety": chosen.proposal.safety.value,
        "line": chosen.line,
        "why": chosen.proposal.why,
        "evidence": list(chosen.proposal.evidence),
        "saves_s": figure(chosen.saves_s),
        "saves_cold_s": figure(chosen.saves_cold_s),
        **shown,
    }


def _setting(plan: Plan, setting: Setting) -> Json:
    return {
        "option": setting.option,
        "why": setting.why,
        "evidence": list(setting.evidence),
        "saves_s": figure(setting.saves_s),
        "saves_cold_s": figure(setting.saves_cold_s),
        "basis": plan.basis().value,
    }


def _scenario(plan: Plan, scenario: Change, before: Graph, after: Graph) -> Json:
    estimator = plan.before.facts.estimator
    return {
        "name": scenario.name,
        "platform": before.platform,
        "before_s": figure(estimator.build((before,), scenario).seconds),
        "after_s": figure(estimator.build((after,), scenario).seconds),
        "basis": plan.basis(scenario, before.platform).value,
    }


def _compared(before: float, after: float) -> "dict[str, Json]":
    return {
        "before_s": figure(before),
        "after_s": figure(after),
        "reduction": round(1 - after / before, 4) if before else 0.0,
    }
