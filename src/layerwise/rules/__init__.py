"""Waste that layerwise finds, one module a rule."""

from layerwise.analysis import Analysis
from layerwise.catalogue import by_name
from layerwise.rules import copy_before_install, early_argument
from layerwise.rules.base import Diagnosis, Rule

RULES: tuple[Rule, ...] = (copy_before_install, early_argument)
"""Every rule, by name."""


def diagnose(analysis: Analysis) -> tuple[tuple[str, Rule, Diagnosis], ...]:
    """Return the findings of every rule with its name, by line; what an ignore comment names is left out."""
    found = [
        (name, rule, diagnosis)
        for name, rule in by_name(*RULES).items()
        for diagnosis in rule.check(analysis)
        if not analysis.ignores(diagnosis.line, name)
    ]
    return tuple(sorted(found, key=lambda entry: (entry[2].line, entry[0])))
