"""Changes an instruction of a Dockerfile so that its step runs again and does the same."""

from layerwise.syntax.edit import Edit, apply
from layerwise.syntax.tree import Dockerfile, Instruction, Onbuild, Run, Span


def changed(dockerfile: Dockerfile, instruction: Run, token: str) -> str:
    """Return the text with one RUN changed, in a way that is new for each token.

    It gets one more mount, an empty one that no command knows of: part of its cache key in every form and shell, and
    no part of what it leaves, for the builder takes the directory that a mount needs away again.
    """
    at = instruction.span.start + len(instruction.keyword)
    mount = f" --mount=type=tmpfs,target=/.layerwise-{token}"
    return apply(dockerfile, (Edit(Span(at, at), mount),))


def changeable(instruction: Instruction | None) -> Run | None:
    """Return the instruction where it is one that ``changed`` can change, None where it is not."""
    if isinstance(instruction, Onbuild):
        return None
    return instruction if isinstance(instruction, Run) else None
