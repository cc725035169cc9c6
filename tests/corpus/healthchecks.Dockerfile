FROM nginx
HEALTHCHECK --interval=5m --timeout=3s \
  CMD curl -f http://localhost/ || exit 1
FROM nginx AS json
HEALTHCHECK --start-interval=1.5s --retries=0 CMD ["curl", "-f", "http://localhost/"]
FROM json
HEALTHCHECK NONE
