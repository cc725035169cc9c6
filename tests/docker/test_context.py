import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from tests.docker.engine import BuildFailed, Engine

from layerwise.errors import SourceError
from layerwise.graph.checksum import Digests, ListForm, selector_digest, sha256
from layerwise.graph.context import Context, Kind, read_context
from layerwise.graph.copying import Selection, select

_FILES = """
a.txt b.txt a.md [x].txt spa+ce.txt .env .hidden/h build top.tar.txt été.txt
d/x.py d/y.txt d/e/z.py d/e/f/deep.txt d2/x.py d2/README.md docs/README.md docs/guide/g.md docs/guide/img.png
node_modules/m/package.json node_modules/m/node_modules/n/i.js foo/x/q foo/y z/only/deep/file
src/app/main.py src/app/__pycache__/m.pyc src/lib/u.py
"""
FILES = _FILES.split()
LINKS = {
    "l_file": "a.txt",
    "l_dir": "d",
    "l_gone": "nowhere",
    "l_abs": "/d/e",
    "l_out": "../../../d/e",
    "l_chain": "l_dir",
    "d/l_up": "../a.txt",
    "d/l_gone": "nowhere",
    "src/l_lib": "lib",
    "docs/l_ignored": "../node_modules",
}
IGNORE_FILES = {
    "nothing": "",
    "a negated file": "*.txt\n!a.txt\n",
    "all of a kind": "**/*.py\n",
    "one name everywhere": "node_modules\n**/node_modules\n",
    "all but": "*\n!src\n!d/e\n",
    "deep in an ignored directory": "d\n!d/e/f\n",
    "two stars, negated wildcards": "**\n!**/*.md\n!src/app/*.py\n",
    "comment and clean-up": "# d\n /docs/ \n./src//lib/../lib\n",
    "a negation too early": "**/*.py\n!src\n",
    "a mark of byte order": "\ufefffoo\n!foo/x\n",
    "a name below": "**/e\n",
    "in and out again": "d/**\n!d/e/**\nd/e/f\n",
    "classes and escapes": "[a-b].txt\n\\[x\\].txt\n!b.*\n",
    "two stars without slash": "**d\n",
    "dotfiles": ".*\n!.env\n",
    "links": "l_*\n",
    "a link and a directory": "l_dir\nd2/\n",
    "question marks": "?.txt\n*.t?t\n!*.md\n",
    "one level down": "docs/*/\n",
    "star slash star": "*/*\n!d\n",
    "out of the context": "d/e/../x.py\n../a.txt\n/\n.\n",
    "blank lines": "!a.txt\n*.txt\n\n  \n!  b.txt\n",
    "windows line ends": "a.txt\r\nd\r\n",
    "links everywhere": "**/l_*\n!docs/**\n",
}


@dataclass(frozen=True)
class Form:
    sources: tuple[str, ...]
    to: str = "/w/"
    exclude: tuple[str, ...] = ()
    keyword: str = "COPY"

    def line(self, number: int) -> str:
        words = json.dumps([*self.sources, f"/{number}{self.to}"], ensure_ascii=False)
        return " ".join([self.keyword, *(f"--exclude={pattern}" for pattern in self.exclude), words])

    def select(self, context: Context, number: int) -> Selection:
        unpack = self.keyword == "ADD"
        return select(context, self.sources, f"/{number}{self.to}", exclude=self.exclude, unpack=unpack)


