"""A folder of repositories, every Dockerfile in it: parsed, compared with BuildKit, planned, counted.

    python -m benchmarks.corpus DIRECTORY [--engine] [--diffs DIRECTORY]

DIRECTORY holds one repository a folder; an INDEX.tsv there may name the main Dockerfile of each (columns ``repo`` or
``name``, and ``main``). With ``--engine`` the engine of ``dev/engine`` says what it accepts, of the files as they stand
and as rewritten. An exception that layerwise does not raise on purpose is a crash: counted, its traceback shown.
"""

import argparse
import contextlib
import csv
import os
import re
import statistics
import subprocess
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.docker.engine import Engine, engine_that_is_up
from tests.meaning import MOVING, lost_meaning
from tests.oracles.buildkit_parser import deviation, difference

from layerwise.analysis import Analysis
from layerwise.errors import LayerwiseError
from layerwise.invocation.search import best, search
from layerwise.passes.base import Safety
from layerwise.plan import Options, Plan, plan
from layerwise.project import Project, Wanted, open_project
from layerwise.syntax.parser import decode, parse

_SYNTAX = re.compile(r"^(\s*#\s*)(syntax\s*=)", re.IGNORECASE | re.MULTILINE)
_NAME = re.compile(
    r"(?i)(dockerfile|containerfile)([-_.](?!.*(dockerignore|j2|tmpl|template|ya?ml|json|md|sh)$).*)?|.*\.dockerfile"
)
_QUOTED = re.compile(r"`[^`]*`")
_CAUSES = 20


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one Dockerfile.

    Attributes:
        repository: The folder's name.
        path: The Dockerfile, seen from there.
        refused: Why BuildKit would refuse the file, as we say; empty where it is accepted.
        round_trips: Whether the tree's text is the file's.
        differs: How the package ``dockerfile`` sees it otherwise; empty where both agree.
        excused: The known deviation of the package that keeps the two from being compared.
        engine: Whether the engine accepts the file; None where it was not asked.
        engine_rewritten: The same of the rewritten text.
        crash: The traceback of an exception that was not raised on purpose.
        unplanned: Why there is no plan.
        plan: The plan.
        notes: Where its facts come from.
        plan_s: Seconds from nothing to the plan.
        says: What passes that only move instructions make the text say otherwise (``tests/meaning.py``), else empty.
        lost_s: Seconds that steps took on replayed commits that changed nothing they read, before and after.
    """

    repository: str
    path: str
    refused: str = ""
    round_trips: bool = True
    differs: str = ""
    excused: str = ""
    engine: bool | None = None
    engine_rewritten: bool | None = None
    crash: str = ""
    unplanned: str = ""
    plan: Plan | None = None
    notes: tuple[str, ...] = ()
    plan_s: float = 0.0
    says: str = ""
    lost_s: tuple[float, float] = (0.0, 0.0)

    @property
    def name(self) -> str:
        """The repository and the path."""
        return f"{self.repository}/{self.path}"

    @property
    def reduction(self) -> float:
        """The share of the expected seconds a build that the plan saves."""
        if self.plan is None or not (before := self.plan.before.expected_s()):
            return 0.0
        return 1 - self.plan.after.expected_s() / before


def dockerfiles(repository: Path) -> Iterator[Path]:
    """Yield the Dockerfiles of a repository; templates of a Dockerfile are none."""
    for path in sorted(repository.rglob("*")):
        if _NAME.fullmatch(path.name) and path.is_file() and ".git" not in path.parts:
            yield path.relative_to(repository)


def check(repository: Path, path: Path, engine: Engine | None) -> Result:
    """Look at one Dockerfile from every side."""
    result = Result(repository.name, path.as_posix())
    try:
        result = _parsed(result, decode((repository / path).read_bytes()), engine)
        return result if result.refused else _planned(result, repository, path, engine)
    except LayerwiseError as error:
        return replace(result, unplanned=str(error))
    except Exception:  # noqa: BLE001 - whatever it is, it is what this counts
        return replace(result, crash=traceback.format_exc())


def _parsed(result: Result, text: str, engine: Engine | None) -> Result:
    accepted = engine and _accepts(engine, text)
    excuse = deviation(text)
    try:
        tree = parse(text, result.path)
    except LayerwiseError as error:
        return replace(result, refused=str(error), engine=accepted)
    return replace(
        result,
        round_trips=tree.text == text and _covers(tree.source, text),
        differs=difference(text) or "",
        excused=excuse.cause if excuse else "",
        engine=accepted,
    )


def _covers(source: Callable[..., str], text: str) -> bool:
    """Whether the blocks of the tree's instructions are in the text in order, none twice."""
    tree = parse(text)
    position = 0
    for instruction in tree.instructions():
        if instruction.block.start < position or source(instruction.block) != text[slice(*_ends(instruction.block))]:
            return False
        position = instruction.block.end
    return True


