"""Builds in GitHub's workflows and composite actions: the build actions' inputs, and ``run`` scripts."""

import itertools
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from layerwise.invocation import bake_call
from layerwise.invocation.bake_call import BakeCall, bakes_of
from layerwise.invocation.command import Origin, build_of, located, passed_argument
from layerwise.invocation.document import Node, documents
from layerwise.invocation.invocation import (
    Builder,
    Invocation,
    PassedArgument,
    Source,
    joined,
    known_network,
    known_platforms,
)
from layerwise.invocation.shell import Call, calls

Values = Mapping[str, str]
"""What expressions stand for: ``matrix.python`` -> ``3.12``."""


def read(text: str, origin: Origin) -> Iterator[Invocation]:
    """Yield the builds of one workflow or ``action.yml``.

    Raises:
        Unreadable: The file is no YAML.
    """
    for document in documents(text):
        values = dict(_inputs(document)) | _environment(document, {})
        for name, job in document.mapping("jobs"):
            yield from _job(job, values, origin)
            outputs = ((key, node.text or "") for key, node in job.mapping("outputs"))
            values |= {f"needs.{name}.outputs.{key}": evaluated(text, values) for key, text in outputs}
        if runs := document.get("runs"):
            yield from _job(runs, values, origin)


def evaluated(text: str, values: Values) -> str:
    """Return the text with every ``${{ name }}`` filled in whose value is known; other expressions stay."""
    return _EXPRESSION.sub(lambda match: values.get(match[1].replace(" ", ""), match.group()), text)


_EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
_BAKE_ACTION = re.compile(r"[\w.-]+/bake-action(?:@|$)")
_BUILD_ACTION = re.compile(
    r"[\w.-]+/(?:build-push-action|buildah-build|(?P<kaniko>kaniko-action|action-kaniko))(?:@|$)"
)
_NAMED = re.compile(r"(?:::set-output name=)?([\w-]+)(?:=|::)(.*)", re.DOTALL)
_FILES = ("file", "dockerfiles", "containerfiles", "build_file")
_HOSTED = re.compile(r"(?:ubuntu|windows|macos)-[\w.-]+")  # docs.github.com, "Choosing the runner for a job"
_KEEPING_BUILDER = re.compile(r"(?!docker/)[\w.-]+/(?:setup-\w+|build-push-action|bake-action|setup-docker-builder)@")
"""Services whose builders keep their cache between builds come as actions of their own beside docker's."""
_MOST_COMBINATIONS = 256


@dataclass(slots=True)
class _Steps:
    """What the steps of a job have set so far, for one combination of its matrix."""

    values: dict[str, str]
    directory: str
    outputs: dict[str, str] = field(default_factory=dict)


def _job(job: Node, values: dict[str, str], origin: Origin) -> Iterator[Invocation]:
    """Yield the builds of a job, each combination of its matrix in turn, equal ones once; keep its steps' outputs."""
    found: dict[Invocation, None] = {}
    directory = job.scalar("defaults", "run", "working-directory") or "."
    builders_own = _builders_own(job)
    for combination in _matrix(job):
        known = values | combination
        steps = _Steps(known | _environment(job, known), directory)
        for step in (job.get("steps") or job).items():
            fresh = "" if builders_own else _hosted(job, known)
            builds = (replace(build, fresh_machine=fresh) for build in _step(step, steps, origin))
            found |= dict.fromkeys(_in_checkout(build, job, origin) for build in builds)
        values |= steps.outputs
    yield from found


def _hosted(job: Node, values: Values) -> str:
    """Return the label of a machine that GitHub starts for this job alone, "" where it is another one."""
    node = job.get("runs-on")
    labels = [evaluated(label.text or "", values) for label in (node.items() or (node,))] if node else []
    return labels[0] if len(labels) == 1 and _HOSTED.fullmatch(labels[0]) else ""


