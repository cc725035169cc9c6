# syntax=docker/dockerfile:1.4
FROM ubuntu:24.04
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked <<EOT
  apt-get update
  apt-get install -y --no-install-recommends \
    ca-certificates \
    curl
EOT

# the user
RUN <<EOT bash -eu -o pipefail
  groupadd --gid 2000 app
  useradd --uid 2000 --gid app app
  install -d -o app -g app /srv/app
EOT
USER app
COPY . /srv/app
