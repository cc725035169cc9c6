"""The shell's own commands that change what it knows: cd, export, unset, read, set, source."""

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, replace

from layerwise.ecosystems.base import closed
from layerwise.ecosystems.call import Argument
from layerwise.ecosystems.effects import Effects, Environment, Openness, Path, Scope, opaque
from layerwise.ecosystems.places import absolute_path, place
from layerwise.ecosystems.state import Outcome, State


@dataclass(frozen=True, slots=True)
class Builtin:
    """A builtin about to run.

    Attributes:
        name: Its name.
        arguments: Expanded, pairs aside.
        pairs: ``name=value`` of a declaration, values expanded.
        scope: Where it runs.
    """

    name: str
    arguments: tuple[Argument, ...]
    pairs: tuple[tuple[str, str | None], ...]
    scope: Scope


_OS_RELEASE = (
    *("NAME", "VERSION", "ID", "ID_LIKE", "VERSION_CODENAME", "VERSION_ID", "PRETTY_NAME", "ANSI_COLOR", "CPE_NAME"),
    *("HOME_URL", "DOCUMENTATION_URL", "SUPPORT_URL", "BUG_REPORT_URL", "PRIVACY_POLICY_URL", "SUPPORT_END"),
    *("BUILD_ID", "VARIANT", "VARIANT_ID", "LOGO", "UBUNTU_CODENAME", "DEBIAN_CODENAME", "DEBIAN_VERSION_FULL"),
    *("DISTRIB_ID", "DISTRIB_RELEASE", "DISTRIB_CODENAME", "DISTRIB_DESCRIPTION"),
)
_RELEASE_FILES = frozenset({"/etc/os-release", "/usr/lib/os-release", "/etc/lsb-release"})
_NOTHING = Effects(environment=closed())


def run_builtin(builtin: Builtin, state: State) -> Outcome | None:
    """Return what a builtin does; None where ``builtin`` is none that layerwise follows."""
    handler = _BUILTINS.get(builtin.name)
    return handler(builtin, state) if handler else None


def _quiet(_builtin: Builtin, state: State) -> Outcome:
    return Outcome(_NOTHING, state, state)


def _exit(_builtin: Builtin, _state: State) -> Outcome:
    return Outcome(_NOTHING, None, None)


def _leave(_builtin: Builtin, state: State) -> Outcome:
    return Outcome(_NOTHING, None, None, left=state)


def _cd(builtin: Builtin, state: State) -> Outcome:
    """A directory that cannot be told makes every relative path after it unknown."""
    operands = [one for one in builtin.arguments if one.value not in {"-P", "-L", "-e", "--"}]
    target: str | None = None
    if not operands and builtin.name != "popd":
        target = builtin.scope.home
    elif len(operands) == 1 and operands[0].value not in {None, "-", ""} and builtin.name != "popd":
        target = absolute_path(operands[0].text, builtin.scope)
    moved = replace(state, cwd=target)
    reads = frozenset({Path(target)}) if target else frozenset[Path]()
    return Outcome(replace(_NOTHING, reads=reads, environment=closed("CDPATH")), moved, state)


def _declare(builtin: Builtin, state: State) -> Outcome:
    options = [one for one in builtin.arguments if one.prefix.startswith("-")]
    bare = [one for one in builtin.arguments if one not in options]
    if not bare and not builtin.pairs:
        return _all_variables(builtin, state)
    if any(one.value is None for one in bare):
        effects = opaque(f"{builtin.name} sets variables whose names are not known")
        return Outcome(effects, state, state)
    export = builtin.name == "export" or any(one.text.startswith("-") and "x" in one.text for one in options)
    known = builtin.name in {"export", "readonly"}  # the others may be local to a function
    for name, value in builtin.pairs:
        state = state.assign(name, value if known else None, export=export and known)
    for one in bare:
        state = _bare(state, one.text, export=export)
    return Outcome(_NOTHING, state, state)


