FROM hashicorp/terraform:1.8 AS terraform
FROM alpine/k8s:1.29.2
COPY --from=terraform /bin/terraform /usr/local/bin/
RUN apk add --no-cache bash git openssh-client \
  && helm plugin install https://example.org/helm-diff \
  && terraform version
ENTRYPOINT []
CMD []
