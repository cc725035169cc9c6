"""What text and Markdown say of a build in sentences, the first of which is all that many will read."""

from collections.abc import Iterator

from layerwise.records import BuildRecord, Ending, Outcome, StepRecord
from layerwise.report.build_words import Words, brief, instruction, label, overhead, sum_of
from layerwise.report.units import duration, seconds, share, size
from layerwise.summary.bottlenecks import Cell, Row
from layerwise.summary.overview import Report
from layerwise.summary.places import platforms_of
from layerwise.summary.worth import Worth
from layerwise.syntax.display import one_line

_RATIO_FROM = 1.2
"""Two platforms that differ by less take about the same."""
_LEAST_S = 0.05
"""What takes less would be told as 0.0 s."""


def headline(report: Report) -> Words:
    """Return in one sentence what the build was and where its time went."""
    record = report.record
    where = _where(platforms_of(record))
    took = "" if record.wall_s is None else seconds(record.wall_s)
    if record.ending is Ending.FAILED:
        return ("Failed", f" after {took}" if took else "", *_failure(record, where), ".")
    if record.ending is Ending.CANCELLED:
        return ("Cancelled", f" after {took}" if took else "", where, *_most(report), ".")
    if record.ending is Ending.CUT:
        return ("The log ends in the middle", f", after {took}" if took else "", where, *_most(report), ".")
    if not took:
        return ("Completed", where, _hits(record), "; the log does not say how long it took", *_most(report), ".")
    return (took, where, ", completed", _hits(record), *_most(report), ".")


def failed(record: BuildRecord) -> StepRecord | None:
    """Return the step that ended the build, None where it was none, or it did not fail."""
    return next((step for step in record.steps if step.outcome is Outcome.FAILED), None)


def failure(record: BuildRecord) -> str:
    """Return what BuildKit says of why the build failed, "" where it did not or nothing is said."""
    step = failed(record)
    return one_line((step.error if step else "") or record.error)


def explained(report: Report) -> str:
    """Return how much of the wall time the table accounts for, "" where that is not known."""
    wall_s, left_s, known = report.record.wall_s, report.unexplained_s, report.explained
    if wall_s is None or left_s is None or known is None or wall_s < _LEAST_S:
        return ""
    rest = f"; {seconds(left_s)} lie between vertices" if left_s >= _LEAST_S else ""
    return f"Critical path (of wall): steps and overheads on it account for {share(known)} of {seconds(wall_s)}{rest}."


def worth_sentences(report: Report) -> Iterator[str]:
    """Yield what the cache was worth in this build and over the last ones, and what it takes on disk."""
    if report.worth is not None:
        yield f"Cache, this build: {_worth(report.worth)}"
    if report.builds > 1:
        yield f"Cache, last {report.builds} builds: {_worth(report.worth_of_all)}"
    if report.disk_bytes is not None:
        yield f"Cache on disk: {size(report.disk_bytes)}."


def notes(report: Report) -> Iterator[str]:
    """Yield what a reader must know of a build before its figures."""
    record = report.record
    if record.change.kind != "unknown":
        yield f"changed since the build before: {one_line(record.change.kind)} ({one_line(record.change.evidence)})"
    if record.ending is not Ending.COMPLETED:
        yield "not counted in hit rates: only completed builds are"
    errors = {(one.kind, one.error): None for one in record.overheads if one.error and one.error not in record.error}
    yield from (f"{overhead(kind)} failed: {one_line(error)}" for kind, error in errors)
    yield from (one_line(note) for note in record.notes)


def footnotes(report: Report) -> Iterator[str]:
    """Yield what the signs of the table of bottlenecks mean, and what it can't show."""
    if any(cell.emulated and cell.worked for row in report.bottlenecks.rows for cell in row.cells):
        yield "* ran under emulation"
    if report.bottlenecks.wall_s is None and report.record.steps:
        yield "the log has no times of day, so the critical path is not known"
    if report.bottlenecks.work.unknown:
        yield "?: nobody knows how long it took"
    if report.placed_by_name:
        yield "stage and platform are read from BuildKit's names, which do not tell which platforms share a step"


