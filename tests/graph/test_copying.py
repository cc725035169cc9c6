import fnmatch
import io
import posixpath
import tarfile
from collections.abc import Iterator

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from layerwise.graph.context import Context, Entry, Kind
from layerwise.graph.copying import absolute, select
from layerwise.graph.ignore import IgnoreRules

FILES = ("README.md", "a.txt", "b.txt", "d/x.py", "d/e/y.py", "d/e/f/z.py", "src/app/main.py", "src/lib/util.py")
LINKS = {"to_file": "a.txt", "to_dir": "d", "d/up": "../b.txt", "absolute": "/src", "chain": "to_dir"}


def context(*extra: str, links: dict[str, str] | None = None, rules: str = "") -> Context:
    linked = {name: Entry(Kind.SYMLINK, 0o777, target=target) for name, target in (links or {}).items()}
    files = dict.fromkeys((*FILES, *extra), Entry(Kind.FILE, 0o644, 10))
    return Context.from_paths(files | linked, rules=IgnoreRules.parse(rules))


def placed(*sources: str, to: str, links: dict[str, str] | None = None, **options: object) -> dict[str, str]:
    return select(context(links=links), sources, to, **options).placed  # type: ignore[arg-type]


@pytest.mark.parametrize("source", [".", "./", "/", "d/..", "../.."])
def test_the_root_gives_everything(source: str) -> None:
    assert placed(source, to="/app") == {path: f"/app/{path}" for path in FILES}


@pytest.mark.parametrize("source", ["d", "d/", "/d", "./d/.", "../d", "src/../d"])
def test_a_directory_gives_its_contents(source: str) -> None:
    assert placed(source, to="/app") == {
        "d/x.py": "/app/x.py",
        "d/e/y.py": "/app/e/y.py",
        "d/e/f/z.py": "/app/e/f/z.py",
    }


def test_a_file_is_renamed_by_a_destination_without_slash() -> None:
    assert placed("a.txt", to="/etc/app.conf") == {"a.txt": "/etc/app.conf"}


@pytest.mark.parametrize("destination", ["/etc/app/", "/etc/app/."])
def test_a_file_lands_in_a_destination_that_ends_as_a_directory(destination: str) -> None:
    assert placed("d/x.py", to=destination) == {"d/x.py": "/etc/app/x.py"}


@pytest.mark.parametrize("destination", ["/", "/usr/local/bin", "/etc"])
def test_a_file_lands_in_a_directory_of_the_base(destination: str) -> None:
    assert placed("a.txt", to=destination) == {"a.txt": posixpath.join(destination, "a.txt")}


def test_a_file_lands_in_a_directory_that_the_caller_knows() -> None:
    assert placed("a.txt", to="/app", directories={"/app"}) == {"a.txt": "/app/a.txt"}


@pytest.mark.parametrize(
    ("written", "workdir", "expected"),
    [
        (".", "/app", "/app/"),
        ("", "/app", "/app/"),
        ("./", "/app", "/app/"),
        ("..", "/app/src", "/app"),
        ("conf", "/app", "/app/conf"),
        ("./conf/.", "/app", "/app/conf/"),
        ("/etc//app/", "/app", "/etc/app/"),
        (".", "/", "/"),
        ("../../x", "/app", "/x"),
    ],
)
def test_a_destination_is_below_the_working_directory(written: str, workdir: str, expected: str) -> None:
    assert absolute(written, workdir) == expected


def test_several_sources_share_a_destination() -> None:
    assert placed("a.txt", "d/e", to="/w/") == {"a.txt": "/w/a.txt", "d/e/y.py": "/w/y.py", "d/e/f/z.py": "/w/f/z.py"}


def test_a_directory_before_a_file_makes_a_directory_of_the_destination() -> None:
    assert placed("d/e", "a.txt", to="/w") == {"a.txt": "/w/a.txt", "d/e/y.py": "/w/y.py", "d/e/f/z.py": "/w/f/z.py"}


