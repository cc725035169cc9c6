"""What a shell script knows between two commands: where it is, its variables, its functions, what it has written."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from layerwise.ecosystems.effects import Effects, Files, Path, Scope
from layerwise.syntax.shell_tree import Node

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class State:
    """A point in a script.

    Attributes:
        cwd: The working directory, None where it cannot be told.
        variables: Known values; a name with None is set to something unknown.
        assigned: Names whose value the script itself has set, so that reading them reads nothing of the environment.
        exported: Those of them that programs see too.
        functions: Bodies by name; None where two definitions are possible.
        written: What commands before this point may have written.
        settled: As in ``Scope``.
    """

    cwd: str | None
    variables: Mapping[str, str | None]
    assigned: frozenset[str] = frozenset()
    exported: frozenset[str] = frozenset()
    functions: Mapping[str, Node | None] = field(default_factory=dict)
    written: frozenset[Path] = frozenset()
    settled: Mapping[str, str] = field(default_factory=dict)

    def assign(self, name: str, value: str | None, *, export: bool = False, settled: str | None = None) -> "State":
        """Return the state after ``name=value``; ``settled`` is the value where no build argument decides it."""
        others = {other: text for other, text in self.settled.items() if other != name}
        return replace(
            self,
            settled=others if settled is None else {**others, name: settled},
            variables={**self.variables, name: value},
            assigned=self.assigned | {name},
            exported=self.exported | {name} if export else self.exported,
        )

    def forget(self, names: Iterable[str]) -> "State":
        """Return the state after the names were set to something unknown."""
        state = self
        for name in names:
            state = state.assign(name, None)
        return state

    def wrote(self, effects: Effects) -> "State":
        """Return the state after a command with these effects."""
        return self if effects.writes <= self.written else replace(self, written=self.written | effects.writes)

    def scope(self, start: Scope) -> Scope:
        """Return the scope of a program at this point of a script that was started in ``start``.

        A variable that the script set but did not export is the shell's own, unless it came from the environment.
        """
        home = self.variables.get("HOME", start.home)
        files = Unwritten(start.files, self.written) if self.written else start.files
        hidden = self.assigned - self.exported - start.environment.keys()
        environment = {name: value for name, value in self.variables.items() if name not in hidden}
        settled = {name: text for name, text in self.settled.items() if name not in hidden}
        return Scope(self.cwd, environment, start.user, home, files, settled, start.installed)


def started(scope: Scope) -> State:
    """Return the state in which a script begins."""
    return State(scope.cwd, scope.environment, settled=scope.settled)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The effects of a node, and the states it may leave behind; a state is None where that end is impossible.

    Attributes:
        effects: Of all that may run.
        passed: After it succeeded.
        failed: After it failed.
        left: After ``break``, ``continue`` or ``return`` in it.
    """

    effects: Effects
    passed: State | None
    failed: State | None
    left: State | None = None


NOTHING = Effects()
"""What a command without effects has."""


def ended(effects: Effects, state: State) -> Outcome:
    """Return the outcome of a program or a shell of its own, which leaves nothing behind but files."""
    after = state.wrote(effects)
    return Outcome(effects, after, after)


def either(effects: Effects, ends: Sequence[Outcome]) -> Outcome:
    """Return the outcome of something that ends as one of ``ends``."""
    return Outcome(
        effects,
        merged(*(end.passed for end in ends)),
        merged(*(end.failed for end in ends)),
        merged(*(end.left for end in ends)),
    )


def merged(*states: State | None) -> State | None:
    """Return what is known where any of the states may hold; None if none of them can."""
    possible = [state for state in states if state is not None]
    if not possible:
        return None
    result = possible[0]
    for other in possible[1:]:
        result = _both(result, other)
    return result


def _both(one: State, other: State) -> State:
    if one is other:
        return one
    return State(
        cwd=one.cwd if one.cwd == other.cwd else None,
        variables=_agreed(one.variables, other.variables, lambda left, right: left == right),
        assigned=one.assigned & other.assigned,
        exported=one.exported & other.exported,
        functions=_agreed(one.functions, other.functions, lambda left, right: left is right),
        written=one.written | other.written,
        settled=dict(one.settled.items() & other.settled.items()),
    )


def _agreed(
    one: Mapping[str, _T | None], other: Mapping[str, _T | None], same: Callable[[_T | None, _T | None], bool]
) -> Mapping[str, _T | None]:
    if one is other:
        return one
    return {
        name: one[name] if name in one and name in other and same(one[name], other[name]) else None
        for name in {**one, **other}
    }


@dataclass(frozen=True, slots=True)
class Unwritten:
    """The project files that commands of this RUN have not written yet; of the others nothing is known."""

    files: Files
    written: frozenset[Path]

    def read(self, path: str) -> str | None:
        """Return the text of a file that is still as it came, None otherwise."""
        return None if self._touched(path) else self.files.read(path)

    def exists(self, path: str) -> bool | None:
        """Whether something lies at ``path``; None where a command may have made or removed it."""
        return None if self._touched(path) else self.files.exists(path)

    def children(self, path: str) -> tuple[str, ...]:
        """Return the names that came from the build context."""
        return self.files.children(path)

    def _touched(self, path: str) -> bool:
        return any(written.covers(path) for written in self.written)
