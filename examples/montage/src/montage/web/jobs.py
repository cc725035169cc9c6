"""The queue of montages to render."""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from montage import pipeline
from montage.errors import MontageError
from montage.settings import load

TRACKS = (".wav", ".mp3", ".flac", ".ogg", ".m4a")


@dataclass
class Job:
    """One folder with pictures and a track."""

    name: str
    folder: Path
    state: str = "waiting"  # waiting, running, done or failed
    progress: float = 0.0
    message: str = ""
    preset: str = "widescreen"


@dataclass
class Queue:
    """Jobs in the order in which they came; one is rendered at a time."""

    output: Path
    work: Callable[["Job", Path], None]
    jobs: dict[str, Job] = field(default_factory=dict)
    waiting: "queue.Queue[Job]" = field(default_factory=queue.Queue)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, job: Job) -> bool:
        """Queue a job; False if it is known already."""
        with self.lock:
            if job.name in self.jobs:
                return False
            self.jobs[job.name] = job
        self.waiting.put(job)
        return True

    def step(self) -> Job:
        """Wait for a job and do it."""
        job = self.waiting.get()
        job.state = "running"
        try:
            self.work(job, self.output / f"{job.name}.mp4")
            job.state, job.progress = "done", 1.0
        except MontageError as error:
            job.state, job.message = "failed", str(error)
        return job

    def run(self) -> None:
        """Work for ever."""
        while True:
            self.step()


def track_of(folder: Path) -> Path:
    """The one track in a folder."""
    tracks = sorted(path for path in folder.iterdir() if path.suffix.lower() in TRACKS)
    if len(tracks) != 1:
        raise MontageError(f"{folder.name} holds {len(tracks)} tracks instead of one")
    return tracks[0]


def render(job: Job, target: Path) -> None:
    """Plan and render one job."""

    def report(share: float) -> None:
        job.progress = share

    settings, music = load(job.preset), track_of(job.folder)
    timeline = pipeline.plan(job.folder, music, settings)
    pipeline.render(timeline, music, target, settings, report)


def found(pictures: Path) -> list[Job]:
    """A job for each folder below the data folder."""
    folders = sorted(path for path in pictures.iterdir() if path.is_dir()) if pictures.is_dir() else []
    return [Job(folder.name, folder) for folder in folders]
