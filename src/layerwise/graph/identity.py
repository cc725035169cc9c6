"""The numbers of the user and group that run a command, as far as the Dockerfile says them."""

import re

from layerwise.ecosystems import Part
from layerwise.ecosystems.options import parse
from layerwise.graph.run_script import run_script
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.syntax.tree import Dockerfile

_NUMBERED = re.compile(r"(\d+)(?::(\d+))?")
_VALUED = (
    *("-u", "--uid", "-g", "--gid", "-G", "--groups", "-c", "--comment", "-d", "--home-dir", "--home", "-s", "--shell"),
    *("-p", "--password", "-b", "--base-dir", "-k", "--skel", "--gecos", "--ingroup", "-K", "--key"),
)


def numbers(dockerfile: Dockerfile, graph: Graph, step: Step) -> tuple[str, str] | None:
    """Return the ids of the user and group of a RUN, "" for a group that is not said; None where the user's is not."""
    user = step.scope.user if step.scope else ""
    if match := _NUMBERED.fullmatch(user):
        return match[1], match[2] or ""
    name, _, group = user.partition(":")
    made = [
        part
        for above in graph.above(step)
        if above.kind is Kind.RUN and (script := run_script(dockerfile, above))
        for part in script.parts
    ]
    uid = _given(made, ("useradd", "adduser"), name, ("-u", "--uid"))
    if not uid:
        return None
    own = _given(made, ("useradd",), name, ("-g", "--gid")) or _given(made, ("adduser",), name, ("--gid",))
    named = group or (own if not own.isdigit() else "") or name
    return uid, own if own.isdigit() and not group else _given(made, ("groupadd", "addgroup"), named, ("-g", "--gid"))


def _given(parts: list[Part], commands: tuple[str, ...], name: str, options: tuple[str, ...]) -> str:
    """Return the value of an option of the command that made an account, "" where none says it, or several do."""
    found = set[str]()
    for part in parts:
        if part.call and part.call.name in commands:
            parsed = parse(part.call.arguments, _VALUED)
            value = parsed.value(*options)
            if any(one.value == name for one in parsed.positionals[-1:]) and value is not None and value.value:
                found.add(value.value)
    return found.pop() if len(found) == 1 else ""
