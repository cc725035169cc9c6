"""How a text with secrets in it is kept: those masked, and an HMAC of the whole behind it.

Which texts are masked depends on the secrets that a build knows, so one build may mask what another shows.
"""

import re

MASK = "***"

_KEPT = re.compile(r"(?P<shown>.*) \[hmac:[0-9a-f]+\]", re.DOTALL)


def masked(shown: str, hmac: str) -> str:
    """Return a text as it is kept.

    Args:
        shown: The text with ``MASK`` in the place of secrets.
        hmac: Of the text as it was: ``hmac:`` and hexadecimal digits.
    """
    return f"{shown} [{hmac}]"


def may_be_same(one: str, other: str) -> bool:
    """Whether two kept texts are the same as far as they tell: where only one is masked, the rest decides."""
    if one == other:
        return True
    found, known = _KEPT.fullmatch(one), _KEPT.fullmatch(other)
    if bool(found) == bool(known):
        return False
    kept, plain = (found, other) if found else (known, one)
    assert kept is not None, "one of them is masked"
    pattern = ".+".join(map(re.escape, kept["shown"].split(MASK)))
    return re.fullmatch(pattern, plain, re.DOTALL) is not None
