FROM ubuntu:24.04

# Every variable in one instruction, whoever reads it
ENV LANG=C.UTF-8 \
    # Nobody is there to answer
    DEBIAN_FRONTEND=noninteractive \
    STATION=harbour \
    TIDE=spring4 \
    GAUGE_DIR=/srv/gauge3

RUN apt-get update && apt-get install -y --no-install-recommends wget zip tzdata \
    && rm -rf /var/lib/apt/lists/*

RUN mkdir -p ${GAUGE_DIR}/data ${GAUGE_DIR}/log

RUN apt-get update && apt-get install -y --no-install-recommends sox \
    && rm -rf /var/lib/apt/lists/*

COPY app /srv/app
RUN /srv/app/measure --once
CMD ["/srv/app/measure"]
