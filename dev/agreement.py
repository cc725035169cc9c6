"""Compares real images twice, by verify and by what unpacks them: `python -m dev.agreement [NAME ...]`.

Each pair is two cold builds: of one Dockerfile, of one and a rewrite of it, or of two that have their base in common.
The table says how many paths each found to differ, noise included, and how many only one of them did; none should, and
what was rewritten should differ in nothing real (of what was built again `dev.honest` says more). Needs root, for tar
gives files to their owners, and 3 GB of disk.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from dev.honest import RECIPES, build, dockerfile
from dev.programs import needed_engine
from dev.unpacked import differing, made_by_the_engine, unpack

from layerwise.oci.image import Image
from layerwise.oci.places import read_images
from layerwise.prove.difference import Facet
from layerwise.prove.verdict import PlatformVerdict, Standing
from layerwise.prove.verify import verify

REWRITES: dict[str, Callable[[str], str]] = {
    "apt": lambda text: text.replace("apt-get update && ", "apt-get update\nRUN "),
    "pip": lambda text: text.replace("RUN pip", "RUN --mount=type=cache,target=/root/.cache/pip pip"),
    "npm": lambda text: text.replace("RUN npm", "RUN --mount=type=cache,target=/root/.npm npm"),
    "accounts": lambda text: text.replace("\nRUN usermod", " && usermod"),
    "stages": lambda text: text.replace("COPY --link", "COPY"),
}
"""What a hand makes of Dockerfiles of `dev.honest` that means the same; the others are built twice as they are."""
UNLIKE = (("heredoc", "links"), ("locale", "compiler"))
"""Two Dockerfiles that have their base in common."""
_WIDTHS = (9, 9, 9, 9, 13, 13)


class Agreement(NamedTuple):
    """The paths at which two images differ.

    Attributes:
        by_verify: According to verify, noise included.
        by_oracle: According to diff and lstat.
        verdict: All that verify says.
    """

    by_verify: set[str]
    by_oracle: set[str]
    verdict: PlatformVerdict


def main(argv: Sequence[str]) -> int:
    """Build, compare and print the table; gives 1 where something is wrong, 4 without an engine or root."""
    parser = argparse.ArgumentParser(prog="python -m dev.agreement", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only pairs with these of {', '.join(RECIPES)}")
    names = parser.parse_args(argv).names
    needed_engine()
    if os.geteuid():
        print("this needs root", file=sys.stderr)
        return 4
    columns = zip(("paths", "verify", "oracle", "both", "verify only", "oracle only"), _WIDTHS, strict=True)
    print(f"{'pair':26}{''.join(f'{title:>{width}}' for title, width in columns)}  verdict", flush=True)
    pairs = [pair for pair in (*((name, name) for name in RECIPES), *UNLIKE) if not names or {*pair} & {*names}]
    return max([_report(*pair) for pair in pairs])


def compare(left: Path, right: Path, name: str) -> Agreement:
    """Compare two archives, both of which call their image by `name`, in both ways."""
    (verdict,) = verify(_images(left), _images(right)).platforms
    with tempfile.TemporaryDirectory(prefix="layerwise-unpacked-") as directory:
        roots = Path(directory, "left"), Path(directory, "right")
        for archive, root in zip((left, right), roots, strict=True):
            unpack(archive, name, root, os.environ)
        return Agreement(found_by_verify(verdict), differing(*roots), verdict)


def found_by_verify(verdict: PlatformVerdict) -> set[str]:
    """Return the paths that verify names; how a layer came by a path is no property of the unpacked file system."""
    differences = (one.difference for one in verdict.judged)
    return {
        one.where
        for one in differences
        if one.is_file and one.facet is not Facet.THROUGH and not made_by_the_engine(one.where)
    }


def _images(archive: Path) -> tuple[Image, ...]:
    return read_images(f"oci-archive:{archive}")


def _report(name: str, other: str) -> int:
    start, tag = time.monotonic(), f"layerwise-agreement/{name}:{uuid4().hex[:12]}"
    rewrite = REWRITES.get(name) if name == other else None
    with tempfile.TemporaryDirectory(prefix="layerwise-agreement-") as directory:
        left, right = Path(directory, "left.tar"), Path(directory, "right.tar")
        build(dockerfile(name), left, tag)
        build(rewrite(dockerfile(name)) if rewrite else dockerfile(other), right, tag)
        found = compare(left, right, tag)
    label = f"{name} / {'rewritten' if rewrite else 'built again' if name == other else other}"
    both, mine, yours = found.by_verify & found.by_oracle, *_only(found)
    counts = (found.verdict.paths or 0, *map(len, (found.by_verify, found.by_oracle, both, mine, yours)))
    real, noise = (len(found.verdict.standing(one)) for one in (Standing.REAL, Standing.NOISE))
    print(
        f"{label:26}{''.join(f'{count:{width},}' for count, width in zip(counts, _WIDTHS, strict=True))}"
        f"  {real:,} real, {noise:,} noise ({time.monotonic() - start:.0f} s)",
        flush=True,
    )
    for path in sorted(mine | yours):
        print(f"  {path}: only {'verify' if path in mine else 'the oracle'}")
    wrong = found.verdict.standing(Standing.REAL) if rewrite else ()
    for one in wrong:
        print(f"  {one.difference.where}: {one.difference.facet.value}")
    return int(bool(mine | yours or wrong))


def _only(found: Agreement) -> tuple[set[str], set[str]]:
    return found.by_verify - found.by_oracle, found.by_oracle - found.by_verify


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
