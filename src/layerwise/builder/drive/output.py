"""Outputs as buildx takes them: ``type=image,name=a/b,push=true``, with the shorthands for them."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})


@dataclass(frozen=True, slots=True)
class Output:
    """Where a build's result goes.

    Attributes:
        kind: ``image``, ``docker``, ``oci``, ``local``, ``tar``, ``cacheonly``; ``registry`` is a pushed image.
        attributes: The others, in order.
    """

    kind: str
    attributes: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        """Return an attribute, "" where it is not set."""
        return dict(self.attributes).get(name, "")

    def on(self, name: str) -> bool:
        """Whether an attribute is set to true."""
        return self.get(name) in _TRUE

    @property
    def names(self) -> tuple[str, ...]:
        """The names that an image is to have."""
        return tuple(name for name in self.get("name").split(",") if name)

    def with_attributes(self, **attributes: str) -> "Output":
        """Return the output with attributes set anew; ``_`` stands for ``-`` in their names."""
        new = {name.replace("_", "-"): value for name, value in attributes.items()}
        return Output(self.kind, tuple({**dict(self.attributes), **new}.items()))

    def __str__(self) -> str:
        return joined([("type", self.kind), *self.attributes])


def read_output(text: str) -> Output | None:
    """Return an output as ``--output`` names it, None where it is none that buildx would take."""
    if "=" not in text:
        return Output("tar", (("dest", "-"),)) if text == "-" else Output("local", (("dest", text),))
    pairs = split(text)
    if pairs is None or not (kind := dict(pairs).get("type", "")):
        return None
    rest = tuple((name, value) for name, value in pairs if name != "type")
    if kind == "registry":
        return Output("image", tuple({"push": "true", **dict(rest)}.items()))
    return Output(kind, rest)


def split(text: str) -> tuple[tuple[str, str], ...] | None:
    """Return the pairs of ``name=value,"name=a,b"`` in order, None where it is no list of them."""
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error:
        return None
    fields = [field.partition("=") for row in rows for field in row]
    if not all(given for _, given, _ in fields):
        return None
    return tuple((name.strip().lower(), value) for name, _, value in fields)


def joined(pairs: Iterable[tuple[str, str]]) -> str:
    """Return pairs as buildx takes them; a value with a comma is quoted as CSV wants it."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([f"{name}={value}" for name, value in pairs])
    return line.getvalue()
