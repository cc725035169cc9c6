"""Proves a plan with builds and remembers what they show: what ``prove`` and ``optimize --prove`` have in common."""

import pathlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from layerwise import __version__
from layerwise.builder.drive.command_line import CommandLine
from layerwise.builder.redact import Redactor
from layerwise.cli import benching
from layerwise.cli.measured import profile_in
from layerwise.cli.proof_options import Demand
from layerwise.cli.settings import settings
from layerwise.model.change import Change
from layerwise.passes import PASSES
from layerwise.passes.base import Pass
from layerwise.plan import Options, Plan
from layerwise.project import Project, Wanted
from layerwise.prove.arguments import values
from layerwise.prove.bench.images import Images
from layerwise.prove.bench.looks import Looks
from layerwise.prove.bench.proof import Means, Settled, named, nothing_to_prove, prove
from layerwise.prove.bench.result import Bench, Run, Side
from layerwise.prove.bench.scenarios import listed
from layerwise.prove.bench.session import Session
from layerwise.prove.bench.stand import place_in
from layerwise.prove.bench.subject import How, Subject
from layerwise.prove.bench.variants import Variants
from layerwise.prove.gate import Stamp
from layerwise.records import BuildRecord
from layerwise.report.proof_steps import Recorded
from layerwise.store import Store

_AGAIN = (
    "what was measured is kept: the same command goes on from there; `layerwise bench --clean` removes what was made"
)
_OFTEN = frozenset({"cold", "unchanged", "code", "args", "code+args"})
_DEPENDENCIES = "deps:"


@dataclass(frozen=True, slots=True)
class Shown:
    """A proof, and the builds whose steps a report compares."""

    settled: Settled
    recorded: tuple[Recorded, ...]


def settle(
    project: Project,
    asked: Wanted,
    options: Options,
    demand: Demand,
    store: str | None,
    line: CommandLine,
    passes: Sequence[Pass] = PASSES,
) -> Shown:
    """Prove a project's plan, and remember in the store what later plans are to know of it.

    Args:
        project: What is built.
        asked: For its named contexts.
        options: Of the plan.
        demand: What of the proof.
        store: What the command line names.
        line: Further options of ``docker buildx build``.
        passes: Propose the edits.

    Raises:
        UsageError: There is no scenario of that name, or another bench of the project is running.
        BuilderError: There is no docker here, no builder that answers, or no room.
        BuildFailed: The file as it stands does not build.
        StoreError: The store can't be written.
        KeyboardInterrupt: The user's; he was told how to go on.
    """
    found = settings(store, project.context_path)
    redactor = found.redactor()
    subject = benching.subject_of(project, found, benching.options_of(project, asked, line).arguments())
    budget_s = None if demand.budget is None else benching.seconds_of(demand.budget)
    how = How(runs=demand.runs, budget_s=budget_s, edits=benching.own_edits(project))
    scenarios = _scenarios(project, demand.scenarios)
    variants = Variants(project.analysis, _tried_again(options) if demand.again else options, passes)
    whole = variants.plan(frozenset())
    if not whole.changed:
        return Shown(nothing_to_prove(whole, _nothing(subject)), ())
    for sentence in _begun(whole, options):
        benching.say(sentence)
    try:
        with (
            benching.ended_in_order(),
            found.store() as kept,
            benching.session(subject, how, found, kept, [project.analysis]) as session,
            # The bench's own place: what somebody killed leaves there is removed with the rest.
            tempfile.TemporaryDirectory(prefix="images-", dir=session.runner.directory) as directory,
        ):
            arguments = values(project.analysis, found.environment)
            images, again = (_images(session, project, pathlib.Path(directory), arguments) for _ in range(2))
            means = Means(
                variants=variants,
                looks=Looks(variants, images, again),
                session=session,
                scenarios=scenarios,
                unmeasured=_nothing(subject),
                calibrate=lambda: project.measured(profile_in(kept, found.project, project)).analysis,
                strict=demand.strict,
                stamp=Stamp(time.time, __version__),
                say=lambda text: benching.say(redactor.text(text)),
            )
            settled = _masked(prove(means), redactor)
            kept.add_proofs(found.project, settled.proofs)
            recorded = tuple(_recorded(settled, session, kept, found.project))
            found.retain(kept, {found.project})
    except KeyboardInterrupt:
        benching.say(_AGAIN)
        raise
    return Shown(settled, recorded)


def _scenarios(project: Project, names: Sequence[str]) -> tuple[Change, ...]:
    """Return the scenarios of these names; without names those that happen often.

    Raises:
        UsageError: There is none of a name.
    """
    context = project.analysis.facts.request.context
    found = listed(project.analysis, place_in(context, pathlib.Path(project.dockerfile_path)), names).measured
    return found if names else tuple(one for one in found if one.name in _OFTEN or one.name.startswith(_DEPENDENCIES))


def _begun(whole: Plan, options: Options) -> Iterator[str]:
    """Yield what is proved, and what is not."""
    count = len(whole.kept)
    edits = ", ".join(named(edit) for edit in whole.kept)
    yield f"proving {count} edit{'s' * (count > 1)}: {edits}"
    if options.allow:
        yield f"left out is what changes the image on purpose ({', '.join(sorted(options.allow))})"


def _tried_again(options: Options) -> Options:
    """Return the options of a plan without what speaks against edits."""
    return replace(options, proofs={digest: proof for digest, proof in options.proofs.items() if proof.passed})


def _images(session: Session, project: Project, directory: pathlib.Path, arguments: tuple[str, ...]) -> Images:
    return Images(session, project.analysis, directory, session.runner.builds.scope(), arguments)


def _nothing(subject: Subject) -> Bench:
    return Bench(project=subject.project, dockerfile=subject.named, planned=False, isolation="", rows=(), spent_s=0.0)


def _masked(settled: Settled, redactor: Redactor) -> Settled:
    dropped = tuple(replace(one, reason=redactor.text(one.reason)) for one in settled.proved.dropped)
    proofs = tuple(replace(proof, why=redactor.text(proof.why)) for proof in settled.proofs)
    return replace(settled, proved=replace(settled.proved, dropped=dropped), proofs=proofs)


def _recorded(settled: Settled, session: Session, kept: Store, project: str) -> Iterator[Recorded]:
    """Yield a build of each side for every scenario and platform that was measured on both."""
    sides = {Side.BEFORE: settled.plan.before, Side.AFTER: settled.plan.after}
    for row in settled.proved.bench.rows:
        if row.before and row.after:
            runs = {side: session.runs(file, row.scenario, row.platform) for side, file in sides.items()}
            before, after = (_record(runs[side], kept, project) for side in sides)
            if before and after:
                yield Recorded(scenario=row.scenario, platform=row.platform, before=before, after=after)


def _record(runs: Sequence[Run], kept: Store, project: str) -> BuildRecord | None:
    """Return the record of the middle one of several runs, None where there is none."""
    found = sorted((run for run in runs if run.build), key=lambda run: run.wall_s)
    return kept.find(found[(len(found) - 1) // 2].build, project) if found else None
