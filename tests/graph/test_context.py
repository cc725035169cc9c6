import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.errors import SourceError
from layerwise.graph.context import LARGEST_TEXT, Context, Entry, Followed, Kind, read_context
from layerwise.graph.ignore import IgnoreRules

names = st.sampled_from(["a", "b", "c.py", "d-e"])
paths = st.lists(names, min_size=1, max_size=4).map("/".join)


def put(root: Path, *files: str) -> None:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(f"{file}\n")


def links(**targets: str) -> dict[str, Entry]:
    return {name: Entry(Kind.SYMLINK, 0o777, target=target) for name, target in targets.items()}


def test_a_directory_is_read_with_kinds_modes_and_sizes(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", "d/run.sh")
    (tmp_path / "d/run.sh").chmod(0o4755)
    (tmp_path / "d").chmod(0o700)
    (tmp_path / "link").symlink_to("./a.txt/")
    assert read_context(tmp_path).entries == {
        "a.txt": Entry(Kind.FILE, 0o644, 6),
        "d": Entry(Kind.DIRECTORY, 0o700),
        "d/run.sh": Entry(Kind.FILE, 0o4755, 9),
        "link": Entry(Kind.SYMLINK, 0o777, target="./a.txt/"),
    }


def test_entries_are_the_same_whichever_is_asked_for_first(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", "d/e/f", "d.txt")
    some, whole = read_context(tmp_path), read_context(tmp_path)
    assert list(whole.entries) == ["a.txt", "d", "d.txt", "d/e", "d/e/f"]
    assert {path: some.entries[path] for path in whole.entries} == dict(whole.entries)
    assert some.entries.get("d/x") is whole.entries.get("d/x") is None
    assert [some.children(path) for path in ("", "d", "d/e/f")] == [("a.txt", "d", "d.txt"), ("e",), ()]
    assert len(some.entries) == len(whole.entries) == 5
    for context in (some, read_context(tmp_path)):
        with pytest.raises(KeyError):
            context.entries["d/x"]


def test_files_are_counted_below_a_directory(tmp_path: Path) -> None:
    put(tmp_path, "a", "d/b", "d/e/c", "dd/x")
    (tmp_path / "d/l").symlink_to("b")
    read, given = read_context(tmp_path), Context.from_paths(read_context(tmp_path).entries)
    for context in (read, given):
        assert [context.count(path) for path in ("", "d", "d/e", "nowhere")] == [5, 3, 1, 0]


def test_a_context_that_ignores_more_is_none_that_was_walked(tmp_path: Path) -> None:
    put(tmp_path, "a", "b")
    context = read_context(tmp_path)
    assert context.listing is not None
    assert context.ignoring(IgnoreRules.parse("a\n")).listing is None


def test_what_is_ignored_is_not_seen(tmp_path: Path) -> None:
    put(tmp_path, "a.py", "node_modules/m/x.js", "src/b.py")
    (tmp_path / ".dockerignore").write_text("node_modules\n.dockerignore\n")
    assert list(read_context(tmp_path).files()) == ["a.py", "src/b.py"]


def test_a_directory_that_hides_all_is_not_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "hidden/x", "seen/y")
    (tmp_path / ".dockerignore").write_text("hidden\n!seen/z\n")
    entered: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: entered.append(Path(os.fsdecode(path)).name) or scandir(path))
    read_context(tmp_path)
    assert entered == [tmp_path.name, "seen"]


def test_an_ignored_directory_is_seen_once_something_in_it_is(tmp_path: Path) -> None:
    put(tmp_path, "d/keep", "d/drop", "e/drop")
    (tmp_path / ".dockerignore").write_text("*\n!d/keep\n")
    assert list(read_context(tmp_path).entries) == ["d", "d/keep"]


