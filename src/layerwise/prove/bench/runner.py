"""Builds one side of a file in one scenario: the copy is made to show it, all its steps are cached, then it changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from layerwise.analysis import Analysis
from layerwise.errors import BuildFailed
from layerwise.model.change import COLD, Change
from layerwise.prove.bench import scenario_edit
from layerwise.prove.bench.bases import MARKER, bases_of, is_pinned, names_of, recipe
from layerwise.prove.bench.builds import Builds
from layerwise.prove.bench.engine import Looked, Order
from layerwise.prove.bench.journal import Copied, Measured, Settled
from layerwise.prove.bench.need import need
from layerwise.prove.bench.result import Run, Side
from layerwise.prove.bench.scenario_edit import Made, Mark
from layerwise.prove.bench.scenarios import FRESH
from layerwise.prove.bench.stand import Stand, place_in
from layerwise.prove.bench.subject import How, Subject
from layerwise.prove.bench.texts import digest_of
from layerwise.prove.bench.tree import copy_context, remove_tree
from layerwise.recording.timed import Timed

_UNCHANGED = "unchanged"


@dataclass
class Runner:
    """Makes the builds of one bench.

    Attributes:
        subject: What is built.
        how: How.
        builds: Makes each build.
        directory: The bench's own.
        notes: What a reader of the bench must know, a sentence each.
    """

    subject: Subject
    how: How
    builds: Builds
    directory: Path
    notes: list[str] = field(default_factory=list)
    _stands: dict[Side, Stand] = field(default_factory=dict)
    _settled: set[tuple[str, Side, str]] = field(default_factory=set)
    _lost: set[str] = field(default_factory=set)
    _warm: set[str] = field(default_factory=set)

    def ready(self, sides: Iterable[Analysis], changes: Sequence[Change]) -> None:
        """See that there is an engine with room, and a copy of the context.

        Raises:
            BuilderError: There is none.
            OSError: The context can't be copied.
        """
        if self.how.private:
            self.builds.own()
        self.notes += self.builds.engine.check(need(sides, changes))
        if not self.builds.past.copied:
            self.builds.say("copying the build context")
            remove_tree(self.directory / "pristine")
            copy_context(self.subject.analysis.facts.request.context, self.directory / "pristine")
            self.builds.journal.add(Copied())

    def is_settled(self, side: Side, platform: str) -> bool:
        """Whether all steps of a side have been cached."""
        return bool(self.builds.past.scope(side, platform))

    def run(self, side: Side, analysis: Analysis, change: Change, platform: str, number: int) -> Run | str:
        """Build a side after a change, and write down what it took; return why not where that can't be done.

        Raises:
            BuildFailed: It does not build, or a base image can't be had.
            BuilderError: There is no docker here.
            UsageError: The user's own edit fails.
        """
        if change.name == FRESH:
            return self._fresh(side, analysis, platform, number)
        self._warm_up(analysis)
        if change.everything:
            return self._cold(side, analysis, platform, number)
        scope = self._settle(side, analysis, platform)
        mark = Mark(self.builds.nonce, self.builds.number(), number)
        try:
            moved = self._moved(analysis, platform, mark) if change.bases else ()
        except BuildFailed as error:
            return f"no base could be moved: {str(error).partition(chr(10))[0]}"
        stand = self._shown(side, analysis)
        made = scenario_edit.make(change, stand, analysis, mark, self.how.edits.get(change.name))
        # The image before the change stays: whoever builds has it. Without it the image store drops layers that one
        # scenario has replaced, and the next one would unpack them again.
        order = self._order(stand, made, platform, scope, self._tag(side, platform, "-changed"), change.name, moved)
        done = self.builds.build(order, self._named(change.name, side, platform), side.value, needed=False)
        stand.working.restore()
        if made.context != stand.working.root:
            remove_tree(made.context)
        return self._measured(done, digest_of(analysis), change.name, side, platform, number, alone=False)

    def sweep(self) -> None:
        """Remove from the cache what no further build needs, and have the sides cached again before the next figure.

        BuildKit forgets more than it removes. After a prune it looks whether each result is there still, with a request
        that has ended by then (Prune in control/control.go), and where the image store has unpacked a base before
        BuildKit did, the answer is no for all that stands on it: the records stay, their steps run again.
        """
        if self.builds.sweep():
            self._settled.clear()

    def image(
        self, side: Side, analysis: Analysis, scope: str, archive: Path, what: str, options: tuple[str, ...]
    ) -> None:
        """Build a file's image, as it is before any change, for all platforms and write it to an archive.

        Raises:
            BuildFailed: It does not build; ``what`` is what the message calls it.
            BuilderError: There is no docker here.
        """
        self._warm_up(analysis)
        stand = self._shown(side, analysis)
        stand.working.restore()  # what a COPY takes of the Dockerfile itself is the same on both sides
        platforms = ",".join(self.subject.platforms)
        order = self._order(stand, Made(stand.working.root), platforms, scope, "", "", options)
        # It belongs to no side: what it leaves in the cache is not what a side holds.
        self.builds.build(replace(order, archive=archive), what, "", needed=True)

    def _cold(self, side: Side, analysis: Analysis, platform: str, number: int) -> Run:
        first = not self.is_settled(side, platform)
        scope = self.builds.scope()
        tag = self._tag(side, platform) if first else self.builds.tag(scope)
        stand = self._shown(side, analysis)
        order = self._order(stand, Made(stand.working.root), platform, scope, tag, COLD.name)
        done = self.builds.build(order, self._named(COLD.name, side, platform), side.value, needed=first)
        text = digest_of(analysis)
        if first:
            self.builds.journal.add(Settled(side.value, platform, scope))
            self._settled.add((text, side, platform))
        run = self._measured(done, text, COLD.name, side, platform, number, alone=True)
        if not first:
            self.builds.engine.remove_image(tag)
            self.sweep()
        return run

    def _fresh(self, side: Side, analysis: Analysis, platform: str, number: int) -> Run:
        """Build in an empty builder with the cache that the user's options name, whose keys are in no scope."""
        self.builds.renew()
        self._lost |= self.builds.past.claimed()
        self._settled.clear()
        self._warm.clear()
        stand = self._shown(side, analysis)
        order = self._order(stand, Made(stand.working.root), platform, "", self._tag(side, platform), FRESH)
        done = self.builds.build(order, self._named(FRESH, side, platform), side.value, needed=False)
        return self._measured(done, digest_of(analysis), FRESH, side, platform, number, alone=True)

    def _settle(self, side: Side, analysis: Analysis, platform: str) -> str:
        """Build a side once with no clock, where its steps may not be cached; return the part of the cache."""
        key = (digest_of(analysis), side, platform)
        scope = self.builds.past.scope(side, platform)
        if key in self._settled and scope:
            return scope
        name = _UNCHANGED if scope else COLD.name
        scope = scope or self.builds.scope()
        self.builds.say(f"caching what {self._named('', side, platform)} has, no figure")
        stand = self._shown(side, analysis)
        order = self._order(stand, Made(stand.working.root), platform, scope, self._tag(side, platform), name)
        self.builds.build(order, self._named(name, side, platform), side.value, needed=True)
        self.builds.journal.add(Settled(side.value, platform, scope))
        self._settled.add(key)
        return scope

    def _measured(
        self, done: Timed, text: str, scenario: str, side: Side, platform: str, number: int, *, alone: bool
    ) -> Run:
        seen = self.builds.looked()
        run = Run(
            scenario=scenario,
            platform=platform,
            side=side,
            number=number,
            wall_s=done.wall_s,
            build=done.build,
            cache_bytes=self.builds.held(seen, done.trace, side.value, platform, alone=alone),
        )
        self.builds.journal.add(Measured(text, run))
        self._miss(seen, side, platform)
        return run

    def _miss(self, seen: Looked, side: Side, platform: str) -> None:
        """Have a side cached again of which garbage collection has removed something."""
        needed = self.builds.past.claimed(needed=True, side=side.value, platform=platform)
        if gone := needed - seen.sizes.keys() - self._lost:
            self._lost |= gone
            self._settled = {key for key in self._settled if key[1:] != (side, platform)}
            self.notes.append(
                "the engine's garbage collection removed cache records of the bench while it ran; what they were of "
                "was built again, but a figure before that may hold steps that should have been hits"
            )

    def _warm_up(self, analysis: Analysis) -> None:
        """Have the base images pulled and unpacked: that is part of no figure."""
        for reference, platforms in bases_of(analysis.graphs).items():
            if reference in self._warm or "$" in reference:
                continue
            # A layer that no other bench has: it is removed with the others of this one, and holds the base till then.
            order = self._base(analysis, reference, platforms, f"warm {self.builds.nonce}", "")
            self.builds.build(order, f"a layer on {reference}, to have that image here,", "", needed=True)
            self._warm.add(reference)

    def _moved(self, analysis: Analysis, platform: str, mark: Mark) -> tuple[str, ...]:
        """Make base images that have moved; return the options that put them in the place of those named."""
        contexts = analysis.facts.request.contexts
        options: list[str] = []
        found = bases_of([graph for graph in analysis.graphs if graph.platform == platform])
        for place, (reference, platforms) in enumerate(found.items()):
            if is_pinned(reference) or "$" in reference:
                continue
            tag = self.builds.tag(f"base-{mark.number}-{place}")
            order = self._base(analysis, reference, platforms, mark.token, tag)
            self.builds.build(order, f"a moved {reference}", "", needed=False)
            options += [f"--build-context={name}=docker-image://{tag}" for name in names_of(reference, contexts)]
        return tuple(options)

    def _base(self, analysis: Analysis, reference: str, platforms: tuple[str, ...], content: str, tag: str) -> Order:
        place = self.directory / "bases"
        place.mkdir(exist_ok=True)
        (place / MARKER).write_text(f"{content}\n")
        (place / "Dockerfile").write_text(recipe(analysis.dockerfile, reference))
        return Order(context=place, dockerfile=place / "Dockerfile", platform=",".join(platforms), tag=tag, plain=True)

    def _shown(self, side: Side, analysis: Analysis) -> Stand:
        """Return the stand of a side, which shows a file as it is before any change."""
        if side not in self._stands:
            context = self.subject.analysis.facts.request.context
            place = self.directory / side.value
            remove_tree(place)  # one that was killed may have left a change in its copy, or half a copy
            place.mkdir()
            self._stands[side] = Stand(place, context, place_in(context, self.subject.dockerfile))
        self._stands[side].show(analysis)
        return self._stands[side]

    def _order(
        self,
        stand: Stand,
        made: Made,
        platform: str,
        scope: str,
        tag: str,
        scenario: str,
        further: tuple[str, ...] = (),
    ) -> Order:
        return Order(
            context=made.context,
            dockerfile=stand.dockerfile,
            platform=platform,
            scope=scope,
            tag=tag,
            options=(*made.options, *further),
            scenario=scenario,
        )

    def _tag(self, side: Side, platform: str, state: str = "") -> str:
        return self.builds.tag(f"{side.value}-{self.subject.platforms.index(platform)}{state}")

    def _named(self, scenario: str, side: Side, platform: str) -> str:
        written = "as it stands" if side is Side.BEFORE else "as rewritten"
        where = f" on {platform}" if len(self.subject.platforms) > 1 else ""
        return f"{self.subject.named} {written}{where}{f' ({scenario})' if scenario else ''}"
