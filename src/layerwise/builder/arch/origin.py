"""Which step of a Dockerfile brought a layer, by the history in the image's config."""

import re

import msgspec

from layerwise.syntax.display import one_line

_SHELL = re.compile(r"^(?:RUN )?(?:\|\d+ .*?)?/bin/(?:ba)?sh -c (?:#\(nop\) +)?")
_LONGEST = 100  # characters of an instruction


class History(msgspec.Struct):
    """What a config says of one step."""

    created_by: str | None = ""
    empty_layer: bool | None = False


def brought_by(history: list[History], layer: int, layers: int) -> str:
    """Return what brought a layer: ``COPY app /app`` and which layer it is, or that alone where the history is none."""
    place = f"layer {layer + 1} of {layers}"
    steps = [one.created_by or "" for one in history if not one.empty_layer]
    if len(steps) != layers or not steps[layer].strip():
        return place
    return f"`{_instruction(steps[layer])}` ({place})"


def _instruction(text: str) -> str:
    line = one_line(text).removesuffix("# buildkit").strip()
    nop = "#(nop)" in line
    line = _SHELL.sub("" if nop else "RUN ", line)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
