"""The build cache of a real engine, as buildx and the Engine API tell of it, and the steps that made its records."""

import http.client
import io
import json
import socket
import time
from pathlib import Path

import pytest
from tests.docker.engine import Engine

from layerwise.builder import buildx
from layerwise.builder.bundle import read_bundle
from layerwise.builder.engine_record import Surroundings, record_of
from layerwise.builder.local_state import Reference
from layerwise.builder.redact import Redactor
from layerwise.builder.usage import CacheItem, read_usage
from layerwise.records import BuildRecord, Outcome, Source
from layerwise.summary.cache_names import Maker
from layerwise.summary.disk import disk

REDACT = Redactor(b"key")


class _Socket(http.client.HTTPConnection):
    """HTTP over the engine's socket."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.host)


def api_usage(engine: Engine) -> dict[str, dict]:
    if "://" in engine.docker_host and not engine.docker_host.startswith("unix://"):
        pytest.skip("the engine has no socket here")
    connection = _Socket(engine.docker_host.removeprefix("unix://") or "/var/run/docker.sock")
    connection.request("GET", "/system/df?type=build-cache", headers={"Host": "docker"})
    found = json.loads(connection.getresponse().read())["BuildCache"]
    connection.close()
    return {one["ID"]: one for one in found}


def usage(engine: Engine, *format_: str) -> dict[str, CacheItem]:
    return {item.id: item for item in read_usage(engine.docker("buildx", "du", *format_))}


def recorded(engine: Engine, context: Path, dockerfile: str, *options: str) -> BuildRecord:
    """Build and return the record of it."""
    metadata = context / "metadata.json"
    engine.build(context, dockerfile=dockerfile, extra=(f"--metadata-file={metadata}", *options))
    reference = Reference(*json.loads(metadata.read_text())["buildx.build.ref"].split("/"))
    (found,) = read_bundle(io.BytesIO(buildx.export(reference, engine.environment)), "build")
    return record_of(found, Surroundings(project="shop", source=Source.ENGINE), REDACT)


@pytest.fixture
def once() -> str:
    return f"m{time.time_ns()}"


def test_buildx_and_the_engine_tell_of_the_same_records(engine: Engine, tmp_path: Path, once: str) -> None:
    (tmp_path / "data").write_bytes(b"x" * 3_000_000)
    lines = (f"FROM {engine.image('debian:bookworm-slim')}", f"RUN echo {once} && cp /bin/ls /x", f"COPY data /{once}")
    engine.build(tmp_path, dockerfile="\n".join(lines))
    known, as_json, as_text = api_usage(engine), usage(engine, "--format", "json"), usage(engine, "--verbose")
    mine = {id_ for id_, one in known.items() if once in one["Description"]}
    assert len(mine) == 2
    common = [id_ for id_ in known if id_ in as_json and id_ in as_text]  # others build on this engine as well
    assert mine <= set(common)
    for id_ in mine:
        assert as_json[id_].description == as_text[id_].description == known[id_]["Description"]
        assert as_json[id_].kind == as_text[id_].kind == known[id_]["Type"]
        assert (
            as_json[id_].parents
            == as_text[id_].parents
            == tuple(known[id_].get(" Parents") or known[id_].get("Parents"))
        )
        assert as_json[id_].reclaimable is not known[id_]["InUse"]
        assert as_json[id_].size_bytes == as_text[id_].size_bytes == pytest.approx(known[id_]["Size"], rel=5.1e-4)
    sizes = [(as_json[id_].size_bytes, known[id_]["Size"]) for id_ in common if known[id_]["LastUsedAt"]]
    assert sum(shown == pytest.approx(size, rel=5.1e-4) for shown, size in sizes) >= 0.9 * len(sizes)


def test_records_of_a_real_cache_find_the_steps_that_made_them(engine: Engine, tmp_path: Path, once: str) -> None:
    (tmp_path / "data").write_text(once)
    dockerfile = f"""FROM {engine.image("debian:bookworm-slim")} AS tools
ARG VERSION=1.2
RUN echo {once} $VERSION "${{VERSION:-x}}" \\;
RUN --mount=type=cache,target=/c,id={once} echo {once} with flags
RUN ["/bin/sh", "-c", "echo {once} exec form"]
RUN <<EOF
set -e
echo {once} one
EOF
RUN <<EOF
set -e
echo {once} two
EOF
RUN cat <<EOF > /{once}
$VERSION
EOF
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN echo {once} bash | cat && TOKEN=hunter22 true
FROM {engine.image("debian:bookworm-slim")}
COPY data /{once}/
COPY --link --from=tools /{once} /{once}/
"""
    record = recorded(engine, tmp_path, dockerfile, f"--platform={','.join(engine.platforms)}")
    mine = [step for step in record.steps if once in step.instruction or "<<EOF" in step.instruction]
    ran = {(step.runs_on, step.duration_s) for step in mine if step.outcome is Outcome.EXECUTED}
    found = disk(usage(engine, "--format", "json").values(), [record], REDACT.text)
    rows = [row for row in found.rows if once in row.what and row.maker is not Maker.CACHE_MOUNT]
    # what a COPY --link copied is the same for both platforms, so that it ran for one of them only
    sure = [row for row in rows if "LINK" not in row.item.description]
    assert {(row.platform, row.rebuild_s) for row in rows if row.runs} == ran
    assert {row.runs for row in sure} == {1}
    assert len(sure) == len(ran) > 8 * len(engine.platforms)
    assert "hunter22" not in repr(found)
