FROM debian
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN curl -s https://example.org/install.sh | sh
RUN for f in a b c; do \
      echo "$f" > "/tmp/$f"; \
    done && if [ -f /tmp/a ]; then rm /tmp/a; fi
RUN { echo '[client]'; echo 'user=root'; } > /etc/my.cnf
RUN echo 'single \ backslash' "double \" quote" `date` $(date +%s) ${HOME} $$
RUN ["/bin/bash", "-c", "echo exec form && ls \"/a b\""]
RUN awk 'BEGIN { print 1 << 2 }' || true
