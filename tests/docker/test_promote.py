"""Images that a real engine pushed, platform by platform, and the tag that names them then."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from dev.montage_stand_ins import x86_program
from tests.builder.arch.elves import elf
from tests.docker.engine import Engine

from layerwise.builder.arch.scans import StoredScans
from layerwise.builder.push.checking import Pushed, check
from layerwise.builder.push.promotion import Result, promote
from layerwise.oci.access import Access
from layerwise.oci.places import read_images
from layerwise.oci.reference import Reference, parse_reference
from layerwise.oci.registry import Client

PLATFORMS = ("linux/amd64", "linux/arm64")
TINY = 'FROM scratch\nCOPY base /base\nCOPY app /app\nENTRYPOINT ["/app"]\n'


@pytest.fixture
def repository(engine: Engine) -> str:
    if not engine.registry:
        pytest.skip("the engine that is up has no registry of its own to push to")
    return f"{engine.registry}/layerwise-test/{uuid4().hex[:12]}"


@pytest.fixture
def push(engine: Engine, repository: str, tmp_path: Path) -> Iterator[Callable[..., Pushed]]:
    """Builds a Dockerfile for one platform and pushes it under a tag of its own, as `layerwise build` does."""
    names: list[str] = []

    def push(platform: str, dockerfile: str, app: bytes, *extra: str) -> Pushed:
        (tmp_path / "app").write_bytes(app)
        (tmp_path / "app").chmod(0o755)
        (tmp_path / "base").write_text(repository)
        name = f"{repository}:latest.lw-{platform.replace('/', '-')}"
        engine.build(
            tmp_path, dockerfile=dockerfile, platform=platform, output=f"type=image,push=true,name={name}", extra=extra
        )
        names.append(name)
        tag = parse_reference(name)
        digest = Client(Access()).origin(tag).digest(tag.tag)
        assert digest is not None
        return Pushed(platform, Reference(tag.host, tag.repository, digest=digest))

    yield push
    for name in set(names):
        engine.docker("image", "rm", name)


@pytest.mark.parametrize("extra", [(), ("--provenance=false",)])
def test_two_pushed_platforms_become_one_tag(
    engine: Engine, repository: str, push: Callable[..., Pushed], extra: tuple[str, ...]
) -> None:
    client, tag = Client(Access()), parse_reference(f"{repository}:latest")

    def version(text: bytes) -> list[Pushed]:
        return [push(one, TINY, elf(one.partition("/")[2]) + text, *extra) for one in PLATFORMS]

    first = promote(client, tag, check(client, version(b"1")))
    pushed = version(b"2")
    checked = check(client, pushed)
    assert (checked.refusals, checked.warnings, checked.notes, checked.programs) == ((), (), (), 2)
    done = promote(client, tag, checked)
    assert (done.result, done.before, done.kept) == (Result.MOVED, first.now, "previous")
    said = engine.docker("buildx", "imagetools", "inspect", "--format", "{{json .Manifest}}", str(tag))
    manifest = json.loads(said)
    assert manifest["digest"] == done.now
    named = [f"{one['platform']['os']}/{one['platform']['architecture']}" for one in manifest["manifests"]]
    assert named == [*PLATFORMS, *([] if extra else ["unknown/unknown"] * 2)]
    assert [image.platform for image in read_images(str(tag))] == list(PLATFORMS)
    old = engine.docker("buildx", "imagetools", "inspect", "--format", "{{json .Manifest}}", f"{repository}:previous")
    assert json.loads(old)["digest"] == first.now
    assert promote(client, tag, check(client, pushed)).result is Result.UNCHANGED


def test_an_entrypoint_of_the_wrong_architecture_is_refused_with_the_step_that_brought_it(
    engine: Engine, repository: str, push: Callable[..., Pushed], tmp_path: Path
) -> None:
    platform = "linux/arm64" if "linux/arm64" in engine.platforms else "linux/amd64"
    app, machine = (x86_program(), "amd64") if platform == "linux/arm64" else (elf("arm64"), "arm64")
    dockerfile = (
        f"FROM {engine.image('debian:bookworm-slim')}\nWORKDIR /srv\nCOPY --chmod=755 app /usr/local/bin/upscale\n"
        'ENV A=b\nENTRYPOINT ["upscale", "--all"]\n'
    )
    client, tag = Client(Access()), parse_reference(f"{repository}:latest")
    checked = check(client, [push(platform, dockerfile, app)], StoredScans(tmp_path / "scans"))
    (refusal,) = checked.refusals
    said = re.escape(
        f"{platform}: /usr/local/bin/upscale, its entrypoint, is built for {machine} and does not run on {platform}; "
        "`COPY --chmod=755 app /usr/local/bin/upscale` "
    )
    assert re.match(rf"{said}\(layer (\d+) of \1\) brought it: ", refusal)
    done = promote(client, tag, checked)
    assert (done.result, done.now) == (Result.REFUSED, "")
    assert client.origin(tag).digest("latest") is None


def test_the_programs_of_a_base_image_are_found_with_their_libraries(
    engine: Engine, push: Callable[..., Pushed], tmp_path: Path
) -> None:
    platform = engine.platforms[0]
    dockerfile = f'FROM {engine.image("debian:bookworm-slim")}\nCMD ["sh", "-c", "cd / && exec bash"]\n'
    checked = check(Client(Access()), [push(platform, dockerfile, b"")], StoredScans(tmp_path / "scans"))
    # sh, bash, the loader, and the two libraries of bash, of which sh needs one
    assert (checked.programs, checked.refusals, checked.notes) == (5, (), ())
