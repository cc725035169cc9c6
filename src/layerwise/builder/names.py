"""Reads the names that BuildKit gives its vertices; the only module that does.

A step is ``[<bake target> <platform> <stage> <i>/<n>] <instruction>``, of which parts drop out (prefixCommand in
BuildKit's frontend/dockerfile/dockerfile2llb/convert.go). A name is a hint: a step that platforms or stages share has
the name of one of them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_STEP = re.compile(r"\[(?P<head>[^\]]*?)\s*(?P<number>\d+)/(?P<count>\d+)\] (?P<instruction>.*)", re.DOTALL)
_LINK = re.compile(r"^LINK (?=(?:ONBUILD )?(?:COPY|ADD) )")
_BAKED = re.compile(r"\[(?!internal\]|auth\])([^\]\s/]+)(?: (?:\S+ )?internal)?\] ")
_BRACKET = re.compile(r"\[([^\]]*)\] (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class StepName:
    """What the name of a step says.

    Attributes:
        platform: The platform it is for, "" where the name has none (only one was asked for).
        runs_on: The platform it runs on where that is another.
        stage: As shown, "stage-0" where the name has none.
        number: The ``i`` of ``i/n``.
        count: The ``n``.
        instruction: On one line, variables expanded.
    """

    platform: str
    runs_on: str
    stage: str
    number: int
    count: int
    instruction: str


def step_name(name: str) -> StepName | None:
    """Return what a vertex's name says of its step, None where no instruction made it."""
    found = _STEP.fullmatch(name)
    if found is None:
        return None
    words = found["head"].split()
    runs_on, wanted = next((_platforms(word) for word in words if "/" in word), ("", ""))
    stages = [word for word in words if "/" not in word]
    return StepName(
        platform=wanted or runs_on,
        runs_on=runs_on if wanted else "",
        stage=stages[-1] if stages else "stage-0",
        number=int(found["number"]),
        count=int(found["count"]),
        instruction=_LINK.sub("", " ".join(found["instruction"].split())),
    )


def _platforms(word: str) -> tuple[str, str]:
    """Return where a step runs and, if that is another platform, what it is for: ``linux/amd64->arm/v7``."""
    runs_on, _, wanted = word.partition("->")
    architecture, _, variant = wanted.partition("/")
    if wanted and (not variant or re.fullmatch(r"v\d\S*", variant)):
        return runs_on, f"{runs_on.partition('/')[0]}/{architecture}{variant and '/'}{variant}"
    return runs_on, wanted


def is_linked_copy(name: str) -> bool:
    """Whether a vertex is the copy of a ``COPY --link`` or ``ADD --link``."""
    parsed = step_name(name)
    return parsed is not None and " --link" in parsed.instruction and not is_merge(name)


def is_merge(name: str) -> bool:
    """Whether a vertex merges what a ``COPY --link`` copied into its stage."""
    found = _STEP.fullmatch(name)
    return found is not None and _LINK.match(found["instruction"]) is not None


def without_targets(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of a stream without the targets that a bake of several puts before each."""
    targets = {found[1] for name in names if (found := _BAKED.match(name))}
    return tuple(_without(name, targets) for name in names) if targets else tuple(names)


def _without(name: str, targets: Iterable[str]) -> str:
    found = _BRACKET.fullmatch(name)
    target, _, rest = found[1].partition(" ") if found else ("", "", "")
    if found is None or target not in targets:
        return name
    return f"[{rest}] {found[2]}" if rest else found[2]


_KINDS = (
    ("importing cache manifest from ", "cache-import"),
    ("exporting cache to ", "cache-export"),
    ("exporting to GitHub Actions Cache", "cache-export"),
    ("exporting to ", "export"),
    ("importing to docker", "load"),
    ("pushing ", "push"),
    ("merging manifest list ", "push"),
    ("[internal] pushing ", "push"),
    ("[internal] load build context", "context"),
    ("[internal] load remote build context", "context"),
    ("[internal] load git source ", "context"),
    ("[internal] load ", "definition"),
    ("[internal] preparing inline document", "definition"),
    ("resolve image config for ", "definition"),
    ("docker-image://", "definition"),
    ("FROM ", "base"),
    ("[auth] ", "auth"),
)


def overhead_kind(name: str) -> str:
    """Return the kind of work around the steps that a vertex is, in the words of ``records.Overhead``."""
    found = _BRACKET.fullmatch(name)
    words = found[1].split() if found else []
    if found is None or not words:
        bare = name
    elif words[-1] in ("internal", "auth"):  # before it stand a bake target and a platform
        bare = f"[{words[-1]}] {found[2]}"
    elif "context" in words[:-1]:
        return _context_kind(found[2])
    else:
        bare = found[2]
    return next((kind for start, kind in _KINDS if bare.startswith(start)), "other")


def ends_a_build(name: str) -> bool:
    """Whether the failure of a vertex fails its build: that of a cache's import does not, nor must that of its export.

    An export that its user does not want to be ignored is said to have failed the build besides.
    """
    return overhead_kind(name) not in ("cache-import", "cache-export")


def _context_kind(text: str) -> str:
    """Return what is done to a named context: it may be a directory, a repository, an archive or an image."""
    if text.startswith(("load metadata ", "load .dockerignore")):
        return "definition"
    return "context" if text.startswith(("load ", "OCI load ")) or "://" in text or text.endswith(".git") else "base"


def context_name(name: str) -> str:
    """Return the named context that a vertex belongs to, "" for none."""
    found = None if step_name(name) else _BRACKET.fullmatch(name)
    before, _, context = found[1].rpartition(" ") if found else ("", "", "")
    return context.partition("::")[0] if before.split()[-1:] == ["context"] else ""


_PARTS = (
    ("unpacking ", "unpack"),
    ("pushing ", "push"),
    ("sending tarball", "load"),
    ("copying files", "load"),
)


def part_kind(status: str) -> str:
    """Return what a piece of an export vertex is: compressing layers and writing manifests where nothing else."""
    return next((kind for start, kind in _PARTS if status.startswith(start)), "export")


def image_of(name: str) -> tuple[str, str] | None:
    """Return the base image that a vertex brings, as the Dockerfile names it, and its digest; None if it brings none.

    The digest is "" of an image that a named context puts in the place of another: its name has none.
    """
    if (context := context_name(name)) and overhead_kind(name) == "base":
        return context, ""
    parsed = step_name(name)
    text = parsed.instruction if parsed else name
    if not text.startswith("FROM "):
        return None
    reference, at, digest = text.removeprefix("FROM ").rpartition("@")
    return (reference, digest) if at else (digest, "")
