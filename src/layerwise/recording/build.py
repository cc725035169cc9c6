"""Carries a build out: runs its calls, gives the image its tags when all are done, and records what happened."""

import json
import pathlib
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

from layerwise.builder import buildx, local_state
from layerwise.builder.cgroups import Sampler
from layerwise.builder.drive.asked import Asked, Manner
from layerwise.builder.drive.calls import Call
from layerwise.builder.drive.failure import Fault
from layerwise.builder.drive.metadata import Metadata, combined, read_metadata
from layerwise.builder.drive.progress import Attempt, Progress, View, cache_failures, command_of
from layerwise.builder.drive.watch import Command, watch
from layerwise.builder.local_state import Reference
from layerwise.errors import RegistryError
from layerwise.recording.build_parts import Keeping, Made, Tagging
from layerwise.records import TagMove

if TYPE_CHECKING:
    from layerwise.builder.drive.tagging import Tagged
    from layerwise.recording.build_study import Study
    from layerwise.recording.keeping import Kept

_RECORDS, _TAGS = "layerwise.recording.build_records", "layerwise.builder.drive.tagging"
"""Loaded while the build runs: with all that reads engines' records and registries that takes as long as it does."""

_REFUSED = (Fault.PUSH, Fault.DENIED)

Tag: TypeAlias = "Callable[[Mapping[str, str]], Tagged]"
"""Gives pushed images their tags, by the digest of each platform's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A build that is to be carried out.

    Attributes:
        asked: What the command line asks for.
        calls: The calls that it comes to.
        environment: Of the command.
        shows: The display that buildx itself is to show, "" where its progress is ours to show.
        study: What is read of its files, once ``begun`` is set.
        begun: Set when the calls run: what is loaded and read meanwhile is not to keep them waiting.
        tag: Gives the image its tags; used where it is pushed.
        ask: Asks the registry why it takes no push: its own words, which BuildKit keeps to itself; "" for none.
        after: Says what is to be said of the calls that did all that was asked of them.
    """

    asked: Asked
    calls: tuple[Call, ...]
    environment: Mapping[str, str]
    shows: str = ""
    study: "Future[Study]"
    begun: threading.Event
    tag: Tag
    ask: Callable[[], str] = lambda: ""
    after: Callable[[Sequence[Call]], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """Calls that are over.

    Attributes:
        made: Each of them.
        failed: The one that ended the build, None where none did.
        interrupted: Whether the user ended it.
        new: The builds that were begun; not looked for where each call ran once and says which build was its own.
    """

    made: tuple[Made, ...]
    failed: int | None = None
    interrupted: bool = False
    new: tuple[Reference, ...] = ()

    @property
    def done(self) -> bool:
        """Whether every call did what was asked."""
        return self.failed is None and not self.interrupted


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What became of a build.

    Attributes:
        ran: Its calls.
        tagged: What became of its tags, None where none was to move, or nobody came so far.
        error: Why the images could not be checked, "" where they could.
        refused: Why the registry takes no push, by its own words; "" where it was not asked or does not say.
        unwritten: Why files that the user asked for could not be written, a sentence each.
        kept: Its records.
        problems: What could not be recorded and why, a sentence each.
        notes: What is to be said besides, a sentence each.
    """

    ran: Ran
    tagged: "Tagged | None" = None
    error: str = ""
    refused: str = ""
    unwritten: tuple[str, ...] = ()
    kept: tuple["Kept", ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def carry_out(order: Order, view: View, keeping: Keeping) -> Built:
    """Carry a build out and record it.

    Raises:
        BuilderError: There is no docker. Once a build has begun, nothing is raised any more.
    """
    with ThreadPoolExecutor() as pool:
        loaded = pool.submit(_load, order)
        try:
            with _directory() as directory, Sampler(order.environment.get("DOCKER_HOST", "")) as sampler:
                ran = _run(order, view, directory)
                samples = sampler.samples()
        finally:  # where nothing begins, the pool would wait for ever for those that wait for it
            order.begun.set()
        archives = {
            reference: pool.submit(buildx.export, reference, one.call.place.environment)
            for one in ran.made
            if (reference := one.metadata.reference)
        }
        loaded.result()
        from layerwise.recording.build_records import engines_of, kept_builds  # noqa: PLC0415 - loaded meanwhile

        engines = pool.submit(engines_of, ran.made, ran.new, archives)
        after = pool.submit(order.after, _well(ran))
        built, tagging = _tagged(order, ran, view)
        refused = order.ask() if _push_fails(order, ran) else ""
        unwritten = _unwritten(order, built)
        view.close()
        inputs = order.study.result().inputs
        kept, problems = kept_builds(ran.made, engines.result(), keeping, samples, tagging, inputs)
    return replace(built, refused=refused, unwritten=unwritten, kept=kept, problems=problems, notes=after.result())


def _load(order: Order) -> None:
    order.begun.wait()
    for name in (_RECORDS, _TAGS) if order.asked.manner is Manner.PUSH else (_RECORDS,):
        import_module(name)


def _well(ran: Ran) -> tuple[Call, ...]:
    """Return the calls that did all that was asked of them: a cache that is not sent out fails no call."""
    return tuple(
        one.call
        for one in ran.made
        if (one.attempt.code == 0 and not cache_failures(one.attempt) if one.attempt else ran.failed is None)
    )


@contextmanager
def _directory() -> Iterator[pathlib.Path]:
    with tempfile.TemporaryDirectory(prefix="layerwise-build-") as name:
        yield pathlib.Path(name)


def _run(order: Order, view: View, directory: pathlib.Path) -> Ran:
    """Run the calls to their ends."""
    known = local_state.references(order.environment)
    files = [_metadata_file(order, directory / f"{number}.json") for number in range(len(order.calls))]
    given = _spooled(directory) if order.asked.from_stdin and len(order.calls) > 1 else None

    def command(number: int, call: Call) -> Command:
        return command_of(
            call,
            files[number].ours,
            given,
            progress=order.shows or "rawjson",
            mute=order.asked.manner is not Manner.WHOLE,
        )

    commands = [command(number, call) for number, call in enumerate(order.calls)]
    if order.shows:
        order.begun.set()
        ran = _shown(commands[0])
        attempts: Sequence[Attempt | None] = [None]
        again = False
    else:
        progress = Progress(order.calls, command, view)
        watched = watch(commands, progress, begun=order.begun.set)
        ran = Ran(made=(), failed=watched.failed, interrupted=watched.interrupted)
        attempts = [runs[-1] if runs else None for runs in progress.attempts]
        again = any(len(runs) > 1 for runs in progress.attempts)
    made = tuple(
        Made(call=call, metadata=_metadata(file, attempt, ran), attempt=attempt)
        for call, file, attempt in zip(order.calls, files, attempts, strict=True)
    )
    if ran.done and all(one.metadata.reference for one in made) and not again:
        return replace(ran, made=made)
    return replace(ran, made=made, new=local_state.begun(order.asked.line.context, known, order.environment))


@dataclass(frozen=True, slots=True)
class _MetadataFile:
    """Where a call says what it made: ``ours`` is None where the user has named the file himself."""

    path: pathlib.Path
    ours: pathlib.Path | None


def _metadata_file(order: Order, path: pathlib.Path) -> _MetadataFile:
    named = order.asked.line.last("metadata-file")
    if named and order.asked.manner is Manner.WHOLE:
        return _MetadataFile(pathlib.Path(named), None)
    return _MetadataFile(path, path)


def _metadata(file: _MetadataFile, attempt: Attempt | None, ran: Ran) -> Metadata:
    """Return what a call says that it made; a file of the user's may be left from an earlier build."""
    done = attempt.code == 0 if attempt else ran.failed is None
    return read_metadata(file.path) if done else Metadata()


def _shown(command: Command) -> Ran:
    """Run a call that shows its progress itself."""
    code = buildx.run(command.arguments, command.environment)
    return Ran(made=(), failed=0 if code else None, interrupted=code == 128 + 2)


def _spooled(directory: pathlib.Path) -> pathlib.Path:
    """Return a file with what is piped to us, for each of several calls to read."""
    path = directory / "stdin"
    with path.open("wb") as stream:
        shutil.copyfileobj(sys.stdin.buffer, stream)
    return path


def _tagged(order: Order, ran: Ran, view: View) -> tuple[Built, Tagging | None]:
    """Give the image its tags where every platform is there; an interrupt leaves them as they are."""
    if order.asked.manner is not Manner.PUSH or not ran.done:
        return Built(ran=ran), None
    began = time.monotonic()
    digests = {one.call.platform: one.metadata.digest for one in ran.made}
    view.note("checking the images")
    try:
        tagged = order.tag(digests)
    except RegistryError as error:
        return Built(ran=ran, error=str(error)), None
    except KeyboardInterrupt:
        return Built(ran=replace(ran, interrupted=True)), None
    return Built(ran=ran, tagged=tagged), Tagging(seconds=time.monotonic() - began, tags=_moves(order, tagged))


def _moves(order: Order, tagged: "Tagged") -> tuple[TagMove, ...]:
    if tagged.refusals:
        return tuple(TagMove(tag=name, result="refused", before="", now="") for name in order.asked.names)
    return tuple(
        TagMove(tag=str(one.tag), result=one.result.value, before=one.before, now=one.now, kept=one.kept)
        for one in tagged.promotions
    )


def _push_fails(order: Order, ran: Ran) -> bool:
    """Whether a registry takes nothing that is pushed, whatever it says of why."""
    attempt = None if ran.failed is None else ran.made[ran.failed].attempt
    return order.asked.manner is Manner.PUSH and attempt is not None and attempt.fault in _REFUSED


def _unwritten(order: Order, built: Built) -> tuple[str, ...]:
    """Write the files that the user asked for, where buildx could write only those of one platform.

    Returns:
        Why one could not be written, a sentence each.
    """
    line = order.asked.line
    if order.asked.manner is Manner.WHOLE or not built.ran.done:
        return ()
    digest = next((one.now for one in built.tagged.promotions), "") if built.tagged else ""
    files: dict[str, str] = {}
    if named := line.last("metadata-file"):
        parts = {one.call.platform: one.metadata for one in built.ran.made}
        files[named] = json.dumps(combined(parts, digest, order.asked.names), indent=2)
    if (named := line.last("iidfile")) and digest:
        files[named] = digest
    failed: list[str] = []
    for name, text in files.items():
        try:
            pathlib.Path(name).write_text(text)
        except OSError as error:
            failed.append(f"{name} can't be written ({error.strerror}): mend that; the same command writes it")
    return tuple(failed)
