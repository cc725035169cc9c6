"""How a build shows that it needs files of its context beyond copying them: a RUN, a CMD or a steering file names them.

Only what can be read is looked at. That nothing names a file does not prove that no program opens it.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence

from layerwise.graph.context import Context
from layerwise.graph.context_groups import Group
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.syntax.tree import Instruction

_GIT = (
    r"\bgit\s+(?:-\S+\s+\S+\s+)*(?:describe|rev-parse|rev-list|log|show|status|diff|ls-files|ls-tree|tag|branch|archive"
    r"|submodule|symbolic-ref|checkout|restore|apply|hash-object)\b"
)
_VERSIONS = (
    r"setuptools[-_]scm|hatch-vcs|setuptools-git|versioneer|versioningit|dunamai|dynamic-versioning|\bpbr\b|vergen"
    r"|git2?-version|git-commit-id|jgitver|git-properties|axion-release|gitversion|nerdbank|minver|sourcelink"
    r"|husky|lefthook|simple-git-hooks|yorkie|release-please|\bgit_refs\b"
)
_TEST_RUNS = (
    r"\b(?:pytest|tox|nox|rspec|phpunit|ctest|jest|vitest|mocha|karma)\b|\b(?:npm|yarn|pnpm|bun)\s+(?:run\s+)?test"
    r"|\b(?:go|cargo|dotnet|mix|rake|make|rails|gradlew?|mvnw?)\s[^&|;]*\b(?:test|check|verify)\b|\bunittest\b"
    r"|\bmvnw?\b(?!.*(?:skipTests|maven\.test\.skip)).*\b(?:package|install|deploy)\b"
    r"|\bgradlew?\b(?!.*-x\s+test).*\bbuild\b"
)
_STEERING = re.compile(
    r"pyproject\.toml|setup\.(?:py|cfg)|MANIFEST\.in|package\.json|Cargo\.toml|build\.rs|.*\.gemspec|pom\.xml"
    r"|build\.gradle(?:\.kts)?|(?:GNU)?[Mm]akefile|CMakeLists\.txt|meson\.build|mix\.exs|composer\.json|.*\.[cf]sproj"
    r"|mkdocs\.yml|angular\.json|.*\.config\.[cm]?[jt]s|Rakefile|.*\.sh|lerna\.json|tsconfig.*\.json|go\.mod|Procfile"
)
_SOURCE = re.compile(r".*\.(?:py|[cm]?[jt]sx?|rs|go|rb|php|ex|exs)")
_TOOLS = ("pytest", "ruff", "mypy", "coverage", "black", "isort", "pylint", "pyright", "tox", "flake8", "codespell")
_SCRIPTS = ("build", "prebuild", "postbuild", "prepare", "preinstall", "install", "postinstall", "start", "prepack")
_MOST_FILES = 2000
_WORD = r"(?<![\w.-])(?:{})(?![\w-])"
_ANY_GIT = re.compile(f"{_GIT}|{_VERSIONS}", re.IGNORECASE)


def why_needed(
    written: Iterable[tuple[str, Instruction]],
    graphs: Sequence[Graph],
    context: Context,
    group: Group,
    paths: Sequence[str],
) -> str:
    """Return how a build shows that it needs ``paths``, which a pattern of ``group`` matched; "" where none does.

    Args:
        written: The instructions of all Dockerfiles on the context, each with its place.
        graphs: The steps of the build in question.
        context: Where the files lie.
        group: What kind of files they are.
        paths: Files and directories.
    """
    if group.read == "made":
        return next((why for path in paths if (why := _not_made(graphs, path))), "")
    instructions = tuple(written)
    if group.read == "git":
        asked = re.compile(_GIT)
        said = _said(instructions, asked, "RUN") or _read_by(graphs)
        return said or _found_in(context, paths, _STEERING, _ANY_GIT, _called(instructions))
    names = sorted({path.rpartition("/")[2] for path in paths})
    if why := _said(instructions, _alternatives(names, _WORD)):
        return why
    if group.name == "tests" and (why := _said(instructions, re.compile(_TEST_RUNS), "RUN")):
        return why
    return _named_in_files(context, group, paths, names, _called(instructions))


def _called(instructions: Iterable[tuple[str, Instruction]]) -> str:
    """Return the words of all instructions: makefiles and scripts matter where one of them calls them."""
    texts = (f"{one.text} {''.join(heredoc.content for heredoc in one.heredocs)}" for _, one in instructions)
    return " ".join(texts)


def _said(written: Iterable[tuple[str, Instruction]], pattern: re.Pattern[str], keyword: str = "") -> str:
    for place, instruction in written:
        asked = instruction.keyword == keyword if keyword else instruction.keyword != "LABEL"
        bodies = "".join(heredoc.content for heredoc in instruction.heredocs)
        if asked and (match := pattern.search(f"{instruction.text}\n{bodies}")):
            return f"{place} has {' '.join(match[0].split())}"
    return ""


def _alternatives(names: Iterable[str], form: str) -> re.Pattern[str]:
    return re.compile(form.format("|".join(map(re.escape, names))))


def _named_in_files(context: Context, group: Group, paths: Sequence[str], names: Sequence[str], called: str) -> str:
    if group.name not in ("docs", "tests"):
        return ""
    quoted = _alternatives(
        names,
        r"""(?<![\w.-])(?:\./)?(?:{0})/|/(?:{0})["'\s]|["'](?:{0})["'](?!\s*:)|(?<![\w-])(?:{0})(?<=\.\w\w)(?!\w)""",
    )
    word = _alternatives(names, _WORD)
    files = [path for path in paths if "." in path.rpartition("/")[2]]
    if why := _found_in(context, paths, _STEERING, word if len(files) == len(paths) else quoted, called):
        return why
    modules = "|".join(re.escape(name.partition(".")[0]) for name in names)
    imports = re.compile(
        rf"""(?m)^\s*(?:from|import)\s+(?:{modules})\b(?!\s*['"])|['"](?:\.\.?/)+(?:{modules})(?:/|['"])"""
        rf"""|include_(?:str|bytes)!\("[^"]*(?:{"|".join(map(re.escape, names))})|//go:embed.*(?:{modules})"""
    )
    return _found_in(context, paths, _SOURCE, imports, called)