THIRDS = 3  # each ignore file is tried with every third form, in turn: a build of all would take minutes
FORMS = (
    Form((".",)),
    Form(("/",), "/w"),
    Form((".",), "/w/."),
    Form(("a.txt",)),
    Form(("a.txt",), "/w"),
    Form(("./a.txt", "b.txt")),
    Form(("../../a.txt",)),
    Form(("d/../b.txt",)),
    Form(("été.txt", "spa*")),
    Form(("d",), "/w"),
    Form(("d/",), "/w/s/"),
    Form(("d", "a.txt")),
    Form(("src", "docs")),
    Form(("docs/guide/",), "/w/./v/../g/."),
    Form(("node_modules/m",), "/w/m"),
    Form(("empty",), "/w"),
    Form(("*",)),
    Form(("*.txt",)),
    Form(("d*",)),
    Form(("d*",), "/w"),
    Form(("d/*",)),
    Form(("docs/*",)),
    Form(("src/*/*",)),
    Form(("*/README.md",)),
    Form(("**/x.py",)),
    Form(("d?/[!a]*",)),
    Form(("[^d]*/*.py",)),
    Form(("[[]x].txt",)),
    Form(("[a-c].*", "a.m?")),
    Form(("none*", "a.m?")),
    Form(("none*",)),
    Form(("z/*",), "/w"),
    Form(("z/*/*/*",)),
    Form(("l_file",)),
    Form(("l_dir",)),
    Form(("l_dir/x.py",)),
    Form(("l_dir/*.py",)),
    Form(("l_chain/e",)),
    Form(("l_abs",), "/w/q"),
    Form(("l_out/z.py",), "/w/q"),
    Form(("l_*",)),
    Form(("l_[dfac]*",)),
    Form(("?_dir/e",)),
    Form(("d/l_up",)),
    Form(("src/l_lib",)),
    Form(("src/l*",)),
    Form(("d",), exclude=("*.py",)),
    Form((".",), exclude=("*.md", "d/e", "l_gone")),
    Form((".",), exclude=("**/*.py", "!**/z.py", "l_*")),
    Form((".",), exclude=("d", "!d/e", "l_gone")),
    Form((".",), exclude=("*.md",)),
    Form(("a.txt",), exclude=("*.txt",)),
    Form(("[!l]*",), exclude=("*.txt", "e")),
    Form(("d",), exclude=("*",)),
    Form(("d*",), exclude=("e/",)),
    Form(("pack.tar",)),
    Form(("pack.tar",), keyword="ADD"),
    Form(("pack.tgz", "a.txt"), keyword="ADD"),
    Form(("pack.t*",), keyword="ADD"),
    Form(("top.tar.txt",), keyword="ADD"),
    Form(("d",), keyword="ADD"),
)


def archive(mode: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:  # type: ignore[call-overload]
        info = tarfile.TarInfo("in/side")
        info.size = 2
        tar.addfile(info, io.BytesIO(b"hi"))
    return buffer.getvalue()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "context"
    for number, name in enumerate(FILES):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"content of {name}\n")
        (root / name).chmod((0o644, 0o755, 0o600)[number % 3])
    for name, target in LINKS.items():
        (root / name).symlink_to(target)
    for name in ("empty", "d/void"):
        (root / name).mkdir()
    (root / "d2").chmod(0o750)
    (root / "pack.tar").write_bytes(archive("w"))
    (root / "pack.tgz").write_bytes(archive("w:gz"))
    return root


Entries = dict[str, tuple[str, str | bytes | None]]


def built(engine: Engine, root: Path, lines: list[str], dockerfile: Path) -> Entries:
    """The files of an image of nothing but these lines."""
    dockerfile.write_text("\n".join(["FROM scratch", *lines, ""]))
    image = root.with_name("image.tar")
    engine.build(root, dockerfile=dockerfile, output=f"type=tar,dest={image}")
    with tarfile.open(image) as tar:
        return {f"/{member.name.rstrip('/')}": shown(tar, member) for member in tar}


def shown(tar: tarfile.TarFile, member: tarfile.TarInfo) -> tuple[str, str | bytes | None]:
    if member.isdir():
        return "directory", None
    if member.issym():
        return "symlink", member.linkname
    file = tar.extractfile(member)
    assert file is not None
    return "file", file.read()


