"""What was recorded, in a line each: for the end of a build, where nobody wants to read more."""

from collections.abc import Iterator, Sequence

from layerwise.recording.keeping import Kept
from layerwise.records import BuildRecord, Ending, Outcome
from layerwise.report.units import duration


def kept_lines(builds: Sequence[Kept], problems: Sequence[str] = (), here: str = "") -> Iterator[str]:
    """Yield a line for each build that was kept, and for what could not be; ``here`` is this directory's project."""
    for kept in builds:
        state = "recorded" if kept.new else "already recorded"
        other = f" of {kept.record.project}" if here and kept.record.project != here else ""
        yield f"{state} {kept.record.id[:12]}{other}: {in_brief(kept.record)}"
        yield from kept.record.notes
    for problem in problems:
        yield f"not recorded: {problem}"
    if not builds and not problems:
        yield "the command built nothing that buildx keeps a record of"
    elif builds:
        latest = builds[-1].record.id[:12]
        yield f"`layerwise report{'' if len(builds) == 1 else ' ' + latest}` shows where the time went"


def in_brief(record: BuildRecord) -> str:
    """Return a build on one line: how it ended, how long it took, how much of it came from the cache."""
    steps = [step for step in record.distinct() if step.keyword != "FROM"]
    counts = {outcome: sum(step.outcome is outcome for step in steps) for outcome in Outcome}
    took = "" if record.wall_s is None else f" in {duration(record.wall_s)}"
    parts = [f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome]]
    ending = "ends in the middle of the log" if record.ending is Ending.CUT else f"{record.ending.value}{took}"
    change = "" if record.change.kind == "unknown" else f" ({record.change.kind})"
    return f"{ending}{change}, {len(steps)} steps: {', '.join(parts) or 'none'}"
