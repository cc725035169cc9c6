"""The values that every reader of this package makes: one way in which somebody builds an image.

Strings hold what the file says after the variables that the file itself defines were filled in. What only the
build's surroundings know stays as written: ``${{ github.sha }}``, ``$CI_COMMIT_SHA``, ``$(git rev-parse HEAD)``.
"""

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from layerwise.errors import LayerwiseError

Kind = Literal["workflow", "makefile", "compose", "bake", "script"]
Builder = Literal["buildx", "kaniko", "podman", "buildah", "legacy", "img"]
Exists = Callable[[str], bool]
"""Whether a file lies at a path relative to the repository's root."""


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """Where something is written: a path relative to the repository's root and a 1-based line."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class PassedArgument:
    """A build argument that somebody passes; ``value`` is None where the build takes it from its environment."""

    name: str
    value: str | None
    source: Source

    def __str__(self) -> str:
        passed = self.name if self.value is None else f"{self.name}={self.value}"
        return f"{self.source} passes {passed}"


NETWORKS = ("default", "host", "none")
"""What ``docker buildx build --network`` takes."""

_OTHERS: dict[Builder, str] = {
    "kaniko": "kaniko",
    "podman": "Podman",
    "buildah": "buildah",
    "legacy": "Docker's legacy builder",
    "img": "img",
}


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of a builder.

    Attributes:
        source: Where the call is written.
        kind: What kind of file that is.
        dockerfile: Relative to the repository's root; ``-`` where it comes from standard input or is written inline.
        context: The build context, relative to the root (``.`` for the root itself), or an address.
        target: The stage asked for, None for the last one.
        platforms: Those that are known, as written: ``linux/arm64``.
        build_args: In the order passed.
        tags: As written.
        cache_from: Cache imports, as written.
        cache_to: Cache exports, as written.
        outputs: What becomes of the image, in the words of ``--output``; ``type=registry`` for a push.
        builder: Which program builds, None for a plain ``docker build``.
        network: What its RUN steps are connected to: ``host``, ``none`` or ``default``; None where nobody says, or
            says something that BuildKit does not know.
        fresh_machine: The label of the machine where each build gets a new one, with nothing cached; "" elsewhere.
    """

    source: Source
    kind: Kind
    dockerfile: str = "Dockerfile"
    context: str = "."
    target: str | None = None
    platforms: tuple[str, ...] = ()
    build_args: tuple[PassedArgument, ...] = ()
    tags: tuple[str, ...] = ()
    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    builder: Builder | None = None
    network: str | None = None
    fresh_machine: str = ""

    @property
    def pushes_gzip(self) -> bool:
        """Whether the image goes to a registry with its layers compressed in the default way."""
        to_registry = (one for one in self.outputs if re.search(r"type=registry|push=true", one))
        return any("compression=" not in one for one in to_registry)

    @property
    def cold(self) -> str | None:
        """Why each of these builds finds nothing cached, a clause; None where it may find something."""
        if not self.fresh_machine or self.cache_from:
            return None
        return f"builds on a new machine each time ({self.fresh_machine}) and imports no cache"

    @property
    def other_builder(self) -> str | None:
        """The program that builds where it is not BuildKit of today, None where it is or nobody says otherwise."""
        return _OTHERS.get(self.builder) if self.builder else None


class Unreadable(LayerwiseError):
    """A file that its reader cannot make sense of: a note for the user, never the end of the work."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        self.message = message
        super().__init__(line, message)


_UNRESOLVED = re.compile(r"\$\{\{.*?\}\}|\$\(.*\)|\$\{[^}]*\}|\$\w+", re.DOTALL)
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}|\$\([^)]*\)", re.DOTALL)  # it may hold spaces, commas and quoted platforms
_REMOTE = re.compile(r"^(?:\w+://|git@|github\.com/)|\.git(?:#|$)|^target:|^docker-image:")
_HERE = re.compile(
    r"^(?:\$\{\{\s*github\.workspace\s*\}\}|\$\{?(?:CI_PROJECT_DIR|GITHUB_WORKSPACE|PWD|CURDIR)\}?|\$\(pwd\)|\$\(CURDIR\))(?=/|$)"
)


def unresolved(text: str) -> bool:
    """Whether the text still holds a variable, an expression or a command substitution."""
    return _UNRESOLVED.search(text) is not None


def pattern(path: str) -> re.Pattern[str]:
    """Return a pattern for the paths that ``path`` may stand for: a variable is any part of a name."""
    return re.compile("[^/]*".join(re.escape(part) for part in _UNRESOLVED.split(path)))


def known_platforms(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return each platform once, from comma-separated lists, without those that hold a variable or an expression."""
    names = (name.strip() for value in values for name in re.split(r"[,\s]+", _EXPRESSION.sub("$_", value)))
    return tuple(dict.fromkeys(name for name in names if "/" in name and not unresolved(name)))


def known_network(value: str | None) -> str | None:
    """Return the network of a build, None where it is one that BuildKit does not know, or that only a run can tell."""
    return value if value in NETWORKS else None


def is_remote(context: str) -> bool:
    """Whether a build context is an address and no directory of the repository."""
    return _REMOTE.search(context) is not None


def joined(directory: str, path: str) -> str:
    """Return ``path`` as seen from the repository's root when it is written in ``directory``."""
    here, replaced = _HERE.subn(".", path)
    return posixpath.normpath(here if replaced else posixpath.join(directory, path)).lstrip("/") or "."
