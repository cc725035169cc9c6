# syntax=docker/dockerfile:1
FROM alpine
ADD --keep-git-dir=true --link https://github.com/example/project.git#v1.2 /src
ADD --unpack=false archive.tar.gz /archives/
ADD --chown=10:11 --chmod=u=rwX,go=rX --exclude=*.md --exclude=docs/** . /all/
