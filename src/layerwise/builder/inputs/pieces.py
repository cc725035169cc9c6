"""The pieces of a step's definition as they may be kept: labelled, in order, and with secrets replaced."""

from collections.abc import Iterator

from layerwise.builder.redact import Redactor
from layerwise.graph.vertex import Kind, Step
from layerwise.inputs.manifest import Part, Piece
from layerwise.inputs.masking import masked

_VARIABLE = "env "
_MOUNT = " mount"
_SETTINGS = frozenset({"cwd", "user", "network", "security"})
_PLATFORM = frozenset({Kind.RUN, Kind.FROM, Kind.UNKNOWN})
"""Steps whose key holds the platform they run on."""


def pieces_of(step: Step, redact: Redactor) -> tuple[Piece, ...]:
    """Return the pieces of a step."""
    return tuple(_pieces(step, redact))


def variables(step: Step) -> Iterator[tuple[str, str]]:
    """Yield the variables in scope of a step that are in its key, values and all."""
    return ((label.removeprefix(_VARIABLE), value) for label, value in step.definition if label.startswith(_VARIABLE))


def _pieces(step: Step, redact: Redactor) -> Iterator[Piece]:
    if step.kind in _PLATFORM:
        yield Piece(Part.SETTING, "platform", step.platform)
    for label, value in step.definition:
        if label.startswith(_VARIABLE):
            name = label.removeprefix(_VARIABLE)
            secret = redact.is_secret(name)
            yield Piece(Part.VARIABLE, name, redact.argument(name, value) if secret else kept(redact, name, value))
        elif label == "image":
            yield Piece(Part.BASE, redact.text(step.display.removeprefix("FROM ")), redact.text(value))
        else:
            yield Piece(_part(step, label), label, kept(redact, label, value))


def _part(step: Step, label: str) -> Part:
    if label.endswith(_MOUNT):
        return Part.MOUNT
    if label in _SETTINGS or (step.kind is Kind.RUN and label.startswith("--")):
        return Part.SETTING
    return Part.INSTRUCTION


def kept(redact: Redactor, label: str, value: str) -> str:
    """Return a text as it may be kept; what label it has is in the HMAC of one with secrets."""
    shown = redact.text(value)
    return value if shown == value else masked(shown, redact.argument(label, value))
