"""A small repository to call the command line in, and what a call gave."""

import os
import pathlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from layerwise.cli.main import run

DOCKERFILE = """\
FROM python:3.12-slim
ARG GIT_COMMIT
WORKDIR /app
COPY . .
RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt
RUN echo "$GIT_COMMIT" > /etc/revision
CMD ["python", "-m", "app"]
"""

BETTER = """\
FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt ./
RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt
COPY . .
ARG GIT_COMMIT
RUN echo "$GIT_COMMIT" > /etc/revision
CMD ["python", "-m", "app"]
"""

FILES = {
    "Dockerfile": DOCKERFILE,
    "requirements.txt": "flask==3.0.0\nnumpy==1.26.4\n",
    "app/__init__.py": "",
    "app/main.py": "print(0)\n",
    "Makefile": "image:\n\tdocker build --build-arg GIT_COMMIT=$(shell git rev-parse HEAD) -t app .\n",
}

WHO = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "Mara",
    "GIT_AUTHOR_EMAIL": "mara@example.org",
    "GIT_COMMITTER_NAME": "Mara",
    "GIT_COMMITTER_EMAIL": "mara@example.org",
}


@dataclass(frozen=True, slots=True)
class Called:
    """What a call of the command line gave."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Repository:
    """A directory under git, and the means to call layerwise in it."""

    root: pathlib.Path
    capsys: pytest.CaptureFixture[str]

    def git(self, *arguments: str) -> str:
        """Run git here."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, check=True, capture_output=True, text=True, env={**os.environ, **WHO}
        )
        return done.stdout

    def commit(self, files: Mapping[str, str] | None = None, subject: str = "Change") -> None:
        """Write files and commit everything."""
        for name, text in (files or {}).items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", subject)

    def grow(self, commits: int) -> None:
        """Add commits that change the source."""
        for number in range(1, commits + 1):
            self.commit({"app/main.py": f"print({number})\n"}, f"Print {number}")

    def call(self, *arguments: str) -> Called:
        """Call layerwise in this process."""
        self.capsys.readouterr()
        code = run(arguments)
        out, err = self.capsys.readouterr()
        return Called(code, out, err)

    @property
    def dockerfile(self) -> pathlib.Path:
        """The Dockerfile at the root."""
        return self.root / "Dockerfile"
