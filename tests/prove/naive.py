"""Layers unpacked into a directory, one after the other: what the tree of an image has to agree with."""

import io
import os
import shutil
import stat
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.prove.images import Entry, tar

from layerwise.oci.layers.tree import Content, Directory, Inode, Tree

Facts = dict[str, tuple[object, ...]]


def unpack(root: Path, layer: Iterable[Entry]) -> list[Entry]:
    """Put a layer on a directory, and return the entries that could be put there; the others make no sense.

    Those are whiteouts through symbolic links, and hard links to what is not there.
    """
    entries = list(layer)
    whiteouts = [entry for entry in entries if is_whiteout(entry) and not through_a_link(root, entry)]
    for entry in whiteouts:
        hide(root, entry)
    put = [entry for entry in entries if not is_whiteout(entry) and extract(root, entry)]
    return [entry for entry in entries if entry in whiteouts or entry in put]


def facts(root: Path) -> Facts:
    """What is below a directory: kind, mode, owner, content or target, and the first name of each inode."""
    first: dict[int, str] = {}
    found: Facts = {}
    for path in sorted(below(root)):
        name, status = f"/{path.relative_to(root)}", path.lstat()
        kind = stat.S_IFMT(status.st_mode)
        mode = None if path.is_symlink() else stat.S_IMODE(status.st_mode)
        body = str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else None
        twin = "" if path.is_dir() and not path.is_symlink() else first.setdefault(status.st_ino, name)
        found[name] = (kind, mode, status.st_uid, status.st_gid, body, twin)
    return found


def facts_of(tree: Tree, contents: dict[bytes, bytes]) -> Facts:
    """The same of a tree; `contents` by their digests."""
    kinds = {"file": stat.S_IFREG, "directory": stat.S_IFDIR, "symbolic link": stat.S_IFLNK, "fifo": stat.S_IFIFO}
    first: dict[int, str] = {}
    found: Facts = {}
    for path, node in sorted(tree.walk(), key=lambda pair: Path(pair[0])):
        if path == "/":
            continue
        mode = None if node.kind.value == "symbolic link" else node.meta.mode
        body = None if isinstance(node, Directory) else node.body
        content = contents[body.digest] if isinstance(body, Content) else body
        twin = first.setdefault(id(node), path) if isinstance(node, Inode) else ""
        found[path] = (kinds[node.kind.value], mode, node.meta.uid, node.meta.gid, content, twin)
    return found


def is_whiteout(entry: Entry) -> bool:
    return Path(entry.name).name.startswith(".wh.")


def through_a_link(root: Path, entry: Entry) -> bool:
    return any((root / parent).is_symlink() for parent in Path(entry.name).parents)


def hide(root: Path, entry: Entry) -> None:
    above, name = (root / entry.name).parent, Path(entry.name).name
    if not above.is_dir():
        return
    for path in above.iterdir() if name == ".wh..wh..opq" else [above / name.removeprefix(".wh.")]:
        remove(path)


def _as_it_is(member: tarfile.TarInfo, _directory: str) -> tarfile.TarInfo:
    """Stand for the filter `fully_trusted`, which Python 3.11.2 does not have as an argument."""
    return member


def extract(root: Path, entry: Entry) -> bool:
    if entry.kind == tarfile.LNKTYPE:
        return link(root, entry)
    path = above(root, entry.name) / Path(entry.name).name
    if not (entry.kind == tarfile.DIRTYPE and path.is_dir() and not path.is_symlink()):
        remove(path)
    with tarfile.open(fileobj=io.BytesIO(tar([entry]))) as archive:
        (member,) = archive.getmembers()
        member.name = path.name
        archive.extraction_filter = _as_it_is
        archive.extract(member, path.parent, numeric_owner=True)
    return True


def link(root: Path, entry: Entry) -> bool:
    target = Path(os.path.realpath((root / entry.link).parent)) / Path(entry.link).name
    if not os.path.lexists(target) or (target.is_dir() and not target.is_symlink()):
        return False
    path = above(root, entry.name) / Path(entry.name).name
    if target != path:
        remove(path)
        os.link(target, path, follow_symlinks=False)
    os.lchown(path, *entry.owner)
    if not path.is_symlink():
        path.chmod(entry.mode)
    return True


def above(root: Path, name: str) -> Path:
    """The directory that an entry goes to, made where it is not there; a file in the way goes."""
    parent = Path(os.path.realpath((root / name).parent))
    for one in [*reversed(parent.relative_to(root).parents), parent.relative_to(root)]:
        if os.path.lexists(root / one) and not (root / one).is_dir():
            remove(root / one)
        (root / one).mkdir(mode=0o755, exist_ok=True)
    return parent


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def below(root: Path) -> Iterator[Path]:
    for path in root.iterdir():
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from below(path)
