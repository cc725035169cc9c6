"""A command as it runs: its name and its arguments after the shell expanded them, as far as that can be told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument.

    Attributes:
        text: Its value; what cannot be told (a variable of unknown value, a substitution) stands in it as written.
        known: Whether ``text`` is the value, matches of a glob aside.
        prefix: What the value is certain to start with; ``text`` itself where it is known and no glob.
        glob: Whether the shell replaces it by the names of the files that match it, where some do.
    """

    text: str
    known: bool = True
    prefix: str = ""
    glob: bool = False

    @property
    def value(self) -> str | None:
        """The exact value, None where that cannot be told."""
        return self.text if self.known and not self.glob else None


def literal(text: str) -> Argument:
    """Return an argument of known value."""
    return Argument(text, prefix=text)


@dataclass(frozen=True, slots=True)
class Call:
    """A command with its arguments; ``path`` is what was written where the name held a slash."""

    name: str
    arguments: tuple[Argument, ...] = ()
    path: str | None = None

    def __str__(self) -> str:
        return " ".join((self.path or self.name, *(argument.text for argument in self.arguments)))


def call_of(words: tuple[Argument, ...]) -> Call | None:
    """Return the call whose name is the first word; None where that is missing or unknown."""
    if not words or words[0].value is None or not words[0].text:
        return None
    name = words[0].text
    return Call(name.rstrip("/").rpartition("/")[2], words[1:], name if "/" in name else None)
