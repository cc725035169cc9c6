r"""Keeps what package managers download in cache mounts, so that an install that runs again downloads only what is new.

A RUN that runs again starts from the layer below it, so everything is downloaded once more for one new line in a
manifest. A cache mount stays with the builder and is in no layer: commands that only remove downloads are moot then,
as are options that keep them from being kept, and both go.

Download caches only. Where later commands read what lies there (Go's modules, Maven's repository), every RUN that
does gets the same mount, and only in a stage of which nothing but named results is copied. Debian's images throw apt's
downloads away; the file that says so is set aside and put back within the RUN. Refused where the cache, the home
directory or the number of the user can't be told, where a command works on the cache itself or removes it together
with other things, and where a later step needs what would then be missing.

A registry cache and other cache exports do not carry cache mounts: on runners that start empty they gain nothing.

## Before

```dockerfile
FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
CMD ["python", "-m", "app"]
```

## After

```dockerfile
FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install -r requirements.txt
COPY . .
CMD ["python", "-m", "app"]
```
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.analysis import Analysis
from layerwise.ecosystems.effects import CacheDirectory
from layerwise.ecosystems.keeping import DOCKER_CLEAN, Keeping, keeping
from layerwise.graph import cache_places
from layerwise.graph.apt_settings import (
    ARCHITECTURE,
    apt_has_run,
    declares_architecture,
    docker_clean_is_there,
    ids_by_architecture,
)
from layerwise.graph.cache_readers import filler, needed_in_mounts, reader
from layerwise.graph.cache_rewrite import archives_kept, command_edits, mount_flags
from layerwise.graph.cache_use import ARCHIVES, LISTS, CacheUse, cache_use
from layerwise.graph.mounted import blocked
from layerwise.graph.passage import brief
from layerwise.graph.run_script import RunScript, common_script
from layerwise.graph.state import origin
from layerwise.graph.vertex import Graph, Step
from layerwise.passes.base import Proposal, Refusal, Safety
from layerwise.syntax.edit import Edit, insert_before
from layerwise.syntax.tree import Run, Stage

SAFETY = Safety.EQUIVALENT
NEEDS_BUILDKIT = True

_RUNNERS = "a mount stays with the builder, and no cache export carries it: runners that start empty gain nothing"
_FIRST_APT = "apt's first run gives archives/partial to its own user, which the base may have done or not"
_MISSED_BY_NOBODY = re.compile(
    r"/(?:root|home/[^/]+)/(?:\.npm|\.cache/(?:pip|yarn|pypoetry/(?:cache|artifacts)))|/usr/local/share/\.cache/yarn"
    r"|/var/cache/(?:apt|apk|dnf|yum|libdnf5)|/var/lib/apt/lists|/etc/apk/cache"
)
"""Caches that the noise policy of ``verify`` lets an image be without; uv's holds links, of which it excuses none."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A RUN that can have its caches in mounts, the edits that do it, and the RUNs that then need the same ones."""

    run: Run
    caches: tuple[CacheDirectory, ...]
    edits: tuple[Edit, ...]
    evidence: tuple[str, ...]
    doubts: tuple[str, ...]
    needed: tuple[Run, ...]


def propose(analysis: Analysis) -> Iterator[Proposal | Refusal]:
    """Yield a proposal for each RUN whose downloads could stay with the builder."""
    done: list[Run] = []
    for stage in analysis.stages():
        for run in stage.instructions:
            if not isinstance(run, Run) or any(run is other for other in done):
                continue
            found = _looked_at(analysis, run)
            if isinstance(found, str):
                yield Refusal(run.line, f"{brief(run)} has no cache mount: {found}")
            elif found is not None:
                proposal, runs = _together(analysis, stage, found)
                done += runs
                yield proposal


def _looked_at(analysis: Analysis, run: Run) -> _Found | str | None:
    """Return what a RUN could have, why it can't, or None where there is nothing to gain."""
    sides = analysis.placed(run)
    wanted = {cache_places.unmounted(step) for _, step in sides}
    if not any(wanted):
        lost = [step.scope.user for _, step in sides if step.scope and cache_places.homeless(step)]
        return f"the home directory of {lost[0]} is not known" if lost else None
    script = common_script(analysis.dockerfile, analysis.steps_of(run))
    if len(wanted) > 1 or script is None:
        return "platforms differ in it, or it is no script that can be taken apart"
    caches = wanted.pop()
    use = cache_use(script, caches)
    if isinstance(use, str):
        return use
    against = (_stands_against(analysis, graph, step, caches, use) for graph, step in sides)
    if why := next(filter(None, against), ""):
        return why
    return _found(analysis, script, caches, use)


def _stands_against(
    analysis: Analysis, graph: Graph, step: Step, caches: tuple[CacheDirectory, ...], use: CacheUse
) -> str:
    """Return what of a step or of those below it forbids mounts, "" where nothing does."""
    paths = [cache.path for cache in caches]
    if why := blocked(step, paths) or cache_places.unplaceable(analysis.facts.request, graph, step, caches):
        return why
    if LISTS in paths and next(work.kind for work in step.effects.work if work.kind.startswith("apt.")) != "apt.update":
        return "it installs by lists of packages that another step has fetched"
    left = [cache.path for cache in use.kept if not _MISSED_BY_NOBODY.fullmatch(cache.path)]
    if left and any(layer is step for layer in graph.layers()):
        return f"it leaves {', '.join(left)} in the image, and whether anything there uses it is not known"
    return filler(graph, step, caches) or reader(graph, step, [one for one in use.kept if not one.read_later])


