"""Keeps what a tag named under another tag, for the way back."""

from layerwise.errors import RegistryError
from layerwise.oci.origin import Origin
from layerwise.oci.repository import Document

_SUFFIX = "-previous"
_LONGEST = 128  # characters of a tag (OCI distribution specification)


def previous_of(tag: str) -> str:
    """Return the tag that keeps what another one named, "" where there is none: of such a tag itself, for one."""
    if tag == "latest":
        return "previous"
    name = f"{tag}{_SUFFIX}"
    return "" if tag == "previous" or tag.endswith(_SUFFIX) or len(name) > _LONGEST else name


def keep(origin: Origin, tag: str, document: Document) -> tuple[str, str]:
    """Keep what a tag names; return the tag that keeps it, "" for none, and a warning where that could not be done."""
    name = previous_of(tag)
    if not name:
        return "", ""
    try:
        before = origin.digest(name)
        if before != document.digest:
            origin.point(name, document, before)
    except RegistryError as error:
        return "", f"what {tag} named, {document.digest}, is not kept under {name}: {error}"
    return name, ""
