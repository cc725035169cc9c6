"""How often a build argument has another value than the build before, and how that is known.

The value that somebody passes decides; where no build is found at all, the argument's name gives a prior. Patterns
and priors stand in ``arguments.toml``, each with its source.
"""

import fnmatch
import posixpath
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast

from layerwise.invocation.invocation import Invocation, PassedArgument, unresolved
from layerwise.model.commits import History
from layerwise.records import Basis

Change = Literal["build", "commit", "tag", "never"]
_OFTEN: tuple[Change, ...] = ("build", "commit", "tag", "never")


@dataclass(frozen=True, slots=True)
class ArgumentChange:
    """How often a build argument changes.

    Attributes:
        name: The argument.
        per_commit: The share of commits whose build has another value than the build before, from 0 to 1.
        every_build: Whether a second build of the same commit has another value too (dates, build numbers).
        basis: What stands behind ``per_commit``.
        evidence: Sentences that name files and lines, the decisive one first.
    """

    name: str
    per_commit: float
    every_build: bool
    basis: Basis
    evidence: tuple[str, ...]


def argument_change(
    name: str, default: str | None, invocations: Sequence[Invocation], history: History
) -> ArgumentChange:
    """Return how often an argument changes in the builds of one Dockerfile.

    Args:
        name: The argument.
        default: Its default in the Dockerfile, None where it has none.
        invocations: The builds that are known of this Dockerfile; none at all makes the name decide.
        history: The commits that a cadence is counted in.
    """
    rates = _Rates(history)
    if builtin := _first(_table().builtins, name):
        return rates.change(name, "never", Basis.PREDICTED, f"{name}: {builtin.means}")
    passed = tuple(dict.fromkeys(one for build in invocations for one in build.build_args if one.name == name))
    if passed:
        found = sorted((_judged(one, rates) for one in passed), key=lambda one: (-one.per_commit, not one.every_build))
        evidence = tuple(dict.fromkeys(sentence for one in found for sentence in one.evidence))
        return ArgumentChange(name, found[0].per_commit, found[0].every_build, found[0].basis, evidence)
    if invocations:
        kept = f"its default {default!r} stays" if default else "it has no value"
        return rates.change(
            name, "never", Basis.PREDICTED, f"nobody passes {name}: {kept} until the Dockerfile changes"
        )
    if known := _first(_table().names, name):
        return rates.change(name, known.change, Basis.PRIOR, f"{name} is {known.means}; no file was found that builds")
    return rates.change(name, "never", Basis.PRIOR, f"nothing was found that passes {name}")


@dataclass(frozen=True, slots=True)
class _Sign:
    pattern: re.Pattern[str]
    change: Change
    means: str


@dataclass(frozen=True, slots=True)
class _Reads:
    pattern: re.Pattern[str]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    values: tuple[_Sign, ...]
    builtins: tuple[_Sign, ...]
    names: tuple[_Sign, ...]
    reads: tuple[_Reads, ...]
    tag_per_commit: float
    commits: int


@dataclass(frozen=True, slots=True)
class _Rates:
    """Cadences counted in the commits, with priors in their place where there are none."""

    history: History

    def change(self, name: str, change: Change, basis: Basis, why: str) -> ArgumentChange:
        per_commit, counted = self.of(change)
        if counted and basis is not Basis.PRIOR:
            basis, why = Basis.MEASURED, f"{why}, {counted}"
        elif change == "tag":
            basis = Basis.PRIOR
        return ArgumentChange(name, per_commit, change == "build", basis, (why,))

    def of(self, change: Change) -> tuple[float, str]:
        """Return changes a commit, and how that was counted (empty where it was not)."""
        if change != "tag":
            return (0.0 if change == "never" else 1.0), ""
        tagged = sum(bool(commit.tags) for commit in self.history.commits)
        if not tagged:
            return _table().tag_per_commit, ""
        return tagged / len(
            self.history.commits
        ), f"{tagged} of the last {len(self.history.commits)} commits are tagged"

    def once(self) -> float:
        """Return the rate of what was written once and may be edited some day: one change in the commits seen."""
        return 1 / max(len(self.history.commits), 1) if self.history.commits else 1 / _table().commits

    def touching(self, patterns: tuple[str, ...]) -> int:
        """Count the commits that touched a file with one of these paths, from the root or from any directory."""
        return sum(
            any(_matches(path, pattern) for touched in commit.touched for path in touched.paths for pattern in patterns)
            for commit in self.history.commits
        )


