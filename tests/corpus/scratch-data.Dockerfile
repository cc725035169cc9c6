FROM scratch
COPY data.tar /
ADD layer.tar.xz /
