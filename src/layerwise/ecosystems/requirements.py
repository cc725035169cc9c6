r"""pip's requirements files: what they install, which other files they name, whether they are locked.

The format is the one of pip's documentation, "Requirements File Format": one requirement or option a line, ``\`` at
the end of a line joins the next, ``#`` after a blank starts a comment, paths are relative to the file they stand in.
"""

import posixpath
import re
from dataclasses import dataclass

from layerwise.ecosystems.effects import Effects, Files, Path
from layerwise.ecosystems.places import normal
from layerwise.ecosystems.setuptools_project import declared
from layerwise.ecosystems.sieve import pinned

_DEEPEST = 20  # files included in one another
_COMMENT = re.compile(r"(^|\s+)#.*$")
_OPTION = re.compile(r"(--?[A-Za-z][\w-]*)(?:\s*=\s*|\s+|$)?(.*)", re.DOTALL)
_SHORT = re.compile(r"-([rcefi])\s*(.*)", re.DOTALL)
_NAME = re.compile(r"\s*([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(\[[^\]]*\])?\s*(.*)", re.DOTALL)
_REMOTE = re.compile(r"(?:[a-z]+\+)?(?:https?|ssh|git|ftp|s3|gs)(?:\+\w+)?://|(?:git|hg|svn|bzr)\+", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar")


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a set of requirements asks for.

    Attributes:
        files: The requirement and constraint files, includes with them, absolute.
        paths: Directories and archives that are installed from, or looked at for packages.
        names: The packages, lower case; constraints don't count.
        local: Why parts of the project are built or must be seen, one reason each.
        variables: Environment variables that the files name.
        hashed: Whether every package is pinned by a hash.
        complete: Whether every file could be read.
        named: Directories of which the names of files are read, manifests aside, and which are installed in place.
        written: Directories of the project that the install writes.
        checked_out: Whether a repository is checked out, to ``src`` below the working directory, and installed there.
        pins: What is pinned to one version and said nothing else of, ``name==version`` each, the name in lower case.
    """

    files: tuple[str, ...] = ()
    paths: frozenset[Path] = frozenset()
    names: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    variables: frozenset[str] = frozenset()
    hashed: bool = True
    complete: bool = True
    named: tuple[str, ...] = ()
    written: frozenset[Path] = frozenset()
    checked_out: bool = False
    pins: frozenset[str] = frozenset()

    def __or__(self, other: "Requirements") -> "Requirements":
        return Requirements(
            tuple(dict.fromkeys((*self.files, *other.files))),
            self.paths | other.paths,
            (*self.names, *other.names),
            tuple(dict.fromkeys((*self.local, *other.local))),
            self.variables | other.variables,
            self.hashed and other.hashed,
            self.complete and other.complete,
            tuple(dict.fromkeys((*self.named, *other.named))),
            self.written | other.written,
            self.checked_out or other.checked_out,
            self.pins | other.pins,
        )

    def effects(self) -> Effects:
        """Return the reading that these requirements mean."""
        files = frozenset(Path(file) for file in self.files)
        return Effects(
            reads=files | self.paths,
            writes=self.written,
            named=self.named,
            manifests=self.files,
            needs_source=self.local,
        )


def read_file(path: str, files: Files, *, constraint: bool = False, above: tuple[str, ...] = ()) -> Requirements:
    """Read a requirements file and what it includes; a file that cannot be read is a reason to want the source."""
    if path in above or len(above) > _DEEPEST:
        return Requirements()
    text = files.read(path)
    if text is None:
        return Requirements(
            (path,), local=(f"{path} could not be read before the build",), hashed=False, complete=False
        )
    found = Requirements((path,))
    for line in lines(text):
        found |= _line(line, posixpath.dirname(path), files, constraint=constraint, above=(*above, path))
    return found


def read_line(line: str, path: str, files: Files) -> Requirements:
    """Read one line as it would stand in the requirements file ``path``."""
    found = Requirements()
    for one in lines(line):
        found |= _line(one, posixpath.dirname(path), files, constraint=False, above=(path,))
    return found


def lines(text: str) -> list[str]:
    """Return the logical lines of a requirements file: joined, without comments and blanks."""
    joined: list[str] = []
    held = ""
    for line in text.lstrip("\ufeff").splitlines():
        comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not comment:
            held += line[:-1]
            continue
        joined.append(held + (" " if comment else "") + line)
        held = ""
    bare = (_COMMENT.sub("", line).strip() for line in [*joined, held])
    return [line for line in bare if line]


def _line(line: str, directory: str, files: Files, *, constraint: bool, above: tuple[str, ...]) -> Requirements:
    variables = frozenset(_VARIABLE.findall(line))
    if variables:
        return Requirements(local=(f"{above[-1]} names ${{{min(variables)}}}",), variables=variables, hashed=False)
    if not line.startswith("-"):
        return requirement(line, directory, files, constraint=constraint)
    name, value = _option(line)
    place = normal(posixpath.join(directory, value.strip("\"'")))
    if name in {"-r", "--requirement", "-c", "--constraint"}:
        if _REMOTE.match(value):
            return Requirements(hashed=False)
        inner = constraint or name in {"-c", "--constraint"}
        return read_file(place, files, constraint=inner, above=above)
    if name in {"-e", "--editable"}:
        return editable(value, directory, files)
    if name in {"-f", "--find-links"}:
        return find_links(value, directory, files)
    return Requirements()


def _option(line: str) -> tuple[str, str]:
    short = _SHORT.fullmatch(line) if not line.startswith("--") else None
    if short:
        return f"-{short[1]}", short[2].strip()
    match = _OPTION.fullmatch(line)
    return (match[1], match[2].strip()) if match else (line, "")


def find_links(value: str, directory: str, files: Files) -> Requirements:
    """Return what ``--find-links`` looks at, where that is not a web page; packages there may be the project's."""
    if _REMOTE.match(value):
        return Requirements(hashed=True)
    place = normal(posixpath.join(directory, value.removeprefix("file://")))
    if value.startswith("/") and files.exists(place) is False:  # a stage fills it, or the base image has it
        return Requirements(paths=frozenset({Path(place, tree=True)}))
    return Requirements(paths=frozenset({Path(place, tree=True)}), local=(f"looks for packages in {place}",))


def editable(value: str, directory: str, files: Files) -> Requirements:
    """Return what ``-e`` installs: a directory of the project, or a repository elsewhere."""
    if _REMOTE.match(value):
        return Requirements(names=(_fragment(value),), hashed=False, checked_out=True)
    place = normal(posixpath.join(directory, _path(value)))
    if (found := declared(place, files)) is not None:
        written = frozenset({Path(found.metadata, tree=True)})
        return Requirements(files=found.manifests, hashed=False, named=(place,), written=written)
    return _from_path(value, directory, files, "installed in place")


def requirement(line: str, directory: str, files: Files, *, constraint: bool = False) -> Requirements:
    """Return what one requirement asks for: a package, a URL, or a path relative to ``directory``."""
    text, *hashes = line.split(" --hash")
    text = re.split(r"\s+--(?:config-settings?|global-option|install-option)\b", text)[0].strip()
    if _REMOTE.match(text):
        return Requirements(names=(_fragment(text),), hashed=bool(hashes))
    if text.startswith(("file:", ".", "/", "~")) or (("/" in text or text.endswith(_ARCHIVES)) and "@" not in text):
        return _from_path(text, directory, files, "built")
    match = _NAME.fullmatch(text)
    if match is None:
        return Requirements(local=(f"a requirement that is not understood: {text}",), hashed=False)
    name, rest = match[1].lower(), match[3]
    if rest.startswith("@") and not _REMOTE.match(rest[1:].strip()):
        return _from_path(rest[1:].partition(";")[0].strip(), directory, files, "built")
    if constraint:
        return Requirements(hashed=True)
    pins = frozenset({text.lower()} if pinned(text) and not hashes else ())
    return Requirements(names=(name,), hashed=bool(hashes), pins=pins)


def _from_path(text: str, directory: str, files: Files, how: str) -> Requirements:
    place = normal(posixpath.join(directory, _path(text)))
    if place.endswith(_ARCHIVES):
        return _archive(place, files)
    reason = f"{place} is {how} by the install: its build reads the source"
    return Requirements(paths=frozenset({Path(place, tree=True)}), local=(reason,), hashed=False)


def _path(text: str) -> str:
    """Return the path of a requirement, without extras, markers and fragment."""
    path = re.sub(r"\[[^\]]*\]$", "", text.partition(";")[0].strip()).removeprefix("file://").removeprefix("file:")
    return path.partition("#")[0]


def _archive(place: str, files: Files) -> Requirements:
    """A wheel is only unpacked; any other archive runs a build of its own."""
    manifests = (place,) if files.exists(place) else ()
    built = () if place.endswith(".whl") else (f"{place} is built by the install",)
    name = posixpath.basename(place).partition("-")[0].lower()
    return Requirements(manifests, frozenset({Path(place)}), (name,), built, hashed=bool(manifests) and not built)


def _fragment(url: str) -> str:
    match = re.search(r"[#&]egg=([\w.-]+)", url)
    return (match[1] if match else posixpath.basename(url.partition("#")[0].partition("@")[0])).lower()
