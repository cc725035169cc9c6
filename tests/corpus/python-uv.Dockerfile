# syntax=docker/dockerfile:1.7
FROM python:3.12-slim AS build
COPY --from=ghcr.io/astral-sh/uv:0.4 /uv /usr/local/bin/uv
WORKDIR /app
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    uv sync --frozen --no-install-project
COPY --link . .
RUN --mount=type=cache,target=/root/.cache/uv uv sync --frozen

FROM python:3.12-slim
COPY --from=build --chown=1000:1000 /app /app
USER 1000
CMD [ "/app/.venv/bin/serve" ]
