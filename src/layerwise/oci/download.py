"""The bytes of an answer, asked for from where they broke off when a connection does."""

from collections.abc import Callable
from http import HTTPStatus

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from layerwise.errors import LayerwiseError

_RESUMED = 4  # times, in one download


class Download:
    """Reads what a registry sends, over several connections if it must.

    Attributes:
        answer: The answer that is read at present; the first one says what all of it is.
    """

    def __init__(self, begin: Callable[[int], BaseHTTPResponse], broken: Callable[[HTTPError], LayerwiseError]) -> None:
        """Begin; ``begin`` gives the answer that has the bytes from an offset on, or all where it can't do that."""
        self.answer = begin(0)
        self._begin = begin
        self._broken = broken
        self._at = 0
        self._left = _RESUMED
        self._known = 0  # bytes that the present answer says again

    def read(self, size: int, /) -> bytes:
        """Return some bytes, none at the end.

        Raises:
            LayerwiseError: The connection broke too often.
        """
        while True:
            try:
                chunk = self.answer.read(min(size, self._known or size))
            except HTTPError as error:
                self._resume(error)
                continue
            if self._known and chunk:
                self._known -= len(chunk)
                continue
            self._at += len(chunk)
            return chunk

    def close(self) -> None:
        """Let go of the connection."""
        self.answer.close()

    def _resume(self, error: HTTPError) -> None:
        self.close()
        if not self._left:
            raise self._broken(error) from error
        self._left -= 1
        self.answer = self._begin(self._at)
        self._known = 0 if self.answer.status == HTTPStatus.PARTIAL_CONTENT else self._at
