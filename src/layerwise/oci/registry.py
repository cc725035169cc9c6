"""The client of registries."""

from dataclasses import dataclass

from layerwise.errors import LayerwiseError
from layerwise.oci.access import Access
from layerwise.oci.documents import Descriptor
from layerwise.oci.endpoint import Endpoint, Endpoints
from layerwise.oci.image import Blob, Image
from layerwise.oci.manifests import images
from layerwise.oci.origin import Origin
from layerwise.oci.reference import Reference
from layerwise.oci.repository import Document, Repository
from layerwise.oci.transport import Transport


class Client:
    """Reads registries and writes to them; connections, logins and tokens are kept as long as it is."""

    def __init__(self, access: Access, transport: Transport | None = None) -> None:
        self._access = access
        self._transport = transport or Transport(access)
        self._endpoints: dict[str, Endpoint] = {}

    def repository(self, reference: Reference) -> Repository:
        """Return the repository that a reference is in."""
        mirrors = tuple(map(self._endpoint, self._access.mirrors.get(reference.host, ())))
        return Repository(reference, Endpoints(self._endpoint(reference.host), mirrors))

    def origin(self, reference: Reference) -> Origin:
        """Return the repository that a reference is in, to be written, and read from no mirror."""
        return Origin(reference, self._endpoint(reference.host))

    def images(self, reference: Reference, asked: str) -> tuple[Image, ...]:
        """Return the images of a reference, one for each platform; ``asked`` is what messages call it.

        Raises:
            RegistryError: The registry does not give them.
            ImageError: What it gives is no image.
        """
        repository = self.repository(reference)
        top = repository.manifest(reference.wanted)
        return images(_Stored(repository, top), (Descriptor(top.digest, top.media_type),), asked)

    def _endpoint(self, host: str) -> Endpoint:
        if host not in self._endpoints:
            self._endpoints[host] = Endpoint(host, self._access, self._transport)
        return self._endpoints[host]


@dataclass(frozen=True, slots=True)
class _Stored:
    """What an image of a repository is made of; its top was fetched when it was looked for."""

    repository: Repository
    top: Document

    def has(self, descriptor: Descriptor) -> bool:  # noqa: ARG002 - a registry has all that its indexes name
        return True

    def manifest(self, descriptor: Descriptor) -> bytes:
        if descriptor.digest == self.top.digest:
            return self.top.content
        return self.repository.manifest(descriptor.digest).content

    def blob(self, descriptor: Descriptor) -> Blob:
        return self.repository.blob(descriptor)

    def broken(self, said: str) -> LayerwiseError:
        return self.repository.broken(said)
