"""Where a shell script goes: conditions, chains, branches and loops, each by the ways in which its parts can end."""

from dataclasses import replace
from typing import Protocol

from layerwise.ecosystems.base import closed
from layerwise.ecosystems.conditions import arms_taken, holds, told
from layerwise.ecosystems.effects import Effects, Scope
from layerwise.ecosystems.expand import expand_all
from layerwise.ecosystems.places import place
from layerwise.ecosystems.redirects import effects_of_redirects
from layerwise.ecosystems.state import NOTHING, Outcome, State, either, ended, merged
from layerwise.syntax.shell_tree import (
    Case,
    Chain,
    Command,
    Condition,
    For,
    Function,
    If,
    Node,
    Pipeline,
    Redirected,
    Script,
    ShellWord,
    While,
)

_MOST_TURNS = 32  # of a for loop over known words
_SETTLED = 6  # rounds after which a loop's state is given up


class Walker(Protocol):
    """What runs the parts of what is walked through here."""

    @property
    def start(self) -> Scope:
        """Where the script runs."""

    def script(self, script: Script, state: State) -> Outcome:
        """Run statements one after the other."""

    def node(self, node: Node, state: State) -> Outcome:
        """Run one node."""

    def words(self, words: tuple[ShellWord, ...], state: State) -> tuple[Effects, State]:
        """Return what expanding words reads and runs, and the state after it."""


def next_state(node: Node, passed: State | None, failed: State | None) -> State | None:
    """Return the state in which the next line starts.

    A ``cd`` on a line of its own is taken to succeed: a build that goes on in the wrong directory is broken anyway.
    """
    if isinstance(node, Command) and passed is not None:
        return passed
    return merged(passed, failed)


def compound(node: If | For | While | Case | Function | Redirected, state: State, walk: Walker) -> Outcome:
    """Run what has bodies of its own."""
    match node:
        case If():
            return _branches(node, state, walk)
        case For():
            return _each(node, state, walk)
        case While():
            return _loop(node, state, walk)
        case Case():
            return _case(node, state, walk)
        case Function():
            known = replace(state, functions={**state.functions, node.name: node.body})
            return Outcome(NOTHING, known, known)
        case Redirected():
            around = effects_of_redirects(node.redirects, state, state.scope(walk.start))
            outcome = walk.node(node.body, state)
            return replace(outcome, effects=around | outcome.effects)


def chain(node: Chain, state: State, walk: Walker) -> Outcome:
    """Run ``a && b || c``: each part where the one before it ended the way that leads there."""
    outcome = walk.node(node.first, state)
    for operator, following in node.rest:
        entry = outcome.passed if operator == "&&" else outcome.failed
        if entry is None:
            continue
        after = walk.node(following, entry)
        if operator == "||" and any(work.kind != "shell" for work in outcome.effects.work):
            # what stands in for a command that fails is no part of what a build spends its time on
            after = replace(after, effects=replace(after.effects, work=()))
        other = outcome.failed if operator == "&&" else outcome.passed
        sides = (
            (after.passed, merged(other, after.failed))
            if operator == "&&"
            else (merged(other, after.passed), after.failed)
        )
        outcome = Outcome(outcome.effects | after.effects, *sides, merged(outcome.left, after.left))
    return outcome


def pipeline(node: Pipeline, state: State, walk: Walker) -> Outcome:
    """Run each part in a shell of its own."""
    effects = NOTHING
    for command in node.commands:
        effects |= walk.node(command, state.wrote(effects)).effects
    return ended(effects, state)


def condition(node: Condition, state: State, walk: Walker) -> Outcome:
    """Read what a condition looks at; arithmetic may assign what it names."""
    effects, after = walk.words(node.words, state)
    home = after.scope(walk.start).home
    paths = [place(one, after.scope(walk.start), tree=False) for one in expand_all(node.paths, after, home)]
    effects |= Effects(reads=frozenset(paths), environment=closed())
    return told(Outcome(effects, after, after), holds(node.operator, node.words, state))


def _branches(node: If, state: State, walk: Walker) -> Outcome:
    """Run every condition and every body."""
    effects = NOTHING
    ends: list[Outcome] = []
    entry: State | None = state
    for condition, body in node.branches:
        if entry is None:
            break
        tested = walk.script(condition, entry)
        ends.append(replace(tested, passed=None, failed=None))
        if tested.passed is not None:
            ends.append(walk.script(body, tested.passed))
        entry = tested.failed
    if entry is not None:
        ends.append(walk.script(node.otherwise, entry))
    for end in ends:
        effects |= end.effects
    return either(effects, ends)


def _case(node: Case, state: State, walk: Walker) -> Outcome:
    """Run every arm that may match; it may be that none does."""
    effects, start = walk.words((node.word, *node.patterns), state)
    taken = arms_taken(node, state)
    ends = [] if taken.surely else [Outcome(NOTHING, start, None)]
    for index in taken.arms:
        ends.append(walk.script(node.arms[index], start))
        effects |= ends[-1].effects
    return either(effects, ends)


def _each(node: For, state: State, walk: Walker) -> Outcome:
    """Run a ``for``: word by word where the words are known, else as a loop over something unknown."""
    effects, start = walk.words(node.words or (), state)
    home = start.scope(walk.start).home
    values = expand_all(node.words or (), start, home)
    if node.words is None or len(values) > _MOST_TURNS or any(one.value is None for one in values):
        unknown = start.assign(node.variable, None)
        return _rounds(effects, Script(), node.body, unknown, before=start, walk=walk)
    current: State | None = start
    broken: State | None = None
    for one in values:
        if current is None:
            break
        outcome = walk.script(node.body, current.assign(node.variable, one.text))
        effects |= outcome.effects
        ended = (
            next_state(node.body.statements[-1].node, outcome.passed, outcome.failed)
            if node.body.statements
            else current
        )
        current = merged(ended, outcome.left)
        broken = merged(broken, outcome.left)
    after = merged(current, broken)
    return Outcome(effects, after, after)


def _loop(node: While, state: State, walk: Walker) -> Outcome:
    """Run a ``while`` until what is known no longer changes."""
    return _rounds(NOTHING, node.condition, node.body, state, before=state, walk=walk)


def _rounds(effects: Effects, condition: Script, body: Script, state: State, before: State, walk: Walker) -> Outcome:
    """Run a body any number of times, none included."""
    current = state
    for turn in range(_SETTLED):
        tested = walk.script(condition, current)
        entry = merged(tested.passed, tested.failed) or current
        ran = walk.script(body, entry)
        effects |= tested.effects | ran.effects
        after = merged(current, entry, ran.passed, ran.failed, ran.left) or current
        if after == current:
            break
        current = after if turn < _SETTLED - 2 else replace(after.forget(after.variables), cwd=None)
    end = merged(before, current)
    return Outcome(effects, end, end)
