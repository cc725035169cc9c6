"""Takes images over from another repository of the same registry."""

from layerwise.builder.push.checking import Checked
from layerwise.builder.push.walk import Walk, blobs_of
from layerwise.errors import RegistryError, UsageError
from layerwise.oci.origin import Origin
from layerwise.oci.reference import Reference
from layerwise.oci.registry import Client


def bring(client: Client, checked: Checked, tag: Reference) -> None:
    """See to it that the repository of a tag has what was checked in another one; nothing is sent over the network.

    Raises:
        RegistryError: The registry does not share blobs among repositories, or takes no push.
        UsageError: The images are in another registry.
    """
    here = client.origin(tag)
    for one in checked.pushed:
        if one.reference.name == tag.name:
            continue
        if one.reference.host != tag.host:
            raise UsageError(f"{one.reference.name} is in another registry than {tag.name}: push it to that one too")
        there = Walk(client.origin(one.reference), dict(checked.documents))
        for stored in there.manifests(one.reference.digest):
            for blob in blobs_of(stored.manifest):
                _mount(here, blob.digest, one.reference)
            here.put(there.document(stored.descriptor.digest))
        # An index that was pushed may be what the tag is to name; what it names is there now.
        here.put(there.document(one.reference.digest))


def _mount(here: Origin, digest: str, source: Reference) -> None:
    if here.blob_size(digest) is None and not here.mount(digest, source):
        raise RegistryError(f"{here.name} does not take blobs over from {source.name}: push the images to it")
