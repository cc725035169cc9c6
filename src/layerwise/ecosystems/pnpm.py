"""pnpm: what it installs, from which files, and whether the project's own scripts run.

Observed on pnpm 9.15 and 10.34 with strace: of the project it opens every package.json of the workspace, the lock,
pnpm-workspace.yaml, .pnpmfile.cjs and each member's .npmrc. Settings are those of its documentation, "Settings". The
store is written by renaming and is shared by the documentation's own example ("Working with Docker"); packages are
linked or copied out of it, so nothing reads it later unless a later command is told to stay offline. Nothing turns
it off.
"""

import posixpath
import re
from dataclasses import replace
from functools import lru_cache

import yaml

from layerwise.ecosystems.base import SHELL_WORK
from layerwise.ecosystems.call import Call
from layerwise.ecosystems.directories import ancestors
from layerwise.ecosystems.effects import EVERYWHERE, Effects, Files, Frozen, Path, Scope, opaque
from layerwise.ecosystems.json_objects import Json, strings
from layerwise.ecosystems.node_install import (
    Install,
    global_effects,
    install_effects,
    project_of,
    with_packages,
)
from layerwise.ecosystems.node_settings import by_corepack, environment, flagged, set_true, variable
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.package_json import project_directory
from layerwise.ecosystems.places import home, located
from layerwise.ecosystems.pnpm_lock import read_lock
from layerwise.ecosystems.pnpm_places import caches, ignores_scripts, own_directory, settings_of, trees
from layerwise.ecosystems.workspaces import Project, read_project

NAMES = frozenset({"pnpm"})

