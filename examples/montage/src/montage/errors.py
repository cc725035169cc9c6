"""Errors that a user can do something about."""


class MontageError(Exception):
    """Anything that ends a run with a message instead of a traceback."""


class NoPicturesError(MontageError):
    """The folder holds no picture that can be read."""

    def __init__(self, folder: object) -> None:
        super().__init__(f"no pictures in {folder}")


class UnreadableTrackError(MontageError):
    """The track is not audio, or needs a tool that is missing."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"cannot read {path}: {reason}")


class ToolMissingError(MontageError):
    """A program such as ffmpeg is not on PATH."""

    def __init__(self, tool: str) -> None:
        super().__init__(f"{tool} is not installed")


class RenderError(MontageError):
    """ffmpeg ended with an error; carries its last lines."""

    def __init__(self, code: int, tail: str) -> None:
        super().__init__(f"ffmpeg failed with code {code}\n{tail}")
