"""dockerd, the local registry and the arm64 interpreter inside the engine's namespaces."""

import http.client
import json
import shutil
import socket
import subprocess
from pathlib import Path

from engine_place import FIRST, Node, Place
from engine_process import Process, running, wait_until
from engine_space import BRIDGE, enter, start_inside
from engine_talk import EngineUnavailableError, last_line

CACHE_LIMIT = "15GB"  # of a node's build cache
# the second cd steps from the mount point into what was just mounted on it
_ENTER_BINFMT = 'cd /proc/sys/fs/binfmt_misc && { [ -e register ] || mount -t binfmt_misc binfmt_misc . && cd "$PWD"; }'
_EMULATION = "layerwise-aarch64"  # the name of our binfmt entry
_KEY_LIMITS = tuple(Path("/proc/sys/kernel/keys", name) for name in ("root_maxkeys", "root_maxbytes"))


def ensure_dockerd(place: Place, holder: Process, node: Node, port: int) -> None:
    """Start a node unless it answers.

    Raises:
        EngineUnavailableError: it did not answer within 30 seconds.
    """
    if answers(node.socket):
        return
    shutil.rmtree(node.run, ignore_errors=True)
    for directory in (node.run, node.data):
        directory.mkdir(parents=True, exist_ok=True)
    settings = node.run / "daemon.json"
    settings.write_text(json.dumps(_daemon_settings(node, port), indent=2))
    start_inside(holder, ["dockerd", "--config-file", str(settings)], place.log(node.name))
    if not wait_until(lambda: answers(node.socket), seconds=30):
        raise EngineUnavailableError(f"dockerd does not start: {last_line(place.log(node.name))}")


def _daemon_settings(node: Node, port: int) -> dict[str, object]:
    settings: dict[str, object] = {
        "hosts": [node.docker_host],
        "data-root": str(node.data),
        "exec-root": str(node.run / "exec"),
        "pidfile": str(node.pidfile),
        "features": {"containerd-snapshotter": True},  # the image store that keeps several platforms under one name
        "exec-opts": ["native.cgroupdriver=cgroupfs"],  # there is no systemd inside
        "cgroup-parent": _cgroup(port),
        "insecure-registries": [f"localhost:{port}"],
        "builder": {"gc": {"enabled": True, "defaultKeepStorage": CACHE_LIMIT}},
    }
    if node.name == FIRST:
        return settings | {"bridge": BRIDGE}
    # two daemons in one network namespace would undo each other's firewall rules
    return settings | {"bridge": "none", "iptables": False, "ip6tables": False}


def stop_dockerd(holder: Process, node: Node) -> None:
    """Ask a node to end, and wait up to 20 seconds for it to write its state down."""
    if not node.pidfile.exists():
        return
    enter(holder, ["kill", "-TERM", node.pidfile.read_text().strip()])
    wait_until(lambda: not node.pidfile.exists(), seconds=20)


def ensure_registry(place: Place, holder: Process, port: int) -> None:
    """Start the local registry unless it answers.

    Raises:
        EngineUnavailableError: it did not answer within 10 seconds.
    """
    if registry_answers(port):
        return
    settings = registry_settings(place)
    storage = {"filesystem": {"rootdirectory": str(place.registry)}, "delete": {"enabled": True}}
    http = {"addr": f"127.0.0.1:{port}"}
    settings.write_text(json.dumps({"version": "0.1", "storage": storage, "http": http}))
    start_inside(holder, _registry_call(place), place.log("registry"))
    if not wait_until(lambda: registry_answers(port), seconds=10):
        raise EngineUnavailableError(f"the local registry does not start: {last_line(place.log('registry'))}")


def stop_registry(place: Place) -> None:
    """End the local registry; a push that it is taking fails."""
    for process in running(_registry_call(place)):
        process.kill()


def registry_settings(place: Place) -> Path:
    """The file of the registry's settings."""
    return place.top / "run" / "registry.json"  # YAML is a superset of JSON


def _registry_call(place: Place) -> list[str]:
    return ["docker-registry", "serve", str(registry_settings(place))]


def registry_answers(port: int) -> bool:
    """Whether a registry answers on the host's 127.0.0.1."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/v2/")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def answers(api: Path) -> bool:
    """Whether a Docker engine answers on that socket."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(api))
            connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            return connection.recv(64).startswith((b"HTTP/1.0 200", b"HTTP/1.1 200"))
    except OSError:
        return False


def register_emulation(place: Place, holder: Process) -> bool:
    """Let the kernel run arm64 programs; False if it could already, so that `down` leaves that alone.

    Raises:
        EngineUnavailableError: the kernel has no binfmt_misc, or it refused the entry.
    """
    known = enter(holder, ["sh", "-c", f"{_ENTER_BINFMT} && (grep -hs ^magic *; true)"])
    if known.returncode:
        raise EngineUnavailableError("this kernel has no binfmt_misc, so arm64 images cannot be built here")
    if "magic 7f454c460201010000000000000000000200b700" in known.stdout:
        return False
    debian = (place.root / "usr/share/qemu/binfmt.d/qemu-aarch64.conf").read_text().strip()
    fields = debian.split(":")  # "", name, type, offset, magic, mask, interpreter, flags
    # F opens the interpreter now, in the engine's file system, so that containers need not hold it
    entry = ":".join(["", _EMULATION, *fields[2:-1], "POF"])
    done = enter(holder, ["sh", "-c", f"{_ENTER_BINFMT} && cat >register"], stdin=entry)
    if done.returncode:
        raise EngineUnavailableError(f"the kernel refuses an interpreter for arm64: {done.stderr.strip()}")
    return True


def unregister_emulation() -> None:
    """Take our binfmt entry back, also when the engine that made it is gone."""
    script = f"{_ENTER_BINFMT} && if [ -e {_EMULATION} ]; then echo -1 >{_EMULATION}; fi"
    subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script], check=False)


def key_limits() -> tuple[str, ...]:
    """The kernel's limits of root's keys, which dockerd raises for the whole machine."""
    return tuple(path.read_text().strip() for path in _KEY_LIMITS if path.exists())


def restore_key_limits(limits: tuple[str, ...]) -> None:
    """Set the limits of root's keys back."""
    if limits != key_limits():
        for path, limit in zip(_KEY_LIMITS, limits, strict=True):
            path.write_text(limit)


def remove_cgroups(port: int) -> None:
    """Remove the control groups that containers ran in; all are empty once the namespaces are closed."""
    # some controllers nest them below the group that `up` was called in
    for top in list(Path("/sys/fs/cgroup").rglob(_cgroup(port))):
        for group in (*sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True), top):
            group.rmdir()


def _cgroup(port: int) -> str:
    return f"layerwise-{port}"  # the port tells two engines of one machine apart