# The order that pnpm runs them in (observed); .pnpmfile.cjs runs before all.
_MEMBER = ("preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare")
_ROOT = ("pnpm:devPreinstall", *_MEMBER)
_FILES = ("pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc", ".pnpmfile.cjs", ".pnpmfile.mjs")
_VALUED = """
-C --dir --store-dir --store --registry --filter -F --filter-prod --loglevel --reporter --network-concurrency
--child-concurrency --workspace-concurrency --config-dir --cache-dir --modules-dir --virtual-store-dir --lockfile-dir
--node-linker --package-import-method --hoist-pattern --public-hoist-pattern --global-dir --global-bin-dir
--fetch-retries --fetch-timeout --cpu --os --libc --pnpmfile --global-pnpmfile --userconfig --npmrc-auth-file
--test-pattern --changed-files-ignore-pattern --allow-build --use-node-version
"""
_MOVES = """
modules-dir virtual-store-dir lockfile-dir shared-workspace-lockfile pnpmfile global-pnpmfile node-options
script-shell enable-global-virtual-store inject-workspace-packages state-dir only-built-dependencies-file
"""
_LOADS = re.compile(r"\b(?:require|import|process|global|globalThis|eval|Function|constructor)\b")
_ALLOWING = 10  # the first release that runs no install scripts but those it is told to
_ASKS = """
list ls ll la why outdated audit licenses root bin help view info show whoami
"""


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of a pnpm command."""
    options = parse(call.arguments, _VALUED.split())
    cwd = project_of(options, scope, "-C", "--dir")
    if not options.positionals:
        asked = options.has("--version", "-v", "--help", "-h")
        return Effects(environment=environment(), work=SHELL_WORK) if asked else opaque(str(call))
    if cwd is None or options.doubtful:
        return opaque(f"the working directory or the command of pnpm is not known: {call}")
    verb = options.positionals[0].value or ""
    found = _known(verb, Options(options.options, options.positionals[1:]), cwd, scope)
    if found is None:
        return opaque(f"runs project code: {call}")
    settings = frozenset({home(scope, ".npmrc"), home(scope, ".config/pnpm"), Path("/usr/local/etc/npmrc")})
    return found | Effects(reads=settings, environment=environment())


def _known(verb: str, options: Options, cwd: str, scope: Scope) -> Effects | None:
    named = options.positionals
    if verb in {"install", "i", "add"} and options.has("-g", "--global"):
        where = {
            located(own_directory(scope), scope) if own_directory(scope) else EVERYWHERE,
            home(scope, ".local/share/pnpm"),
        }
        return global_effects("pnpm.global", named, where, caches({}, options, scope), scope)
    if verb in {"install", "i", "add", "fetch", "prune"}:
        found = _project(cwd, scope.files)
        if isinstance(found, str):
            return opaque(found)
        project, workspace = found
        if verb == "fetch":
            return _fetch(options, project, workspace, scope)
        installed = _install(verb, options, project, workspace, scope)
        return installed if verb == "prune" else with_packages(installed, named, scope)
    if verb == "store" and named and named[0].value == "prune":
        kept = frozenset(Path(one.path, tree=True) for one in caches({}, options, scope)) or frozenset({EVERYWHERE})
        return Effects(kept, kept, work=SHELL_WORK)
    if verb in {"config", "c"} and len(named) > 1 and named[0].value == "set":
        files = frozenset({home(scope, ".npmrc"), home(scope, ".config/pnpm")})
        moves = named[1].value is None or named[1].text in {*_MOVES.split(), "store-dir", "cache-dir", "ignore-scripts"}
        return opaque(f"pnpm config changes {named[1].text}") if moves else Effects(files, files, work=SHELL_WORK)
    if verb in _ASKS.split():
        return Effects(frozenset({located(".", scope)}), fetches=True, work=SHELL_WORK, deterministic=False)
    return None


def _project(cwd: str, files: Files) -> tuple[Project, Json] | str:
    """Return the project and its pnpm-workspace.yaml: the nearest directory above that has one is the root."""
    near = project_directory(cwd, files)
    roots = [one for one in (near, *ancestors(near)) if files.exists(posixpath.join(one, "pnpm-workspace.yaml"))]
    if not roots:
        return read_project(near, files, ()), {}
    path = posixpath.join(roots[0], "pnpm-workspace.yaml")
    content = _workspace(files.read(path) or "")
    if content is None:
        return f"{path} could not be read before the build"
    return read_project(roots[0], files, strings(content.get("packages"))), content


@lru_cache(maxsize=16)
def _workspace(text: str) -> Json | None:
    """Parse a pnpm-workspace.yaml once: a plan asks for it for each of its texts."""
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _install(verb: str, options: Options, project: Project, workspace: Json, scope: Scope) -> Effects:
    settings = settings_of(project, workspace, scope.files)
    silent = ignores_scripts(options, settings, scope)
    patches, problems = _patches(project, workspace, settings, options, scope)
    exact = verb != "add" and _is_frozen(options, settings, scope)
    member_settings = frozenset(Path(posixpath.join(one.directory, ".npmrc")) for one in project.members)
    install = Install(
        "pnpm.install",
        _FILES,
        patches=(*patches, *(one.path for one in member_settings if scope.files.exists(one.path))),
        root=() if silent else _ROOT,
        members=() if silent else _MEMBER,
        silent=silent,
        scripted=_scripted(project, workspace, settings),
        writes=trees(settings, options, scope),
        caches=frozenset() if flagged(options, "--offline") else caches(settings, options, scope),
        frozen=_frozen(options),
        exact=exact,
    )
    lock = read_lock(project, scope.files)
    found = replace(project, problems=(*project.problems, *problems))
    own = Effects(reads=member_settings)
    return install_effects(found, lock, install, scope) | by_corepack(project.root, scope) | own


def _frozen(options: Options) -> Frozen | None:
    if options.has("--no-lockfile", "--fix-lockfile", "--lockfile-only") or flagged(options, "--lockfile") is False:
        return None
    loose = "--no-frozen-lockfile" if options.has("--no-frozen-lockfile") else "--frozen-lockfile=false"
    stated = flagged(options, "--frozen-lockfile") is False
    return Frozen(((loose, "--frozen-lockfile"),)) if stated else Frozen(added=("--frozen-lockfile",))


def _is_frozen(options: Options, settings: dict[str, str], scope: Scope) -> bool:
    """Whether the lock is kept as it is: by option, setting, or because CI is set (pnpm docs, "pnpm install")."""
    given = flagged(options, "--frozen-lockfile")
    if given is None and "frozen-lockfile" in settings:
        given = settings["frozen-lockfile"] == "true"
    return bool(set_true(scope, "ci")) if given is None else given


def _fetch(options: Options, project: Project, workspace: Json, scope: Scope) -> Effects:
    """``pnpm fetch`` takes packages from the lock alone, and fills the store for an install that stays offline."""
    settings = settings_of(project, workspace, scope.files)
    patches, problems = _patches(project, workspace, settings, options, scope)
    lock = read_lock(project, scope.files)
    install = Install(
        "pnpm.fetch",
        _FILES,
        patches=patches,
        silent=ignores_scripts(options, settings, scope),
        scripted=_scripted(project, workspace, settings),
        writes=trees(settings, options, scope),
        caches=frozenset(replace(one, read_later=True) for one in caches(settings, options, scope)),
        exact=True,
    )
    alone = replace(lock, problems=tuple(one for one in lock.problems if "could not be read" in one))
    return install_effects(Project(project.directory, problems=tuple(problems)), alone, install, scope)


def _patches(
    project: Project, workspace: Json, settings: dict[str, str], options: Options, scope: Scope
) -> tuple[tuple[str, ...], list[str]]:
    """Return the patches that are applied, and why they and the manifests may not be all that is read."""
    patched = (workspace.get("patchedDependencies"), project.root.table("pnpm").get("patchedDependencies"))
    named = [str(path) for one in patched if isinstance(one, dict) for path in one.values()]
    moved = [
        one
        for one in _MOVES.split()
        if one in settings
        or options.has(f"--{one}")
        or variable(scope, f"npm_config_{one.replace('-', '_')}") is not None
    ]
    problems = [f"pnpm is set to another way by {one}" for one in moved]
    hooks = (project.at(".pnpmfile.cjs"), project.at(".pnpmfile.mjs"))
    problems += [f"pnpm runs {one}" for one in hooks if _runs_code(one, scope.files)]
    problems += [
        f"pnpm asks git what changed: {one.text}" for one in options.values("--filter", "-F") if "[" in one.text
    ]
    return tuple(project.at(one) for one in named), problems


def _runs_code(path: str, files: Files) -> bool:
    """Whether a hook is there that can read a file: one that loads nothing only changes what it is handed."""
    return bool(files.exists(path)) and _LOADS.search(files.read(path) or "import") is not None


def _scripted(project: Project, workspace: Json, settings: dict[str, str]) -> frozenset[str] | None:
    """Return the packages whose install scripts run, for a release that runs no others; None where all may."""
    release = re.match(r"pnpm@(\d+)\.", project.root.manager)
    allowed = workspace.get("onlyBuiltDependencies", project.root.table("pnpm").get("onlyBuiltDependencies"))
    every = settings.get("dangerously-allow-all-builds") == "true"
    if every or (allowed is None and (release is None or int(release[1]) < _ALLOWING)):
        return None
    builds = workspace.get("allowBuilds")
    further = (name for name, told in builds.items() if told) if isinstance(builds, dict) else ()
    return frozenset(name.lower() for name in (*strings(allowed), *further))
