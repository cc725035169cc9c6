"""cargo: what it fetches and from which manifests, where it installs, and whether a build runs code of the project.

Which files are read was watched with cargo 1.95 (see ``cargo_manifest.py``). Variables are those of the Cargo Book,
"Environment Variables", of the rustup book and of the crates cc, pkg-config and bindgen, which build scripts use.
``CARGO_HOME`` is locked by cargo itself (.package-cache; Cargo Book, "Cargo Home"), so builds may share what it holds;
later commands compile from there.
"""

import posixpath
from collections.abc import Callable
from dataclasses import replace

from layerwise.ecosystems.base import SHELL_WORK, closed, fetching
from layerwise.ecosystems.call import Argument, Call
from layerwise.ecosystems.cargo_manifest import Workspace, configuration, read_workspace
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
from layerwise.ecosystems.places import absolute_path, home, located, place, places

NAMES = frozenset({"cargo"})

_VARIABLES = (
    *("CARGO*", "RUST*", "CC", "CC_*", "CXX", "CXX_*", "AR", "AR_*", "CFLAGS*", "CXXFLAGS*", "LDFLAGS", "PKG_CONFIG*"),
    *("BINDGEN_*", "LIBCLANG_PATH", "CLANG_PATH", "CMAKE*", "OPENSSL_*", "HTTP_TIMEOUT", "TERM_PROGRAM", "CI"),
    *("GIT_SSH*", "GIT_CONFIG*", "GIT_ASKPASS", "SSH_*", "NUM_JOBS", "MAKEFLAGS", "CROSS_COMPILE"),
)
_VALUED = (
    *("--color", "--config", "-Z", "-C", "--manifest-path", "--lockfile-path", "--message-format", "--target"),
    *("-p", "--package", "--exclude", "--bin", "--example", "--test", "--bench", "-F", "--features", "--profile"),
    *("-j", "--jobs", "--target-dir", "--artifact-dir", "--out-dir", "--version", "--vers", "--index", "--registry"),
    *("--git", "--branch", "--tag", "--rev", "--path", "--root", "--recipe-path", "--sync", "--bin"),
)
_FLAGS = (
    *("-v", "--verbose", "-q", "--quiet", "-h", "--help", "--locked", "--offline", "--frozen", "--release", "-r"),
    *("--workspace", "--all", "--lib", "--bins", "--examples", "--tests", "--benches", "--all-targets", "--doc"),
    *("--all-features", "--no-default-features", "--keep-going", "--ignore-rust-version", "--force", "-f"),
    *("--no-track", "--debug", "--no-fail-fast", "--no-std", "--check", "--clippy", "--no-build", "--versioned-dirs"),
    *("--no-delete", "--respect-source-config", "--no-merge-sources", "--timings", "--unit-graph", "--build-plan"),
)
_RUNS = frozenset({"run", "r", "test", "t", "bench", "miri", "nextest", "watch", "make", "xtask"})
_BUILDS = frozenset({"build", "b", "check", "c", "rustc", "clippy"})
_ASKS = frozenset({"metadata", "tree", "search", "info", "pkgid", "locate-project", "read-manifest", "version", "help"})
_HOMES = (".cargo", ".rustup")


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of a cargo command."""
    arguments = call.arguments[1:] if call.arguments and call.arguments[0].prefix.startswith("+") else call.arguments
    options = parse(arguments, _VALUED)
    if not options.positionals:
        asked = options.has("--version", "-V", "--help", "-h", "--list")
        return Effects(environment=closed(*_VARIABLES), work=SHELL_WORK) if asked else opaque(str(call))
    verb = options.positionals[0].value or ""
    rest = Options(options.options, options.positionals[1:])
    caches = Effects(caches=_caches(scope))
    if options.has("-C", "-Z", "--config", "--lockfile-path"):
        return opaque(f"cargo is configured on its command line: {call}") | caches
    if verb in _RUNS:
        return opaque(f"runs project code: {call}") | caches
    handler = _VERBS.get(verb)
    if handler is None:
        return opaque(f"layerwise does not know what cargo {verb} does") | caches
    return handler(call, rest, scope) | Effects(environment=_environment(), caches=caches.caches)


def _environment() -> Environment:
    return fetching(*_VARIABLES, openness=Openness.INSTALLER)


def _homes(scope: Scope) -> frozenset[Path]:
    """Return where cargo and rustup may keep what they fetch; the rust images move both to /usr/local."""
    found: set[Path] = set()
    for default, variable in zip(_HOMES, ("CARGO_HOME", "RUSTUP_HOME"), strict=True):
        if variable in scope.environment:
            value = scope.environment[variable]
            found.add(located(value, scope) if value else EVERYWHERE)
        else:
            found |= {home(scope, default), Path(f"/usr/local/{default[1:]}", tree=True)}
    return frozenset(found)


def _cargo_home(scope: Scope) -> str | None:
    """Return CARGO_HOME, or where PATH says that it is; None where a value is not known."""
    if "CARGO_HOME" in scope.environment:
        value = scope.environment["CARGO_HOME"]
        return absolute_path(value, scope) if value else None
    if "/usr/local/cargo/bin" in (scope.environment.get("PATH") or "").split(":"):
        return "/usr/local/cargo"
    return posixpath.join(scope.home, ".cargo") if scope.home else None


def _caches(scope: Scope) -> frozenset[CacheDirectory]:
    root = _cargo_home(scope)
    found = (posixpath.join(root, name) for name in ("registry", "git")) if root else ()
    return frozenset(CacheDirectory(one, "shared", read_later=True) for one in found)


def _workspace(options: Options, scope: Scope) -> Workspace | str:
    manifest = options.value("--manifest-path")
    if scope.cwd is None or (manifest is not None and manifest.value is None):
        return "the directory that cargo works in is not known"
    return read_workspace(scope.cwd, scope.files, absolute_path(manifest.text, scope) if manifest else None)


def _fetch(_call: Call, options: Options, scope: Scope) -> Effects:
    found = _workspace(options, scope)
    return opaque(found) if isinstance(found, str) else _of_manifests(found, "cargo.fetch", options, scope)


def _of_manifests(found: Workspace, kind: str, options: Options, scope: Scope) -> Effects:
    """Return the effects of what reads manifests alone; the lock stays as it is only where that is asked for."""
    kept = options.has("--locked", "--frozen")
    lock = posixpath.join(found.directory, "Cargo.lock")
    unknown = tuple(f"an option of cargo that layerwise does not know: {one}" for one in _unknown(options))
    reasons = (*found.needs_source, *unknown)
    return Effects(
        reads=frozenset(Path(one) for one in (*found.manifests, *found.candidates, *found.targets)) | _homes(scope),
        writes=_homes(scope) | (frozenset() if kept else {Path(lock)}),
        fetches=not options.has("--offline", "--frozen"),
        environment=Environment(Openness.OPEN if reasons else Openness.INSTALLER),
        manifests=found.manifests,
        lock=found.lock,
        work=(Work(kind, found.packages, found.names),),
        needs_source=reasons,
        doubts=(f"cargo may rewrite {lock}: a later copy of the project would bring the old one back",)
        if found.lock and not kept
        else (),
        deterministic=kept and found.hashed,
        frozen=Frozen(added=("--locked",)) if found.lock and not kept else None,
    )


def _unknown(options: Options) -> tuple[str, ...]:
    return options.unknown((*_VALUED, *_FLAGS))


def _vendor(_call: Call, options: Options, scope: Scope) -> Effects:
    found = _workspace(options, scope)
    if isinstance(found, str):
        return opaque(found)
    directory = places(options.positionals, scope) or frozenset({located("vendor", scope)})
    reasons = ("cargo vendor is given other manifests",) if options.has("-s", "--sync") else ()
    return _of_manifests(found, "cargo.fetch", options, scope) | Effects(
        reads=directory, writes=directory, needs_source=reasons
    )


def _build(call: Call, options: Options, scope: Scope) -> Effects:
    """Compile the project: it writes below the target directory, unless code of its own runs."""
    found = _workspace(options, scope)
    if isinstance(found, str):
        return opaque(found)
    wrapped = [name for name in scope.environment if name in _WRAPPERS]
    runs = (*found.runs, *found.needs_source, *(f"{name} names a program that the build runs" for name in wrapped))
    if runs or _unknown(options) or options.positionals:
        return opaque(f"{'; '.join(runs) or 'layerwise does not know all arguments'}: {call}")
    effects = _of_manifests(found, "cargo.build", options, scope)
    return replace(
        effects,
        reads=frozenset({EVERYWHERE}),
        writes=effects.writes | _built_to(found, options, scope),
        environment=Environment(Openness.OPEN),
        needs_source=("compiles the project",),
    )


_WRAPPERS = frozenset({"RUSTC", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER"})


def _built_to(found: Workspace, options: Options, scope: Scope) -> frozenset[Path]:
    named = places(options.values("--target-dir", "--artifact-dir", "--out-dir"), scope)
    if options.has("--target-dir"):
        return named
    for name in ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"):
        if name in scope.environment:
            value = scope.environment[name]
            return named | {located(value, scope) if value else EVERYWHERE}
    target = found.target_directory or posixpath.join(found.directory, "target")
    return named | {Path(target, tree=True)}


def _install(call: Call, options: Options, scope: Scope) -> Effects:
    """Build a program of elsewhere; configuration of the working directory does not count, its toolchain does.

    Cargo Book, "cargo install": local configuration is ignored unless ``--path`` is given.
    """
    local = options.values("--path")
    if local:
        path = local[-1].value
        inside = replace(scope, cwd=absolute_path(path, scope) if path else None)
        kept = tuple(one for one in options.options if one.name not in {"--path", "--root"})
        return _build(call, Options(kept, ()), inside) | Effects(writes=_installed_to(options, scope))
    if not options.positionals or options.doubtful or scope.cwd is None:
        return opaque(f"installs what is not known before the build: {call}")
    toolchain = tuple(one for one in configuration(scope.cwd) if "rust-toolchain" in one)
    names = tuple(one.text.partition("@")[0].lower() for one in options.positionals if one.prefix)
    unknown = tuple(f"an option of cargo that layerwise does not know: {one}" for one in _unknown(options))
    built = places(options.values("--target-dir"), scope) | frozenset(
        located(value, scope) if value else EVERYWHERE
        for name, value in scope.environment.items()
        if name == "CARGO_TARGET_DIR"
    )
    return Effects(
        reads=_homes(scope) | frozenset(Path(one) for one in toolchain) | built,
        writes=_homes(scope) | _installed_to(options, scope) | built,
        fetches=True,
        manifests=tuple(one for one in toolchain if scope.files.exists(one)),
        work=(Work("cargo.install", len(options.positionals), names),),
        needs_source=unknown,
        deterministic=False,
    )


def _installed_to(options: Options, scope: Scope) -> frozenset[Path]:
    named = places(options.values("--root"), scope)
    variable = scope.environment.get("CARGO_INSTALL_ROOT")
    return named | (frozenset({located(variable, scope)}) if variable else frozenset()) | _homes(scope)


def _chef(call: Call, options: Options, scope: Scope) -> Effects:
    """``cargo chef prepare`` looks through the project; ``cook`` writes a skeleton of it and builds that."""
    verb = options.positionals[0].value if options.positionals else None
    recipe = place(options.value("--recipe-path") or Argument("recipe.json", prefix="recipe.json"), scope, tree=False)
    if verb == "prepare":
        return Effects(
            reads=frozenset({located(".", scope)}),
            writes=frozenset({recipe}),
            work=SHELL_WORK,
            needs_source=("reads every manifest and target of the project",),
        )
    if verb != "cook" or scope.cwd is None or "CARGO_TARGET_DIR" in scope.environment:
        return opaque(f"layerwise does not know what cargo chef does: {call}")
    settings = frozenset(Path(one) for one in configuration(scope.cwd))
    written = _homes(scope) | {located(".", scope)} | places(options.values("--target-dir"), scope)
    return Effects(
        reads=written | settings | {recipe},
        writes=written,
        fetches=True,
        manifests=(recipe.path,) if scope.files.exists(recipe.path) else (),
        work=(Work("cargo.build"),),
        deterministic=False,
    )


def _lock(_call: Call, options: Options, scope: Scope) -> Effects:
    """``cargo update`` and ``generate-lockfile`` write the lock: that is what they are for."""
    found = _workspace(options, scope)
    if isinstance(found, str):
        return opaque(found)
    return replace(_of_manifests(found, "cargo.fetch", options, scope), deterministic=False, frozen=None)


def _clean(_call: Call, options: Options, scope: Scope) -> Effects:
    found = _workspace(options, scope)
    if isinstance(found, str):
        return opaque(found)
    built = _built_to(found, options, scope)
    return Effects(reads=built | {Path(one) for one in found.manifests}, writes=built, work=SHELL_WORK)


def _asks(_call: Call, _options: Options, scope: Scope) -> Effects:
    written = _homes(scope) | {located(".", scope)}
    return Effects(reads=frozenset({EVERYWHERE}), writes=written, fetches=True, work=SHELL_WORK, deterministic=False)


_VERBS: dict[str, Callable[[Call, Options, Scope], Effects]] = {
    "fetch": _fetch,
    "vendor": _vendor,
    **dict.fromkeys(_BUILDS, _build),
    "install": _install,
    "chef": _chef,
    **dict.fromkeys(("generate-lockfile", "update"), _lock),
    "clean": _clean,
    **dict.fromkeys(_ASKS, _asks),
}
