"""The effects of a RUN: its text and the shell that reads it, or its exec form."""

import posixpath
import re

from layerwise.ecosystems import names
from layerwise.ecosystems.call import Argument, call_of, literal
from layerwise.ecosystems.dispatch import effects_of
from layerwise.ecosystems.effects import Effects, Environment, Scope, opaque
from layerwise.ecosystems.parts import Part, parts_of_script
from layerwise.ecosystems.places import absolute_path, home
from layerwise.ecosystems.script import effects_of_script
from layerwise.ecosystems.shells import SHELLS, command_text
from layerwise.syntax.shell import parse_shell
from layerwise.syntax.tree import Run

DEFAULT_SHELL = ("/bin/sh", "-c")

_SHEBANG = re.compile(r"#!\s*(?:/usr/bin/env\s+)?(\S+)(.*)")
_HEREDOC_ALONE = re.compile(r"\d*<<-?(?:[A-Za-z_]\w*|'[^']*'|\"[^\"]*\")\s*")
_LOGIN = frozenset({"--login", "-l"})
_LOADING = {"LD_PRELOAD": r"[ :]", "LD_LIBRARY_PATH": r"[:;]", "LD_AUDIT": ":", "BASH_ENV": "\0"}
_START_UP = (".bash_profile", ".bash_login", ".profile", ".bashrc")


def command_of(run: Run) -> str | tuple[str, ...]:
    """Return what a RUN hands to the shell, or its exec form.

    A here-document alone is the script itself; any other is put back below the line that opened it, as BuildKit does
    (frontend/dockerfile/dockerfile2llb/convert.go, dispatchRun).
    """
    if run.exec_form is not None:
        return run.exec_form
    if not run.heredocs:
        return run.text
    if len(run.heredocs) == 1 and _HEREDOC_ALONE.fullmatch(run.text.strip()):
        return run.heredocs[0].content
    return run.text + "".join(f"\n{one.content}{one.name}" for one in run.heredocs)


def effects_of_run(command: str | tuple[str, ...], shell: tuple[str, ...], scope: Scope) -> Effects:
    """Return the effects of a RUN: ``command`` is a script for ``shell``, or the words of the exec form.

    Opaque where the shell is not sh or bash, the script has another interpreter, or the text is not shell.
    """
    if reason := _preloaded(scope):
        return opaque(reason)
    if isinstance(command, tuple):
        return _executed(command, scope)
    if match := _SHEBANG.match(command):
        interpreter = posixpath.basename(match[1])
        if interpreter not in SHELLS:
            return opaque(f"a script for {interpreter}")
        return _script(command, (match[1], *match[2].split(), "-c"), scope)
    return _script(command, shell, scope)


def parts_of_run(command: str | tuple[str, ...], shell: tuple[str, ...], scope: Scope) -> tuple[Part, ...]:
    """Return the parts of the script that a RUN hands to its shell; none where that is not one layerwise takes apart.

    Those are the exec form, login shells, scripts for another interpreter, and what ``effects_of_run`` does not follow.
    """
    if isinstance(command, tuple) or _SHEBANG.match(command) or _preloaded(scope):
        return ()
    arguments = tuple(literal(word) for word in shell[1:])
    if not shell or posixpath.basename(shell[0]) not in SHELLS or _is_login(arguments):
        return ()
    script = parse_shell(command) if command_text((*arguments, literal(command))) is not None else None
    return parts_of_script(script, scope) if script else ()


def _preloaded(scope: Scope) -> str | None:
    """Say which code of the project every program would load, or every bash read, because a variable asks for it."""
    for name, separators in _LOADING.items():
        for word in re.split(separators, scope.environment.get(name) or ""):
            path = absolute_path(word, scope) if word else None
            if path and (scope.files.exists(path) or scope.files.children(path)):
                return f"{name} makes programs load {path} of the project"
    return None


def _executed(words: tuple[str, ...], scope: Scope) -> Effects:
    """The exec form starts a program with no shell, unless the program is one."""
    call = call_of(tuple(literal(word) for word in words))
    if call is None:
        return opaque("an empty command")
    if call.name in SHELLS:
        text = command_text(_without_login(call.arguments))
        if text is None:
            return opaque(f"runs a shell script: {call}")
        start = len(words) - 1 - words[::-1].index(text)
        return _script(text, words[:start], scope)
    return effects_of(call, scope)


def _script(text: str, shell: tuple[str, ...], scope: Scope) -> Effects:
    name = posixpath.basename(shell[0]) if shell else ""
    arguments = tuple(literal(word) for word in shell[1:])
    if name not in SHELLS or command_text((*_without_login(arguments), literal(text))) is None:
        return opaque(f"a shell that layerwise does not read: {' '.join(shell)}")
    script = parse_shell(text)
    if script is None:
        return opaque("the script is not shell that layerwise understands")
    if _is_login(arguments):
        return _login(scope) | effects_of_script(script, _after_login(scope))
    return effects_of_script(script, scope)


def _is_login(arguments: tuple[Argument, ...]) -> bool:
    return len(_without_login(arguments)) < len(arguments) or any(_clustered(one) for one in arguments)


def _clustered(argument: Argument) -> bool:
    """Whether short options such as ``-lc`` hold a login among them."""
    return re.fullmatch(r"-[a-z]*l[a-z]*", argument.text) is not None


def _without_login(arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
    """Return the options of a shell without those that make it a login shell."""
    kept = (one for one in arguments if one.text not in _LOGIN)
    return tuple(literal(one.text.replace("l", "")) if _clustered(one) else one for one in kept)


def _login(scope: Scope) -> Effects:
    """A login shell runs start-up files of the home directory, the system's first (bash(1), Invocation)."""
    files = frozenset(home(scope, name) for name in _START_UP)
    if scope.home is None or any(scope.files.exists(one.path) for one in files):
        return opaque("a login shell runs start-up files of the project")
    return Effects(reads=files, environment=Environment(names=names.shell()))


def _after_login(scope: Scope) -> Scope:
    """/etc/profile sets PATH anew, to what it says."""
    return Scope(scope.cwd, {**scope.environment, "PATH": None}, scope.user, scope.home, scope.files)
