"""Maven (mvn, mvnw): what it resolves and from which files; everything that builds runs plugins, and is opaque.

Files looked for: see ``maven_pom.py``. Variables are those of the mvn script and of Maven's "Configuring Apache
Maven"; a POM may name any other as ``env.NAME``. The local repository is not meant for several Mavens at once unless
its locks are configured (Maven Resolver, "Named Locks"), and later commands read it.
"""

import posixpath
import re
from dataclasses import replace

from layerwise.ecosystems.base import SHELL_WORK, fetching
from layerwise.ecosystems.call import Argument, Call, literal
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
from layerwise.ecosystems.maven_pom import Reactor, read_reactor
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.places import absolute_path, home, located, place, places
from layerwise.ecosystems.wrapper_scripts import wrapper_script

NAMES = frozenset({"mvn", "mvnw"})

_VARIABLES = (
    *("MAVEN_*", "MVNW_*", "M2_HOME", "M2", "MVN_*", "JAVA_HOME", "JAVA_OPTS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS"),
    *("JDK_*", "CLASSPATH", "JAVACMD", "CI"),
)
_VALUED = (
    *("-f", "--file", "-s", "--settings", "--gs", "--global-settings", "-t", "--toolchains", "--gt", "-P", "--pl"),
    *("--global-toolchains", "--activate-profiles", "--projects", "--rf", "--resume-from", "-T", "--threads", "-l"),
    *("-D", "--define", "--log-file", "-b", "--builder", "--color", "--emp", "--ep"),
)
_FLAGS = (
    *("-B", "--batch-mode", "-q", "--quiet", "-e", "--errors", "-X", "--debug", "-U", "--update-snapshots", "-o"),
    *("--offline", "-N", "--non-recursive", "--ntp", "--no-transfer-progress", "--am", "--also-make", "--amd"),
    *("--also-make-dependents", "--fae", "--fail-at-end", "--ff", "--fail-fast", "--fn", "--fail-never", "-V"),
    *("--show-version", "-C", "--strict-checksums", "-c", "--lax-checksums", "--nsu", "--no-snapshot-updates"),
)
_WORDS = frozenset(
    one.removeprefix("-")
    for one in (*_VALUED, *_FLAGS)
    if one.startswith("--") and len(one) <= 5  # noqa: PLR2004
)
_RESOLVING = frozenset({"go-offline", "resolve", "resolve-plugins", "resolve-sources", "sources", "list", "tree"})
_GOAL = re.compile(
    r"(?:dependency|org\.apache\.maven\.plugins:maven-dependency-plugin(?::[^:]+)?):([\w-]+)(?:@[\w-]+)?"
)
_LOCAL = re.compile(r"-Dmaven\.repo\.local=(\S+)")
_DEFINED_LOCAL = "maven.repo.local="


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of a Maven command."""
    script = wrapper_script(call, scope) if call.name == "mvnw" else None
    if call.name == "mvnw" and script is None:
        return opaque(f"runs {call.path or call.name}, which is not known to be Maven's own script")
    if scope.cwd is None:
        return opaque("the working directory of mvn is not known")
    options = _options(call.arguments)
    found = read_reactor(_pom(options, scope), scope.files)
    written = scope.files.read(posixpath.join(found.settings_directory, ".mvn/maven.config")) or ""
    given = (*written.split(), *(scope.environment.get("MAVEN_ARGS") or "").split())
    options = _options((*(literal(one) for one in given), *call.arguments))
    repository = _repository(options, scope)
    caches = Effects(caches=_caches(repository))
    if not options.positionals and options.has("-v", "--version", "-h", "--help"):
        return _of_script(script, found, scope) | Effects(environment=_environment(), work=SHELL_WORK)
    if reason := _opaque(call, options, repository):
        return opaque(reason) | caches
    return _resolve(found, options, repository, scope) | _of_script(script, found, scope) | caches


def _options(arguments: tuple[Argument, ...]) -> Options:
    """Read Maven's options: ``-ntp`` is one word behind one dash, taken as ``--ntp``."""
    doubled = (
        replace(one, text=f"-{one.text}", prefix=f"-{one.prefix}") if one.text in _WORDS else one for one in arguments
    )
    return parse(tuple(doubled), _VALUED)


def _environment() -> Environment:
    return fetching(*_VARIABLES, openness=Openness.INSTALLER)


def _opaque(call: Call, options: Options, repository: Path) -> str:
    """Return why nothing is known about a command, "" where it only resolves."""
    goals = [_GOAL.fullmatch(one.value or "") for one in options.positionals]
    if not goals or any(goal is None or goal[1] not in _RESOLVING for goal in goals):
        return f"runs the project's plugins: {call}"
    defined = [one.text for one in options.values("-D", "--define")]
    if any(one.startswith(("output", "mdep.output", "appendOutput", "maven.ext")) for one in defined):
        return f"writes where a property says: {call}"
    if unknown := options.unknown((*_VALUED, *_FLAGS)):
        return f"an option of mvn that layerwise does not know: {unknown[0]}"
    return "Maven's local repository is not known" if repository == EVERYWHERE else ""


