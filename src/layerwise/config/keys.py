"""The keys of layerwise.toml: what each is for, what it must be, and how its value is taken."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from layerwise.config.scenarios import own_edits


@dataclass(frozen=True, slots=True)
class Key:
    """One key.

    Attributes:
        attribute: Its name in ``Config``.
        says: What it is for, a sentence.
        must_be: What its value must be, for a message.
        take: Returns the value as ``Config`` holds it, None where it is wrong.
        example: A value in TOML, shown where none is set.
    """

    attribute: str
    says: str
    must_be: str
    take: Callable[[object], object | None]
    example: str


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        return None
    return tuple(value)


def _platforms(value: object) -> tuple[str, ...] | None:
    names = _texts(value)
    return names if names is not None and all(_PLATFORM.fullmatch(name) for name in names) else None


def arguments(value: object) -> tuple[tuple[str, str], ...] | None:
    """Take a table of texts, in the order written."""
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        return None
    return tuple(value.items())


def nodes(value: object) -> tuple[tuple[str, str], ...] | None:
    """Take a table of names by platform, in the order written."""
    named = arguments(value)
    if named is None or not all(_PLATFORM.fullmatch(platform) and name for platform, name in named):
        return None
    return named


def _one_of(*words: str) -> Callable[[object], object | None]:
    return lambda value: value if value in words else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        return None
    return float(value)


def _patterns(value: object) -> tuple[str, ...] | None:
    texts = _texts(value)
    for text in texts or ():
        try:
            re.compile(text)
        except re.error:
            return None
    return texts


_PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9]+(/[a-z0-9.]+)?")
KEYS = {
    "dockerfile": Key("dockerfile", "The Dockerfile, from here.", "a path", _text, '"Dockerfile"'),
    "context": Key("context", "The build context, from here.", "a path", _text, '"."'),
    "target": Key("target", "The stage to build.", "the name of a stage", _text, '"runtime"'),
    "platforms": Key(
        "platforms",
        "The platforms to build for.",
        'a list such as ["linux/amd64", "linux/arm64"]',
        _platforms,
        '["linux/amd64"]',
    ),
    "commits": Key("commits", "How many commits to replay.", "a whole number above 0", _count, ""),
    "threshold_s": Key(
        "threshold_s",
        "Leave out what saves fewer seconds a build; a tenth where it only takes lines away.",
        "a number of seconds, 0 or more",
        _number,
        "",
    ),
    "cold_weight": Key(
        "cold_weight",
        "How many cold builds to count for each replayed build; unset: 1 where CI builds with no cache, else 0.02.",
        "a number, 0 or more",
        _number,
        "0.02",
    ),
    "gigabyte_weight_s": Key(
        "gigabyte_weight_s",
        "How many seconds a gigabyte that a build exports counts.",
        "a number, 0 or more",
        _number,
        "",
    ),
    "build_args": Key(
        "build_args",
        "Values of build arguments.",
        'a table of texts such as { DEBUG = "0" }',
        arguments,
        '{ DEBUG = "0" }',
    ),
    "nodes": Key(
        "nodes",
        "The builder or docker context that builds a platform.",
        'a table such as { "linux/arm64" = "arm-box" }',
        nodes,
        '{ "linux/arm64" = "arm-box" }',
    ),
    "project": Key(
        "project",
        "What recorded builds are builds of; unset, where the repository comes from.",
        "a name",
        _text,
        '"shop"',
    ),
    "secret_names": Key(
        "secret_names",
        "Patterns of further names whose values are secret.",
        'a list of regular expressions such as ["^corp_"]',
        _patterns,
        '["^corp_"]',
    ),
    "scenarios": Key(
        "scenarios",
        "Your own edits for the scenarios of a bench, made in a copy of the context.",
        'a table of tables such as { pip = { command = "..." } } or { pip = { patch = "a.diff" } }',
        own_edits,
        '{ pip = { command = "sed -i s/flask==3.0.0/flask==3.0.1/ requirements.txt" } }',
    ),
    "baseline": Key(
        "baseline", "Findings that stand and are accepted, from here.", "a path", _text, '".layerwise-baseline.json"'
    ),
    "passes.off": Key("passes_off", "Passes not to run.", 'a list such as ["late-args"]', _texts, '["late-args"]'),
    "passes.only": Key(
        "passes_only", "The only passes to run.", 'a list such as ["late-args"]', _texts, '["manifest-first"]'
    ),
    "passes.allow": Key(
        "passes_allow",
        "Classes to apply too, as --allow takes them.",
        'a list such as ["frozen", "behaviour:slim-base"]',
        _texts,
        '["frozen"]',
    ),
    "rules.off": Key(
        "rules_off", "Rules not to run.", 'a list such as ["early-argument"]', _texts, '["early-argument"]'
    ),
    "build.tags": Key(
        "tags",
        "The names of the image where the command line has no -t.",
        'a list such as ["ghcr.io/acme/shop:latest"]',
        _texts,
        '["ghcr.io/acme/shop:latest"]',
    ),
    "build.builder": Key(
        "builder", "The builder where the command line names none.", "the name of a builder", _text, '"maker"'
    ),
    "cache.kind": Key(
        "cache_kind",
        "Where the build cache is kept.",
        '"registry", "local", "gha" or "none"',
        _one_of("registry", "local", "gha", "none"),
        '"registry"',
    ),
    "cache.mode": Key(
        "cache_mode",
        "What of it is sent out; auto weighs that by recorded builds.",
        '"auto", "max", "min" or "off"',
        _one_of("auto", "max", "min", "off"),
        "",
    ),
    "cache.ref": Key(
        "cache_ref",
        "The repository of a registry cache; unset, the image's own.",
        "a name such as ghcr.io/acme/cache",
        _text,
        '"ghcr.io/acme/cache"',
    ),
    "cache.directory": Key(
        "cache_directory", "The directory of a local cache, from here; unset, yours.", "a path", _text, '"../cache"'
    ),
    "cache.main": Key(
        "main_branch",
        "The branch whose cache serves every other; unset, what git or CI says, else main.",
        "the name of a branch",
        _text,
        '"main"',
    ),
    "store.url": Key(
        "store_url",
        "Where recorded builds are kept.",
        "a URL such as sqlite:///builds.db",
        _text,
        '"sqlite:////var/lib/layerwise/builds.db"',
    ),
    "store.keep_builds": Key(
        "keep_builds", "How many of the newest builds of a project to keep.", "a whole number above 0", _count, ""
    ),
    "store.keep_days": Key(
        "keep_days",
        "Of those beyond keep_builds, keep the ones younger than so many days.",
        "a number, 0 or more",
        _number,
        "",
    ),
}
"""Every key by its dotted name, in the order that a file shows them: those of tables last, as TOML wants."""

TABLES = frozenset(name.rpartition(".")[0] for name in KEYS) - {""}
"""The tables that hold keys."""
