FROM alpine
RUN --future=1 true
COPY --novel --link a b
TELEPORT --to=mars /a /b
CHECKPOINT
CMD ["true"]
