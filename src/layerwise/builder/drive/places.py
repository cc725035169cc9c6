"""Where each platform is built: on the current builder, on one that is named, or in a docker context of its own."""

import hashlib
import pathlib
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import msgspec

from layerwise.builder import buildx
from layerwise.builder.drive.builders import Builder, Node, read_inspect
from layerwise.builder.drive.calls import Place
from layerwise.decoding import decoder

_GOOD_FOR_S = 3600.0
_ASKED = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "BUILDX_CONFIG", "BUILDX_BUILDER", "HOME")


class _Remembered(msgspec.Struct):
    at: float
    said: str


_REMEMBERED = dict[str, _Remembered]


@dataclass(frozen=True, slots=True)
class Memory:
    """What builders said of themselves, for an hour: to ask takes as long as an unchanged build.

    It is asked anew where docker's or buildx's configuration has changed, and where a build fails.

    Attributes:
        path: The file that keeps it.
        clock: Seconds since the epoch.
    """

    path: pathlib.Path
    clock: Callable[[], float] = time.time

    def get(self, key: str) -> str | None:
        """Return what a builder said, None where that is not known or too old."""
        found = self._all().get(key)
        return found.said if found and 0 <= self.clock() - found.at < _GOOD_FOR_S else None

    def put(self, key: str, said: str) -> None:
        """Keep what a builder says; a file that can't be written keeps nothing."""
        now = self.clock()
        kept = {name: one for name, one in self._all().items() if now - one.at < _GOOD_FOR_S}
        self._write({**kept, key: _Remembered(now, said)})

    def forget(self) -> None:
        """Forget everything."""
        self.path.unlink(missing_ok=True)

    def _all(self) -> _REMEMBERED:
        try:
            return decoder(_REMEMBERED).decode(self.path.read_bytes())
        except (OSError, msgspec.DecodeError):
            return {}

    def _write(self, values: _REMEMBERED) -> None:
        made = self.path.with_name(f"{self.path.name}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            made.write_bytes(msgspec.json.encode(values))
            made.replace(self.path)
        except OSError:
            return


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds builders by their names.

    Attributes:
        environment: Of the call.
        memory: What they said before.
    """

    environment: Mapping[str, str]
    memory: Memory

    def unasked(self, named: str) -> Place:
        """Return a builder that is not asked what it can do."""
        return Place(builder=Builder(named, "", (Node(""),)), named=named, environment=self.environment)

    def one(self, named: str) -> Place:
        """Return a builder, the current one where ``named`` is "".

        Raises:
            BuilderError: There is no such builder.
        """
        return self._place(named, self.environment)

    def several(self, nodes: Mapping[str, str]) -> Mapping[str, Place]:
        """Return the builder of each platform, named by itself or by its docker context.

        Raises:
            BuilderError: There is none of such a name.
        """
        contexts = buildx.contexts(self.environment) if any(nodes.values()) else frozenset()
        names = tuple(dict.fromkeys(nodes.values()))
        with ThreadPoolExecutor(max_workers=max(len(names), 1)) as pool:
            found = dict(zip(names, pool.map(lambda name: self._node(name, contexts), names), strict=True))
        return {platform: found[name] for platform, name in nodes.items()}

    def _node(self, named: str, contexts: Iterable[str]) -> Place:
        if named not in contexts:
            return self.one(named)
        # buildx refuses the builder of another context by name, and DOCKER_HOST stands above a context
        inside = {name: value for name, value in self.environment.items() if name != "DOCKER_HOST"}
        return self._place("", {**inside, "DOCKER_CONTEXT": named})

    def _place(self, named: str, environment: Mapping[str, str]) -> Place:
        key = _key(named, environment)
        said = self.memory.get(key)
        builder = read_inspect(said) if said else None
        if builder is None:
            said = buildx.inspect(environment, named or None)
            builder = read_inspect(said)
            if builder.is_known:
                self.memory.put(key, said)
        return Place(builder=builder, named=named, environment=environment)


def _key(named: str, environment: Mapping[str, str]) -> str:
    """Return what tells a builder as it is set up now from any other, and from itself as it was before."""
    docker = pathlib.Path(environment.get("DOCKER_CONFIG") or pathlib.Path(environment.get("HOME", "")) / ".docker")
    state = pathlib.Path(environment.get("BUILDX_CONFIG") or docker / "buildx")
    times = [
        str(path.stat().st_mtime_ns if path.exists() else 0) for path in (docker / "config.json", state / "instances")
    ]
    # buildx writes which builder is the current one again with each build, mostly the same as before
    chosen = [_text(state / "current"), _text(state / "instances" / named) if named else ""]
    pieces = [named, *(environment.get(name, "") for name in _ASKED), *times, *chosen]
    return hashlib.sha256("\0".join(pieces).encode("utf-8", "surrogateescape")).hexdigest()


def _text(path: pathlib.Path) -> str:
    """Return what is in a file, "" where it is not there or can't be read."""
    try:
        return path.read_text("utf-8", "surrogateescape")
    except OSError:
        return ""