def test_a_wildcard_stays_in_its_directory() -> None:
    assert placed("*.txt", to="/w/") == {"a.txt": "/w/a.txt", "b.txt": "/w/b.txt"}


def test_a_wildcard_gives_the_contents_of_directories_it_matches() -> None:
    assert placed("d*", to="/w/") == {"d/x.py": "/w/x.py", "d/e/y.py": "/w/e/y.py", "d/e/f/z.py": "/w/e/f/z.py"}


def test_a_wildcard_in_the_middle_keeps_only_the_last_name() -> None:
    assert placed("src/*/*.py", to="/w/") == {"src/app/main.py": "/w/main.py", "src/lib/util.py": "/w/util.py"}


def test_two_stars_are_one_star() -> None:
    assert placed("**/x.py", to="/w/") == {"d/x.py": "/w/x.py"}


def test_a_wildcard_for_several_files_overwrites_a_destination_that_is_no_directory() -> None:
    selection = select(context(), ["*.txt"], "/w")
    assert selection.placed == {"a.txt": "/w", "b.txt": "/w"}
    assert selection.source_of("/w") == "b.txt"


def test_a_missing_source_is_told_as_written() -> None:
    assert select(context(), ["./nope", "a.txt", "d/nope/"], "/w/").missing == ("./nope", "d/nope/")


def test_a_wildcard_that_matches_nothing_is_no_error() -> None:
    selection = select(context(), ["*.nope", "d/*.nope", "a.txt"], "/w/")
    assert selection.missing == ()
    assert selection.unmatched == ("*.nope", "d/*.nope")


@pytest.mark.parametrize("source", ["nope/*.py", "["])
def test_a_wildcard_in_a_missing_directory_or_a_bad_one_is_an_error(source: str) -> None:
    assert select(context(), [source], "/w/").missing == (source,)


def test_what_is_ignored_is_missing() -> None:
    selection = select(context(rules="a.txt\n"), ["a.txt"], "/w/")
    assert selection.missing == ("a.txt",)
    assert selection.takes("a.txt") is None


@pytest.mark.parametrize(
    ("source", "expected", "followed"),
    [
        ("to_file", {"a.txt": "/w/to_file"}, {"to_file"}),
        ("to_dir/x.py", {"d/x.py": "/w/x.py"}, {"to_dir"}),
        ("chain/e/y.py", {"d/e/y.py": "/w/y.py"}, {"chain", "to_dir"}),
        ("absolute/lib", {"src/lib/util.py": "/w/util.py"}, {"absolute"}),
        ("to_dir/*.py", {"d/x.py": "/w/x.py"}, {"to_dir"}),
        ("to_f*", {"a.txt": "/w/to_file"}, {"to_file"}),
        ("a[a-z]*e", {"src/app/main.py": "/w/app/main.py", "src/lib/util.py": "/w/lib/util.py"}, {"absolute"}),
        ("?bsolute", {"src/app/main.py": "/w/app/main.py", "src/lib/util.py": "/w/lib/util.py"}, {"absolute"}),
    ],
)
def test_links_on_the_way_to_a_source_are_followed(source: str, expected: dict[str, str], followed: set[str]) -> None:
    selection = select(context(links=LINKS), [source], "/w/")
    assert selection.placed == expected
    assert selection.links == followed
    assert all(selection.covers(link) for link in followed)


def test_links_inside_a_directory_are_kept() -> None:
    assert placed("d", to="/w", links=LINKS)["d/up"] == "/w/up"


def test_a_link_that_leads_nowhere_is_missing() -> None:
    links = {"gone": "nowhere", "circle": "circle"}
    assert select(context(links=links), ["gone"], "/w/").missing == ("gone",)
    assert select(context(links=links), ["circle"], "/w/").missing == ("circle",)
    assert select(context(links=links), ["circle/*"], "/w/").missing == ("circle/*",)
    assert select(context(links=links), ["g*"], "/w/").missing == ("gone",)
    assert select(context(links=links), ["."], "/w/").missing == ()


