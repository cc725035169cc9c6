"""Waste that layerwise finds, one module a rule."""

from collections.abc import Collection
from typing import TypeAlias

from layerwise.analysis import Analysis
from layerwise.catalogue import by_name
from layerwise.graph.state import instruction_key
from layerwise.rules import copy_before_install, early_argument, emptied_sources, leftovers_in_layer
from layerwise.rules.base import Diagnosis, Rule

RULES: tuple[Rule, ...] = (copy_before_install, early_argument, emptied_sources, leftovers_in_layer)
"""Every rule, by name."""

Finding: TypeAlias = tuple[str, Rule, Diagnosis]
"""What a rule found, with the rule and its name."""


def diagnose(analysis: Analysis, off: Collection[str] = ()) -> tuple[Finding, ...]:
    """Return the findings of every rule with its name, by line; what an ignore comment names is left out.

    Args:
        analysis: What is looked at.
        off: Names of rules that are not to run.
    """
    found = [
        (name, rule, diagnosis)
        for name, rule in by_name(*RULES).items()
        if name not in off
        for diagnosis in rule.check(analysis)
        if not analysis.ignores(diagnosis.line, name)
    ]
    return tuple(sorted(found, key=lambda entry: (entry[2].line, entry[0])))


def mended(analysis: Analysis) -> dict[str, str]:
    """Return what mends a step that runs for nothing, by the key of its instruction: the pass, else the rule's name."""
    found: dict[str, list[str]] = {}
    for name, rule, diagnosis in diagnose(analysis):
        for instruction in diagnosis.victims:
            found.setdefault(instruction_key(instruction), []).append(rule.MENDED_BY or name)
    return {key: ", ".join(dict.fromkeys(names)) for key, names in found.items()}
