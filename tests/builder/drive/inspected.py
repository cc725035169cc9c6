"""Builders as recorded."""

from pathlib import Path

from layerwise.builder.drive.builders import Builder, read_inspect

DIRECTORY = Path(__file__).parents[2] / "recordings" / "inspect"


def builder(name: str) -> Builder:
    return read_inspect((DIRECTORY / f"{name}.txt").read_text())
