import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.graph.checksum import Digests, ListForm, content_digest, selector_digest, sha256
from layerwise.graph.context import Context, Entry, Kind, read_context
from layerwise.graph.copying import select

CONTENTS = {"a.txt": b"one", "b.txt": b"two", "d/x.py": b"three", "d/e/y.py": b"four", "d.txt": b"five"}


def entries(**links: str) -> dict[str, Entry]:
    files = {path: Entry(Kind.FILE, 0o644, len(content)) for path, content in CONTENTS.items()}
    return files | {name: Entry(Kind.SYMLINK, 0o777, target=target) for name, target in links.items()}


def context(known: dict[str, Entry] | None = None) -> Context:
    return Context.from_paths(known or entries(), read=CONTENTS.get)


def file(content: bytes, mode: int = 0o644) -> str:
    header = f"namemode{mode}uid0gid0size{len(content)}typeflag0linknameunamegnamedevmajor0devminor0"
    return "sha256:" + hashlib.sha256(header.encode() + content).hexdigest()


def directory(*children: tuple[str, str], mode: int = 0o755) -> str:
    header = f"namemode{mode}uid0gid0size0typeflag5linknameunamegnamedevmajor0devminor0"
    return sha256("\0" + sha256(header) + "".join(f"\0{name}{digest}" for name, digest in children))


def key(*digests: str) -> str:
    return sha256("\0".join(digests))


def digest(
    *sources: str, known: dict[str, Entry] | None = None, form: ListForm = ListForm.PATHS, **options: object
) -> str:
    here = context(known)
    return content_digest(here, select(here, sources, "/w/", **options), form=form)  # type: ignore[arg-type]


HEADER = "namemode{}uid0gid0size0typeflag{}linkname{}unamegnamedevmajor0devminor0"
D_HEADER = sha256(HEADER.format(0o755, 5, ""))
E = directory(("y.py", file(b"four")))
D = directory(("e", E), ("x.py", file(b"three")))


def test_a_file_counts_with_mode_and_bytes() -> None:
    assert digest("a.txt") == key(file(b"one"))
    known = entries() | {"a.txt": Entry(Kind.FILE, 0o4755, 3)}
    assert digest("a.txt", known=known) == key(file(b"one", 0o4755))


def test_a_directory_counts_with_its_mode_and_its_children_in_order() -> None:
    assert digest("d") == key(D)
    known = entries() | {"d": Entry(Kind.DIRECTORY, 0o700)}
    assert digest("d", known=known) == key(directory(("e", E), ("x.py", file(b"three")), mode=0o700))


def test_the_root_counts_without_a_mode_of_its_own() -> None:
    children = [("a.txt", file(b"one")), ("b.txt", file(b"two")), ("d", D), ("d.txt", file(b"five"))]
    listed = "".join(f"\0{name}{each}" for name, each in children)
    assert digest(".") == key(sha256("\0" + sha256("") + listed))


def test_a_link_to_a_source_is_followed_and_one_inside_counts_as_a_link() -> None:
    known = entries(link="a.txt", **{"l/inner": "../a.txt"})
    assert digest("link", known=known) == key(file(b"one"))
    inner = sha256(HEADER.format(0o777, 2, "../a.txt"))
    assert digest("l", known=known) == key(directory(("inner", inner)))


def test_several_sources_are_joined_in_order_of_path_without_those_inside_others() -> None:
    assert digest("d", "a.txt", "d/x.py") == key(file(b"one"), D)
    assert digest("a.txt", ".") == digest(".")


@pytest.mark.parametrize(
    ("form", "listed"),
    [
        (ListForm.NAMES, "\0".join(["a.txt" + file(b"one"), "b.txt" + file(b"two"), "d.txt" + file(b"five")])),
        (ListForm.PATHS, f"\0a.txt{file(b'one')}\0b.txt{file(b'two')}\0d.txt{file(b'five')}"),
    ],
)
def test_a_wildcard_counts_as_a_list(form: ListForm, listed: str) -> None:
    assert digest("*.txt", form=form) == key(sha256(listed))


@pytest.mark.parametrize(
    ("form", "listed"),
    [
        (ListForm.NAMES, "\0".join([f"d{D_HEADER}", f"e{D_HEADER}", "y.py" + file(b"four"), "x.py" + file(b"three")])),
        (ListForm.PATHS, f"\0d{D_HEADER}\0d\0e{D_HEADER}\0d\0e\0y.py{file(b'four')}\0d\0x.py{file(b'three')}"),
    ],
)
def test_a_wildcard_lists_directories_by_header_and_file(form: ListForm, listed: str) -> None:
    assert digest("?", form=form) == key(sha256(listed))


@pytest.mark.parametrize(
    ("form", "listed"),
    [
        (ListForm.NAMES, f"d{D_HEADER}\0x.py{file(b'three')}"),
        (ListForm.PATHS, f"\0{D_HEADER}\0x.py{file(b'three')}"),
    ],
)
def test_an_exclude_makes_a_list_of_a_directory(form: ListForm, listed: str) -> None:
    assert digest("d", exclude=["e"], form=form) == key(sha256(listed))


