"""What scripts of dev/ push and load goes when they end."""

import json
import uuid
from pathlib import Path

import pytest
from dev.leavings import removed_at_the_end
from dev.montage_stand_ins import Engine as Place
from tests.docker.engine import BuildFailed, Engine


@pytest.fixture
def repository(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("DOCKER_HOST", "DOCKER_CONFIG", "PATH"):
        if name in engine.environment:
            monkeypatch.setenv(name, engine.environment[name])
    (tmp_path / "file").write_text("first")
    return f"tests/leavings-{uuid.uuid4().hex[:12]}"


def _pushed(engine: Engine, context: Path, name: str, *platforms: str) -> tuple[str, ...]:
    """Push an image and give the digests of all its manifests."""
    image = f"type=image,name={engine.image(name)},push=true"
    engine.build(context, dockerfile="FROM scratch\nCOPY file /\n", platform=platforms, output=image)
    inspect = ("buildx", "imagetools", "inspect", engine.image(name))
    top = json.loads(engine.docker(*inspect, "--format={{json .Manifest}}"))
    return (top["digest"], *(one["digest"] for one in top.get("manifests", ())))


def test_what_was_pushed_and_loaded_goes_with_what_a_later_push_took_the_tag_from(
    engine: Engine, tmp_path: Path, repository: str
) -> None:
    if not engine.registry:
        pytest.skip("the engine that was reachable has no registry to push to")
    other = f"{repository}-other"
    with removed_at_the_end(Place(engine.registry, ""), other):
        _pushed(engine, tmp_path, f"{other}:1", "linux/amd64")
        with removed_at_the_end(Place(engine.registry, ""), repository) as leavings:
            first = _pushed(engine, tmp_path, f"{repository}:1", "linux/amd64", "linux/arm64")
            leavings.pushed(f"{repository}:1")
            (tmp_path / "file").write_text("second")
            second = _pushed(engine, tmp_path, f"{repository}:1", "linux/amd64")
            assert len({*first, *second}) > 3
        for digest in (*first, *second):
            with pytest.raises(BuildFailed, match="not found"):
                engine.docker("buildx", "imagetools", "inspect", f"{engine.image(repository)}@{digest}")
        assert engine.docker("image", "ls", "--quiet", engine.image(repository)) == ""
        assert engine.docker("buildx", "imagetools", "inspect", engine.image(f"{other}:1"))
        assert engine.docker("image", "ls", "--quiet", engine.image(other))


def test_a_local_image_goes_when_the_script_fails_and_the_failure_is_passed_on(
    engine: Engine, tmp_path: Path, repository: str
) -> None:
    def script() -> None:
        with removed_at_the_end(Place(None, ""), repository):
            engine.build(tmp_path, dockerfile="FROM scratch\nCOPY file /\n", output=f"type=image,name={repository}:1")
            assert engine.docker("image", "ls", "--quiet", repository)
            raise SystemExit("original does not build")

    with pytest.raises(SystemExit, match="does not build"):
        script()
    assert engine.docker("image", "ls", "--quiet", repository) == ""
