"""The top level of a script, part by part: what ``a && b; c`` joins, each with its own effects.

Passes that take a RUN apart read this; that the effects of the whole are the sum of its parts' is tested.
"""

from dataclasses import dataclass, replace

from layerwise.ecosystems.call import Call, call_of
from layerwise.ecosystems.effects import Effects, Scope
from layerwise.ecosystems.expand import expand_all
from layerwise.ecosystems.flow import next_state
from layerwise.ecosystems.script import TooLong, Walk
from layerwise.ecosystems.state import Outcome, State, started
from layerwise.syntax.shell_tree import Chain, Command, Node, Pipeline, Script


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a script's top level.

    Attributes:
        joiner: What stands before it: ``""`` before the first one, ``&&``, ``;`` (a new line too) or ``&``.
        node: Its tree; spans count characters of the script. A chain with ``||`` is one part.
        call: The command, its arguments expanded; None where it is no simple command or its name is not known.
        effects: Its own.
        scope: Where it runs: what the parts before it set is in there.
    """

    joiner: str
    node: Node
    call: Call | None
    effects: Effects
    scope: Scope


def parts_of_script(script: Script, scope: Scope) -> tuple[Part, ...]:
    """Return the parts of a script; none where some part can't be reached, or is too long to follow.

    Conditions are not evaluated, so that the parts are those of every platform.
    """
    walk = Walk(scope)
    parts: list[Part] = []
    current: State | None = started(replace(scope, settled={}))
    joiner = ""
    try:
        for statement in script.statements:
            links = _links(statement.node)
            start = current
            for place, node in enumerate(links):
                if current is None:
                    return ()
                outcome = walk.node(node, current)
                parts.append(_part("&&" if place else joiner, node, outcome, current, scope))
                current = outcome.passed
            assert start is not None, "a statement has a part, and that was reached"
            whole = walk.node(statement.node, start)
            current = next_state(statement.node, whole.passed, whole.failed)
            joiner = "&" if statement.connector == "&" else ";"
    except (TooLong, RecursionError):
        return ()
    return tuple(parts)


def _links(node: Node) -> tuple[Node, ...]:
    """Return the nodes that ``&&`` alone joins, the node itself where it is no such chain."""
    if isinstance(node, Chain) and all(operator == "&&" for operator, _ in node.rest):
        return (node.first, *(link for _, link in node.rest))
    return (node,)


def _part(joiner: str, node: Node, outcome: Outcome, state: State, start: Scope) -> Part:
    scope = state.scope(start)
    call = None
    if isinstance(node, Command) and node.name is not None:
        call = call_of(expand_all((node.name, *node.arguments), state, scope.home))
    return Part(joiner, node, call, outcome.effects, scope)


def calls_of(part: Part) -> tuple[Call, ...]:
    """Return the commands of a part that is a plain command or a pipeline of such; none where it is more than that."""
    nodes = part.node.commands if isinstance(part.node, Pipeline) else (part.node,)
    state = started(part.scope)
    calls: list[Call] = []
    for node in nodes:
        if not isinstance(node, Command) or node.name is None:
            return ()
        call = call_of(expand_all((node.name, *node.arguments), state, part.scope.home))
        if call is None:
            return ()
        calls.append(call)
    return tuple(calls)
