"""Cuts a folder of pictures to the beat of a track and renders the result as a video."""

__version__ = "1.8.0"
