"""What can go wrong with a registry while a tag is moved, and at which of its requests.

`python -m tests.builder.push.faults` prints the table of all of it.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.builder.push.fault_table import Row, table
from tests.builder.push.shop import Shop, expected
from tests.oci.memory import Memory, refused
from tests.oci.server import Answer, Request, served

from layerwise.builder.push.checking import check
from layerwise.builder.push.promotion import promote
from layerwise.errors import RegistryError
from layerwise.oci import transport
from layerwise.oci.access import Access
from layerwise.oci.registry import Client

PHASES = {
    "a manifest is read": lambda one, _: one.method == "GET" and "/manifests/sha256:" in one.path,
    "a blob is asked for": lambda one, _: one.method == "HEAD" and "/blobs/" in one.path,
    "a layer is read": lambda one, _: one.method == "GET" and "/blobs/" in one.path,
    "the tag is read": lambda one, moved: one.method != "PUT" and one.path.endswith("/latest") and not moved,
    "the index is written": lambda one, _: one.method == "PUT" and "/manifests/sha256:" in one.path,
    "previous is written": lambda one, _: one.path.endswith("/previous"),
    "the tag is written": lambda one, _: one.method == "PUT" and one.path.endswith("/latest"),
    "the tag is read again": lambda one, moved: one.method != "PUT" and one.path.endswith("/latest") and moved,
}
"""Of each phase, whether a request is of it; the second argument is whether the tag was moved already."""

_FOREVER = threading.Event()

FAULTS: Mapping[str, Callable[[Callable[[], Answer]], Answer]] = {
    "401": lambda _: refused(401, "UNAUTHORIZED", "authentication required"),
    "403": lambda _: refused(403, "DENIED", "requested access to the resource is denied"),
    "429": lambda _: refused(429, "TOOMANYREQUESTS", "too many requests"),
    "429 for 10 min": lambda _: refused(429, "TOOMANYREQUESTS", "too many requests", **{"Retry-After": "600"}),
    "500": lambda _: refused(500, "UNKNOWN", "unknown error"),
    "500 after the deed": lambda done: (done(), refused(500, "UNKNOWN", "unknown error"))[1],
    "503": lambda _: Answer(503),
    "disk full": lambda _: refused(500, "UNKNOWN", "write /var/lib/registry: no space left on device"),
    "reset": lambda _: Answer(reset=True),
    "hang up": lambda _: Answer(dropped=True),
    "hang up after the deed": lambda done: (done(), Answer(dropped=True))[1],
    "half an answer": lambda done: _halved(done()),
    "slow": lambda done: _slowed(done()),
    "no answer": lambda _: Answer(held=_FOREVER),
}
"""Of each fault what is answered; it is given what the registry itself does."""


def _halved(answer: Answer) -> Answer:
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
    return Answer(answer.status, answer.body[: len(answer.body) // 2], headers, length=len(answer.body))


def _slowed(answer: Answer) -> Answer:
    return Answer(answer.status, answer.body, answer.headers, delay_s=0.02)


@dataclass
class Faulty(Memory):
    """A registry in memory; `fault` says by name what goes wrong with a request, "" for nothing."""

    fault: Callable[[Request], str] = lambda _: ""
    tag: str = ""
    lock: threading.RLock = field(default_factory=threading.RLock)  # type: ignore[assignment]

    def done(self, request: Request) -> Answer:
        name = self.fault(request)
        answer = super().done
        return FAULTS[name](lambda: answer(request)) if name else answer(request)


@contextmanager
def impatient(read_s: float) -> Iterator[None]:
    """Let nobody wait long for a registry that does not answer."""
    before = transport._TIMEOUT
    transport._TIMEOUT = transport.urllib3.Timeout(connect=5.0, read=read_s)
    try:
        yield
    finally:
        transport._TIMEOUT = before


NOBODY = Access(environment={"DOCKER_CONFIG": "/nowhere"})


def client() -> Client:
    """Of somebody without a login, who waits for nobody between two tries."""
    return Client(NOBODY, transport.Transport(NOBODY, sleep=lambda _: None))


class Killed(Exception):
    """The client is no more."""


class Mortal(transport.Transport):
    """Is killed at one of its requests: before it is sent, or before its answer is looked at."""

    def __init__(self, access: Access, left: int, *, sent: bool) -> None:
        super().__init__(access, sleep=lambda _: None)
        self._left = left
        self._sent = sent
        self._lock = threading.Lock()

    def send(self, *arguments: object, **more: object) -> object:  # type: ignore[override]
        with self._lock:
            self._left -= 1
            last = self._left < 0
            if last and not self._sent:
                raise Killed
            answer = super().send(*arguments, **more)  # type: ignore[arg-type]
            if last:
                raise Killed
            return answer


def pushed(here: Shop, version: str) -> str:
    """Check a version and move the tag to it; gives what the user reads."""
    one = client()
    try:
        done = promote(one, here.reference(), check(one, here.version(version)))
    except RegistryError as error:
        return str(error)
    return "; ".join((done.why, *done.warnings, *done.notes))


def version_named(here: Shop) -> str:
    """The version that the tag names; all of it must be there."""
    images = here.images()
    return next(version for version in ("1", "2") if images == expected(version))


def row(here: Shop, phase: str, fault: str, *, once: bool) -> Row:
    """Push version 1 without a fault, 2 with one, and 2 again without."""
    registry = here.memory
    assert isinstance(registry, Faulty)
    registry.repositories.clear()
    registry.fault = lambda _: ""
    pushed(here, "1")
    before, struck = here.tags["latest"], []

    def strike(request: Request) -> str:
        if not PHASES[phase](request, here.tags["latest"] != before) or (once and struck):
            return ""
        struck.append(request)
        return fault

    registry.fault = strike
    with impatient(0.5 if fault == "no answer" else 30.0):
        said = pushed(here, "2")
    assert struck, f"nothing is asked of a registry where {phase}"
    registry.fault = lambda _: ""
    named = version_named(here)
    second = pushed(here, "2")
    assert version_named(here) == "2"
    return Row(phase, fault, once, named, said, second)


def rows(phases: Sequence[str] = tuple(PHASES), faults: Sequence[str] = tuple(FAULTS)) -> Iterator[Row]:
    """Every fault at every phase, once and always."""
    with served(server=Faulty()) as registry:
        assert isinstance(registry, Faulty)
        for phase in phases:
            for fault in faults:
                for once in (True, False):
                    yield row(Shop(registry), phase, fault, once=once)


def main() -> None:
    """Print the table."""
    for line in table(tuple(rows())):
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
