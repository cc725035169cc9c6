"""Small trees and manifests to test with."""

import hashlib
from collections.abc import Mapping

from layerwise.inputs.manifest import FileSet, Input, InputManifest, Part, Piece, StepInputs, Versions
from layerwise.inputs.tree import Entry, Kind, encode, name_of

Files = Mapping[str, tuple[str, int]]
"""Text and mode by path; a text that begins with `-> ` is a link, a path that ends in `/` an empty directory."""


def planted(files: Files, trees: dict[str, bytes]) -> str:
    """Put files into trees, and return the name of the tree that holds them."""
    return _planted(files, trees).hex() if files else ""


def _planted(files: Files, trees: dict[str, bytes]) -> bytes:
    inner: dict[str, dict[str, tuple[str, int]]] = {}
    entries = []
    for path, (text, mode) in files.items():
        name, slash, rest = path.partition("/")
        if slash:
            inner.setdefault(name, {})
            if rest:
                inner[name][rest] = text, mode
        elif text.startswith("-> "):
            entries.append(Entry(name.encode(), Kind.SYMLINK, None, 0, b"", text.removeprefix("-> ").encode()))
        else:
            digest = hashlib.sha256(text.encode()).digest()
            entries.append(Entry(name.encode(), Kind.FILE, mode, len(text), digest, b""))
    entries += [
        Entry(name.encode(), Kind.DIRECTORY, 0o755, 0, _planted(below, trees), b"") for name, below in inner.items()
    ]
    content, parts = encode(entries)
    trees.update((name_of(one).hex(), one) for one in (content, *parts))
    return name_of(content)


def step(
    instruction: str = "RUN make",
    *pieces: Piece,
    stage: str = "stage-0",
    number: int = 2,
    platform: str = "linux/amd64",
    key: str | None = None,
    inputs: tuple[Input, ...] = (),
    files: tuple[FileSet, ...] = (),
    line: int = 2,
    arguments: tuple[str, ...] = (),
) -> StepInputs:
    """A step whose only piece is its text, unless others are given."""
    return StepInputs(
        platform=platform,
        runs_on=platform,
        stage=stage,
        number=number,
        line=line,
        instruction=instruction,
        key=f"key of {instruction}" if key is None else key,
        arguments=arguments,
        pieces=pieces or (Piece(Part.INSTRUCTION, "command", instruction),),
        inputs=inputs,
        files=files,
    )


def manifest(*steps: StepInputs, trees: Mapping[str, bytes] | None = None, **versions: str) -> InputManifest:
    """A manifest of these steps."""
    return InputManifest(steps=steps, versions=Versions(**versions), trees=trees or {})
