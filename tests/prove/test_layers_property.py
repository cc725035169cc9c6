"""Layers of all kinds agree with a directory that they are unpacked into, and with each other."""

import hashlib
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.prove.images import Entry, fifo, file, folder, gone, hard_link, image, opaque, symlink
from tests.prove.naive import facts, facts_of, is_whiteout, unpack

from layerwise.errors import ImageError
from layerwise.prove.difference import Facet
from layerwise.prove.reading import read_tree
from layerwise.prove.verify import verify

CONTENTS = (b"", b"1", b"22")
BY_DIGEST = {hashlib.sha256(content).digest(): content for content in CONTENTS}
PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)
MODES = st.sampled_from((0o644, 0o755, 0o4755, 0o1777))
OWNERS = st.sampled_from(((0, 0), (7, 8)))

files = st.builds(file, PATHS, st.sampled_from(CONTENTS), mode=MODES, owner=OWNERS)
folders = st.builds(folder, PATHS, mode=MODES, owner=OWNERS)
symlinks = st.builds(symlink, PATHS, PATHS, owner=OWNERS)
fifos = st.builds(fifo, PATHS, mode=MODES, owner=OWNERS)
hard_links = st.builds(hard_link, PATHS, PATHS, mode=MODES, owner=OWNERS)
whiteouts = st.one_of(st.builds(gone, PATHS), st.builds(opaque, PATHS), st.just(opaque("")))
layers = st.lists(st.one_of(files, folders, symlinks, fifos, hard_links, whiteouts), max_size=8)


@contextmanager
def directory() -> Iterator[Path]:
    mask = os.umask(0o022)
    try:
        with tempfile.TemporaryDirectory() as name:
            yield Path(name).resolve()
    finally:
        os.umask(mask)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to others")
@settings(max_examples=400, deadline=None)
@given(st.lists(layers, min_size=1, max_size=4))
def test_a_tree_is_what_unpacking_its_layers_one_on_the_other_gives(several: list[list[Entry]]) -> None:
    with directory() as root:
        try:
            tree = read_tree(image(*(unpack(root, layer) for layer in several)))
        except (ImageError, OSError, RuntimeError):
            assume(False)
        assert facts_of(tree, BY_DIGEST) == facts(root)


# ---- the same tree in other layers


def trees() -> st.SearchStrategy[dict[str, Entry]]:
    """Entries by path, each below directories that are there too; some hard links."""
    entries = st.lists(st.one_of(files, folders, symlinks, fifos), max_size=10)
    return entries.map(lambda several: settled({entry.name: entry for entry in several}))


def settled(entries: dict[str, Entry]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for path, entry in sorted(entries.items()):
        parents = ["/".join(path.split("/")[:count]) for count in range(1, path.count("/") + 1)]
        for parent in parents:
            if parent not in found or found[parent].kind != tarfile.DIRTYPE:
                found[parent] = folder(parent)
        found[path] = entry
    return found


def written(before: dict[str, Entry], after: dict[str, Entry], opaques: set[str]) -> list[Entry]:
    """A layer that makes one tree of another, with opaque whiteouts of some directories."""
    kept = {path for path in opaques if is_folder(before, path) and is_folder(after, path)}
    anew = {path for path in after if any(path.startswith(f"{one}/") for one in kept)}
    changed = [entry for path, entry in after.items() if before.get(path) != entry or path in anew]
    removed = [path for path in before.keys() - after.keys() if is_folder(after, path.rpartition("/")[0])]
    return [*changed, *map(gone, sorted(removed)), *map(opaque, sorted(kept))]


def is_folder(tree: dict[str, Entry], path: str) -> bool:
    return not path or (path in tree and tree[path].kind == tarfile.DIRTYPE)


@settings(max_examples=200, deadline=None)
@given(st.lists(trees(), min_size=1, max_size=4), st.sets(PATHS, max_size=3), st.randoms())
def test_a_tree_in_any_layers_is_the_tree_in_one(several, opaques, chance) -> None:
    written_layers, before = [], {}
    for after in several:
        layer = written(before, after, opaques)
        chance.shuffle(layer)
        layer.sort(key=lambda entry: 0 if is_whiteout(entry) and chance.random() < 0.5 else 1 + entry.name.count("/"))
        written_layers.append(layer)
        before = after
    verdict = verify([image(*written_layers)], [image(several[-1].values())])
    assert verdict.equal
    assert verdict.platforms[0].judged == ()


@settings(max_examples=100, deadline=None)
@given(layers=st.lists(layers, max_size=3))
def test_an_image_equals_itself_however_it_is_stored(layers: list[list[Entry]]) -> None:
    try:
        verdict = verify([image(*layers)], [image(*layers, stored=bytes)])
    except ImageError:
        assume(False)
    assert verdict.equal
    assert verdict.platforms[0].judged == ()


# ---- one change


MUTATIONS = {
    Facet.MODE: lambda entry: replace(entry, mode=entry.mode ^ 0o111),
    Facet.OWNER: lambda entry: replace(entry, owner=(entry.owner[0] + 1, entry.owner[1])),
    Facet.XATTRS: lambda entry: replace(entry, xattrs=(("user.x", "1"),)),
    Facet.CONTENT: lambda entry: replace(entry, content=entry.content + b"!"),
    Facet.TARGET: lambda entry: replace(entry, link=f"{entry.link}!"),
    Facet.KIND: lambda entry: replace(entry, kind=tarfile.CHRTYPE, content=b"", link=""),
    Facet.PRESENCE: lambda _: None,
}
FITTING = {
    Facet.CONTENT: {tarfile.REGTYPE},
    Facet.TARGET: {tarfile.SYMTYPE},
    Facet.MODE: {tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE},
    Facet.KIND: {tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.FIFOTYPE},
    Facet.PRESENCE: {tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.FIFOTYPE},
}


@settings(max_examples=200, deadline=None)
@given(trees().filter(bool), st.sampled_from(sorted(MUTATIONS, key=str)), st.data())
def test_one_change_is_found_and_only_it(tree: dict[str, Entry], facet: Facet, data: st.DataObject) -> None:
    fitting = [path for path, entry in tree.items() if entry.kind in FITTING.get(facet, {entry.kind})]
    assume(fitting)
    path = data.draw(st.sampled_from(fitting))
    mutated = {name: MUTATIONS[facet](entry) if name == path else entry for name, entry in tree.items()}
    verdict = verify([image(tree.values())], [image(entry for entry in mutated.values() if entry)])
    found = [(one.difference.where, one.difference.facet) for one in verdict.platforms[0].judged]
    assert found == [(f"/{path}", facet)]
