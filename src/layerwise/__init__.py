"""Profile-guided optimisation for container image builds.

::

    import layerwise

    project = layerwise.open_project(layerwise.Wanted("."))
    plan = layerwise.optimize(project.analysis)
    print(plan.diff())

Each name is imported when it is first used, so ``import layerwise`` by itself loads nothing else.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerwise.analysis import Analysis
    from layerwise.config import Config
    from layerwise.errors import (
        BuilderError,
        ConfigError,
        DockerfileError,
        EnvironmentMissing,
        LayerwiseError,
        LogError,
        StoreError,
        UsageError,
    )
    from layerwise.passes.base import Safety
    from layerwise.plan import Options, Plan
    from layerwise.plan import plan as optimize
    from layerwise.project import Project, Wanted, open_project
    from layerwise.records import BuildRecord
    from layerwise.rules import diagnose
    from layerwise.store.opening import open_store
    from layerwise.store.store import Store
    from layerwise.summary.overview import Report, report_of
    from layerwise.syntax.parser import parse, read
    from layerwise.syntax.tree import Dockerfile

__version__ = "0.1.0"

__all__ = [
    "Analysis",
    "BuildRecord",
    "BuilderError",
    "Config",
    "ConfigError",
    "Dockerfile",
    "DockerfileError",
    "EnvironmentMissing",
    "LayerwiseError",
    "LogError",
    "Options",
    "Plan",
    "Project",
    "Report",
    "Safety",
    "Store",
    "StoreError",
    "UsageError",
    "Wanted",
    "diagnose",
    "open_project",
    "open_store",
    "optimize",
    "parse",
    "read",
    "report_of",
]

_HOMES = {
    "Analysis": "layerwise.analysis",
    "BuildRecord": "layerwise.records",
    "BuilderError": "layerwise.errors",
    "Config": "layerwise.config",
    "ConfigError": "layerwise.errors",
    "Dockerfile": "layerwise.syntax.tree",
    "DockerfileError": "layerwise.errors",
    "EnvironmentMissing": "layerwise.errors",
    "LayerwiseError": "layerwise.errors",
    "LogError": "layerwise.errors",
    "Options": "layerwise.plan",
    "Plan": "layerwise.plan",
    "Project": "layerwise.project",
    "Report": "layerwise.summary.overview",
    "Safety": "layerwise.passes.base",
    "Store": "layerwise.store.store",
    "StoreError": "layerwise.errors",
    "UsageError": "layerwise.errors",
    "Wanted": "layerwise.project",
    "diagnose": "layerwise.rules",
    "open_project": "layerwise.project",
    "open_store": "layerwise.store.opening",
    "optimize": "layerwise.plan:plan",  # layerwise.plan is the module, so the function goes by its command's name
    "parse": "layerwise.syntax.parser",
    "read": "layerwise.syntax.parser",
    "report_of": "layerwise.summary.overview",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, original = _HOMES[name].partition(":")
    value: object = getattr(importlib.import_module(module), original or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return [*__all__, "__version__"]
