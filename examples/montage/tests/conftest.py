import math
import struct
import wave
from pathlib import Path

import pytest
from PIL import Image

RATE = 22050


@pytest.fixture
def clicks(tmp_path: Path):
    """Write a track with a short tone on every beat."""

    def write(tempo: float, seconds: float = 12.0) -> Path:
        period = 60 / tempo
        samples = bytearray()
        for index in range(int(seconds * RATE)):
            since = (index / RATE) % period
            level = math.exp(-40 * since) * math.sin(2 * math.pi * 880 * since)
            samples += struct.pack("<h", int(20000 * level))
        path = tmp_path / f"{tempo:g}.wav"
        with wave.open(str(path), "wb") as target:
            target.setnchannels(1)
            target.setsampwidth(2)
            target.setframerate(RATE)
            target.writeframes(bytes(samples))
        return path

    return write


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with six pictures that differ."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(6):
        size = (160, 120) if index % 2 else (120, 160)
        image = Image.new("L", size)
        image.putdata([255 * ((x >> index) & 1) for _ in range(size[1]) for x in range(size[0])])
        image.convert("RGB").save(folder / f"{index}.png")
    return folder