def _pom(options: Options, scope: Scope) -> str:
    assert scope.cwd is not None
    named = options.value("-f", "--file")
    path = absolute_path(named.text, scope) if named else None
    if path is None:
        return posixpath.join(scope.cwd, "pom.xml")
    return path if path.endswith(".xml") else posixpath.join(path, "pom.xml")


def _repository(options: Options, scope: Scope) -> Path:
    """Return the local repository, EVERYWHERE where something sets it to what is not known."""
    for one in reversed(options.values("-D", "--define")):
        if one.prefix.startswith(_DEFINED_LOCAL):
            value = one.text.removeprefix(_DEFINED_LOCAL)
            return place(replace(one, text=value, prefix=one.prefix.removeprefix(_DEFINED_LOCAL)), scope)
    for name in ("MAVEN_ARGS", "MAVEN_OPTS", "JAVA_TOOL_OPTIONS"):
        given = scope.environment.get(name, "")
        if given is None:
            return EVERYWHERE
        if match := _LOCAL.search(given):
            return located(match[1], scope)
    for path in _settings(options, scope):
        text = scope.files.read(path) or ""
        if match := re.search(r"<localRepository>\s*([^<]*?)\s*</localRepository>", text):
            return EVERYWHERE if "${" in match[1] else located(match[1], scope)
    return home(scope, ".m2/repository")


def _caches(repository: Path) -> frozenset[CacheDirectory]:
    found = frozenset({CacheDirectory(repository.path, "locked", read_later=True)})
    return found if repository != EVERYWHERE else frozenset()


def _settings(options: Options, scope: Scope) -> tuple[str, ...]:
    """Return the files of settings that are not the system's."""
    named = options.values("-s", "--settings", "--gs", "--global-settings", "-t", "--toolchains", "--gt")
    own = (posixpath.join(scope.home, ".m2", one) for one in _USER_FILES) if scope.home else ()
    return (*(path for one in named if (path := absolute_path(one.text, scope))), *own)


_USER_FILES = ("settings.xml", "settings-security.xml", "toolchains.xml")


def _resolve(found: Reactor, options: Options, repository: Path, scope: Scope) -> Effects:
    settings = _settings(options, scope)
    there = tuple(path for path in settings if scope.files.exists(path))
    texts = [scope.files.read(path) or "" for path in there]
    variables = found.variables.union(name for text in texts for name in re.findall(r"\$\{env\.(\w+)\}", text))
    reasons = (*found.needs_source, *_loaded(options, found, scope))
    manifests = (*found.manifests, *there)
    return Effects(
        reads=frozenset(Path(one) for one in (*manifests, *found.candidates, *settings))
        | {Path(one, tree=True) for one in found.outputs}
        | {repository, home(scope, ".mavenrc"), home(scope, ".m2/wrapper")},
        writes=frozenset({repository, home(scope, ".m2")}) | places(options.values("-l", "--log-file"), scope),
        fetches=not options.has("-o", "--offline"),
        environment=_environment() | Environment(Openness.OPEN if reasons else Openness.INSTALLER, variables),
        manifests=manifests,
        work=(Work("maven.resolve", len(found.names), found.names),),
        needs_source=reasons,
        deterministic=False,
    )


def _loaded(options: Options, found: Reactor, scope: Scope) -> tuple[str, ...]:
    """Say what of the project is loaded into the virtual machine, and which files of settings are not known."""
    texts = [scope.environment.get(name, "") for name in ("MAVEN_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS")]
    texts.append(scope.files.read(posixpath.join(found.settings_directory, ".mvn/jvm.config")) or "")
    agents = any(text is None or "-javaagent" in text or "-agentpath" in text for text in texts)
    named: tuple[Argument, ...] = options.values("-f", "--file", "-s", "--settings", "--gs", "--global-settings")
    unknown = tuple(f"mvn is given a file that is not known: {one.text}" for one in named if one.value is None)
    return (*(("the virtual machine loads an agent",) if agents else ()), *unknown)


def _of_script(script: str | None, found: Reactor, scope: Scope) -> Effects:
    """Mvnw downloads the Maven that .mvn/wrapper names, to ~/.m2/wrapper."""
    if script is None:
        return Effects()
    names = ("maven-wrapper.properties", "maven-wrapper.jar", "MavenWrapperDownloader.java")
    files = tuple(posixpath.join(found.settings_directory, ".mvn/wrapper", name) for name in names)
    user = scope.environment.get("MAVEN_USER_HOME")
    where = located(user, scope) if user else home(scope, ".m2")
    return Effects(
        reads=frozenset(Path(one) for one in (script, *files)) | {where},
        writes=frozenset({where, Path(files[1])}),
        fetches=True,
        environment=_environment(),
        manifests=(script, *(path for path in files if scope.files.exists(path))),
        doubts=(f"{script} is a script of the project",),
        deterministic=False,
    )
