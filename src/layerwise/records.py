"""What a build did and what it cost, as one frozen value: where what would happen and what did happen meet.

A record is made by ``builder``, kept by ``store``, and read by ``model`` (as a profile), ``summary`` and ``report``.
Nothing in it is secret: values that look so were replaced before it was made (``builder.redact``).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import NamedTuple


class Basis(Enum):
    """What stands behind a figure."""

    MEASURED = "measured"
    PREDICTED = "predicted"
    PRIOR = "prior"
    UNKNOWN = "unknown"


class Outcome(Enum):
    """What became of a step."""

    EXECUTED = "executed"
    CACHED = "cached"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """Stopped because another step failed, or by the user."""
    SKIPPED = "skipped"
    """Never started: the build ended before, or a hit further down made it needless."""


class Ending(Enum):
    """How a build ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CUT = "cut"
    """The log ends in the middle; what became of the build is not known."""


class Source(Enum):
    """What a record was read from."""

    ENGINE = "engine"
    """The engine's own record of the build, right after it."""
    BUNDLE = "bundle"
    """A ``.dockerbuild`` export."""
    RAWJSON = "rawjson"
    PLAIN = "plain"


class Place(Enum):
    """How the line, stage and platform of a step are known."""

    PROVENANCE = "provenance"
    """The engine's record says which lines made which vertex, and for which platform."""
    NAME = "name"
    """Read from the name that BuildKit shows: right as a rule; steps that platforms share have one name."""