def test_a_filter_on_the_root_fails_on_a_link_there_that_leads_nowhere() -> None:
    links = {"gone": "nowhere", "d/gone": "nowhere"}
    assert select(context(links=links), ["."], "/w/", exclude=["*.md"]).missing == ("gone",)
    assert select(context(links=links), ["."], "/w/", exclude=["gone"]).missing == ()
    assert select(context(links=links), ["d"], "/w/", exclude=["*.md"]).missing == ()


def test_excludes_are_relative_to_the_source() -> None:
    assert placed("d", to="/w", exclude=["e/f"]) == {"d/x.py": "/w/x.py", "d/e/y.py": "/w/e/y.py"}
    assert placed("d", to="/w", exclude=["**/*.py", "!e/*.py"]) == {"d/e/y.py": "/w/e/y.py"}


def test_a_source_itself_is_never_excluded() -> None:
    assert placed("a.txt", "*.md", to="/w/", exclude=["*"]) == {"a.txt": "/w/a.txt", "README.md": "/w/README.md"}


def test_a_bad_pattern_leaves_every_source_missing() -> None:
    assert select(context(), [".", "d"], "/w", exclude=["["]).missing == (".", "d")
    assert select(context(), ["a.txt", "["], "/w/", parents=True).missing == ("a.txt", "[")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("d/e/y.py", {"d/e/y.py": "/w/d/e/y.py"}),
        ("./d/e/y.py", {"d/e/y.py": "/w/d/e/y.py"}),
        ("d/./e/y.py", {"d/e/y.py": "/w/e/y.py"}),
        ("d/e", {"d/e/y.py": "/w/d/e/y.py", "d/e/f/z.py": "/w/d/e/f/z.py"}),
        ("s*/./app/*.py", {"src/app/main.py": "/w/app/main.py"}),
        ("**/y.py", {"d/e/y.py": "/w/d/e/y.py"}),
        ("src/*/main.py", {"src/app/main.py": "/w/src/app/main.py"}),
        ("none*/x", {}),
    ],
)
def test_parents_are_kept_from_the_pivot_on(source: str, expected: dict[str, str]) -> None:
    selection = select(context(), [source], "/w/", parents=True)
    assert (selection.placed, selection.missing) == (expected, ())


def test_a_missing_path_with_parents_is_an_error() -> None:
    assert select(context(), ["d/nope"], "/w/", parents=True).missing == ("d/nope",)


def archive(compression: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{compression}") as tar:  # type: ignore[call-overload]
        tar.addfile(tarfile.TarInfo("inside"))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "unpacked"),
    [
        ("x.tar", archive(""), True),
        ("x.bin", archive(""), True),
        ("x.tar.gz", archive("gz"), True),
        ("x.tgz", None, True),
        ("x.tar", b"no archive", False),
        ("x.gz", archive("gz"), False),
        ("x.py", None, False),
    ],
)
def test_add_unpacks_archives(name: str, content: bytes | None, unpacked: bool) -> None:
    with_archive = Context.from_paths([name], read=lambda _: content)
    for source in (name, "x*"):
        selection = select(with_archive, [source], "/w/", unpack=True)
        assert selection.placed == {name: "/w" if unpacked else f"/w/{name}"}
        assert selection.archives == ({name} if unpacked else frozenset())
        assert selection.holds("/w")
        assert (selection.source_of("/w"), selection.source_of(f"/w/{name}")) == (None, None if unpacked else name)


def test_copy_does_not_unpack() -> None:
    assert select(Context.from_paths(["x.tar"]), ["x.tar"], "/w/").placed == {"x.tar": "/w/x.tar"}


