"""Which directories of a stage are known to be real ones, of root and 0755, or not to be there yet."""

import posixpath
from collections.abc import Iterator, Sequence

from layerwise.ecosystems.effects import Path
from layerwise.graph.passage import named
from layerwise.graph.request import Request
from layerwise.graph.state import ROOT
from layerwise.graph.vertex import Kind, Step
from layerwise.syntax.tree import Copy, From

_USUAL = """
    /boot /etc /home /media /mnt /opt /srv /usr /var
    /etc/apt /etc/apt/apt.conf.d /etc/apt/keyrings /etc/apt/preferences.d /etc/apt/sources.list.d /etc/cron.d
    /etc/profile.d /etc/ssl /etc/ssl/certs
    /usr/bin /usr/lib /usr/sbin /usr/share /usr/src
    /usr/local /usr/local/bin /usr/local/lib /usr/local/sbin /usr/local/share
    /var/cache /var/lib /var/opt /var/www
"""
_PLAIN = frozenset(_USUAL.split())
"""Root's with 0755 in the official images that layerwise knows; /bin, /lib and /var/run may be links."""


def unknown_directory(
    above: Sequence[Step], request: Request, directory: str, *, trusting_installers: bool = False
) -> str:
    """Return which directory, ``directory`` or one above it, is not known to be plain below these steps, and why.

    "" where each is root's with mode 0755, or is not there. ``trusting_installers``: a package manager that writes
    there is taken to leave it so.
    """
    for place in (directory, *_above(directory)):
        if place not in _PLAIN and (why := _why(above, request, place, trusting=trusting_installers)):
            return f"{place}: {why}"
    return ""


def _above(directory: str) -> Iterator[str]:
    while (directory := posixpath.dirname(directory)) != "/":
        yield directory


def _why(above: Sequence[Step], request: Request, place: str, *, trusting: bool) -> str:
    for other in above:
        if other.kind is Kind.FROM:
            if why := _of_base(other, request, place):
                return why
        elif other.effects.opaque:
            return f"{named(other)} may have made it ({other.effects.opaque})"
        elif trusting and _installs(other):
            continue
        elif any(_concerns(path, place) for path in other.effects.writes) and not _makes_plain(other, place):
            return f"{named(other)} may have made it, or changed its mode or owner"
    return ""


def _of_base(step: Step, request: Request, place: str) -> str:
    image = step.instruction.image if isinstance(step.instruction, From) else ""
    workdir = request.base_of(image).workdir if image else None
    if image == "scratch" or (workdir is not None and not Path(place, tree=True).covers(workdir) and workdir != place):
        return "" if place not in _UNPLAIN else "it is not root's with mode 0755 in every base image"
    return f"nobody looked whether {image or 'the base image'} has it"


def _installs(step: Step) -> bool:
    """Whether a command installs packages and does nothing else that could change what a directory is."""
    managers = {work.kind.partition(".")[0] for work in step.effects.work} - {"shell"}
    return bool(managers) and managers <= _MANAGERS


_MANAGERS = frozenset({"apt", "apk", "dnf", "conda", "pip", "uv", "npm", "yarn", "pnpm", "bun", "gem"})
_UNPLAIN = frozenset({"/bin", "/dev", "/lib", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys", "/tmp"})  # noqa: S108


def _concerns(written: Path, place: str) -> bool:
    """Whether writing there may make a directory, or change it itself; writing below it does not."""
    return written.covers(place) or written.path.startswith(place + "/")


def _makes_plain(step: Step, place: str) -> bool:
    if step.kind is Kind.WORKDIR:
        return dict(step.definition).get("user", "") in ROOT
    copy = step.instruction
    if step.kind is not Kind.COPY or not isinstance(copy, Copy):
        return False
    plain = all(copy.flag(name) is None for name in ("chown", "chmod", "parents"))
    return plain and bool(step.files) and not any(_brought(step, place))


def _brought(step: Step, place: str) -> Iterator[bool]:
    """Yield whether a directory of the context itself, with its own mode, lands at a place."""
    for selection in step.files:
        landed = place in selection.directories and place != selection.target
        yield landed or place in selection.placed.values()
