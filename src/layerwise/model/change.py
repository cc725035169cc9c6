"""A change: the set of inputs in which one build differs from the one before it."""

from dataclasses import dataclass, field

from layerwise.ecosystems.sieve import Rewritten


@dataclass(frozen=True, slots=True)
class Change:
    """What differs from the build before.

    Attributes:
        name: A commit's id, or a scenario's name.
        files: Paths relative to the build context.
        renamed: Those of them that came, went or changed their mode; what the others hold is another.
        arguments: Build arguments whose value is another one.
        instructions: Instructions of the Dockerfile that are new, in the words of ``graph.state.origins``.
        bases: Whether the base images moved.
        everything: Whether nothing is cached at all.
        weight: How often it happens, relative to the other changes beside it.
        subject: What a person calls it: a commit's first line, a scenario's meaning.
        rewritten: The texts of some of the files, before and after: of those that a step may take some lines of.
    """

    name: str
    files: frozenset[str] = frozenset()
    arguments: frozenset[str] = frozenset()
    instructions: frozenset[str] = frozenset()
    bases: bool = False
    everything: bool = False
    weight: float = 1.0
    renamed: frozenset[str] = frozenset()
    subject: str = field(default="", compare=False)
    rewritten: tuple[Rewritten, ...] = field(default=(), repr=False)

    def texts(self, path: str) -> Rewritten | None:
        """Return the texts of a file before and after, None where they are not known."""
        return next((one for one in self.rewritten if one.path == path), None)


COLD = Change("cold", everything=True, subject="an empty cache")
"""A build that finds nothing cached."""
