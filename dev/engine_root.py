"""The engine's own Debian system, made once and kept, and the docker client taken from it."""

import os
import shutil
from pathlib import Path

from engine_machine import apt_settings
from engine_place import SECOND, Place
from engine_talk import EngineUnavailableError, run, say, step, succeeds

# The first suite with a docker whose image store keeps several platforms and whose buildx knows `history` and rawjson.
SUITE = "forky"
PACKAGES = (
    "docker.io", "docker-cli", "docker-buildx", "containerd", "runc", "iptables", "iproute2", "docker-registry",
    "qemu-user-binfmt", "mmdebstrap", "arch-test", "passt", "tini", "mount", "procps", "git", "ca-certificates",
)  # fmt: skip
NEEDED_BYTES = 6_000_000_000
_LONGEST_SOCKET = 107  # unix(7): sun_path has 108 bytes
_MADE = "etc/layerwise-engine"  # written last, so a half-made root is not taken for a whole one


def check_machine(place: Place, *, makes_something: bool) -> None:
    """Refuse early, in one line, what cannot work.

    Raises:
        EngineUnavailableError: not root, not Debian, or, if anything is yet to be made, too little disk.
    """
    if os.geteuid() != 0:
        raise EngineUnavailableError("no Docker engine is reachable, and making a private one needs root")
    if shutil.which("apt-get") is None:
        raise EngineUnavailableError("no Docker engine is reachable, and making a private one needs Debian's apt-get")
    if len(str(place.node(SECOND).socket)) > _LONGEST_SOCKET:
        raise EngineUnavailableError(f"{place.top} is too long a path for a socket; set LAYERWISE_ENGINE_DIR")
    if makes_something:
        _check_disk(place)


def _check_disk(place: Place) -> None:
    place.top.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(place.top).free
    if free < NEEDED_BYTES:
        raise EngineUnavailableError(
            f"only {free / 1e9:.1f} GB free at {place.top}, and {NEEDED_BYTES / 1e9:.0f} GB are needed; "
            "`dev/engine down --purge` frees what an earlier engine took"
        )


def ensure_mmdebstrap(place: Place) -> None:
    """Install mmdebstrap, the program that makes Debian systems, if it is missing."""
    if shutil.which("mmdebstrap"):
        return
    with step("installed mmdebstrap"):
        env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "mmdebstrap"]
        if not succeeds(["apt-cache", "show", "mmdebstrap"]):
            run(["apt-get", "update", "-q"], place.log("apt-update"), env=env)
        run(install, place.log("apt-install"), env=env)


def ensure_root(place: Place) -> None:
    """Make the engine's system unless it is there; some 1.1 GB and half a minute."""
    made = place.root / _MADE
    recipe = " ".join((SUITE, *PACKAGES)) + "\n"
    if made.exists() and made.read_text() == recipe:
        return
    with step(f"made the engine's own Debian system ({SUITE})"):
        shutil.rmtree(place.root, ignore_errors=True)
        _make_root(place)
    made.write_text(recipe)


def _make_root(place: Place) -> None:
    try:
        run(mmdebstrap(SUITE, "apt", PACKAGES, place.root), place.log("root"), env=mmdebstrap_environment(place))
    except EngineUnavailableError as error:
        if "is expired" not in str(error):
            raise
        # a testing suite's index is valid for a week: a mirror that is renewed less often cannot be used otherwise
        say(f"this machine's mirror holds an index of {SUITE} that is out of date; using it all the same")
        shutil.rmtree(place.root, ignore_errors=True)
        anyway = '--aptopt=Acquire::Check-Valid-Until "false"'
        argv = mmdebstrap(SUITE, "apt", PACKAGES, place.root, anyway)
        run(argv, place.log("root"), env=mmdebstrap_environment(place))


def mmdebstrap(suite: str, variant: str, packages: tuple[str, ...], target: Path, *more: str) -> list[str]:
    """The command line that makes a Debian system: a directory, or a tar archive if `target` ends in .tar."""
    settings = [f"--aptopt={line}" for line in apt_settings().splitlines()]
    return [
        "mmdebstrap",
        *settings,
        *more,
        f"--variant={variant}",
        f"--include={','.join(packages)}",
        suite,
        str(target),
    ]


def mmdebstrap_environment(place: Place) -> dict[str, str]:
    """The environment for it: its working files stay in the state directory."""
    return os.environ | {"TMPDIR": str(place.top / "tmp")}


def ensure_client(place: Place) -> None:
    """Put the engine's docker and buildx where the host can run them, with a configuration directory of their own.

    Raises:
        EngineUnavailableError: Debian's docker client does not run on this host.
    """
    config = place.client / "config"
    _link(place.docker, place.root / "usr/bin/docker")
    _link(config / "cli-plugins/docker-buildx", place.root / "usr/libexec/docker/cli-plugins/docker-buildx")
    (config / "config.json").touch()
    if not (config / "config.json").read_text():
        (config / "config.json").write_text("{}\n")
    if not succeeds([str(place.docker), "buildx", "version"], env=os.environ | {"DOCKER_CONFIG": str(config)}):
        raise EngineUnavailableError("Debian's docker client does not run on this machine; is its libc older?")


def _link(name: Path, target: Path) -> None:
    if name.is_symlink() and name.readlink() == target:
        return
    name.unlink(missing_ok=True)
    name.symlink_to(target)
