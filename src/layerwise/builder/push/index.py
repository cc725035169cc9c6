"""The index that a tag is to name: the same images make the same bytes."""

from collections.abc import Mapping, Sequence

import msgspec

from layerwise.builder.push.checking import Checked
from layerwise.builder.push.commits import REVISION
from layerwise.oci.documents import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, Descriptor
from layerwise.oci.repository import Document
from layerwise.oci.stream import digest_of


class _Index(msgspec.Struct, rename="camel"):
    schema_version: int
    media_type: str
    manifests: Sequence[Descriptor]


class _Annotated(_Index):
    annotations: Mapping[str, str]


def assembled(checked: Checked, commit: str) -> Document:
    """Return what a tag is to name.

    What one platform's build has pushed stays as it is, a manifest or an index, as ``docker buildx build`` names it.
    Several become an index: images in the order of their platforms, then what says something of them. It is OCI's, with
    the commit as an annotation; where all are docker's manifests it is docker's list, for registries that take no
    mixture, and that has no annotations.
    """
    if len(checked.pushed) == 1 and _is_alone(checked):
        return checked.documents[checked.pushed[0].reference.digest]
    children = (*checked.images, *checked.attestations)
    docker = all(one.media_type == DOCKER_MANIFEST for one in children)
    kind = DOCKER_LIST if docker else OCI_INDEX
    if commit and not docker:
        content = msgspec.json.encode(_Annotated(2, kind, children, {REVISION: commit}))
    else:
        content = msgspec.json.encode(_Index(2, kind, children))
    return Document(digest_of(content), kind, content)


def _is_alone(checked: Checked) -> bool:
    """Whether what was pushed leads to nothing but the image and what says something of it."""
    top = checked.pushed[0].reference.digest
    below = {one.digest for one in (*checked.images, *checked.attestations)}
    return set(checked.documents) == below | {top}
