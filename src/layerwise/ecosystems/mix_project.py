"""mix.exs, its lock and config/*.exs: what Mix evaluates of the project itself.

Mix evaluates mix.exs and config/config.exs with what that imports before any task (Mix.CLI.main, Mix.Tasks.Loadconfig;
seen by tracing Mix 1.14: config/runtime.exs is not read). All are Elixir programs: a line that looks at files, runs
programs or loads code is a reason to want the source.
"""

import posixpath
import re
from dataclasses import dataclass, field

from layerwise.ecosystems.effects import Files
from layerwise.ecosystems.places import normal

_READS = re.compile(
    r"\b(?:File|System\.(?:cmd|shell|find_executable)|Code\.(?!ensure_loaded\??\()\w+|Path\.wildcard|Mix\.install"
    r"|IO\.read\w*|EEx\.eval\w*|Port\.open|Mix\.Project\.(?!config\b)\w+)\b|:os\.cmd|:file\.|:filelib\."
    r"|\bimport_config\b"
)
_LITERAL_FILE = re.compile(r"File\.read!\(\s*\"([\w./-]+)\"\s*\)")
_VARIABLE = re.compile(r"System\.(?:get_env|fetch_env!?)\(\s*\"(\w+)\"")
_LOCAL = re.compile(r"\bpath:\s*([^\s,}\]]+)")
_IMPORT = re.compile(r"^[ \t]*import_config[ (]+\"([^\"]*)\"\)?[ \t]*$", re.MULTILINE)
_ENVIRONMENT = re.compile(r"#\{(?:config_env|Mix\.env)(?:\(\))?\}")
_REPLACED = re.compile(r"\b(deps\.(?:get|compile|loadpaths)|loadconfig|local\.(?:hex|rebar)|archive\.check)\"?:\s*\[")
_MOVED = re.compile(r"\b(deps_path|build_path|lockfile|config_path|deps_build_path):")
_INSIDE = re.compile(r"\b(?:build_path|config_path|deps_path|lockfile):\s*\"\.\./\.\./[\w./]+\"")
_MOST = 100  # config files
_LONGEST = 80  # characters of a line that are quoted


@dataclass(slots=True)
class Project:
    """A Mix project directory.

    Attributes:
        directory: Where mix.exs lies, absolute.
        files: The files that Mix evaluates or takes versions from, there or not.
        manifests: Those that are known to be there.
        lock: The lock file, where there is one.
        packages: How many packages the lock names, else how many mix.exs does.
        names: The packages that mix.exs names.
        variables: The environment variables that they read by name.
        any_variable: Whether they read others.
        needs_source: Why more of the project is read, one reason each.
    """

    directory: str
    files: dict[str, None] = field(default_factory=dict)
    manifests: tuple[str, ...] = ()
    lock: str | None = None
    packages: int = 0
    names: tuple[str, ...] = ()
    variables: frozenset[str] = frozenset()
    any_variable: bool = False
    needs_source: list[str] = field(default_factory=list)


def read_project(directory: str, environment: str | None, files: Files) -> Project:
    """Read a project as Mix does in ``environment`` (MIX_ENV), None where that is not known."""
    found = Project(directory)
    path, lock, config = (posixpath.join(directory, name) for name in ("mix.exs", "mix.lock", "config/config.exs"))
    found.files = dict.fromkeys((path, lock, config))
    text = _code(path, files, found)
    _judge_project(path, text, found)
    _umbrella(path, text, files, found)
    if files.exists(config) is not False:
        _config(config, environment, files, found)
    locked = files.read(lock)
    found.lock = lock if files.exists(lock) else None
    if found.lock and locked is None:
        found.needs_source.append(f"{lock} could not be read before the build")
    found.names = tuple(dict.fromkeys(re.findall(r"\{\s*:(\w+),\s*(?:\"|\w+:)", text)))
    found.packages = len(re.findall(r"^  \"?\w+\"?: \{:(?:hex|git)", locked or "", re.MULTILINE)) or len(found.names)
    found.manifests = tuple(one for one in found.files if files.exists(one))
    found.needs_source = list(dict.fromkeys(found.needs_source))
    return found


def _code(path: str, files: Files, found: Project) -> str:
    """Return a file's code without comments; a ``#{`` in a string opens no comment."""
    found.files[path] = None
    text = files.read(path)
    if text is None:
        found.needs_source.append(f"{path} could not be read before the build")
        return ""
    return re.sub(r"(?m)^((?:[^#\"\n]|\"(?:[^\"\\\n]|\\.)*\")*)#(?!\{).*$", r"\1", text)


def _umbrella(path: str, text: str, files: Files, found: Project) -> None:
    """Read the applications of an umbrella: projects of their own, whose dependencies count as well."""
    named = re.search(r"\bapps_path:\s*\"([\w./-]+)\"", text)
    if named is None:
        if re.search(r"\bapps_path:|\bin_umbrella:", text):
            found.needs_source.append(f"{path} is part of an umbrella that layerwise does not find")
        return
    apps = normal(posixpath.join(found.directory, named[1]))
    inner = [posixpath.join(apps, name, "mix.exs") for name in files.children(apps)]
    inner = [one for one in inner if files.exists(one)]
    if not inner or re.search(r"\bapps:\s*\[", text):
        found.needs_source.append(f"the applications in {apps} are not known")
    for one in inner:
        _judge_project(one, _INSIDE.sub("", _code(one, files, found)), found)


def _config(path: str, environment: str | None, files: Files, found: Project) -> None:
    waiting = [path]
    while waiting and len(found.files) < _MOST:
        one = waiting.pop()
        text = _code(one, files, found)
        for name in _IMPORT.findall(text):
            named = _ENVIRONMENT.sub(environment or "", name)
            if "#{" in named or "*" in named or (named != name and environment is None):
                found.needs_source.append(f"{one} imports {name}, which is not known before the build")
                continue
            imported = normal(posixpath.join(posixpath.dirname(one), named))
            if imported not in found.files:
                waiting.append(imported)
        _judge(one, _IMPORT.sub("", text), found)


def _judge(path: str, text: str, found: Project) -> None:
    """Note what code reads: variables by name, files by name, and anything else as a reason."""
    for name in _LITERAL_FILE.findall(text):
        found.files[normal(posixpath.join(found.directory, name))] = None
    rest = _LITERAL_FILE.sub("", text)
    found.variables |= frozenset(_VARIABLE.findall(rest))
    unnamed = re.sub(r"Application\.\w+", "", _VARIABLE.sub("", rest))
    found.any_variable = found.any_variable or "get_env" in unnamed or "fetch_env" in unnamed
    if reads := _READS.search(rest):
        line = rest[rest.rfind("\n", 0, reads.start()) + 1 :].split("\n", 1)[0].strip()
        found.needs_source.append(f"{path} runs {line[:_LONGEST]}")


def _judge_project(path: str, text: str, found: Project) -> None:
    """Note besides what is of the project, which tasks it replaces and which directories it moves."""
    _judge(path, text, found)
    found.needs_source += [f"{path} takes a package from {one}" for one in _LOCAL.findall(text)]
    found.needs_source += [f"{path} puts other tasks in place of {one}" for one in _REPLACED.findall(text)]
    found.needs_source += [f"{path} moves {one}" for one in _MOVED.findall(text)]
