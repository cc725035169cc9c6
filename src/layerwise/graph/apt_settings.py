"""How Debian's container images set apt up, and what tells apart the caches of their architectures."""

from collections.abc import Iterable

from layerwise.ecosystems import Part
from layerwise.ecosystems.keeping import DOCKER_CLEAN
from layerwise.graph.cache_use import ARCHIVES, LISTS, TOOLS
from layerwise.graph.request import repository
from layerwise.graph.run_script import run_script
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.syntax.tree import Dockerfile, From

# Images of Debian and Ubuntu have the file: debuerreotype and Ubuntu's own scripts write it. Those below stand on one
# of them, and their Dockerfiles install with apt.
_DISTRIBUTIONS = frozenset({"debian", "ubuntu"})
_INSTALLED_UPON = frozenset(
    {
        *("buildpack-deps", "python", "pypy", "node", "ruby", "rust", "golang", "perl", "gcc", "php", "openjdk"),
        *("eclipse-temurin", "maven", "gradle", "nginx", "httpd", "postgres", "redis", "tomcat", "r-base", "elixir"),
        *("erlang", "nvidia/cuda", "continuumio/miniconda3", "condaforge/miniforge3", "condaforge/mambaforge"),
    }
)
ARCHITECTURE = "TARGETARCH"
_IDS = {ARCHIVES: ",id=apt-archives-$TARGETARCH", LISTS: ",id=apt-lists-$TARGETARCH"}


def docker_clean_is_there(dockerfile: Dockerfile, graph: Graph, step: Step) -> bool:
    """Whether the base image is known to have the file, and no command above has touched it."""
    return not any(_may_lack(dockerfile, above) for above in graph.above(step))


def apt_has_run(graph: Graph, step: Step) -> bool:
    """Whether apt has installed something below or above in the image already.

    The first time, it gives its directory for unfinished downloads to its own user: behind a mount the image's own
    stays as it was.
    """
    for above in graph.above(step):
        base = isinstance(above.instruction, From) and repository(above.instruction.image) in _INSTALLED_UPON
        installs = any(work.kind == "apt.install" for work in above.effects.work)
        if base or (installs and ARCHIVES not in above.cache_mounts):
            return True
    return False


def _may_lack(dockerfile: Dockerfile, step: Step) -> bool:
    """Whether a base may come without the file, or a step may take it away; package managers leave it alone."""
    if isinstance(step.instruction, From):
        return repository(step.instruction.image) not in _DISTRIBUTIONS | _INSTALLED_UPON
    if not any(path.covers(DOCKER_CLEAN) for path in step.effects.writes):
        return False
    script = run_script(dockerfile, step) if step.kind is Kind.RUN else None
    return script is None or any(map(_takes_away, script.parts))


def _takes_away(part: Part) -> bool:
    touched = any(path.covers(DOCKER_CLEAN) for path in part.effects.writes)
    return touched and (part.effects.opaque is not None or part.call is None or part.call.name in TOOLS)


def ids_by_architecture(steps: tuple[Step, ...], below: Iterable[Step], paths: Iterable[str]) -> dict[str, str]:
    """Return the mount options that give apt's caches an id for each architecture, so that none waits for another.

    None for one platform, and none where a RUN would find TARGETARCH set that does not find it now.

    Args:
        steps: Those of one RUN.
        below: The RUNs below it in its stage.
        paths: Of its caches.
    """
    found = {path: _IDS[path] for path in paths if path in _IDS}
    if len({step.platform for step in steps}) == 1:
        return {}
    declared = declares_architecture(steps)
    reading = (
        step.effects.environment.reads(ARCHITECTURE) or ARCHITECTURE in step.display for step in (*steps, *below)
    )
    return found if declared or not any(reading) else {}


def declares_architecture(steps: tuple[Step, ...]) -> bool:
    """Whether TARGETARCH is in force where a RUN stands."""
    return all(step.scope is not None and ARCHITECTURE in step.scope.environment for step in steps)
