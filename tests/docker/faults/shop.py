"""A user's directory that is built and pushed, what he reads, and what the store and the registry know then."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.docker.engine import Engine

from layerwise.builder.push.walk import Walk
from layerwise.errors import StoreError
from layerwise.oci.access import Access
from layerwise.oci.reference import parse_reference
from layerwise.oci.registry import Client
from layerwise.records import BuildRecord, Outcome
from layerwise.store import open_store

_SHOWN = ("layerwise: ", "ERROR: ")


class Call(NamedTuple):
    """What a call of `layerwise build` came to."""

    code: int
    said: tuple[str, ...]
    """What the user reads at its end: our lines, and buildx's errors."""


def call_of(process: "subprocess.Popen[str]", text: str) -> Call:
    """Return what a call came to that is over, and wrote a text."""
    return Call(process.returncode, tuple(line for line in text.splitlines() if line.startswith(_SHOWN)))


def ended(process: "subprocess.Popen[str]", patience_s: float | None = None) -> Call:
    """What a call comes to; where that takes too long, it is interrupted as Ctrl-C does."""
    try:
        return call_of(process, process.communicate(timeout=patience_s)[1])
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGINT)
        return call_of(process, process.communicate()[1])


@dataclass(frozen=True)
class Shop:
    """A directory that is built and pushed; `settings` are further environment variables."""

    engine: Engine
    directory: Path
    image: str
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> Mapping[str, str]:
        made = {"LAYERWISE_STORE": f"sqlite:///{self.directory}/builds.db", "XDG_STATE_HOME": f"{self.directory}/state"}
        return {**self.engine.environment, **made, "XDG_CACHE_HOME": f"{self.directory}/cache", **self.settings}

    def write(self, dockerfile: str, size: int = 1000) -> None:
        """Write the Dockerfile and a new file of a size."""
        (self.directory / "shop").mkdir(parents=True, exist_ok=True)
        (self.directory / "shop" / "Dockerfile").write_text(dockerfile)
        (self.directory / "shop" / "file").write_bytes(os.urandom(size))

    def pushing(self, *options: str) -> tuple[str, ...]:
        """The words of a call that pushes."""
        return ("-t", f"{self.image}:1", "--push", *options)

    def begin(self, *words: str) -> "subprocess.Popen[str]":
        """Begin a call, in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "layerwise.cli", "build", self.engine.network, *words, "."],
            cwd=self.directory / "shop",
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def build(self, *words: str) -> Call:
        with self.begin(*words) as process:
            return ended(process)

    def names(self) -> str:
        """The digest that the tag names, all of whose image is there; "" for none."""
        tag = parse_reference(f"{self.image}:1")
        origin = Client(Access()).origin(tag)
        digest = origin.digest(tag.tag) or ""
        walk = Walk(origin)
        assert not digest or not walk.missing(walk.manifests(digest)), f"{tag} names an image that is not whole"
        return digest

    def newest(self) -> BuildRecord | None:
        """The newest record of the shop; None where there is none, or the store can't be opened."""
        try:
            with open_store(self.environment["LAYERWISE_STORE"]) as store:
                return next(iter(store.records(None, limit=1)), None)
        except StoreError:
            return None


def steps_run(record: BuildRecord) -> int:
    """How many steps a build ran."""
    steps = (step for step in record.distinct() if step.keyword != "FROM")
    return sum(step.outcome is Outcome.EXECUTED for step in steps)
