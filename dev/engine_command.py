"""The commands of `dev/engine`."""

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from engine_daemon import (
    answers,
    ensure_dockerd,
    ensure_registry,
    key_limits,
    register_emulation,
    remove_cgroups,
    restore_key_limits,
    stop_dockerd,
    unregister_emulation,
)
from engine_images import architectures, ensure_foreign_file_system, ensure_images, ensure_native_file_system
from engine_place import FIRST, SECOND, Node, Place, State, load, save
from engine_process import Process, wait_until
from engine_recipes import native
from engine_root import check_machine, ensure_client, ensure_mmdebstrap, ensure_root
from engine_settings import is_up, reachable_engine, settings
from engine_space import choose_port, close_space, open_space, open_uplink
from engine_talk import EngineUnavailableError, say, step
from engine_trim import trim_node, trim_registry

NOT_UP = 4


def main(argv: Sequence[str]) -> int:
    """Run one command and give its exit code."""
    options = _parser().parse_args(argv)
    command: Callable[[Place, argparse.Namespace], int] = options.command
    place = Place.of_this_user()
    try:
        return command(place, options)
    except EngineUnavailableError as error:
        print(f"dev/engine: {error}", file=sys.stderr)
        return NOT_UP
    except BrokenPipeError:  # the reader went away, as `head` does; what was asked for is done
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def up(place: Place, options: argparse.Namespace) -> int:
    """Bring the engine up; what is up already stays as it is."""
    begun = time.monotonic()
    if not options.private and not load(place).running and (reachable := reachable_engine()) is not None:
        with place.locked("engine"):
            _undo(place, load(place))
            save(place, State(reachable=reachable))
        say(f"using the Docker engine at {reachable or 'its default address'}")
        return 0
    check_machine(place, makes_something=not load(place).running)
    with place.locked("engine"):
        state = _bring_up(place, options)
    if options.arm64 and native() != "arm64":
        with place.locked("arm64"):  # takes minutes; meanwhile the engine serves others
            _add_platform(place, state, "arm64")
    say(f"engine up after {time.monotonic() - begun:.1f} s: {place.node(FIRST).docker_host}, localhost:{state.port}")
    return 0


def _bring_up(place: Place, options: argparse.Namespace) -> State:
    _prepare(place)
    state = _ensure_space(place, load(place))
    holder, port = _up(state), state.port
    ensure_registry(place, holder, port)
    ensure_dockerd(place, holder, place.node(FIRST), port)
    if options.second:
        ensure_dockerd(place, holder, place.node(SECOND), port)
    if not state.emulation and native() == "amd64" and register_emulation(place, holder):
        state = save(place, state.but(emulation=True))
    ensure_images(place, port, ensure_native_file_system(place), native(), os.environ | settings(place, state))
    return state


def _add_platform(place: Place, state: State, architecture: str) -> None:
    archive = ensure_foreign_file_system(place, _up(state), architecture)
    ensure_images(place, state.port, archive, architecture, os.environ | settings(place, state))


def _prepare(place: Place) -> None:
    place.make()
    # both halves wait for the network and one processor, so they are made side by side the first time
    ensure_mmdebstrap(place)
    with ThreadPoolExecutor() as pool:
        root = pool.submit(ensure_root, place)
        pool.submit(ensure_native_file_system, place).result()
        root.result()
    ensure_client(place)


def _ensure_space(place: Place, state: State) -> State:
    # a dockerd that has died leaves a containerd that holds its data, so all begin anew then
    if not state.running or not _settles(place.node(FIRST)):
        _undo(place, state)
        place.make()
        port, limits = choose_port(state), key_limits()
        launcher, holder = open_space(place)
        state = save(place, State(launcher=launcher, holder=holder, port=port, key_limits=limits))
    if state.uplink is None or not state.uplink.alive:
        state = save(place, state.but(uplink=open_uplink(place, _up(state), state.port)))
    return state


def _settles(node: Node) -> bool:
    return not node.pidfile.exists() or wait_until(lambda: answers(node.socket), seconds=10)


def down(place: Place, options: argparse.Namespace) -> int:
    """Stop what `up` started and take back what it changed."""
    with place.locked("engine"):
        state = load(place)
        if state.running:
            with step("stopped the engine"):
                for name in (SECOND, FIRST):
                    stop_dockerd(_up(state), place.node(name))
                _undo(place, state)
        else:
            _undo(place, state)
        if state.reachable is not None:
            say("the Docker engine that was here before is left running")
        save(place, state.without_processes())
        if options.purge:
            with step(f"removed {place.top}"):
                shutil.rmtree(place.top)
    return 0


