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
from layerwise.graph.source_list import SourceList, below, list_source
from layerwise.graph.sources import Selector

FileDigest = Callable[[str, Entry], str]
"""Gives the digest of a file or link; any text that is equal for equal mode and content will do for comparing."""

TreeDigest = Callable[[str], str]
"""Gives the digest of a directory with all below it."""

_TYPE_FLAGS = {Kind.FILE: "0", Kind.SYMLINK: "2", Kind.DIRECTORY: "5"}  # as in tar


class ListForm(Enum):
    """How the files of a wildcard, ``--exclude`` or ``--parents`` are listed before they are hashed."""

    NAMES = "names"
    """BuildKit up to 0.25: the last component of each path."""
    PATHS = "paths"
    """BuildKit from 0.26 on: the path below the part without wildcards."""


@dataclass(frozen=True, slots=True)
class Digests:
    """The content digests of one context; each file is hashed once, when it is first needed.

    Attributes:
        context: Where the files are.
        form: What the builder's version does with lists.
        file_digest: Replaces BuildKit's digest of a file or link, so that git's blob ids can stand for contents.
        tree_digest: Where digests of directories are remembered.
    """

    context: Context
    form: ListForm = ListForm.PATHS
    file_digest: FileDigest | None = None
    tree_digest: TreeDigest | None = None
    _known: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    _headers: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    _lists: dict[Selector, SourceList] = field(default_factory=dict, compare=False, repr=False)

    def content(self, selection: Selection) -> str:
        """Return the content key of a selection; a missing source, which fails the build, counts as nothing."""
        return sha256("\0".join(self.of(selector) for selector in _distinct(selection.selectors)))

    def of(self, selector: Selector) -> str:
        """Return the digest of one source, ``""`` where it is missing."""
        if selector.plain:
            return self._followed(selector.path.strip("/"))
        prefix, listed = self._listed(selector)
        digests = [self._followed(item.shown) if item.followed else self._header(item.path) for item in listed]
        if len(listed) == 1 and posixpath.basename(selector.path) == posixpath.basename(listed[0].shown) != "":
            return digests[0]
        if self.form is ListForm.NAMES:
            names = (posixpath.basename(item.shown) or "." for item in listed)
            return sha256("\0".join(name + digest for name, digest in zip(names, digests, strict=True)))
        keys = (_list_key(item.shown, prefix) for item in listed)
        return sha256("".join(key + digest for key, digest in zip(keys, digests, strict=True)))

    def taken(self, selection: Selection) -> Iterator[tuple[str, bool]]:
        """Yield each path of the context that counts in a selection's key, and whether all below it does as well.

        Of a link that is followed in a list, what it leads to counts.
        """
        for selector in _distinct(selection.selectors):
            if selector.plain:
                shown = [selector.path.strip("/")]
            else:
                listed = self._listed(selector).items
                yield from ((item.path, False) for item in listed)
                shown = [item.shown for item in listed if item.followed]
            ends = (self.context.follow(path) for path in shown)
            yield from ((end.path, True) for end in ends if end and self.context.kind(end.path) is not None)

    def path(self, path: str) -> str:
        """Return the digest of a file, a link itself, or a directory with all below it."""
        if self.context.kind(path) is not Kind.DIRECTORY:
            return self._header(path)
        if self.tree_digest is not None:
            return self.tree_digest(path)
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

    def _listed(self, selector: Selector) -> SourceList:
        if selector not in self._lists:
            self._lists[selector] = list_source(self.context, selector)
        return self._lists[selector]


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


def header(kind: Kind, mode: int, size: int, target: str) -> bytes:
    """Return what stands before the bytes of a file in its digest: a tar header in tarsum's first version, no times.

    Args:
        kind: What it is.
        mode: The permission bits; those of a link don't count.
        size: Bytes of a file, else 0.
        target: Where a symbolic link points.
    """
    mode = 0o777 if kind is Kind.SYMLINK else mode
    text = f"namemode{mode}uid0gid0size{size}typeflag{_TYPE_FLAGS[kind]}linkname{target}unamegnamedevmajor0devminor0"
    return text.encode("utf-8", "surrogateescape")


def _entry_digest(entry: Entry, chunks: Iterator[bytes]) -> str:
    """Hash a header and the bytes of a file."""
    content = tuple(chunks) if entry.kind is Kind.FILE and entry.size is None else None
    size = (sum(map(len, content)) if content else entry.size or 0) if entry.kind is Kind.FILE else 0
    digest = hashlib.sha256(header(entry.kind, entry.mode, size, entry.target))
    if entry.kind is Kind.FILE:
        for chunk in content or chunks:
            digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"


def _distinct(selectors: Iterable[Selector]) -> list[Selector]:
    """Drop plain paths that lie below another plain one, and order the rest by path."""
    known = tuple(selectors)
    plain = {selector.path for selector in known if selector.plain}
    kept = {path for path in plain if not any(path != other and below(path, other.rstrip("/")) for other in plain)}
    filtered = [selector for selector in known if not selector.plain]
    return sorted([*map(Selector, sorted(kept)), *filtered], key=lambda selector: selector.path)


def _list_key(shown: str, prefix: str) -> str:
    inner = shown[len(prefix) :].removeprefix("/")
    return "\0" + inner.replace("/", "\0")
