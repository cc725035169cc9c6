"""References of images in registries, read as docker reads them (distribution/reference)."""

import re
from dataclasses import dataclass

from layerwise.errors import UsageError

DOCKER_HUB = "docker.io"

DIGEST = r"(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<name>[^@]*?)(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}}))?(?:@(?P<digest>{DIGEST}))?", re.ASCII
)
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Reference:
    """An image, or a set of them, in a registry; ``str`` gives the whole name.

    Attributes:
        host: ``docker.io`` or ``localhost:5000``.
        repository: ``library/alpine``.
        tag: "" where only a digest was given.
        digest: ``sha256:...``, "" where only a tag was given. It counts where both are there.
    """

    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """Host and repository."""
        return f"{self.host}/{self.repository}"

    @property
    def wanted(self) -> str:
        """What a registry is asked for: the digest, or else the tag."""
        return self.digest or self.tag

    def __str__(self) -> str:
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def parse_reference(text: str) -> Reference:
    """Return the reference that docker takes a text for: ``alpine`` is ``docker.io/library/alpine:latest``.

    Raises:
        UsageError: It is none.
    """
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise _refusal(text)
    host, repository = _split(match["name"])
    if not re.fullmatch(_HOST, host) or not re.fullmatch(rf"{_PART}(?:/{_PART})*", repository):
        raise _refusal(text)
    if len(f"{host}/{repository}") > _LONGEST or re.fullmatch("[0-9a-f]{64}", match["name"]):
        raise _refusal(text)
    tag, digest = match["tag"] or "", match["digest"] or ""
    return Reference(host, repository, tag if tag or digest else "latest", digest)


def whole_name(text: str) -> str:
    """Return the whole name of an image as docker takes it, "" where it is none."""
    try:
        return str(parse_reference(text))
    except UsageError:
        return ""


def _split(name: str) -> tuple[str, str]:
    """Return host and repository; what comes before the first slash is a host only if it looks like one."""
    first, slash, rest = name.partition("/")
    if not slash or (not re.search("[.:A-Z]", first) and first != "localhost"):
        first, rest = DOCKER_HUB, name
    if first == f"index.{DOCKER_HUB}":
        first = DOCKER_HUB
    if first == DOCKER_HUB and "/" not in rest:
        rest = f"library/{rest}"
    return first, rest


def _refusal(text: str) -> UsageError:
    if "://" in text:
        advice = f"leave out {text.partition('://')[0]}://"
    elif "@" in text and not re.search(f"@{DIGEST}$", text):
        advice = "a digest is sha256: and 64 hexadecimal digits in lower case"
    elif text.lower() != text:
        advice = "the name of a repository has no upper case"
    else:
        advice = "it is written HOST/REPOSITORY:TAG"
    return UsageError(f"{text!r} is no reference of an image: {advice}")
