"""Presets: how large, how fast and how lively a montage is."""

import os
import tomllib
from dataclasses import dataclass, fields, replace
from importlib import resources
from pathlib import Path

from montage.errors import MontageError


@dataclass(frozen=True)
class Settings:
    """Everything about the look of a montage."""

    width: int = 1920
    height: int = 1080
    frames_per_second: int = 30
    beats_per_picture: int = 2
    crossfade: float = 0.12  # seconds
    zoom: float = 0.06  # share of the width that the camera moves in during a clip
    order: str = "date"
    quality: int = 20  # x264's constant rate factor
    title: str = ""

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height


def preset_names() -> list[str]:
    """The presets that ship with montage."""
    folder = resources.files("montage") / "presets"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir())


def load(name: str) -> Settings:
    """Settings from a preset's name or from a TOML file."""
    shipped = resources.files("montage") / "presets" / f"{name}.toml"
    source = shipped if shipped.is_file() else Path(name)
    if not source.is_file():
        raise MontageError(f"no preset {name!r}; there are {', '.join(preset_names())}")
    return merged(Settings(), tomllib.loads(source.read_text("utf-8")))


def merged(settings: Settings, values: dict[str, object]) -> Settings:
    """Settings with some values replaced; unknown ones are an error."""
    known = {field.name for field in fields(Settings)}
    if unknown := set(values) - known:
        raise MontageError(f"unknown setting {', '.join(sorted(unknown))}")
    return replace(settings, **values)


def data_folder() -> Path:
    """Where the service keeps pictures and finished videos."""
    return Path(os.environ.get("MONTAGE_DATA", "data"))
