"""Images of a shop in a registry in memory, and what a tag of it names."""

import json
from dataclasses import dataclass

from tests.builder.arch.elves import elf
from tests.oci.layouts import Content, Index, Made, image, index
from tests.oci.memory import Kept, Memory
from tests.prove.images import file

from layerwise.builder.push.checking import Pushed
from layerwise.oci.reference import Reference

PLATFORMS = ("linux/amd64", "linux/arm64")
HISTORY = [{"created_by": "FROM base"}, {"created_by": "COPY app /app # buildkit"}]


def shop(
    version: str,
    platform: str,
    *,
    machine: str = "",
    says: str = "",
    revision: str = "",
    docker: bool = False,
    history: object = HISTORY,
) -> Made:
    """One version of the shop for a platform; its program is for `machine`, its config for the platform `says`."""
    settings = {"Entrypoint": ["/app"], "Labels": {"org.opencontainers.image.revision": revision} if revision else None}
    program = file("app", elf(machine or platform.partition("/")[2]) + version.encode(), mode=0o755)
    return image(
        [file("base", f"base {platform}")],
        [program],
        platform=says or platform,
        config={"config": settings, "history": history},
        docker=docker,
    )


def pushed_by_buildx(one: Made) -> Index:
    """An image as buildx pushes one platform by default: in an index with an attestation."""
    return index(one, attested=True)


@dataclass(frozen=True)
class Shop:
    """A repository with images of both platforms, pushed by digest."""

    memory: Memory
    name: str = "shop"

    @property
    def kept(self) -> Kept:
        return self.memory.repository(self.name)

    @property
    def tags(self) -> dict[str, str]:
        return self.kept.tags

    def reference(self, tag: str = "latest") -> Reference:
        return Reference(self.memory.host, self.name, tag)

    def push(self, *contents: Content, platforms: tuple[str, ...] = PLATFORMS) -> tuple[Pushed, ...]:
        self.kept.put(*contents)
        return tuple(
            Pushed(platform, Reference(self.memory.host, self.name, digest=content.digest))  # type: ignore[attr-defined]
            for platform, content in zip(platforms, contents, strict=True)
        )

    def version(self, version: str, **settings: object) -> tuple[Pushed, ...]:
        """Push a version for both platforms, each as buildx does."""
        return self.push(*(pushed_by_buildx(shop(version, one, **settings)) for one in PLATFORMS))  # type: ignore[arg-type]

    def images(self, tag: str = "latest") -> dict[str, str]:
        """The digest of each platform's manifest that a tag names; it must all be there."""
        digest = self.tags[tag]
        assert self.kept.is_whole(digest), f"{tag} names an image that is not whole"
        content = json.loads(self.kept.manifests[digest][0])
        return {
            f"{one['platform']['os']}/{one['platform']['architecture']}": one["digest"]
            for one in content["manifests"]
            if one["platform"]["os"] != "unknown"
        }


def expected(version: str, **settings: object) -> dict[str, str]:
    """What a tag names that names a version."""
    return {one: shop(version, one, **settings).digest for one in PLATFORMS}  # type: ignore[arg-type]
