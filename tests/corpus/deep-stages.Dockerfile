ARG ALPINE=3.19
FROM alpine:$ALPINE AS a
RUN touch /a
FROM a AS b
RUN touch /b
FROM b AS c
COPY --from=a /a /from-a
FROM scratch AS export
COPY --from=c / /
FROM a
COPY --from=export /from-a /x
FROM a AS a
COPY --from=0 /a /zero
COPY --from=alpine:3.18 /etc/os-release /os
