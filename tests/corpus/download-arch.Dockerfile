FROM debian:bookworm-slim
ARG TARGETARCH
ARG TOOL_VERSION=1.30.2
ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://downloads.example.org/tool.tar.gz /tmp/
RUN case "$TARGETARCH" in \
      amd64) arch=x86_64 ;; \
      arm64) arch=aarch64 ;; \
      *) echo "no tool for $TARGETARCH" >&2; exit 1 ;; \
    esac; \
    curl -fsSLo /usr/local/bin/tool "https://downloads.example.org/v${TOOL_VERSION}/tool-${arch}" \
    && chmod +x /usr/local/bin/tool
