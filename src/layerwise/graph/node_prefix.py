"""Where npm puts global packages in a stage: beside node, unless something says otherwise."""

import posixpath
import re

from layerwise.graph.vertex import Graph, Kind, Step

_OTHER_ENVIRONMENT = re.compile(r"\s(?:-n|--name|-p|--prefix)[\s=](?!base\b)")
_CONDA = ("continuumio/", "condaforge/", "mambaorg/")
_CONDA_PREFIX = "/opt/conda"
_BESIDE_NODE = "/usr/local"
"""Where the official images of Node.js have node (their Dockerfiles)."""


def node_prefix(graph: Graph, step: Step) -> str:
    """Return npm's global prefix before a step, "" where it can't be told."""
    assert step.scope
    if any(name.lower() == "npm_config_prefix" for name in step.scope.environment):
        return ""
    if step.sees.exists(f"{step.scope.home or '/root'}/.npmrc"):
        return ""
    base = ""
    conda = False
    for above in graph.above(step):
        if above.kind is Kind.FROM:
            base = above.display.removeprefix("FROM ")
        elif above.kind is Kind.RUN:
            installed = {(work.kind.partition(".")[0], name) for work in above.effects.work for name in work.names}
            if ("conda", "nodejs") in installed and _OTHER_ENVIRONMENT.search(above.display):
                return ""
            if above.effects.opaque or installed & {(manager, name) for manager in _SYSTEM for name in _NODE}:
                return ""
            conda = conda or ("conda", "nodejs") in installed
    if conda:
        return _CONDA_PREFIX if base.startswith(_CONDA) else ""
    return _BESIDE_NODE if posixpath.basename(base.partition("@")[0]).partition(":")[0] == "node" else ""


_SYSTEM = ("apt", "apk", "dnf")
_NODE = ("node", "nodejs", "npm", "nodejs-current")
