"""How the files of examples/montage grew: versions of each that lead to the present one.

A module grows definition by definition, a page paragraph by paragraph, the Dockerfile step by step; a pin is raised
from older releases of the same package. Each function yields changes in order and puts into `first` what was there
before the first of them.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class Change:
    """Files that are rewritten together, and what a commit message says of it."""

    subject: str
    files: tuple[tuple[str, str], ...]  # path and whole new text


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
    *("__main__", "cli", "pipeline", "settings", "errors", "audio/", "timeline/", "render/"),
    *("pictures/library", "pictures/exif", "pictures/order", "tests/conftest"),
)


# ---- manifests ------------------------------------------------------------------------------------------------------


def grow_pins(present: Mapping[str, str], first: dict[str, str]) -> Iterator[Change]:
    """Versions of packages, raised one or two at a time."""
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


def grow_releases(present: Mapping[str, str], first: dict[str, str]) -> Iterator[Change]:
    """The version of montage itself."""
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


def grow_dockerfile(present: Mapping[str, str], first: dict[str, str]) -> Iterator[Change]:
    """The Dockerfile, block by block."""
    blocks = present["Dockerfile"].split("\n\n")
    later = [pattern for pattern, _ in _DOCKERFILE]
    first["Dockerfile"] = _without(blocks, later)
    for pattern, subject in _DOCKERFILE:
        later.remove(pattern)
        yield Change(subject, (("Dockerfile", _without(blocks, later)),))


def _without(blocks: Sequence[str], patterns: Sequence[str]) -> str:
    return "\n\n".join(block for block in blocks if not any(re.search(pattern, block) for pattern in patterns))


# ---- pages and settings of the workplace ----------------------------------------------------------------------------


def grow_pages(present: Mapping[str, str], first: dict[str, str]) -> Iterator[Change]:
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


def grow_source(present: Mapping[str, str], first: dict[str, str]) -> Iterator[Change]:
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
    return path.removeprefix("src/montage/").startswith(_IMPORTED)


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
