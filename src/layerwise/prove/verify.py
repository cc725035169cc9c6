"""Compares two images, platform by platform, and says of each difference what it means."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from layerwise.graph.platforms import normalised
from layerwise.oci.image import Image
from layerwise.oci.layers.tree import Tree
from layerwise.prove.compare_configs import compare_configs
from layerwise.prove.compare_files import Found, compare_files
from layerwise.prove.difference import Difference, Facet
from layerwise.prove.explain import explained
from layerwise.prove.globs import compiled
from layerwise.prove.judge import excuses
from layerwise.prove.noise import Rule, policy
from layerwise.prove.reading import read_sides
from layerwise.prove.verdict import Judged, PlatformVerdict, Standing, Verdict


@dataclass(frozen=True, slots=True)
class Expectation:
    """Differences that are wanted.

    Attributes:
        where: A glob of absolute paths (as in noise.toml), or of keys of the image config.
        reason: Why, for reports.
    """

    where: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How images are compared.

    Attributes:
        mtimes: Whether times of last changes count.
        expected: Differences that are wanted.
    """

    mtimes: bool = False
    expected: tuple[Expectation, ...] = ()


def verify(left: Sequence[Image], right: Sequence[Image], options: Options | None = None) -> Verdict:
    """Compare two images, each given as its platforms.

    Raises:
        ImageError: A config or a layer can't be read.
        EnvironmentMissing: A layer is compressed in a way that needs a library which is not installed.
    """
    mine, yours = _by_platform(left), _by_platform(right)
    return Verdict(
        left=left[0].reference if left else "",
        right=right[0].reference if right else "",
        platforms=tuple(
            _platform(platform, one, other, options or Options())
            for platform in dict.fromkeys((*mine, *yours))
            for one, other in zip_longest(mine[platform], yours[platform])
        ),
    )


def _by_platform(images: Iterable[Image]) -> defaultdict[str, list[Image]]:
    found: defaultdict[str, list[Image]] = defaultdict(list)
    for image in images:
        found[normalised(image.platform)].append(image)
    return found


def _platform(platform: str, left: Image | None, right: Image | None, options: Options) -> PlatformVerdict:
    if left is None or right is None:
        sides = (None if image is None else image.digest or image.reference for image in (left, right))
        missing = Difference(platform, Facet.PLATFORM, *sides)
        return PlatformVerdict(platform=platform, judged=(_judged(missing, options),))
    settings = [_judged(one, options) for one in compare_configs(left.config, right.config)]
    files, paths = _files(left, right, options)
    return PlatformVerdict(platform=platform, judged=(*settings, *files), paths=paths)


def _files(left: Image, right: Image, options: Options) -> tuple[tuple[Judged, ...], int | None]:
    """Return the differences of two file systems and how many paths they have, None where all layers are the same."""
    if [layer.digest for layer in left.layers] == [layer.digest for layer in right.layers]:
        return (), None
    sides = read_sides(left, right)
    found = compare_files(sides[0].tree, sides[1].tree, mtimes=options.mtimes)
    excused = excuses(found, policy(), sides)
    judged = [_judged(one.difference, options, excused.get(index)) for index, one in enumerate(found)]
    return explained(judged, found, sides), _paths(sides[0].tree, found)


def _judged(difference: Difference, options: Options, rule: Rule | None = None) -> Judged:
    if rule is not None:
        return Judged(difference=difference, standing=Standing.NOISE, rule=rule.name, reason=rule.reason)
    for expectation in options.expected:
        if compiled((expectation.where,)).fullmatch(difference.where):
            return Judged(difference=difference, standing=Standing.EXPECTED, reason=expectation.reason)
    return Judged(difference=difference, standing=Standing.REAL)


def _paths(left: Tree, found: Iterable[Found]) -> int:
    """Return how many paths two file systems have together."""
    added = sum(one.left is None for one in found if one.difference.facet is Facet.PRESENCE)
    return added + sum(1 for _ in left.walk())
