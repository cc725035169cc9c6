"""Plans every Dockerfile of many repositories: `python -m dev.field DIRECTORY [--at dev/field.txt] [--json FILE]`.

DIRECTORY holds clones with their history, bare or not, as `owner/name`. Each is checked out into a temporary
directory, and each of its Dockerfiles planned as `layerwise optimize` does, in a process of its own. Nothing is
built: the seconds are predicted, with priors. `dev/field.txt` lists the repositories and commits last measured; to
get them, for each line `git clone --bare https://github.com/OWNER/NAME DIRECTORY/OWNER/NAME`.
"""

import argparse
import json
import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError

from dev.field_checkout import checked_out, dockerfiles, listed, repositories
from dev.field_measure import measure
from dev.field_table import Repository, text


@dataclass(frozen=True, slots=True)
class Asked:
    """What to do with a repository.

    Attributes:
        commits: How many commits to replay.
        limit_s: Seconds that a Dockerfile may take.
        most: How many Dockerfiles of a repository are looked at.
    """

    commits: int
    limit_s: float
    most: int


def main(argv: Sequence[str]) -> int:
    """Measure and print; gives 1 where a Dockerfile crashed the planner or took longer than it may."""
    parser = argparse.ArgumentParser(prog="python -m dev.field", description=__doc__)
    parser.add_argument("directory", type=Path, metavar="DIRECTORY")
    parser.add_argument("--commits", type=int, default=300, help="replay so many commits (default: 300)")
    parser.add_argument("--at", type=Path, metavar="FILE", help="only the repositories and commits that FILE lists")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was found")
    parser.add_argument("--list", type=Path, metavar="FILE", help="write the repositories and commits measured")
    parser.add_argument("--most", type=int, default=20, help="Dockerfiles of one repository (default: 20)")
    parser.add_argument("--limit", type=float, default=120, help="seconds a Dockerfile may take (default: 120)")
    parser.add_argument("--jobs", type=int, default=1, help="repositories at a time (default: 1)")
    options = parser.parse_args(argv)
    asked = Asked(options.commits, options.limit, options.most)
    pinned = listed(options.at) if options.at else None
    found = tuple(_found(options.directory, pinned, asked, options.jobs))
    print(text(found))
    if options.json:
        options.json.write_text(json.dumps([one.document() for one in found], indent=1) + "\n")
    if options.list:
        options.list.write_text("".join(f"{one.name} {one.commit}\n" for one in found))
    return int(any(one.outcome.defect for repository in found for one in repository.dockerfiles))


def looked_at(name: str, path: Path, commit: str, asked: Asked) -> Repository | None:
    """Measure the Dockerfiles of one repository; None where it has none."""
    with checked_out(name, path, commit) as checkout:
        paths = dockerfiles(checkout.root)
        if not paths:
            return None
        measured = tuple(
            measure(checkout.root, dockerfile, asked.commits, asked.limit_s, main=dockerfile == paths[0])
            for dockerfile in paths[: asked.most]
        )
        return Repository(
            name=checkout.name,
            commit=checkout.commit,
            commits=checkout.commits,
            shallow=checkout.shallow,
            lacking=checkout.lacking,
            left_out=len(paths) - len(measured),
            dockerfiles=measured,
        )


def _found(directory: Path, pinned: dict[str, str] | None, asked: Asked, jobs: int) -> Iterator[Repository]:
    wanted = [
        (name, path, "HEAD" if pinned is None else pinned[name])
        for name, path in repositories(directory)
        if pinned is None or name in pinned
    ]
    for name in sorted(set(pinned or ()) - {name for name, *_ in wanted}):
        print(f"{name}: not below {directory}", file=sys.stderr)
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork")) as pool:
        running = [(name, pool.submit(looked_at, name, path, commit, asked)) for name, path, commit in wanted]
        for number, (name, future) in enumerate(running, 1):
            try:
                repository = future.result()
            except CalledProcessError as error:
                print(f"{name}: {error.stderr.decode(errors='replace').strip()}", file=sys.stderr)
                continue
            count = len(repository.dockerfiles) if repository else 0
            print(f"{number}/{len(running)} {name}: {count} Dockerfiles", file=sys.stderr, flush=True)
            if repository:
                yield repository


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