def test_an_archive_inside_a_directory_is_copied() -> None:
    assert select(Context.from_paths(["d/x.tar"]), ["d"], "/w/", unpack=True).placed == {"d/x.tar": "/w/x.tar"}


def test_paths_of_the_past_are_taken_as_if_they_were_there() -> None:
    selection = select(context(), ["d", "*.txt", "gone.cfg", "src/*"], "/w/", exclude=["*.pyc"])
    assert selection.takes("d/old/x.py") == "/w/old/x.py"
    assert selection.takes("old.txt") == "/w/old.txt"
    assert selection.takes("gone.cfg") == "/w/gone.cfg"
    assert selection.takes("src/old/m.py") == "/w/m.py"
    assert selection.takes("d/m.pyc") is None
    assert selection.takes("dd/x.py") is None
    assert not selection.covers("other/x.txt")


def test_paths_of_the_past_are_taken_through_links_and_out_of_archives() -> None:
    selection = select(context("x.tar", links=LINKS), ["*to_dir", "x.*"], "/w/", unpack=True)
    assert selection.takes("d/old.py") == "/w/old.py"
    assert selection.sources[1].place(selection.context, "x.tar") == "/w"


def test_a_file_placed_twice_is_told_by_its_last_place() -> None:
    selection = select(context(), [".", "d"], "/w/")
    assert selection.takes("d/x.py") == selection.placed["d/x.py"] == "/w/x.py"
    assert selection.source_of("/w/d/x.py") == selection.source_of("/w/x.py") == "d/x.py"


def test_the_container_sees_files_directories_and_names() -> None:
    selection = select(context(), ["src", "a.txt"], "/w/")
    assert selection.directories == {"/w", "/w/app", "/w/lib"}
    assert selection.children("/w") == ("a.txt", "app", "lib")
    assert selection.children("/") == ("w",)
    assert [selection.holds(path) for path in ("/w/app", "/w/app/main.py", "/w/src")] == [True, True, False]
    assert selection.size == 30


def test_selections_of_the_same_sources_are_told_apart_by_their_place() -> None:
    one, same, other = (select(context(), ["a.txt"], to) for to in ("/w/", "/w/", "/v/"))
    assert one.identity == same.identity != other.identity


names = st.sampled_from(["a", "b", "ab.py", "c.txt"])
trees = st.dictionaries(
    st.lists(names, min_size=1, max_size=3).map("/".join),
    st.sampled_from(["", "", "", "a", "../a", "/b", "b/a", "."]),
    max_size=7,
)
words = st.sampled_from(["a", "b", "ab.py", "*", "a*", "?", "*.py", ".", ".."])
sources = st.lists(words, min_size=1, max_size=3).map("/".join)


class Clash(Exception):
    """A file where a directory is needed, or a link in the container's own way: builds that this model leaves out."""


