"""Descriptions and names as buildx 0.29.1 and Docker 28.5 show them for the same step."""

import pytest

from layerwise.summary.cache_names import Maker, Match, read_description

SH = "mount / from exec /bin/sh -c "
BASH = "mount / from exec /bin/bash -o pipefail -c "


@pytest.mark.parametrize(
    ("description", "instruction", "match"),
    [
        (SH + "pip install  -r a", "RUN pip install -r a", Match.SURE),
        (SH + "echo flags", "RUN --mount=type=cache,target=/c,id=mine --network=none echo flags", Match.SURE),
        (SH + "echo onbuild", "ONBUILD RUN echo onbuild", Match.SURE),
        (SH + "echo exec form", 'RUN ["/bin/sh", "-c", "echo exec form"]', Match.SURE),
        ("mount / from exec echo two words", 'RUN ["echo", "two words"]', Match.SURE),
        (BASH + "echo bash | cat", "RUN echo bash | cat", Match.SURE),
        ("mount / from exec conda run -n x /bin/bash -lc make", "RUN make", Match.SURE),
        (SH + "find . -exec rm {} \\;", "RUN find . -exec rm {} ;", Match.SURE),
        (SH + "set -e\necho one\n", "RUN <<EOF (set -e...)", Match.LIKELY),
        (SH + "echo single line\n", "RUN <<EOF (echo single line)", Match.LIKELY),
        (SH + "echo quoted\necho $VERSION\n", 'RUN <<-"END" (echo quoted...)', Match.LIKELY),
        (SH + "/dev/pipes/EOF", "RUN <<EOF (#!/bin/sh...)", Match.LIKELY),
        (SH + "cat <<EOF > /x && echo after\ninner\nEOF", "RUN cat <<EOF > /x && echo after", Match.LIKELY),
        (SH + "cat <<A <<B\none\nA\ntwo\nB", "RUN cat <<A <<B", Match.LIKELY),
        (SH + "echo $A ${B:-x} \"$A\" '$A' \\$A $C", "RUN echo 1.2 /srv \"1.2\" '$A' $A $C", Match.LIKELY),
        (SH + "TOKEN=$TOKEN make", "RUN TOKEN=*** make", Match.LIKELY),
        ("mount / from exec echo two $A", 'RUN ["echo", "two 1.2"]', Match.LIKELY),
        ("mount / from exec pip install -c make", "RUN make", Match.NONE),
        (SH + "pip install -r a", "RUN pip install -r b", Match.NONE),
        (SH + "make", "RUN make test", Match.NONE),
        (SH + "make test", "RUN make", Match.NONE),
        (SH + "make", "COPY make", Match.NONE),
        (SH + "set -e\necho one\n", "RUN <<EOF (set -eu...)", Match.NONE),
        (SH + "set -e\necho one\n", "RUN <<EOF (set -e)", Match.NONE),
        (SH + "set -e", "RUN <<EOF (set -e...)", Match.NONE),
        (SH + "/dev/pipes/END", "RUN <<EOF (#!/bin/sh...)", Match.NONE),
        (SH + "echo $A end", "RUN echo end", Match.NONE),
        (SH + "a $A b $A c", "RUN a 1 c 1 b", Match.NONE),
        (SH + "a $A b $A c", "RUN a 1 b 1 c", Match.LIKELY),
        (SH + "[ -f x ] && make", "RUN [ -f x ] && make", Match.SURE),
        ("cached mount /c from exec /bin/sh -c make", "RUN make", Match.NONE),
        ("[stage-1 2/4] COPY --from=a /x /x", "COPY --from=a /x /x", Match.LIKELY),
        ("[linux/arm64 stage-1 1/3] LINK COPY --link --from=a /g /g", "COPY --link --from=a /g /g", Match.LIKELY),
        ("[stage-1 2/4] COPY a b", "COPY a c", Match.NONE),
        ("local source for context", "COPY . .", Match.NONE),
    ],
)
def test_a_description_is_held_against_what_a_step_is_called(description: str, instruction: str, match: Match) -> None:
    assert read_description(description).shows(instruction) is match


def test_a_file_operation_has_its_place_in_its_name() -> None:
    read = read_description("[linux/arm64 base 20/22] COPY a.txt /srv/")
    assert read.names("base", 20, "COPY a.txt /srv/") is Match.LIKELY
    assert read.names("base", 19, "COPY a.txt /srv/") is Match.NONE
    assert read.names("final", 20, "COPY a.txt /srv/") is Match.NONE


@pytest.mark.parametrize(
    ("description", "maker", "what"),
    [
        (BASH + "set -e\nmake\n", Maker.RUN, "RUN set -e make"),
        ("mount / from exec sleep 1", Maker.RUN, "RUN sleep 1"),
        ("mount / from exec pip install -c c.txt x", Maker.RUN, "RUN pip install -c c.txt x"),
        ("[base  2/22] WORKDIR /srv", Maker.FILES, "WORKDIR /srv"),
        (
            'cached mount /root/.cache/pip from exec /bin/sh -c pip install\nmore\n with id "/mine"',
            Maker.CACHE_MOUNT,
            "cache mount /root/.cache/pip of RUN pip install more",
        ),
        ("cached mount /c from exec /bin/sh -c make", Maker.CACHE_MOUNT, "cache mount /c of RUN make"),
        ("local source for context", Maker.LOCAL, "build context"),
        ("local source for dockerfile", Maker.LOCAL, "Dockerfile"),
        ("local source for cpython", Maker.LOCAL, "context cpython"),
        ("pulled from docker.io/library/alpine:3", Maker.BASE, "base docker.io/library/alpine:3"),
        ("[internal] preparing inline document", Maker.OTHER, "[internal] preparing inline document"),
        ("http url https://host/a.tgz", Maker.OTHER, "http url https://host/a.tgz"),
        ("", Maker.OTHER, ""),
    ],
)
def test_a_record_is_called_what_it_is(description: str, maker: Maker, what: str) -> None:
    read = read_description(description)
    assert (read.maker, read.what) == (maker, what)
