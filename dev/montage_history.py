"""A plausible past for examples/montage: commits that end exactly at its present content.

Each file is unrolled into versions that grow towards the present one: a module definition by definition, a page
paragraph by paragraph, the Dockerfile step by step, a pin from older releases of the same package. The versions are
dealt out to commits of four kinds in the shares that real repositories show. Nothing is drawn by chance and the dates
are fixed, so the same content always gives the same commit ids.
"""

import ast
import hashlib
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "montage"
AUTHORS = ("Mara Lindqvist <mara@example.org>", "Tobias Okafor <tobias@example.org>")
BEGIN = 1_714_550_400  # 1 May 2024, in seconds since the epoch
FIRST_SUBJECT = "Import montage 1.4 from the old server"


class Kind(Enum):
    """What a commit touches; the values are shares of all commits, taken from the survey of 77 repositories."""

    SOURCE = 0.62
    MANIFEST = 0.20
    DOCKERFILE = 0.04
    DOCS = 0.14


@dataclass(frozen=True, slots=True)
class Change:
    """Files that are rewritten together, and what a commit message says of it."""

    subject: str
    files: tuple[tuple[str, str], ...]  # path and whole new text


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of the history to be written."""

    subject: str
    kind: Kind | None  # None for the first one, which brings files of every kind
    files: tuple[tuple[str, str], ...]


# Packages in the order in which their pins were added or raised; several in one entry were raised together.
_RAISED: tuple[tuple[tuple[str, str], ...], ...] = (
    (("Jinja2", "3.1.4"),),
    (("pillow", "10.4.0"),),
    (("numba", "0.60.0"), ("llvmlite", "0.43.0")),
    (("boto3", "1.34.100"),),
    (("opencv-python-headless", "4.10.0.84"),),
    (("scipy", "1.14.1"),),
    (("numpy", "2.0.2"),),
    (("click", "8.1.8"),),
    (("matplotlib", "3.9.2"),),
    (("setuptools", "75.6.0"),),
    (("boto3", "1.35.50"),),
    (("pillow", "11.0.0"),),
    (("Jinja2", "3.1.5"),),
    (("onnxruntime", "1.20.1"),),
    (("soundfile", "0.13.1"),),
    (("numba", "0.61.2"), ("llvmlite", "0.44.0")),
    (("matplotlib", "3.10.3"),),
    (("opencv-python-headless", "4.11.0.86"),),
    (("Jinja2", "3.1.6"),),
    (("librosa", "0.11.0"),),
    (("numpy", "2.2.6"),),
    (("scipy", "1.15.3"),),
    (("pillow", "11.2.1"),),
    (("click", "8.2.1"),),
    (("onnxruntime", "1.22.0"),),
    (("boto3", "1.38.36"), ("setuptools", "80.9.0")),
)
_FIRST_PINS: Mapping[str, str | None] = {
    "Jinja2": "3.1.3",
    "boto3": None,
    "click": "8.1.7",
    "librosa": "0.10.2",
    "llvmlite": "0.42.0",
    "matplotlib": "3.8.4",
    "numba": "0.59.1",
    "numpy": "1.26.4",
    "onnxruntime": None,
    "opencv-python-headless": "4.9.0.80",
    "pillow": "10.3.0",
    "scipy": "1.13.1",
    "setuptools": "69.5.1",
    "soundfile": "0.12.1",
}
_PINNING = ("requirements.txt", "environment.yml")
_RELEASES = ("1.4", "1.5", "1.6", "1.7", "1.8")
_RELEASE_FILES = ("pyproject.toml", "src/montage/__init__.py", "CHANGELOG.md")

# Values that were found by trying: path, present text, text before, subject.
_TUNED = (
    ("src/montage/audio/envelope.py", "HOP = 256", "HOP = 512", "Halve the hop: beats were late by a frame"),
    ("src/montage/audio/tempo.py", "FASTEST = 60.0, 200.0", "FASTEST = 60.0, 180.0", "Allow faster tracks"),
    ("src/montage/audio/beats.py", "TIGHTNESS = 100.0", "TIGHTNESS = 400.0", "Follow live drummers more loosely"),
    ("src/montage/pictures/similar.py", "ALIKE = 6", "ALIKE = 10", "Keep more pictures of one scene"),
    ("src/montage/pictures/focus.py", "CENTRE = (0.5, 0.4)", "CENTRE = (0.5, 0.5)", "Keep heads in the crop"),
    ("src/montage/timeline/cut.py", "SHORTEST = 0.2", "SHORTEST = 0.35", "Allow shorter clips for fast tracks"),
    ("src/montage/render/command.py", '"medium"', '"veryfast"', "Encode more slowly, files were too large"),
    ("src/montage/web/server.py", "LOOK = 5.0", "LOOK = 30.0", "Look for new folders more often"),
)

# Blocks of the Dockerfile that came later, each told by a text in it.
_DOCKERFILE = (
    ("GIT_COMMIT", "Say in the image which commit it was built from"),
    ("useradd", "Do not run as root"),
    ("nodejs|sharp-cli", "Make contact sheets with sharp"),
    ("parcel", "Install the tools for a web front end"),
    ("#41", "Install twice, the console script was missing"),
    ("UPSCALER_URL", "Enlarge small pictures"),
)

# Source in the order in which it was written; what is named here was there at the import, in part.
_IMPORTED = (
    "settings",
    "errors",
    "audio/",
    "pictures/library",
    "pictures/exif",
    "pictures/order",
    "timeline/",
    "render/",
)


def read_example(top: Path = EXAMPLE) -> dict[str, str]:
    """The present files by path relative to `top`; what tools leave behind is not among them."""
    left_behind = {"__pycache__", ".pytest_cache", ".venv", ".git", ".ruff_cache"}
    paths = (path for path in sorted(top.rglob("*")) if path.is_file())
    own = (path for path in paths if not any(p in left_behind or p.endswith(".egg-info") for p in path.parts))
    return {path.relative_to(top).as_posix(): path.read_text("utf-8") for path in own}


def plan_history(present: Mapping[str, str], commits: int) -> tuple[Commit, ...]:
    """The commits, first to last; the files after the last one are `present`.

    Raises:
        ValueError: there are fewer changes of a kind than commits of it, or the pins do not end at the present ones.
    """
    first: dict[str, str] = {}
    lanes = {
        Kind.SOURCE: list(_source(present, first)),
        Kind.MANIFEST: _spread(list(_pins(present, first)), list(_releases(present, first))),
        Kind.DOCKERFILE: list(_dockerfile(present, first)),
        Kind.DOCS: list(_pages(present, first)),
    }
    rest = commits - 1
    counts = {kind: round(rest * kind.value) for kind in (Kind.MANIFEST, Kind.DOCKERFILE, Kind.DOCS)}
    counts[Kind.SOURCE] = rest - sum(counts.values())
    later = [place for kind in Kind for place in _placed(kind, _dealt(kind, lanes[kind], counts[kind]))]
    ordered = tuple(commit for _, commit in sorted(later, key=lambda place: place[0]))
    history = (Commit(FIRST_SUBJECT, None, tuple(sorted(first.items()))), *ordered)
    _check_end(history, present)
    return history


def _check_end(history: Sequence[Commit], present: Mapping[str, str]) -> None:
    last = {path: text for commit in history for path, text in commit.files}
    wrong = sorted(path for path in {*last, *present} if last.get(path) != present.get(path))
    if wrong:
        raise ValueError(f"the history does not end at the present content of {', '.join(wrong)}")


def _dealt(kind: Kind, changes: Sequence[Change], count: int) -> Iterator[Commit]:
    """The changes in `count` commits of about equal size."""
    if len(changes) < count:
        raise ValueError(f"{len(changes)} changes do not make {count} commits of the kind {kind.name.lower()}")
    for index in range(count):
        group = _share(changes, index, count)
        files = {path: text for change in group for path, text in change.files}
        yield Commit(group[0].subject, kind, tuple(sorted(files.items())))


def _placed(kind: Kind, commits: Iterator[Commit]) -> Iterator[tuple[tuple[float, str], Commit]]:
    """Each commit with its place on the way from 0 to 1, evenly spaced."""
    listed = list(commits)
    for index, commit in enumerate(listed):
        yield ((index + 0.5) / len(listed), kind.name), commit


def _spread(many: list[Change], few: list[Change]) -> list[Change]:
    """The two in one list, the few at even distances, the last of them at the end."""
    parts = ((*_share(many, index, len(few)), change) for index, change in enumerate(few))
    return [change for part in parts for change in part]


def _share(changes: Sequence[Change], index: int, count: int) -> Sequence[Change]:
    """One of `count` parts of about equal size, in order."""
    return changes[index * len(changes) // count : (index + 1) * len(changes) // count]


# ---- manifests ------------------------------------------------------------------------------------------------------


def _pins(present: Mapping[str, str], first: dict[str, str]) -> Iterator[Change]:
    pins = dict(_FIRST_PINS)
    before = {path: _pinned(present[path], pins) for path in _PINNING}
    first |= before
    for raised in _RAISED:
        added = pins[raised[0][0]] is None
        pins |= dict(raised)
        after = {path: _pinned(present[path], pins) for path in _PINNING}
        names = " and ".join(f"{name} {version}" for name, version in raised)
        changed = tuple((path, text) for path, text in after.items() if text != before[path])
        yield Change(f"{'Add' if added else 'Raise'} {names}", changed)
        before = after


def _pinned(text: str, pins: Mapping[str, str | None]) -> str:
    """A manifest with other versions; a package without one is not in it."""
    lines = []
    for line in text.splitlines(keepends=True):
        found = re.match(r"(?:  - )?([\w-]+)={1,2}([\d.]+)$", line)
        name = found[1] if found else ""
        version = pins.get(name, "keep")
        if found and version not in {"keep", None}:
            lines.append(line.replace(f"={found[2]}", f"={version}"))
        elif version is not None:
            lines.append(line)
    return "".join(lines)


def _releases(present: Mapping[str, str], first: dict[str, str]) -> Iterator[Change]:
    for version in _RELEASES:
        files = {path: _at_release(path, present[path], version) for path in _RELEASE_FILES}
        if version == _RELEASES[0]:
            first |= files
        else:
            yield Change(f"Release {version}.0", tuple(files.items()))


def _at_release(path: str, text: str, version: str) -> str:
    if path != "CHANGELOG.md":
        return text.replace(f'version__ = "{_RELEASES[-1]}.0"', f'version__ = "{version}.0"').replace(
            f'version = "{_RELEASES[-1]}.0"', f'version = "{version}.0"'
        )
    heading, _, rest = text.partition("## ")
    older = rest[rest.index(f"{version}\n") :]
    return f"{heading}## {older}"


# ---- Dockerfile -----------------------------------------------------------------------------------------------------


def _dockerfile(present: Mapping[str, str], first: dict[str, str]) -> Iterator[Change]:
    blocks = present["Dockerfile"].split("\n\n")
    later = [pattern for pattern, _ in _DOCKERFILE]
    first["Dockerfile"] = _without(blocks, later)
    for pattern, subject in _DOCKERFILE:
        later.remove(pattern)
        yield Change(subject, (("Dockerfile", _without(blocks, later)),))


def _without(blocks: Sequence[str], patterns: Sequence[str]) -> str:
    return "\n\n".join(block for block in blocks if not any(re.search(pattern, block) for pattern in patterns))


# ---- pages and settings of the workplace ----------------------------------------------------------------------------


def _pages(present: Mapping[str, str], first: dict[str, str]) -> Iterator[Change]:
    """Documentation paragraph by paragraph; workflows, Makefile and the like are there from the beginning."""
    pages = [path for path in present if path.endswith(".md") and path not in _RELEASE_FILES]
    first |= {path: text for path, text in present.items() if _is_workplace(path)}
    for path in sorted(pages):
        versions = _grown(present[path].split("\n\n"), "\n\n")
        if not path.startswith("docs/"):
            first[path] = versions.pop(0)
        for text in versions:
            yield Change(f"{path}: {_topic(text)}", ((path, text),))


def _is_workplace(path: str) -> bool:
    return path.startswith(".") or path in {"Makefile", "compose.yaml"}


def _topic(text: str) -> str:
    """The heading that the end of a text stands under."""
    headings = [line.lstrip("# ") for line in text.splitlines() if line.startswith("#")]
    return headings[-1].lower()


def _grown(parts: Sequence[str], joint: str) -> list[str]:
    """Texts that hold ever more of the parts; fences of code and tables are never cut."""
    texts, open_fence = [], False
    for count, part in enumerate(parts, start=1):
        open_fence ^= part.count("```") % 2 == 1
        heading_only = part.lstrip().startswith("#") and "\n" not in part.strip()
        if (not open_fence and not heading_only) or count == len(parts):
            texts.append(joint.join(parts[:count]).rstrip("\n") + "\n")
    return texts


# ---- source ---------------------------------------------------------------------------------------------------------


def _source(present: Mapping[str, str], first: dict[str, str]) -> Iterator[Change]:
    """Source file by file, three of them at a time."""
    paths = sorted((path for path in present if path.startswith(("src/", "tests/"))), key=_written)
    lanes = [(path, _source_versions(path, present[path])) for path in paths if path not in _RELEASE_FILES]
    for path, versions in lanes:
        if _is_imported(path):
            first[path] = versions.pop(0)[1]
    waiting = [(path, versions) for path, versions in lanes if versions]
    while waiting:
        for path, versions in waiting[:3]:
            subject, text = versions.pop(0)
            yield Change(subject, ((path, text),))
        waiting = [(path, versions) for path, versions in waiting if versions]


def _written(path: str) -> tuple[int, str]:
    """Source by the part of the program, each test after what it tests."""
    parts = ("errors", "settings", "tempo", "audio", "beats", "order", "library", "exif", "timeline", "cut", "edl")
    later = ("render", "pipeline", "cli", "similar", "titles", "presets", "web", "plot", "publish", "upscale", "focus")
    rank = {part: number for number, part in enumerate((*parts, "pictures", *later))}
    found = [rank[part] for part in rank if part in path]
    return (max(found, default=0), path)


def _is_imported(path: str) -> bool:
    inner = path.removeprefix("src/montage/")
    return (
        inner in {"__main__.py", "cli.py", "pipeline.py"} or inner.startswith(_IMPORTED) or inner == "tests/conftest.py"
    )


def _source_versions(path: str, text: str) -> list[tuple[str, str]]:
    """Subject and text of each version of a file."""
    tuned = [(now, before, subject) for where, now, before, subject in _TUNED if where == path]
    old = text
    for now, before, _ in tuned:
        if now not in old:
            raise ValueError(f"{path} holds no {now}")
        old = old.replace(now, before)
    versions = _grown_module(path, old) if path.endswith(".py") else _grown_file(path, old)
    for now, before, subject in tuned:
        old = old.replace(before, now)
        versions.append((subject, old))
    return versions


def _grown_module(path: str, text: str) -> list[tuple[str, str]]:
    """A module definition by definition; what stands between two goes with the one below it."""
    lines = text.splitlines(keepends=True)
    definitions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    name = PurePosixPath(path).with_suffix("").as_posix().removeprefix("src/montage/").replace("/", ".")
    if not definitions:
        return [(f"{name}: {_sentence(ast.get_docstring(ast.parse(text)), 'a package')}", text)]
    versions = []
    for node in definitions:
        end = node.end_lineno or 0
        cut = "".join(lines[:end])
        versions.append((f"{name}: {_sentence(ast.get_docstring(node), node.name.replace('_', ' '))}", cut))
    versions[-1] = (versions[-1][0], text)
    return versions


def _sentence(docstring: str | None, name: str) -> str:
    words = (docstring or name).splitlines()[0].rstrip(".").partition(";")[0].partition(":")[0]
    return words[:1].lower() + words[1:]


def _grown_file(path: str, text: str) -> list[tuple[str, str]]:
    """Style sheets and scripts block by block; other files are written in one go."""
    name = PurePosixPath(path).name
    if not path.endswith((".css", ".js")):
        return [(f"Add {name}", text)]
    parts = text.split("\n\n")
    grown = _grown(parts, "\n\n")
    names = (part.lstrip("/ ").splitlines()[0].rstrip("{ .") for part in parts)
    return [(f"{name}: {part}", whole) for part, whole in zip(names, grown, strict=True)]


# ---- writing --------------------------------------------------------------------------------------------------------


def write_history(history: Sequence[Commit], target: Path) -> str:
    """Make a git repository with these commits and its work tree; gives the last commit's id.

    Raises:
        FileExistsError: `target` is there and not empty.
        subprocess.CalledProcessError: git failed.
    """
    if target.exists() and any(target.iterdir()):
        raise FileExistsError(f"{target} is not empty")
    target.mkdir(parents=True, exist_ok=True)
    git = ["git", "-C", str(target), "-c", "core.autocrlf=false"]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    stream = b"".join(_stream(history))
    subprocess.run([*git, "fast-import", "--quiet", "--date-format=raw"], check=True, input=stream)
    subprocess.run([*git, "reset", "--quiet", "--hard", "main"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return head.stdout.strip()


def _stream(history: Sequence[Commit]) -> Iterator[bytes]:
    """The commits in the language of git fast-import."""
    seconds = BEGIN
    for number, commit in enumerate(history):
        chance = hashlib.sha256(f"{number} {commit.subject}".encode()).digest()
        seconds += 3600 + int.from_bytes(chance[:3]) % (4 * 86400)
        person = f"{AUTHORS[chance[3] % 4 == 0]} {seconds} +0000"
        yield f"commit refs/heads/main\nauthor {person}\ncommitter {person}\n".encode()
        yield _data(commit.subject + "\n")
        for path, text in commit.files:
            yield f"M 100644 inline {path}\n".encode() + _data(text)
        yield b"\n"


def _data(text: str) -> bytes:
    content = text.encode()
    return b"data %d\n%s\n" % (len(content), content)
