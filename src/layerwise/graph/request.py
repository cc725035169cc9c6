"""What is to be built: the context, target, platforms and arguments, as a caller of buildx would give them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from layerwise.graph.context import Context


@dataclass(frozen=True, slots=True)
class BaseConfig:
    """What a stage inherits from its base image.

    Attributes:
        workdir: The working directory, None where nobody looked it up.
        user: The user, "" for root, None where nobody looked it up.
        env: In order.
        shell: For shell-form commands.
        triggers: ONBUILD instructions, as stored in the image config.
        digest: Of the image's manifest or index, None where nobody looked it up; then the reference stands for it.
    """

    workdir: str | None = None
    user: str | None = None
    env: tuple[tuple[str, str], ...] = ()
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    triggers: tuple[str, ...] = ()
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One build.

    Attributes:
        context: The main build context.
        target: A stage's name; None for the last stage.
        platforms: At least one, ``linux/amd64``.
        build_platform: Where the builder runs.
        build_args: Name to value; None for a value that is passed but not known here.
        contexts: Named contexts: a local tree, or an image reference.
        network: What a RUN that names no network is connected to: ``default``, ``host`` or ``none``.
        bases: Configs of base images that were looked up, by reference as written.
    """

    context: Context = field(repr=False)
    target: str | None = None
    platforms: tuple[str, ...] = ("linux/amd64",)
    build_platform: str = "linux/amd64"
    build_args: Mapping[str, str | None] = field(default_factory=dict)
    contexts: Mapping[str, Context | str] = field(default_factory=dict)
    network: str = "default"
    bases: Mapping[str, BaseConfig] = field(default_factory=dict)

    def context_named(self, reference: str) -> Context | str | None:
        """Return the named context that takes the place of a stage or image, None where there is none.

        Both may have any of the names of one of Docker Hub's own images, with and without ``latest``.
        """
        wanted = _untagged(reference)
        return next((place for name, place in self.contexts.items() if _untagged(name) == wanted), None)

    def base(self, reference: str) -> BaseConfig:
        """Return what is known of a base image: looked up, else of a well-known official image, else nothing."""
        if reference in self.bases:
            return self.bases[reference]
        return _well_known().get(repository(reference), BaseConfig())

    def base_of(self, image: str) -> BaseConfig:
        """Return what is known of what a FROM starts from: of a named context where one takes the image's place.

        A mirror, whose name ends with that of the image, tag included, is known as the image itself is.
        """
        context = self.context_named(image)
        if isinstance(context, Context):
            return BaseConfig(workdir="/", user="")
        if context is None or (context not in self.bases and context.endswith(f"/{_familiar(image)}")):
            return self.base(image)
        return self.base(context)


def repository(reference: str) -> str:
    """Return the repository of an image, without tag and digest, as Docker Hub's own images are called."""
    name = reference.split("@", 1)[0]
    if ":" in name.rsplit("/", 1)[-1]:
        name = name.rsplit(":", 1)[0]
    return _familiar(name)


def _untagged(reference: str) -> str:
    return _familiar(reference).removesuffix(":latest")


def _familiar(reference: str) -> str:
    for prefix in ("docker.io/", "index.docker.io/", "library/"):
        reference = reference.removeprefix(prefix)
    return reference


@cache
def _well_known() -> dict[str, BaseConfig]:
    table = tomllib.loads(files("layerwise.graph").joinpath("bases.toml").read_text("utf-8"))
    return {
        repository: BaseConfig(workdir=entry["workdir"], user=entry.get("user", ""))
        for entry in table["base"]
        for repository in entry["repositories"]
    }
