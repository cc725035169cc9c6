"""Reading a track as mono samples."""

import shutil
import subprocess
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from montage.errors import ToolMissingError, UnreadableTrackError

RATE = 22050  # samples a second after conversion; beats need no more


@dataclass(frozen=True)
class Track:
    """Mono audio."""

    samples: np.ndarray
    rate: int

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate


def read(path: Path) -> Track:
    """Read a WAV file directly and anything else through ffmpeg."""
    if path.suffix.lower() == ".wav":
        try:
            return read_wav(path)
        except wave.Error:
            pass  # float or compressed WAV: ffmpeg knows more of them
    return decode(path)


def read_wav(path: Path) -> Track:
    """Read 8, 16 or 32 bit PCM."""
    with wave.open(str(path)) as source:
        width, channels, rate = source.getsampwidth(), source.getnchannels(), source.getframerate()
        raw = source.readframes(source.getnframes())
    kinds = {1: np.uint8, 2: np.int16, 4: np.int32}
    if width not in kinds:
        raise wave.Error(f"{8 * width} bit samples")
    samples = np.frombuffer(raw, kinds[width]).astype(np.float32)
    samples = samples - 128 if width == 1 else samples
    full = float(2 ** (8 * width - 1))
    return Track(samples.reshape(-1, channels).mean(axis=1) / full, rate)


def decode(path: Path) -> Track:
    """Let ffmpeg decode to mono floats at our own rate."""
    if shutil.which("ffmpeg") is None:
        raise ToolMissingError("ffmpeg")
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise UnreadableTrackError(path, done.stderr.decode(errors="replace").strip())
    return Track(np.frombuffer(done.stdout, np.float32), RATE)
