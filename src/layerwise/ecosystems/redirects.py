"""What the redirects of a command read and write."""

from layerwise.ecosystems.call import Argument
from layerwise.ecosystems.effects import Effects, Scope
from layerwise.ecosystems.expand import expand
from layerwise.ecosystems.places import place
from layerwise.ecosystems.state import State
from layerwise.syntax.shell_tree import Redirect

_DEVICES = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/stdin", "/dev/tty", "/dev/zero", "/dev/full"})
_TEXTS = frozenset({"<<", "<<-", "<<<"})
_NOTHING = Effects()


def effects_of_redirects(redirects: tuple[Redirect, ...], state: State, scope: Scope) -> Effects:
    """Return what redirects read and write, their words expanded in ``state``."""
    effects = _NOTHING
    for one in redirects:
        if one.target is not None and one.operator not in _TEXTS:
            for target in expand(one.target, state, scope.home):
                effects |= _redirect(one.operator, target, scope)
    return effects


def _redirect(operator: str, target: Argument, scope: Scope) -> Effects:
    text = target.text
    if text in _DEVICES or (operator in {">&", "<&", ">&-", "<&-"} and (text.isdigit() or text == "-")):
        return _NOTHING
    if text.startswith(("/dev/tcp/", "/dev/udp/")):
        return Effects(fetches=True, deterministic=False)
    paths = frozenset({place(target, scope, tree=False)})
    reads = operator in {"<", "<>", "<&"} or operator.startswith(">>")
    writes = operator not in {"<", "<&"}
    return Effects(reads=paths if reads else frozenset(), writes=paths if writes else frozenset())
