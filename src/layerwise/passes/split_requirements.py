r"""Installs the requirements that seldom change in a layer of their own, above the others.

An install of requirements runs as a whole whenever one line of the file changes: it downloads, unpacks, compiles and
exports all packages, though git's history says that a few of the lines change often and the others hardly ever. A stage
of its own keeps the lines that seldom change, and a first install reads them from there. BuildKit knows what is
mounted from a stage by its content, so the first install is served from the cache until one of *those* lines changes;
the second one reads the whole file, as before, and finds the packages there.

Only lines that are `name==version` and nothing else go into the first install, which is made with `--no-deps`: it
takes no version that the install of the whole file would not take. What the packages need besides and the file does
not pin, lines that are written otherwise one day and new ones are the second install's. What differs is the order in
which packages are installed, and what is there while others are built from source, which only a build shows:
`equivalent, after proof`.

Refused for files with options (`-r`, `-e`, `--hash`, `--index-url`), continued lines, paths or URLs, for several files,
for options that choose where or how to install, for other users than root, for images of which it is not known that
they bring `sed`, and where something between the COPY of the file and the install has to stay there. Nothing is
proposed without a history that says which lines change.

## Before

```dockerfile
FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY app app
```

## After

```dockerfile
FROM python:3.12-slim AS pinned
COPY requirements.txt /pinned/
RUN sed -nE '/^(numpy)==[0-9A-Za-z.+!-]+$/p' /pinned/requirements.txt > /pinned.txt

FROM python:3.12-slim
WORKDIR /app
RUN --mount=type=bind,from=pinned,source=/pinned.txt,target=/pinned.txt \
    pip install --no-cache-dir --no-deps -r /pinned.txt
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY app app
```
"""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layerwise.analysis import Analysis
from layerwise.ecosystems.requirements import lines
from layerwise.ecosystems.sieve import scripts
from layerwise.graph.copy_order import copy_past
from layerwise.graph.mounted import blocked
from layerwise.graph.passage import Passage, brief, listed
from layerwise.graph.request import repository
from layerwise.graph.state import origin
from layerwise.passes.base import Proposal, Refusal, Safety
from layerwise.passes.pip_install import HAVE_PIP, Install, install_of
from layerwise.passes.seldom import Seldom, seldom_changed
from layerwise.syntax.edit import insert_before, line_end, remove
from layerwise.syntax.new_stage import free_name, stage_above, uncut
from layerwise.syntax.tree import Copy, Instruction, Run, Stage

SAFETY = Safety.AFTER_PROOF
NEEDS_BUILDKIT = True

_HAVE_SED = HAVE_PIP | {"debian", "ubuntu", "alpine", "fedora", "buildpack-deps", "node", "nvidia/cuda"}
_HARMLESS = frozenset(
    f"PIP_{name}"
    for name in (
        *("NO_CACHE_DIR", "CACHE_DIR", "INDEX_URL", "EXTRA_INDEX_URL", "TRUSTED_HOST", "TIMEOUT", "DEFAULT_TIMEOUT"),
        *("RETRIES", "PROGRESS_BAR", "NO_INPUT", "NO_COLOR", "QUIET", "VERBOSE", "DISABLE_PIP_VERSION_CHECK"),
        *("ROOT_USER_ACTION", "PREFER_BINARY", "VERSION"),
    )
)
_PLAIN = re.compile(r"[\w./@+-]+")
_NAMED = re.compile(r"[A-Za-z0-9][\w.-]*\s*(?:\[[\w\s,.-]*\]\s*)?(?:[=<>!~(;].*)?")
_LINE = 120
_WIDTH = _LINE - 12  # of a script: that of a line without what stands around it
_NAMED_FIRST = 5
_COPIED, _KEPT = "/pinned/", "/pinned.txt"
_OTHERS = 3
_DOUBT = "no package is built, or replaces a file of another, in another way where these are there already"
_ALIKE = "each package is taken to cost as much as any other"


