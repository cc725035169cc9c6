"""The libraries of a program, looked for as the dynamic loader does it: glibc's (ld.so(8)) or musl's."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import NamedTuple

from layerwise.builder.arch.elf import Elf
from layerwise.builder.arch.files import Files, Found
from layerwise.builder.arch.machines import library_directories, machine_of
from layerwise.builder.arch.started import Used

_MUSL = "ld-musl-"
_OF_MUSL = re.compile(r"lib(?:c|pthread|rt|m|dl|util|xnet)\.")  # the interpreter itself is these (ldso/dynlink.c)
_MUSL_PATH = "/lib:/usr/local/lib:/usr/lib"
_DEEPEST = 4  # files of ld.so.conf that include others


class _Object(NamedTuple):
    """A program or library that was loaded, and what asked for it, the nearest first."""

    found: Found
    elf: Elf
    above: "tuple[_Object, ...]" = ()


@dataclass(slots=True)
class Loader:
    """Looks for what a program loads.

    Attributes:
        files: Of the image.
        variables: Its environment.
        notes: What was not found, as sentences without a subject.
    """

    files: Files
    variables: Mapping[str, str]
    notes: list[str] = field(default_factory=list)

    def loaded(self, program: Found) -> Iterator[Used]:
        """Yield the interpreter of a program, and the libraries that it and they need, each once.

        A library is the first of its name for the program's machine; one for another machine is yielded only where
        there is none, as glibc passes it over.
        """
        elf = program.entry.elf
        if elf is None:
            return
        if elf.interpreter:
            interpreter = self.files.find(elf.interpreter)
            if interpreter is None:
                self.notes.append(f"{elf.interpreter}, the interpreter of {program.path}, is not in it")
            else:
                yield Used(interpreter, f"the interpreter of {program.path}", machine_of(elf))
        waiting, seen = [_Object(program, elf)], set[str]()
        while waiting:
            one = waiting.pop(0)
            if not one.elf.whole:
                self.notes.append(f"the libraries that {one.found.path} needs can't be read")
            for name in one.elf.needed:
                if name in seen or (_MUSL in elf.interpreter and _OF_MUSL.match(name)):
                    continue
                seen.add(name)
                found = self._library(name, one, elf)
                if found is None:
                    self.notes.append(f"the library {name} that {one.found.path} needs is not in it")
                    continue
                yield Used(found, f"a library that {one.found.path} needs", machine_of(elf))
                if found.entry.elf is not None:
                    waiting.append(_Object(found, found.entry.elf, (one, *one.above)))

    def _library(self, name: str, one: _Object, program: Elf) -> Found | None:
        if "/" in name:
            return self.files.find(name)
        musl = _MUSL in program.interpreter
        other: Found | None = None
        for directory in self._directories(one, program, musl=musl):
            found = self.files.find(name, directory)
            if found is None or found.entry.elf is None:
                continue
            if musl or machine_of(found.entry.elf) == machine_of(program):
                return found
            other = other or found
        return other

    def _directories(self, one: _Object, program: Elf, *, musl: bool) -> Iterator[str]:
        chain = (one, *one.above)
        named = self.variables.get("LD_LIBRARY_PATH", "").replace(";", ":")
        if musl:
            yield from _split(named)
            for each in chain:
                yield from _expanded(each.elf.runpath or each.elf.rpath, each)
            name = posixpath.basename(program.interpreter).removesuffix(".so.1").removeprefix("ld-")
            told = self.files.text(f"/etc/ld-{name}.path")
            yield from _split(told.replace("\n", ":") or _MUSL_PATH)
            return
        if not one.elf.runpath:
            for each in chain:
                if not each.elf.runpath:
                    yield from _expanded(each.elf.rpath, each)
        yield from _split(named)
        yield from _expanded(one.elf.runpath, one)
        yield from self._configured("/etc/ld.so.conf")
        yield from library_directories(program)

    def _configured(self, path: str, depth: int = 0) -> Iterator[str]:
        """Yield the directories of ``ld.so.conf``; the loader reads them from a cache that was made of it."""
        for line in self.files.text(path).splitlines():
            words = line.partition("#")[0].split()
            if words[:1] == ["include"] and depth < _DEEPEST:
                for pattern in words[1:]:
                    for one in self._matching(posixpath.join(posixpath.dirname(path), pattern)):
                        yield from self._configured(one, depth + 1)
            elif words:
                yield words[0].rstrip(",:")

    def _matching(self, pattern: str) -> Iterator[str]:
        above, last = posixpath.split(pattern)
        for name in self.files.within(above):
            if fnmatchcase(name, last):
                yield posixpath.join(above, name)


def _split(path: str) -> Iterator[str]:
    return (directory for directory in path.split(":") if directory.startswith("/"))


def _expanded(path: str, one: _Object) -> Iterator[str]:
    """Yield the directories of a path in an ELF file, with what the loader puts for ``$ORIGIN`` and ``$LIB``."""
    origin = posixpath.dirname(one.found.path)
    lib = "lib64" if one.elf.bits == 64 else "lib"  # noqa: PLR2004 - bits
    for name, value in (("ORIGIN", origin), ("LIB", lib)):
        path = path.replace(f"${name}", value).replace(f"${{{name}}}", value)
    return _split(path)
