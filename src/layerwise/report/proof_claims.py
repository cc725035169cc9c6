"""What a proof has shown: one sentence that claims no more than was built and measured, and what it rests on."""

from collections import Counter
from collections.abc import Iterator

from layerwise.prove.bench.proved import Dropped, Fault, Proved
from layerwise.prove.verdict import PlatformVerdict, Standing
from layerwise.report.bench_claims import changes
from layerwise.report.bench_words import listed
from layerwise.report.build_words import Code, Words
from layerwise.report.verify import summary
from layerwise.report.verify_rows import rows
from layerwise.syntax.display import one_line

_NAMED = 2
"""How many dropped edits the verdict names; of more it counts what is wrong with them."""
_FAULTS = {
    Fault.IMAGE: ("changes the image", "change the image"),
    Fault.SLOWER: ("makes a scenario slower", "make a scenario slower"),
    Fault.BROKEN: ("does not build", "do not build"),
    Fault.UNSHOWN: ("can't be shown to be right", "can't be shown to be right"),
    Fault.NEEDS: ("goes with another", "go with another"),
}


def verdict(proved: Proved) -> str:
    """Return in one sentence what stays, whether the images are the same, and what is faster and slower."""
    if not proved.kept and not proved.dropped:
        return "There is nothing to prove: the plan changes nothing."
    clauses = (_edits(proved), _images(proved), *(changes(proved.bench) if proved.kept else ()))
    said = "; ".join(filter(None, clauses))
    return f"{said[:1].upper()}{said[1:]}."


def fault(dropped: Dropped) -> str:
    """Return what is wrong with an edit, in a few words."""
    return _FAULTS[dropped.fault][0]


def place(dropped: Dropped) -> str:
    """Return where an edit stands, and how it was found."""
    builds = dropped.builds
    found = f", found in {builds} {'build' if builds == 1 else 'builds'}" if builds else ""
    return f"line {dropped.edit.line}, {fault(dropped)}{found}"


def quoting(sentence: str) -> Words:
    """Return a sentence in which what stands between backticks is code."""
    pieces = one_line(sentence).split("`")
    if len(pieces) % 2 == 0:
        return (one_line(sentence),)
    return tuple(Code(piece) if number % 2 else piece for number, piece in enumerate(pieces) if piece)


def rests_on(proved: Proved) -> str:
    """Return how many builds the proof took."""
    return "1 build in all" if proved.builds == 1 else f"{proved.builds:,} builds in all"


def image_lines(proved: Proved, limit: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what the comparison of each platform came to, with the first places that differ or are expected to."""
    for platform in proved.images.platforms if proved.images else ():
        yield summary(platform), tuple(_places(platform, limit))


def _places(platform: PlatformVerdict, limit: int) -> Iterator[str]:
    for standing, word in ((Standing.REAL, ""), (Standing.EXPECTED, "expected: ")):
        found = rows(platform.standing(standing))
        yield from (f"{word}{row.where}: {row.said}" for row in found[:limit])
        if len(found) > limit:
            yield f"{word}and {len(found) - limit:,} more places"


def _edits(proved: Proved) -> str:
    kept, total = len(proved.kept), len(proved.kept) + len(proved.dropped)
    if total == 1:
        stays = "the edit stays" if kept else "the edit does not stay"
    elif kept == total:
        stays = f"all {total} edits stay"
    else:
        stays = f"{kept or 'none'} of {total} edits {'stay' if kept > 1 else 'stays'}"
    why = _why(proved)
    return f"{stays} ({why})" if why else stays


def _why(proved: Proved) -> str:
    if len(proved.dropped) <= _NAMED:
        return listed([f"{one.edit.pass_name} at line {one.edit.line} {fault(one)}" for one in proved.dropped])
    counts = Counter(one.fault for one in proved.dropped)
    return listed([f"{count} {_FAULTS[fault][count > 1]}" for fault, count in counts.items()])


def _images(proved: Proved) -> str:
    if proved.equal is None:
        return ""
    platforms = proved.images.platforms if proved.images else ()
    if proved.equal:
        names = listed([one_line(platform.platform) for platform in platforms])
        expected = sum(len(platform.standing(Standing.EXPECTED)) for platform in platforms)
        places = "place that differs" if expected == 1 else "places that differ"
        but = f" but for {expected:,} {places} between two builds of the same file too" if expected else ""
        return f"the images are the same{f' on {names}' if names else ''}{but}"
    names = listed([one_line(platform.platform) for platform in platforms if not platform.equal])
    return f"the images differ{f' on {names}' if names else ''}"