class Span(NamedTuple):
    """An interval, in seconds since the build began."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a step used while it ran.

    Attributes:
        cpu_s: Seconds of processor time, None where nobody measured it.
        peak_memory_bytes: The most memory at once, None where nobody measured it.
        source: ``engine`` (its own samples) or ``cgroup`` (sampled while the step ran).
    """

    cpu_s: float | None
    peak_memory_bytes: int | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """One step of one platform in one build.

    Attributes:
        vertex: The vertex's digest, the same only within its build; in a plain log its number.
        platform: The platform it is for, ``os/arch``, "" where it is not known.
        runs_on: The platform it runs on: the builder's own in a ``FROM --platform=$BUILDPLATFORM`` stage.
        stage: As BuildKit shows it.
        number: The ``i`` of ``[stage i/n]``, 0 where the name has none.
        line: In the Dockerfile, 0 where it is not known.
        instruction: On one line, as BuildKit shows it, redacted.
        key: Digest of the instruction as written (``graph.state.origin``): equal for the same instruction in another
            build, wherever it has moved to. Where its text is not known, ``shown:`` and a digest of ``instruction``.
        place: How platform, stage and line are known.
        outcome: What became of it.
        spans: When it executed; waits for a locked cache mount are in it (BuildKit does not tell them apart).
        transfers: When its result was pulled and extracted after a hit; of a FROM, when its image was.
        duration_s: Seconds executed; None where it did not, or where nobody knows.
        size_bytes: Its layer as stored, compressed; None where none was made or nobody knows.
        resources: What it used; None where nobody measured it.
        inputs: Digests of the vertices it depends on.
        emulated: Whether its platform is not the builder's own; None where that is not known.
        critical_s: Seconds of the build's wall time that it accounts for on the critical path.
        error: What BuildKit says of a failure, redacted.
    """

    vertex: str
    platform: str
    runs_on: str = ""
    stage: str
    number: int
    line: int
    instruction: str
    key: str
    place: Place
    outcome: Outcome
    spans: tuple[Span, ...] = ()
    transfers: tuple[Span, ...] = ()
    duration_s: float | None = None
    size_bytes: int | None = None
    resources: Resources | None = None
    inputs: tuple[str, ...] = ()
    emulated: bool | None = None
    critical_s: float = 0.0
    error: str = ""

    @property
    def id(self) -> str:
        """``stage:number``, as in ``graph.vertex.Step``."""
        return f"{self.stage}:{self.number}"

    @property
    def keyword(self) -> str:
        """``RUN``, ``COPY`` and so on."""
        return self.instruction.removeprefix("ONBUILD ").partition(" ")[0].upper()

    @property
    def transfer_s(self) -> float:
        """Seconds of pulling and extracting its result after a hit."""
        return sum(span.end_s - span.start_s for span in self.transfers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overhead:
    """Work around the steps.

    Attributes:
        kind: ``definition`` (Dockerfile, .dockerignore, metadata of bases), ``context`` (transfer), ``cache-key``
            (what a COPY --from takes is read, before it starts), ``cache-import``, ``cache-export``,
            ``export`` (layers compressed, manifests written), ``unpack`` (into the local store),
            ``push``, ``load`` (a tarball sent to the client), ``base`` (an image that only a COPY --from or a mount
            names), ``auth``, ``other``.
        name: As BuildKit shows it, redacted.
        spans: When it ran; empty in a plain log without time stamps.
        duration_s: Seconds.
        size_bytes: Bytes moved, None where nobody says.
        critical_s: Seconds of the build's wall time that it accounts for on the critical path.
        error: What BuildKit says of a failure that did not end the build, or did; redacted.
    """

    kind: str
    name: str
    spans: tuple[Span, ...]
    duration_s: float
    size_bytes: int | None = None
    critical_s: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a build was made from, as far as the record says.

    Attributes:
        dockerfile: Its path from the project's root, "" where it is not known.
        dockerfile_digest: sha256 of its text, "" where it is not known.
        target: The stage asked for, "" for the last.
        arguments: Build arguments as passed; a value that looks secret is an HMAC under the user's own key.
        bases: Base images by reference, with the digest each resolved to.
        commit: The commit checked out, "" where there is none.
        dirty: Files of the context that differ from the commit, with the digest of their content ("" for one that is
            gone), as git sees them; None where nobody looked.
        context: The build context's path from the project's root, "" where it is not known.
    """

    dockerfile: str = ""
    dockerfile_digest: str = ""
    target: str = ""
    arguments: tuple[tuple[str, str], ...] = ()
    bases: tuple[tuple[str, str], ...] = ()
    commit: str = ""
    dirty: tuple[tuple[str, str], ...] | None = None
    context: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How a build's inputs differed from those of the build before it.

    Attributes:
        kind: A scenario's name (``cold``, ``unchanged``, ``code``, ``deps:pip``, ``args``, ``dockerfile``, ``base``),
            several joined by ``+``; ``unknown`` where the records don't tell.
        evidence: What shows it, a sentence.
    """

    kind: str
    evidence: str


BENCH = "bench:"
"""What the group of a build that a bench made begins with: such builds are no part of what the team's builds say."""

UNKNOWN_CHANGE = Seen(kind="unknown", evidence="there is nothing to compare with")


@dataclass(frozen=True, slots=True, kw_only=True)
class TagMove:
    """What became of a tag that a build was to have.

    Attributes:
        tag: The whole name.
        result: ``moved``, ``unchanged``, ``older`` or ``refused``.
        before: The digest that it named, "" where there was none.
        now: The digest that it names, "" where there is none.
        kept: The tag under which ``before`` is kept, "" where it is not.
    """

    tag: str
    result: str
    before: str
    now: str
    kept: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRecord:
    """One build.

    Attributes:
        id: The engine's id of it, else a digest of what it was read from; the same build has the same id.
        project: What it is a build of: where its repository comes from, else its directory.
        source: What the record was read from.
        ending: How it ended.
        started_at: Seconds since the epoch by the engine's clock, None where a log does not say.
        wall_s: Seconds from its first event to its last, None where a log does not say.
        steps: A step that platforms share stands here once for each, with the same vertex.
        overheads: By start.
        platforms: In the order asked for.
        builder: The builder's name, "" where it is not known.
        group: What the builds of one bake have in common, or of one bench (``BENCH``); "" where it is one by itself.
        outputs: Where the result went, as the exporters are called (``image``, ``cacheonly``), ``push`` where pushed.
        sources: What it was made from.
        change: How that differed from the build before.
        cache_bytes: What the builder's build cache held afterwards, None where nobody looked.
        error: Why it failed, redacted.
        notes: What could not be read or is not certain, a sentence each.
        tags: What became of the tags that it was to have, where layerwise moved them.
    """

    id: str
    project: str
    source: Source
    ending: Ending
    started_at: float | None
    wall_s: float | None
    steps: tuple[StepRecord, ...]
    overheads: tuple[Overhead, ...]
    platforms: tuple[str, ...] = ()
    builder: str = ""
    group: str = ""
    outputs: tuple[str, ...] = ()
    sources: Sources = field(default_factory=Sources)
    change: Seen = UNKNOWN_CHANGE
    cache_bytes: int | None = None
    error: str = ""
    notes: tuple[str, ...] = ()
    tags: tuple[TagMove, ...] = ()

    @property
    def of_bench(self) -> bool:
        """Whether a bench made it."""
        return self.group.startswith(BENCH)

    @property
    def explained_s(self) -> float:
        """Seconds of the wall time that steps and overheads account for along the critical path."""
        once = {step.vertex: step.critical_s for step in self.steps}
        return sum(once.values()) + sum(overhead.critical_s for overhead in self.overheads)

    def distinct(self) -> Iterator[StepRecord]:
        """Yield the steps, one that several platforms share only once."""
        seen: set[str] = set()
        for step in self.steps:
            if step.vertex not in seen:
                seen.add(step.vertex)
                yield step


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One time that a step ran to its end, in some build.

    Attributes:
        platform: The one it ran on, ``StepRecord.runs_on``.
        key: As in ``StepRecord``.
        build: The build's id.
        started_at: When the step began, in seconds since the epoch; None where the log does not say.
        duration_s: Seconds executed.
        size_bytes: Its layer as stored, None where nobody knows.
        emulated: Whether it ran under emulation, None where that is not known.
    """

    platform: str
    key: str
    build: str
    started_at: float | None
    duration_s: float
    size_bytes: int | None
    emulated: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What building a file before and after a rewrite has shown.

    Attributes:
        digest: The rewrite's, ``passes.digest.rewrite_digest``.
        pass_name: The pass that proposed it.
        equal: Whether both images are the same.
        at: When, in seconds since the epoch.
        why: How they differ, why the rewritten file does not build, or what took longer; "" where nothing did.
        images: The digests of both images' manifests, those of platforms joined by commas; "" where none was built.
        version: The layerwise that compared them.
        slower: Whether a scenario took longer with it; ``why`` says which, and by how much.
    """

    digest: str
    pass_name: str
    equal: bool
    at: float
    why: str = ""
    images: tuple[str, str] = ("", "")
    version: str = ""
    slower: bool = False

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against the rewrite."""
        return self.equal and not self.slower

    @property
    def day(self) -> str:
        """The date in UTC, as ISO 8601 writes it."""
        return datetime.fromtimestamp(self.at, UTC).date().isoformat()
