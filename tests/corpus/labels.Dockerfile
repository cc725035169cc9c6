FROM scratch
LABEL a=b
LABEL org.opencontainers.image.title="A \"quoted\" title" org.opencontainers.image.licenses='Apache-2.0'
LABEL multi.line="one\
two\
three" other=x