def test_parents_list_what_is_taken_below_the_pivot() -> None:
    listed = f"\0d{D_HEADER}\0d\0e{D_HEADER}\0d\0e\0y.py{file(b'four')}"
    assert digest("d/e/y.py", parents=True) == key(sha256(listed))


def test_a_list_of_one_file_of_the_same_name_is_that_file() -> None:
    assert digest("a.txt", exclude=["x"]) == digest("a.txt")


def test_a_list_of_nothing_has_a_digest_too() -> None:
    assert digest("*.nope") == key(sha256(""))


def test_links_that_a_wildcard_matches_are_followed() -> None:
    known = entries(l1="a.txt", l2="d")
    assert digest("l?", known=known) == key(sha256(f"\0l1{file(b'one')}\0l2{D}"))
    assert digest("l2/*.py", known=known) == key(sha256(f"\0x.py{file(b'three')}"))


def test_a_missing_source_counts_as_nothing() -> None:
    assert digest("nope") == key("")
    assert digest("nope/*") == key(sha256(""))


def test_the_paths_of_a_stage_are_named_in_reverse_order() -> None:
    assert selector_digest(["/a", "/b"]) == sha256("/b\0/a")
    assert selector_digest(["/"]).startswith("sha256:8a5edab2")  # as BuildKit names the root of a RUN


def test_the_digest_of_a_file_can_be_replaced() -> None:
    blobs = {"d/x.py": "blob 1", "d/e/y.py": "blob 2"}
    digests = Digests(context(), file_digest=lambda path, entry: f"{blobs[path]} {entry.mode:o}")
    expected = directory(("e", directory(("y.py", "blob 2 644"))), ("x.py", "blob 1 644"))
    assert digests.content(select(digests.context, ["d"], "/w")) == key(expected)


def test_each_file_is_read_once() -> None:
    asked: list[str] = []
    known = Context.from_paths(entries(), read=lambda path: asked.append(path) or CONTENTS[path])
    digests = Digests(known)
    for sources in (["."], ["d", "a.txt"], ["*.txt"]):
        digests.content(select(known, sources, "/w/"))
    assert sorted(asked) == sorted(CONTENTS)


def test_a_size_that_is_not_known_is_counted() -> None:
    known = dict(entries())
    known["a.txt"] = replace(known["a.txt"], size=None)
    assert digest("a.txt", known=known) == digest("a.txt")


def test_files_on_disk_count_as_files_in_memory(tmp_path: Path) -> None:
    for path, content in CONTENTS.items():
        (tmp_path / path).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / path).write_bytes(content)
    on_disk = read_context(tmp_path)
    assert content_digest(on_disk, select(on_disk, ["."], "/w")) == digest(".")


names = st.sampled_from(["a.txt", "b.txt", "d/x.py", "d/e/y.py", "d.txt"])
written = st.lists(st.sampled_from([".", "d", "d/e", "*.txt", "a.txt", "d*", "?/*.py"]), min_size=1, max_size=2)


@given(written, names, st.sampled_from(list(ListForm)), st.booleans(), st.sampled_from([(), ("*.py",), ("e", "b.txt")]))
def test_the_key_changes_exactly_with_what_is_taken(
    sources: list[str], changed: str, form: ListForm, by_mode: bool, exclude: tuple[str, ...]
) -> None:
    before = context()
    entry = before.entries[changed]
    if by_mode:
        after = context(entries() | {changed: replace(entry, mode=0o755)})
    else:
        new = {**CONTENTS, changed: CONTENTS[changed][::-1]}
        after = Context.from_paths(entries(), read=new.get)
    selection = select(before, sources, "/w/", exclude=exclude)
    one, other = (content_digest(known, replace_context(selection, known), form=form) for known in (before, after))
    assert (one != other) == selection.covers(changed)


def replace_context(selection: object, known: Context) -> object:
    return replace(selection, context=known)  # type: ignore[type-var]


def test_a_directory_may_be_known_elsewhere() -> None:
    digests = Digests(context(), tree_digest=lambda path: f"tree of {path}")
    assert digests.path("d") == "tree of d"
    assert digests.path("a.txt") == file(b"one")


@pytest.mark.parametrize(
    ("sources", "options", "expected"),
    [
        (["a.txt", "d"], {}, {("a.txt", False), ("d", True)}),
        (["."], {}, {("", True)}),
        (["l"], {}, {("a.txt", False)}),
        (["l*"], {}, {("l", False), ("a.txt", False), ("ld", False), ("d", True)}),
        (["d*"], {}, {("d", False), ("d/e", False), ("d/e/y.py", False), ("d/x.py", False), ("d.txt", False)}),
        (["d"], {"exclude": ["e"]}, {("d", False), ("d/x.py", False)}),
        (["d"], {"exclude": ["*"]}, set()),
        (["gone"], {}, set()),
    ],
)
def test_what_is_taken_is_what_counts(
    sources: list[str], options: dict[str, list[str]], expected: set[tuple[str, bool]]
) -> None:
    here = context(entries(l="a.txt", ld="d"))
    found = set(Digests(here).taken(select(here, sources, "/w/", **options)))
    assert {(path, whole and here.kind(path) is Kind.DIRECTORY) for path, whole in found} == expected
