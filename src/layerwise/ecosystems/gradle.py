"""Gradle (gradle, gradlew): what reads no more than build scripts; everything that builds is opaque.

Build scripts are programs: which files they and their plugins read, only a build can show, and words that reach for
files, processes or git are reasons to refuse. Names and places are those of Gradle's user manual ("Build
Environment", "Settings file", "Version catalogs", "Directory layout"). Gradle's caches are locked between processes
that can talk to each other on one host, which containers cannot ("Gradle User Home", sharing it between containers).
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.ecosystems.base import SHELL_WORK, fetching
from layerwise.ecosystems.call import Call
from layerwise.ecosystems.directories import upward
from layerwise.ecosystems.effects import (
    EVERYWHERE,
    CacheDirectory,
    Effects,
    Environment,
    Files,
    Openness,
    Path,
    Scope,
    Work,
    opaque,
)
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.places import absolute_path, home, located, normal
from layerwise.ecosystems.wrapper_scripts import wrapper_script

NAMES = frozenset({"gradle", "gradlew"})

_VARIABLES = (
    *("GRADLE_*", "ORG_GRADLE_*", "JAVA_HOME", "JAVA_OPTS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_*", "JAVACMD"),
    *("CLASSPATH", "KOTLIN_*", "ANDROID_*", "CI", "DEBUG", "APP_HOME"),
)
_VALUED = (
    *("-p", "--project-dir", "-g", "--gradle-user-home", "-b", "--build-file", "-c", "--settings-file", "-I"),
    *("--init-script", "-D", "--system-prop", "-P", "--project-prop", "-x", "--exclude-task", "--console"),
    *("--configuration", "--max-workers", "--warning-mode", "--project-cache-dir", "--include-build", "-F", "-M"),
    *("--priority", "--dependency-verification", "--write-verification-metadata", "-W", "--update-locks"),
)
_FLAGS = (
    *("--no-daemon", "--daemon", "-q", "--quiet", "-i", "--info", "-s", "--stacktrace", "-S", "--full-stacktrace"),
    *("--refresh-dependencies", "-U", "--parallel", "--no-parallel", "--build-cache", "--no-build-cache", "-w"),
    *("--configure-on-demand", "--configuration-cache", "--no-configuration-cache", "--continue", "-d", "--debug"),
    *("--warn", "--offline", "--no-watch-fs", "--watch-fs", "--no-scan"),
)
_ASKING = frozenset({"dependencies", "buildEnvironment", "projects", "tasks", "help", "properties"})
_SCRIPTS = ("settings.gradle", "settings.gradle.kts", "build.gradle", "build.gradle.kts")
_BESIDE = (
    *("gradle.properties", "gradle.lockfile", "buildscript-gradle.lockfile", "settings-gradle.lockfile"),
    *("gradle/wrapper/gradle-wrapper.properties", "gradle/wrapper/gradle-wrapper.jar", "gradle/libs.versions.toml"),
    *("gradle/verification-metadata.xml", "gradle/verification-keyring.keys", "gradle/gradle-daemon-jvm.properties"),
    "local.properties",
)
_WRAPPER = ("gradle/wrapper/gradle-wrapper.properties", "gradle/wrapper/gradle-wrapper.jar", "gradle.properties")
_INCLUDE = re.compile(r"\binclude\b[ \t]*(?:\(([^)]*)\)|((?:[^\n]*,[ \t]*\n)*[^\n]*))")
_QUOTED = re.compile(r"""["']([^"']*)["']""")
# Words that lead to files, programs or the history: a refusal too many harms nobody, comments count too.
_REACHES = re.compile(
    r"\b(?:file|files|fileTree|zipTree|tarTree|exec|javaexec|commandLine|includeBuild|includeFlat|project[Dd]ir"
    r"|readText|readLines|newReader|newInputStream|withInputStream|FileInputStream|FileReader|Paths?|Files|toPath"
    r"|ProcessBuilder|fileContents|listFiles|eachFile|walk|flatDir)\b"
    r"|\bapply\b\W*from\b|\bFile\s*\(|\.(?:text|execute)\b|git|axion|nebula|reckon|nyx|semver|versioning"
)
_GETENV = re.compile(r"""(?:getenv|environmentVariable)\s*\(?\s*["'](\w+)["']""")
_ANY_ENVIRONMENT = re.compile(r"getenv|environmentVariable|System\.env\b")


@dataclass(frozen=True, slots=True)
class _Build:
    """A root project with its subprojects: their scripts, what lies beside them, and why more is read."""

    directory: str
    projects: tuple[str, ...]
    manifests: tuple[str, ...]
    candidates: tuple[str, ...]
    variables: frozenset[str]
    any_variable: bool
    reasons: tuple[str, ...]


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of a Gradle command."""
    script = wrapper_script(call, scope) if call.name == "gradlew" else None
    if call.name == "gradlew" and script is None:
        return opaque(f"runs {call.path or call.name}, which is not known to be Gradle's own script")
    options = parse(call.arguments, _VALUED)
    user_home = _user_home(options, scope)
    caches = Effects(caches=_caches(user_home))
    if not options.positionals and options.has("--version", "-v", "-V", "--help", "-h", "-?"):
        return _of_script(script, user_home, scope) | Effects(environment=_environment(), work=SHELL_WORK) | caches
    if reason := _opaque(call, options, scope):
        return opaque(reason) | caches
    found = _read(options, scope)
    if found is None:
        return opaque(f"the directory that gradle works in is not known: {call}") | caches
    return _configure(found, options, user_home, scope) | _of_script(script, user_home, scope) | caches


def _environment() -> Environment:
    return fetching(*_VARIABLES, openness=Openness.INSTALLER)


def _opaque(call: Call, options: Options, scope: Scope) -> str:
    tasks = [(one.value or "").rpartition(":")[2] for one in options.positionals]
    if not tasks or any(task not in _ASKING for task in tasks):
        return f"runs tasks of the project: {call}"
    if options.has("-b", "--build-file", "-c", "--settings-file", "-I", "--init-script", "--include-build"):
        return f"gradle is given other scripts: {call}"
    if options.has("--project-cache-dir", "--write-verification-metadata", "-M", "--write-locks", "--update-locks"):
        return f"gradle writes what its options say: {call}"
    if unknown := options.unknown((*_VALUED, *_FLAGS)):
        return f"an option of gradle that layerwise does not know: {unknown[0]}"
    return "the working directory of gradle is not known" if scope.cwd is None else ""


def _user_home(options: Options, scope: Scope) -> Path:
    named = options.value("-g", "--gradle-user-home")
    if named is not None:
        return located(named.text, scope) if named.value else EVERYWHERE
    if "GRADLE_USER_HOME" in scope.environment:
        value = scope.environment["GRADLE_USER_HOME"]
        return located(value, scope) if value else EVERYWHERE
    moved = ("gradle.user.home" in (scope.environment.get(name, "") or "") for name in ("GRADLE_OPTS", "JAVA_OPTS"))
    return EVERYWHERE if any(moved) else home(scope, ".gradle")


def _caches(user_home: Path) -> frozenset[CacheDirectory]:
    if user_home == EVERYWHERE:
        return frozenset()
    names = ("caches", "wrapper")
    return frozenset(CacheDirectory(posixpath.join(user_home.path, name), "locked", read_later=True) for name in names)


def _read(options: Options, scope: Scope) -> _Build | None:
    """Read the scripts of a build: its root is the nearest directory upwards with a settings file."""
    named = options.value("-p", "--project-dir")
    start = scope.cwd if named is None else absolute_path(named.text, scope) if named.value else None
    if start is None:
        return None
    files = scope.files
    roots = [one for one in upward(start) if any(files.exists(posixpath.join(one, name)) for name in _SCRIPTS[:2])]
    root = roots[0] if roots else start
    reasons: list[str] = []
    projects = [root, *_included(root, files)]
    scripts = [posixpath.join(one, name) for one in projects for name in _SCRIPTS]
    beside = [posixpath.join(one, name) for one in projects for name in _BESIDE]
    catalogs = [
        f"{root}/gradle/{one}" for one in files.children(posixpath.join(root, "gradle")) if one.endswith(".toml")
    ]
    there = [path for path in (*scripts, *beside, *catalogs) if files.exists(path)]
    texts: dict[str, str] = {}
    for path in there:
        if not path.endswith((".gradle", ".kts")):
            continue
        text = files.read(path)
        reasons += [f"{path} could not be read before the build"] if text is None else _reaches(text, path)
        texts[path] = text or ""
    if not texts:
        reasons.append(f"no build script of {root} is known")
    reasons += _unclear(root, files)
    reasons += [f"{path} is a build of the project's own" for path in _own_builds(root, files)]
    variables = frozenset(name for text in texts.values() for name in _GETENV.findall(text))
    candidates = (*scripts, *beside, *(posixpath.join(one, name) for one in upward(root) for name in _SCRIPTS[:2]))
    unnamed = any(len(_ANY_ENVIRONMENT.findall(one)) > len(_GETENV.findall(one)) for one in texts.values())
    manifests = tuple(dict.fromkeys(there))
    return _Build(root, tuple(projects), manifests, candidates, variables, unnamed, tuple(reasons))


def _included(root: str, files: Files) -> Iterator[str]:
    """Yield the directories of subprojects: ``include("a:b")`` means a and a/b (user manual, "Settings file")."""
    for name in _SCRIPTS[:2]:
        text = files.read(posixpath.join(root, name)) or ""
        for one, other in _INCLUDE.findall(text):
            for path in _QUOTED.findall(one or other):
                parts = [one for one in path.split(":") if one]
                for depth in range(1, len(parts) + 1):
                    yield normal(posixpath.join(root, *parts[:depth]))


def _unclear(root: str, files: Files) -> Iterator[str]:
    """Say which line of the settings includes subprojects that it does not name."""
    for name in _SCRIPTS[:2]:
        text = files.read(posixpath.join(root, name)) or ""
        for found in _INCLUDE.finditer(text):
            listed = found[1] or found[2] or ""
            if "$" in listed or not _QUOTED.search(listed):
                yield f"{posixpath.join(root, name)} includes what it does not name: {found[0].strip()}"


def _own_builds(root: str, files: Files) -> Iterator[str]:
    for name in ("buildSrc", "build-logic", "buildLogic"):
        path = posixpath.join(root, name)
        if files.exists(path):
            yield path


def _reaches(text: str, path: str) -> list[str]:
    """Say which word of a script reaches for files or programs."""
    match = _REACHES.search(text)
    return [f"{path} may read other files: {match[0]}"] if match else []


def _configure(found: _Build, options: Options, user_home: Path, scope: Scope) -> Effects:
    """Return the effects of running the build scripts and asking for what they declare."""
    built = frozenset(
        Path(posixpath.join(one, name), tree=True) for one in found.projects for name in (".gradle", "build", ".kotlin")
    )
    user = home(scope, ".gradle")
    openness = Openness.OPEN if found.reasons or found.any_variable else Openness.INSTALLER
    return Effects(
        reads=frozenset(Path(one) for one in (*found.manifests, *found.candidates)) | built | {user_home, user},
        writes=built | {user_home, user, home(scope, ".kotlin")},
        fetches=not options.has("--offline"),
        environment=_environment() | Environment(openness, found.variables),
        manifests=found.manifests,
        lock=next((one for one in found.manifests if one.endswith("gradle.lockfile")), None),
        work=(Work("gradle.resolve"),),
        needs_source=found.reasons,
        doubts=("build scripts and their plugins are programs",),
        deterministic=False,
    )


def _of_script(script: str | None, user_home: Path, scope: Scope) -> Effects:
    """Gradlew downloads the Gradle that gradle-wrapper.properties names, to the wrapper directory."""
    if script is None:
        return Effects()
    files = tuple(posixpath.join(posixpath.dirname(script), name) for name in _WRAPPER)
    return Effects(
        reads=frozenset(Path(one) for one in (script, *files)) | {user_home},
        writes=frozenset({user_home}),
        fetches=True,
        environment=_environment(),
        manifests=(script, *(path for path in files if scope.files.exists(path))),
        doubts=(f"{script} is a script of the project",),
        work=(Work("gradle.wrapper"),),
        deterministic=False,
    )
