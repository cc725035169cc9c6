"""The effects of a shell script: the sum of what its commands do, with directory, variables and functions followed.

Both branches of an ``if`` count unless ``conditions.py`` can tell which one is taken, the body of a loop counts, and
what depends on an unknown value is taken as wide as it may be. The walk keeps a ``State`` for each way a command can
end, so that ``cd x || exit 1`` is understood.
"""

from dataclasses import dataclass, replace

from layerwise.ecosystems import names
from layerwise.ecosystems.base import closed
from layerwise.ecosystems.builtins import Builtin, run_builtin
from layerwise.ecosystems.call import Argument, Call, call_of
from layerwise.ecosystems.conditions import arms_taken, holds, settled_value, test_holds, told
from layerwise.ecosystems.dispatch import effects_of, masked
from layerwise.ecosystems.effects import Effects, Environment, Openness, Scope, opaque
from layerwise.ecosystems.expand import expand_all, value_of
from layerwise.ecosystems.places import place
from layerwise.ecosystems.redirects import effects_of_redirects
from layerwise.ecosystems.shells import command_text
from layerwise.ecosystems.state import Outcome, State, merged, started
from layerwise.syntax.shell import parse_shell
from layerwise.syntax.shell_tree import (
    Assignment,
    Case,
    Chain,
    Command,
    Condition,
    Expansion,
    For,
    Function,
    Group,
    If,
    Negated,
    Node,
    Pipeline,
    Redirected,
    Script,
    ShellWord,
    Substitution,
    While,
)

_NOTHING = Effects()
_MOST_COMMANDS = 5000  # evaluated, loops unrolled: beyond that a script is opaque
_MOST_TURNS = 32  # of a for loop over known words
_DEEPEST_CALL = 20  # functions in functions
_SETTLED = 6  # rounds after which a loop's state is given up
_ARITHMETIC = "arithmetic"


class TooLong(Exception):
    """The script runs more commands than layerwise follows."""


def effects_of_script(script: Script, scope: Scope) -> Effects:
    """Return the effects of a script that a shell runs in ``scope``."""
    walk = Walk(scope)
    start = started(scope)
    shell = Effects(environment=Environment(Openness.CLOSED, names.every_program() | names.shell()))
    try:
        return _tidy(shell | walk.script(script, start).effects)
    except (TooLong, RecursionError):
        return opaque("the script is too long to follow")


def _tidy(effects: Effects) -> Effects:
    """Count the small commands of one script as one piece of work."""
    small = [work for work in effects.work if work.kind == "shell"]
    others = tuple(work for work in effects.work if work.kind != "shell")
    return replace(effects, work=(*others, *small[:1]))


