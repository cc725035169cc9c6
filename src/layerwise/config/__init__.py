"""``layerwise.toml``, or ``[tool.layerwise]`` of pyproject.toml, as one frozen ``Config``.

A mistake is named with its line; several are named at once.
"""

import difflib
import json
import os
import pathlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from layerwise.config.keys import KEYS, TABLES, Key, arguments, nodes
from layerwise.config.places import placed, placed_in_list, syntax_problem
from layerwise.config.scenarios import OwnEdit, own_edits
from layerwise.errors import ConfigError, Problem

NAME = "layerwise.toml"
_PYPROJECT, _TABLE = "pyproject.toml", ("tool", "layerwise")


@dataclass(frozen=True, slots=True)
class Config:
    """What a project has settled; None and empty mean that layerwise looks for itself.

    Attributes:
        dockerfile: The Dockerfile.
        context: The build context.
        target: The stage to build.
        platforms: ``linux/amd64``.
        build_args: Names and values.
        commits: How many commits to replay.
        threshold_s: A proposal that saves fewer expected seconds a build is left out.
        cold_weight: How many cold builds are counted for each replayed build; None for what CI's files say.
        gigabyte_weight_s: How many seconds a gigabyte that a build exports counts.
        project: What recorded builds are builds of.
        secret_names: Patterns of further names whose values are secret.
        scenarios: The user's own edits for scenarios, patches being paths.
        baseline: The file of accepted findings.
        passes_off: Names of the passes not to run.
        passes_only: Names of the only passes to run; empty for all.
        passes_allow: Classes, or ``class:pass``, to apply besides those applied by default.
        rules_off: Names of the rules not to run.
        nodes: The builder or docker context of a platform.
        tags: The names of the image where the command line has none.
        builder: The builder where the command line names none.
        cache_kind: ``registry``, ``local``, ``gha`` or ``none``.
        cache_mode: ``auto``, ``max``, ``min`` or ``off``.
        cache_ref: The repository of a registry cache.
        cache_directory: The directory of a local cache.
        main_branch: The branch whose cache serves every other.
        store_url: Where recorded builds are kept.
        keep_builds: How many of the newest builds of a project are kept whatever their age.
        keep_days: Of the others, those younger than so many days are kept too.
        source: The file that was read, empty where there is none.
    """

    dockerfile: str | None = None
    context: str | None = None
    target: str | None = None
    platforms: tuple[str, ...] = ()
    build_args: tuple[tuple[str, str], ...] = ()
    commits: int = 300
    threshold_s: float = 0.5
    cold_weight: float | None = None
    gigabyte_weight_s: float = 0.0
    project: str | None = None
    secret_names: tuple[str, ...] = ()
    scenarios: tuple[OwnEdit, ...] = ()
    baseline: str | None = None
    passes_off: tuple[str, ...] = ()
    passes_only: tuple[str, ...] = ()
    passes_allow: tuple[str, ...] = ()
    rules_off: tuple[str, ...] = ()
    nodes: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    builder: str | None = None
    cache_kind: str | None = None
    cache_mode: str = "auto"
    cache_ref: str | None = None
    cache_directory: str | None = None
    main_branch: str | None = None
    store_url: str | None = None
    keep_builds: int = 10_000
    keep_days: float = 0.0
    source: str = field(default="", compare=False)


def find_config(directory: pathlib.Path) -> Config:
    """Return the nearest configuration from ``directory`` up to the repository's root, the default where there is none.

    Its paths are made relative to ``directory``. Outside a repository only ``directory`` itself is looked at.

    Raises:
        ConfigError: The file says something it may not.
    """
    for place in _upwards(directory):
        for name, table in ((NAME, ()), (_PYPROJECT, _TABLE)):
            if config := _read(place / name, table):
                return replace(
                    config,
                    dockerfile=_seen_from(directory, place, config.dockerfile),
                    context=_seen_from(directory, place, config.context),
                    baseline=_seen_from(directory, place, config.baseline),
                    scenarios=tuple(
                        replace(edit, patch=_seen_from(directory, place, edit.patch or None) or "")
                        for edit in config.scenarios
                    ),
                    cache_directory=_seen_from(directory, place, config.cache_directory),
                )
    return Config()


