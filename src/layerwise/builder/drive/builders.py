"""What a builder is and can do, from ``docker buildx inspect``."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from layerwise.errors import BuilderError
from layerwise.graph.platforms import normalised

DOCKER = "docker"
KUBERNETES = "kubernetes"

_FIELD = re.compile(r"(?P<name>[A-Z][\w #]*?):(?:[ \t]+(?P<value>.*))?")
_SNAPSHOTTER = "org.mobyproject.buildkit.worker.snapshotter"
_STOPPED = frozenset({"stopped", "inactive", "stopping", "starting", ""})


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a builder.

    Attributes:
        name: Its name.
        status: ``running``, ``stopped`` and so on; "" where it is not said.
        platforms: Those it builds for, natively or under emulation; empty while it does not run.
        preferred: Those that its user has assigned to it.
        labels: Of its BuildKit worker.
        options: Of the driver, as one text.
        version: Of its BuildKit, "" where it is not said.
        error: Why it does not answer, "" where it does.
    """

    name: str
    status: str = ""
    platforms: tuple[str, ...] = ()
    preferred: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    options: str = ""
    version: str = ""
    error: str = ""

    @property
    def is_up(self) -> bool:
        """Whether what it says of itself can be relied on."""
        return self.status not in _STOPPED and not self.error


@dataclass(frozen=True, slots=True)
class Builder:
    """A builder of buildx.

    Attributes:
        name: Its name; that of a docker context for the docker driver.
        driver: ``docker``, ``docker-container``, ``kubernetes``, ``remote`` or ``cloud``.
        nodes: At least one.
    """

    name: str
    driver: str
    nodes: tuple[Node, ...]

    @property
    def platforms(self) -> tuple[str, ...]:
        """Those of all nodes, each once."""
        return tuple(dict.fromkeys(platform for node in self.nodes for platform in node.platforms))

    @property
    def native(self) -> str:
        """The platform of the first node, "" where it is not known: BuildKit names its own first."""
        node = self.nodes[0]
        return next(iter((*node.preferred, *node.platforms)), "")

    @property
    def is_known(self) -> bool:
        """Whether all nodes run, so that their platforms are known."""
        return all(node.is_up and node.platforms for node in self.nodes)

    @property
    def keeps_manifests(self) -> bool:
        """Whether it can hold images of several platforms and export a cache.

        The docker driver can where dockerd has the containerd image store; its worker then names a snapshotter.
        """
        return self.driver != DOCKER or any(_SNAPSHOTTER in node.labels for node in self.nodes)

    @property
    def pushes_by_digest(self) -> bool:
        """Whether it can push an image without a tag: the docker driver refuses that in every store."""
        return self.driver != DOCKER


def read_inspect(text: str) -> Builder:
    """Return the builder that ``docker buildx inspect`` describes, of any buildx since 0.10.

    Raises:
        BuilderError: It describes none.
    """
    sections = list(_sections(text))
    if not sections or not (driver := sections[0].values.get("Driver", "")):
        raise BuilderError("docker buildx inspect says nothing of a builder: is docker's buildx plugin installed?")
    nodes = tuple(_node(section) for section in sections[1:])
    return Builder(sections[0].values.get("Name", ""), driver, nodes or (Node("", error=_error(sections[0])),))


@dataclass(slots=True)
class _Section:
    values: dict[str, str] = field(default_factory=dict)
    blocks: dict[str, dict[str, str]] = field(default_factory=dict)


def _sections(text: str) -> Iterator[_Section]:
    """Yield the builder's fields and then each node's; what is indented below a field belongs to it."""
    section, block = _Section(), {}
    for line in text.splitlines():
        if line.startswith(" "):
            name, _, value = line.strip().partition(":")
            block[name] = value.strip()
        elif found := _FIELD.fullmatch(line.rstrip()):
            name, value = found["name"], (found["value"] or "").strip()
            if name == "Nodes" or (name == "Name" and "Name" in section.values):
                yield section
                section = _Section()
            if name != "Nodes":
                section.values[name] = value
                block = section.blocks.setdefault(name, {})
    if section.values:
        yield section


def _node(section: _Section) -> Node:
    values = section.values
    listed = [name.strip() for name in values.get("Platforms", "").split(",") if name.strip()]
    return Node(
        name=values.get("Name", ""),
        status=values.get("Status", ""),
        platforms=tuple(dict.fromkeys(normalised(name.rstrip("*")) for name in listed)),
        preferred=tuple(normalised(name.rstrip("*")) for name in listed if name.endswith("*")),
        labels=section.blocks.get("Labels", {}),
        options=values.get("Driver Options", ""),
        version=values.get("BuildKit version", "") or values.get("Buildkit", ""),
        error=_error(section),
    )


def _error(section: _Section) -> str:
    return section.values.get("Error", "")
