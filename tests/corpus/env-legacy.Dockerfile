FROM ubuntu:22.04
ENV DEBIAN_FRONTEND noninteractive
ENV LANG    en_US.UTF-8
ENV GREETING Hello there, "World" $USER
ENV A=1 B="two words" C='$literal' D=with\ blank E= \
    F=${G:-default} PATH=/opt/bin:$PATH
LABEL maintainer "somebody@example.org"
LABEL "com.example.vendor"="ACME Incorporated" \
  com.example.label-with-value="foo" \
  description="This text illustrates \
that label-values can span multiple lines."
