"""Which steps run again after a change, as input manifests tell it."""

from pathlib import Path

from tests.builder.inputs.trees import later
from tests.docker.test_invalidation import Inputs

from layerwise.builder.inputs.files import Files
from layerwise.builder.inputs.make import inputs_of
from layerwise.builder.redact import Redactor
from layerwise.graph.context import Context
from layerwise.graph.request import Request
from layerwise.inputs.differences import differences
from layerwise.inputs.manifest import InputManifest


def manifest_of(inputs: Inputs, state: Path) -> InputManifest:
    """The manifest of what a build is made from, as it is now."""
    request = Request(context=Context.from_paths(()), build_args=inputs.args)  # the graph's own context is another
    return inputs_of([inputs.graph()], request, Redactor(b"key"), Files(state, later))


def running(before: InputManifest, after: InputManifest) -> set[str]:
    """The steps that differ, and those that depend on one that does."""
    differing = [one.new for one in differences(before, after).steps]
    found: set[int] = set()
    for place, step in enumerate(after.steps):
        if any(step is one for one in differing) or any(one.step in found for one in step.inputs):
            found.add(place)
    return {after.steps[place].id for place in found}
