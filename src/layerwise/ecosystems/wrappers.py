"""Commands that run another command given as their arguments: sudo, env, exec, xargs, find -exec."""

from dataclasses import dataclass, field

from layerwise.ecosystems.call import Argument, Call, call_of, literal
from layerwise.ecosystems.effects import Environment, Openness
from layerwise.ecosystems.options import parse

NAMES = frozenset(
    {
        *("sudo", "doas", "gosu", "su-exec", "setpriv", "runuser", "env", "exec", "command", "builtin", "time"),
        *(
            "nice",
            "ionice",
            "nohup",
            "timeout",
            "stdbuf",
            "eatmydata",
            "fakeroot",
            "chronic",
            "xargs",
            "find",
            "setarch",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Wrapped:
    """What a wrapper runs.

    Attributes:
        calls: The commands, their unknown arguments (those xargs adds) marked as such.
        variables: What the wrapper sets for them, by name; None for values that cannot be told.
        environment: What the wrapper itself reads of the environment, beyond what every program does.
        other_user: Whether they run as somebody else, whose home is not known.
        files: What the wrapper itself reads or writes: the list of xargs, the report of time.
        why_opaque: Why it cannot be told what runs, or None.
    """

    calls: tuple[Call, ...] = ()
    variables: tuple[tuple[str, str | None], ...] = ()
    environment: Environment = field(default_factory=Environment)
    other_user: bool = False
    files: tuple[Argument, ...] = ()
    why_opaque: str | None = None


_VALUED = {
    "sudo": (
        "-u",
        "-g",
        "-h",
        "-p",
        "-C",
        "-D",
        "-R",
        "-T",
        "-U",
        "--user",
        "--group",
        "--host",
        "--prompt",
        "--chdir",
    ),
    "doas": ("-u", "-C"),
    "exec": ("-a",),
    "nice": ("-n", "--adjustment"),
    "ionice": ("-c", "-n", "-p", "--class", "--classdata"),
    "time": ("-f", "-o", "--format", "--output"),
    "timeout": ("-s", "-k", "--signal", "--kill-after"),
    "stdbuf": ("-i", "-o", "-e", "--input", "--output", "--error"),
    "env": ("-u", "-C", "-S", "--unset", "--chdir", "--split-string"),
    "xargs": ("-a", "-d", "-E", "-I", "-L", "-n", "-P", "-s", "--arg-file", "--delimiter", "--max-args", "--max-procs"),
}
_FILES = {"xargs": ("-a", "--arg-file"), "time": ("-o", "--output")}
_SKIPPED = {"timeout": 1, "gosu": 1, "su-exec": 1, "setarch": 1}  # operands in front of the command
_CHANGES = {
    "sudo": ("-D", "-R", "--chdir", "--chroot", "-i", "--login", "-s", "--shell", "-e", "--edit"),
    "env": ("-C", "--chdir", "-S", "--split-string"),
}
_OTHER_USER = frozenset({"sudo", "doas", "gosu", "su-exec", "runuser", "setpriv"})
_EXECUTES = frozenset({"-exec", "-execdir", "-ok", "-okdir"})


def unwrap(call: Call) -> Wrapped | None:
    """Return what a wrapper runs; None where ``call`` is no wrapper, or runs nothing (``command -v x``)."""
    if call.name not in NAMES:
        return None
    if call.name == "find":
        return _find(call)
    options = parse(call.arguments, _VALUED.get(call.name, ()), until_positional=True)
    if call.name == "command" and options.has("-v", "-V"):
        return None
    if call.name in {"setpriv", "runuser"} or options.has(*_CHANGES.get(call.name, ())):
        return Wrapped(why_opaque=f"{call.name} changes more than the user: {call}")
    rest = options.positionals[_SKIPPED.get(call.name, 0) :]
    variables, rest = _assignments(rest) if call.name in {"env", "sudo"} else ((), rest)
    if not rest:
        # env alone prints every variable; sudo, exec or nice alone do nothing that matters
        return Wrapped(environment=Environment(Openness.OPEN if call.name == "env" else Openness.CLOSED))
    if call.name == "xargs":
        rest = (*rest, Argument("…", known=False))
    inner = call_of(rest)
    if inner is None:
        return Wrapped(why_opaque=f"{call.name} runs a command whose name is not known")
    return Wrapped(
        (inner,), variables, other_user=call.name in _OTHER_USER, files=options.values(*_FILES.get(call.name, ()))
    )


def _assignments(
    words: tuple[Argument, ...],
) -> tuple[tuple[tuple[str, str | None], ...], tuple[Argument, ...]]:
    found: list[tuple[str, str | None]] = []
    for index, word in enumerate(words):
        name, equals, value = word.text.partition("=")
        if not equals or not name.isidentifier():
            return tuple(found), words[index:]
        found.append((name, value if word.value is not None else None))
    return tuple(found), ()


def _find(call: Call) -> Wrapped | None:
    calls: list[Call] = []
    words = list(call.arguments)
    while words:
        if words.pop(0).value not in _EXECUTES:
            continue
        ends = [index for index, one in enumerate(words) if one.value in {";", "+"}]
        command = tuple(words[: ends[0]]) if ends else ()
        for start in starts(call):
            inner = call_of(tuple(_found(one, start) for one in command))
            if inner is None:
                return Wrapped(why_opaque="find runs a command that is not known")
            calls.append(inner)
    return Wrapped(tuple(calls)) if calls else None


def starts(call: Call) -> tuple[Argument, ...]:
    """Return the directories that find walks: what stands in front of its first test."""
    found: list[Argument] = []
    for argument in parse(call.arguments, ("-D",), until_positional=True).positionals:
        if argument.prefix.startswith(("-", "(", "!", ",")):
            break
        found.append(argument)
    return tuple(found) or (literal("."),)


def _found(word: Argument, start: Argument) -> Argument:
    """``{}`` stands for a path at or below the start; which one is not known."""
    before, braces, _ = word.text.partition("{}")
    if not braces:
        return word
    prefix = f"{before}{start.prefix}/" if start.prefix else before
    return Argument(word.text, known=False, prefix=prefix)
