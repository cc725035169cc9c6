"""Graphs to the input manifest of a build that is about to begin."""

import re
from collections.abc import Iterator, Sequence

from layerwise.builder.inputs.contents import Contents
from layerwise.builder.inputs.files import Files
from layerwise.builder.inputs.known import KnownFiles
from layerwise.builder.inputs.pieces import kept, pieces_of, variables
from layerwise.builder.inputs.taken import MadeTrees, Taker
from layerwise.builder.redact import Redactor
from layerwise.graph.checksum import Digests, ListForm
from layerwise.graph.context import Context
from layerwise.graph.copying import Selection
from layerwise.graph.request import Request
from layerwise.graph.state import instruction_key
from layerwise.graph.vertex import Edge, Graph, Step
from layerwise.inputs.manifest import FileSet, Input, InputManifest, StepInputs, Trees, Versions
from layerwise.inputs.tree import EMPTY
from layerwise.syntax.display import one_line

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.\d+")
_LISTS_PATHS = (0, 26)


def inputs_of(
    graphs: Sequence[Graph],
    request: Request,
    redact: Redactor,
    files: Files,
    versions: Versions | None = None,
) -> InputManifest:
    """Return the input manifest of a build, before it begins; the files that its steps take are hashed.

    ::

        context = read_context(root, dockerfile)                  # graph.context
        request = Request(context=context, ...)
        graphs = [lower(parsed, request, platform) for platform in request.platforms]
        manifest = inputs_of(graphs, request, redact, Files(state_directory(environment) / "files"), versions)
        store.add_inputs(build, manifest)                         # before the build or after it, once there is an id

    No file makes it fail: one that is gone or can't be read is named in ``notes``.

    Args:
        graphs: One a platform, of ``graph.lower``.
        request: What they were lowered for.
        redact: Masks secrets.
        files: Remembers digests of files between builds.
        versions: What turns the Dockerfile into keys, as far as the caller knows.
    """
    versions = versions or Versions()
    redact = redact.knowing(_passed(request))
    redact = redact.knowing(pair for graph in graphs for step in graph for pair in variables(step))
    contexts = _Contexts(request, files, _form(versions))
    steps: list[StepInputs] = []
    for graph in sorted(graphs, key=lambda one: one.platform):
        first = len(steps)
        places = {step.id: first + position for position, step in enumerate(graph)}
        for step in graph:
            inputs = tuple(_input(places[edge.step], edge, redact) for edge in step.edges)
            steps.append(_step(graph.platform, step, inputs, contexts, redact))
    notes, trees = contexts.finished()
    return InputManifest(steps=tuple(steps), versions=versions, notes=notes, trees=trees)


def _passed(request: Request) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in request.build_args.items() if value is not None)


def _form(versions: Versions) -> ListForm:
    """Return what a BuildKit does with lists of files; of one that does not say its version, what the newest does."""
    found = _VERSION.match(versions.buildkit)
    old = found is not None and (0, 0) < (int(found[1]), int(found[2])) < _LISTS_PATHS
    return ListForm.NAMES if old else ListForm.PATHS


def _input(place: int, edge: Edge, redact: Redactor) -> Input:
    return Input(place, None if edge.paths is None else tuple(kept(redact, "path", path) for path in edge.paths))


def _step(platform: str, step: Step, inputs: tuple[Input, ...], contexts: "_Contexts", redact: Redactor) -> StepInputs:
    number = step.id.rpartition(":")[2] if step.instruction else "0"
    return StepInputs(
        platform=platform,
        runs_on=step.platform,
        stage=step.stage,
        number=int(number),
        line=step.line,
        instruction=one_line(redact.text(step.display)),
        key=instruction_key(step.instruction) if step.instruction else "",
        arguments=tuple(name for name, _ in variables(step) if f"arg {name}" in step.origins),
        pieces=pieces_of(step, redact),
        inputs=inputs,
        files=tuple(contexts.take(selection) for selection in step.files),
    )


class _Contexts:
    """The contexts of a build, each with what steps take of it."""

    def __init__(self, request: Request, files: Files, form: ListForm) -> None:
        named = {id(context): name for name, context in request.contexts.items() if isinstance(context, Context)}
        self._names = {**named, id(request.context): ""}
        self._files = files
        self._form = form
        self._known: list[KnownFiles] = []
        self._takers: dict[int, Taker] = {}

    def take(self, selection: Selection) -> FileSet:
        """Return what a step takes; of a context that was not read from a directory the key alone."""
        context = selection.context
        name = self._names.get(id(context), "")
        if context.listing is None:
            return FileSet(name, Digests(context, self._form).content(selection), EMPTY)
        if id(context) not in self._takers:
            known = self._files.of(context.listing)
            self._known.append(known)
            self._takers[id(context)] = Taker(name, context, Contents(known), self._form)
        return self._takers[id(context)].take(selection)

    def finished(self) -> tuple[tuple[str, ...], Trees]:
        """Remember the digests; return what went wrong, a sentence each, and the trees."""
        notes = [note for known in self._known for note in (*known.notes, known.save()) if note]
        return tuple(notes), MadeTrees(self._takers.values())
