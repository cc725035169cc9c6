"""One fault: what was before, what came of it, and what the same command did once the fault was gone."""

import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tests.docker.faults.shop import Call, Shop, call_of, steps_run

BEGUN = "this has begun"
"""What a step writes in whose midst a fault is to strike."""


class Row(NamedTuple):
    """What came of one fault."""

    phase: str
    fault: str
    code: str
    named: str
    """What the tag named then; all of that was there."""
    said: tuple[str, ...]
    kept: str
    """How the store says that the build ended."""
    second: str


@dataclass(frozen=True)
class Trial:
    """Version 1 is pushed; version 2 meets a fault, and the same command is given again without it.

    `settings` are environment variables of the calls for version 2, `size` is that of its file.
    """

    shop: Shop
    phase: str
    fault: str
    dockerfile: str
    words: tuple[str, ...] = ()
    size: int = 1000
    settings: Mapping[str, str] = field(default_factory=dict)

    def there(self, spoil: Callable[[], object], mend: Callable[[], object]) -> Row:
        """The row of a fault that is there before the call begins."""

        def call(shop: Shop) -> Call:
            spoil()
            return shop.build(*self._words)

        return self.row(call, mend)

    def amid(self, strike: Callable[["subprocess.Popen[str]"], object], mend: Callable[[], object]) -> Row:
        """The row of a fault that strikes while a step runs; it is given the client."""

        def call(shop: Shop) -> Call:
            text, struck = "", False
            with shop.begin(*self._words) as process:
                assert process.stderr is not None
                for line in process.stderr:
                    text += line
                    if line.rstrip().endswith(f" {BEGUN}") and not struck:
                        struck = True
                        strike(process)
            assert struck, text
            return call_of(process, text)

        return self.row(call, mend)

    def row(self, call: Callable[[Shop], Call], mend: Callable[[], object]) -> Row:
        """The row of a call that meets a fault, which is mended then."""
        self.shop.write(self.dockerfile)
        done = self.shop.build(*self.shop.pushing())
        assert done.code == 0, done.said
        shop = replace(self.shop, settings={**self.shop.settings, **self.settings})
        old, before = shop.names(), shop.newest()
        shop.write(self.dockerfile, self.size)
        first = call(shop)
        mend()
        named, record = shop.names(), shop.newest()
        second = shop.build(*self._words)
        assert second.code == 0, second.said
        assert (shop.names() != old) is ("--push" in self._words)
        kept = record.ending.value if record and (not before or record.id != before.id) else "nothing"
        image = "the old image" if named == old else "the new image"
        return Row(self.phase, self.fault, _code(first), f"{image}, whole", first.said, kept, told(shop, second))

    @property
    def _words(self) -> tuple[str, ...]:
        return self.words or self.shop.pushing()


def _code(call: Call) -> str:
    return signal.Signals(-call.code).name if call.code < 0 else str(call.code)


def told(shop: Shop, call: Call) -> str:
    """What a second call says of its tag, and what it ran."""
    record = shop.newest()
    ran = steps_run(record) if record else 0
    steps = {0: "no step ran", 1: "1 step ran"}.get(ran, f"{ran} steps ran")
    return "; ".join((*(line for line in call.said if " names " in line), steps))