@dataclass(slots=True)
class Walk:
    """One pass over a script that is started in ``start``.

    Attributes:
        start: Where the script runs.
        commands: How many commands were evaluated.
        depth: How many functions and shells were entered.
    """

    start: Scope
    commands: int = 0
    depth: int = 0

    def script(self, script: Script, state: State) -> Outcome:
        """Run statements one after the other; what cannot be reached has no effects."""
        effects = _NOTHING
        current: State | None = state
        passed: State | None = state
        failed: State | None = None
        left: State | None = None
        for statement in script.statements:
            if current is None:
                break
            outcome = self.node(statement.node, current)
            effects |= outcome.effects
            if statement.connector == "&":
                passed = failed = current.wrote(outcome.effects)
            else:
                passed, failed, left = outcome.passed, outcome.failed, merged(left, outcome.left)
            current = next_state(statement.node, passed, failed)
        return Outcome(effects, passed, failed, left)

    def node(self, node: Node, state: State) -> Outcome:
        """Run one node."""
        match node:
            case Command():
                return self.command(node, state)
            case Condition():
                return self.test(node, state)
            case Chain():
                return self.chain(node, state)
            case Pipeline():
                return self.pipeline(node, state)
            case Negated():
                outcome = self.node(node.body, state)
                return replace(outcome, passed=outcome.failed, failed=outcome.passed)
            case Group():
                outcome = self.script(node.body, state)
                return _apart(outcome.effects, state) if node.subshell else outcome
            case _:
                return self.compound(node, state)

    def compound(self, node: If | For | While | Case | Function | Redirected, state: State) -> Outcome:
        """Run what has bodies of its own."""
        match node:
            case If():
                return self.branches(node, state)
            case For():
                return self.each(node, state)
            case While():
                return self.loop(node, state)
            case Case():
                return self.case(node, state)
            case Function():
                known = replace(state, functions={**state.functions, node.name: node.body})
                return Outcome(_NOTHING, known, known)
            case Redirected():
                around = effects_of_redirects(node.redirects, state, state.scope(self.start))
                outcome = self.node(node.body, state)
                return replace(outcome, effects=around | outcome.effects)

    def chain(self, node: Chain, state: State) -> Outcome:
        """Run ``a && b || c``: each part where the one before it ended the way that leads there."""
        outcome = self.node(node.first, state)
        for operator, following in node.rest:
            entry = outcome.passed if operator == "&&" else outcome.failed
            if entry is None:
                continue
            after = self.node(following, entry)
            other = outcome.failed if operator == "&&" else outcome.passed
            sides = (
                (after.passed, merged(other, after.failed))
                if operator == "&&"
                else (merged(other, after.passed), after.failed)
            )
            outcome = Outcome(outcome.effects | after.effects, *sides, merged(outcome.left, after.left))
        return outcome

    def pipeline(self, node: Pipeline, state: State) -> Outcome:
        """Run each part in a shell of its own."""
        effects = _NOTHING
        for command in node.commands:
            effects |= self.node(command, state.wrote(effects)).effects
        return _apart(effects, state)

    def test(self, node: Condition, state: State) -> Outcome:
        """Read what a condition looks at; arithmetic may assign what it names."""
        effects, after = self.words(node.words, state)
        home = after.scope(self.start).home
        paths = [place(one, after.scope(self.start), tree=False) for one in expand_all(node.paths, after, home)]
        effects |= Effects(reads=frozenset(paths), environment=closed())
        return told(Outcome(effects, after, after), holds(node.operator, node.words, state))

    def branches(self, node: If, state: State) -> Outcome:
        """Run every condition and every body."""
        effects = _NOTHING
        ends: list[Outcome] = []
        entry: State | None = state
        for condition, body in node.branches:
            if entry is None:
                break
            tested = self.script(condition, entry)
            ends.append(replace(tested, passed=None, failed=None))
            if tested.passed is not None:
                ends.append(self.script(body, tested.passed))
            entry = tested.failed
        if entry is not None:
            ends.append(self.script(node.otherwise, entry))
        for end in ends:
            effects |= end.effects
        return _either(effects, ends)

    def case(self, node: Case, state: State) -> Outcome:
        """Run every arm that may match; it may be that none does."""
        effects, start = self.words((node.word, *node.patterns), state)
        taken = arms_taken(node, state)
        ends = [] if taken.surely else [Outcome(_NOTHING, start, None)]
        for index in taken.arms:
            ends.append(self.script(node.arms[index], start))
            effects |= ends[-1].effects
        return _either(effects, ends)

    def each(self, node: For, state: State) -> Outcome:
        """Run a ``for``: word by word where the words are known, else as a loop over something unknown."""
        effects, start = self.words(node.words or (), state)
        home = start.scope(self.start).home
        values = expand_all(node.words or (), start, home)
        if node.words is None or len(values) > _MOST_TURNS or any(one.value is None for one in values):
            unknown = start.assign(node.variable, None)
            return self.rounds(effects, Script(), node.body, unknown, before=start)
        current: State | None = start
        broken: State | None = None
        for one in values:
            if current is None:
                break
            outcome = self.script(node.body, current.assign(node.variable, one.text))
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

    def loop(self, node: While, state: State) -> Outcome:
        """Run a ``while`` until what is known no longer changes."""
        return self.rounds(_NOTHING, node.condition, node.body, state, before=state)

    def rounds(self, effects: Effects, condition: Script, body: Script, state: State, before: State) -> Outcome:
        """Run a body any number of times, none included."""
        current = state
        for turn in range(_SETTLED):
            tested = self.script(condition, current)
            entry = merged(tested.passed, tested.failed) or current
            ran = self.script(body, entry)
            effects |= tested.effects | ran.effects
            after = merged(current, entry, ran.passed, ran.failed, ran.left) or current
            if after == current:
                break
            current = after if turn < _SETTLED - 2 else replace(after.forget(after.variables), cwd=None)
        end = merged(before, current)
        return Outcome(effects, end, end)

    def words(self, words: tuple[ShellWord, ...], state: State) -> tuple[Effects, State]:
        """Return what expanding words reads and runs, and the state after it."""
        effects = _NOTHING
        for word in words:
            for part in word.parts:
                if isinstance(part, Substitution):
                    effects |= self.substitution(part, state)
                elif isinstance(part, Expansion):
                    effects |= Effects(environment=_reading(part.name, state))
                    inner, state = self.words((part.word,) if part.word else (), state)
                    effects |= inner
                    if part.operator in {_ARITHMETIC, "=", ":="} and part.name.isidentifier():
                        settled = {name: text for name, text in state.settled.items() if name != part.name}
                        state = replace(state, variables={**state.variables, part.name: None}, settled=settled)
        return effects, state.wrote(effects)

    def substitution(self, part: Substitution, state: State) -> Effects:
        """Return what a substitution does, in a shell of its own."""
        if part.script is None:
            return opaque("a command substitution that is not understood")
        return self.script(part.script, state).effects

    def command(self, node: Command, state: State) -> Outcome:
        """Run a simple command: expand, assign, call, redirect."""
        self.commands += 1
        if self.commands > _MOST_COMMANDS:
            raise TooLong
        values = tuple(one.value for one in node.assignments if one.value is not None)
        targets = tuple(one.target for one in node.redirects if one.target is not None)
        named = (node.name,) if node.name else ()
        effects, state = self.words((*named, *node.arguments, *values, *targets), state)
        effects |= effects_of_redirects(node.redirects, state, state.scope(self.start))
        pairs = tuple((one.name, self.assigned(one, state)) for one in node.assignments)
        settled = {
            one.name: settled_value(one.value, state) for one in node.assignments if one.value and not one.append
        }
        home = state.scope(self.start).home
        words = expand_all((*named, *node.arguments), state, home)
        if not words:
            for name, value in pairs:
                state = state.assign(name, value, settled=settled.get(name))
            return Outcome(effects, state.wrote(effects), state.wrote(effects))
        outcome = told(self.called(words, pairs, state.wrote(effects)), test_holds(node, state))
        return replace(outcome, effects=effects | outcome.effects)

    def assigned(self, one: Assignment, state: State) -> str | None:
        """Return the value that an assignment gives, None where it can't be told."""
        if one.append or one.value is None:
            return None
        return value_of(one.value, state, state.scope(self.start).home)

    def called(self, words: tuple[Argument, ...], pairs: tuple[tuple[str, str | None], ...], state: State) -> Outcome:
        """Run a builtin, a function, another shell or a program."""
        call = call_of(words)
        if call is None:
            return _ended(opaque(f"runs a command whose name is not known: {words[0].text}"), state)
        if call.path is None and call.name in state.functions:
            return self.function(call.name, state)
        builtin = Builtin(call.name, call.arguments, pairs, state.scope(self.start))
        if call.path is None and (outcome := run_builtin(builtin, state)):
            return replace(
                outcome, passed=_wrote(outcome.passed, outcome.effects), failed=_wrote(outcome.failed, outcome.effects)
            )
        inner = state
        for name, value in pairs:
            inner = inner.assign(name, value, export=True)
        effects = effects_of(call, inner.scope(self.start), self.shell)
        return _ended(masked(effects, inner.exported), state)

    def function(self, name: str, state: State) -> Outcome:
        """Run a function that the script has defined."""
        body = state.functions[name]
        if body is None or self.depth > _DEEPEST_CALL:
            return _ended(opaque(f"the function {name} cannot be followed"), state)
        self.depth += 1
        outcome = self.node(body, state)
        self.depth -= 1
        return Outcome(outcome.effects, merged(outcome.passed, outcome.left), merged(outcome.failed, outcome.left))

    def shell(self, call: Call, scope: Scope) -> Effects:
        """Run ``sh -c TEXT``; a script file or one fed in is not followed."""
        text = command_text(call.arguments)
        script = parse_shell(text) if text is not None else None
        if script is None:
            return opaque(f"runs a shell script: {call}" if call.arguments else f"{call} runs a script fed to it")
        if self.depth > _DEEPEST_CALL:
            return opaque("too many shells in one another")
        inner = Walk(scope, self.commands, self.depth + 1)
        effects = inner.script(script, started(scope)).effects
        self.commands = inner.commands
        return effects | Effects(environment=Environment(names=names.shell()))


def _reading(name: str, state: State) -> Environment:
    if not name.isidentifier() or name in state.assigned:
        return Environment()
    return Environment(names=frozenset({name}))


def _ended(effects: Effects, state: State) -> Outcome:
    after = state.wrote(effects)
    return Outcome(effects, after, after)


def _apart(effects: Effects, state: State) -> Outcome:
    """A shell of its own leaves nothing behind but files."""
    return _ended(effects, state)


def _wrote(state: State | None, effects: Effects) -> State | None:
    return None if state is None else state.wrote(effects)


def _either(effects: Effects, ends: list[Outcome]) -> Outcome:
    return Outcome(
        effects,
        merged(*(end.passed for end in ends)),
        merged(*(end.failed for end in ends)),
        merged(*(end.left for end in ends)),
    )


def next_state(node: Node, passed: State | None, failed: State | None) -> State | None:
    """Return the state in which the next line starts.

    A ``cd`` on a line of its own is taken to succeed: a build that goes on in the wrong directory is broken anyway.
    """
    if isinstance(node, Command) and passed is not None:
        return passed
    return merged(passed, failed)
