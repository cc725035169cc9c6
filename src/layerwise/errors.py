"""Every error that layerwise raises on purpose, split by who can act on it.

::

    LayerwiseError
    ├── UsageError          wrong use, or input that is not there
    │   ├── ConfigError     layerwise.toml says something it may not
    │   ├── DockerfileError BuildKit would refuse this Dockerfile
    │   ├── ImageError      a file or directory that holds no such image
    │   └── LogError        a file that is no build log
    ├── BuildFailed         a Dockerfile that does not build
    └── EnvironmentMissing  git, an engine or a registry that is not there
        ├── BuilderError    docker or buildx does not do what is asked of it
        ├── RegistryError   a registry does not give what is asked of it
        └── StoreError      the store of builds can't be read or written

``exit_code`` is what the command line returns for it (docs/cli.md lists the codes).
"""

from dataclasses import dataclass


class LayerwiseError(Exception):
    """Base of every error raised on purpose."""

    exit_code = 70


class UsageError(LayerwiseError):
    """The command was used wrongly, or named something that does not exist."""

    exit_code = 2


class BuildFailed(LayerwiseError):
    """A build that was asked for did not succeed; its output says why."""

    exit_code = 3


class EnvironmentMissing(LayerwiseError):
    """A program or service that the work needs is not there."""

    exit_code = 4


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong at one place of a file.

    Attributes:
        line: 1-based line.
        column: 1-based column, in characters.
        message: What is wrong and what would be right, without a final stop.
        excerpt: The source line as written, without its line end.
    """

    line: int
    column: int
    message: str
    excerpt: str = ""


class SourceError(UsageError):
    """A file with one or more problems; ``str`` shows each with its place and excerpt."""

    def __init__(self, path: str, problems: tuple[Problem, ...]) -> None:
        assert problems, "an error needs at least one problem"
        self.path = path
        self.problems = problems
        super().__init__(path, problems)

    def __str__(self) -> str:
        return "\n".join(_shown(self.path, problem) for problem in self.problems)


class DockerfileError(SourceError):
    """BuildKit would refuse this Dockerfile."""


class ConfigError(SourceError):
    """layerwise.toml says something it may not."""


def _shown(path: str, problem: Problem) -> str:
    place = f"{path}:{problem.line}:{problem.column}: {problem.message}"
    if not problem.excerpt:
        return place
    caret = " " * (problem.column - 1) + "^"
    return f"{place}\n    {problem.excerpt.expandtabs(1)}\n    {caret}"


class LogError(UsageError):
    """A file that was to be imported holds no build that layerwise can read."""


class ImageError(UsageError):
    """A file or directory does not hold the image that was asked for, or holds it broken."""


class BuilderError(EnvironmentMissing):
    """Docker or buildx is not there, or does not do what is asked of it."""


class RegistryError(EnvironmentMissing):
    """A registry can't be reached, or does not give what is asked of it."""


class StoreError(EnvironmentMissing):
    """The store of recorded builds can't be opened, read or written."""