@dataclass(frozen=True, slots=True)
class _File:
    """The requirements file of an install.

    Attributes:
        copy: What brings it.
        source: Its path in the build context.
        text: What it holds.
    """

    copy: Copy
    source: str
    text: str


def propose(analysis: Analysis) -> Iterator[Proposal | Refusal]:
    """Yield a proposal for each install of requirements of which the history says that some seldom change."""
    for stage in analysis.stages():
        for run in stage.instructions:
            if isinstance(run, Run) and (found := install_of(analysis, stage, run)):
                file = _file(analysis, stage, found)
                if file and (seldom := _seldom(analysis, file)):
                    yield _judged(analysis, found, file, seldom)


def _seldom(analysis: Analysis, file: _File) -> Seldom | None:
    memo, commits = analysis.facts.request.context.memo, analysis.facts.commits
    return memo.once(("seldom", file.source, commits), lambda: seldom_changed(file.source, file.text, commits))


def _file(analysis: Analysis, stage: Stage, found: Install) -> _File | None:
    """Return the one file that an install reads, None where it reads others too or the file is split already."""
    manifests, sees = found.step.effects.manifests, found.step.sees
    origin_of = sees.origin(manifests[0]) if len(manifests) == 1 else None
    if origin_of is None:
        return None
    selection, source = origin_of
    text = selection.context.text(source)
    copies = [
        one
        for one in stage.instructions
        if isinstance(one, Copy) and any(selection in step.files for step in analysis.steps_of(one))
    ]
    mounted = [one for above in found.above for step in analysis.steps_of(above) for one in step.sifted]
    split = any(one.source == source for one in mounted)
    if selection.context is not analysis.facts.request.context or text is None or not copies or split:
        return None
    return _File(copies[-1], source, text)


def _judged(analysis: Analysis, found: Install, file: _File, seldom: Seldom) -> Proposal | Refusal:
    stage = found.stages[-1]
    between = _between(stage, file.copy, found.run)
    why = _why_not(analysis, found, file) or _stays(analysis, file, between)
    command = _reading(found)
    if why or command is None:
        why = why or "how it names its file is not understood"
        return Refusal(found.run.line, f"{brief(found.run)} installs all of {file.source} at once: {why}")
    return _proposal(analysis, found, file, seldom, moves=bool(between))


def _between(stage: Stage, copy: Copy, run: Run) -> tuple[Instruction, ...]:
    place = stage.instructions.index
    return stage.instructions[place(copy) + 1 : place(run)]


def _why_not(analysis: Analysis, found: Install, file: _File) -> str:
    top = found.stages[0]
    if why := found.strange() or _unfit(file.text):
        return why
    if found.options.has("-c", "--constraint", "--require-hashes", "--no-deps"):
        return "its options say more of the versions than the file"
    if variable := _variable(found):
        return f"{variable} may say how or where to install"
    if why := found.flagged():
        return why
    if repository(top.opening.image) not in _HAVE_SED:
        return f"whether {top.opening.image} brings sed is not known"
    if why := found.unknown_above():
        return why
    if not _PLAIN.fullmatch(file.source):
        return f"{file.source} has a character that a COPY would have to quote"
    return (blocked(found.step, [_KEPT]) and f"a mount of its own lies at {_KEPT}") or uncut(analysis.dockerfile, top)


def _variable(found: Install) -> str:
    """Return a variable that is an option of pip, other than those that only say how it fetches and prints."""
    assert found.step.scope is not None
    names = (name for name in found.step.scope.environment if name.upper().startswith("PIP_"))
    return next((name for name in names if name.upper() not in _HARMLESS), "")


def _unfit(text: str) -> str:
    """Return what a requirements file says that lines taken out of it would lack, "" where it says no such thing."""
    if "\\\n" in text or "\\\r" in text:
        return "a line of the file goes on in the next"
    for line in lines(text):
        if line.startswith("-") or " --" in line:
            return f"the file has the option `{line}`"
        if not _NAMED.fullmatch(line) or "${" in line:
            return f"`{line}` is more than the name and version of a package"
    return ""


