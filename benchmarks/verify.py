"""Comparing two images of 0.1 and 1 GB, layers compressed with gzip, on disk.

python -m benchmarks.verify [GIGABYTES ...]
"""

import hashlib
import io
import os
import random
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from layerwise.oci.image import Blob, Image
from layerwise.prove.verdict import Standing
from layerwise.prove.verify import verify

SIZES = (0.1, 1.0)
GOAL_MB = 500
LAYERS = 8
BASE = 2
"""Layers that both images share, as two builds on one base do."""
SMALL = 12_000
LARGE = 20_000_000
WORDS = 1 << 22
FILES_A_DIRECTORY = 20
CONFIG = b'{"architecture": "amd64", "os": "linux", "config": {"Env": ["PATH=/bin"]}}'


def run(sizes: tuple[float, ...] = SIZES) -> None:
    """Make images of each size and print the seconds and the peak memory of comparing two of them."""
    for gigabytes in sizes:
        with tempfile.TemporaryDirectory() as directory:
            folder = Path(directory)
            files = _make(folder, int(gigabytes * 1e9))
            for side in ("alike", "rebuilt"):
                _report(folder, side, gigabytes, files)


def _report(folder: Path, side: str, gigabytes: float, files: int) -> None:
    start = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.verify", "--compare", str(folder / "first"), str(folder / side)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said = child.stdout.read().strip()
        _, _, used = os.wait4(child.pid, 0)
        child.returncode = 0
    seconds, memory = time.perf_counter() - start, used.ru_maxrss * 1024 / 1e6
    print(
        f"{gigabytes:4} GB, {files:7,} files, {side:8} {seconds:6.1f} s, {2 * gigabytes * 1000 / seconds:4.0f} MB/s,"
        f" {memory:4.0f} MB of memory (goal {GOAL_MB} MB): {said}"
    )


def _make(folder: Path, size: int) -> int:
    """Write an image, one with the same files in layers of their own, and one that a new build would make of them."""
    words = random.Random(1).randbytes(WORDS // 4).hex().encode() * 2
    files = 0
    for layer in range(LAYERS):
        for side, stamp in (("first", 1.7e9), ("alike", 1.8e9), ("rebuilt", 1.8e9)):
            if layer < BASE and side != "first":
                _keep(folder / side, layer, folder / "first")
                continue
            made = _layer(folder / side, layer, size // LAYERS, words, stamp, changed=side == "rebuilt")
            files += made if side == "first" else 0
    return files


def _keep(folder: Path, layer: int, original: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{layer}.tar.gz").hardlink_to(original / f"{layer}.tar.gz")


def _layer(folder: Path, layer: int, size: int, words: bytes, stamp: float, *, changed: bool) -> int:
    folder.mkdir(exist_ok=True)
    count = 0
    with tarfile.open(folder / f"{layer}.tar.gz", "w:gz", compresslevel=1) as archive:
        for name, content in _files(layer, size, words, stamp, changed=changed):
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(content), stamp, 0o644
            archive.addfile(info, io.BytesIO(content))
            count += 1
    return count


def _files(layer: int, size: int, words: bytes, stamp: float, *, changed: bool) -> Iterator[tuple[str, bytes]]:
    """Yield files: half of the bytes in a few large ones, half in many small ones, every fifth of them bytecode."""
    chance = random.Random(layer)
    for number in range(max(1, size // 2 // LARGE)):
        yield f"usr/lib/lib{layer}-{number}.so", _content(words, chance, min(LARGE, size // 2))
    for number in range(size // 2 // SMALL):
        content = _content(words, chance, chance.randrange(2 * SMALL))
        folder = f"usr/lib/python3/site-packages/package{layer}_{number // FILES_A_DIRECTORY}"
        if number % 5 == 0:
            header = b"\xa7\r\r\n" + bytes(4) + int(stamp).to_bytes(4, "little") + bytes(4)
            yield f"{folder}/__pycache__/module{number}.cpython-311.pyc", header + content
        else:
            other = b"changed" if changed and number % 1000 == 1 else b""
            yield f"{folder}/module{number}.py", content + other


def _content(words: bytes, chance: random.Random, size: int) -> bytes:
    start = chance.randrange(len(words) // 2)
    return (words[start : start + 4096] + words * (size // len(words) + 1))[:size]


def _image(folder: Path) -> Image:
    layers = sorted(folder.glob("*.tar.gz"), key=lambda path: int(path.name.partition(".")[0]))
    return Image(
        platform="linux/amd64", reference=folder.name, digest="", config=CONFIG, layers=tuple(map(_blob, layers))
    )


def _blob(path: Path) -> Blob:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Blob(digest=f"sha256:{digest}", size=path.stat().st_size, open=lambda: path.open("rb"))


def _compare(left: Path, right: Path) -> None:
    (platform,) = verify((_image(left),), (_image(right),)).platforms
    print(", ".join(f"{len(platform.standing(one)):,} {one.value}" for one in Standing))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--compare"]:
        _compare(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        run(tuple(map(float, sys.argv[1:])) or SIZES)