def layers_title(report: Report) -> str:
    """Return the heading of the table of layers."""
    platforms = len(platforms_of(report.record))
    over = f"Layers, last {_count(report.builds, 'build')}"
    return over if platforms < 2 else f"{over} on {platforms} platforms (seconds of the slowest)"  # noqa: PLR2004


def _where(platforms: tuple[str, ...]) -> str:
    if not platforms:
        return ""
    return f" on {one_line(platforms[0])}" if len(platforms) == 1 else f" on {len(platforms)} platforms"


def _hits(record: BuildRecord) -> str:
    outcomes = [step.outcome for step in record.distinct() if step.keyword != "FROM"]
    cached, ran = outcomes.count(Outcome.CACHED), outcomes.count(Outcome.EXECUTED)
    if not cached + ran:
        return ""
    if not ran or not cached:
        return f", all of {_count(cached, 'step')} cached" if cached else ", no step cached"
    return f", {cached} of {cached + ran} steps cached"


def _failure(record: BuildRecord, where: str) -> Words:
    step = failed(record)
    if step is None:
        around = next((one for one in record.overheads if one.error), None)
        return (where, f": {overhead(around.kind)}" if around else "")
    platform = f" on {one_line(step.platform)}" if step.platform else ""
    line = f" at line {step.line}" if step.line else ""
    return (platform, line, ": ", instruction(step.instruction, 60))


def _most(report: Report) -> Words:
    """Return the largest part of the wall time, else of the work; nothing where neither is known."""
    table = report.bottlenecks
    pairs = [(row, cell) for row in table.rows for cell in row.cells]
    if table.wall_s:
        row, cell = max(pairs, key=lambda pair: pair[1].critical_s)
        return (f"; {share(cell.critical_s / table.wall_s)} of it is ", *_told(row, cell))
    if not table.work.seconds:
        return ()
    row, cell = max(pairs, key=lambda pair: pair[1].seconds or 0.0)
    part = table.work_share(cell.seconds)
    of = f"{seconds(cell.seconds or 0.0)}" if part is None else f"{share(part)}"
    return (f"; {of} of {sum_of(table.work)} of work is ", *_told(row, cell))


def _told(row: Row, cell: Cell) -> Words:
    words = label(row, 60)
    if cell.platforms and len({name for one in row.cells for name in one.platforms}) > 1:
        words = (*words, f" on {' and '.join(map(one_line, cell.platforms))}")
    if cell.emulated:
        words = (*words, ", which ran under emulation")
    reference = row.reference()
    if reference is not None and reference is not cell and cell.ratio and cell.ratio >= _RATIO_FROM:
        words = (*words, f" ({cell.ratio:.1f}x {brief(reference.platforms[0])})")
    return words


def _worth(worth: Worth) -> str:
    costs = _costs(worth)
    if not worth.saved.known and not worth.saved.unknown:
        return f"nothing was cached; {costs}."
    unknown = _count(worth.saved.unknown, "cached step") + " never seen to run" if worth.saved.unknown else ""
    if worth.net_s is None:
        return f"what it saved is not known ({unknown}); {costs}."
    saved = duration(worth.saved.seconds)
    bound = f"at least {saved} of work, {unknown} not counted" if unknown else f"{saved} of work"
    sign = "-" if worth.net_s < 0 else "+"
    return f"saved {bound}; {costs}: net {sign}{duration(abs(worth.net_s))}."


def _costs(worth: Worth) -> str:
    if worth.import_s + worth.export_s < _LEAST_S:
        return "import and export took no time"
    return f"import and pulls took {duration(worth.import_s)}, export {duration(worth.export_s)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
