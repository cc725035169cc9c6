"""What the engine does with owners, modes and links: on it rests that copying manifests first changes no file."""

import re
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.docker.engine import Engine, verified

from layerwise.prove.difference import Facet
from layerwise.prove.verdict import Standing

File = tuple[str, int, int, int, str]  # type, mode, owner, group, and content or link target

FILES = {
    "requirements.txt": "six\n",
    "crlf.txt": "six\r\n",
    "main.py": "print()\n",
    "pkg/one/package.json": "{}\n",
    "pkg/one/index.js": "1\n",
    "pkg/two/index.js": "2\n",
    "src/requirements.txt": "six\n",
    "src/main.py": "print()\n",
}


@dataclass(frozen=True)
class Order:
    """A Dockerfile as written and with the manifest first; `INSTALL` reads its manifest, all lies below /w."""

    written: tuple[str, ...]
    rewritten: tuple[str, ...]
    newline: str = "\n"


OWNED = "RUN mkdir -p /w/app/pkg/one && chown -R 12:34 /w/app && chmod 700 /w/app"
ORDERS = {
    "all of the context": Order(
        ("WORKDIR /w/app", "COPY . .", "INSTALL requirements.txt"),
        ("WORKDIR /w/app", "COPY requirements.txt .", "INSTALL requirements.txt", "COPY . ."),
    ),
    "one directory": Order(
        ("COPY src /w/app/", "INSTALL /w/app/requirements.txt"),
        ("COPY src/requirements.txt /w/app/", "INSTALL /w/app/requirements.txt", "COPY src /w/app/"),
    ),
    "another owner": Order(
        ("COPY --chown=12:34 . /w/a/", "INSTALL /w/a/crlf.txt"),
        ("COPY --chown=12:34 crlf.txt /w/a/", "INSTALL /w/a/crlf.txt", "COPY --chown=12:34 . /w/a/"),
    ),
    "manifests in subdirectories": Order(
        ("COPY . /w/a/", "INSTALL /w/a/pkg/one/package.json"),
        ("COPY pkg/one/package.json /w/a/pkg/one/", "INSTALL /w/a/pkg/one/package.json", "COPY . /w/a/"),
    ),
    "a WORKDIR in between": Order(
        ("COPY . /w/app", "WORKDIR /w/app", "INSTALL requirements.txt"),
        ("COPY requirements.txt /w/app/", "WORKDIR /w/app", "INSTALL requirements.txt", "COPY . /w/app"),
    ),
    "a WORKDIR in between, passed": Order(
        ("COPY . /w/app", "WORKDIR /w/app", "INSTALL requirements.txt"),
        ("WORKDIR /w/app", "COPY requirements.txt /w/app/", "INSTALL requirements.txt", "COPY . /w/app"),
    ),
    "a directory that is there with another owner": Order(
        (OWNED, "COPY . /w/app/", "INSTALL /w/app/pkg/one/package.json"),
        (OWNED, "COPY pkg/one/package.json /w/app/pkg/one/", "INSTALL /w/app/pkg/one/package.json", "COPY . /w/app/"),
    ),
    "line ends of Windows": Order(
        ("WORKDIR /w/app", "COPY . .", "INSTALL crlf.txt"),
        ("WORKDIR /w/app", "COPY crlf.txt .", "INSTALL crlf.txt", "COPY . ."),
        newline="\r\n",
    ),
    "a link to the manifest": Order(
        ("WORKDIR /w/app", "COPY . .", "INSTALL link.txt"),
        ("WORKDIR /w/app", "COPY link.txt .", "INSTALL link.txt", "COPY . ."),
    ),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "context"
    for path, content in FILES.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode())
        file.chmod(0o640)
    (root / "main.py").chmod(0o755)
    (root / "link.txt").symlink_to("requirements.txt")
    (root / "src/main.link").symlink_to("main.py")
    for directory in ("pkg/one", "src"):
        (root / directory).chmod(0o700)
    return root


def built(engine: Engine, root: Path, lines: str) -> dict[str, File]:
    """What a Dockerfile of these lines leaves below /w."""
    base = engine.image("debian:bookworm-slim")
    dockerfile = f"FROM {base} AS work\n{lines}\nFROM scratch\nCOPY --from=work /w /\n"
    image = root.with_name("image.tar")
    engine.build(root, dockerfile=dockerfile, output=f"type=tar,dest={image}")
    with tarfile.open(image) as tar:
        return {member.name.rstrip("/"): described(tar, member) for member in tar}


