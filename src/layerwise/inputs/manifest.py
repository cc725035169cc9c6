"""The input manifest of a build: per step the pieces of its cache key.

Nothing in it is secret: values that look so are an HMAC under the user's own key in its place.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, Protocol


class Part(Enum):
    """Which part of a step's definition a piece belongs to."""

    INSTRUCTION = "instruction"
    """What is executed, or what a COPY, ADD or WORKDIR says, with variables expanded."""
    SETTING = "setting"
    """Working directory, user, network, security and further flags of a RUN."""
    MOUNT = "mount"
    VARIABLE = "variable"
    """What ARG, ENV or the base image sets for a RUN, whether it is used or not."""
    BASE = "base"
    """The digest of an image, its reference where nobody looked it up."""


class Piece(NamedTuple):
    """One labelled piece of a step's definition.

    Attributes:
        part: What it belongs to.
        name: ``command``, ``cwd``, ``cache mount``; of a variable its name, of a base its reference.
        value: Its text; of a secret variable an HMAC, of another text with secrets in it what ``inputs.masking`` says.
    """

    part: Part
    name: str
    value: str


class Input(NamedTuple):
    """Another step that a step depends on.

    Attributes:
        step: Its place in ``InputManifest.steps``.
        paths: None where its key counts, whatever it made; else the paths whose content alone counts.
    """

    step: int
    paths: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class FileSet:
    """The files that one COPY, ADD or bind mount takes of a build context.

    Attributes:
        context: A named context's name, "" for the main one; in no key.
        digest: BuildKit's content key of what is taken.
        tree: The name of a tree that holds what is taken at its path in the context; "" where nothing is, or nobody
            walked the context. It shows what changed where the digest has; of itself it says nothing.
    """

    context: str = field(compare=False)
    digest: str
    tree: str = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepInputs:
    """What one step's cache key is made of; two are equal where their keys have the same pieces.

    Attributes:
        platform: The one it is for, as in ``records.StepRecord``, and so are the next six; these are in no key.
        runs_on: See there.
        stage: See there.
        number: See there; 0 for an image that only a COPY --from or a mount names.
        line: See there.
        instruction: As written.
        key: See there; "" for an image that only a COPY --from or a mount names.
        arguments: Which of the variables are build arguments.
        pieces: Of its definition, in the order in which they count.
        inputs: Other steps.
        files: One for each source of files of a build context.
    """

    platform: str
    runs_on: str = field(compare=False)
    stage: str = field(compare=False)
    number: int = field(compare=False)
    line: int = field(compare=False)
    instruction: str = field(compare=False)
    key: str = field(compare=False)
    arguments: tuple[str, ...] = field(default=(), compare=False)
    pieces: tuple[Piece, ...]
    inputs: tuple[Input, ...] = ()
    files: tuple[FileSet, ...] = ()

    @property
    def id(self) -> str:
        """``stage:number``, as in ``records.StepRecord``."""
        return f"{self.stage}:{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """What turns a Dockerfile into steps and keys; "" where nobody looked.

    Attributes:
        frontend: The image that ``# syntax=`` or BUILDKIT_SYNTAX names, "" for the one that BuildKit brings.
        buildkit: The engine's BuildKit.
        buildx: The client.
    """

    frontend: str = ""
    buildkit: str = ""
    buildx: str = ""


class Trees(Protocol):
    """The directories that files lie in, encoded (``inputs.tree``), by their names in hexadecimal."""

    def __getitem__(self, name: str, /) -> bytes:
        """Return an encoded directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputManifest:
    """What a build is made of, step by step, inputs before their users; equal ones have the same keys.

    Attributes:
        steps: Platform by platform, sorted; a step that platforms share stands here once for each.
        versions: What makes the keys.
        notes: What could not be read or is not certain, a sentence each.
        trees: The directories that the steps' files lie in.
    """

    steps: tuple[StepInputs, ...]
    versions: Versions = field(default_factory=Versions)
    notes: tuple[str, ...] = field(default=(), compare=False)
    trees: Trees = field(default_factory=dict[str, bytes], compare=False, repr=False)

    def roots(self) -> tuple[str, ...]:
        """Return the names of the trees that steps take, each once."""
        return tuple(dict.fromkeys(files.tree for step in self.steps for files in step.files if files.tree))
