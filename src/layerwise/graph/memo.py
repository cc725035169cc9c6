"""What was worked out of a build context, or of builds on it, at some cost: a plan asks it again for each of its texts.

What is worked out must follow from the context and the key, and from nothing else.
"""

from collections.abc import Callable, Hashable
from typing import TypeVar, cast

_T = TypeVar("_T")


class Memo:
    """Results by key; the first part of a key says what they are, so that no two kinds meet."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._found: dict[tuple[Hashable, ...], object] = {}

    def once(self, key: tuple[Hashable, ...], work: Callable[[], _T]) -> _T:
        """Return what ``work`` gives, asked only the first time that the key comes."""
        if key not in self._found:
            self._found[key] = work()
        return cast("_T", self._found[key])
