FROM python:3.11 as base
ARG POETRY_VERSION=1.8.3
RUN pip install "poetry==$POETRY_VERSION"
WORKDIR /code
COPY pyproject.toml poetry.lock* ./
RUN poetry config virtualenvs.create false && poetry install --no-root --only main

from base as test
RUN poetry install --no-root
COPY . .
CMD pytest -q tests

from base as production
COPY . .
RUN poetry install --only-root
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s --retries=5 \
    CMD curl -fsS http://localhost:8080/health || exit 1
CMD uvicorn code.app:app --port ${PORT:-8080}
