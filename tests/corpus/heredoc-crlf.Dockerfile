FROM alpine
RUN set -e && cat <<EOF >> /etc/profile && \
    echo done
export A=1
export B="$A"
EOF
RUN echo $((1<<4)) <<<ignored || true
CMD cat <<EOF
