"""The effects of installing a project of packages, which npm, yarn, pnpm and bun share."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, replace

from layerwise.ecosystems.call import Argument
from layerwise.ecosystems.directories import ancestors
from layerwise.ecosystems.effects import CacheDirectory, Effects, Environment, Frozen, Openness, Path, Scope, Work
from layerwise.ecosystems.install_scripts import judged
from layerwise.ecosystems.node_settings import environment, expanded, preloaded
from layerwise.ecosystems.options import Options
from layerwise.ecosystems.places import absolute_path, place
from layerwise.ecosystems.workspaces import Project, root_above


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file as an install uses it.

    Attributes:
        path: Where it lies; None where there is none.
        packages: How many packages it names.
        names: Them, lower case; members of the workspace left out.
        scripted: Those of them that run an install script; None where that cannot be told.
        problems: Why it takes more than the manifests, or cannot be read, one reason each.
        hashed: Whether every package has a digest.
        agrees: Whether it is known to be made for just these manifests, or at least not to be made for others.
    """

    path: str | None = None
    packages: int = 0
    names: frozenset[str] = frozenset()
    scripted: frozenset[str] | None = None
    problems: tuple[str, ...] = ()
    hashed: bool = False
    agrees: bool = True


@dataclass(frozen=True, slots=True)
class Install:
    """An install as a tool does it.

    Attributes:
        kind: A key of model/priors.toml.
        files: The names in the project's directory that select what is installed, there or not.
        patches: Further paths (absolute) that do.
        settings: Those of ``files`` whose variables are expanded.
        root: The scripts of the root that run, none with --ignore-scripts.
        members: The scripts of members that run.
        silent: Whether no install script of third-party packages runs.
        scripted: The packages whose install scripts the tool is told to run; None for all that have one.
        writes: Where it installs to, besides each node_modules.
        caches: Its download caches.
        frozen: Its frozen form.
        exact: Whether it installs just what the lock says, or fails, and leaves lock and manifests as they are.
    """

    kind: str
    files: tuple[str, ...]
    patches: tuple[str, ...] = ()
    settings: tuple[str, ...] = (".npmrc",)
    root: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    silent: bool = False
    scripted: frozenset[str] | None = None
    writes: frozenset[Path] = frozenset()
    caches: frozenset[CacheDirectory] = frozenset()
    frozen: Frozen | None = None
    exact: bool = False


def install_effects(project: Project, lock: Lock, install: Install, scope: Scope) -> Effects:
    """Return the effects of an install of a project."""
    files = scope.files
    scripted = lock.scripted if install.scripted is None else install.scripted
    untold = f"{lock.path} does not say" if lock.path else "no lock says"
    own = {member.name.lower() for member in project.members}
    reading, doubt = ("", "") if install.silent else judged(scripted, (lock.names | {*project.names()}) - own, untold)
    reasons = (
        *project.problems,
        *root_above(project.directory, files),
        *lock.problems,
        *project.scripts(install.root, install.members, files),
        *((reading,) if reading else ()),
        *preloaded(scope),
    )
    variables = frozenset(one for name in install.settings for one in expanded(project.directory, name, files))
    caches = frozenset(Path(one.path, tree=True) for one in install.caches)
    candidates = (
        *(project.at(name) for name in ("package.json", *install.files)),
        *install.patches,
        *(posixpath.join(above, "package.json") for above in ancestors(project.directory)),
        *(member.path for member in project.members),
    )
    named = (*project.manifests(("package.json", *install.files), files), *install.patches)
    return Effects(
        reads=frozenset(Path(one) for one in candidates) | project.modules() | caches | install.writes,
        writes=project.modules() | caches | install.writes | _rewritten(project, install),
        fetches=True,
        environment=environment(*variables) | Environment(Openness.OPEN if reasons else Openness.INSTALLER),
        manifests=tuple(dict.fromkeys(named)),
        lock=lock.path,
        caches=install.caches,
        work=(Work(install.kind, lock.packages or len(project.names()), project.names()),),
        needs_source=tuple(dict.fromkeys(reasons)),
        doubts=() if not doubt else (doubt,),
        deterministic=install.exact and lock.hashed and (install.silent or scripted == frozenset()),
        frozen=install.frozen if lock.path and lock.agrees and not install.exact else None,
    )


def _rewritten(project: Project, install: Install) -> frozenset[Path]:
    """Return the manifests that an install may write: none where it is bound to the lock."""
    if install.exact:
        return frozenset()
    return frozenset(Path(project.at(name)) for name in ("package.json", *install.files))


def with_packages(effects: Effects, named: tuple[Argument, ...], scope: Scope) -> Effects:
    """Return the effects of an install that adds the packages ``named`` besides."""
    if not named:
        return effects
    local = tuple(one for one in named if is_path(one, scope))
    reasons = tuple(f"installs {one.text}, a path of the project" for one in local)
    (work,) = effects.work
    openness = Openness.OPEN if reasons else Openness.INSTALLER
    return replace(
        effects | Effects(environment=Environment(openness), needs_source=reasons, deterministic=False),
        reads=effects.reads | {place(one, scope) for one in local},
        work=(Work(work.kind, work.packages + len(named), package_names(named) or work.names),),
        frozen=None,
    )


def global_effects(
    kind: str, named: tuple[Argument, ...], where: Iterable[Path], caches: Iterable[CacheDirectory], scope: Scope
) -> Effects:
    """Return the effects of installing tools for the whole system: no file of the project is read unless named."""
    local = tuple(one for one in named if is_path(one, scope))
    reasons = (*(f"installs {one.text} of the project" for one in local), *preloaded(scope))
    trees = frozenset(where) | {Path(one.path, tree=True) for one in caches}
    return Effects(
        reads=trees | {place(one, scope) for one in local},
        writes=trees,
        fetches=True,
        environment=Environment(Openness.OPEN) if reasons else environment(),
        caches=frozenset(caches),
        work=(Work(kind, len(named), package_names(named)),),
        needs_source=reasons,
        deterministic=False,
    )


def project_of(options: Options, scope: Scope, *moves: str) -> str | None:
    """Return the directory a command works from, ``moves`` being its options that change it; None where unknown."""
    moved = options.value(*moves)
    if moved is None:
        return scope.cwd
    return absolute_path(moved.text, scope) if moved.value else None


def package_names(named: tuple[Argument, ...]) -> tuple[str, ...]:
    """Return the names in ``name@version`` or ``@scope/name@version``, lower case."""
    return tuple(one.text[:1].lower() + one.text[1:].partition("@")[0].lower() for one in named if one.prefix)


def is_path(argument: Argument, scope: Scope) -> bool:
    """Whether an argument names a folder or an archive (npm docs, "package-spec"); a folder like a/b if it is there."""
    text = argument.text
    if not argument.prefix:
        return True
    if argument.prefix.startswith((".", "/", "~", "file:", "link:")) or text.endswith((".tgz", ".tar.gz", ".tar")):
        return "://" not in text
    path = absolute_path(text, scope) if "/" in text and not text.startswith("@") else None
    return path is not None and bool(scope.files.exists(path))
