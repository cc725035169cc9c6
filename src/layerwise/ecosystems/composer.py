"""Composer: what it installs, from which files, and whether the project's own scripts run.

Variables and directories are those of Composer 2.9 (its documentation, "Command-line", and Factory::getHomeDir,
getCacheDir and useXdg): the cache is ~/.cache/composer where /etc/xdg or an XDG variable exists, and else
~/.composer/cache. Archives are copied into it without a lock, so builds take turns.
"""

from collections.abc import Callable

from layerwise.ecosystems.base import SHELL_WORK, fetching
from layerwise.ecosystems.call import Argument, Call
from layerwise.ecosystems.composer_json import Project, read_project
from layerwise.ecosystems.composer_places import downloads, histories, homes, settings, uncached, written
from layerwise.ecosystems.effects import (
    EVERYWHERE,
    CacheDirectory,
    Effects,
    Environment,
    Frozen,
    Openness,
    Path,
    Scope,
    Work,
    opaque,
)
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.places import absolute_path, located

NAMES = frozenset({"composer", "composer.phar", "composer2"})

# Composer reads COMPOSER and COMPOSER_*; PHP reads its own; git, svn and ssh run for packages from a repository.
_VARIABLES = (
    *("COMPOSER", "COMPOSER_*", "PHP*", "CI", "GITHUB_ACTIONS", "GIT_*", "SSH_*", "SVN_*", "HG*", "EDITOR", "SUDO_UID"),
    *("SHELL_VERBOSITY", "SYMFONY_*", "XDEBUG_*", "MSYSTEM"),
)
_VALUED = (
    *("-d", "--working-dir", "--prefer-install", "--audit-format", "--apcu-autoloader-prefix", "--ignore-platform-req"),
    *("--with", "--format", "-f", "--bump-after-update"),
)
_FLAGS = (
    *(
        "--prefer-source",
        "--prefer-dist",
        "--dry-run",
        "--download-only",
        "--dev",
        "--no-dev",
        "--no-suggest",
        "-v",
        "-q",
    ),
    *(
        "--no-autoloader",
        "--no-progress",
        "--no-install",
        "--audit",
        "--no-audit",
        "--verbose",
        "--optimize-autoloader",
    ),
    *("-o", "--classmap-authoritative", "-a", "--strict-psr-autoloader", "--apcu-autoloader", "--ignore-platform-reqs"),
    *("--no-interaction", "-n", "--no-plugins", "--no-scripts", "--no-cache", "--profile", "--ansi", "--no-ansi"),
    *("--quiet", "--no-blocking", "--no-security-blocking", "--optimize", "--classmap", "--apcu", "--strict-psr"),
    *("--strict-ambiguous", "--with-dependencies", "-w", "--with-all-dependencies", "-W", "--prefer-stable"),
    *("--prefer-lowest", "--minimal-changes", "-m", "--lock", "--no-update", "--update-no-dev", "--fixed"),
    *("--sort-packages", "--update-with-dependencies", "--update-with-all-dependencies", "--unused", "--patch-only"),
)
_ASKS = frozenset(
    {
        *(
            "about",
            "audit",
            "check-platform-reqs",
            "depends",
            "why",
            "diagnose",
            "fund",
            "help",
            "info",
            "show",
            "licenses",
        ),
        *("list", "outdated", "prohibits", "why-not", "search", "status", "suggests", "validate", "browse", "home"),
    }
)
_AS_INSTALL = ("--no-interaction", "-n", "--no-dev", "--no-scripts", "--no-plugins", "--no-progress", "-o", "-a")


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of a Composer command."""
    options = parse(call.arguments, _VALUED)
    if not options.positionals:
        known = options.has("--version", "-V", "--help", "-h")
        return Effects(environment=_environment(), work=SHELL_WORK) if known else opaque(str(call))
    verb, *named = options.positionals
    handler = _VERBS.get(verb.value or "")
    if handler is None:
        if verb.value in {"exec", "run", "run-script"}:
            return opaque(f"runs project code: {call}")
        return opaque(f"layerwise does not know what composer {verb.text} does")
    rest = Options(options.options, tuple(named))
    return handler(rest, scope) | Effects(reads=settings(scope), environment=_environment())


def _environment() -> Environment:
    return fetching(*_VARIABLES, openness=Openness.INSTALLER)


def _install(options: Options, scope: Scope) -> Effects:
    """Install what the lock says; without a lock, resolve and write one."""
    if options.positionals:
        return opaque("composer install is given packages, which it refuses")
    found = _project(options, scope)
    if isinstance(found, str):
        return opaque(found)
    if found.lock is None:
        return _resolved(found, options, scope, "composer.update")
    return _of_project(found, options, scope, Work("composer.install", found.packages, found.names))


def _update(options: Options, scope: Scope) -> Effects:
    found = _project(options, scope)
    if isinstance(found, str):
        return opaque(found)
    plain = not options.positionals and not options.unknown(_AS_INSTALL)
    frozen = Frozen(replaced=(("update", "install"),)) if found.lock and plain else None
    return _resolved(found, options, scope, "composer.update") | Effects(frozen=frozen)


def _require(options: Options, scope: Scope) -> Effects:
    """``require`` and ``remove`` change composer.json too."""
    found = _project(options, scope)
    if isinstance(found, str):
        return opaque(found)
    return _resolved(found, options, scope, "composer.update") | Effects(writes=frozenset({Path(found.candidates[0])}))


def _resolved(project: Project, options: Options, scope: Scope, kind: str) -> Effects:
    work = Work(kind, project.packages + len(options.positionals), project.names)
    doubts = (
        (f"composer may rewrite {project.lock}: a later copy of the project would bring the old one back",)
        if project.lock
        else ()
    )
    return _of_project(project, options, scope, work) | Effects(
        writes=frozenset({Path(project.lock_path)}), doubts=doubts, deterministic=False
    )


def _project(options: Options, scope: Scope) -> Project | str:
    """Return the project that Composer works on, or why it cannot be told."""
    directory: str | None = scope.cwd
    if (named := options.value("-d", "--working-dir")) is not None:
        directory = absolute_path(named.text, scope) if named.value else None
    name = scope.environment.get("COMPOSER", "composer.json")
    if directory is None or name is None:
        return "the directory or the manifest of composer is not known"
    dev = not options.has("--no-dev") and _switch("COMPOSER_NO_DEV", scope) is False
    return read_project(directory, scope.files, name=name or "composer.json", dev=dev)


def _switch(name: str, scope: Scope) -> bool | None:
    """Return whether a variable turns something on; None where its value is not known."""
    value = scope.environment.get(name, "")
    return None if value is None else value not in {"", "0", "false"}


def _of_project(project: Project, options: Options, scope: Scope, work: Work) -> Effects:
    scripts = () if options.has("--no-scripts") else project.scripts
    pluggable = not options.has("--no-plugins")
    reasons = [*project.needs_source, *(project.plugins if pluggable else ()), *scripts, *_reasons(options)]
    if not options.has("--no-autoloader"):
        reasons += _autoloader(project, options)
    places = written(project, scope)
    running = bool(scripts or (pluggable and project.plugins))
    here = frozenset({Path(project.directory, tree=True)}) if running else frozenset[Path]()
    cache = downloads(scope, project)
    return Effects(
        reads=frozenset(Path(one) for one in project.candidates)
        | places
        | histories(project, scope)
        | cache
        | ({EVERYWHERE} if running else frozenset()),
        writes=places | here | cache | homes(scope),
        fetches=True,
        environment=Environment(Openness.OPEN if reasons else Openness.INSTALLER),
        manifests=project.manifests,
        lock=project.lock,
        caches=frozenset(CacheDirectory(one.path, "locked") for one in cache - {EVERYWHERE}),
        uncached=uncached(options, scope),
        work=(work,),
        needs_source=tuple(dict.fromkeys(reasons)),
        doubts=project.doubts if pluggable else (),
        deterministic=project.hashed and not reasons,
    )


def _reasons(options: Options) -> list[str]:
    unknown = options.unknown((*_VALUED, *_FLAGS))
    reasons = [f"an option of composer that layerwise does not know: {name}" for name in unknown]
    if options.doubtful:
        reasons.append("composer is given arguments that are not known before the build")
    return reasons


def _autoloader(project: Project, options: Options) -> tuple[str, ...]:
    optimised = options.has("-o", "--optimize-autoloader", "--optimize", "-a", "--classmap-authoritative")
    return (*project.scanned, *(project.optimised if optimised else ()))


def _dump(options: Options, scope: Scope) -> Effects:
    """Write the autoloader from the installed packages and, where it lists classes, from the project's."""
    found = _project(options, scope)
    if isinstance(found, str):
        return opaque(found)
    reasons = (
        *_autoloader(found, options),
        *(() if options.has("--no-scripts") else found.scripts),
        *_reasons(options),
    )
    places = written(found, scope)
    unread = tuple(one for one in found.needs_source if "could not be read" in one)
    read = frozenset({EVERYWHERE}) if reasons or unread else frozenset[Path]()
    running = bool(found.scripts) and not options.has("--no-scripts")
    return Effects(
        reads=frozenset(Path(one) for one in found.candidates) | places | read | histories(found, scope),
        writes=places | (frozenset({Path(found.directory, tree=True)}) if running else frozenset()),
        environment=Environment(Openness.OPEN if reasons or unread else Openness.INSTALLER),
        manifests=found.manifests,
        lock=found.lock,
        work=(Work("composer.dump-autoload", found.packages),),
        needs_source=(*reasons, *unread),
    )


