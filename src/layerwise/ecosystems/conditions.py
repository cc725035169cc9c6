"""Which way a condition goes, where that depends only on what no build argument decides: above all the platform.

Build arguments have values here too, but another build passes others: a rewrite has to hold for those as well.
"""

import re
from dataclasses import dataclass, replace

from layerwise.ecosystems.state import Outcome, State
from layerwise.syntax.shell_commands import COMPARISONS
from layerwise.syntax.shell_tree import Case, Command, Expansion, Script, ShellWord, Substitution, Text

_PLAIN = re.compile(r"[\w./:-]*")  # neither split, nor matched as a pattern


def holds(operator: str, words: tuple[ShellWord, ...], state: State) -> bool | None:
    """Whether a comparison of two words holds, None where that can't be told."""
    if not operator:
        return None
    values = [settled_value(word, state) for word in words]
    if any(value is None for value in values):
        return None
    return (values[0] == values[1]) is not (operator == "!=")


def test_holds(command: Command, state: State) -> bool | None:
    """Whether ``test A = B`` holds, None where that can't be told, or the command is another one."""
    if command.name is None or command.name.literal != "test" or "test" in state.functions:
        return None
    if len(command.arguments) != len(("A", "=", "B")) or command.arguments[1].literal not in COMPARISONS:
        return None
    left, operator, right = command.arguments
    return holds(operator.literal or "", (left, right), state)


def told(outcome: Outcome, result: bool | None) -> Outcome:
    """Return an outcome without the end that a condition of known result can't have."""
    if result is None:
        return outcome
    return replace(outcome, failed=None) if result else replace(outcome, passed=None)


@dataclass(frozen=True, slots=True)
class Taken:
    """The arms of a ``case`` that may run, by their index, and whether one of them surely does."""

    arms: tuple[int, ...]
    surely: bool


def arms_taken(case: Case, state: State) -> Taken:
    """Return the arms that may match: those before the first that surely does, unless they surely don't."""
    every = tuple(range(len(case.arms)))
    value = settled_value(case.word, state)
    if value is None or case.falls:
        return Taken(every, surely=False)
    possible: list[int] = []
    for index, patterns in enumerate(case.choices):
        matches = [_matches(value, pattern, state) for pattern in patterns]
        if True in matches:
            return Taken((*possible, index), surely=True)
        if None in matches:
            possible.append(index)
    return Taken(tuple(possible), surely=False)


def _matches(value: str, pattern: ShellWord, state: State) -> bool | None:
    if pattern.raw == "*":
        return True
    known = settled_value(pattern, state)
    return None if known is None else known == value


def settled_value(word: ShellWord, state: State) -> str | None:
    """Return a word's value where no build argument decides it, and it is one plain word; None otherwise."""
    pieces: list[str] = []
    for part in word.parts:
        match part:
            case Text():
                value: str | None = part.text
            case Expansion(operator=""):
                value = state.settled.get(part.name)
            case Substitution():
                value = _printed(part.script, state)
            case _:
                value = None
        if value is None or (not value and isinstance(part, Expansion) and not part.quoted):
            return None
        pieces.append(value)
    text = "".join(pieces)
    return text if _PLAIN.fullmatch(text) and not word.tilde else None


def _printed(script: Script | None, state: State) -> str | None:
    """Return what a substitution prints, where that is known of its only command."""
    if script is None or len(script.statements) != 1:
        return None
    node = script.statements[0].node
    if not isinstance(node, Command) or node.name is None or node.assignments or node.redirects:
        return None
    words = [word.literal for word in (node.name, *node.arguments)]
    if None in words or node.name.literal in state.functions:
        return None
    return state.settled.get(f"$({' '.join(word or '' for word in words)})")
