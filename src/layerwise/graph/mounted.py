"""What is mounted at or around a path while a RUN runs."""

import posixpath
from collections.abc import Iterable

from layerwise.ecosystems.effects import Path
from layerwise.graph.mounts import parse_mount
from layerwise.graph.vertex import Step


def blocked(step: Step, paths: Iterable[str]) -> str:
    """Return why a mount at one of ``paths`` would meet another one of a RUN, "" where it would not."""
    flags = step.instruction.flag_values("mount") if step.instruction else ()
    mounts = [parse_mount(flag, lambda word: word) for flag in flags]
    cwd = step.scope.cwd if step.scope else None
    wanted = [Path(path, tree=True) for path in paths]
    for mount in mounts:
        target = posixpath.normpath(posixpath.join(cwd or "/", mount.target))
        if "$" in mount.target or (not mount.target.startswith("/") and cwd is None):
            return f"where its mount at {mount.target} lies can't be told"
        if mount.target and any(Path(target, tree=True).overlaps(path) for path in wanted):
            return f"its mount at {mount.target} meets the cache"
    return ""
