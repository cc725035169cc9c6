"""``find . -type f ! -path ./X -exec truncate -s 0 {} +``: files keep their names and lose what they hold."""

from layerwise.ecosystems.call import Call
from layerwise.ecosystems.effects import Emptied, Scope

_START = [".", "-type", "f"]
_END = ["-exec", "truncate", "-s", "0", "{}", "+"]
_GROUP = 3


def emptied(call: Call, scope: Scope) -> tuple[Emptied, ...]:
    """Return what a ``find`` of just this form empties; nothing for any other, which may leave more as it is."""
    words = [one.value or "" for one in call.arguments]
    tests = words[len(_START) : -len(_END)]
    groups = [tests[at : at + _GROUP] for at in range(0, len(tests), _GROUP)]
    if words != [*_START, *tests, *_END] or any(one[:2] != ["!", "-path"] or not one[-1] for one in groups):
        return ()
    if scope.cwd is None or any(len(one) != _GROUP for one in groups):
        return ()
    return (Emptied(scope.cwd, tuple(one[-1] for one in groups)),)