def _bare(state: State, word: str, *, export: bool) -> State:
    name, equals, value = word.partition("=")
    if equals:
        return state.assign(name, value, export=export)
    if export and name in state.assigned:
        return replace(state, exported=state.exported | {name})
    return state


def _all_variables(_builtin: Builtin, state: State) -> Outcome:
    effects = Effects(environment=Environment(Openness.OPEN))
    return Outcome(effects, state, state)


def _unset(builtin: Builtin, state: State) -> Outcome:
    for one in builtin.arguments:
        if one.value is None:
            return Outcome(opaque("unset of a variable whose name is not known"), state, state)
        if not one.text.startswith("-"):
            state = state.assign(one.text, "", export=True)
    return Outcome(_NOTHING, state, state)


def _set(builtin: Builtin, state: State) -> Outcome:
    return _quiet(builtin, state) if builtin.arguments else _all_variables(builtin, state)


def _read(builtin: Builtin, state: State) -> Outcome:
    names = [one.text for one in builtin.arguments if one.text.isidentifier()]
    after = state.forget([*names, "REPLY"])
    return Outcome(_NOTHING, after, after)


def _printf(builtin: Builtin, state: State) -> Outcome | None:
    """``printf -v NAME`` sets a variable; any other printf is a command like echo."""
    if not builtin.arguments or builtin.arguments[0].value != "-v":
        return None
    after = state.forget(one.text for one in builtin.arguments[1:2])
    return Outcome(_NOTHING, after, after)


def _source(builtin: Builtin, state: State) -> Outcome:
    path = absolute_path(builtin.arguments[0].value or "", builtin.scope) if builtin.arguments else None
    name = builtin.arguments[0].text if builtin.arguments else ""
    if path in _RELEASE_FILES:
        after = state.forget(_OS_RELEASE)
        return Outcome(_NOTHING, after, after)
    if path and path.endswith("/bin/activate") and "/" in name and builtin.scope.files.exists(path) is not True:
        return _activate(builtin, state, posixpath.dirname(posixpath.dirname(path)))
    return Outcome(opaque(f"runs the script {name} in its own shell"), state, state)


def _activate(builtin: Builtin, state: State, prefix: str) -> Outcome:
    """The script of a virtual environment puts its programs in front (Lib/venv/scripts/common/activate)."""
    before = state.variables.get("PATH")
    path = f"{prefix}/bin:{before}" if before is not None else None
    after = state.assign("VIRTUAL_ENV", prefix, export=True)
    after = replace(after.assign("PATH", path), assigned=state.assigned | {"VIRTUAL_ENV"}).forget(
        ["PS1", "VIRTUAL_ENV_PROMPT"]
    )
    reads = frozenset({place(builtin.arguments[0], builtin.scope, tree=False)})
    return Outcome(replace(_NOTHING, reads=reads, environment=closed("PYTHONHOME", "PS1")), after, after)


def _opaque(builtin: Builtin, state: State) -> Outcome:
    words = " ".join(one.text for one in builtin.arguments)
    return Outcome(opaque(f"runs what a text says: {builtin.name} {words}".rstrip()), state, state)


_BUILTINS: dict[str, Callable[[Builtin, State], Outcome | None]] = {
    **dict.fromkeys((":", "umask", "ulimit", "wait", "jobs", "shift", "hash", "type", "times", "shopt"), _quiet),
    **dict.fromkeys(("disown", "bg", "fg", "dirs", "set +x"), _quiet),
    **dict.fromkeys(("cd", "chdir", "pushd", "popd"), _cd),
    **dict.fromkeys(("export", "declare", "typeset", "readonly", "local"), _declare),
    **dict.fromkeys((".", "source"), _source),
    **dict.fromkeys(("eval", "alias", "enable", "coproc", "trap", "fc", "bind", "complete"), _opaque),
    **dict.fromkeys(("break", "continue", "return"), _leave),
    **dict.fromkeys(("read", "mapfile", "readarray", "getopts", "let"), _read),
    "exit": _exit,
    "unset": _unset,
    "set": _set,
    "printf": _printf,
}
