"""The tree of an image is what the engine unpacks its layers to."""

import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Iterator

import pytest
from tests.docker.engine import Engine, engine_that_is_up
from tests.prove.images import Entry, character, fifo, file, folder, gone, hard_link, image, opaque, symlink, tar

from layerwise.prove.compare_files import compare_files
from layerwise.prove.difference import Facet
from layerwise.prove.reading import read_sides

pytestmark = pytest.mark.engine
NAME = "layerwise-test/unpacked:1"
OF_THE_RUNTIME = ("/dev", "/etc", "/proc", "/sys", "/.dockerenv")
CAPABILITY = "\x01\x00\x00\x02\x00 " + "\x00" * 14

BELOW = [
    folder("usr", mode=0o711),
    folder("usr/lib", mode=0o2755, owner=(7, 8)),
    symlink("lib", "usr/lib", owner=(3, 4)),
    file("usr/lib/a", "1", mode=0o4755),
    file("usr/lib/b", "2", owner=(1000, 2000)),
    hard_link("usr/lib/c", "usr/lib/b", owner=(1000, 2000)),
    file("ping", "elf", mode=0o755, xattrs=(("security.capability", CAPABILITY),)),
    folder("tmp", mode=0o1777),
    folder("d"),
    file("d/x"),
    folder("d/e"),
    file("d/e/y"),
    fifo("pipe"),
    character("null", 1, 3, mode=0o666),
]
ABOVE = {
    "nothing": [],
    "a whiteout": [gone("usr/lib/a")],
    "a whiteout of a directory": [gone("d")],
    "a whiteout before an entry": [gone("d/x"), file("d/x", "new")],
    "an opaque whiteout": [folder("d", mode=0o700), opaque("d"), file("d/z")],
    "an opaque whiteout behind the entries": [folder("d", mode=0o700), file("d/z"), opaque("d")],
    "a file in place of a directory": [file("d")],
    "a directory in place of a file": [folder("ping"), file("ping/x")],
    "a directory in place of a link": [folder("lib"), file("lib/x")],
    "a file in the way of a directory": [file("ping/x")],
    "a link and what goes through it": [symlink("opt", "usr/lib"), folder("usr"), folder("usr/lib"), file("opt/z")],
    "a broken hard link": [file("usr/lib/c", "3")],
    "entries twice": [file("m", "1"), hard_link("n", "m"), file("m", "2")],
    "names of all kinds": [
        file("./o/../p"),
        file("/q"),
        file("../r"),
        folder("s//"),
        file("caf\u00e9"),
        file("\udcff"),
    ],
    "other modes": [folder("usr"), folder("usr/lib", mode=0o1700), folder("tmp", mode=0o755)],
}


@pytest.fixture(scope="module")
def engine() -> Engine:
    found = engine_that_is_up()
    if isinstance(found, str):
        pytest.skip(found)
    return found


def unpacked(engine: Engine, *layers: list[Entry]) -> bytes:
    """A tar of what the engine makes of layers."""
    tars = [tar(layer) for layer in layers]
    diff_ids = [f"sha256:{hashlib.sha256(one).hexdigest()}" for one in tars]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": ["x"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    }
    manifest = [
        {"Config": "config.json", "RepoTags": [NAME], "Layers": [f"{number}.tar" for number in range(len(tars))]}
    ]
    parts = {f"{number}.tar": one for number, one in enumerate(tars)}
    parts |= {"config.json": json.dumps(config).encode(), "manifest.json": json.dumps(manifest).encode()}
    archive = tar(file(name, content) for name, content in parts.items())
    subprocess.run(["docker", "load"], env=engine.environment, input=archive, capture_output=True, check=True)
    try:
        container = engine.docker("create", NAME).strip()
        try:
            exported = subprocess.run(
                ["docker", "export", container], env=engine.environment, capture_output=True, check=True
            )
            return exported.stdout
        finally:
            engine.docker("rm", container)
    finally:
        engine.docker("rmi", NAME)


def differences(engine: Engine, *layers: list[Entry]) -> Iterator[tuple[str, Facet]]:
    sides = read_sides(image(*layers), image(unpacked(engine, *layers)))
    for found in compare_files(*(side.tree for side in sides)):
        where = found.difference.where
        if not where.startswith(OF_THE_RUNTIME):
            yield where, found.difference.facet


@pytest.mark.parametrize("layer", ABOVE.values(), ids=ABOVE)
def test_a_tree_is_what_the_engine_unpacks(engine: Engine, layer: list[Entry]) -> None:
    assert list(differences(engine, BELOW, layer)) == []


def test_an_engine_puts_a_directory_where_a_layer_writes_through_a_link_of_another(engine: Engine) -> None:
    assert (("/lib", Facet.THROUGH)) in set(differences(engine, BELOW, [file("lib/x")]))


def test_what_is_exported_is_read_back(engine: Engine) -> None:
    with tarfile.open(fileobj=io.BytesIO(unpacked(engine, BELOW))) as archive:
        assert {"usr/lib/a", "d/e/y"} <= set(archive.getnames())