def _ends(span: object) -> tuple[int, int]:
    return span.start, span.end  # type: ignore[attr-defined]


def _planned(result: Result, repository: Path, path: Path, engine: Engine | None) -> Result:
    with contextlib.chdir(repository):
        start = time.perf_counter()
        project = _opened(path)
        made = plan(project.analysis)
        took = time.perf_counter() - start
        moved = plan(project.analysis, Options(only=frozenset(MOVING)))
    accepted = engine and made.changed and _accepts(engine, made.after.dockerfile.text)
    return replace(
        result,
        plan=made,
        notes=project.notes(),
        plan_s=took,
        says=lost_meaning(moved.before.dockerfile.text, moved.after.dockerfile.text) or "",
        engine_rewritten=accepted if made.changed else None,
        lost_s=(_lost(made.before), _lost(made.after)),
    )


def _opened(path: Path) -> Project:
    """Open a Dockerfile with the context that an invocation names, else the directory that has what it copies."""
    if best(search(Path.cwd()).invocations, path.as_posix()):
        return open_project(Wanted(file=str(path)))
    beside = open_project(Wanted(path=str(path.parent), file=str(path)))
    if path.parent == Path() or not _missing(beside.analysis):
        return beside
    at_root = open_project(Wanted(path=".", file=str(path)))
    return at_root if _missing(at_root.analysis) < _missing(beside.analysis) else beside


def _missing(analysis: Analysis) -> int:
    return sum(len(selection.missing) for graph in analysis.graphs for step in graph for selection in step.files)


def _lost(analysis: Analysis) -> float:
    return sum(analysis.lost_s(graph, step) for graph in analysis.graphs for step in graph)


def _accepts(engine: Engine, text: str) -> bool:
    """Whether the engine's own frontend accepts a Dockerfile; it fetches no other and no base image."""
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(
            ["docker", "buildx", "build", "--call=targets,format=json", "-f", "-", empty],
            env=engine.environment,
            input=_SYNTAX.sub(r"\1not-\2", text).encode("utf-8", "surrogateescape"),
            capture_output=True,
            check=False,
        )
    return done.returncode == 0


