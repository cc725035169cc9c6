"""The programs that start with an image's command, one by the other: wrappers, scripts, interpreters."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from layerwise.builder.arch.files import Files, Found
from layerwise.builder.arch.scan import Form
from layerwise.builder.arch.wrappers import inner

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # docker's, where an image has none
_DEEPEST = 8  # commands that start commands; the kernel follows five interpreters


@dataclass(frozen=True, slots=True)
class Used:
    """A file without which an image does not start.

    Attributes:
        found: The file.
        role: What it is to the image: ``its entrypoint``, ``the interpreter of /app/run``.
        machine: What it must be for, "" where any will do that the platform runs.
    """

    found: Found
    role: str
    machine: str = ""


@dataclass(slots=True)
class Starts:
    """Follows what an image starts.

    Attributes:
        files: Of the image.
        variables: Its environment.
        notes: What was not found or could not be followed, as sentences without a subject.
    """

    files: Files
    variables: Mapping[str, str]
    notes: list[str] = field(default_factory=list)

    def of(self, entrypoint: Sequence[str], command: Sequence[str], directory: str) -> Iterator[Used]:
        """Yield what starts with an image, the outermost first.

        A script as an entrypoint is taken to end with ``exec "$@"``, as nearly all do: so what stands in ``command``
        starts too, where there is such a program.
        """
        role = "its entrypoint" if entrypoint else "its command"
        whole = [*entrypoint, *command]
        if not whole:
            self.notes.append("it has no entrypoint and no command, so nothing of it is known to start")
            return
        found = list(self._started(whole, directory, role))
        yield from found
        scripts = any(used.found.entry.form is Form.SCRIPT for used in found)
        if entrypoint and command and scripts and self._program(command[0], directory):
            yield from self._started(list(command), directory, "its command")

    def _started(self, command: Sequence[str], directory: str, role: str, depth: int = 0) -> Iterator[Used]:
        program = self._program(command[0], directory)
        if program is None:
            self.notes.append(f"{command[0]}, {role}, is not in it")
            return
        yield Used(program, role)
        if depth == _DEEPEST:
            return
        for further, where, what in self._further(program, command, directory):
            yield from self._started(further, where, what, depth + 1)

    def _further(
        self, program: Found, command: Sequence[str], directory: str
    ) -> Iterator[tuple[Sequence[str], str, str]]:
        """Yield what a program starts: a command, where, and what it is to the image."""
        if program.entry.form is Form.SCRIPT:
            if interpreter := _interpreter(program.entry.text):
                yield [*interpreter, program.path, *command[1:]], directory, f"the interpreter of {program.path}"
            return
        found = inner(command, directory, self.variables)
        if found.note:
            self.notes.append(found.note)
        for further, where in found.commands:
            if further[0] in {"exec", "command"}:
                yield from self._further(program, further, where)
            else:
                yield further, where, f"started by {posixpath.basename(command[0])}"

    def _program(self, name: str, directory: str) -> Found | None:
        if "/" in name:
            return self.files.find(name, directory)
        places = self.variables.get("PATH", _PATH).split(":")
        found = (self.files.find(name, posixpath.join(directory, place)) for place in places)
        return next((one for one in found if one is not None), None)


def _interpreter(line: str) -> list[str]:
    """Return the words of a script's first line as the kernel takes them: a path and at most one argument."""
    return line.removeprefix("#!").strip(" \t\r").split(maxsplit=1)
