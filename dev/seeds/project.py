"""The project of `dev.seeded`: a small Dockerfile with ten flaws, and a history that makes each of them cost."""

import os
import subprocess
from pathlib import Path

DOCKERFILE = """\
FROM {base}
ARG GIT_COMMIT
RUN useradd -u 700 shop
ARG BUILD_DATE
RUN useradd -u 701 web
ARG VERSION
RUN cp -a /usr/share/zoneinfo /opt/zones
ARG BUILD_NUMBER
RUN useradd -u 702 worker
RUN mkdir -p /var/lib/worker
RUN mkdir -p /var/lib/worker
RUN touch /opt/ready
RUN touch /opt/ready
COPY web /srv/web
RUN chown -R 701:701 /srv/web
COPY worker /srv/worker
RUN chown -R 702:702 /srv/worker
COPY tools /srv/tools
COPY docs /srv/docs
RUN useradd -u 703 tools
RUN sh /srv/tools/site.sh
RUN sh /srv/tools/index.sh
RUN echo $GIT_COMMIT $BUILD_DATE $VERSION $BUILD_NUMBER > /opt/build
"""
FILES = {
    "web/page": "0\n",
    "worker/job": "0\n",
    "tools/site.sh": "ls /srv/web >/opt/site\n",
    "tools/index.sh": "ls /srv/docs >/opt/index\n",
    "tools/both.sh": "ls /srv/web >/opt/site\nls /srv/docs >/opt/index\nsleep 4\n",
    "docs/guide.md": "0\n",
    "docs/changes.md": "0\n",
    "Makefile": "image:\n\tdocker buildx build --build-arg GIT_COMMIT=$(shell git rev-parse HEAD) \\\n"
    "\t  --build-arg BUILD_DATE=$(shell date +%s) --build-arg VERSION=$(shell git rev-parse HEAD) \\\n"
    "\t  --build-arg BUILD_NUMBER=$(shell git rev-parse HEAD) .\n",
}
TOUCHED = ("web/page", "worker/job", "docs/changes.md", "web/page")
"""What the commits change, in turns."""
ROUNDS = 5


def write(directory: Path, base: str) -> None:
    """Write the project with its history; ``base`` is the base image's name."""
    for name, text in {**FILES, "Dockerfile": DOCKERFILE.format(base=base)}.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    _git(directory, "init", "--quiet")
    _commit(directory, "the project")
    for number in range(1, ROUNDS + 1):
        for name in TOUCHED:
            with (directory / name).open("a") as file:
                file.write(f"{number}\n")
            _commit(directory, f"{name}, {number}")


def _commit(directory: Path, message: str) -> None:
    _git(directory, "add", "--all")
    _git(directory, "commit", "--quiet", f"--message={message}")


def _git(directory: Path, *arguments: str) -> None:
    person = {f"GIT_{who}_{what}": "seeds" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(["git", *arguments], cwd=directory, check=True, env={**os.environ, **person})
