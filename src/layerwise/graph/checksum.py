"""BuildKit's content digests: what of the build context is in the cache key of a COPY, ADD or bind mount.

The formulas are those of ``cache/contenthash`` and ``solver/llbsolver/ops/file.go``: a file counts with its mode and
bytes, without its name, times or owner (the client sends everything as root's).
"""

import hashlib
import posixpath
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from layerwise.graph.context import Context, Entry, Kind
from layerwise.graph.copying import Selection
from layerwise.graph.patterns import PatternList, compile_glob, split_wildcards
from layerwise.graph.sources import Selector

FileDigest = Callable[[str, Entry], str]
"""Gives the digest of a file or link; any text that is equal for equal mode and content will do for comparing."""

_TYPE_FLAGS = {Kind.FILE: "0", Kind.SYMLINK: "2", Kind.DIRECTORY: "5"}  # as in tar


class ListForm(Enum):
    """How the files of a wildcard, ``--exclude`` or ``--parents`` are listed before they are hashed."""

    NAMES = "names"
    """BuildKit up to 0.25: the last component of each path."""
    PATHS = "paths"
    """BuildKit from 0.26 on: the path below the part without wildcards."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """One file or directory header of a list, by the path it was asked for and the path it lies at."""

    shown: str
    path: str
    followed: bool


@dataclass(frozen=True, slots=True)
class Digests:
    """The content digests of one context; each file is hashed once, when it is first needed.

    Attributes:
        context: Where the files are.
        form: What the builder's version does with lists.
        file_digest: Replaces BuildKit's digest of a file or link, so that git's blob ids can stand for contents.
    """

    context: Context
    form: ListForm = ListForm.PATHS
    file_digest: FileDigest | None = None
    _known: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    _headers: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def content(self, selection: Selection) -> str:
        """Return the content key of a selection; a missing source, which fails the build, counts as nothing."""
        return sha256("\0".join(self.of(selector) for selector in _distinct(selection.selectors)))

    def of(self, selector: Selector) -> str:
        """Return the digest of one source, ``""`` where it is missing."""
        if selector.plain:
            return self._followed(selector.path.strip("/"))
        prefix, listed = self._list(selector)
        digests = [self._followed(item.shown) if item.followed else self._header(item.path) for item in listed]
        if len(listed) == 1 and posixpath.basename(selector.path) == posixpath.basename(listed[0].shown) != "":
            return digests[0]
        if self.form is ListForm.NAMES:
            names = (posixpath.basename(item.shown) or "." for item in listed)
            return sha256("\0".join(name + digest for name, digest in zip(names, digests, strict=True)))
        keys = (_list_key(item.shown, prefix) for item in listed)
        return sha256("".join(key + digest for key, digest in zip(keys, digests, strict=True)))

    def path(self, path: str) -> str:
        """Return the digest of a file, a link itself, or a directory with all below it."""
        if self.context.kind(path) is not Kind.DIRECTORY:
            return self._header(path)
        if path not in self._known:
            children = ((name, posixpath.join(path, name)) for name in self.context.children(path))
            listed = "".join(f"\0{name}{self.path(child)}" for name, child in children)
            self._known[path] = sha256(f"\0{self._header(path)}{listed}")
        return self._known[path]

    def _followed(self, path: str) -> str:
        followed = self.context.follow(path)
        if followed is None or self.context.kind(followed.path) is None:
            return ""
        return self.path(followed.path)

    def _header(self, path: str) -> str:
        """Return the digest of a file or link, or of a directory without what it holds."""
        if path not in self._headers:
            self._headers[path] = self._digest(path)
        return self._headers[path]

    def _digest(self, path: str) -> str:
        entry = self.context.entries.get(path)
        if entry is None:  # nobody tells the builder about the root itself
            return sha256("")
        if self.file_digest is not None and entry.kind is not Kind.DIRECTORY:
            return self.file_digest(path, entry)
        return _entry_digest(entry, self.context.chunks(path))

    def _list(self, selector: Selector) -> tuple[str, list[_Listed]]:
        """List what a source with patterns takes, as ``includedPaths`` does; the prefix has no wildcards."""
        path = selector.path.strip("/")
        prefix = split_wildcards(path)[0] if selector.wildcard else path
        start = self._start(prefix, follow_last=selector.wildcard)
        if start is None or (start and self.context.kind(start) is None):
            return prefix, []
        chosen = _Chosen(selector, path)
        for real in (start, *sorted(self.context.below(start), key=_key)):
            shown = posixpath.join(prefix, real[len(start) :].removeprefix("/")) if real != start else prefix
            if shown:  # the root's own header is left out, so that links right below it are followed
                chosen.visit(shown, real, self.context.kind(real))
        return prefix, chosen.listed

    def _start(self, prefix: str, *, follow_last: bool) -> str | None:
        """Follow the links of the prefix; its last component only before wildcards."""
        head, name = (prefix, "") if follow_last else posixpath.split(prefix)
        followed = self.context.follow(head)
        return posixpath.join(followed.path, name).rstrip("/") if followed else None


class _Chosen:
    """The walk over a source with patterns: a directory's header counts once something below it does."""

    def __init__(self, selector: Selector, path: str) -> None:
        self.listed: list[_Listed] = []
        self._glob = compile_glob(path) if selector.wildcard else None
        self._include = PatternList.compile(selector.include) if selector.include else None
        self._exclude = PatternList.compile(selector.exclude) if selector.exclude else None
        self._top = None if selector.wildcard else path
        self._waiting: list[tuple[_Listed, bool]] = []

    def visit(self, shown: str, real: str, kind: Kind | None) -> None:
        """Look at one path; parents come before what is below them."""
        while self._waiting and not _below(shown, self._waiting[-1][0].shown):
            self._waiting.pop()
        if self._glob is not None and not (self._top is not None and _below(shown, self._top)):
            if self._glob.fullmatch(shown) is None:
                return
            self._top = shown
        assert self._top is not None, "something matched, or the source has no wildcards"
        item = _Listed(shown, real, followed=not self._waiting and kind is Kind.SYMLINK)
        wanted = self._wants(shown[len(self._top) :].removeprefix("/"))
        if wanted:
            self.listed += [parent for parent, counted in self._waiting if not counted]
            self._waiting = [(parent, True) for parent, _ in self._waiting]
            self.listed.append(item)
        if kind is Kind.DIRECTORY:
            self._waiting.append((item, wanted))

    def _wants(self, inner: str) -> bool:
        if self._include is not None and not self._include.matches(inner):
            return False
        return self._exclude is None or not self._exclude.matches(inner)


