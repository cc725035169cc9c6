"""Compares two images file by file: `python -m dev.same_files A.tar B.tar`.

Each side is an OCI or Docker archive (`docker buildx build --output type=oci,dest=A.tar`), or a flattened root file
system (`--output type=tar`) whose config may be given beside it. Compared are path, kind, mode, owner, content, link
target, hard links, device numbers and extended attributes of every entry, and the settings of the image. Time stamps
are not. Exit codes: 0 the same but for noise, 1 not the same, 2 a side cannot be read.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from dev.image_archive import ArchiveError, Entry, Image, read_image, settings_of

SHOWN = 50  # real differences that are printed


class Facet(Enum):
    """In what two images differ at one place."""

    PRESENCE = "presence"
    KIND = "kind"
    MODE = "mode"
    OWNER = "owner"
    CONTENT = "content"
    TARGET = "link target"
    TWIN = "hard link"
    DEVICE = "device"
    XATTRS = "extended attributes"
    SETTING = "setting"


@dataclass(frozen=True, slots=True)
class Difference:
    """One facet of one path or setting; None where a side does not have it."""

    facet: Facet
    where: str
    left: str | None
    right: str | None

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.where}: {self.facet.value} {self.left or 'none'} | {self.right or 'none'}"


@dataclass(frozen=True, slots=True)
class Noise:
    """A difference that two builds of one Dockerfile show as well, and why."""

    difference: Difference
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences of two images."""

    noise: tuple[Noise, ...]
    real: tuple[Difference, ...]

    @property
    def equal(self) -> bool:
        """Whether all differences are noise."""
        return not self.real


@dataclass(frozen=True, slots=True)
class Policy:
    """Paths whose content and presence say nothing; their kind, mode and owner still do."""

    pattern: str  # regular expression of whole absolute paths
    reason: str

    def covers(self, difference: Difference) -> bool:
        """Whether a difference is noise."""
        told = difference.facet in {Facet.PRESENCE, Facet.CONTENT}
        return told and re.fullmatch(self.pattern, difference.where) is not None


POLICIES = (
    Policy(r"/.*/__pycache__/[^/]+\.pyc", "marshal writes references as the interpreter happened to count them"),
    Policy(r"/var/log/apt/(history|term|eipp)\.log(\.xz)?", "apt logs when it did what"),
    Policy(r"/var/log/(dpkg|alternatives)\.log", "dpkg logs when it did what"),
    Policy(r"/var/lib/apt/lists(/.*)?", "downloaded lists of packages, as new as the build"),
    Policy(r"/var/cache/apt/(pkgcache|srcpkgcache)\.bin", "apt's index of the lists"),
    Policy(r"/var/cache/apt/archives(/.*)?", "apt's download cache"),
    Policy(r"/var/cache/ldconfig/aux-cache", "ldconfig keeps inode numbers and times of libraries"),
    Policy(r"/var/cache/fontconfig(/.*)?", "fontconfig keeps times of font directories"),
    Policy(r"/root/\.cache/pip(/.*)?", "pip's download cache"),
    Policy(r"/root/\.npm(/.*)?", "npm's download cache and logs"),
    Policy(r"/opt/conda/pkgs(/.*)?", "conda's download cache"),
)


def compare(left: Image, right: Image, policies: Sequence[Policy] = POLICIES) -> Comparison:
    """All differences, sorted by where they are."""
    found = [*_different_entries(left.entries, right.entries), *_different_settings(left.settings, right.settings)]
    noise, real = [], []
    for difference in sorted(found, key=lambda difference: (difference.where, difference.facet.value)):
        policy = next((policy for policy in policies if policy.covers(difference)), None)
        if policy is None:
            real.append(difference)
        else:
            noise.append(Noise(difference, policy.reason))
    return Comparison(tuple(noise), tuple(real))


def compare_archives(left: Path, right: Path, platform: str | None = None) -> Comparison:
    """Compare the images in two archives.

    Raises:
        ArchiveError: one of them holds no image that can be read.
    """
    return compare(read_image(left, platform), read_image(right, platform))


def _different_entries(left: Mapping[str, Entry], right: Mapping[str, Entry]) -> Iterator[Difference]:
    for path in left.keys() | right.keys():
        one, other = left.get(path), right.get(path)
        if one is None or other is None:
            kinds = (entry.kind.value if entry else None for entry in (one, other))
            yield Difference(Facet.PRESENCE, path, *kinds)
        elif one != other:
            yield from _different_facets(path, one, other)


def _different_facets(path: str, one: Entry, other: Entry) -> Iterator[Difference]:
    if one.kind is not other.kind:
        yield Difference(Facet.KIND, path, one.kind.value, other.kind.value)
        return
    pairs = zip(_facets(one), _facets(other), strict=True)
    yield from (Difference(facet, path, mine, yours) for (facet, mine), (_, yours) in pairs if mine != yours)


def _facets(entry: Entry) -> Iterator[tuple[Facet, str]]:
    yield Facet.MODE, f"{entry.mode:04o}"
    yield Facet.OWNER, "{}:{}".format(*entry.owner)
    yield Facet.CONTENT, entry.content
    yield Facet.TARGET, entry.target
    yield Facet.TWIN, entry.twin
    yield Facet.DEVICE, "{}:{}".format(*entry.device)
    yield Facet.XATTRS, " ".join(f"{name}={text!r}" for name, text in entry.xattrs)


def _different_settings(left: Mapping[str, str], right: Mapping[str, str]) -> Iterator[Difference]:
    for name in left.keys() | right.keys():
        if left.get(name) != right.get(name):
            yield Difference(Facet.SETTING, name, left.get(name), right.get(name))


def main(argv: Sequence[str]) -> int:
    """Compare two archives, print the result and give the exit code."""
    options = _parser().parse_args(argv)
    try:
        left, right = (
            _with_config(read_image(path, options.platform), config)
            for path, config in ((options.left, options.left_config), (options.right, options.right_config))
        )
    except (ArchiveError, OSError) as error:
        print(f"same_files: {error}", file=sys.stderr)
        return 2
    comparison = compare(left, right)
    print("\n".join(report(comparison, len(left.entries))))
    return 0 if comparison.equal else 1


def report(comparison: Comparison, entries: int) -> Iterator[str]:
    """The result in lines."""
    for reason, count in Counter(noise.reason for noise in comparison.noise).most_common():
        yield f"noise  {count:5}  {reason}"
    yield from (f"real   {difference}" for difference in comparison.real[:SHOWN])
    if len(comparison.real) > SHOWN:
        yield f"real   and {len(comparison.real) - SHOWN} more"
    verdict = "the same" if comparison.equal else "not the same"
    yield f"{verdict}: {entries} entries, {len(comparison.noise)} noise, {len(comparison.real)} real"


def _with_config(image: Image, config: Path | None) -> Image:
    return image if config is None else replace(image, settings=settings_of(json.loads(config.read_text())))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dev.same_files", description=__doc__.splitlines()[0])
    parser.add_argument("left", type=Path)
    parser.add_argument("right", type=Path)
    parser.add_argument("--platform", help="os/architecture, where an archive holds several")
    parser.add_argument("--left-config", type=Path, help="config of a flattened file system, as JSON")
    parser.add_argument("--right-config", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
