# syntax=docker/dockerfile:1
FROM ubuntu AS tools
RUN rm -f /etc/apt/apt.conf.d/docker-clean; echo 'Binary::apt::APT::Keep-Downloaded-Packages "true";' > /etc/apt/apt.conf.d/keep-cache
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    apt-get update && apt-get --no-install-recommends install -y gcc
RUN --mount=type=ssh --mount=type=secret,id=token,env=TOKEN git clone git@example.org:private.git
RUN --mount=type=tmpfs,target=/tmp,size=64m --mount=from=tools,target=/tools,ro true
RUN --mount='type=bind,"source=with,comma",target=/x' --network=host --security=insecure true
RUN --device=vendor.com/gpu=all,required ./train
COPY --from=tools /usr/bin/gcc /usr/bin/