def content_digest(context: Context, selection: Selection, *, form: ListForm = ListForm.PATHS) -> str:
    """Return the content key that BuildKit computes for a COPY, ADD or bind mount of context files."""
    return Digests(context, form).content(selection)


def selector_digest(paths: Iterable[str]) -> str:
    """Return BuildKit's name for the paths that a COPY takes from a stage, absolute there (``selector`` of a record).

    The build context has none that counts: it is never found by its definition, only by its content.
    """
    return sha256("\0".join(sorted(paths, reverse=True)))


def sha256(content: str | bytes) -> str:
    """Return ``sha256:<hex>`` of bytes, or of a text in UTF-8."""
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _entry_digest(entry: Entry, chunks: Iterator[bytes]) -> str:
    """Hash a tar header in tarsum's first version, without times, and the bytes of a file."""
    content = tuple(chunks) if entry.kind is Kind.FILE and entry.size is None else None
    size = (sum(map(len, content)) if content else entry.size or 0) if entry.kind is Kind.FILE else 0
    mode = 0o777 if entry.kind is Kind.SYMLINK else entry.mode
    header = (
        f"namemode{mode}uid0gid0size{size}typeflag{_TYPE_FLAGS[entry.kind]}linkname{entry.target}"
        "unamegnamedevmajor0devminor0"
    )
    digest = hashlib.sha256(header.encode("utf-8", "surrogateescape"))
    if entry.kind is Kind.FILE:
        for chunk in content or chunks:
            digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"


def _distinct(selectors: Iterable[Selector]) -> list[Selector]:
    """Drop plain paths that lie below another plain one, and order the rest by path."""
    known = tuple(selectors)
    plain = {selector.path for selector in known if selector.plain}
    kept = {path for path in plain if not any(path != other and _below(path, other.rstrip("/")) for other in plain)}
    filtered = [selector for selector in known if not selector.plain]
    return sorted([*map(Selector, sorted(kept)), *filtered], key=lambda selector: selector.path)


def _below(path: str, directory: str) -> bool:
    return path.startswith(f"{directory}/") if directory else path != ""


def _key(path: str) -> bytes:
    return path.replace("/", "\0").encode("utf-8", "surrogateescape")


def _list_key(shown: str, prefix: str) -> str:
    inner = shown[len(prefix) :].removeprefix("/")
    return "\0" + inner.replace("/", "\0")
