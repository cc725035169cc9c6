"""Which engine there is, and what a program must know to use it."""

import os
import subprocess

from engine_daemon import answers, registry_answers
from engine_images import architectures
from engine_place import FIRST, SECOND, Place, State
from engine_space import HOST_LOOPBACK
from engine_talk import succeeds


def settings(place: Place, state: State) -> dict[str, str]:
    """The environment variables with which docker, the tests and the demo find the engine."""
    if state.reachable is not None:
        where = {"DOCKER_HOST": state.reachable} if state.reachable else {}
        return where | {
            "LAYERWISE_REGISTRY": "",
            "LAYERWISE_HOST_LOOPBACK": "127.0.0.1",
            "LAYERWISE_PLATFORMS": _reachable_platforms(),
        }
    found = {
        "DOCKER_HOST": place.node(FIRST).docker_host,
        "DOCKER_CONFIG": str(place.client / "config"),
        "PATH": _with_first(str(place.docker.parent), os.environ.get("PATH", os.defpath)),
        "LAYERWISE_REGISTRY": f"localhost:{state.port}",
        "LAYERWISE_HOST_LOOPBACK": HOST_LOOPBACK,
        "LAYERWISE_PLATFORMS": ",".join(f"linux/{name}" for name in architectures(place)),
    }
    second = place.node(SECOND)
    return found | ({"LAYERWISE_SECOND_DOCKER_HOST": second.docker_host} if answers(second.socket) else {})


def _with_first(directory: str, path: str) -> str:
    return ":".join([directory, *(other for other in path.split(":") if other != directory)])


def is_up(place: Place, state: State) -> bool:
    """Whether builds can run: the engine answers, and so does the registry of a private one."""
    if state.reachable is not None:
        return reachable_engine() is not None
    return state.running and answers(place.node(FIRST).socket) and registry_answers(state.port)


def reachable_engine() -> str | None:
    """DOCKER_HOST ("" for the default) of an engine that answers and can be used with buildx; None if there is none."""
    usable = succeeds(["docker", "buildx", "version"]) and succeeds(["docker", "version"])
    return os.environ.get("DOCKER_HOST", "") if usable else None


def _reachable_platforms() -> str:
    shown = subprocess.run(["docker", "buildx", "inspect"], check=False, capture_output=True, text=True).stdout
    return ",".join(name for name in ("linux/amd64", "linux/arm64") if name in shown)
