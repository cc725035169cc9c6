"""Commands of an entrypoint that start another one: init programs, changers of user, env, and shells with -c."""

import posixpath
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from layerwise.ecosystems.call import literal
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.shells import SHELLS, command_text
from layerwise.syntax.shell import parse_shell
from layerwise.syntax.shell_tree import Chain, Command, Expansion, Node, Pipeline, Script, ShellWord, Text


class Inner(NamedTuple):
    """What a command starts.

    Attributes:
        commands: Each with its arguments and the directory that it is started in.
        note: What could not be followed, "" where all was.
    """

    commands: tuple[tuple[tuple[str, ...], str], ...] = ()
    note: str = ""


class _Wrapper(NamedTuple):
    """Options with a value, and how many words stand before the command."""

    valued: tuple[str, ...] = ()
    skipped: int = 0


_WRAPPERS = {
    "catatonit": _Wrapper(),
    "chpst": _Wrapper(("-u", "-U", "-e", "-n", "-b", "-m", "-d", "-o", "-p", "-f", "-c", "-t")),
    "chrt": _Wrapper(("-T", "-P", "-D"), 1),
    "docker-init": _Wrapper(("-p", "-e")),
    "dumb-init": _Wrapper(("-r", "--rewrite")),
    "env": _Wrapper(("-u", "-C", "-S", "--unset", "--chdir", "--split-string")),
    "exec": _Wrapper(("-a",)),
    "gosu": _Wrapper((), 1),
    "ionice": _Wrapper(("-c", "-n", "-p", "--class", "--classdata")),
    "nice": _Wrapper(("-n", "--adjustment")),
    "nohup": _Wrapper(),
    "numactl": _Wrapper(("-i", "-N", "-m", "-C", "-p", "--interleave", "--cpunodebind", "--membind", "--physcpubind")),
    "pid1": _Wrapper(),
    "runuser": _Wrapper(("-u", "-g", "-G", "--user", "--group")),
    "setpriv": _Wrapper(("--reuid", "--regid", "--groups", "--inh-caps", "--ambient-caps", "--bounding-set")),
    "setsid": _Wrapper(),
    "stdbuf": _Wrapper(("-i", "-o", "-e", "--input", "--output", "--error")),
    "su-exec": _Wrapper((), 1),
    "s6-setuidgid": _Wrapper((), 1),
    "taskset": _Wrapper((), 1),
    "timeout": _Wrapper(("-s", "-k", "--signal", "--kill-after"), 1),
    "tini": _Wrapper(("-p", "-e")),
    "tini-static": _Wrapper(("-p", "-e")),
    "with-contenv": _Wrapper(),
}
_BUILTINS = frozenset(
    {".", ":", "alias", "cd", "echo", "eval", "export", "false", "printf", "read", "readonly", "set", "shift", "sleep"}
    | {"source", "test", "trap", "true", "ulimit", "umask", "unset", "wait", "["}
)
"""What a shell does itself, and what matters to nobody who asks what an image is for."""


def inner(command: Sequence[str], directory: str, variables: Mapping[str, str]) -> Inner:
    """Return what a command starts besides itself; nothing where it is no wrapper."""
    name = posixpath.basename(command[0])
    arguments = tuple(map(literal, command[1:]))
    if name in SHELLS:
        text = command_text(arguments)
        return Inner() if text is None else _of_script(text, directory, variables)
    if name not in _WRAPPERS:
        return Inner()
    options = parse(arguments, _WRAPPERS[name].valued, until_positional=True)
    rest = [argument.text for argument in options.positionals[_WRAPPERS[name].skipped :]]
    if name == "env":
        rest, directory = _of_env(options, rest, directory)
    return Inner(((tuple(rest), directory),)) if rest else Inner()


def _of_env(options: Options, rest: list[str], directory: str) -> tuple[list[str], str]:
    split = options.value("-S", "--split-string")
    rest = [*(_words(split.text) if split else ()), *rest]
    while rest and "=" in rest[0]:
        rest = rest[1:]
    changed = options.value("-C", "--chdir")
    return rest, posixpath.join(directory, changed.text) if changed else directory


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _of_script(text: str, directory: str, variables: Mapping[str, str]) -> Inner:
    script = parse_shell(text)
    found: list[tuple[tuple[str, ...], str]] = []
    unknown = script is None
    for node in _simple(script or Script()):
        if not isinstance(node, Command):
            unknown = True
        elif node.name is not None:
            words = [_value(word, variables) for word in (node.name, *node.arguments)]
            if words[0] == "cd" and len(words) > 1 and words[1]:
                directory = posixpath.join(directory, words[1])
            elif not words[0]:
                unknown = True
            elif words[0] not in _BUILTINS:
                found.append((tuple(word or "" for word in words), directory))
    return Inner(tuple(found), f"what `{_short(text)}` starts is not followed in all its branches" if unknown else "")


def _simple(script: Script) -> Iterator[Node]:
    """Yield what certainly runs where all goes well, as simple commands; anything else as it is."""
    for statement in script.statements:
        yield from _of_node(statement.node)


def _of_node(node: Node) -> Iterator[Node]:
    if isinstance(node, Chain):
        yield from _of_node(node.first)
        for operator, other in node.rest:
            if operator == "&&":
                yield from _of_node(other)
    elif isinstance(node, Pipeline):
        for command in node.commands:
            yield from _of_node(command)
    else:
        yield node


def _value(word: ShellWord, variables: Mapping[str, str]) -> str | None:
    """Return a word as the shell expands it, None where that takes more than variables of the image."""
    texts = [_part(part, variables) for part in word.parts]
    return None if None in texts else "".join(text for text in texts if text)


def _part(part: object, variables: Mapping[str, str]) -> str | None:
    if isinstance(part, Text):
        return part.text
    return variables.get(part.name) if isinstance(part, Expansion) and not part.operator else None


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"  # noqa: PLR2004 - characters of a message
