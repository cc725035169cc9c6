"""Compares two file systems entry by entry."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from layerwise.oci.layers.tree import Content, Device, Directory, Inode, Kind, Meta, Node, Tree
from layerwise.prove.difference import Difference, Facet


class Found(NamedTuple):
    """A difference with the entries it is about, None on the side that has none."""

    difference: Difference
    left: Node | None
    right: Node | None


def compare_files(left: Tree, right: Tree, *, mtimes: bool = False) -> tuple[Found, ...]:
    """Return all differences of two file systems, by path."""
    links = _Links()
    found = list(_differences(left, right, links, mtimes=mtimes))
    found += links.differences()
    found += _through(left, right)
    return tuple(sorted(found, key=lambda one: (one.difference.where, one.difference.facet.value)))


@dataclass(slots=True)
class _Links:
    """Hard links that both sides have as paths: each is named after the first path of its group."""

    pairs: dict[str, tuple[Inode, Inode]] = field(default_factory=dict)

    def see(self, path: str, mine: Node, yours: Node) -> None:
        if isinstance(mine, Inode) and isinstance(yours, Inode) and (mine.linked or yours.linked):
            self.pairs[path] = (mine, yours)

    def differences(self) -> Iterator[Found]:
        left, right = (_first_names({path: pair[side] for path, pair in self.pairs.items()}) for side in (0, 1))
        for path, pair in self.pairs.items():
            if left[path] != right[path]:
                names = (None if side[path] == path else side[path] for side in (left, right))
                yield Found(Difference(path, Facet.HARD_LINK, *names), *pair)


def _first_names(inodes: Mapping[str, Inode]) -> dict[str, str]:
    first: dict[int, str] = {}
    for path in sorted(inodes):
        first.setdefault(id(inodes[path]), path)
    return {path: first[id(inode)] for path, inode in inodes.items()}


def _differences(left: Tree, right: Tree, links: _Links, *, mtimes: bool) -> Iterator[Found]:
    waiting: list[tuple[str, Node, Node]] = [("/", left.root, right.root)]
    while waiting:
        path, mine, yours = waiting.pop()
        for difference in _facets(path, mine, yours, mtimes=mtimes):
            yield Found(difference, mine, yours)
        mine_in, yours_in = _children(mine), _children(yours)
        above = path.rstrip("/")
        for name in mine_in.keys() | yours_in.keys():
            one, other = mine_in.get(name), yours_in.get(name)
            if one is not None and other is not None:
                waiting.append((f"{above}/{name}", one, other))
            else:
                yield from _alone(f"{above}/{name}", one, other)
        links.see(path, mine, yours)


def _children(node: Node) -> Mapping[str, Node]:
    return node.children if isinstance(node, Directory) else {}


def _alone(path: str, left: Node | None, right: Node | None) -> Iterator[Found]:
    """Yield what only one side has, and everything below it."""
    waiting = [(path, left, right)]
    while waiting:
        path, left, right = waiting.pop()
        kinds = (None if node is None else node.kind.value for node in (left, right))
        yield Found(Difference(path, Facet.PRESENCE, *kinds), left, right)
        for side, node in enumerate((left, right)):
            if isinstance(node, Directory):
                for name, child in node.children.items():
                    waiting.append((f"{path}/{name}", *((child, None) if side == 0 else (None, child))))


def _facets(path: str, mine: Node, yours: Node, *, mtimes: bool) -> Iterator[Difference]:
    if mine.kind is not yours.kind:
        yield Difference(path, Facet.KIND, mine.kind.value, yours.kind.value)
        return
    if mine.meta != yours.meta:
        yield from _meta(path, mine.meta, yours.meta)
    if isinstance(mine, Inode) and isinstance(yours, Inode) and mine.body != yours.body:
        yield Difference(path, _FACETS[mine.kind], _body(mine), _body(yours))
    if mtimes and None not in (mine.mtime, yours.mtime) and mine.mtime != yours.mtime:
        yield Difference(path, Facet.MTIME, str(mine.mtime), str(yours.mtime))


_FACETS = {
    Kind.FILE: Facet.CONTENT,
    Kind.SYMLINK: Facet.TARGET,
    Kind.CHARACTER: Facet.DEVICE,
    Kind.BLOCK: Facet.DEVICE,
}


def _meta(path: str, mine: Meta, yours: Meta) -> Iterator[Difference]:
    if mine.mode != yours.mode:
        yield Difference(path, Facet.MODE, f"{mine.mode:04o}", f"{yours.mode:04o}")
    if (owner := mine[1:3]) != yours[1:3]:
        yield Difference(path, Facet.OWNER, "{}:{}".format(*owner), "{}:{}".format(*yours[1:3]))
    if mine.xattrs != yours.xattrs:
        yield Difference(path, Facet.XATTRS, *map(_xattrs, _other(mine.xattrs, yours.xattrs)))


def _other(
    mine: Iterable[tuple[str, bytes]], yours: Iterable[tuple[str, bytes]]
) -> tuple[list[tuple[str, bytes]], list[tuple[str, bytes]]]:
    left, right = set(mine), set(yours)
    return sorted(left - right), sorted(right - left)


def _xattrs(pairs: Iterable[tuple[str, bytes]]) -> str | None:
    return " ".join(f"{name}=0x{value.hex()}" for name, value in pairs) or None


def _body(inode: Inode) -> str:
    body = inode.body
    if isinstance(body, Content):
        stamp = f"source of {int.from_bytes(body.stamp, 'little')}, " if body.stamp else ""
        return f"{stamp}sha256:{body.digest.hex()} ({body.size} B)"
    return f"{body.major}:{body.minor}" if isinstance(body, Device) else body or ""


def _through(left: Tree, right: Tree) -> Iterator[Found]:
    for link, path in left.through ^ right.through:
        sides = (path if (link, path) in tree.through else None for tree in (left, right))
        yield Found(Difference(link, Facet.THROUGH, *sides), left.at(link), right.at(link))
