"""The Python interpreter: pip and venv run as modules, versions asked; anything else is the project's own code."""

from layerwise.ecosystems import pip
from layerwise.ecosystems.base import SHELL_WORK, closed, fetching
from layerwise.ecosystems.call import Argument, Call
from layerwise.ecosystems.effects import Effects, Openness, Path, Scope, Work, opaque
from layerwise.ecosystems.options import parse
from layerwise.ecosystems.places import home, located, places

NAMES = frozenset({"python", "python2", "python3", "virtualenv"})

_VALUED = ("-m", "-c", "-W", "-X", "--check-hash-based-pycs")
_VENV_VALUED = ("--prompt", "-p", "--python", "--pip", "--setuptools", "--wheel", "--app-data", "--extra-search-dir")
_VARIABLES = ("PYTHON*", "VIRTUAL_ENV*", "VIRTUALENV_*", "PIP_*", "__PYVENV_LAUNCHER__")


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of what the interpreter is asked to run; opaque for code."""
    if call.name == "virtualenv":
        return _venv(call.arguments, scope) | Effects(
            fetches=True, environment=fetching(*_VARIABLES, openness=Openness.INSTALLER)
        )
    module = _module(call.arguments)
    if module is None:
        asked = {one.value for one in call.arguments}
        if asked and asked <= {"-V", "-VV", "--version", "-h", "--help"}:
            return Effects(environment=closed("PYTHON*"), work=SHELL_WORK)
        return opaque(f"runs project code: {call}")
    name, arguments = module
    if name == "pip":
        return pip.as_module(Call("pip", arguments, call.path), scope)
    if name in {"venv", "virtualenv"}:
        return _venv(arguments, scope)
    if name == "compileall":
        return _compiled(arguments, scope)
    if name == "ensurepip":
        return pip.as_module(Call("pip", (Argument("cache", prefix="cache"),), call.path), scope) | Effects(
            writes=frozenset({Path("/usr", tree=True), home(scope, ".local")}),
            reads=frozenset({Path("/usr", tree=True)}),
        )
    return opaque(f"runs the module {name}: {call}")


def _module(arguments: tuple[Argument, ...]) -> tuple[str, tuple[Argument, ...]] | None:
    """Return what ``-m`` names, with its own arguments; None where the interpreter runs something else."""
    rest = list(arguments)
    while rest:
        option = rest.pop(0).value
        if option is None or not option.startswith("-") or option in {"-", "-c"}:
            return None
        if option == "-m" or (option.endswith("m") and not option.startswith("--") and option[1:].isalpha()):
            return (rest[0].value, tuple(rest[1:])) if rest and rest[0].value else None
        if option in _VALUED and rest:
            rest.pop(0)
    return None


def _venv(arguments: tuple[Argument, ...], scope: Scope) -> Effects:
    directories = places(parse(arguments, _VENV_VALUED).positionals, scope)
    return Effects(
        reads=directories,
        writes=directories | {home(scope, ".local/share/virtualenv")},
        environment=closed(*_VARIABLES),
        work=(Work("python.venv", 1),),
    )


def _compiled(arguments: tuple[Argument, ...], scope: Scope) -> Effects:
    options = parse(
        arguments, ("-r", "-d", "-s", "-p", "-x", "-i", "-j", "-o", "-e", "--invalidation-mode", "--hardlink-dupes")
    )
    here = places(options.positionals, scope) or frozenset({Path("/usr", tree=True), located(".", scope)})
    return Effects(reads=here, writes=here, environment=closed("PYTHON*"), work=SHELL_WORK)
