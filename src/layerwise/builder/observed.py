"""What can be seen of a build from outside: its vertices, when they ran and what became of them.

Progress streams (``rawjson``) and plain logs (``plain``) both come to this; nothing here knows a Dockerfile.
"""

from dataclasses import dataclass

from layerwise.records import Ending, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A piece of work inside a vertex.

    Attributes:
        name: As BuildKit shows it: ``exporting layers``, ``extracting sha256:..``, ``transferring context:``.
        span: Start and end in seconds since the epoch, None where the log does not say.
        seconds: How long it took.
        size_bytes: Bytes moved, None where none are counted.
    """

    name: str
    span: tuple[float, float] | None
    seconds: float
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vertex:
    """One vertex of a build.

    Attributes:
        digest: The same only within the build; the number of a plain log.
        name: As BuildKit shows it, secrets and all.
        inputs: Digests of the vertices it depends on; none in a plain log.
        outcome: What became of it.
        runs: When it executed, in seconds since the epoch, merged and in order; none where the log has no times.
        transfers: When its result was pulled or extracted after a hit, likewise.
        seconds: How long it executed; None where it did not, or where the log does not say.
        statuses: What it did, in order of appearance.
        group: Vertices of one progress group are shown as one (a ``COPY --link`` and its ``LINK``); "" for none.
        error: What BuildKit says of its failure.
        log: The last lines that it wrote, if it failed.
    """

    digest: str
    name: str
    outcome: Outcome
    inputs: tuple[str, ...] = ()
    runs: tuple[tuple[float, float], ...] = ()
    transfers: tuple[tuple[float, float], ...] = ()
    seconds: float | None = None
    statuses: tuple[Status, ...] = ()
    group: str = ""
    error: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One build as it was seen.

    Attributes:
        vertices: In the order in which they first appeared.
        ending: How it ended.
        started_at: Of its first event, in seconds since the epoch; None where the log has no times.
        ended_at: Of its last event, likewise.
        builder: The builder's name, "" where the log does not say.
        error: Why it failed.
        notes: What could not be read, a sentence each.
    """

    vertices: tuple[Vertex, ...]
    ending: Ending
    started_at: float | None = None
    ended_at: float | None = None
    builder: str = ""
    error: str = ""
    notes: tuple[str, ...] = ()
