"""Builds rewrites that need a proof, and remembers what the builds have shown."""

import os
import pathlib
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace

import click

from layerwise import __version__
from layerwise.builder.buildx import require_builder
from layerwise.builder.redact import Redactor
from layerwise.cli.settings import settings
from layerwise.errors import BuilderError
from layerwise.passes.base import Safety
from layerwise.plan import Options, plan
from layerwise.project import Project, Wanted
from layerwise.prove.arguments import values
from layerwise.prove.gate import Stamp, prove_offered
from layerwise.prove.trials import Subject, Trials, build_options
from layerwise.records import Proof


def proved(project: Project, asked: Wanted, options: Options, store: str | None, buildx: Sequence[str]) -> Options:
    """Return the options of a plan with what builds show of its rewrites.

    Args:
        project: What is built.
        asked: For its named contexts.
        options: Of the plan.
        store: What the command line names.
        buildx: Further options of ``docker buildx build``.

    Raises:
        BuilderError: There is no docker here, or no builder that answers.
        BuildFailed: The file as it stands does not build.
        StoreError: The store can't be written.
    """
    made = plan(project.analysis, options)
    if not any(one.proposal.safety is Safety.AFTER_PROOF for one in made.offered):
        _say("no rewrite waits for a proof")
        return options
    _require_builder()
    found = settings(store, project.context_path)
    redactor = found.redactor()
    given = (*build_options(project.analysis.facts.request, asked.contexts), *buildx)
    subject = Subject(pathlib.Path(project.dockerfile_path), pathlib.Path(project.context_path), given)
    with found.store() as opened, tempfile.TemporaryDirectory(prefix="layerwise-proof-") as directory:
        trials = Trials(subject, pathlib.Path(directory), _say, values(project.analysis, found.environment))
        shown = prove_offered(project.analysis, options, trials, Stamp(time.time, __version__))
        proofs = tuple(_masked(proof, redactor) for proof in shown.proofs)
        opened.add_proofs(found.project, proofs)
    for line in dict.fromkeys(_result(proof) for proof in proofs):
        _say(line)
    if shown.note:
        _say(shown.note)
    return replace(options, proofs={**options.proofs, **{proof.digest: proof for proof in proofs}})


def _require_builder() -> None:
    try:
        require_builder(dict(os.environ))
    except BuilderError as error:
        raise BuilderError(
            f"--verify builds the file, and {error}; start Docker or choose a builder with `docker buildx use`, "
            "or leave --verify out to see the plan"
        ) from error


def _masked(proof: Proof, redactor: Redactor) -> Proof:
    return replace(proof, why=redactor.text(proof.why))


def _result(proof: Proof) -> str:
    return f"{proof.pass_name}: {'the images are the same' if proof.equal else proof.why}, {proof.day}"


def _say(text: str) -> None:
    click.echo(f"layerwise: {text}", err=True)