def _clear(options: Options, scope: Scope) -> Effects:
    project = _project(options, scope)
    cache = downloads(scope, None if isinstance(project, str) else project)
    return Effects(reads=cache, writes=cache, work=SHELL_WORK)


def _global(options: Options, scope: Scope) -> Effects:
    """Install tools into Composer's home; nothing of the project is read."""
    verb = options.positionals[0].value if options.positionals else None
    named = options.positionals[1:]
    if verb not in {"require", "update", "install", "remove"}:
        return opaque(f"layerwise does not know what composer global {verb} does")
    where, cache = homes(scope), downloads(scope)
    return Effects(
        reads=where | cache,
        writes=where | cache,
        fetches=True,
        environment=_environment(),
        caches=frozenset(CacheDirectory(one.path, "locked") for one in cache - {EVERYWHERE}),
        uncached=uncached(options, scope),
        work=(Work("composer.update", len(named), tuple(_name(one) for one in named if one.known)),),
        needs_source=tuple(_reasons(options)),
        deterministic=False,
    )


def _name(argument: Argument) -> str:
    return argument.text.partition(":")[0].lower()


def _config(options: Options, scope: Scope) -> Effects:
    """``composer config`` changes composer.json and auth.json, with ``--global`` those of the home directory."""
    files = frozenset({located("composer.json", scope, tree=False), located("auth.json", scope, tree=False)})
    where = homes(scope) if options.has("-g", "--global") else files
    if options.has("-d", "--working-dir", "-f", "--file"):
        return opaque("composer config works on a file that is named")
    return Effects(reads=files | where, writes=where, work=SHELL_WORK)


def _self_update(_options: Options, scope: Scope) -> Effects:
    """Composer replaces itself, wherever it is."""
    where = homes(scope) | {Path("/usr/local/bin", tree=True), Path("/usr/bin", tree=True)}
    return Effects(reads=where, writes=where, fetches=True, work=(Work("download", 1),), deterministic=False)


def _asks(_options: Options, scope: Scope) -> Effects:
    """Questions still load plugins, which read the project."""
    return Effects(
        reads=frozenset({located(".", scope)}),
        writes=downloads(scope),
        fetches=True,
        work=SHELL_WORK,
        deterministic=False,
    )


_VERBS: dict[str, Callable[[Options, Scope], Effects]] = {
    **dict.fromkeys(("install", "i"), _install),
    **dict.fromkeys(("update", "u", "upgrade"), _update),
    **dict.fromkeys(("require", "r", "remove", "rm", "uninstall"), _require),
    **dict.fromkeys(("dump-autoload", "dumpautoload"), _dump),
    **dict.fromkeys(("clear-cache", "clearcache", "cc"), _clear),
    **dict.fromkeys(_ASKS, _asks),
    **dict.fromkeys(("self-update", "selfupdate"), _self_update),
    "global": _global,
    "config": _config,
}
