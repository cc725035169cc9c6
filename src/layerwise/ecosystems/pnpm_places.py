"""pnpm's settings, and where they make it keep its store and its metadata (its documentation, "Settings")."""

import re
from collections.abc import Iterator

from layerwise.ecosystems.effects import EVERYWHERE, CacheDirectory, Files, Path, Scope
from layerwise.ecosystems.json_objects import Json
from layerwise.ecosystems.node_settings import flagged, npmrc, set_true, variable
from layerwise.ecosystems.options import Options
from layerwise.ecosystems.places import home, located, place
from layerwise.ecosystems.workspaces import Project


def settings_of(project: Project, workspace: Json, files: Files) -> dict[str, str]:
    """Return the settings of .npmrc, and those of pnpm-workspace.yaml, which are written in one word there."""
    own = {
        re.sub(r"([A-Z])", r"-\1", name).lower(): str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in workspace.items()
        if not isinstance(value, (list, dict))
    }
    return {**npmrc(project.directory, files), **own}


def ignores_scripts(options: Options, settings: dict[str, str], scope: Scope) -> bool:
    """Whether an option, a variable or a setting keeps lifecycle scripts from running, in that order."""
    told = flagged(options, "--ignore-scripts")
    told = set_true(scope, "npm_config_ignore_scripts", "pnpm_config_ignore_scripts") if told is None else told
    return settings.get("ignore-scripts") == "true" if told is None else told


def trees(settings: dict[str, str], options: Options, scope: Scope) -> frozenset[Path]:
    """Return the trees that an install may write outside the project, the store and its metadata among them."""
    kept = home(scope, ".local/share/pnpm"), home(scope, ".cache/pnpm"), home(scope, ".local/state/pnpm")
    named = frozenset(Path(one.path, tree=True) for one in caches(settings, options, scope))
    return frozenset({*kept, home(scope, ".cache/node-gyp")}) | (named or {EVERYWHERE})


def caches(settings: dict[str, str], options: Options, scope: Scope) -> frozenset[CacheDirectory]:
    """Return the store and the metadata, none where the store's place is not known.

    The store's own directory is named and not the one around it: pnpm tries there whether it can link into the project
    from it, and takes a store at the root of the project's file system where it cannot (pnpm docs, "storeDir").
    """
    store = _store(settings, options, scope)
    if store is None:
        return frozenset()
    found = (store, *_metadata(settings, options, scope))
    return frozenset(CacheDirectory(one.path, "shared") for one in found if one != EVERYWHERE)


def _store(settings: dict[str, str], options: Options, scope: Scope) -> Path | None:
    named = options.value("--store-dir", "--store")
    if named is not None:
        return place(named, scope) if named.value else None
    moved = variable(scope, "npm_config_store_dir", "pnpm_config_store_dir")
    moved = settings.get("store-dir", settings.get("store")) if moved is None else moved
    if moved is None:
        base = own_directory(scope)
        return located(f"{base}/store", scope) if base else None
    return located(moved, scope) if moved and not moved.startswith("~") else None


def _metadata(settings: dict[str, str], options: Options, scope: Scope) -> Iterator[Path]:
    moved = variable(scope, "npm_config_cache_dir", "pnpm_config_cache_dir", "xdg_cache_home")
    if moved is None and "cache-dir" not in settings and not options.has("--cache-dir"):
        yield home(scope, ".cache/pnpm")


def own_directory(scope: Scope) -> str:
    """Return pnpm's own directory, "" where it is not known (@pnpm/config, dirs.ts)."""
    own, data = variable(scope, "pnpm_home"), variable(scope, "xdg_data_home")
    if own is not None:
        return own
    if data is not None:
        return f"{data}/pnpm" if data else ""
    return f"{scope.home}/.local/share/pnpm" if scope.home else ""
