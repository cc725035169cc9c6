r"""Leaves files out of the build context that the build does not need.

What `COPY . .` takes is part of the cache key of everything below it: a commit that only mends the documentation, or
merely adds to `.git`, installs all dependencies again. Files that leave the image with it are proposed a group at a
time (the repository's data, documentation, tests, settings of CI services, local environments, caches), each with its
share of rebuilds. The image is another one then, so each is applied on request only: `--allow
behaviour:context-filter:docs`, or without the last word all of them.

Files that no COPY, ADD or bind mount takes, in no target of any Dockerfile on this context, may go without a trace.
Mostly they cost nothing, for BuildKit asks the client for what is copied; but one wildcard in a source makes the client
look at every file before each build, and what `--exclude` leaves out of a COPY is sent all the same.

Refused where the build shows that it needs the files: a RUN, a CMD or a file that steers the build names them, a tool
takes the version from git, tests are run. Lines with `!` are kept: nothing that they bring back is left out again. The
patterns are appended to `.dockerignore`, or to `Dockerfile.dockerignore` where that one counts, in one block.

## Before

```dockerfile
FROM python:3.12-slim
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
```

## After

The Dockerfile stays, and there is a `.dockerignore`, which is not to be in the image either.

```dockerfile
FROM python:3.12-slim
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
```

```ignore
# documentation (layerwise)
docs
.dockerignore
```
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

from layerwise.analysis import Analysis
from layerwise.graph.context import Context, ancestors
from layerwise.graph.context_groups import Group, found_in, groups
from layerwise.graph.context_needs import why_needed
from layerwise.graph.elsewhere import Elsewhere, joined, taken
from layerwise.graph.ignore import IGNORE_FILE, IgnoreRules, exact_pattern
from layerwise.graph.passage import named
from layerwise.graph.path_set import PathSet, entries_of, taken_by
from layerwise.graph.patterns import has_wildcards
from layerwise.graph.state import origin
from layerwise.graph.transfer import sources
from layerwise.graph.untaken import untaken
from layerwise.graph.vertex import Kind, Step
from layerwise.model.change import Change
from layerwise.model.touched import Touched
from layerwise.passes.base import Proposal, Refusal, Safety

SAFETY = Safety.IDENTICAL
NEEDS_BUILDKIT = False

_MANY_FILES = 1_000  # fewer are looked at in less time than two equal builds differ by
_MANY_BYTES = 10_000_000
_MOST_LINES = 10

_Others = Callable[[], Elsewhere]
"""Gives what all builds on the context take, worked out when it is first asked for."""


def propose(analysis: Analysis) -> Iterator[Proposal | Refusal]:
    """Yield a proposal for what no build takes, and one for each group of files that the image may do without."""
    copies = [step for graph in analysis.graphs for step in graph if step.instruction and _takes(analysis, step)]
    if not copies:
        return
    others = cache(lambda: _everybody(analysis))
    yield from _nobody_takes(analysis, copies, others)
    own = taken_by(analysis.facts.request.context, [one for step in copies for one in step.files])
    for group in groups():
        yield from _group(analysis, copies, group, own, others)


def _takes(analysis: Analysis, step: Step) -> bool:
    return any(one.context is analysis.facts.request.context for one in step.files)


def _nobody_takes(analysis: Analysis, copies: Sequence[Step], others: _Others) -> Iterator[Proposal | Refusal]:
    """Yield the proposal for directories that are looked at or sent, and of which nothing is taken."""
    context = analysis.facts.request.context
    wide = next((step for step in copies if any(one == "" or has_wildcards(one) for one in sources(step.files))), None)
    if wide is None or len(context.entries) < _MANY_FILES:
        return
    found = _untaken(analysis, others())
    top = [path for path, _ in sorted(found.items(), key=lambda one: (-one[1], one[0]))][:_MOST_LINES]
    count = sum(found[path] for path in top)
    if count < max(_MANY_FILES, sum(found.values()) / 2):
        return
    if unknown := others().unknown:
        yield Refusal(wide.line, f"{count} files stay in the context though nothing takes them: {unknown[0]}")
        return
    yield _proposal(
        analysis,
        others,
        wide,
        patterns=sorted(map(exact_pattern, top)),
        comment="taken by no COPY",
        paths=top,
        safety=Safety.IDENTICAL,
        why=f"{named(wide)} makes the client go through {count} files that nothing takes",
        evidence=(
            f"nothing of {', '.join(sorted(top))} is taken by any COPY, ADD or bind mount",
            "looked at: each target of each Dockerfile on this context",
        ),
        subject="untaken",
    )


def _untaken(analysis: Analysis, others: Elsewhere) -> Counter[str]:
    """Return what nobody takes; a plan asks it of the same text again and again."""
    context = analysis.facts.request.context
    asked = ("untaken", *sorted(one.identity for one in others.selections))
    return context.memo.once(asked, lambda: untaken(context, others.selections))


def _group(
    analysis: Analysis, copies: Sequence[Step], group: Group, own: PathSet, others: _Others
) -> Iterator[Proposal | Refusal]:
    """Yield the proposal for a group, and what of it has to stay."""
    context = analysis.facts.request.context
    found = {pattern: paths for pattern, paths in found_in(context).items() if pattern in group.patterns}
    kept = {pattern: paths for pattern, paths in found.items() if _matters(analysis, pattern, own.below(paths))}
    if not kept:
        return
    with_git = {} if group.name == _GIT.name else _git(analysis, copies, own, others)
    if not _pays(analysis, {**with_git, **kept}, own):
        return
    found = dict(kept)
    for pattern, paths in found.items():
        if why := _stays(analysis, group, paths, copies, others):
            del kept[pattern]
            yield Refusal(copies[0].line, f"{pattern} stays in the context: {why}")
    if not kept or (kept != found and not _pays(analysis, {**with_git, **kept}, own)):
        return
    gone = [path for paths in (*with_git.values(), *kept.values()) for path in paths]
    step = next(step for step in copies if taken_by(context, step.files).any_below(gone))
    beside = " beside .git, which every commit changes" if with_git else ""
    yield _proposal(
        analysis,
        others,
        step,
        patterns=[*with_git, *kept],
        comment=group.what,
        paths=gone,
        safety=Safety.BEHAVIOUR,
        why=f"{named(step)} takes {group.what} into the image ({', '.join(kept)}){beside}",
        evidence=tuple(_evidence(analysis, copies, [*with_git, *kept], len(own.below(gone)))),
        subject=group.name,
    )


_GIT = next(group for group in groups() if group.read == "git")


def _git(analysis: Analysis, copies: Sequence[Step], own: PathSet, others: _Others) -> dict[str, tuple[str, ...]]:
    """Return what goes with every other group: with .git in the image, no commit leaves a step as it was."""
    context = analysis.facts.request.context
    found = {pattern: paths for pattern, paths in found_in(context).items() if pattern in _GIT.patterns}
    paths = [path for paths in found.values() for path in paths]
    return {} if not own.any_below(paths) or _stays(analysis, _GIT, paths, copies, others) else found


def _stays(analysis: Analysis, group: Group, paths: Sequence[str], copies: Sequence[Step], others: _Others) -> str:
    """Return why files of a group must stay, "" where nothing is seen that needs them."""
    context = analysis.facts.request.context
    if released := context.memo.once(("released", *paths), lambda: _released(context, paths)):
        return f"line {context.rules.why(released)} of {context.rules.path} brings {released} back"
    tops = frozenset(paths)
    for step in copies:
        for selection in step.files:
            named_ones = [one for one in sources((selection,)) if one and (has_wildcards(one) or _within(one, tops))]
            if named_ones and taken_by(context, (selection,)).any_below(paths):
                return f"line {step.line} copies it by name"
    if any(_within(one, tops) for other in others().selections for one in sources((other,)) if one):
        return "another build on this context copies it by name"
    return why_needed(others().instructions(), analysis.graphs, context, group, paths)


def _released(context: Context, paths: Sequence[str]) -> str:
    """Return the first file at or below ``paths`` that a ``!`` line brings back, "" where there is none."""
    if not any(pattern.negated for pattern in context.rules.patterns.patterns):
        return ""
    return min((path for path in entries_of(context).below(paths) if context.rules.releases(path)), default="")


def _everybody(analysis: Analysis) -> Elsewhere:
    """Return what all builds take; for that, every target is lowered."""
    return joined((taken(analysis.dockerfile, analysis.facts.request), analysis.facts.elsewhere()))


def _proposal(
    analysis: Analysis,
    others: _Others,
    step: Step,
    *,
    patterns: Sequence[str],
    comment: str,
    paths: Sequence[str],
    safety: Safety,
    why: str,
    evidence: tuple[str, ...],
    subject: str,
) -> Proposal | Refusal:
    """Return the proposal, if the new text leaves out just what it is to."""
    context = analysis.facts.request.context
    file = context.rules.path or IGNORE_FILE
    if any(one.takes(file) is not None for one in others().selections):
        if file in context.entries:
            safety, evidence = Safety.BEHAVIOUR, (*evidence, f"{file} is copied too, and has other lines then")
        else:
            patterns = [*patterns, file]  # it would be a file more in the image
    text = context.rules.extended(patterns, f"{comment} (layerwise)")
    rules = IgnoreRules.parse(text, file)
    if not context.memo.once(("left out", text, *paths), lambda: _leaves_out(context, rules, paths)):
        return Refusal(step.line, f"{', '.join(patterns)} would leave out other files than {comment}")
    assert step.instruction, "only steps of instructions are proposed for"
    return Proposal(
        line=step.line,
        why=why,
        evidence=evidence,
        safety=safety,
        edits=(),
        stage=step.stage_index,
        moved=origin(step.instruction),
        subject=subject,
        ignore=text,
        part=subject if safety is Safety.BEHAVIOUR else "",
    )


def _leaves_out(context: Context, rules: IgnoreRules, paths: Sequence[str]) -> bool:
    """Whether rules leave out ``paths`` and what is below them, and nothing else."""
    return {path for path in context.entries if rules.ignores(path)} == entries_of(context).below(paths)


def _matters(analysis: Analysis, pattern: str, files: set[str]) -> bool:
    """Whether the files that a pattern takes out of the image are many, or a commit touches some of them."""
    return bool(files) and (_many(analysis, files) or _touched(analysis).any_of(pattern))


def _pays(analysis: Analysis, kept: Mapping[str, tuple[str, ...]], own: PathSet) -> bool:
    paths = (path for paths in kept.values() for path in paths)
    return bool(kept) and (bool(_alone(analysis, list(kept))) or _many(analysis, own.below(paths)))


def _many(analysis: Analysis, files: set[str]) -> bool:
    entries = analysis.facts.request.context.entries
    return len(files) >= _MANY_FILES or sum(entries[path].size or 0 for path in files) >= _MANY_BYTES


def _alone(analysis: Analysis, patterns: Sequence[str]) -> list[int]:
    """Return, for each commit that rebuilds only for files of these patterns, how many steps it rebuilds."""
    estimator = analysis.facts.estimator
    found = []
    for commit in _touched(analysis).parted(patterns):
        rest = estimator.running(analysis.graphs, Change("", files=commit.rest))
        running = estimator.running(analysis.graphs, Change("", files=commit.files))
        if not any(rest.values()) and any(running.values()):
            found.append(sum(map(len, running.values())))
    return found


def _evidence(analysis: Analysis, copies: Sequence[Step], patterns: Sequence[str], files: int) -> Iterator[str]:
    alone, commits = _alone(analysis, patterns), len(analysis.facts.commits)
    if alone:
        yield f"{len(alone)} of {commits} commits touch only these files and rebuild {max(alone)} steps"
    yield f"{files} files leave the image; whether the program in it opens one of them is not known"
    if count := len(analysis.facts.elsewhere().dockerfiles):
        yield f"the ignore file counts for {count} more Dockerfiles: their images lose the files too"
    opaque = [one for one in _below_copies(analysis, copies) if one.effects.opaque or one.effects.needs_source]
    if opaque:
        yield f"{named(opaque[0])} runs code of the project, which may read them"


def _below_copies(analysis: Analysis, copies: Sequence[Step]) -> Iterator[Step]:
    lines = {copy.line for copy in copies}
    for graph in analysis.graphs:
        for step in graph:
            if step.kind is Kind.RUN and any(one.line in lines for one in graph.above(step)):
                yield step


def _touched(analysis: Analysis) -> Touched:
    commits = analysis.facts.commits
    return analysis.facts.request.context.memo.once(("touched", commits), lambda: Touched(commits))


def _within(path: str, tops: frozenset[str]) -> bool:
    return path in tops or any(above in tops for above in ancestors(path))