def _builders_own(job: Node) -> bool:
    """Whether a job builds on a builder that is elsewhere, and so may keep its cache."""
    for step in (job.get("steps") or job).items():
        uses = step.scalar("uses") or ""
        remote = step.scalar("with", "endpoint") or step.scalar("with", "driver") in ("remote", "cloud", "kubernetes")
        if ("setup-buildx-action" in uses and remote) or _KEEPING_BUILDER.match(uses):
            return True
    return False


def _in_checkout(build: Invocation, job: Node, origin: Origin) -> Invocation:
    """Return a build as seen from the repository's root where the job checked it out into a directory of its own."""
    for step in (job.get("steps") or job).items():
        place = joined(".", step.scalar("with", "path") or ".")
        own = (step.scalar("uses") or "").startswith("actions/checkout") and not step.scalar("with", "repository")
        inside = all(f"{path}/".startswith(f"{place}/") for path in (build.dockerfile, build.context))
        if own and inside and not origin.exists(build.dockerfile):
            dockerfile, context = (posixpath.relpath(path, place) for path in (build.dockerfile, build.context))
            return replace(build, dockerfile=dockerfile, context=context)
    return build


def _step(step: Node, steps: _Steps, origin: Origin) -> Iterator[Invocation]:
    values = steps.values | _environment(step, steps.values)
    uses, script = step.scalar("uses"), step.get("run")
    if uses and _BUILD_ACTION.match(uses):
        yield _action(step, values, origin)
    elif uses and _BAKE_ACTION.match(uses):
        yield from bake_call.builds(_bake(step, values, origin.path), origin)
    elif script and script.text:
        directory = evaluated(step.scalar("working-directory") or steps.directory, values)
        variables = _variables(values)
        text = evaluated(script.text, values)
        for call in calls(text, script.text_line, variables=variables, directories=(joined(".", directory),)):
            if build := build_of(call, origin):
                yield build
            yield from bakes_of(call, origin)
            if "GITHUB_" in text or "::set-output" in text:
                _keep_output(call, step.scalar("id") or "", steps)


def _action(step: Node, values: Values, origin: Origin) -> Invocation:
    """Read the inputs of docker/build-push-action and of the actions that share them."""

    def given(*names: str) -> str | None:
        texts = (step.scalar("with", name) for name in names)
        return next((evaluated(text, values).strip() for text in texts if text and text.strip()), None)

    def several(*names: str) -> tuple[str, ...]:
        nodes = (step.get("with", name) for name in names)
        return tuple(evaluated(line, values) for node in nodes if node for line, _ in node.lines())

    context = (given("context", "path") or ".").removeprefix("{{defaultContext}}").lstrip(":") or "."
    context, dockerfile = located(context, given(*_FILES), (".",), origin.exists)
    return Invocation(
        source=Source(origin.path, (step.get("uses") or step).line),
        kind=origin.kind,
        dockerfile=dockerfile,
        context=context,
        target=given("target"),
        platforms=known_platforms(several("platforms", "platform")),
        build_args=tuple(_build_args(step.get("with", "build-args"), values, origin.path)),
        tags=several("tags"),
        cache_from=several("cache-from"),
        cache_to=several("cache-to"),
        outputs=(*several("outputs"), *(("type=registry",) if given("push") not in (None, "false") else ())),
        builder=_builder(step.scalar("uses") or ""),
        network=known_network(given("network")),
    )


def _builder(uses: str) -> Builder:
    match = _BUILD_ACTION.match(uses)
    if match and match["kaniko"]:
        return "kaniko"
    return "buildah" if "buildah" in uses else "buildx"


