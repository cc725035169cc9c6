"""The engine's own mount, network and process namespaces, and their way out.

All that dockerd makes (mounts, bridge, firewall rules, containers) lives in these namespaces, so it ends with their
first process, the holder. The way out is pasta, a process on the host that passes the engine's packets on through
ordinary sockets: it needs no bridge and no firewall rule on the host.
"""

import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine_place import Place, State
from engine_process import Process, child_of, identify, spawn, wait_until
from engine_talk import EngineUnavailableError, last_line

PREFERRED_PORT = 5035  # 5000, the registry's own default, is often taken
RESOLVER = "169.254.1.1"  # where the engine asks for names; pasta passes it on to the host's resolver
HOST_LOOPBACK = "169.254.1.2"  # what a build step calls to reach a server on the host's 127.0.0.1

BRIDGE = "engine0"  # not docker0, which a second dockerd would remove

# $1 is the state directory, bound at its own path inside the new root; $2 is the bridge of builds and containers that
# do not ask for the host's network. sysfs is mounted anew so that it shows the new network namespace; containerd looks
# for the root's mount point, so the root is bound on itself.
_HOLDER = """set -e
root=$1/root
mount --bind "$root" "$root"
mkdir -p "$root$1"
mount --bind "$1" "$root$1"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
cd "$root"
mkdir -p .host
pivot_root . .host
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
umount -l /.host
ip link set lo up
ip link add "$2" type bridge
ip addr add 172.30.0.1/24 dev "$2"
ip link set "$2" up
exec tini -s -- sleep infinity
"""

# pasta gives up the right to look into other processes, so the network namespace is handed to it as a file.
_UPLINK = """set -e
root=$1 netns=$2
shift 2
mount --bind "$root" "$root"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
touch "$root/run/netns"
mount --bind "$netns" "$root/run/netns"
exec chroot "$root" "$@"
"""


def clean_environment() -> dict[str, str]:
    """The environment of everything that runs inside: nothing of the caller's but the way to the network."""
    proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", **proxies}


def open_space(place: Place) -> tuple[Process, Process]:
    """Make the namespaces; gives the process that made them and the holder.

    Raises:
        EngineUnavailableError: the kernel or the container we are in does not allow it.
    """
    (place.root / "etc" / "resolv.conf").write_text(f"nameserver {RESOLVER}\n")
    log = place.log("holder")
    namespaces = ["--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation", "private"]
    script = ["sh", "-c", _HOLDER, "sh", str(place.top), BRIDGE]
    launcher = spawn(["unshare", *namespaces, *script], log, clean_environment())
    if not wait_until(lambda: _holder_of(launcher) is not None or not launcher.alive, seconds=10) or (
        (holder := _holder_of(launcher)) is None
    ):
        launcher.kill()
        raise EngineUnavailableError(f"namespaces cannot be made here: {last_line(log)}")
    return launcher, holder


def open_uplink(place: Place, holder: Process, port: int) -> Process:
    """Give the namespaces a way out, and the host a way in to the registry's port.

    Raises:
        EngineUnavailableError: pasta could not start.
    """
    if not Path("/dev/net/tun").exists():
        raise EngineUnavailableError("/dev/net/tun is missing, so the engine's network has no way out")
    log = place.log("uplink")
    pasta = ["pasta", "--foreground", "--quiet", "--config-net", "--runas", "0:0", "--netns-only"]
    # host-lo-to-ns-lo: what calls the host's 127.0.0.1 arrives at the engine's, where the registry listens
    ways_in = ["--host-lo-to-ns-lo", "-t", f"127.0.0.1/{port}", "-u", "none", "-T", "none", "-U", "none"]
    names = ["--dns-forward", RESOLVER, "--map-host-loopback", HOST_LOOPBACK]
    start = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _UPLINK, "sh"]
    uplink = spawn(
        [*start, str(place.root), f"/proc/{holder.pid}/ns/net", *pasta, *ways_in, *names, "--netns", "/run/netns"],
        log,
        clean_environment(),
    )
    has_route = ["sh", "-c", "ip route | grep -q ^default"]
    if not wait_until(lambda: not uplink.alive or enter(holder, has_route).returncode == 0, 10) or not uplink.alive:
        uplink.kill()
        raise EngineUnavailableError(f"the engine's network has no way out: {last_line(log)}")
    return uplink


def entering(holder: Process, argv: Sequence[str]) -> list[str]:
    """The command line that runs `argv` inside the namespaces."""
    return ["nsenter", "--target", str(holder.pid), "--mount", "--net", "--pid", "--", *argv]


def enter(holder: Process, argv: Sequence[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run `argv` inside the namespaces to its end."""
    return subprocess.run(
        entering(holder, argv), check=False, env=clean_environment(), input=stdin, capture_output=True, text=True
    )


def start_inside(holder: Process, argv: Sequence[str], log: Path, more: Mapping[str, str] | None = None) -> None:
    """Start a service inside the namespaces; it ends with them."""
    spawn(entering(holder, argv), log, clean_environment() | dict(more or {}))


def close_space(state: State) -> None:
    """End the way out and the namespaces with all that runs in them."""
    for process in (state.uplink, state.holder, state.launcher):
        if process is not None:
            process.kill()


def choose_port(state: State) -> int:
    """The registry's port: the one used before, else the preferred one, else any that is free."""
    return next((port for port in (state.port, PREFERRED_PORT) if port and _free(port)), 0) or _any_free_port()


def _holder_of(launcher: Process) -> Process | None:
    # the child is a shell until it has made everything and becomes tini
    try:
        child = child_of(launcher.pid)
        if child is None or Path(f"/proc/{child}/comm").read_text().strip() != "tini":
            return None
    except (FileNotFoundError, ProcessLookupError):
        return None
    return identify(child)


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