class Simulation:
    """The builder's copy, done file by file on a dictionary: container path -> context path, None for a directory."""

    def __init__(self, tree: dict[str, str]) -> None:
        self.tree = {path: target for path, target in tree.items() if not any(up in tree for up in self.above(path))}
        self.directories = {up for path in self.tree for up in self.above(path)} | {""}
        self.container: dict[str, str | None] = {}

    @staticmethod
    def above(path: str) -> list[str]:
        parts = path.split("/")
        return ["/".join(parts[:count]) for count in range(1, len(parts))]

    def copy(self, source: str, destination: str) -> bool:
        """Copy one source; False where the build would fail."""
        parts = posixpath.normpath("/" + source).strip("/").split("/")
        wild = next((index for index, part in enumerate(parts) if set(part) & set("*?")), len(parts))
        start = self.follow("/".join(parts[:wild]))
        if start is None:
            return False
        if wild == len(parts):
            return self.copy_one(start, parts[-1], destination)
        matches = list(self.walk(start, parts[wild:]))
        return all(self.copy_one(self.follow(path), posixpath.basename(path), destination) for path in matches)

    def walk(self, directory: str, patterns: list[str]) -> Iterator[str]:
        for path in self.inside(directory):
            if fnmatch.fnmatchcase(posixpath.basename(path), patterns[0]):
                if len(patterns) == 1:
                    yield path
                else:
                    yield from self.walk(path, patterns[1:])

    def inside(self, directory: str) -> list[str]:
        known = (self.directories | set(self.tree)) - {""}
        return sorted(path for path in known if posixpath.dirname(path) == directory)

    def follow(self, path: str, depth: int = 0) -> str | None:
        here = ""
        parts = [part for part in path.split("/") if part not in {"", "."}]
        for index, part in enumerate(parts):
            here = posixpath.normpath(posixpath.join("/", here, part)).strip("/")
            if target := self.tree.get(here):
                rest = posixpath.join(posixpath.dirname(here), target, *parts[index + 1 :])
                return None if depth > 20 else self.follow(rest, depth + 1)
        return here if here in self.directories or here in self.tree else None

    def copy_one(self, path: str | None, name: str, destination: str) -> bool:
        if path is None:
            return False
        target = destination.rstrip("/")
        if path in self.directories:
            self.make(target)
            for inner in self.inside(path):
                self.copy_tree(inner, f"{target}/{posixpath.basename(inner)}")
        elif destination.endswith("/") or (target in self.container and self.container[target] is None):
            self.make(target)
            self.put(f"{target}/{name}", path)
        else:
            self.put(target, path)
        return True

    def copy_tree(self, path: str, target: str) -> None:
        if path not in self.directories:
            self.put(target, path)
            return
        self.make(target)
        for inner in self.inside(path):
            self.copy_tree(inner, f"{target}/{posixpath.basename(inner)}")

    def make(self, directory: str) -> None:
        if self.container.setdefault(directory, None) is not None:
            raise Clash

    def put(self, target: str, path: str) -> None:
        if target in self.container and self.container[target] is None:
            raise Clash
        self.container[target] = path


@given(trees, st.lists(sources, min_size=1, max_size=3), st.sampled_from(["/w", "/w/"]))
def test_a_selection_agrees_with_copying_file_by_file(
    tree: dict[str, str], written: list[str], destination: str
) -> None:
    simulation = Simulation(tree)
    entries = {
        path: Entry(Kind.SYMLINK, 0o777, target=target) if target else Entry(Kind.FILE, 0o644)
        for path, target in simulation.tree.items()
    }
    selection = select(Context.from_paths(entries), written, destination)
    try:
        succeeds = [simulation.copy(source, destination) for source in written]
    except Clash:
        assume(False)
    assert (not selection.missing) == all(succeeds)
    if not selection.missing:
        files = {target: path for target, path in simulation.container.items() if path is not None}
        assert {target: selection.source_of(target) for target in files} == files
        assert set(selection.placed) >= set(files.values())
        assert set(selection.placed.values()) <= set(files)
        assert selection.directories == {target for target, path in simulation.container.items() if path is None}


@given(trees, st.lists(sources, min_size=1, max_size=3), st.lists(words, max_size=2))
def test_taking_a_path_agrees_with_what_is_placed(tree: dict[str, str], written: list[str], exclude: list[str]) -> None:
    entries = {path: Entry(Kind.FILE, 0o644) for path in Simulation(tree).tree}
    known = Context.from_paths(entries)
    selection = select(known, written, "/w/", exclude=exclude)
    assert {path: place for path in known.files() if (place := selection.takes(path))} == selection.placed


@given(trees, sources)
def test_a_path_that_was_removed_is_still_taken_where_it_was(tree: dict[str, str], source: str) -> None:
    files = list(Simulation(tree).tree)
    assume(len(files) > 1)
    before = select(Context.from_paths(files), [source], "/w/")
    after = select(Context.from_paths(files[1:]), [source], "/w/")
    assume(source.strip("./") != files[0])
    assert after.takes(files[0]) == before.takes(files[0])