def _undo(place: Place, state: State) -> None:
    # each of these may be called when there is nothing to undo, so a crashed engine leaves nothing either
    if state.emulation:
        unregister_emulation()
    close_space(state)
    if state.key_limits:
        restore_key_limits(state.key_limits)
    if state.holder is not None:
        remove_cgroups(state.port)
        shutil.rmtree(place.top / "run", ignore_errors=True)


def trim(place: Place, options: argparse.Namespace) -> int:
    """Give back the disk of builds and pushes; base images and stand-ins stay."""
    del options
    with place.locked("arm64"), place.locked("engine"):  # nor while base images are being made
        state = load(place)
        if state.reachable is not None:
            raise EngineUnavailableError("the engine in use was here before `up`; trim only empties a private one")
        if not is_up(place, state):
            raise EngineUnavailableError("no engine is up; run `dev/engine up` first")
        client = os.environ | settings(place, state)
        with step("removed images and build cache"):
            nodes = sum(trim_node(place, place.node(name), state.port, client) for name in (FIRST, SECOND))
        with step("removed repositories and blobs of the registry"):
            registry = trim_registry(place, _up(state), state.port)
    print(f"{nodes + registry} bytes given back: images and build cache {nodes}, registry {registry}")
    return 0


def status(place: Place, options: argparse.Namespace) -> int:
    """Print what runs; the exit code says whether builds can."""
    del options
    state = load(place)
    if not is_up(place, state):
        print(f"no engine is up; `dev/engine up` makes one in {place.top}")
        return NOT_UP
    found = settings(place, state)
    versions = _versions(os.environ | found)
    print(f"engine    {versions}, at {found.get('DOCKER_HOST') or 'its default address'}")
    if state.reachable is not None:
        return 0
    second = place.node(SECOND)
    print(f"second    {second.docker_host if answers(second.socket) else 'not up (dev/engine up --second)'}")
    print(f"registry  localhost:{state.port}")
    print(f"images    for {' and '.join(architectures(place))}")
    print(f"arm64     {'emulated by the engine' if state.emulation else 'left to what this machine has'}")
    print(f"disk      {_disk_used(place.top)} in {place.top}, {shutil.disk_usage(place.top).free / 1e9:.0f} GB free")
    return 0


def env(place: Place, options: argparse.Namespace) -> int:
    """Print what a shell (or, with --json, a program) must set to use the engine."""
    state = load(place)
    if not is_up(place, state):
        raise EngineUnavailableError("no engine is up; run `dev/engine up` first")
    found = settings(place, state)
    if options.json:
        print(json.dumps(found, indent=2))
        return 0
    for name, value in found.items():
        added, rest = (value.partition(":")[0], ':"$PATH"') if name == "PATH" else (value, "")
        print(f"export {name}={shlex.quote(added)}{rest}")
    return 0


def _versions(environment: dict[str, str]) -> str:
    ask = ["docker", "version", "--format", "docker {{.Server.Version}}"]
    shown = subprocess.run(ask, check=False, env=environment, capture_output=True, text=True).stdout.strip()
    ask = ["docker", "buildx", "version"]
    plugin = subprocess.run(ask, check=False, env=environment, capture_output=True, text=True).stdout.split()
    return f"{shown}, buildx {plugin[1] if len(plugin) > 1 else 'missing'}"


def _disk_used(top: Path) -> str:
    # du sees a file that several image layers share once; errors are files that vanish while it looks
    shown = subprocess.run(["du", "-sxh", str(top)], check=False, capture_output=True, text=True).stdout.split()
    return shown[0] if shown else "an unknown size"


def _up(state: State) -> Process:
    assert state.holder is not None
    return state.holder


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev/engine", description=sys.modules["__main__"].__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(command: Callable[[Place, argparse.Namespace], int]) -> argparse.ArgumentParser:
        added = commands.add_parser(command.__name__, help=command.__doc__, description=command.__doc__)
        added.set_defaults(command=command)
        return added

    bring_up = add(up)
    bring_up.add_argument("--arm64", action="store_true", help="make the base images for arm64 too (minutes, once)")
    bring_up.add_argument("--second", action="store_true", help="bring up a second engine beside the first")
    bring_up.add_argument("--private", action="store_true", help="do not use an engine that is reachable already")
    add(down).add_argument("--purge", action="store_true", help="remove the downloaded system and all images too")
    add(trim)
    add(status)
    add(env).add_argument("--json", action="store_true", help="one JSON object instead of shell exports")
    return parser