def _bake(step: Node, values: Values, path: str) -> BakeCall:
    """Read the inputs of docker/bake-action."""

    def several(name: str) -> tuple[tuple[str, int], ...]:
        node = step.get("with", name)
        return tuple((evaluated(line, values), number) for line, number in node.lines()) if node else ()

    return BakeCall(
        source=Source(path, (step.get("uses") or step).line),
        files=tuple(name for text, _ in several("files") for name in re.split(r"[,\s]+", text)),
        targets=tuple(name for text, _ in several("targets") for name in re.split(r"[,\s]+", text)),
        overrides=several("set"),
        environment=_variables(values),
        directory=evaluated(step.scalar("with", "workdir") or ".", values),
    )


def _build_args(node: Node | None, values: Values, path: str) -> Iterator[PassedArgument]:
    for line, number in node.lines() if node else ():
        if not line.startswith("#"):
            yield passed_argument(evaluated(line, values), Source(path, number))


def _keep_output(call: Call, step: str, steps: _Steps) -> None:
    """Note ``echo name=value``, as scripts write into $GITHUB_OUTPUT and $GITHUB_ENV."""
    words = [argument.text for argument in call.words]
    if words[0] in {"echo", "printf"} and len(words) > 1 and (match := _NAMED.match(" ".join(words[1:]))):
        steps.outputs[f"steps.{step}.outputs.{match[1]}"] = match[2]
        steps.values |= steps.outputs | {f"env.{match[1]}": match[2]}


def _environment(node: Node, values: Values) -> dict[str, str]:
    """Return the names and values of ``env`` as ``env.NAME``."""
    return {f"env.{name}": evaluated(value.text or "", values) for name, value in node.mapping("env")}


def _variables(values: Values) -> dict[str, str]:
    """Return the variables that a step's program sees."""
    return {name.removeprefix("env."): value for name, value in values.items() if name.startswith("env.")}


def _inputs(document: Node) -> Iterator[tuple[str, str]]:
    """Yield the defaults of a workflow's inputs, and of a composite action's."""
    for trigger in (("on", "workflow_call"), ("on", "workflow_dispatch"), ()):
        for name, described in document.mapping(*trigger, "inputs"):
            if (default := described.scalar("default")) is not None:
                yield f"inputs.{name}", default


def _matrix(job: Node) -> Iterator[dict[str, str]]:
    """Yield the combinations of a job's matrix as ``matrix.name`` -> value, a single empty one where it has none.

    ``include`` extends the combinations whose values it does not contradict, else it is one of its own; ``exclude``
    removes (docs.github.com, "Running variations of jobs").
    """
    matrix = job.get("strategy", "matrix")
    axes = {name: node.items() for name, node in job.mapping("strategy", "matrix") if node.items()}
    included = [_flat("matrix", node) for node in axes.pop("include", ())]
    excluded = [_flat("matrix", node) for node in axes.pop("exclude", ())]
    product = itertools.product(*([_flat(f"matrix.{name}", one) for one in nodes] for name, nodes in axes.items()))
    plain = [_union(parts) for parts in itertools.islice(product, _MOST_COMBINATIONS)] if axes or not matrix else []
    plain = [one for one in plain if not any(out.items() <= one.items() for out in excluded)]
    extended = [dict(one) for one in plain]
    alone: list[dict[str, str]] = []
    for extra in included:
        fits = [new for one, new in zip(plain, extended, strict=True) if axes and _agree(one, extra)]
        for combination in fits:
            combination.update(extra)
        if not fits:
            alone.append(extra)
    yield from (*extended, *alone) or ({},)


def _agree(one: Values, other: Values) -> bool:
    return all(one.get(name, value) == value for name, value in other.items())


def _union(parts: tuple[dict[str, str], ...]) -> dict[str, str]:
    return {name: value for part in parts for name, value in part.items()}


def _flat(name: str, node: Node) -> dict[str, str]:
    """Return a scalar, or the scalars of nested mappings, under their dotted names; lists joined by commas."""
    if node.items():
        return {name: ",".join(item.text or "" for item in node.items())}
    if node.text is not None:
        return {name: node.text}
    return _union(tuple(_flat(f"{name}.{key.text}", value) for key, value in node.entries()))
