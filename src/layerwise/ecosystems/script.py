"""The effects of a shell script: the sum of what its commands do, with directory, variables and functions followed.

Both branches of an ``if`` count unless ``conditions.py`` can tell which one is taken, the body of a loop counts, and
what depends on an unknown value is taken as wide as it may be. The walk keeps a ``State`` for each way a command can
end, so that ``cd x || exit 1`` is understood.
"""

from dataclasses import dataclass, replace

from layerwise.ecosystems import names
from layerwise.ecosystems.builtins import Builtin, run_builtin
from layerwise.ecosystems.call import Argument, Call, call_of
from layerwise.ecosystems.conditions import settled_value, test_holds, told
from layerwise.ecosystems.dispatch import effects_of, masked
from layerwise.ecosystems.effects import Effects, Environment, Openness, Scope, opaque
from layerwise.ecosystems.expand import expand_all, value_of
from layerwise.ecosystems.flow import chain, compound, condition, next_state, pipeline
from layerwise.ecosystems.redirects import effects_of_redirects
from layerwise.ecosystems.shells import command_text
from layerwise.ecosystems.state import NOTHING, Outcome, State, ended, merged, started
from layerwise.syntax.shell import parse_shell
from layerwise.syntax.shell_tree import (
    Assignment,
    Chain,
    Command,
    Condition,
    Expansion,
    Group,
    Negated,
    Node,
    Pipeline,
    Script,
    ShellWord,
    Substitution,
)

_MOST_COMMANDS = 5000  # evaluated, loops unrolled: beyond that a script is opaque
_DEEPEST_CALL = 20  # functions in functions
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
        effects = NOTHING
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
                return condition(node, state, self)
            case Chain():
                return chain(node, state, self)
            case Pipeline():
                return pipeline(node, state, self)
            case Negated():
                outcome = self.node(node.body, state)
                return replace(outcome, passed=outcome.failed, failed=outcome.passed)
            case Group():
                outcome = self.script(node.body, state)
                return ended(outcome.effects, state) if node.subshell else outcome
            case _:
                return compound(node, state, self)

    def words(self, words: tuple[ShellWord, ...], state: State) -> tuple[Effects, State]:
        """Return what expanding words reads and runs, and the state after it."""
        effects = NOTHING
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
            return ended(opaque(f"runs a command whose name is not known: {words[0].text}"), state)
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
        return ended(masked(effects, inner.exported), state)

    def function(self, name: str, state: State) -> Outcome:
        """Run a function that the script has defined."""
        body = state.functions[name]
        if body is None or self.depth > _DEEPEST_CALL:
            return ended(opaque(f"the function {name} cannot be followed"), state)
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


def _wrote(state: State | None, effects: Effects) -> State | None:
    return None if state is None else state.wrote(effects)
