"""How much room a builder leaves for further builds: its garbage collection, and the disk it keeps its data on."""

import pathlib
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layerwise.builder import buildx

_RULE = re.compile(r"^GC Policy rule#\d+:\n((?:[ \t]+.*\n?)*)", re.MULTILINE)
_LINE = re.compile(r"^[ \t]+([^:]+):[ \t]*(.*)$", re.MULTILINE)
_SIZE = re.compile(r"([\d.]+) ?([KMGTPE]?i?B)")
_UNITS = {"B": 1} | {f"{letter}iB": 1024**power for power, letter in enumerate("KMGTPE", 1)}
_UNITS |= {f"{letter}B": 1000**power for power, letter in enumerate("KMGTPE", 1)}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a builder's garbage collection, as far as it may remove what was used just now.

    Attributes:
        most_bytes: What the cache may hold, None where the rule does not say.
        reserved_bytes: What it may hold in any case.
        free_bytes: What must stay free of the disk.
    """

    most_bytes: int | None
    reserved_bytes: int
    free_bytes: int

    def kept_bytes(self, held: int, free: int | None) -> int | None:
        """Return how much the rule lets a cache hold, None for no limit (BuildKit cache/manager.go).

        Args:
            held: What it holds, in bytes.
            free: What is free of the disk, None where nobody knows.
        """
        kept = self.most_bytes
        if free is not None and self.free_bytes > free:
            left = held - (self.free_bytes - free)
            kept = left if kept is None else min(kept, left)
        if kept is None:
            return self.reserved_bytes or None
        return max(kept, self.reserved_bytes)


def rules_of(inspected: str) -> tuple[Rule, ...]:
    """Return the rules that ``docker buildx inspect`` shows.

    Left out are those that remove only what was not used for a time: they come into force without us.
    """
    tables = ({name.strip(): value for name, value in _LINE.findall(found[1])} for found in _RULE.finditer(inspected))
    return tuple(
        Rule(
            _size(table, "Max Used Space"),
            _size(table, "Reserved Space") or _size(table, "Keep Bytes") or 0,  # the latter before buildx 0.18
            _size(table, "Min Free Space") or 0,
        )
        for table in tables
        if "Keep Duration" not in table and "Filters" not in table
    )


def driver_of(inspected: str) -> str:
    """Return the driver of the builder that ``docker buildx inspect`` shows, "" where it does not say."""
    found = re.search(r"^Driver:\s*(\S+)$", inspected, re.MULTILINE)
    return found[1] if found else ""


def driver_options_of(inspected: str) -> tuple[str, ...]:
    """Return the options of the driver: ``image=moby/buildkit:v0.25.0``."""
    found = re.search(r"^Driver Options:\s*(.*)$", inspected, re.MULTILINE)
    return tuple(f"{name}={value}" for name, value in re.findall(r'(\S+?)="([^"]*)"', found[1])) if found else ()


def kept_bytes(rules: Sequence[Rule], held: int, free: int | None) -> int | None:
    """Return how much the strictest of the rules lets a cache hold, None for no limit."""
    limits = [limit for rule in rules if (limit := rule.kept_bytes(held, free)) is not None]
    return min(limits, default=None)


def free_bytes(environment: Mapping[str, str]) -> int | None:
    """Return what is free of the disk on which the engine keeps its data; None where it is another machine's.

    Raises:
        BuilderError: There is no docker here.
    """
    place = pathlib.Path(buildx.data_directory(environment) or "/dev/null")
    if not buildx.endpoint(environment).startswith("unix://") or not place.is_dir():
        return None
    return shutil.disk_usage(place).free


def _size(table: Mapping[str, str], name: str) -> int | None:
    found = _SIZE.match(table.get(name, ""))
    return None if found is None else round(float(found[1]) * _UNITS[found[2]])