def predicted(selection: Selection) -> Entries:
    entries: Entries = dict.fromkeys(selection.directories, ("directory", None))
    for path in selection.placed:
        if path in selection.archives:
            entries |= {f"{selection.placed[path]}/in/side": ("file", b"hi")}
    found = dict(container_files(selection))
    above = {parent for path in entries | found for parent in parents(path)}
    return dict.fromkeys(above, ("directory", None)) | entries | found


def container_files(selection: Selection) -> Iterator[tuple[str, tuple[str, str | bytes | None]]]:
    places = [*selection.directories, *selection.placed.values()]
    for directory in {parent for place in places for parent in (place, *parents(place))}:
        for name in selection.children(directory):
            source = selection.source_of(f"{directory}/{name}")
            if source is not None:
                entry = selection.context.entries[source]
                content = entry.target if entry.kind is Kind.SYMLINK else selection.context.read(source)
                yield f"{directory}/{name}", (entry.kind.value, content)


def parents(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


@pytest.mark.parametrize("turn", range(len(IGNORE_FILES)), ids=list(IGNORE_FILES))
def test_every_form_of_copy_gives_the_files_that_the_engine_gives(engine: Engine, root: Path, turn: int) -> None:
    dockerfile = root.with_name("Dockerfile")
    (root / ".dockerignore").write_text(list(IGNORE_FILES.values())[turn])
    context = read_context(root, str(dockerfile))
    due = {
        number: FORMS[number].select(context, number) for number in (0, *range(1 + turn % THIRDS, len(FORMS), THIRDS))
    }
    present = {number: selection for number, selection in due.items() if not selection.missing}
    assert len(present) > 5
    image = built(engine, root, [FORMS[number].line(number) for number in present], dockerfile)
    for number, selection in present.items():
        entries = {path: entry for path, entry in image.items() if f"{path}/".startswith(f"/{number}/")}
        assert entries == predicted(selection), FORMS[number]


@pytest.mark.parametrize("name", ["nothing", "classes and escapes"])
def test_what_is_missing_fails_the_build(engine: Engine, root: Path, name: str) -> None:
    dockerfile = root.with_name("Dockerfile")
    (root / ".dockerignore").write_text(IGNORE_FILES[name])
    context = read_context(root, str(dockerfile))
    missing = [number for number, form in enumerate(FORMS) if form.select(context, number).missing]
    assert missing
    for number in missing:
        with pytest.raises(BuildFailed, match=r"not found|no such file"):
            built(engine, root, [FORMS[number].line(number)], dockerfile)


def test_a_wildcard_that_matches_nothing_fails_only_where_its_directory_is_not_sent(engine: Engine, root: Path) -> None:
    dockerfile = root.with_name("Dockerfile")
    selection = select(read_context(root, str(dockerfile)), ["src/*.none"], "/w/")
    assert (selection.missing, selection.unmatched) == ((), ("src/*.none",))
    line = f"COPY src/*.none /{uuid4()}/"  # a place never used before: the step must not be cached
    with pytest.raises(BuildFailed, match="no such file"):
        built(engine, root, [line], dockerfile)
    assert built(engine, root, [line, "COPY src/lib/u.py /u.py"], dockerfile).keys() == {"/u.py"}


@pytest.mark.parametrize("text", ["a\n[\n", "!\n", "x/[z-a]\n", "*\n![]\n"])
def test_an_ignore_file_that_we_refuse_is_refused_by_the_engine(engine: Engine, root: Path, text: str) -> None:
    dockerfile = root.with_name("Dockerfile")
    (root / ".dockerignore").write_text(text)
    with pytest.raises(SourceError):
        read_context(root, str(dockerfile))
    with pytest.raises(BuildFailed):
        built(engine, root, ["COPY . /"], dockerfile)


@pytest.mark.parametrize(
    "ignore_files",
    [
        {".dockerignore": "*.txt", "deploy/Dockerfile.dockerignore": "*.md"},
        {".dockerignore": "*.txt", "deploy/Dockerfile.dockerignore": ""},
        {".dockerignore": "*.txt", "Dockerfile.dockerignore": "*.md"},
        {".dockerignore": "*\n!d", "deploy/.dockerignore": "d"},
        {"deploy/Dockerfile.dockerignore": "deploy\n*.txt"},
    ],
)
def test_the_ignore_file_that_counts_is_the_engine_s(engine: Engine, root: Path, ignore_files: dict[str, str]) -> None:
    (root / "deploy").mkdir()
    for path, text in ignore_files.items():
        (root / path).write_text(text)
    image = built(engine, root, ["COPY . /w/"], root / "deploy/Dockerfile")
    assert image == predicted(select(read_context(root, "deploy/Dockerfile"), ["."], "/w/"))


def test_parents_are_kept_as_the_engine_keeps_them(engine: Engine, root: Path) -> None:
    sources = ("d/e", "docs/./guide/g.md", "**/x.py", "s*/./app/*.py", "node_modules/**/i.js", "none/*", "./a.txt")
    lines = [f"COPY --parents {source} /{number}/w/" for number, source in enumerate(sources)]
    dockerfile = root.with_name("Dockerfile")
    try:
        image = built(engine, root, lines, dockerfile)
    except BuildFailed as failure:
        if "unknown flag: --parents" in str(failure):
            pytest.skip("this engine's own Dockerfile frontend has no COPY --parents")
        raise
    context = read_context(root, str(dockerfile))
    for number, source in enumerate(sources):
        entries = {path: entry for path, entry in image.items() if f"{path}/".startswith(f"/{number}/")}
        assert entries == predicted(select(context, [source], f"/{number}/w/", parents=True)), source


def test_content_digests_are_the_engine_s(engine: Engine, root: Path) -> None:
    dockerfile = root.with_name("Dockerfile")
    context = read_context(root, str(dockerfile))
    selections = [form.select(context, number) for number, form in enumerate(FORMS)]
    present = [number for number, selection in enumerate(selections) if not selection.missing]
    lines = ["FROM scratch AS stage", *(FORMS[number].line(number) for number in present)]
    dockerfile.write_text("\n".join([*lines, "FROM scratch", "COPY --from=stage /3/w ./4/w/../w /", ""]))
    cache = root.with_name("cache")
    engine.build(root, dockerfile=dockerfile, extra=["--no-cache", f"--cache-to=type=local,mode=max,dest={cache}"])
    records = cache_records(cache)
    digests = {record["digest"] for record in records}
    selectors = {each.get("selector") for record in records for some in record.get("inputs", ()) for each in some}
    form = list_form(context, digests)
    unknown = [FORMS[number] for number in present if content_record(context, selections[number], form) not in digests]
    assert unknown == []
    assert selector_digest(["/3/w", "/4/w"]) in selectors


def content_record(context: Context, selection: Selection, form: ListForm) -> str:
    return sha256(f"{Digests(context, form).content(selection)}@-1")


def list_form(context: Context, digests: set[str]) -> ListForm:
    """The form of this engine's version, told by one of its records."""
    probe = select(context, ["*.txt"], "/w/")
    return next(form for form in ListForm if content_record(context, probe, form) in digests)


def cache_records(cache: Path) -> list[dict[str, object]]:
    def blob(digest: str) -> dict[str, object]:
        loaded: dict[str, object] = json.loads((cache / "blobs" / digest.replace(":", "/")).read_text())
        return loaded

    index = json.loads((cache / "index.json").read_text())
    manifest = blob(index["manifests"][0]["digest"])
    config = manifest.get("config") or next(
        each
        for each in manifest["manifests"]
        if "cacheconfig" in each["mediaType"]  # type: ignore[attr-defined,index]
    )
    return blob(config["digest"])["records"]  # type: ignore[index,return-value]
