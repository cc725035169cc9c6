"""The HTTP server of the status page."""

import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from time import sleep
from urllib.parse import unquote, urlsplit

from montage.web import jobs, pages

HTML, JSON = "text/html; charset=utf-8", "application/json"
STATIC = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
LOOK = 5.0  # seconds between looks into the data folder

Answer = tuple[HTTPStatus, str, bytes]


def route(path: str, queue: jobs.Queue) -> Answer:
    """The answer to a GET."""
    parts = [unquote(part) for part in urlsplit(path).path.split("/") if part]
    known = list(queue.jobs.values())
    match parts:
        case []:
            return HTTPStatus.OK, HTML, pages.index(known).encode()
        case ["healthz"]:
            return HTTPStatus.OK, JSON, pages.health(known).encode()
        case ["jobs", name] if name in queue.jobs:
            return HTTPStatus.OK, HTML, pages.job(queue.jobs[name]).encode()
        case ["static", name] if Path(name).suffix in STATIC:
            return static(name)
    return HTTPStatus.NOT_FOUND, HTML, pages.missing(path).encode()


def static(name: str) -> Answer:
    """A file that ships with montage; the name holds no slash."""
    source = resources.files("montage.web") / "static" / name
    if not source.is_file():
        return HTTPStatus.NOT_FOUND, HTML, pages.missing(name).encode()
    return HTTPStatus.OK, STATIC[Path(name).suffix], source.read_bytes()


def handler(queue: jobs.Queue) -> type[BaseHTTPRequestHandler]:
    """A handler class that knows the queue."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = route(self.path, queue)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def watch(queue: jobs.Queue, pictures: Path) -> None:
    """Queue each new folder."""
    while True:
        for job in jobs.found(pictures):
            queue.add(job)
        sleep(LOOK)


def serve(host: str, port: int, data: Path) -> None:
    """Serve until interrupted."""
    queue = jobs.Queue(data / "output", jobs.render)
    for work in (queue.run, lambda: watch(queue, data / "pictures")):
        threading.Thread(target=work, daemon=True).start()
    ThreadingHTTPServer((host, port), handler(queue)).serve_forever()