def _stays(analysis: Analysis, file: _File, between: Sequence[Instruction]) -> str:
    """Return why the COPY of the file can't move below what stands between it and the install, "" where it can."""
    for one in between:
        verdict = copy_past(analysis.graphs, file.copy, one, analysis.dockerfile.escape)
        if verdict.passage is not Passage.FREE or verdict.needs:
            return verdict.why or f"{brief(one)} reads files that {brief(file.copy)} brings"
    return ""


def _reading(found: Install) -> str | None:
    """Return the command with what is kept in the place of its own file, None where that can't be told."""
    start, words = found.command.span.start, found.command.arguments
    text = found.script.text(found.command.span)
    for index, word in enumerate(words):
        name, equals, _ = (word.literal or "").partition("=")
        if word.literal in ("-r", "--requirement") and index + 1 < len(words):
            end = words[index + 1].span.end
        elif (equals and name == "--requirement") or re.fullmatch(r"-r[^=].*", word.literal or ""):
            end = word.span.end
        else:
            continue
        return f"{text[: word.span.start - start]}--no-deps -r {_KEPT}{text[end - start :]}"
    return None


def _proposal(analysis: Analysis, found: Install, file: _File, seldom: Seldom, *, moves: bool) -> Proposal:
    dockerfile, run, stage = analysis.dockerfile, found.run, found.stages[-1]
    name = free_name(dockerfile, "pinned", analysis.facts.request.contexts)
    broken = f" {dockerfile.escape}{line_end(dockerfile)}    "
    flags = [dockerfile.source(flag.span) for flag in run.flags]
    mounts = "".join(
        f"{flag}{broken}" for flag in (*flags, f"--mount=type=bind,from={name},source={_KEPT},target={_KEPT}")
    )
    first = f"RUN {mounts}{_reading(found)}"
    moved = (remove(dockerfile, file.copy),) if moves else ()
    lower = f"{first}\n{dockerfile.source(file.copy.block)}".rstrip("\r\n") if moves else first
    return Proposal(
        line=run.line,
        why=f"{brief(run)} installs all of {file.source} again when one line of it changes, and some seldom do",
        evidence=(*_evidence(file, seldom), _ALIKE, _DOUBT),
        safety=Safety.AFTER_PROOF,
        edits=(
            stage_above(
                dockerfile,
                found.stages[0],
                name,
                (f"COPY {file.source} {_COPIED}", _sifting(file, seldom, broken)),
            ),
            insert_before(dockerfile, run if moves else file.copy, lower),
            *moved,
        ),
        stage=stage.index,
        moved=origin(run),
        subject=origin(run),
        doubts=(_DOUBT,),
        before=frozenset({"fetch-ahead"}),
    )


def _sifting(file: _File, seldom: Seldom, broken: str) -> str:
    """Return the RUN that keeps the lines, on several lines of the Dockerfile where one does not hold it."""
    read = f"{_COPIED}{posixpath.basename(file.source)} > {_KEPT}"
    sifted = scripts(seldom.names, _WIDTH)
    line = f"RUN sed -nE '{sifted[0]}' {read}"
    if len(sifted) == 1 and len(line) <= _LINE:
        return line
    return broken.join(("RUN sed -nE", *(f"-e '{one}'" for one in sifted), read))


def _evidence(file: _File, seldom: Seldom) -> Iterator[str]:
    first, rest = seldom.names[:_NAMED_FIRST], seldom.names[_NAMED_FIRST:]
    names = f"{', '.join(first)} or {len(rest)} more" if rest else listed(first)
    commits = "commit" if seldom.commits == 1 else "commits"
    others = "".join(f"; {name} in {count}" for name, count in seldom.others[:_OTHERS])
    yield f"{seldom.changed} of the {seldom.commits} {commits} that changed {file.source} changed {names}{others}"
