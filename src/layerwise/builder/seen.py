"""How the inputs of a build differed from those of the build before it, in the words of the scenarios."""

from collections.abc import Mapping, Sequence

from layerwise.records import UNKNOWN_CHANGE, BuildRecord, Ending, Outcome, Seen, Source, StepRecord

_TELLING = (Source.ENGINE, Source.BUNDLE)  # a log does not say which arguments were passed
_SHOWN = 3  # names of files in a sentence


def change_seen(
    record: BuildRecord,
    before: BuildRecord | None,
    changed: frozenset[str] | None,
    manifests: Mapping[str, str],
) -> Seen:
    """Return the kind of change that a build was.

    Args:
        record: The build.
        before: The last completed build of the same Dockerfile and target, None for the first that is known.
        changed: The files that steps copy and whose content differs; None where nobody can tell.
        manifests: What a file selects the packages of: ``requirements.txt`` -> ``pip``.
    """
    if record.ending is not Ending.COMPLETED:
        return Seen(kind="unknown", evidence=f"the build was not completed ({record.ending.value})")
    steps = [step for step in record.distinct() if step.keyword != "FROM"]
    ran = [step for step in steps if step.outcome is Outcome.EXECUTED]
    if not steps:
        return UNKNOWN_CHANGE
    if not ran:
        return Seen(kind="unchanged", evidence="every step came from the cache")
    everything = len(ran) == len([step for step in steps if step.outcome is not Outcome.SKIPPED])
    if before is None:
        return _alone(ran, everything=everything)
    causes = list(_causes(record, before, changed, manifests))
    if causes:
        kinds, evidence = zip(*causes, strict=True)
        return Seen(kind="+".join(kinds), evidence="; ".join(evidence))
    if everything:
        return Seen(kind="cold", evidence="nothing came from the cache, though no input is known to differ")
    if changed is None:
        return Seen(kind="unknown", evidence="nobody knows which files differ from the build before")
    return Seen(kind="unchanged", evidence=f"the same inputs; {_counted(ran)} ran all the same")


def _alone(ran: Sequence[StepRecord], *, everything: bool) -> Seen:
    if everything:
        return Seen(kind="cold", evidence="nothing came from the cache")
    return Seen(kind="unknown", evidence=f"{_counted(ran)} ran, and no build before it is recorded")


def _causes(
    record: BuildRecord, before: BuildRecord, changed: frozenset[str] | None, manifests: Mapping[str, str]
) -> Sequence[tuple[str, str]]:
    causes: list[tuple[str, str]] = []
    files = changed or frozenset()
    selecting = {path: manifests[path] for path in sorted(files) if path in manifests}
    for ecosystem in sorted(set(selecting.values())):
        mine = [path for path, name in selecting.items() if name == ecosystem]
        causes.append((f"deps:{ecosystem}", f"{_listed(mine)} changed"))
    if rest := sorted(files - set(selecting)):
        causes.append(("code", f"{_listed(rest)} changed"))
    if before.source not in _TELLING or record.source not in _TELLING:
        return causes
    was, now = dict(before.sources.arguments), dict(record.sources.arguments)
    if names := sorted(name for name in {*was, *now} if was.get(name) != now.get(name)):
        causes.append(("args", f"{', '.join(names)} {'has' if len(names) == 1 else 'have'} another value"))
    if _moved(before.sources.dockerfile_digest, record.sources.dockerfile_digest):
        causes.append(("dockerfile", "the Dockerfile changed"))
    was, now = dict(before.sources.bases), dict(record.sources.bases)
    if moved := sorted(name for name in set(was) & set(now) if _moved(was[name], now[name])):
        causes.append(("base", f"{_listed(moved)} moved"))
    return causes


def _moved(before: str, after: str) -> bool:
    return bool(before and after and before != after)


def _counted(steps: Sequence[StepRecord]) -> str:
    return "1 step" if len(steps) == 1 else f"{len(steps)} steps"


def _listed(names: Sequence[str]) -> str:
    if len(names) <= _SHOWN:
        return ", ".join(names)
    return f"{', '.join(names[:_SHOWN])} and {len(names) - _SHOWN} more"
