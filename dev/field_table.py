"""The figures of many repositories, as a text that says what each figure is."""

import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dev.field_measure import ORDER, Measured, Outcome, Rewrite

USABLE = 50
"""First-parent commits from which a repository's history says something."""

HELPED = 0.1
"""The share of expected seconds from which order counts as a help."""

SLOW_S = 5.0
_CAUSES = 10
_HALF = 0.5
_RISE_S = 0.01
_LITTLE = re.compile(r"; it would save less than [\d.]+ s a build$")
_PLACEHOLDERS = (
    (re.compile(r"`[^`]*`"), "<step>"),
    (re.compile(r"'[^']*'"), "<word>"),
    (re.compile(r"(?<![\w<])(?:[\w.@~*{}$-]*/[\w./@~*{}$-]*|\.?[\w*-]+(?:\.[\w*-]+)+|\.\w[\w.-]*)"), "<path>"),
    (re.compile(r"^\w+(?= stays: )"), "<name>"),
    (re.compile(r"\b[A-Z][A-Z0-9_]*_[A-Z0-9_]+\b"), "<name>"),
    (re.compile(r"\b\d[\d.,]*\b"), "N"),
    (re.compile(r"(<\w+>)(?:(?:, | and | or |, and )\1)+"), r"\1"),
)


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository's results, the main Dockerfile first.

    Attributes:
        name: ``owner/name``.
        commit: What was measured.
        commits: How many commits its first-parent line has.
        shallow: Whether the line is cut off.
        lacking: How many files were empty stand-ins.
        left_out: How many Dockerfiles were not looked at.
        dockerfiles: The results.
    """

    name: str
    commit: str
    commits: int
    shallow: bool
    lacking: int
    left_out: int
    dockerfiles: tuple[Measured, ...]

    @property
    def main(self) -> Measured:
        """The result that stands for the repository."""
        return self.dockerfiles[0]

    @property
    def counts(self) -> bool:
        """Whether it has a say in the reductions: a main Dockerfile that was planned, over a history that is one."""
        return self.main.outcome is Outcome.PLANNED and self.main.commits >= USABLE

    def document(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return {
            "repository": self.name,
            "commit": self.commit,
            "commits": self.commits,
            "shallow": self.shallow,
            "lacking": self.lacking,
            "left_out": self.left_out,
            "dockerfiles": [one.document() for one in self.dockerfiles],
        }


def cause(why: str) -> str:
    """Return a refusal without the names, paths and instructions of its file."""
    for found, placeholder in _PLACEHOLDERS:
        why = found.sub(placeholder, why)
    return why


def text(found: Sequence[Repository]) -> str:
    """Return the figures as lines of text."""
    return "\n".join(
        (
            *_counts(found),
            "",
            *_reductions(found),
            "",
            *_rewrites(found),
            "",
            *_refusals(found),
            "",
            *_times(found),
            "",
            *_absurd(found),
        )
    )


def _counts(found: Sequence[Repository]) -> Iterator[str]:
    usable = sum(one.commits >= USABLE for one in found)
    shallow = sum(one.shallow for one in found)
    outcomes = Counter(one.outcome for _, one in _all(found))
    left_out = sum(one.left_out for one in found)
    yield f"{len(found)} repositories with Dockerfiles: {usable} with {USABLE} commits or more, {shallow} shallow"
    yield f"{outcomes.total()} Dockerfiles: {', '.join(f'{outcomes[kind]} {kind}' for kind in Outcome)}" + (
        f"; {left_out} more left out" if left_out else ""
    )
    for message, count in Counter(
        cause(_first(one.message)) for _, one in _all(found) if one.outcome is Outcome.REFUSED
    ).most_common(_CAUSES):
        yield f"  {count:5}  refused: {message}"
    for name, one in _all(found):
        if one.outcome.defect:
            yield f"  {name} {one.dockerfile} {one.outcome}: {one.message.rstrip().splitlines()[-1]}"


def _reductions(found: Sequence[Repository]) -> Iterator[str]:
    counted = [one.main for one in found if one.counts]
    bases = ", ".join(sorted({one.basis for one in counted})) or "none"
    yield f"Predicted reduction of a build's seconds over the replayed commits (basis: {bases}, nothing measured):"
    yield "the main Dockerfile of each repository with a usable history"
    yield f"  {'':44}{'repos':>6}{'mean':>8}{'median':>8}{'> 50 %':>8}{'> 0':>8}"
    helped = [one for one in counted if one.order_reduction >= HELPED]
    yield _row("all", counted)
    yield _row(f"order ({' + '.join(ORDER)}) helps >= {HELPED:.0%}", helped)
    yield _row("the rest", [one for one in counted if one.order_reduction < HELPED])


def _row(title: str, group: Sequence[Measured]) -> str:
    values = [one.reduction for one in group]
    if not values:
        return f"  {title:44}{0:6}"
    shares = (
        statistics.mean(values),
        statistics.median(values),
        _share(value > _HALF for value in values),
        _share(value > 0 for value in values),
    )
    return f"  {title:44}{len(values):6}" + "".join(f"{share:8.1%}" for share in shares)


def _rewrites(found: Sequence[Repository]) -> Iterator[str]:
    yield "Edits over all Dockerfiles, by pass:"
    for title, field in (("kept", "kept"), ("offered", "offered")):
        edits: Counter[tuple[str, str]] = Counter()
        places: dict[tuple[str, str], set[str]] = {}
        for name, one in _all(found):
            for rewrite in _field(one, field):
                edits[rewrite.pass_name, rewrite.safety] += 1
                places.setdefault((rewrite.pass_name, rewrite.safety), set()).add(name)
        for (pass_name, safety), count in edits.most_common():
            repositories = len(places[pass_name, safety])
            yield f"  {title:8} {pass_name:24} {safety:24} {count:5} in {repositories} repositories"


def _refusals(found: Sequence[Repository]) -> Iterator[str]:
    causes: Counter[str] = Counter()
    places: dict[str, set[tuple[str, str]]] = {}
    little: Counter[str] = Counter()
    for name, one in _all(found):
        for refusal in one.refused:
            if _LITTLE.search(refusal.why):
                little[refusal.pass_name] += 1
                continue
            key = f"{refusal.pass_name}: {cause(refusal.why)}"
            causes[key] += 1
            places.setdefault(key, set()).add((name, one.dockerfile))
    yield f"Refusals by cause, the {_CAUSES} largest of {len(causes)} causes and {causes.total()} refusals:"
    for key, count in causes.most_common(_CAUSES):
        yield f"  {count:5} in {len(places[key]):4} Dockerfiles  {key}"
    yield "Proposals that would save too little: " + (
        ", ".join(f"{name} {count}" for name, count in little.most_common()) or "none"
    )


def _times(found: Sequence[Repository]) -> Iterator[str]:
    planned = [(name, one) for name, one in _all(found) if one.outcome is Outcome.PLANNED]
    yield f"Seconds, over {len(planned)} Dockerfiles:"
    yield f"  {'':44}{'median':>8}{'p95':>8}{'max':>8}"
    measures: Mapping[str, Mapping[tuple[str, str], float]] = {
        "planning alone, wall": {(name, one.dockerfile): one.plan_s for name, one in planned},
        "files, history and planning, wall": {(name, one.dockerfile): one.open_s + one.plan_s for name, one in planned},
        "files, history and planning, processor": {(name, one.dockerfile): one.cpu_s for name, one in planned},
    }
    for title, values in measures.items():
        if values:
            ordered = sorted(values.values())
            middle, most = statistics.median(ordered), max(values, key=lambda key: values[key])
            tail = ordered[int(0.95 * (len(ordered) - 1))]
            yield f"  {title:44}{middle:8.2f}{tail:8.2f}{values[most]:8.2f}  {' '.join(most)}"


def _absurd(found: Sequence[Repository]) -> Iterator[str]:
    yield "To look into:"
    none = True
    for name, one in _all(found):
        if one.after_s > one.before_s + _RISE_S:
            none = False
            yield f"  {name} {one.dockerfile}: expected seconds rise, {one.before_s:.2f} to {one.after_s:.2f}"
        if one.again:
            none = False
            yield f"  {name} {one.dockerfile}: a second run still applies {', '.join(one.again)}"
        if one.cpu_s > SLOW_S:
            none = False
            yield f"  {name} {one.dockerfile}: {one.cpu_s:.1f} s ({one.open_s:.1f} reading, {one.plan_s:.1f} planning)"
    if none:
        yield "  nothing"


def _all(found: Iterable[Repository]) -> Iterator[tuple[str, Measured]]:
    for repository in found:
        for one in repository.dockerfiles:
            yield repository.name, one


def _field(one: Measured, name: str) -> tuple[Rewrite, ...]:
    return one.kept if name == "kept" else one.offered


def _first(message: str) -> str:
    """Return what an error says first, without its place."""
    return re.sub(r"^\S+:\d+:\d+: ", "", message.partition("\n")[0])


def _share(values: Iterable[bool]) -> float:
    return statistics.fmean(map(float, values))
