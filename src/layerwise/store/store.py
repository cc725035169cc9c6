"""What a store of recorded builds does for its callers, without the database behind it (``store.database``)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self

from layerwise.inputs.manifest import InputManifest
from layerwise.records import BuildRecord, Ending, Execution, Proof, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRow:
    """One build as a list of builds shows it.

    Attributes:
        id: As in ``BuildRecord``, and so the others that are not explained.
        project: What it is a build of.
        dockerfile: Its path from the project's root.
        target: The stage asked for.
        platforms: In the order asked for.
        started_at: Seconds since the epoch, None where nobody knows.
        wall_s: Seconds, None where nobody knows.
        ending: How it ended.
        change: The kind of what differed from the build before.
        source: What the record was read from.
        group: What builds of one call have in common.
        commit: The commit checked out.
        executed: Steps that ran to their end, FROM left out and one that platforms share counted once; like the next
            two, it describes the Dockerfile only where the build was completed.
        cached: Steps that were taken from a cache, counted alike.
        executed_s: Seconds of those executed, added up; None where one of them is not known.
    """

    id: str
    project: str
    dockerfile: str
    target: str
    platforms: tuple[str, ...]
    started_at: float | None
    wall_s: float | None
    ending: Ending
    change: str
    source: Source
    group: str
    commit: str
    executed: int
    cached: int
    executed_s: float | None


class Store(Protocol):
    """Recorded builds; a context manager that closes itself.

    Wherever builds are listed the newest comes first; one whose start nobody knows counts from when it was added.
    Every method raises StoreError where the database does not do what is asked of it.
    """

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def close(self) -> None:
        """Let go of the database."""

    def add(self, record: BuildRecord) -> bool:
        """Keep a build; return False where one of that id is there already, which then stays as it is.

        The build survives a crash of the machine once this has returned.
        """

    def builds(self, project: str | None, *, limit: int = 50, benches: bool = False) -> tuple[BuildRow, ...]:
        """Return the newest builds of a project, or of all, as a list shows them; with ``benches`` theirs too."""

    def records(self, project: str | None, *, limit: int) -> tuple[BuildRecord, ...]:
        """Return the newest builds of a project, or of all, whole; those of benches too."""

    def find(self, reference: str, project: str | None) -> BuildRecord:
        """Return one build.

        Args:
            reference: Its id, three or more characters that only its id begins with, or ``^N``: N builds before the
                latest (``^`` and ``^0``), those of benches not counted.
            project: Counts ``^N``, and is looked through first for what an id begins with.

        Raises:
            UsageError: Nothing or several match; the message says what there is.
        """

    def before(self, record: BuildRecord, *, limit: int) -> tuple[BuildRecord, ...]:
        """Return builds of the same project, Dockerfile and target that started earlier, those of benches left out."""

    def executions(
        self, project: str, keys: Collection[str], *, limit: int = 10
    ) -> Mapping[tuple[str, str], tuple[Execution, ...]]:
        """Return the newest executions of each instruction, at most ``limit`` for one (platform, key).

        They are of steps that ran to their end in a known time, in builds that ended in any way. Work that builds or
        stages share (the same vertex of the same builder, started in the same millisecond) stands there once; a step
        that platforms share stands once under each of them.
        """

    def prune(self, *, project: str | None, keep: int | None, older_than: float | None) -> int:
        """Remove old builds and their executions, and return how many builds that were.

        Args:
            project: Look at its builds alone; None for those of all, each project by itself.
            keep: So many of the newest builds of a project stay, however old they are.
            older_than: Of the others those go that are older than so many seconds; None for all of them. With
                neither ``keep`` nor this nothing goes.
        """

    def projects(self) -> tuple[tuple[str, int], ...]:
        """Return the projects by name, with the number of their builds."""

    def add_proofs(self, project: str, proofs: Iterable[Proof]) -> None:
        """Remember what builds have shown of rewrites; of one digest the last proof counts."""

    def proofs(self, project: str) -> Mapping[str, Proof]:
        """Return what builds of a project have shown, by the rewrite's digest."""

    def add_inputs(self, build: str, manifest: InputManifest) -> None:
        """Keep the input manifest of a build, in the place of the one that it may have.

        The build need not be there yet; one that has no record a day later is forgotten by ``prune``.
        """

    def inputs(self, build: str) -> InputManifest | None:
        """Return the input manifest of the build of an id, None where there is none.

        Its trees are read when they are asked for, and so as long as the store is open.
        """
