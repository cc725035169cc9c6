"""yarn.lock, of yarn 1 and of yarn 2 and later: which packages yarn installs, and from where."""

import re
from dataclasses import dataclass
from functools import lru_cache

from layerwise.ecosystems.effects import Files
from layerwise.ecosystems.node_install import Lock
from layerwise.ecosystems.workspaces import Project

_KEY = re.compile(r'^(?![\s#]|__metadata:)"?(.+?)"?:[ \t]*\r?$', re.MULTILINE)
_SOURCE = re.compile(r"(?:file|link|portal|exec):|\.{0,2}/|~/")
_MEMBER = re.compile(r'^  resolution: "[^"]*@workspace:([^"]*)"', re.MULTILINE)
_METADATA = re.compile(r"^__metadata:\s*\n\s+version: (\d+)", re.MULTILINE)
_SOFT = re.compile(r"^  linkType: soft", re.MULTILINE)
_DIGEST = re.compile(r"^  (?:integrity |checksum: )", re.MULTILINE)
_COMPARED = ("dependencies", "devDependencies", "optionalDependencies")


def version(text: str) -> int:
    """Return the version of a lock, 1 for that of yarn 1."""
    found = _METADATA.search(text.replace("\r", ""))
    return int(found[1]) if found else 1


def read_lock(project: Project, files: Files) -> Lock:
    """Read the lock of a project; it does not say which packages run an install script."""
    path = project.at("yarn.lock")
    if not files.exists(path):
        return Lock()
    text = files.read(path)
    if text is None or "<<<<<<<" in text:
        return Lock(path, problems=(f"{path} could not be read before the build",), agrees=False)
    lock = _entries(text)
    own = {member.name.lower() for member in project.members}
    return Lock(
        path,
        lock.packages,
        lock.names - own,
        None,
        (*(f"{path} takes packages from {one}" for one in lock.sources), *project.unseen(lock.members, path)),
        hashed=lock.hashed,
        agrees=_agrees(project, lock.specifiers),
    )


@dataclass(frozen=True, slots=True)
class _Entries:
    """What the entries of a lock say, whatever project it is of."""

    specifiers: frozenset[str]
    packages: int
    names: frozenset[str]
    sources: tuple[str, ...]
    members: tuple[str, ...]
    hashed: bool


@lru_cache(maxsize=16)
def _entries(text: str) -> _Entries:
    """Read a text once: a plan asks for the same lock for each of its texts."""
    keys = _KEY.findall(text)
    specifiers = frozenset(one.strip().strip('"') for key in keys for one in re.split(r'"?,\s*"?', key))
    ranges = {one: one[1:].partition("@")[2] for one in specifiers}
    packages = len(keys) - len(_SOFT.findall(text))
    return _Entries(
        specifiers,
        packages,
        frozenset(
            (one[:1] + one[1:].partition("@")[0]).lower() for one, asked in ranges.items() if "workspace:" not in asked
        ),
        tuple(sorted(one for one, asked in ranges.items() if _SOURCE.match(asked))),
        tuple(_MEMBER.findall(text)),
        hashed=packages > 0 and len(_DIGEST.findall(text)) == packages,
    )


def _agrees(project: Project, specifiers: frozenset[str]) -> bool:
    """Whether each range that a manifest asks for has its entry; resolutions may have put another in its place."""
    own = {member.name for member in project.members}
    if any(package.content.get("resolutions") for package in project.packages):
        return True
    return all(
        f"{name}@{asked}" in specifiers or f"{name}@npm:{asked}" in specifiers
        for package in project.packages
        for key in _COMPARED
        for name, asked in package.table(key).items()
        if name not in own and not re.match(r"[a-z]+:", str(asked))
    )