def described(tar: tarfile.TarFile, member: tarfile.TarInfo) -> File:
    kind = "directory" if member.isdir() else "link" if member.issym() else "file"
    file = tar.extractfile(member) if kind == "file" else None
    return kind, member.mode, member.uid, member.gid, file.read().decode() if file else member.linkname


def owned(files: dict[str, File], path: str) -> tuple[str, int, int]:
    _, mode, owner, group, _ = files[path]
    return f"{mode:o}", owner, group


def test_a_directory_that_is_there_keeps_its_owner_and_mode_and_what_lies_in_it_does_not(
    engine: Engine, root: Path
) -> None:
    made = "RUN mkdir -p /w/app/one && touch /w/app/one/index.js && chown -R 12:34 /w/app && chmod -R 777 /w/app"
    files = built(engine, root, f"{made}\nCOPY pkg /w/app")
    assert owned(files, "app") == ("777", 12, 34)
    assert owned(files, "app/one") == ("700", 0, 0)
    assert owned(files, "app/one/index.js") == ("640", 0, 0)


@pytest.mark.parametrize(("flag", "owner"), [("", (0, 0)), ("--chown=12:34", (12, 34))])
def test_a_new_destination_has_a_mode_of_its_own_and_the_owner_that_the_copy_names(
    engine: Engine, root: Path, flag: str, owner: tuple[int, int]
) -> None:
    files = built(engine, root, f"USER 7\nCOPY {flag} src /w/deep/app\nCOPY {flag} main.py /w/other/bin/")
    for directory in ("deep", "deep/app", "other", "other/bin"):
        assert owned(files, directory) == ("755", *owner), directory
    assert owned(files, "deep/app/main.py") == ("640", *owner)
    assert owned(files, "other/bin/main.py") == ("755", *owner)


def test_directories_that_workdir_makes_belong_to_the_user_in_force(engine: Engine, root: Path) -> None:
    files = built(engine, root, "WORKDIR /w/root\nUSER 12:34\nWORKDIR /w/root/one/two")
    assert owned(files, "root") == ("755", 0, 0)
    assert owned(files, "root/one") == owned(files, "root/one/two") == ("755", 12, 34)


def test_a_link_copied_alone_is_a_file_until_its_directory_is_copied(engine: Engine, root: Path) -> None:
    alone = built(engine, root, "COPY src/main.link /w/app/")
    assert alone["app/main.link"] == ("file", 0o640, 0, 0, "print()\n")
    both = built(engine, root, "COPY src/main.link /w/app/\nCOPY src /w/app/")
    assert both["app/main.link"] == ("link", 0o777, 0, 0, "main.py")
    assert both["app/main.py"] == ("file", 0o640, 0, 0, "print()\n")


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_copying_the_manifest_first_leaves_the_same_image(engine: Engine, root: Path, order: Order) -> None:
    written, rewritten = (order.newline.join(map(instruction, lines)) for lines in (order.written, order.rewritten))
    assert judged(engine, root, written, rewritten) == set()


def test_directories_that_the_manifest_makes_keep_its_owner_and_that_is_found(engine: Engine, root: Path) -> None:
    written = "COPY --chown=12:34 . /w/a/\nRUN cp /w/a/crlf.txt /w/installed"
    rewritten = "COPY crlf.txt /w/a/\nRUN cp /w/a/crlf.txt /w/installed\nCOPY --chown=12:34 . /w/a/"
    assert judged(engine, root, written, rewritten) == {("/w", Facet.OWNER), ("/w/a", Facet.OWNER)}


def judged(engine: Engine, root: Path, *dockerfiles: str) -> set[tuple[str, Facet]]:
    """What really differs of the images of two Dockerfiles of these lines."""
    base = engine.image("debian:bookworm-slim")
    written, rewritten = (f"FROM {base}\n{lines}\n" for lines in dockerfiles)
    (platform,) = verified(engine, root, written, rewritten, root.parent).platforms
    return {(one.difference.where, one.difference.facet) for one in platform.standing(Standing.REAL)}


def instruction(line: str) -> str:
    return re.sub(r"^INSTALL (.*)", r"RUN mkdir -p /w/lib && cp \1 /w/lib/installed", line)
