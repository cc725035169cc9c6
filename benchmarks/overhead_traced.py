"""`layerwise` with a clock on what it does: `python -m benchmarks.overhead_traced LOG ARGUMENTS...`.

LOG gets a JSON list of `[name, begin, end]`, in seconds since the epoch. Nothing is imported that would not be.
"""

import time

STARTED = time.time()

import builtins  # noqa: E402 - the clock comes first
import functools  # noqa: E402
import importlib.abc  # noqa: E402
import importlib.machinery  # noqa: E402
import importlib.util  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
from collections.abc import Callable, Sequence  # noqa: E402
from pathlib import Path  # noqa: E402
from types import ModuleType  # noqa: E402
from typing import Any  # noqa: E402

WATCHED = {
    "layerwise.builder.checkout": ("read_checkout",),
    "layerwise.builder.drive.preparing": ("prepare",),
    "layerwise.builder.drive.tagging": ("registry_tags",),
    "layerwise.builder.drive.watch": ("watch",),
    "layerwise.builder.push.checking": ("check",),
    "layerwise.builder.push.promotion": ("promote",),
    "layerwise.cli.settings": ("settings",),
    "layerwise.oci.transport": ("Transport.send",),
    "layerwise.recording.build_records": ("engines_of", "kept_builds"),
    "layerwise.recording.build_study": ("study",),
    "layerwise.store.opening": ("open_store",),
}
"""The functions that have the clock on, by module."""

spans: list[tuple[str, float, float]] = []
_depth = threading.local()
_started: dict[int, tuple[str, float]] = {}


def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that notes how long each call takes."""

    @functools.wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        begin = time.time()
        try:
            return function(*arguments, **named)
        finally:
            spans.append((_request(arguments) if name == "send" else name, begin, time.time()))

    return call


def _request(arguments: Sequence[Any]) -> str:
    """Return what a request to a registry is called."""
    _, method, url, *_ = arguments
    kind = next((kind for kind in ("blob", "manifest") if f"/{kind}s/" in url), "registry")
    return f"request {method} {kind}"


class _Watching(importlib.abc.MetaPathFinder):
    """Puts the clock on the functions of a module before anybody else imports them from it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in WATCHED:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        assert spec is not None
        assert spec.loader is not None
        run = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            run(module)
            for path_of in WATCHED[fullname]:
                *outer, name = path_of.split(".")
                owner = functools.reduce(getattr, outer, module)
                setattr(owner, name, timed(name, getattr(owner, name)))

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _import(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return an import that notes how long the outermost ones of each thread take."""

    def call(*arguments: Any, **named: Any) -> Any:
        depth = getattr(_depth, "of", 0)
        _depth.of = depth + 1
        begin = time.time()
        try:
            return original(*arguments, **named)
        finally:
            _depth.of = depth
            end = time.time()
            if not depth and end - begin > 0.0005:
                main = threading.current_thread() is threading.main_thread()
                spans.append(("imports" if main else "imports beside", begin, end))

    return call


class _Popen(subprocess.Popen[Any]):
    """Notes which program runs, from its start until its end was seen."""

    def __init__(self, args: Any, *further: Any, **named: Any) -> None:
        self._began, self._words = time.time(), args
        super().__init__(args, *further, **named)

    def _handle_exitstatus(self, *arguments: Any) -> None:
        super()._handle_exitstatus(*arguments)  # type: ignore[misc]
        spans.append((" ".join(_named(self._words)), self._began, time.time()))


def _named(words: Sequence[str]) -> list[str]:
    """Return the words of a command that tell what it is."""
    words = [word for word in words if not word.startswith("-") and "/" not in word]
    return words[: 4 if words[1:3] == ["buildx", "history"] else 3 if words[0] == "docker" else 2]


def main() -> int:
    """Run the command line and write the log."""
    log, arguments = Path(sys.argv[1]), sys.argv[2:]
    sys.meta_path.insert(0, _Watching())
    builtins.__import__ = _import(builtins.__import__)
    subprocess.Popen = _Popen  # type: ignore[misc]
    spans.append(("python starts", float(os.environ["SPAWNED_AT"]), STARTED))
    begin = time.time()
    from layerwise.cli.main import run  # noqa: PLC0415 - under the clock

    code = run(arguments)
    spans.append(("layerwise", begin, time.time()))
    log.write_text(json.dumps(spans))
    return code


if __name__ == "__main__":
    sys.exit(main())
