"""What buildx says of a finished build in its ``--metadata-file``."""

import json
import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from layerwise.builder.local_state import Reference

_DIGEST, _DESCRIPTOR, _REFERENCE = "containerimage.digest", "containerimage.descriptor", "buildx.build.ref"
_PROVENANCE, _NAME = "buildx.build.provenance", "image.name"


@dataclass(frozen=True, slots=True)
class Metadata:
    """One file.

    Attributes:
        values: As buildx wrote them; empty where there is no file, as after a build that failed.
    """

    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Of the image's manifest or index, "" where none was made."""
        return str(self.values.get(_DIGEST, ""))

    @property
    def reference(self) -> Reference | None:
        """The engine's record of the build."""
        parts = str(self.values.get(_REFERENCE, "")).split("/")
        return Reference(*parts) if len(parts) == 3 else None  # noqa: PLR2004 - builder, node, id


def read_metadata(path: pathlib.Path) -> Metadata:
    """Return what a file says, nothing where there is none that can be read."""
    try:
        found: object = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return Metadata()
    return Metadata(found if isinstance(found, dict) else {})


def combined(parts: Mapping[str, Metadata], digest: str, names: Sequence[str]) -> dict[str, object]:
    """Return the metadata of an image of several platforms, in the form that buildx gives it.

    Args:
        parts: Those of each platform's own build.
        digest: Of the index, "" where no tag names one.
        names: The image's.
    """
    made: dict[str, object] = {}
    for platform, part in parts.items():
        for key, value in part.values.items():
            if key == _PROVENANCE:
                made[_PROVENANCE if len(parts) == 1 else f"{_PROVENANCE}/{platform}"] = value
            elif key.startswith("buildx.build.warnings"):
                made[key] = [*_list(made.get(key)), *_list(value)]
            elif key not in (_DIGEST, _DESCRIPTOR, _NAME):
                made.setdefault(key if key == _REFERENCE or len(parts) == 1 else f"{key}/{platform}", value)
    if digest:
        made[_DIGEST] = digest
        own = [part.values[_DESCRIPTOR] for part in parts.values() if part.digest == digest]
        made |= {_DESCRIPTOR: own[0]} if own else {}
    if names:
        made[_NAME] = ",".join(names)
    return made


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