def _found_in(
    context: Context, paths: Sequence[str], names: re.Pattern[str], pattern: re.Pattern[str], called: str
) -> str:
    """Return which file outside of ``paths`` has the pattern, by the names of files that are looked at."""
    makes = re.search(r"\bmake\b", called) is not None
    run = frozenset(name for name in context.memo.once(("scripts",), lambda: _scripts(context)) if name in called)
    asked = ("search", tuple(paths), names, pattern, run, makes)
    return context.memo.once(asked, lambda: _searched(context, paths, names, pattern, run, makes=makes))


def _scripts(context: Context) -> frozenset[str]:
    return frozenset(name for path in context.files() if (name := path.rpartition("/")[2]).endswith(".sh"))


def _searched(
    context: Context,
    paths: Sequence[str],
    names: re.Pattern[str],
    pattern: re.Pattern[str],
    scripts: frozenset[str],
    *,
    makes: bool,
) -> str:
    outside = tuple(f"{path}/" for path in paths)
    looked = 0
    for path in context.files():
        name = path.rpartition("/")[2]
        if (name.endswith(".sh") and name not in scripts) or (name.lower().endswith("makefile") and not makes):
            continue
        if names.fullmatch(name) and not f"{path}/".startswith((*outside, ".git/")):
            looked += 1
            if looked > _MOST_FILES:
                return f"more than {_MOST_FILES} files would have to be searched"
            text = _steering_text(path, context.text(path) or "")
            if "node_modules/" not in path and (match := pattern.search(text)):
                return f"{path} has {' '.join(match[0].split())}"
    return ""


def _steering_text(path: str, text: str) -> str:
    """Return the text of a file without the settings of tools that no build runs."""
    name = path.rpartition("/")[2]
    try:
        if name == "pyproject.toml":
            table = tomllib.loads(text)
            tools = {tool: value for tool, value in table.get("tool", {}).items() if tool not in _TOOLS}
            return json.dumps({**table, "tool": tools}, default=str)
        if name == "package.json":
            table = json.loads(text)
            scripts = {key: value for key, value in table.get("scripts", {}).items() if key in _SCRIPTS}
            kept = ("files", "main", "bin", "exports", "workspaces", "dependencies", "devDependencies", "husky")
            return json.dumps({**{key: table[key] for key in kept if key in table}, "scripts": scripts})
    except (tomllib.TOMLDecodeError, ValueError, AttributeError):
        return text
    return text


def _read_by(graphs: Sequence[Graph]) -> str:
    reading = (step for step in _runs(graphs) if any(".git" in reason for reason in step.effects.needs_source))
    return next((f"line {step.line} reads it" for step in reading), "")


def _not_made(graphs: Sequence[Graph], path: str) -> str:
    """Return that no RUN is known to make what is at ``path`` in the container."""
    for graph in graphs:
        for step in graph:
            for selection in step.files:
                places = (place for taken, place in selection.placed.items() if taken.startswith(f"{path}/"))
                place = next(places, None)
                if place is not None and not _written(graph, place):
                    return f"no RUN is known to make {path} where line {step.line} copies it"
    return ""


def _written(graph: Graph, place: str) -> bool:
    known = (step for step in _runs((graph,)) if not step.effects.opaque)
    return any(written.covers(place) for step in known for written in step.effects.writes)


def _runs(graphs: Sequence[Graph]) -> Iterator[Step]:
    return (step for graph in graphs for step in graph if step.kind is Kind.RUN)
