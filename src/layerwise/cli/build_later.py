"""What ``layerwise build`` needs while buildx works, or after it: loaded only then, as ``cli.building`` says."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from layerwise.builder.cache.attributes import MAX
from layerwise.builder.cache.using import CacheUse
from layerwise.builder.checkout import Checkout
from layerwise.builder.drive.calls import Call
from layerwise.builder.names import StepName
from layerwise.builder.redact import Redactor
from layerwise.cli.building import Building
from layerwise.store import Store
from layerwise.store.place import state_directory

if TYPE_CHECKING:
    from layerwise.builder.drive.tagging import Tagged
    from layerwise.recording.build_study import Study


def studied(begun: threading.Event, building: Building, calls: Sequence[Call], redact: Redactor) -> "Study":
    """Return what the files of a build say, once it has begun."""
    begun.wait()
    from layerwise.recording.build_study import study  # noqa: PLC0415 - takes as long as an unchanged build

    digests = state_directory(building.found.environment) / "files"
    return study(building.asked, building.files, building.asked.platforms, building.builder(calls[0]), redact, digests)


def expecting(
    store: Store, project: str, calls: Sequence[Call], study: "Future[Study]"
) -> Callable[[str, StepName], float | None]:
    """Return what says how long steps take, once their places in the Dockerfile are known."""
    from layerwise.summary.expected import expected  # noqa: PLC0415 - only where it is shown

    native = {call.platform: call.place.builder.native for call in calls}
    known: list[Callable[[str, StepName], float | None]] = []

    def of(platform: str, name: StepName) -> float | None:
        if not study.done():
            return None
        if not known:
            placed = study.result().layout
            keys = {position.key for position in placed.by_number.values()}
            known.append(expected(placed, store.executions(project, keys), native))
        return known[0](platform, name)

    return of


def tagged(building: Building, checkout: Checkout | None, digests: Mapping[str, str]) -> "Tagged":
    """Give pushed images their tags.

    Raises:
        RegistryError: The images can't be checked.
    """
    from layerwise.builder.drive.tagging import registry_tags  # noqa: PLC0415 - only where an image is pushed

    return registry_tags(
        digests,
        building.asked.names,
        checkout,
        scans=state_directory(building.found.environment) / "scans",
        insecure=building.own.insecure,
        environment=building.found.environment,
        force=building.own.force,
    )


def asked_why(building: Building) -> str:
    """Return why the registry of the first tag takes no push, "" where it would take one or does not say."""
    from layerwise.builder.drive.tagging import why_refused  # noqa: PLC0415 - only where a push fails

    return why_refused(building.asked.names[0], insecure=building.own.insecure, environment=building.found.environment)


def after(building: Building, cache: CacheUse | None, calls: Sequence[Call]) -> tuple[str, ...]:
    """Return what is to be said of the caches that calls sent out."""
    if cache is None or not calls:
        return ()
    from layerwise.builder.cache.after import export_notes, readers  # noqa: PLC0415 - only where there is a cache
    from layerwise.oci.access import Access  # noqa: PLC0415 - as above

    access = Access(insecure=building.own.insecure, environment=building.found.environment)
    inner = cache.mode == MAX and bool(building.inner())
    return tuple(export_notes(cache, [call.cached_as for call in calls], readers(access), inner=inner))