def _found(analysis: Analysis, script: RunScript, caches: tuple[CacheDirectory, ...], use: CacheUse) -> _Found | str:
    sides = analysis.placed(script.run)
    changes: dict[int, Keeping] = {}
    for index in use.owners:
        kept = keeping(script.parts[index])
        if isinstance(kept, str):
            return kept
        changes[index] = kept
    owner = cache_places.owner(analysis.dockerfile, *sides[0])
    if owner is None:
        return f"the number of {script.parts[0].scope.user} is not known"
    if owner and (why := cache_places.shared_parent(script, caches)):
        return why
    needed = _needed(analysis, script.run, caches)
    edits = command_edits(script, use, changes)
    apt = any(cache.path == ARCHIVES for cache in caches)
    there = apt and all(docker_clean_is_there(analysis.dockerfile, graph, step) for graph, step in sides)
    archives = archives_kept(analysis.dockerfile, script, use, there=there) if apt else ()
    if isinstance(needed, str) or isinstance(edits, str) or isinstance(archives, str):
        return next(one for one in (needed, edits, archives) if isinstance(one, str))
    request = analysis.facts.request
    unseen = (doubt for graph, step in sides for doubt in cache_places.unseen(request, graph, step, caches))
    first = apt and not all(apt_has_run(graph, step) for graph, step in sides)
    doubts = dict.fromkeys(
        (*unseen, *((_FIRST_APT,) if first else ()), *(doubt for one in changes.values() for doubt in one.doubts))
    )
    flags = _flags(analysis, script, caches, owner)
    return _Found(
        script.run, caches, (*flags, *archives, *edits), tuple(_evidence(script, use, apt=apt)), tuple(doubts), needed
    )


def _needed(analysis: Analysis, run: Run, caches: tuple[CacheDirectory, ...]) -> tuple[Run, ...] | str:
    """Return the RUNs that read what lies in the caches later, or why mounts can't serve them."""
    later = [cache for cache in caches if cache.read_later]
    needed: list[Run] = []
    for graph in analysis.graphs if later else ():
        step = graph.at(run)
        below = needed_in_mounts(graph, step, later) if step else ()
        if isinstance(below, str):
            return below
        runs = [one.instruction for one in below if isinstance(one.instruction, Run)]
        needed += [one for one in runs if not any(one is other for other in needed)]
    return tuple(needed)


def _flags(analysis: Analysis, script: RunScript, caches: tuple[CacheDirectory, ...], owner: str) -> Iterator[Edit]:
    """Yield the mounts, and above them the ARG that an id by architecture needs."""
    run, steps = script.run, analysis.steps_of(script.run)
    stage = next(stage for stage in analysis.stages() if run in stage.instructions)
    ids = ids_by_architecture(steps, analysis.runs_below(stage, run), [cache.path for cache in caches])
    if ids and not declares_architecture(steps):
        yield insert_before(analysis.dockerfile, run, f"ARG {ARCHITECTURE}")
    options = {cache.path: ids.get(cache.path, "") + owner for cache in caches}
    yield mount_flags(analysis.dockerfile, script, caches, options)


def _evidence(script: RunScript, use: CacheUse, *, apt: bool) -> Iterator[str]:
    for off in dict.fromkeys(off for index in use.owners for off in script.parts[index].effects.uncached):
        yield f"{off} is what keeps nothing now"
    for index in use.cleaning:
        yield f"`{script.parts[index].call}` would only empty the mounts"
    if apt:
        yield f"{DOCKER_CLEAN} of Debian's images throws downloads away: it is back in its place when the RUN ends"


def _together(analysis: Analysis, stage: Stage, first: _Found) -> tuple[Proposal | Refusal, list[Run]]:
    """Return one proposal for a RUN and those that read its caches later, or why one of those can't follow."""
    every = [first]
    for run in first.needed:
        found = _looked_at(analysis, run)
        if isinstance(found, str):
            why = f"{brief(first.run)} has no cache mount: {brief(run)} needs the same one, and {found}"
            return Refusal(first.run.line, why), [first.run, run]
        if found is not None:
            every.append(found)
    paths = ", ".join(dict.fromkeys(cache.path for found in every for cache in found.caches))
    doubts = tuple(dict.fromkeys(doubt for found in every for doubt in found.doubts))
    proposal = Proposal(
        line=first.run.line,
        why=f"{brief(first.run)} downloads everything again whenever it runs: nothing keeps {paths}",
        evidence=(*dict.fromkeys(note for found in every for note in found.evidence), _RUNNERS, *doubts),
        safety=Safety.AFTER_PROOF if doubts else Safety.EQUIVALENT,
        edits=tuple(edit for found in every for edit in found.edits),
        stage=stage.index,
        moved=origin(first.run),
        subject=origin(first.run),
        doubts=doubts,
    )
    return proposal, [found.run for found in every]
