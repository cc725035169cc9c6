"""A project around an analysis, for what is shown of both."""

import pathlib

from layerwise.analysis import Analysis
from layerwise.config import Config
from layerwise.invocation.search import Found, usage
from layerwise.model.commits import History
from layerwise.project import Project

DOCKERFILE = """\
FROM python:3.12-slim
ARG GIT_COMMIT
RUN apt-get update && apt-get install -y ffmpeg
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
COPY app /srv/app
RUN ./configure
"""


def project_of(analysis: Analysis) -> Project:
    """Return a project that was read without a repository."""
    found = Found((), ())
    return Project(
        root=pathlib.Path("/shop"),
        dockerfile_path="Dockerfile",
        context_path=".",
        config=Config(),
        found=found,
        usage=usage((), "Dockerfile"),
        chosen=None,
        history=History(why="a test"),
        analysis=analysis,
    )
