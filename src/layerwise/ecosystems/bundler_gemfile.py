"""Gemfile and Gemfile.lock: what a Bundler install reads of the project itself.

A Gemfile is a Ruby program. Only lines that name gems, sources and groups in literals are understood; any other line
may read what it likes.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.ecosystems.effects import Files
from layerwise.ecosystems.places import normal

_NAMES = (("Gemfile", "Gemfile.lock"), ("gems.rb", "gems.locked"))
_DEEPEST = 10  # Gemfiles in Gemfiles
_LONGEST = 80  # characters of a line that are quoted

_STRING = r"(?:'[^'#]*'|\"(?:[^\"#]|#(?!\{))*\")"
_ENV = rf"ENV(?:\[{_STRING}\]|\.fetch\({_STRING}(?:,\s*{_STRING})?\))"
_ATOM = (
    rf"(?:{_ENV}|{_STRING}|%[wi](?:\[[^\]#]*\]|\([^)#]*\))|:\w+|\w+:(?!:)|=>|[\[\]{{}},()!]|[<>=]=|&&|\|\||[<>?:]"
    r"|\b(?:true|false|nil|if|unless|and|or|not|RUBY_VERSION|RUBY_ENGINE|RUBY_PLATFORM)\b|[\d.]+)"
)
_VALUES = rf"(?>\s*{_ATOM})*+\s*"
_LINE = re.compile(
    rf"(?:(?:gem|source|ruby|group|platforms?|git_source|git|github){_VALUES}(?:do)?"
    rf"|(?:if|elsif|unless){_VALUES}|else|end)$"
)
_FILE = re.compile(
    rf"(?:ruby\s+file:\s*|eval_gemfile\s*\(?\s*|ruby\s+File\.read\(\s*)({_STRING})[\s)]*(?:\.strip|\.chomp)?$"
)
_GIT_SOURCE = re.compile(
    r"git_source\(:\w+\)\s*(?:\{\s*\|\w+\|\s*\"https://[\w./]*#\{\w+\}[\w./]*\"\s*\}|do\s*\|\w+\|)$"
)
_PATH = re.compile(r"(?:^path\b|\bpath:\s|:path\s*=>)")


@dataclass(frozen=True, slots=True)
class Gemfile:
    """A Gemfile with what it includes, and its lock.

    Attributes:
        manifests: The files that select what is installed and that are known to be there.
        candidates: Those, and the files that would select it if they appeared.
        lock: The lock file, where there is one.
        lock_path: Where it is, or would be written.
        packages: How many gems the lock names, else how many the Gemfile does.
        names: The gems that the Gemfile names.
        variables: The environment variables that it reads.
        needs_source: Why an install reads more than the manifests, one reason each.
        hashed: Whether the lock has checksums.
    """

    manifests: tuple[str, ...]
    candidates: tuple[str, ...]
    lock: str | None
    lock_path: str
    packages: int
    names: tuple[str, ...]
    variables: frozenset[str]
    needs_source: tuple[str, ...]
    hashed: bool


def find(directory: str, files: Files) -> tuple[str, str]:
    """Return the Gemfile and the lock that Bundler takes: the nearest from ``directory`` up, or those it would want."""
    here = directory
    while True:
        for names in _NAMES:
            if files.exists(posixpath.join(here, names[0])):
                return posixpath.join(here, names[0]), posixpath.join(here, names[1])
        if here == "/":
            return posixpath.join(directory, "Gemfile"), posixpath.join(directory, "Gemfile.lock")
        here = posixpath.dirname(here)


def read_gemfile(path: str, lock_path: str, files: Files) -> Gemfile:
    """Read a Gemfile; what cannot be read or followed is a reason to want the source."""
    directory = posixpath.dirname(path)
    read = [path]
    lines = list(_lines(path, files, read))
    reasons = [reason for line in lines if (reason := _reason(path, line))]
    if any(files.read(one) is None for one in read):
        reasons = [f"{one} could not be read before the build" for one in read if files.read(one) is None]
    lock = files.read(lock_path)
    locked = lock_path if files.exists(lock_path) else None
    if locked and lock is None:
        reasons.append(f"{lock_path} could not be read before the build")
    names = tuple(
        dict.fromkeys(found[1].lower() for line in lines if (found := re.match(r"gem[\s(]+['\"]([\w.-]+)", line)))
    )
    own = [posixpath.join(directory, name) for name in (".bundle/config", ".bundle/plugin/index")]
    candidates = tuple(dict.fromkeys((*read, lock_path, *own)))
    specs = _specs(lock or "")
    return Gemfile(
        tuple(one for one in candidates if files.exists(one)),
        candidates,
        locked,
        lock_path,
        len(specs) or len(names),
        names,
        frozenset(name for line in lines for name in re.findall(r"ENV(?:\[|\.fetch\()['\"](\w+)", line)),
        (*dict.fromkeys(reasons), *_local_in_lock(lock or "", lock_path)),
        hashed="\nCHECKSUMS\n" in (lock or ""),
    )


def _lines(path: str, files: Files, read: list[str], depth: int = 0) -> Iterator[str]:
    """Yield statements, comments dropped and lines joined where a call goes on; included Gemfiles in their place."""
    joined, inside = "", False
    for raw in (files.read(path) or "").splitlines():
        line = re.sub(rf"^((?:[^#'\"]|{_STRING})*?)\s*#(?!\{{).*$", r"\1", raw.strip())
        if inside:
            inside = line != "end"
            if re.search(r"\b(?:File|Dir|IO|ENV|Pathname|require|load|system|exec)\b|`", line):
                yield line
            continue
        joined = f"{joined} {line}".strip()
        if not joined or joined.endswith((",", "(", "[", "{", "=>", "\\")):
            continue
        statement, joined = joined, ""
        if _GIT_SOURCE.match(statement):
            inside = statement.endswith("|")
        elif (found := _FILE.match(statement)) and depth < _DEEPEST:
            included = normal(posixpath.join(posixpath.dirname(path), found[1][1:-1]))
            read.append(included)
            if statement.startswith("eval_gemfile"):
                yield from _lines(included, files, read, depth + 1)
        else:
            yield statement
    if joined:
        yield joined


def _reason(path: str, line: str) -> str:
    if _PATH.search(line) or re.match(r"gemspec\b|source[\s(]+['\"](?:file:|/|\.)", line):
        return f"{path} takes gems from the project: {line[:_LONGEST]}"
    return "" if _LINE.match(line) else f"{path} runs Ruby that layerwise does not follow: {line[:_LONGEST]}"


def _specs(lock: str) -> list[str]:
    return re.findall(r"^ {4}([\w.-]+) \(", lock, re.MULTILINE)


def _local_in_lock(lock: str, lock_path: str) -> tuple[str, ...]:
    """Return what a lock takes from directories, and the plugins that run with an install."""
    paths = re.findall(r"^PATH\n  remote: (.*)$", lock, re.MULTILINE)
    plugins = ("the lock names plugins, which run during the install",) if "\nPLUGIN SOURCE" in f"\n{lock}" else ()
    return (*(f"{lock_path} takes gems from {path}" for path in paths), *plugins)
