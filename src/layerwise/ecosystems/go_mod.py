"""go.mod, go.sum and go.work: which modules are downloaded, and which files of the project select them.

The format is that of the Go Modules Reference. Tried with go 1.19: a module that is replaced by a directory, and each
module that go.work uses, must have its go.mod there, and nothing else of it is read; only the main modules' own
replace lines count. ``go mod download`` leaves a go.sum as it is unless the checksum of some go.mod is missing.
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.ecosystems.directories import above, nearest
from layerwise.ecosystems.effects import Files
from layerwise.ecosystems.places import normal

_UPDATED_BEFORE = (1, 17)  # the go line from which on go.mod names all modules, so that a tidy one stays as it is


@dataclass(frozen=True, slots=True)
class Modules:
    """The main modules that go works on.

    Attributes:
        directory: Where go.work or go.mod lies.
        manifests: The files that select what is downloaded and that are known to be there.
        candidates: Files that are looked for, there or not.
        lock: go.sum, or with a workspace go.work.sum, where it is there.
        packages: How many modules are required.
        names: They, lower case.
        needs_source: Why go reads more than that, one reason each.
        summed: Whether go.sum holds what every required module must have, so that nothing is added to it.
    """

    directory: str
    manifests: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    lock: str | None = None
    packages: int = 0
    names: tuple[str, ...] = ()
    needs_source: tuple[str, ...] = ()
    summed: bool = False

    @property
    def written(self) -> tuple[str, ...]:
        """The files that go may bring up to date."""
        names = ("go.mod", "go.sum", "go.work", "go.work.sum")
        return (*self.manifests, *(posixpath.join(self.directory, name) for name in names))


@dataclass(frozen=True, slots=True)
class _Line:
    verb: str
    words: tuple[str, ...]


def read_modules(cwd: str, files: Files, workspace: str | None) -> Modules:
    """Read the module of ``cwd``, or its workspace; what cannot be read is a reason.

    Args:
        cwd: Where go runs.
        files: The files there are.
        workspace: GOWORK: a file, ``off``, or None where it is to be looked for.
    """
    found = nearest(cwd, "go.work", files) if workspace is None else None
    work = workspace if workspace not in {None, "off"} else posixpath.join(found, "go.work") if found else None
    modules = _used(work, files) if work else [one for one in (nearest(cwd, "go.mod", files),) if one]
    if modules is None or not modules:
        path = work or posixpath.join(cwd, "go.mod")
        return Modules(cwd, needs_source=(f"{path} could not be read before the build",))
    replaced = _replaced_in(work, files) if work else []
    lines: list[_Line] = []
    for module in modules:
        text = files.read(posixpath.join(module, "go.mod"))
        lines += _lines(text or "")
        replaced += [normal(posixpath.join(module, one)) for one in _replacements(_lines(text or ""))]
    directories = tuple(dict.fromkeys((*modules, *replaced)))
    paths = [posixpath.join(one, "go.mod") for one in directories]
    sums = [path for one in modules if files.exists(path := posixpath.join(one, "go.sum"))]
    works = [path for path in ((work, work + ".sum") if work else ()) if files.exists(path)]
    required = {words[0]: words[1] for verb, words in _pairs(lines) if verb == "require" and len(words) > 1}
    locks = [one for one in (*sums, *works) if one.endswith(".sum")]
    return Modules(
        posixpath.dirname(work) if work else modules[0],
        (*works, *paths, *sums),
        (*above(cwd, ("go.mod", "go.work", "go.sum")), *(posixpath.join(one, "go.sum") for one in modules)),
        locks[0] if locks else None,
        len(required),
        tuple(sorted(name.lower() for name in required)),
        tuple(f"{path} could not be read before the build" for path in paths if files.read(path) is None),
        summed=_summed(required, lines, [files.read(one) or "" for one in locks]),
    )


def _pairs(lines: list[_Line]) -> Iterator[tuple[str, tuple[str, ...]]]:
    return ((line.verb, line.words) for line in lines)


def _lines(text: str) -> list[_Line]:
    """Return the directives of go.mod or go.work, blocks in parentheses taken apart."""
    found: list[_Line] = []
    block = ""
    for raw in text.splitlines():
        words = tuple(word.strip('"`') for word in raw.partition("//")[0].split())
        if not words:
            continue
        if block:
            if words[0] == ")":
                block = ""
            else:
                found.append(_Line(block, words))
        elif words[-1] == "(":
            block = words[0]
        else:
            found.append(_Line(words[0], words[1:]))
    return found


def _replacements(lines: list[_Line]) -> list[str]:
    """Return the directories that take a module's place."""
    targets = [line.words[line.words.index("=>") + 1] for line in lines if _replaces(line)]
    return [one for one in targets if one.startswith(("./", "../", "/")) or one in {".", ".."}]


def _replaces(line: _Line) -> bool:
    return line.verb == "replace" and "=>" in line.words[1:-1]


def _used(work: str, files: Files) -> list[str] | None:
    text = files.read(work)
    if text is None:
        return None
    used = [line.words[0] for line in _lines(text) if line.verb == "use" and line.words]
    return [normal(posixpath.join(posixpath.dirname(work), one)) for one in used]


def _replaced_in(work: str, files: Files) -> list[str]:
    found = _replacements(_lines(files.read(work) or ""))
    return [normal(posixpath.join(posixpath.dirname(work), one)) for one in found]


def _summed(required: dict[str, str], lines: list[_Line], sums: list[str]) -> bool:
    """Whether go.sum has both checksums of each module required, or of that in its place, and go.mod is recent."""
    replaced = {line.words[0]: line.words[line.words.index("=>") + 1 :] for line in lines if _replaces(line)}
    versions = [line.words[0] for line in lines if line.verb == "go" and line.words]
    if not versions or any(_number(one) < _UPDATED_BEFORE for one in versions):
        return False
    known = {tuple(line.split()[:2]) for text in sums for line in text.splitlines()}
    wanted = [(name, version) for name, version in required.items() if name not in replaced]
    wanted += [(words[0], words[1]) for words in replaced.values() if len(words) > 1]
    return all((name, version) in known and (name, f"{version}/go.mod") in known for name, version in wanted)


def _number(version: str) -> tuple[int, ...]:
    parts = version.split(".")
    return tuple(int(one) if one.isdigit() else 0 for one in parts[:2])
