"""An engine that is a dictionary: its cache has keys as BuildKit's do, each step takes a second, nothing else any time."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from layerwise.builder.history import Span
from layerwise.builder.local_state import Reference
from layerwise.builder.made import Trace
from layerwise.errors import BuilderError
from layerwise.prove.bench.engine import Looked, Need, Order
from layerwise.recording.timed import Timed
from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Copy, From, Run


@dataclass
class ToyEngine:
    """What a bench builds on.

    Attributes:
        fails: A build fails whose Dockerfile says this, "" for none.
        stops_at: The build of this number, counted from 1, is interrupted after its steps were made.
    """

    fails: str = ""
    stops_at: int = 0
    cache: dict[str, str] = field(default_factory=dict)
    images: set[str] = field(default_factory=set)
    orders: list[Order] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    builders: set[str] = field(default_factory=set)
    others_run: bool = False
    refuses: str = ""
    isolation: str = "in a dictionary"
    clock: float = 0.0

    def check(self, need: Need) -> tuple[str, ...]:
        if self.refuses:
            raise BuilderError(self.refuses)
        self.needs.append(need)
        return ()

    def own(self, name: str) -> None:
        self.builders.add(name)

    def disown(self, name: str) -> None:
        self.builders.discard(name)
        self.cache.clear()

    def unfresh(self) -> str:
        return ""

    def unmovable(self, references: Sequence[str]) -> str:
        return "" if any("@" not in one for one in references) else "every base is pinned by digest"

    def build(self, order: Order) -> Timed:
        self.orders.append(order)
        number = len(self.orders)
        if order.tag:
            self.images.add(order.tag)
        text = order.dockerfile.read_text()
        seconds = 0.0
        for key in keys(text, order):
            if key not in self.cache:
                self.cache[key] = f"b{number}"
                seconds += 1.0
        start, self.clock = self.clock, self.clock + seconds + 0.5
        trace = Trace(Reference("toy", "toy", f"b{number}"), Span(start, self.clock), (), order.scope)
        self.traces.append(trace)
        if number == self.stops_at:
            raise KeyboardInterrupt
        code = int(bool(self.fails) and self.fails in text)
        return Timed(
            code=code, wall_s=seconds, last=("#5 ERROR", "it said why") if code else (), trace=trace, build=f"b{number}"
        )

    def unfinished(self, directory: Path, known: frozenset[str]) -> tuple[Trace, ...]:
        del directory
        return tuple(trace for trace in self.traces if trace.reference.id not in known)

    def look(self, traces: Sequence[Trace]) -> Looked:
        claims = {}
        for trace in traces:
            claims[trace.reference.id] = tuple(
                key for key, by in self.cache.items() if by == trace.reference.id and not self.others_run
            )
        beside = frozenset(trace.reference.id for trace in traces) if self.others_run else frozenset()
        return Looked(claims, dict.fromkeys(self.cache, 100), beside, 0, beside)

    def remove(self, ids: Sequence[str]) -> int:
        for key in ids:
            del self.cache[key]
        return 0

    def remove_image(self, tag: str) -> None:
        self.images.discard(tag)


def keys(text: str, order: Order) -> Iterator[str]:
    """Yield the cache key of each step: what is said, what is taken, the scope of a RUN, and the step before."""
    arguments = dict(re.findall(r"--build-arg=(\w+)=(\S+)", " ".join(order.options)))
    contexts = dict(re.findall(r"--build-context=(\S+?)=(\S+)", " ".join(order.options)))
    above, declared = "", {}
    for instruction in parse(text, "Dockerfile").instructions():
        if isinstance(instruction, From):
            above, declared = digest(contexts.get(instruction.image, instruction.image), order.platform), {}
            continue
        if instruction.keyword == "ARG":
            declared[instruction.text] = arguments.get(instruction.text, "")
            continue
        written = order.dockerfile.read_text()[instruction.span.start : instruction.span.end]
        if isinstance(instruction, Copy):
            above = digest(above, written, *taken(order, [word.text for word in instruction.sources]))
        elif isinstance(instruction, Run):
            above = digest(above, written, order.scope, str(sorted(declared.items())))
        else:
            continue
        yield above


def taken(order: Order, sources: Sequence[str]) -> Iterator[str]:
    ignore = order.dockerfile.with_name("Dockerfile.dockerignore")
    patterns = ignore.read_text().split() if ignore.is_file() else []
    for path in sorted(order.context.rglob("*")):
        name = path.relative_to(order.context).as_posix()
        if any(fnmatch(name, pattern) for pattern in patterns):
            continue
        if any(source in (".", name) or name.startswith(f"{source.rstrip('/')}/") for source in sources):
            content = str(path.readlink()) if path.is_symlink() else path.read_bytes().hex() if path.is_file() else ""
            yield f"{name} {path.lstat().st_mode} {content}"


def digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