def _judged(passed: PassedArgument, rates: _Rates) -> ArgumentChange:
    """Judge one passed value: what its text is, which file it is read from, or what its variables are called."""
    if passed.value is None:
        return _from_environment(passed, (passed.name,), rates)
    if sign := _shown(passed.value):
        return rates.change(passed.name, sign.change, Basis.PREDICTED, f"{passed}: {sign.means}")
    if read := tuple(_files_read(passed.value)):
        return _from_file(passed, read, rates)
    if unresolved(passed.value):
        return _from_environment(passed, (*_variables(passed.value), passed.name), rates)
    why = f"{passed}: a fixed text, taken to change once in the commits seen"
    return ArgumentChange(passed.name, rates.once(), every_build=False, basis=Basis.PRIOR, evidence=(why,))


def _shown(value: str) -> _Sign | None:
    """Return the most frequent change that some part of a value shows."""
    found = []
    for sign in _table().values:
        value, count = sign.pattern.subn(" ", value)
        found += [sign] * bool(count)
    return min(found, key=lambda sign: _OFTEN.index(sign.change), default=None)


def _from_environment(passed: PassedArgument, names: tuple[str, ...], rates: _Rates) -> ArgumentChange:
    """Judge a value that comes from the environment of the build by what its variable, or it, is called."""
    sign = next((sign for name in names if (sign := _first(_table().names, name))), None)
    if sign is None:
        why = f"{passed}: taken from the environment, and no name says that it changes often"
        return ArgumentChange(passed.name, rates.once(), every_build=False, basis=Basis.PRIOR, evidence=(why,))
    why = f"{passed}: taken from the environment, {sign.means}"
    return rates.change(passed.name, sign.change, Basis.PRIOR, why)


def _from_file(passed: PassedArgument, read: tuple[str, ...], rates: _Rates) -> ArgumentChange:
    """Count the commits that touched the file that a value is read from: it changes at most that often."""
    total = len(rates.history.commits)
    if not total:
        per_commit, _ = rates.of("tag")
        why = f"{passed}: read from {', '.join(read)}, and there are no commits to count in"
        return ArgumentChange(passed.name, per_commit, every_build=False, basis=Basis.PRIOR, evidence=(why,))
    touched = rates.touching(read)
    why = f"{passed}: {touched} of the last {total} commits touched {', '.join(read)}"
    return ArgumentChange(passed.name, touched / total, every_build=False, basis=Basis.MEASURED, evidence=(why,))


def _files_read(value: str) -> Iterator[str]:
    """Yield the files that a value comes from: ``$(cat VERSION)``, ``hashFiles('**/go.sum')``, ``$(hatch version)``."""
    for quoted in re.findall(r"hashFiles\(([^)]*)\)", value):
        yield from re.findall(r"'([^']+)'", quoted)
    for command in re.findall(r"\$\((.*)\)", value, re.DOTALL):
        for word in re.split(r"[\s\"'();|<>=,]+", command):
            if _FILE.fullmatch(word) and not word.startswith(("-", "$", "/dev/")):
                yield posixpath.normpath(word)
    for reads in _table().reads:
        if reads.pattern.search(value):
            yield from reads.files


# A word that names a file: with an extension that begins with a letter, or a well-known version file without one.
_FILE = re.compile(r"(?:[\w.@-]+/)*(?:[\w@-][\w.@-]*\.[A-Za-z]\w{0,9}|VERSION|version|\.[a-z]+-version)")


def _variables(value: str) -> Iterator[str]:
    """Yield the names in ``${NAME:-x}``, ``$NAME`` and the last word of ``${{ inputs.name }}``."""
    for plain, expression in re.findall(r"\$\{?(\w+)|\$\{\{([^}]*)\}\}", value):
        yield plain or (re.findall(r"\w[\w-]*", expression) or [""])[-1].replace("-", "_")


def _matches(path: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(path, f"*/{pattern.removeprefix('**/')}")


def _first(signs: tuple[_Sign, ...], name: str) -> _Sign | None:
    return next((sign for sign in signs if sign.pattern.fullmatch(name)), None)


@cache
def _table() -> _Table:
    table = tomllib.loads(files("layerwise.model").joinpath("arguments.toml").read_text("utf-8"))
    return _Table(
        values=tuple(map(_sign, table["value"])),
        builtins=tuple(map(_sign, table["builtin"])),
        names=tuple(map(_sign, table["name"])),
        reads=tuple(_Reads(_compiled(one["pattern"]), tuple(one["files"])) for one in table["reads"]),
        tag_per_commit=table["prior"]["tag_per_commit"],
        commits=table["prior"]["commits"],
    )


def _sign(entry: Mapping[str, str]) -> _Sign:
    return _Sign(_compiled(entry["pattern"]), cast(Change, entry.get("change", "never")), entry["means"])


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
