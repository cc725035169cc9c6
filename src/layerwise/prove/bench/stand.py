"""One side of a bench on disk: a working copy of the context, and the Dockerfile that is built in it."""

from dataclasses import dataclass, field
from pathlib import Path

from layerwise.analysis import Analysis
from layerwise.graph.context import Context
from layerwise.graph.ignore import IGNORE_FILE
from layerwise.prove.bench.tree import Working

_DOCKERFILE = "Dockerfile"


@dataclass
class Stand:
    """A side that can be built.

    The Dockerfile and the ignore file that is built with lie beside the working copy, whatever lies in it: a
    ``Dockerfile.dockerignore`` counts before any other. Where the context holds them itself, they are there as well,
    for a COPY may take them.

    Attributes:
        directory: Holds both; the bench's own.
        context: The build context.
        written: The Dockerfile's path in the context, "" where it is not there.
        working: The copy.
    """

    directory: Path
    context: Context
    written: str
    working: Working = field(init=False)

    def __post_init__(self) -> None:
        pristine = self.directory.parent / "pristine"
        self.working = Working(self.directory / "context", pristine, self.context.entries)

    @property
    def dockerfile(self) -> Path:
        """What is built."""
        return self.directory / _DOCKERFILE

    def show(self, analysis: Analysis) -> None:
        """Stand for these texts; the working copy is as it was found."""
        if not self.working.root.exists():
            self.working.make()
        self.working.restore()
        self.write_dockerfile(analysis.dockerfile.text)
        ignore = self.context.rules.text if analysis.ignore is None else analysis.ignore
        if ignore:
            self.dockerfile.with_name(f"{_DOCKERFILE}{IGNORE_FILE}").write_bytes(_bytes(ignore))
        name = self.context.rules.path or IGNORE_FILE
        if analysis.ignore is not None and name in self.context.entries:
            self.working.write(name, _bytes(ignore))

    def write_dockerfile(self, text: str) -> None:
        """Give the Dockerfile another text."""
        self.dockerfile.write_bytes(_bytes(text))
        if self.written and self.working.read(self.written) != _bytes(text):
            self.working.write(self.written, _bytes(text))

    def take_dockerfile(self) -> None:
        """Build what the working copy holds as its Dockerfile: a program may have changed it there."""
        if self.written:
            self.dockerfile.write_bytes(self.working.read(self.written))


def place_in(context: Context, dockerfile: Path) -> str:
    """Return where a Dockerfile lies in a context, "" where it does not."""
    assert context.root is not None, "only a context on disk can be built"
    root, path = context.root.resolve(), dockerfile.resolve()
    inside = path.relative_to(root).as_posix() if path.is_relative_to(root) else ""
    return inside if inside in context.entries else ""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
