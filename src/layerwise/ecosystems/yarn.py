"""yarn: which one runs, yarn 1 or a later one, which have little in common.

Where package.json, .yarnrc.yml and yarn.lock do not say it is yarn 1, which comes with the official images of node.
"""

import re

from layerwise.ecosystems import yarn_berry, yarn_classic
from layerwise.ecosystems.base import SHELL_WORK
from layerwise.ecosystems.call import Call
from layerwise.ecosystems.effects import Effects, Path, Scope, opaque
from layerwise.ecosystems.node_install import project_of
from layerwise.ecosystems.node_settings import environment
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.package_json import project_directory
from layerwise.ecosystems.workspaces import Project, read_project
from layerwise.ecosystems.yarn_lock import version

NAMES = frozenset({"yarn", "yarnpkg"})

_VALUED = (*yarn_classic.VALUED.split(), "--mode")


def effects(call: Call, scope: Scope) -> Effects:
    """Return the effects of a yarn command."""
    options = parse(call.arguments, _VALUED)
    cwd = project_of(options, scope, "--cwd")
    if cwd is None or options.doubtful:
        return opaque(f"the working directory or the command of yarn is not known: {call}")
    project = read_project(project_directory(cwd, scope.files), scope.files)
    berry = _is_berry(project, scope)
    if berry is None:
        return opaque(f"layerwise cannot tell whether yarn 1 or a later one runs in {project.directory}")
    verb, rest = _verb(options)
    if verb == "install" and options.has("--version", "-v", "--help", "-h"):
        rc = frozenset(Path(project.at(name)) for name in ("package.json", ".yarnrc", ".yarnrc.yml"))
        return Effects(reads=rc, environment=environment(), work=SHELL_WORK)
    if verb == "cache" and [one.value for one in rest.positionals] == ["clean"]:
        clean = yarn_berry.clean if berry else yarn_classic.clean
        return clean(rest, project, scope)
    work = yarn_berry.effects if berry else yarn_classic.effects
    return work(verb, rest, project, scope)


def _verb(options: Options) -> tuple[str, Options]:
    """Return the command, ``install`` where none is given, and what stands behind it."""
    if not options.positionals:
        return "install", options
    return options.positionals[0].value or "", Options(options.options, options.positionals[1:])


def _is_berry(project: Project, scope: Scope) -> bool | None:
    """Whether a yarn later than 1 runs; None where the files contradict each other."""
    said: set[bool] = set()
    name, _, release = project.root.manager.partition("@")
    if name == "yarn" and release:
        said.add(not release.startswith("1."))
    lock = scope.files.read(project.at("yarn.lock"))
    if lock:
        said.add(version(lock) > 1)
    rc = scope.files.read(project.at(".yarnrc.yml"))
    if rc is not None and (name != "yarn" or "yarnPath" in rc):
        said.add(re.search(r"^yarnPath:.*yarn-1\.", rc, re.MULTILINE) is None)
    return None if len(said) > 1 else said == {True}