def main_files(directory: Path, results: Sequence[Result]) -> list[Result]:
    """Return one result a repository: of the Dockerfile that INDEX.tsv calls the main one, else of the nearest."""
    index = directory / "INDEX.tsv"
    named: dict[str, str] = {}
    if index.is_file():
        with index.open(newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t"))
        named = {row.get("repo") or row["name"]: row["main"] for row in rows}
    chosen: dict[str, Result] = {}
    for result in sorted(results, key=lambda one: (one.path.count("/"), one.path)):
        if result.path == named.get(result.repository, result.path):
            chosen.setdefault(result.repository, result)
    return list(chosen.values())


def summary(results: Sequence[Result], mains: Sequence[Result]) -> str:
    """Return the table of figures, with the exceptions below it."""
    planned = [result for result in results if result.plan]
    changed = [result for result in planned if result.plan and result.plan.changed]
    rows = [
        ("repositories", len({result.repository for result in results})),
        ("Dockerfiles", len(results)),
        ("crashes", sum(bool(result.crash) for result in results)),
        ("accepted by us", sum(not result.refused for result in results)),
        ("  that do not round-trip", sum(not result.round_trips for result in results)),
        ("  seen otherwise by the package `dockerfile`", sum(bool(result.differs) for result in results)),
        ("  not compared, for a known deviation of the package", sum(bool(result.excused) for result in results)),
        ("engine asked", sum(result.engine is not None for result in results)),
        ("  with another verdict than ours", sum(_disagrees(result) for result in results)),
        ("planned", len(planned)),
        ("rewritten", len(changed)),
        ("  that say something else", sum(bool(result.says) for result in changed)),
        ("  accepted by the engine", sum(result.engine_rewritten is True for result in changed)),
        ("  refused by the engine", sum(result.engine_rewritten is False for result in changed)),
        *_figures(planned, mains),
    ]
    width = max(len(name) for name, _ in rows)
    blocks = ["\n".join(f"{name:<{width}}  {value}" for name, value in rows), *_exceptions(results)]
    return "\n\n".join(blocks)


def _figures(planned: Sequence[Result], mains: Sequence[Result]) -> Iterator[tuple[str, object]]:
    if not planned:
        return
    times = [result.plan_s for result in planned]
    reductions = [result.reduction for result in mains if result.plan]
    gains = [reduction for reduction in reductions if reduction > 0]
    before, after = (sum(result.lost_s[side] for result in planned) for side in (0, 1))
    yield "seconds to a plan, median", f"{statistics.median(times):.2f}"
    yield "seconds to a plan, largest", f"{max(times):.2f} ({max(planned, key=lambda one: one.plan_s).name})"
    yield "predicted reduction, main Dockerfiles, mean", f"{statistics.mean(reductions or [0]):.1%}"
    yield "predicted reduction, main Dockerfiles, median", f"{statistics.median(reductions or [0]):.1%}"
    yield "  where something changed, median", f"{statistics.median(gains or [0]):.1%} of {len(gains)}"
    yield "predicted seconds lost over the replays", f"{before:.0f}"
    yield "  recovered", f"{before - after:.0f} ({(before - after) / (before or 1):.1%})"


def _disagrees(result: Result) -> bool:
    return result.engine is not None and result.engine is bool(result.refused)


def _exceptions(results: Sequence[Result]) -> Iterator[str]:
    lists: tuple[tuple[str, Callable[[Result], str]], ...] = (
        ("Crashes", lambda one: one.crash),
        ("Refused by us", lambda one: one.refused),
        ("Not planned", lambda one: one.unplanned),
        ("Rewritten to say something else", lambda one: one.says),
        ("Seen otherwise by the package", lambda one: one.differs),
        ("Known deviation", lambda one: one.excused),
        (
            "Another verdict of the engine",
            lambda one: "accepts" if one.engine else "refuses" if _disagrees(one) else "",
        ),
        ("Rewritten and refused by the engine", lambda one: "refused" if one.engine_rewritten is False else ""),
    )
    for title, why in lists:
        found = [f"  {one.name}: {why(one)}" for one in results if why(one)]
        if title.startswith("Another"):
            found = [f"  {one.name}: the engine {why(one)} it" for one in results if _disagrees(one)]
        if found:
            yield "\n".join((f"{title}:", *found))
    yield "\n".join(("Refusals by cause:", *_refusals(results)))


def _refusals(results: Iterable[Result]) -> Iterator[str]:
    counts = Counter(
        (refused.pass_name, _QUOTED.sub("…", refused.why))
        for result in results
        if result.plan
        for refused in result.plan.refused
    )
    for (pass_name, why), count in counts.most_common(_CAUSES):
        yield f"  {count:4} {pass_name}: {why}"


def _kept(directory: Path, result: Result) -> None:
    """Write what a plan says into a file, to be read by a person."""
    assert result.plan
    path = directory / (result.name.replace("/", "@") + ".diff")
    notes = [f"# {note}" for note in result.notes]
    for title, chosen in (("kept", result.plan.kept), ("offered", result.plan.offered)):
        for one in chosen:
            safety: Safety = one.proposal.safety
            notes.append(
                f"# {title} {one.line} {one.pass_name} [{safety.value}] {one.saves_s:.1f} s: {one.proposal.why}"
            )
            notes += [f"#     {evidence}" for evidence in one.proposal.evidence]
    notes += [f"# refused {one.line} {one.pass_name}: {one.why}" for one in result.plan.refused]
    lost = f"# lost {result.lost_s[0]:.0f} s, then {result.lost_s[1]:.0f} s; reduction {result.reduction:.1%}"
    path.write_text("\n".join((*notes, lost, result.plan.diff())), errors="surrogateescape")


def main() -> None:
    """Run over a directory and print the table."""
    parser = argparse.ArgumentParser(description="Check every Dockerfile of a folder of repositories.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--engine", action="store_true", help="ask the engine of dev/engine too")
    parser.add_argument("--diffs", type=Path, help="write a file a plan into this folder")
    options = parser.parse_args()
    engine = engine_that_is_up() if options.engine else None
    if isinstance(engine, str):
        raise SystemExit(engine)
    if engine and not _accepts(engine, "FROM scratch\n"):
        raise SystemExit("the engine accepts not even `FROM scratch`")
    results = []
    for repository in sorted(path for path in options.directory.resolve().iterdir() if path.is_dir()):
        for path in dockerfiles(repository):
            result = check(repository, path, engine)
            results.append(result)
            if options.diffs and result.plan:
                options.diffs.mkdir(parents=True, exist_ok=True)
                _kept(options.diffs, result)
    print(summary(results, main_files(options.directory, results)))


if __name__ == "__main__":
    os.environ.setdefault("GIT_OPTIONAL_LOCKS", "0")
    main()
