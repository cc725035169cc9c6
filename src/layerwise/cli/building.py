"""What the options of ``layerwise build`` come to.

Much of layerwise is loaded only where a build needs it, while buildx works: an unchanged build takes half a second.
"""

import pathlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from layerwise.builder.checkout import Checkout, read_checkout
from layerwise.builder.drive.asked import Asked
from layerwise.builder.drive.builders import Builder
from layerwise.builder.drive.calls import Call
from layerwise.builder.drive.files import Files, files_of
from layerwise.builder.drive.places import Finder, Memory
from layerwise.builder.drive.preparing import CacheWish, Prepared, prepare
from layerwise.cli.settings import Settings
from layerwise.errors import BuilderError
from layerwise.store import Store
from layerwise.store.place import state_directory

_LOOKED_AT = 30  # builds, for whether the cache pays


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What the options of layerwise's own say, None where they are not given."""

    cache: str | None
    cache_mode: str | None
    cache_ref: str | None
    cache_dir: str | None
    nodes: Mapping[str, str]
    insecure: frozenset[str]
    force: bool


@dataclass(frozen=True, slots=True)
class Building:
    """A build that is about to begin.

    Attributes:
        asked: What the command line asks for.
        own: What the options of ours say.
        found: Where builds are kept.
        store: The same, opened; None where there is none and none is to be made.
    """

    asked: Asked
    own: Own
    found: Settings
    store: Store | None

    @property
    def files(self) -> Files:
        """Where its files are."""
        return files_of(self.asked)

    @property
    def memory(self) -> Memory:
        """What builders said of themselves."""
        return Memory(state_directory(self.found.environment) / "builders.json")

    def checkout(self) -> Checkout | None:
        """Return the work tree of the build context, that of the current directory where it is none."""
        context = self.files.context
        return read_checkout(context if context and context.is_dir() else pathlib.Path.cwd())

    def prepared(self, checkout: Checkout | None) -> tuple[Prepared, tuple[str, ...]]:
        """Return its calls, and what is to be said of them.

        Raises:
            LayerwiseError: As ``prepare`` does.
        """
        notes: list[str] = []
        finder = Finder(self.found.environment, self.memory)
        wish = self._wish(notes.append)
        prepared = prepare(self.asked, finder, self.own.nodes, wish, self.files, checkout, self.found.project)
        return prepared, (*notes, *prepared.notes)

    def builder(self, call: Call) -> Builder:
        """Return the builder of a call, asked what it is where nobody has done so; docker itself says what is wrong."""
        place = call.place
        try:
            asked = place if place.builder.driver else Finder(place.environment, self.memory).one(place.named)
        except BuilderError:
            return place.builder
        return asked.builder

    def _wish(self, note: Callable[[str], object]) -> CacheWish:
        config, own = self.found.config, self.own
        kept = self.asked.line.values("cache-from") or self.asked.line.values("cache-to")
        return CacheWish(
            kind=own.cache or ("" if kept else config.cache_kind or ""),
            ref=own.cache_ref or config.cache_ref or "",
            directory=own.cache_dir or config.cache_directory or "",
            main=config.main_branch or "",
            mode=partial(self._mode, note),
        )

    def _mode(self, note: Callable[[str], object]) -> str:
        """Return how the cache is sent out, and say why."""
        mode = self.own.cache_mode or self.found.config.cache_mode
        if mode != "auto":
            return mode
        from layerwise.summary.cache_mode import cache_mode  # noqa: PLC0415 - only where there is a cache
        from layerwise.summary.costs import Costs  # noqa: PLC0415 - as above

        builds = self.store.records(self.found.project, limit=_LOOKED_AT) if self.store else ()
        keys = {step.key for build in builds for step in build.steps}
        executions = self.store.executions(self.found.project, keys) if self.store else {}
        choice = cache_mode(builds, Costs(builds, executions), self.inner())
        note(f"cache mode {choice.mode} ({choice.basis.value}): {choice.why}")
        return choice.mode

    def inner(self) -> frozenset[str]:
        """Return the stages that the target needs and its image does not hold; some where nobody can tell."""
        from layerwise.builder.drive.sources import inner_stages, read_sources  # noqa: PLC0415 - as above

        sources = read_sources(self.asked, self.files, self.asked.platforms, "linux/amd64", whole=False)
        graphs = sources.graphs() if sources else ()
        return inner_stages(graphs[0]) if graphs else frozenset({""})
