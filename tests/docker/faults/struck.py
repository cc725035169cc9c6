"""A real registry, in front of which something strikes requests of one phase of a push."""

import http.client
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from tests.oci.memory import refused
from tests.oci.server import Answer, Request, Server, served

_SLOW_S = 2.0
_OURS = "layerwise"
_NOT_PASSED_ON = frozenset({"connection", "transfer-encoding"})
_NEVER = threading.Event()


def _is(method: str, part: str, *, ours: bool = False) -> Callable[[Request], bool]:
    def asked(request: Request) -> bool:
        by_us = request.headers.get("user-agent", "") == _OURS
        return request.method in method.split() and part in request.path and by_us is ours

    return asked


PHASES: Mapping[str, Callable[[Request], bool]] = {
    "the base is looked up": _is("HEAD GET", "/base/manifests/"),
    "the cache is looked up": _is("HEAD GET", "/manifests/lw-cache-"),
    "a layer is sent": lambda one: one.method == "POST" and "/shop/blobs/uploads/" in one.path,
    "the image is sent": lambda one: _is("PUT", "/shop/manifests/")(one) and "/lw-cache-" not in one.path,
    "the cache is sent out": _is("PUT", "/manifests/lw-cache-"),
    "the images are checked": _is("HEAD GET", "/shop/manifests/sha256:", ours=True),
    "the tag is moved": _is("PUT", "/shop/manifests/1", ours=True),
}
"""Of each phase, whether a request is of it: BuildKit's first, then ours."""

ANSWERS: Mapping[str, Callable[[Callable[[], Answer]], Answer]] = {
    "401": lambda _: refused(401, "UNAUTHORIZED", "authentication required"),
    "429": lambda _: refused(429, "TOOMANYREQUESTS", "too many requests"),
    "500": lambda _: refused(500, "UNKNOWN", "unknown error"),
    "slow": lambda done: replace(done(), delay_s=_SLOW_S),
    "no answer": lambda _: Answer(held=_NEVER),
}
"""What is answered to each request of a phase; it is given what the registry itself does."""


@dataclass
class Struck(Server):
    """Passes requests on to a registry at a port, but those of a phase."""

    behind: int = 0
    is_of_phase: Callable[[Request], bool] = lambda _: False
    strike: Callable[[Callable[[], Answer]], Answer] = lambda done: done()
    strikes: int = 0
    begun: threading.Event = field(default_factory=threading.Event)
    """Set with the first strike."""
    front: ExitStack = field(default_factory=ExitStack)

    def open(self) -> None:
        """Listen, at the same port as before."""
        self.front.enter_context(served(server=self))

    def close(self) -> None:
        """Listen no more, as a registry that was killed."""
        self.front.close()

    def arm(self, phase: str, strike: Callable[[Callable[[], Answer]], Answer]) -> None:
        self.begun.clear()
        self.strikes, self.is_of_phase, self.strike = 0, PHASES[phase], strike

    def disarm(self) -> None:
        self.is_of_phase = lambda _: False

    def answer(self, request: Request) -> Answer:
        if not self.is_of_phase(request):
            return self.passed_on(request)
        self.strikes += 1
        self.begun.set()
        return self.strike(lambda: self.passed_on(request))

    def passed_on(self, request: Request) -> Answer:
        """What the registry answers; nothing where it is not there."""
        connection = http.client.HTTPConnection("127.0.0.1", self.behind)
        headers = {name: value for name, value in request.headers.items() if name not in _NOT_PASSED_ON}
        try:
            connection.request(request.method, request.path, request.body, headers)
            got = connection.getresponse()
            found = {name: value for name, value in got.getheaders() if name.lower() not in _NOT_PASSED_ON}
            return Answer(got.status, got.read(), found)
        except OSError:
            return Answer(dropped=True)
        finally:
            connection.close()


@contextmanager
def struck_registry(behind: int) -> Iterator[Struck]:
    """What stands in front of a registry, before it strikes."""
    struck = Struck(behind=behind)
    struck.open()
    try:
        yield struck
    finally:
        struck.close()
