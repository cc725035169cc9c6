FROM fedora:40
RUN dnf -y install git \
      # to read the version
      make && \
    cat <<REPO > /etc/yum.repos.d/extra.repo && \
    dnf clean all
[extra]
baseurl=https://packages.example.org/\$releasever
REPO
WORKDIR /src
ADD <<a.txt <<b.txt /src/
a
a.txt
b
b.txt
RUN make
