"""Builds small Dockerfiles twice, both times cold, and compares the two images: `python -m dev.honest [NAME ...]`.

Prints for each the paths, what the noise policy excuses by rule, and what really differs. Nothing real should: what
does is a rule that is not there yet, or a build that is not the same twice.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from dev.montage_stand_ins import Engine, base_image
from dev.programs import needed_engine

from layerwise.builder.isolation import Scope
from layerwise.oci.places import read_images
from layerwise.prove.verdict import PlatformVerdict, Standing
from layerwise.prove.verify import verify

PLATFORM = "linux/amd64"
RECIPES = {
    "apt": """
FROM ${BASES}debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends tree
""",
    "pip": """
FROM ${BASES}python:3.12-slim
RUN pip install requests flask
RUN python -c "import flask, requests, unittest.mock"
""",
    "npm": """
FROM ${BASES}node:20
RUN npm install -g semver mkdirp
""",
    "conda": """
FROM ${CONDA}
RUN conda install -y -c conda-forge attrs requests
""",
    "compiler": """
FROM ${BASES}debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
COPY <<END /src/main.c
#include <stdio.h>
int main(void) { return puts("built") < 0; }
END
RUN gcc -g -O2 -o /usr/local/bin/built /src/main.c && ar rcs /usr/local/lib/libnone.a
""",
    "wheel": """
FROM ${BASES}python:3.12-slim AS wheels
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev
RUN pip wheel --no-deps --no-binary markupsafe --wheel-dir /wheels markupsafe==3.0.2
FROM ${BASES}python:3.12-slim
COPY --link --from=wheels /wheels /wheels
RUN pip install --no-cache-dir --no-index /wheels/*.whl
""",
    "accounts": """
FROM ${BASES}debian:bookworm-slim
RUN groupadd --gid 2000 app && useradd --uid 2000 --gid app --create-home --shell /bin/bash app
RUN usermod --append --groups staff app && passwd --lock app
USER app
WORKDIR /home/app
RUN touch own
""",
    "stages": """
FROM ${BASES}debian:bookworm-slim AS first
RUN mkdir -p /out/deep && seq 1000 >/out/deep/numbers && chown -R 12:34 /out
FROM first AS second
RUN sort /out/deep/numbers >/sorted && rm /out/deep/numbers && mkdir /out/empty
FROM ${BASES}debian:bookworm-slim
RUN mkdir -p /srv/out/deep && echo old >/srv/out/deep/numbers
COPY --link --from=first /out /srv/out
COPY --link --from=second --chown=7:8 --chmod=640 /sorted /srv/sorted
COPY --from=second /out/ /srv/second/
RUN rm -r /srv/out/deep && mkdir /srv/out/deep && touch /srv/out/deep/new
ENV LANG=C.UTF-8
""",
    "heredoc": """
FROM ${BASES}debian:bookworm-slim
COPY <<ONE <<TWO /etc/app/
name = one
ONE
name = two
TWO
RUN <<END
set -e
for n in $(seq 50); do mkdir -p "/data/$n" && echo "$n" >"/data/$n/value"; done
gzip -k /data/7/value
printf '#!/bin/sh\\nexec cat /etc/app/ONE\\n' >/usr/local/bin/app && chmod 0755 /usr/local/bin/app
END
ENTRYPOINT ["app"]
""",
    "links": """
FROM ${BASES}debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends libcap2-bin && rm -rf /var/lib/apt/lists/*
RUN mkdir -p /l/d && cd /l && echo a >a && ln a b && ln a d/c && echo e >e && ln e d/f \\
    && ln -s a s && ln -s /nowhere dangling && ln s t \\
    && cp /bin/true suid && chmod 4755 suid && cp /bin/true caps && setcap cap_net_bind_service=+ep caps \\
    && mkfifo -m 600 fifo && chmod 1777 d && printf x >"$(printf 'na\\303\\257ve \\\\n name')" && truncate -s 1M sparse
RUN rm /l/b && chown 5:6 /l/a && echo longer >>/l/d/c
""",
    "locale": """
FROM ${BASES}debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends locales && rm -rf /var/lib/apt/lists/* \\
    && localedef -i en_US -f UTF-8 en_US.UTF-8
RUN mkdir /opt/lib && cp /lib/x86_64-linux-gnu/libm.so.6 /opt/lib/ \\
    && echo /opt/lib >/etc/ld.so.conf.d/opt.conf && ldconfig
""",
}
"""Dockerfiles by name. They need no context, and of the base images BASES goes before the name, CONDA is one."""


def dockerfile(name: str) -> str:
    """The text of a recipe with the arguments that it needs."""
    return f"ARG BASES\nARG CONDA=scratch\n{RECIPES[name].lstrip()}"


def cold(scope: str) -> tuple[str, ...]:
    """Options of a build that takes nothing from the cache and leaves nothing to a build of another scope."""
    return ("--no-cache", "--provenance=false", *Scope(scope).options())


def main(argv: Sequence[str]) -> int:
    """Build and compare; gives 1 where something real differs, 4 without an engine."""
    parser = argparse.ArgumentParser(prog="python -m dev.honest", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these of {', '.join(RECIPES)}")
    names = parser.parse_args(argv).names or list(RECIPES)
    needed_engine()
    return max([_report(name) for name in names])


def _report(name: str) -> int:
    with tempfile.TemporaryDirectory(prefix="layerwise-honest-") as directory:
        archives = [Path(directory) / f"{side}.tar" for side in "ab"]
        start = time.monotonic()
        for archive in archives:
            build(dockerfile(name), archive)
        built = time.monotonic() - start
        left, right = (read_images(f"oci-archive:{archive}") for archive in archives)
        (platform,) = verify(left, right).platforms
        print(
            f"{name:10} {_line(platform)}, built in {built:.0f} s, compared in {time.monotonic() - start - built:.1f} s"
        )
    real = platform.standing(Standing.REAL)
    for one in real:
        print(f"           {one.difference.where}: {one.difference.facet.value}", *one.excerpt, sep="\n             ")
    sys.stdout.flush()
    return int(bool(real))


def _line(platform: PlatformVerdict) -> str:
    noise = ", ".join(f"{rule} {count}" for (rule, _), count in platform.noise.items()) or "none"
    real = len(platform.standing(Standing.REAL))
    return f"{platform.paths or 0:7,} paths, {real} real, noise: {noise}"


def build(text: str, archive: Path, name: str = "") -> None:
    """Build a Dockerfile cold, and write its image to an OCI archive that calls it by `name`; ends where it can't."""
    engine = Engine.of(os.environ)
    bases = (f"--build-arg=BASES={engine.image('')}", f"--build-arg=CONDA={base_image(engine, [PLATFORM])}")
    options = (*cold(uuid.uuid4().hex[:12]), "--network=host", f"--platform={PLATFORM}", *bases)
    output = f"--output=type=oci,dest={archive}{name and f',name={name}'}"
    with tempfile.TemporaryDirectory() as context:
        command = ["docker", "buildx", "build", *options, output, "--file=-", context]
        done = subprocess.run(command, input=text, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"this does not build:\n{text}\n{done.stderr[-4000:]}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