def load(text: str, path: str = NAME, table: tuple[str, ...] = ()) -> Config:
    """Read a configuration from the text of a TOML file; ``table`` is where in it it stands.

    Raises:
        ConfigError: It is no TOML, or says something it may not.
    """
    try:
        found: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path, (syntax_problem(str(error), text),)) from error
    for name in table:
        found = found.get(name, {}) if isinstance(found, dict) else {}
    problems: list[Problem] = []
    values: dict[str, object] = {}
    for key, value in _flat(found if isinstance(found, dict) else {}):
        problem = _judge(key, value, values)
        if problem:
            problems.append(placed(problem, text, (*table, *key)))
    if problems:
        raise ConfigError(path, tuple(sorted(problems, key=lambda one: one.line)))
    return Config(**values, source=path)  # type: ignore[arg-type]  # each value was judged by the check of its key


def mistaken(config: Config, key: str, value: str, message: str) -> ConfigError:
    """Return the error of one text in the list of a key that only those who read the list know to be wrong."""
    path = pathlib.Path(config.source)
    table = _TABLE if path.name == _PYPROJECT else ()
    return ConfigError(
        config.source, (placed_in_list(f"{key}: {message}", _text_of(path), (*table, *key.split(".")), value),)
    )


def render(config: Config, seen: Mapping[str, str] | None = None) -> str:
    """Return the text of a layerwise.toml that says the same, each key explained, unset ones as comments.

    ``seen`` says of a key where its value was found: ``{"target": ".github/workflows/build.yml:31"}``.
    """
    parts = ["# How layerwise looks at this repository. Every key may be left out.\n"]
    header = ""
    for name, key in KEYS.items():
        table, _, plain = name.rpartition(".")
        if table != header:
            parts.append(f"[{table}]\n")
            header = table
        value = getattr(config, key.attribute)
        origin = f" Found in {seen[name]}." if seen and name in seen else ""
        parts.append(f"# {key.says}{origin}\n{_rendered(plain, value, key)}\n")
    return "\n".join(parts)


def _flat(table: Mapping[str, object], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield each key with its value, those of the tables that hold keys under their path."""
    for name, value in table.items():
        if not above and name in TABLES and isinstance(value, dict):
            yield from _flat(value, (name,))
        else:
            yield (*above, name), value


def _judge(path: tuple[str, ...], value: object, values: dict[str, object]) -> str | None:
    """Keep a right value; return what is wrong with a wrong one."""
    name = ".".join(path)
    key = KEYS.get(name)
    if name in TABLES:
        return f"{name} must be a table"
    if key is None:
        known = (*KEYS, *TABLES)
        near = difflib.get_close_matches(name, known, 1) or difflib.get_close_matches(
            path[-1].replace("-", "_"), known, 1
        )
        hint = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(KEYS)}"
        return f"unknown key {name}; {hint}"
    taken = key.take(value)
    if taken is None:
        return f"{name} must be {key.must_be}, not {json.dumps(value, default=str)}"
    values[key.attribute] = taken
    return None


def _rendered(name: str, value: object, key: Key) -> str:
    if value is None or value == ():
        return f"# {name} = {key.example}"
    if key.take in (arguments, nodes) and isinstance(value, tuple):
        return f"{name} = {{ {', '.join(f'{_quoted(one)} = {_quoted(text)}' for one, text in value)} }}"
    if key.take is own_edits and isinstance(value, tuple):
        return f"{name} = {{ {', '.join(map(_rendered_edit, value))} }}"
    if isinstance(value, tuple):
        return f"{name} = [{', '.join(map(_quoted, value))}]"
    return f"{name} = {_quoted(value) if isinstance(value, str) else value}"


def _rendered_edit(edit: OwnEdit) -> str:
    kind, text = ("command", edit.command) if edit.command else ("patch", edit.patch)
    return f"{_quoted(edit.scenario)} = {{ {kind} = {_quoted(text)} }}"


def _quoted(text: str) -> str:
    # TOML's basic strings are JSON's but for the one control character that JSON lets stand.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _upwards(directory: pathlib.Path) -> tuple[pathlib.Path, ...]:
    """Return the directories from ``directory`` up to the one that holds ``.git``."""
    start = directory.resolve()
    places: list[pathlib.Path] = []
    for place in (start, *start.parents):
        places.append(place)
        if (place / ".git").exists():
            return tuple(places)
    return (start,)


def _read(file: pathlib.Path, table: tuple[str, ...]) -> Config | None:
    """Return what a file settles, None where it is not there or has no such table."""
    if not file.is_file():
        return None
    text = _text_of(file)
    if table and table[-1] not in text:
        return None
    config = load(text, str(file), table)
    return None if table and config == Config() else config


def _text_of(file: pathlib.Path) -> str:
    content = file.read_bytes()
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(str(file), (Problem(line, 1, "no TOML: not in UTF-8"),)) from error


def _seen_from(directory: pathlib.Path, place: pathlib.Path, path: str | None) -> str | None:
    return None if path is None else os.path.relpath(place / path, directory.resolve())
