ARG PYTHON_VERSION=3.11
FROM python:${PYTHON_VERSION}-slim-bookworm
ARG GIT_COMMIT
ARG BUILD_DATE="unknown"
ENV GIT_COMMIT=$GIT_COMMIT BUILD_DATE=${BUILD_DATE}
LABEL org.opencontainers.image.revision=$GIT_COMMIT \
      org.opencontainers.image.created="${BUILD_DATE}"

RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        # needed by the PDF export
        libpango-1.0-0 \
        libcairo2 \

        # needed by the importer
        libpq5 \
    && rm -rf /var/lib/apt/lists/*

COPY . /srv
RUN pip install -e /srv
ENTRYPOINT ["python", "-m", "srv"]
