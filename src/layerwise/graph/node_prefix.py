"""Where npm puts global packages in a stage: beside node, unless something says otherwise."""

import posixpath
import re

from layerwise.graph.vertex import Graph, Kind, Step

_OTHER_ENVIRONMENT = re.compile(r"\s(?:-n|--name|-p|--prefix)[\s=](?!base\b)")
_CONDA = ("continuumio", "condaforge", "mambaorg")
"""Who publishes images with conda in the prefix below; a mirror's name ends as theirs does."""
_CONDA_PREFIX = "/opt/conda"
_BESIDE_NODE = "/usr/local"
"""Where the official images of Node.js have node (their Dockerfiles)."""

_DEBIAN = ("debian", "ubuntu", "python")
_DEBIAN_PREFIX = "/usr/local"
"""As /usr/share/nodejs/npm/npmrc of Debian's package npm says; NodeSource's nodejs brings an npm of its own."""
_NODE = ("node", "nodejs", "npm", "nodejs-current")
_ELSEWHERE = {(manager, name) for manager in ("apk", "dnf") for name in _NODE}


def node_prefix(graph: Graph, step: Step) -> str:
    """Return npm's global prefix before a step, "" where it can't be told."""
    assert step.scope
    if any(name.lower() == "npm_config_prefix" for name in step.scope.environment):
        return ""
    if step.sees.exists(f"{step.scope.home or '/root'}/.npmrc"):
        return ""
    base = ""
    conda = False
    apt: set[str] = set()
    for above in graph.above(step):
        if above.kind is Kind.FROM:
            base = above.display.removeprefix("FROM ")
        elif above.kind is Kind.RUN:
            installed = {(work.kind.partition(".")[0], name) for work in above.effects.work for name in work.names}
            if ("conda", "nodejs") in installed and _OTHER_ENVIRONMENT.search(above.display):
                return ""
            if above.effects.opaque or installed & _ELSEWHERE:
                return ""
            conda = conda or ("conda", "nodejs") in installed
            apt |= {name for manager, name in installed if manager == "apt" and name in _NODE}
    path, name = posixpath.split(base.partition("@")[0])
    repository = name.partition(":")[0]
    if conda:
        return _CONDA_PREFIX if posixpath.basename(path) in _CONDA and not apt else ""
    if apt:
        return _DEBIAN_PREFIX if repository in _DEBIAN and "npm" in apt else ""
    return _BESIDE_NODE if repository == "node" else ""
