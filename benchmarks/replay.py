"""Replaying 10,000 commits through a Dockerfile for two platforms: which steps run, and what each build takes."""

import random
import time

from layerwise.graph.context import Context
from layerwise.graph.lower import lower
from layerwise.graph.request import Request
from layerwise.model.change import Change
from layerwise.model.estimate import Estimator
from layerwise.model.priors import priors
from layerwise.model.timeline import Machine
from layerwise.syntax.parser import parse

COMMITS = 10_000
FILES = 2_000
DOCKERFILE = """\
FROM python:3.12-slim AS base
ARG GIT_COMMIT
RUN apt-get update && apt-get install -y ffmpeg
WORKDIR /app
COPY requirements.txt ./
RUN pip install -r requirements.txt
COPY src/part1 src/part1
RUN python -m compileall src/part1
FROM node:20 AS web
COPY src/part2 /web
RUN npm run build
FROM base
COPY --from=web /web/dist static
COPY . .
"""


def run() -> None:
    """Print the seconds of one replay."""
    chance = random.Random(0)
    paths = [f"src/part{file % 40}/file{file}.py" for file in range(FILES)]
    request = Request(Context.from_paths([*paths, "requirements.txt"]), platforms=("linux/amd64", "linux/arm64"))
    always = frozenset({"GIT_COMMIT"})
    sizes = (1, 1, 2, 3, 8)
    changes = [
        Change(str(number), frozenset(chance.sample(paths, chance.choice(sizes))), always) for number in range(COMMITS)
    ]
    start = time.perf_counter()
    graphs = [lower(parse(DOCKERFILE), request, platform) for platform in request.platforms]
    mean = Estimator(priors(), Machine(2, priors().rates), "linux/amd64").mean(graphs, changes)
    seconds = time.perf_counter() - start
    paths_changed = sum(len(change.files) for change in changes)
    print(f"{COMMITS} commits, {paths_changed} paths, 2 platforms: {seconds:.2f} s (mean build {mean:.0f} s)")


if __name__ == "__main__":
    run()
