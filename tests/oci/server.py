"""An HTTP server on 127.0.0.1 that answers as it is told to, and keeps what it was asked."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.oci.layouts import Content, digest

_HELLO = b"\x16"
"""With which TLS begins."""


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def login(self) -> str:
        """Its Authorization header."""
        return self.headers.get("authorization", "")


@dataclass(frozen=True)
class Answer:
    """What is answered.

    Attributes:
        length: What Content-Length says instead of the body's length; the connection is closed after the body then.
        dropped: Whether the connection is closed without an answer.
        reset: Whether it is reset without an answer.
        held: Nothing is answered before this is set, and the connection is closed then.
        delay_s: Seconds before the answer, and between its header and its body.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    dropped: bool = False
    reset: bool = False
    held: threading.Event | None = None
    delay_s: float = 0.0


Route = Answer | Callable[[Request], Answer]


@dataclass
class Server:
    """Answers by method and path; of several answers of one path each is given once, the last from then on."""

    port: int = 0
    routes: dict[str, list[Route]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def on(self, route: str, *answers: Route) -> None:
        """Answer `GET /v2/` so."""
        self.routes[route] = list(answers)

    def asked(self, route: str) -> list[Request]:
        """The requests of a route, whatever their query."""
        return [one for one in self.requests if f"{one.method} {urlsplit(one.path).path}" == route]

    def keep(self, repository: str, content: Content, tag: str = "latest") -> None:
        """Hold an image as a registry does."""
        path = f"/v2/{repository}"
        for name, data in content.blobs.items():
            self.on(f"GET {path}/blobs/{name}", Answer(body=data))
        manifests = {digest(one.manifest): (one.manifest, one.media_type) for one in (content, *content.images)}
        for name, (data, media_type) in manifests.items():
            self.on(f"GET {path}/manifests/{name}", manifest(data, media_type))
        self.on(f"GET {path}/manifests/{tag}", manifest(content.manifest, content.media_type))

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        for route in (f"{request.method} {request.path}", f"{request.method} {urlsplit(request.path).path}"):
            if answers := self.routes.get(route):
                found = answers.pop(0) if len(answers) > 1 else answers[0]
                return found if isinstance(found, Answer) else found(request)
        return Answer(404, b'{"errors":[{"code":"NOT_FOUND","message":"not found"}]}')


def manifest(content: bytes, media_type: str) -> Answer:
    return Answer(body=content, headers={"Content-Type": media_type, "Docker-Content-Digest": digest(content)})


def redirect(url: str, status: int = 307) -> Answer:
    return Answer(status, headers={"Location": url})


def _send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    handler.send_response(answer.status)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    if "Content-Length" not in answer.headers:
        handler.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
    handler.end_headers()
    if answer.delay_s:
        handler.wfile.flush()
        time.sleep(answer.delay_s)
    if handler.command != "HEAD":
        handler.wfile.write(answer.body)
    handler.close_connection = answer.length is not None or handler.close_connection


def _is_plain_tls(handler: BaseHTTPRequestHandler) -> bool:
    """Whether a client speaks TLS to a server that does not."""
    connection = handler.connection
    return not isinstance(connection, ssl.SSLSocket) and connection.recv(1, socket.MSG_PEEK) == _HELLO


@contextmanager
def served(
    wrap: Callable[[ThreadingHTTPServer], None] = lambda _: None, server: Server | None = None
) -> Iterator[Server]:
    """A server that runs; `wrap` may put TLS around its socket, `server` may answer in its own way and at its own port."""
    server = server or Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10
        wbufsize = -1  # else header and body go apart, and the body waits for the header's acknowledgement

        def handle(self) -> None:
            # docker asks a registry on localhost by TLS first, and by plain HTTP where it is told so in that
            if _is_plain_tls(self):
                self.wfile.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return
            super().handle()

        def respond(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = server.answer(Request(self.command, self.path, headers, self.rfile.read(length)))
            time.sleep(answer.delay_s)
            if answer.held:
                answer.held.wait(30)
            if answer.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if answer.dropped or answer.held or answer.reset:
                self.close_connection = True
                return
            _send(self, answer)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = respond  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            pass

    http = ThreadingHTTPServer(("127.0.0.1", server.port), Handler)
    http.daemon_threads = True
    http.handle_error = lambda *_: None  # a client that goes away early is no news
    wrap(http)
    server.port = http.server_port
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
