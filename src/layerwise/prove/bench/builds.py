"""The builds of a bench: each is ordered, written down, and its records of the cache are looked up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from layerwise.builder.isolation import IMAGES, Scope
from layerwise.builder.made import Trace
from layerwise.errors import BuildFailed
from layerwise.prove.bench.engine import Engine, Looked, Order
from layerwise.prove.bench.journal import Built, Claimed, Created, Journal, Numbered, Tagged
from layerwise.prove.bench.past import Past
from layerwise.recording.timed import Timed


@dataclass
class Builds:
    """Builds for one bench.

    Attributes:
        engine: Builds.
        journal: Where it is written down.
        nonce: Makes the bench's names its own.
        say: Tells the user.
        contested: How many records of the cache nobody can tell the maker of.
        disturbed: Ids of builds beside which another one ran.
    """

    engine: Engine
    journal: Journal
    nonce: str
    say: Callable[[str], object]
    contested: int = field(default=0, init=False)
    disturbed: set[str] = field(default_factory=set, init=False)

    @property
    def past(self) -> Past:
        """What was done so far."""
        return Past(self.journal.entries)

    def number(self) -> int:
        """Return a number that nothing of this bench has yet."""
        number = self.past.number + 1
        self.journal.add(Numbered(number))
        return number

    def own(self) -> None:
        """Build in a builder that is made for this bench, where it has none yet.

        Raises:
            BuilderError: It can't be made.
        """
        name = f"{IMAGES}-{self.nonce}"
        if name not in self.past.builders:
            self.journal.add(Created(name))
        self.engine.own(name)

    def renew(self) -> None:
        """Empty the builder that was made for this bench.

        Raises:
            BuilderError: It can't be removed, or made again.
        """
        for name in self.past.builders:
            self.engine.disown(name)
        self.own()

    def scope(self) -> str:
        """Return a part of the cache in which nothing is."""
        return Scope.of(self.nonce, self.number()).name

    def tag(self, name: str) -> str:
        """Return an image's name, written down so that it is removed again."""
        tag = f"{IMAGES}:{self.nonce}-{name}"
        if tag not in self.past.tags:
            self.journal.add(Tagged(tag))
        return tag

    def build(self, order: Order, what: str, side: str, *, needed: bool) -> Timed:
        """Build once.

        Args:
            order: What.
            what: How a message names it.
            side: Whose file it is, "" for a base image.
            needed: Whether further builds need its records of the cache.

        Raises:
            BuildFailed: It does not build.
            BuilderError: There is no docker here.
        """
        done = self.engine.build(replace(order, bench=self.nonce))
        self.journal.add(Built(done.trace, done.wall_s, side, order.platform, needed))
        if done.code:
            last = "\n".join(f"    {line}" for line in done.last if line.strip())
            raise BuildFailed(f"{what} does not build: docker ended with {done.code}\n{last}")
        return done

    def looked(self) -> Looked:
        """Look at the cache, and write down what the builds so far made of it, as far as anybody can tell yet."""
        seen = self.engine.look(self.past.undecided())
        for build, ids in seen.claims.items():
            whole = build not in seen.waiting
            if whole or not self.past.claimed_by({build}).issuperset(ids):
                self.journal.add(Claimed(build, ids, whole, tuple(sorted(seen.doubtful.get(build, ())))))
        self.contested += seen.contested
        self.disturbed |= seen.disturbed
        return seen

    def _renamed(self, seen: Looked) -> None:
        """Write down what records are called now that were called otherwise when they were looked up.

        BuildKit keeps what a step has made under two ids until something is built on it or exports it, and shows the
        one or the other (``DiskUsage`` in cache/manager.go). What was another's by its name and moment then still is.
        """
        past = self.past
        asked = [
            trace.without(past.doubtful(trace.reference.id))
            for trace in past.traces()
            if trace not in past.undecided() and past.claimed_by({trace.reference.id}) - seen.sizes.keys()
        ]
        for build, ids in self.engine.look(asked).claims.items() if asked else ():
            if not past.claimed_by({build}).issuperset(ids):
                self.journal.add(Claimed(build, ids, whole=True))

    def held(self, seen: Looked, trace: Trace | None, side: str, platform: str, *, alone: bool) -> int | None:
        """Return the bytes that the cache holds of a build and, unless it stands ``alone``, of those it needs.

        None where it is not known yet.
        """
        past = self.past
        ids = past.claimed_by({trace.reference.id}) if trace else set()
        if trace is None or (not ids and trace in past.undecided()):
            return None
        if not alone:
            ids |= past.claimed(needed=True, side=side, platform=platform)
        return sum(seen.sizes.get(record, 0) for record in ids)

    def sweep(self) -> bool:
        """Remove from the cache what no further build needs; return whether there was something."""
        seen = self.looked()
        past = self.past
        gone = (past.claimed(needed=False) - past.claimed(needed=True)) & seen.sizes.keys()
        if gone:
            self.engine.remove(sorted(gone))
        return bool(gone)

    def clean(self) -> tuple[str, ...]:
        """Remove all that the bench made on the engine; return what is left, a sentence each."""
        for tag in self.past.tags:
            self.engine.remove_image(tag)
        if builders := self.past.builders:
            for builder in builders:
                self.engine.disown(builder)
            return ()
        seen = self.looked()
        self._renamed(seen)
        past = self.past
        left = self.engine.remove(sorted(past.claimed() & seen.sizes.keys()))
        return tuple(_left(left, len(past.undecided()), self.contested))


def _left(used: int, undecided: int, contested: int) -> Sequence[str]:
    found = []
    if used and not undecided:  # else they may be in use by what can't be told yet
        found.append(f"{_counted(used, 'cache record')} left, for something else stands on it now")
    if undecided:
        found.append(
            f"{_counted(undecided, 'build')} ran beside another one that has not ended, and of some cache records it "
            "can't be told yet whose they are; `layerwise bench --clean` removes them later"
        )
    if contested:
        found.append(
            f"{_counted(contested, 'cache record')} left, for another build had the same step just then, and it may be "
            "that one's"
        )
    return found


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
