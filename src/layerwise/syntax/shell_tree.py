"""The tree of a shell script: what ``parse_shell`` makes of a RUN's text.

It keeps what decides effects (commands, words, what joins them, where variables and substitutions stand) and drops
the rest. Spans count characters of the script.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.syntax.tree import Span


@dataclass(frozen=True, slots=True)
class Text:
    """Literal characters, quotes and escapes removed."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Expansion:
    """A variable.

    Attributes:
        name: The variable, or a special parameter (``@``, ``?``, ``1``).
        operator: ``""`` for ``$A`` and ``${A}``; ``:-``, ``-``, ``:+``, ``+``, ``:=``, ``=``, ``:?`` or ``?`` with
            ``word``; ``arithmetic`` where it may be assigned too; ``other`` for what layerwise does not compute
            (``${A%%.*}``).
        word: What follows the operator, None where it is not a single word.
        quoted: Whether it stands in double quotes, so that its value is not split.
    """

    name: str
    operator: str = ""
    word: "ShellWord | None" = None
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Substitution:
    """``$(…)``, backquotes, ``<(…)`` or ``>(…)``; ``script`` is None where it was not parsed."""

    script: "Script | None"
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Glob:
    """Unquoted characters that the shell matches against file names, or braces that make several words."""

    text: str
    braces: bool = False


Part = Text | Expansion | Substitution | Glob


@dataclass(frozen=True, slots=True)
class ShellWord:
    """One word as written (``raw``) and its parts from left to right."""

    raw: str
    parts: tuple[Part, ...]
    span: Span

    @property
    def literal(self) -> str | None:
        """The word without its quotes, None where something in it is expanded."""
        texts = [part.text for part in self.parts if isinstance(part, Text)]
        return "".join(texts) if len(texts) == len(self.parts) and not self.tilde else None

    @property
    def tilde(self) -> bool:
        """Whether it starts with an unquoted ``~``, which stands for a home directory."""
        first = self.parts[0] if self.parts else None
        return isinstance(first, Text) and not first.quoted and first.text.startswith("~")

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables it reads, nested defaults included, substitutions not."""
        return tuple(dict.fromkeys(_names(self)))

    @property
    def dynamic(self) -> bool:
        """Whether it holds a substitution, a glob or braces."""
        return any(isinstance(part, Substitution | Glob) for part in self.parts)


def _names(word: ShellWord) -> Iterator[str]:
    for part in word.parts:
        if isinstance(part, Expansion):
            yield part.name
            if part.word is not None:
                yield from _names(part.word)


@dataclass(frozen=True, slots=True)
class Assignment:
    """``name=value``; ``value`` is None for an array or an element of one, ``append`` is set by ``+=``."""

    name: str
    value: ShellWord | None
    append: bool = False


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirect: ``operator`` is ``>``, ``<``, ``>&``, ``<<`` and so on; ``target`` a file, a number or a text."""

    operator: str
    target: ShellWord | None


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command; ``name`` is None where there are only assignments or redirects.

    ``export A=1 B`` and its kin have the pairs in ``assignments`` and the bare names in ``arguments``.
    """

    name: ShellWord | None
    arguments: tuple[ShellWord, ...]
    assignments: tuple[Assignment, ...]
    redirects: tuple[Redirect, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Condition:
    """``[ … ]``, ``[[ … ]]`` or ``(( … ))``: the words in it, and those of them that name files.

    ``operator`` is ``=``, ``==`` or ``!=`` where it compares its two words and does nothing else.
    """

    words: tuple[ShellWord, ...]
    paths: tuple[ShellWord, ...]
    span: Span
    operator: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """``a && b || c``, left to right: the first node, then each ``&&`` or ``||`` with the node behind it."""

    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Pipeline:
    """``a | b | c``."""

    commands: tuple["Node", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Negated:
    """``! command``."""

    body: "Node"
    span: Span


@dataclass(frozen=True, slots=True)
class Group:
    """``{ …; }``, or with ``subshell`` ``( … )``, which keeps its variables and directory to itself."""

    body: "Script"
    subshell: bool
    span: Span


@dataclass(frozen=True, slots=True)
class If:
    """Conditions with their bodies, and the ``else`` (empty where there is none)."""

    branches: tuple[tuple["Script", "Script"], ...]
    otherwise: "Script"
    span: Span


@dataclass(frozen=True, slots=True)
class For:
    """``for variable in words`` or ``select``; ``words`` is None where it walks the script's own arguments."""

    variable: str
    words: tuple[ShellWord, ...] | None
    body: "Script"
    span: Span


@dataclass(frozen=True, slots=True)
class While:
    """``while``, ``until``, or ``for ((…))``, whose three expressions are one ``Condition`` in the condition."""

    condition: "Script"
    body: "Script"
    span: Span


@dataclass(frozen=True, slots=True)
class Case:
    """``case word in``.

    Attributes:
        word: What is looked at.
        choices: The patterns of each arm.
        arms: The body of each.
        falls: Whether an arm goes on with the next one (``;&``, ``;;&``).
    """

    word: ShellWord
    choices: tuple[tuple[ShellWord, ...], ...]
    arms: tuple["Script", ...]
    falls: bool
    span: Span

    @property
    def patterns(self) -> tuple[ShellWord, ...]:
        """The patterns of every arm."""
        return tuple(pattern for choice in self.choices for pattern in choice)


@dataclass(frozen=True, slots=True)
class Function:
    """A function definition."""

    name: str
    body: "Node"
    span: Span


@dataclass(frozen=True, slots=True)
class Redirected:
    """A compound command with redirects of its own."""

    body: "Node"
    redirects: tuple[Redirect, ...]
    span: Span


Node = Command | Condition | Chain | Pipeline | Negated | Group | If | For | While | Case | Function | Redirected


@dataclass(frozen=True, slots=True)
class Statement:
    """A node with what ends it: ``;``, a newline, ``&``, or ``""`` at the end of the script."""

    node: Node
    connector: str


@dataclass(frozen=True, slots=True)
class Script:
    """Statements in the order written."""

    statements: tuple[Statement, ...] = ()