def test_sockets_and_pipes_are_left_out(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert read_context(tmp_path).entries == {}


def test_the_ignore_file_beside_the_dockerfile_counts_alone(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", "b.md", "deploy/Dockerfile")
    (tmp_path / ".dockerignore").write_text("*.txt\n")
    (tmp_path / "deploy/Dockerfile.dockerignore").write_text("*.md\ndeploy\n.dockerignore\n")
    context = read_context(tmp_path, "deploy/Dockerfile")
    assert list(context.files()) == ["a.txt"]
    assert context.rules.path == "deploy/Dockerfile.dockerignore"


def test_a_dockerfile_outside_the_context_brings_its_own_ignore_file(tmp_path: Path) -> None:
    put(tmp_path, "context/a.txt", "context/b.md", "Dockerfile")
    (tmp_path / "Dockerfile.dockerignore").write_text("*.md\n")
    assert list(read_context(tmp_path / "context", str(tmp_path / "Dockerfile")).files()) == ["a.txt"]


def test_an_empty_ignore_file_of_the_dockerfile_still_wins(tmp_path: Path) -> None:
    put(tmp_path, "a.txt")
    (tmp_path / ".dockerignore").write_text("a.txt\n")
    (tmp_path / "Dockerfile.dockerignore").write_text("")
    assert "a.txt" in read_context(tmp_path).entries


def test_a_bad_ignore_file_is_an_error_with_its_line(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("a\n[\n")
    with pytest.raises(SourceError, match=r"\.dockerignore:2:1"):
        read_context(tmp_path)


def test_a_name_that_is_no_utf8_survives(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9")).write_text("x")
    assert list(read_context(tmp_path).files()) == ["caf\udce9"]


@given(
    st.sets(paths, max_size=6), st.lists(st.sampled_from(["a", "!a/b", "**/c.py", "*", "!b", "!**/d-e"]), max_size=3)
)
def test_the_disk_and_a_list_of_paths_give_the_same_context(
    tmp_path_factory: pytest.TempPathFactory, wanted: set[str], lines: list[str]
) -> None:
    files = [path for path in sorted(wanted) if not any(other.startswith(f"{path}/") for other in wanted)]
    root = tmp_path_factory.mktemp("context")
    put(root, *files)
    outside = root.with_name(f"{root.name}.Dockerfile")
    outside.with_name(f"{outside.name}.dockerignore").write_text("\n".join(lines))
    from_disk = read_context(root, str(outside))
    from_list = Context.from_paths(files, rules=IgnoreRules.parse("\n".join(lines)))
    assert list(from_disk.files()) == list(from_list.files())


def test_directories_above_known_paths_are_added() -> None:
    context = Context.from_paths({"d": Entry(Kind.DIRECTORY, 0o700), "d/e/f": Entry(Kind.FILE, 0o755)})
    assert list(context.entries) == ["d", "d/e", "d/e/f"]
    assert context.entries["d"].mode == 0o700


def test_children_are_the_names_right_below() -> None:
    context = Context.from_paths(["a", "d/x", "d/e/y"])
    assert context.children("") == ("a", "d")
    assert context.children("d") == ("e", "x")
    assert context.children("a") == ()


def test_below_is_everything_deeper_and_nothing_beside() -> None:
    context = Context.from_paths(["d/x", "d/e/y", "d.txt", "d0", "c"])
    assert context.below("d") == ["d/e", "d/e/y", "d/x"]
    assert context.below("") == list(context.entries)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("to_d/f", Followed("d/f", ("to_d",))),
        ("to_root", Followed("d/f", ("to_root",))),
        ("out", Followed("d", ("out",))),
        ("d/up", Followed("a", ("d/up",))),
        ("chain/f", Followed("d/f", ("chain", "to_d"))),
        ("to_d/../a", Followed("a", ("to_d",))),
        ("../../a", Followed("a", ())),
        ("gone/x", Followed("nowhere/x", ("gone",))),
        ("circle", None),
        ("", Followed("", ())),
    ],
)
def test_links_are_followed_without_leaving_the_context(path: str, expected: Followed | None) -> None:
    entries = links(to_d="d", to_root="/d/f", out="../../d", chain="./to_d/", gone="nowhere", circle="circle")
    entries["d/up"] = Entry(Kind.SYMLINK, 0o777, target="../a")
    files = dict.fromkeys(["a", "d/f"], Entry(Kind.FILE, 0o644))
    assert Context.from_paths(entries | files).follow(path) == expected


def test_text_is_read_once_and_through_links() -> None:
    asked: list[str] = []
    entries = links(link="a.txt") | {"a.txt": Entry(Kind.FILE, 0o644, 5)}
    context = Context.from_paths(entries, read=lambda path: asked.append(path) or b"hello")
    assert (context.text("link"), context.text("link")) == ("hello", "hello")
    assert asked == ["a.txt"]


@pytest.mark.parametrize("content", [b"a\0b", b"\xff\xfe", b"x" * (LARGEST_TEXT + 1), None])
def test_what_is_no_small_text_is_none(content: bytes | None) -> None:
    assert Context.from_paths(["a"], read=lambda _: content).text("a") is None


def test_a_large_file_is_not_even_read() -> None:
    def refuse(path: str) -> bytes:
        raise AssertionError(path)

    context = Context.from_paths({"a": Entry(Kind.FILE, 0o644, LARGEST_TEXT + 1)}, read=refuse)
    assert context.text("a") is None


def test_text_of_nothing_a_directory_or_a_circle_is_none() -> None:
    context = Context.from_paths(links(circle="circle") | {"d/f": Entry(Kind.FILE, 0o644)}, read=lambda _: b"x")
    assert [context.text(path) for path in ("absent", "d", "circle", "")] == [None] * 4


def test_without_a_reader_nothing_is_known_of_contents() -> None:
    context = Context.from_paths(["a"])
    assert (context.text("a"), list(context.chunks("a"))) == (None, [])


def test_a_file_on_disk_is_read_in_pieces(tmp_path: Path) -> None:
    put(tmp_path, "a.txt")
    context = read_context(tmp_path)
    assert b"".join(context.chunks("a.txt")) == b"a.txt\n"
    assert context.text("a.txt") == "a.txt\n"
    (tmp_path / "a.txt").unlink()
    assert list(context.chunks("a.txt")) == []
    assert read_context(tmp_path).read("a.txt") is None
