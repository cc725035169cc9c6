"""Moves a tag to images that were checked, whole or not at all."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from layerwise.builder.push.bringing import bring
from layerwise.builder.push.checking import Checked
from layerwise.builder.push.index import assembled
from layerwise.builder.push.named import Named, read_named
from layerwise.builder.push.previous import keep
from layerwise.builder.push.walk import Walk
from layerwise.errors import RegistryError
from layerwise.oci.origin import Origin
from layerwise.oci.reference import Reference
from layerwise.oci.registry import Client
from layerwise.oci.repository import Document

_TRIES = 5

IsAncestor = Callable[[str, str], bool | None]
"""Whether the first commit is a true ancestor of the second; None where that is not known here."""


class Result(Enum):
    """What became of a tag."""

    MOVED = "moved"
    UNCHANGED = "unchanged"  # it names these very images already
    OLDER = "older"  # it names a later commit, and is not moved back without force
    REFUSED = "refused"  # the images may not get a tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms a tag is moved.

    Attributes:
        commit: That the images were built from, "" to take what they say of themselves
            (``org.opencontainers.image.revision``). It is written to an OCI index as that annotation.
        is_ancestor: Asked with ``commit`` and the commit of what the tag names.
        force: Whether a tag is moved back to an ancestor.
        keep: Whether the digest that the tag named is kept under ``previous`` or ``TAG-previous``.
    """

    commit: str = ""
    is_ancestor: IsAncestor = lambda _older, _newer: None
    force: bool = False
    keep: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What became of a tag.

    Attributes:
        tag: The tag.
        result: What became of it.
        before: The digest that it named, "" where there was none.
        now: The digest that it names now, "" where there is none.
        why: Sentence that says the result.
        kept: The tag under which ``before`` is kept, "" where it is not.
        meanwhile: Digests that others moved the tag to while this went on.
        warnings: Sentences.
        notes: Sentences on what could not be told.
    """

    tag: Reference
    result: Result
    before: str
    now: str
    why: str
    kept: str = ""
    meanwhile: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


_DEFAULT = Terms()


def promote(client: Client, tag: Reference, checked: Checked, terms: Terms = _DEFAULT) -> Promotion:
    """Move a tag to images; a second call finishes what a first could not.

    The index is written by its digest first, then ``previous``, then the tag, by one request: whatever goes wrong, the
    tag names what it did or all of the new images.

    Args:
        client: Of registries.
        tag: Where to; in the registry that the images are in. Blobs in another repository of it are mounted.
        checked: What ``check`` returned; images with refusals move no tag.
        terms: See there.

    Raises:
        RegistryError: The registry does not answer as it should; the message says if the tag may have moved.
        UsageError: The images are in another registry than the tag.
    """
    move = _Move(client.origin(tag), tag, checked, terms)
    move.read()
    if checked.refusals:
        return move.done(Result.REFUSED, f"{tag} is not moved: {checked.refusals[0]}")
    if decided := move.decided():
        return decided
    bring(client, checked, tag)
    return move.made(assembled(checked, terms.commit or checked.commit))


@dataclass(slots=True)
class _Move:
    origin: Origin
    tag: Reference
    checked: Checked
    terms: Terms
    named: Named | None = None
    kept: str = ""
    seen: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    walk: Walk = field(init=False)

    def __post_init__(self) -> None:
        self.walk = Walk(self.origin)
        if all(one.reference.name == self.tag.name for one in self.checked.pushed):
            self.walk.documents.update(self.checked.documents)
            self.walk.blobs.update(dict.fromkeys(self.checked.blobs, ""))

    def read(self) -> None:
        """See what the tag names."""
        self.named = read_named(self.origin, self.tag.tag, self.walk)
        self.seen.append(self.digest)

    @property
    def digest(self) -> str:
        """What the tag named when it was read last, "" for nothing."""
        return self.named.document.digest if self.named else ""

    def decided(self) -> Promotion | None:
        """Return why the tag is not to be moved, None where it is."""
        if self.named is None:
            return None
        mine, theirs = ({one.digest for one in images} for images in (self.checked.images, self.named.images))
        if mine == theirs and self.named.is_whole(self.walk):
            return self.done(Result.UNCHANGED, f"{self.tag} names these images already")
        commit = self.terms.commit or self.checked.commit
        other = self.named.commit(self.walk) if commit and not self.terms.force else ""
        if not other or other == commit:
            return None
        older = self.terms.is_ancestor(commit, other)
        if older is None:
            self.notes.append(
                f"whether {self.tag} names a later commit than {commit} is not known: {other} is not here"
            )
        if not older:
            return None
        why = f"{self.tag} names commit {other}, which comes after {commit}: --force moves it back"
        return self.done(Result.OLDER, why)

    def made(self, document: Document) -> Promotion:
        """Move the tag, and look again where somebody else did so meanwhile."""
        if document.digest not in self.checked.documents:
            self.origin.put(document)
        for _ in range(_TRIES):
            if self.named is not None and self.terms.keep:
                self.kept, warning = keep(self.origin, self.tag.tag, self.named.document)
                self.warnings += [warning] if warning else []
            now = self.origin.digest(self.tag.tag)
            if (now or "") == self.digest:
                now = self.origin.point(self.tag.tag, document, now)
                if now == document.digest:
                    return self.moved(document.digest)
            self.read()
            if decided := self.decided():
                return decided
        raise RegistryError(f"{self.tag} is moved by others all the time and was not moved to {document.digest}")

    def moved(self, digest: str) -> Promotion:
        """Return that the tag was moved, after a look at what it names now."""
        try:
            now = self.origin.digest(self.tag.tag) or ""
        except RegistryError as error:
            self.notes.append(f"{self.tag} was moved and could not be read again: {error}")
            now = digest
        if now != digest:
            self.seen.append(now)
        platforms = {one.platform.name for one in self.checked.images if one.platform}
        if lost := sorted((self.named.platforms if self.named else frozenset()) - platforms):
            self.warnings.append(f"{self.tag} named an image for {', '.join(lost)}, and names none any more")
        return self.done(Result.MOVED, f"{self.tag} names {digest}", now)

    def done(self, result: Result, why: str, now: str | None = None) -> Promotion:
        """Return what became of the tag."""
        others = tuple(dict.fromkeys(one for one in self.seen[1:] if one))
        if others:
            self.notes.append(f"somebody else moved {self.tag} meanwhile, to {' and '.join(others)}")
        return Promotion(
            tag=self.tag,
            result=result,
            before=self.digest,
            now=self.digest if now is None else now,
            why=why,
            kept=self.kept,
            meanwhile=others,
            warnings=tuple(self.warnings),
            notes=tuple(self.notes),
        )
