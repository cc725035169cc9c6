"""Bundler: what it installs, from which files, and whether the Gemfile can be followed.

Verbs and options are those of Bundler 2.3 to 2.6 (bundle-install(1), bundle-config(1)); that the
install looks for gems.rb, .bundle/config, .bundle/plugin/index and vendor/cache was seen by tracing Bundler 2.3.
``--frozen`` has Bundler write the setting into .bundle/config (seen, too), so no frozen form is given.
"""

import posixpath
import re
from collections.abc import Callable

from layerwise.ecosystems.base import SHELL_WORK
from layerwise.ecosystems.bundler_gemfile import Gemfile, find, read_gemfile
from layerwise.ecosystems.call import Argument, Call
from layerwise.ecosystems.effects import (
    EVERYWHERE,
    CacheDirectory,
    Effects,
    Environment,
    Openness,
    Path,
    Scope,
    Work,
    opaque,
)
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.places import absolute_path, home, located
from layerwise.ecosystems.ruby_places import downloads, environment, gem_directories, preloaded, settings

NAMES = frozenset({"bundle", "bundler"})

_VALUED = (
    *("--gemfile", "--path", "-j", "--jobs", "--retry", "--shebang", "--trust-policy", "--with", "--without", "-P"),
    *("--target-rbconfig", "--group", "-g", "--source", "--ruby"),
)
_FLAGS = (
    *(
        "--clean",
        "--deployment",
        "--frozen",
        "--full-index",
        "--local",
        "--no-cache",
        "--no-prune",
        "--quiet",
        "--system",
    ),
    *("--redownload", "--force", "--prefer-local", "--verbose", "-V", "--no-color", "--binstubs", "--standalone"),
    *("--all", "--major", "--minor", "--patch", "--strict", "--conservative", "--bundler", "--skip-install"),
)
_ASKS = frozenset(
    {"check", "doctor", "env", "help", "info", "licenses", "list", "outdated", "platform", "show", "version"}
)


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of a bundle command."""
    if reason := preloaded(scope):
        return opaque(reason)
    return _bundle(call, scope)


def _bundle(call: Call, scope: Scope) -> Effects:
    options = parse(call.arguments, _VALUED)
    if not options.positionals and options.has("--version", "-v", "--help"):
        return Effects(environment=environment(), work=SHELL_WORK)
    verb = options.positionals[0].value if options.positionals else "install"
    handler = _VERBS.get(verb or "")
    if handler is None:
        if verb in {"exec", "e", "console", "gem", "open", "viz"}:
            return opaque(f"runs project code: {call}")
        return opaque(f"layerwise does not know what bundle {verb} does")
    rest = Options(options.options, options.positionals[1:])
    return handler(rest, scope) | Effects(reads=settings(scope), environment=environment())


def _found(options: Options, scope: Scope) -> Gemfile | str:
    """Return the Gemfile that Bundler takes, or why it cannot be told."""
    named: str | None = scope.environment.get("BUNDLE_GEMFILE", "")
    if (option := options.value("--gemfile")) is not None:
        named = option.value
    if scope.cwd is None or named is None or "BUNDLE_LOCKFILE" in scope.environment:
        return "the Gemfile of bundle is not known"
    if not named:
        return read_gemfile(*find(scope.cwd, scope.files), scope.files)
    path = absolute_path(named, scope) or named
    lock = posixpath.join(posixpath.dirname(path), "gems.locked") if path.endswith("gems.rb") else f"{path}.lock"
    return read_gemfile(path, lock, scope.files)


def _install(options: Options, scope: Scope) -> Effects:
    found = _found(options, scope)
    if isinstance(found, str):
        return opaque(found)
    effects = _of_gemfile(found, options, scope, Work("bundler.install", found.packages, found.names))
    if found.lock and _frozen(options, scope):
        return effects | Effects(deterministic=found.hashed)
    doubts = (f"bundle install may rewrite {found.lock}: a later copy of the project would bring the old one back",)
    written = frozenset({Path(found.lock_path)})
    return effects | Effects(writes=written, doubts=doubts if found.lock else (), deterministic=False)


def _frozen(options: Options, scope: Scope) -> bool:
    """Whether the lock is taken as it is; a setting in .bundle/config may say so too, and is not looked for."""
    on = (scope.environment.get(name) or "" for name in ("BUNDLE_FROZEN", "BUNDLE_DEPLOYMENT"))
    return options.has("--frozen", "--deployment") or any(value in {"true", "1"} for value in on)


def _update(options: Options, scope: Scope) -> Effects:
    found = _found(options, scope)
    if isinstance(found, str):
        return opaque(found)
    work = Work("bundler.install", found.packages, found.names)
    doubts = (f"bundle update rewrites {found.lock_path}",)
    written = frozenset({Path(found.lock_path)})
    return _of_gemfile(found, options, scope, work) | Effects(writes=written, doubts=doubts, deterministic=False)


def _of_gemfile(found: Gemfile, options: Options, scope: Scope, work: Work) -> Effects:
    directory = posixpath.dirname(found.candidates[0])
    unknown = options.unknown((*_VALUED, *_FLAGS))
    reasons = (
        *found.needs_source,
        *(f"an option of bundle that layerwise does not know: {name}" for name in unknown),
        *(("bundle is given arguments that are not known before the build",) if options.doubtful else ()),
    )
    kept = _kept(directory, options, scope)
    where = gem_directories(options, scope) | {Path(posixpath.join(directory, one), tree=True) for one in kept}
    made = {Path(posixpath.join(directory, one), tree=True) for one in _made(options)}
    return Effects(
        reads=frozenset(Path(one) for one in found.candidates)
        | {Path(one) for one in _above(directory)}
        | {Path(posixpath.join(directory, "vendor/cache"), tree=True)}
        | where,
        writes=where | made | downloads(scope),
        fetches=not options.has("--local"),
        environment=Environment(Openness.OPEN if reasons else Openness.INSTALLER, found.variables),
        manifests=found.manifests,
        lock=found.lock,
        caches=frozenset(CacheDirectory(one.path, "locked") for one in downloads(scope) - {EVERYWHERE}),
        work=(work,),
        needs_source=reasons,
    )


def _kept(directory: str, options: Options, scope: Scope) -> tuple[str, ...]:
    """Return directories of the project that gems may go to: a setting that a step wrote may ask for vendor/bundle."""
    named = [value.text for value in options.values("--path") if value.known]
    config = scope.files.read(posixpath.join(directory, ".bundle/config")) or ""
    settings = re.findall(r"^BUNDLE_PATH: \"?([^\"\n]+)", config, re.MULTILINE)
    return (*named, *settings, *(one for one in (scope.environment.get("BUNDLE_PATH"),) if one), "vendor/bundle")


def _made(options: Options) -> tuple[str, ...]:
    found = [(".bundle" if options.has("--path", "--deployment", "--frozen", "--without", "--with", "--clean") else "")]
    found += [option.value.text if option.value else "bin" for option in options.options if option.name == "--binstubs"]
    found += ["bundle" for option in options.options if option.name == "--standalone"]
    return tuple(one for one in found if one)


def _above(directory: str) -> list[str]:
    """Return the Gemfiles that would be taken if they appeared beside or above."""
    found = [posixpath.join(directory, "gems.rb"), posixpath.join(directory, "gems.locked")]
    while directory != "/":
        directory = posixpath.dirname(directory)
        found += [posixpath.join(directory, "Gemfile"), posixpath.join(directory, "gems.rb")]
    return found


_PLACED = frozenset({"path", "path.system", "bin", "gemfile", "lockfile", "cache_path", "plugins"})


def _config(options: Options, scope: Scope) -> Effects:
    """``bundle config`` writes .bundle/config of the project, or where BUNDLE_APP_CONFIG says, or the home's."""
    words = [one for one in options.positionals if one.value not in {"set", "unset", "get", "list"}]
    name = words[0] if words else None
    if name is not None and (name.value is None or (name.value in _PLACED and not _usual(words[1:]))):
        return opaque(f"bundle is told to work in another directory: {name.text}")
    app = scope.environment.get("BUNDLE_APP_CONFIG", ".bundle")
    writes = frozenset({EVERYWHERE if app is None else located(posixpath.join(app, "config"), scope, tree=False)})
    writes |= {home(scope, ".bundle")}
    return Effects(reads=writes | {located("Gemfile", scope, tree=False)}, writes=writes, work=SHELL_WORK)


def _usual(values: list[Argument]) -> bool:
    return [value.value for value in values if not value.text.startswith("-")] in (
        ["vendor/bundle"],
        ["/usr/local/bundle"],
    )


def _clean(options: Options, scope: Scope) -> Effects:
    """Remove the gems that the lock does not name."""
    found = _found(options, scope)
    return opaque(found) if isinstance(found, str) else _of_gemfile(found, options, scope, Work("shell"))


def _asks(options: Options, scope: Scope) -> Effects:
    found = _found(options, scope)
    if isinstance(found, str):
        return opaque(found)
    reads = frozenset(Path(one) for one in found.candidates) | gem_directories(options, scope)
    openness = Openness.OPEN if found.needs_source else Openness.INSTALLER
    return Effects(
        reads=reads,
        fetches=True,
        environment=Environment(openness, found.variables),
        manifests=found.manifests,
        needs_source=found.needs_source,
        work=SHELL_WORK,
        deterministic=False,
    )


_VERBS: dict[str, Callable[[Options, Scope], Effects]] = {
    **dict.fromkeys(("install", "i"), _install),
    **dict.fromkeys(("update", "lock"), _update),
    **dict.fromkeys(_ASKS, _asks),
    "config": _config,
    "clean": _clean,
}
