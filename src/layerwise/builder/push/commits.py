"""The commit that an image was built from, as it says itself."""

from collections.abc import Iterable, Mapping

import msgspec

from layerwise.oci.documents import DocumentError, decode

REVISION = "org.opencontainers.image.revision"


class _Settings(msgspec.Struct):
    labels: dict[str, str] | None = msgspec.field(name="Labels", default=None)


class _Labelled(msgspec.Struct):
    config: _Settings | None = None


def commit_of(annotations: Iterable[Mapping[str, str] | None], config: bytes) -> str:
    """Return the commit that annotations name, the nearest to the tag first, or a label of the config; "" for none.

    A label may be that of the base image: who asks git for it finds out that it is no commit of this repository.
    """
    for one in annotations:
        if found := (one or {}).get(REVISION, ""):
            return found
    try:
        settings = decode(config, _Labelled).config
    except DocumentError:
        return ""
    return ((settings and settings.labels) or {}).get(REVISION, "")
