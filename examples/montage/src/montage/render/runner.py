"""Running ffmpeg and following its progress."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from montage.errors import RenderError, ToolMissingError

Progress = Callable[[float], None]
TAIL = 20  # lines of ffmpeg's output in an error


def run(command: list[str], duration: float, progress: Progress) -> None:
    """Run to the end; calls `progress` with the share that is done."""
    if shutil.which(command[0]) is None:
        raise ToolMissingError(command[0])
    with tempfile.TemporaryFile("w+") as errors:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process:
            for seconds in positions(process.stdout):
                progress(min(1.0, seconds / duration) if duration else 1.0)
        if process.returncode:
            errors.seek(0)
            raise RenderError(process.returncode, "".join(errors.readlines()[-TAIL:]))
    progress(1.0)


def positions(lines: Iterable[str]) -> Iterator[float]:
    """Seconds written so far, from the lines of -progress."""
    for line in lines:
        key, _, value = line.strip().partition("=")
        if key == "out_time_us" and value.isdigit():
            yield int(value) / 1_000_000


def finished(target: Path) -> bool:
    """Whether a video is there and not empty."""
    return target.is_file() and target.stat().st_size > 0
