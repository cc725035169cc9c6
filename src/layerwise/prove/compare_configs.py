"""Compares two image configs by what a container made from them gets."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from layerwise.errors import ImageError
from layerwise.prove.difference import Difference, Facet

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_HOW_IT_WAS_MADE = frozenset(
    {"created", "history", "rootfs", "config", "container", "container_config", "docker_version", "id", "parent",
     "parent_id", "throwaway", "Size", "moby.buildkit.cache.v0", "moby.buildkit.buildinfo.v1"}
)  # fmt: skip
"""Keys beside ``config`` that say when and how an image was made, or that are compared by themselves."""
_OF_A_CONTAINER = frozenset(
    {"Hostname", "Domainname", "Image", "AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce"}
)
"""Keys that ``docker commit`` left of the container it was run on; no other container takes them over."""
_MAPS = ("Labels", "ExposedPorts", "Volumes")
_VARIANTS = {"amd64": "v1", "arm64": "v8", "arm": "v7"}
"""What containerd takes for granted (platforms, Normalize)."""


def compare_configs(left: bytes, right: bytes) -> tuple[Difference, ...]:
    """Return all differences of two image configs, by key.

    Env is a map, and so are labels, ports and volumes; what is empty is not there; history and digests don't count.

    Raises:
        ImageError: One of them is no JSON object.
    """
    mine, yours = settings(left), settings(right)
    return tuple(
        Difference(key, Facet.SETTING, mine.get(key), yours.get(key))
        for key in sorted(mine.keys() | yours.keys())
        if mine.get(key) != yours.get(key)
    )


def settings(config: bytes) -> dict[str, str]:
    """Return an image config as flat settings: ``Env PATH``, ``Labels team``, ``Entrypoint``, ``architecture``.

    Raises:
        ImageError: It is no JSON object.
    """
    document = _object(config)
    inner = document.get("config") or {}
    if not isinstance(inner, dict):
        raise ImageError("the image config's `config` is no object")
    outer = {key: value for key, value in document.items() if key not in _HOW_IT_WAS_MADE}
    inner = {key: value for key, value in inner.items() if key not in _OF_A_CONTAINER}
    return dict((*_platform(outer), *_env(inner.pop("Env", None)), *_keyed(inner), *_plain(inner)))


def _object(config: bytes) -> dict[str, Json]:
    try:
        return msgspec.json.decode(config, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ImageError(f"the image config can't be read: {error}") from error


def _platform(outer: dict[str, Json]) -> Iterator[tuple[str, str]]:
    usual = _VARIANTS.get(str(outer.get("architecture")))
    for key, value in outer.items():
        if value and not (key == "variant" and value == usual):
            yield key, _text(value)


def _env(env: Json) -> Iterator[tuple[str, str]]:
    """Yield each variable once; of one that stands there twice all values in their order, for programs differ."""
    values: defaultdict[str, list[str]] = defaultdict(list)
    for pair in env if isinstance(env, list) else ():
        name, equals, value = str(pair).partition("=")
        values[name].append(value if equals else "(no value)")
    for name, found in values.items():
        yield f"Env {name}", found[0] if len(found) == 1 else json.dumps(found)


def _keyed(inner: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    for key in _MAPS:
        found = inner.get(key)
        for name, value in found.items() if isinstance(found, dict) else ():
            label = f"{name}/tcp" if key == "ExposedPorts" and "/" not in name else name
            yield f"{key} {label}", _text(value) if key == "Labels" else "set"


def _plain(inner: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    for key, value in inner.items():
        if key not in _MAPS and (kept := _filled(value)) and not (key == "WorkingDir" and kept == "/"):
            yield key, _text(kept)


def _filled(value: Json) -> Json:
    """Return a value without what is empty in it: 0, null and nothing are what is not there, as Go writes them."""
    if isinstance(value, dict):
        return {key: kept for key, one in value.items() if (kept := _filled(one))}
    return value


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
