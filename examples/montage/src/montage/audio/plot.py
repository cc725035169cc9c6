"""A chart of the onsets and the beats found in them."""

from pathlib import Path

from montage.audio import onset
from montage.audio.envelope import frame_time
from montage.audio.track import Track


def draw(track: Track, beats: list[float], target: Path) -> None:
    """Write the chart as PNG or SVG, by the target's suffix."""
    from matplotlib.figure import Figure

    curve = onset.strength(track)
    figure = Figure(figsize=(14, 3), layout="constrained")
    axes = figure.subplots()
    axes.plot([frame_time(index, track.rate) for index in range(len(curve))], curve, linewidth=0.6)
    axes.vlines(beats, 0, 1, colors="tab:red", linewidth=0.8)
    axes.set(xlabel="seconds", ylabel="onset strength", xlim=(0, track.duration))
    figure.savefig(target)
