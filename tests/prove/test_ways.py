"""Images made to differ in one way at a time: each difference is found, and nothing else is."""

import gzip
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from tests.prove.images import (
    CONFIG,
    Entry,
    block,
    character,
    fifo,
    file,
    folder,
    gone,
    hard_link,
    image,
    opaque,
    symlink,
    tar,
)

from layerwise.errors import ImageError
from layerwise.oci.image import Image
from layerwise.prove.difference import Facet
from layerwise.prove.verdict import Verdict
from layerwise.prove.verify import Options, verify

APP = folder("app")
MAIN = file("app/main.py", "print(1)\n")
RUN = file("app/run", "#!/bin/sh\n", mode=0o755, owner=(1000, 1000))
LINK = symlink("app/link", "main.py")
TEMPORARY = folder("tmp", mode=0o1777)
EMPTY = folder("empty")
PING = file("ping", "elf", mode=0o755, xattrs=(("security.capability", "\x01\x00\x00\x02\x00 "),))
NULL = character("null", 1, 3)
DISK = block("disk", 7, 0)
PIPE = fifo("pipe")
ONE = file("one", "1")
TWO = hard_link("two", "one")
TREE = (APP, MAIN, RUN, LINK, TEMPORARY, EMPTY, PING, NULL, DISK, PIPE, ONE, TWO)


def changed(old: Entry, **values: object) -> list[Entry]:
    return [replace(entry, **values) if entry is old else entry for entry in TREE]


def without(*old: Entry) -> list[Entry]:
    return [entry for entry in TREE if entry not in old]


def replaced(old: Entry, *new: Entry) -> list[Entry]:
    return [entry for one in TREE for entry in (new if one is old else (one,))]


@dataclass(frozen=True)
class Way:
    name: str
    right: Image
    found: tuple[tuple[str, Facet], ...] = ()
    left: Image = field(default_factory=lambda: image(TREE))
    options: Options = field(default_factory=Options)


def way(name: str, entries: Iterable[Entry], *found: tuple[str, Facet], left: Iterable[Entry] = TREE) -> Way:
    return Way(name, image(entries), found, image(left))


LONG = "directory-of-a-long-name/" * 12
COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"
LOWER = [folder("d", mode=0o700), file("d/x", "1"), folder("d/e"), file("d/e/y", "2")]

FILES = (
    way("the same tree", TREE),
    way("mode", changed(MAIN, mode=0o600), ("/app/main.py", Facet.MODE)),
    way("set-user-id", changed(RUN, mode=0o4755), ("/app/run", Facet.MODE)),
    way("set-group-id", changed(RUN, mode=0o2755), ("/app/run", Facet.MODE)),
    way("sticky bit", changed(TEMPORARY, mode=0o777), ("/tmp", Facet.MODE)),
    way("mode of a directory", changed(APP, mode=0o700), ("/app", Facet.MODE)),
    way("mode of a symbolic link, which has none", changed(LINK, mode=0o755)),
    way("user", changed(RUN, owner=(1001, 1000)), ("/app/run", Facet.OWNER)),
    way("group", changed(RUN, owner=(1000, 0)), ("/app/run", Facet.OWNER)),
    way("owner of a symbolic link", changed(LINK, owner=(5, 5)), ("/app/link", Facet.OWNER)),
    way("owner too large for the header", changed(RUN, owner=(3_000_000, 9)), ("/app/run", Facet.OWNER)),
    way("names of users", changed(RUN, user="somebody")),
    way("content of the same size", changed(MAIN, content=b"print(2)\n"), ("/app/main.py", Facet.CONTENT)),
    way("content of another size", changed(MAIN, content=b"print(10)\n"), ("/app/main.py", Facet.CONTENT)),
    way("content that is empty", changed(MAIN, content=b""), ("/app/main.py", Facet.CONTENT)),
    way("new attribute", changed(MAIN, xattrs=(("user.a", "1"),)), ("/app/main.py", Facet.XATTRS)),
    way("attribute of a directory", changed(APP, xattrs=(("user.a", "1"),)), ("/app", Facet.XATTRS)),
    way("no capability", changed(PING, xattrs=()), ("/ping", Facet.XATTRS)),
    way(
        "other capability",
        changed(PING, xattrs=(("security.capability", "\x01\x00\x00\x02\x00\x01"),)),
        ("/ping", Facet.XATTRS),
    ),
    way("target of a symbolic link", changed(LINK, link="./main.py"), ("/app/link", Facet.TARGET)),
    way("file in place of a symbolic link", replaced(LINK, file("app/link")), ("/app/link", Facet.KIND)),
    way("directory in place of a file", replaced(MAIN, folder("app/main.py")), ("/app/main.py", Facet.KIND)),
    way(
        "symbolic link in place of a directory",
        replaced(EMPTY, symlink("empty", "tmp")),
        ("/empty", Facet.KIND),
    ),
    way("hard link broken", replaced(TWO, file("two", "1")), ("/two", Facet.HARD_LINK)),
    way(
        "hard link to another file of the same content",
        [*TREE[:-1], file("three", "1"), hard_link("two", "three")],
        ("/two", Facet.HARD_LINK),
        left=[*TREE, file("three", "1")],
    ),
    way("name of the first of two hard links", [*TREE[:-2], file("two", "1"), hard_link("one", "two")]),
    way("directory that is not there", without(EMPTY), ("/empty", Facet.PRESENCE)),
    way("file that is not there", without(MAIN), ("/app/main.py", Facet.PRESENCE)),
    way("link that is not there", without(LINK), ("/app/link", Facet.PRESENCE)),
    way("hard link that is not there", without(TWO), ("/two", Facet.PRESENCE)),
    way(
        "directory and what is in it",
        without(APP, MAIN, RUN, LINK),
        *((path, Facet.PRESENCE) for path in ("/app", "/app/main.py", "/app/run", "/app/link")),
    ),
    way("numbers of a device", changed(NULL, device=(1, 5)), ("/null", Facet.DEVICE)),
    way("block device in place of a character device", changed(NULL, kind=tarfile.BLKTYPE), ("/null", Facet.KIND)),
    way("file in place of a fifo", replaced(PIPE, file("pipe")), ("/pipe", Facet.KIND)),
    way("case of a name", changed(EMPTY, name="Empty"), ("/Empty", Facet.PRESENCE), ("/empty", Facet.PRESENCE)),
    way(
        "composed and decomposed letters",
        [file(DECOMPOSED)],
        (f"/{COMPOSED}", Facet.PRESENCE),
        (f"/{DECOMPOSED}", Facet.PRESENCE),
        left=[file(COMPOSED)],
    ),
    way("end of a long name", [file(f"{LONG}a")], *((f"/{LONG}{name}", Facet.PRESENCE) for name in "ab"), left=[file(f"{LONG}b")]),
    way("name that is no UTF-8", [file("\udcff")], ("/\udcfe", Facet.PRESENCE), ("/\udcff", Facet.PRESENCE), left=[file("\udcfe")]),
    way("name with a line end", [file("a\nb", "1")], ("/a\nb", Facet.CONTENT), left=[file("a\nb", "2")]),
    way("names with ./ and /", [replace(entry, name=f"./{entry.name}/" if entry.kind == tarfile.DIRTYPE else f"./{entry.name}") for entry in TREE]),
    way("absolute names", [replace(entry, name=f"/{entry.name}") for entry in TREE]),
    way("names with .. and //", [replace(entry, name=f"x/..//{entry.name}") for entry in TREE]),
    way("mode of the root", [folder("./", mode=0o700), *TREE], ("/", Facet.MODE)),
    way("the root as it is anyway", [folder("./"), *TREE]),
    way("parents that no entry speaks of", without(APP)),
    way("parent that one entry speaks of", [file("d/x")], ("/d", Facet.MODE), left=[folder("d", mode=0o700), file("d/x")]),
    way("entry that stands there twice, the last wins", [replace(MAIN, content=b"old", mode=0o600), *TREE]),
    way("entry that stands there twice, another last", [*TREE, replace(MAIN, mode=0o600)], ("/app/main.py", Facet.MODE)),
    way("time of a change", [replace(entry, mtime=1_800_000_000) for entry in TREE]),
    Way("time of a change, asked for", image(changed(MAIN, mtime=5)), (("/app/main.py", Facet.MTIME),), options=Options(mtimes=True)),
    Way("fraction of a second, asked for", image(changed(MAIN, mtime=1_700_000_000.5)), (("/app/main.py", Facet.MTIME),), options=Options(mtimes=True)),
    Way("times that no entry tells, asked for", image(without(APP)), options=Options(mtimes=True)),
)  # fmt: skip

LAYERS = (
    Way("a layer for each entry", image(*([entry] for entry in TREE))),
    Way("two layers", image(TREE[:5], TREE[5:])),
    Way("entries of a layer in another order", image([APP, *sorted(TREE[1:-2], key=lambda entry: entry.name), ONE, TWO])),
    Way("an empty layer", image(TREE, [])),
    Way("a layer that changes nothing", image(TREE, [APP, MAIN])),
    Way("a file that comes and goes", image([file("x")], TREE, [gone("x")])),
    Way("a whiteout of what was never there", image(TREE, [gone("app/nothing"), opaque("nowhere")])),
    Way("layers in another order", image([file("a", "2")], [file("a", "1")]), (("/a", Facet.CONTENT),), image([file("a", "1")], [file("a", "2")])),
    Way("no whiteout of a file", image(LOWER), (("/d/x", Facet.PRESENCE),), image(LOWER, [gone("d/x")])),
    Way("no whiteout of a directory", image(LOWER), (("/d/e", Facet.PRESENCE), ("/d/e/y", Facet.PRESENCE)), image(LOWER, [gone("d/e")])),
    Way("no opaque whiteout", image(LOWER, [file("d/z")]), (("/d/e", Facet.PRESENCE), ("/d/e/y", Facet.PRESENCE), ("/d/x", Facet.PRESENCE)), image(LOWER, [file("d/z"), opaque("d")])),
    Way("an opaque whiteout and one by one", image(LOWER, [gone("d/x"), gone("d/e")]), (), image(LOWER, [opaque("d")])),
    Way("a whiteout behind the entry of its layer", image(LOWER, [file("d/x", "3"), gone("d/x")]), (), image(LOWER, [gone("d/x"), file("d/x", "3")])),
    Way("an opaque whiteout behind the entries of its layer", image(LOWER, [file("d/z"), opaque("d")]), (), image(LOWER, [opaque("d"), file("d/z")])),
    Way("a directory made anew", image(LOWER, [gone("d"), folder("d"), file("d/x", "1")]), (), image([folder("d"), file("d/x", "1")])),
    Way("a file that was a directory for a while", image([file("a", "1")], [folder("a"), file("a/b")], [file("a", "1")]), (), image([file("a", "1")])),
    Way("a directory that was a file for a while", image(LOWER, [file("d")], [folder("d", mode=0o700)]), (), image(LOWER[:1])),
    Way("a hard link to a file below", image(TREE, [hard_link("three", "one")]), (), image([*TREE, hard_link("three", "one")])),
    Way("a hard link whose file is gone", image(TREE, [gone("one")]), (("/one", Facet.PRESENCE),), image(TREE)),
    Way("a hard link replaced by a layer above", image(TREE, [file("two", "1")]), (("/two", Facet.HARD_LINK),), image(TREE)),
    Way("written through a link of its own layer", image([folder("usr"), symlink("lib", "usr"), file("lib/x")]), (), image([folder("usr"), symlink("lib", "usr"), file("usr/x")])),
    Way("written through a link of a layer below", image([folder("usr"), symlink("lib", "usr")], [file("lib/x")]), (("/lib", Facet.THROUGH),), image([folder("usr"), symlink("lib", "usr")], [file("usr/x")])),
    Way("a directory over a link", image([folder("usr"), symlink("lib", "usr")], [folder("lib")]), (("/lib", Facet.KIND),), image([folder("usr"), symlink("lib", "usr")])),
)  # fmt: skip

MEMBERS = b"".join(gzip.compress(tar(TREE)[start : start + 512]) for start in range(0, len(tar(TREE)), 512))
HOLE = b"x" + bytes(1_000_000) + b"y"

STORED = (
    Way("no compression", image(TREE, stored=bytes)),
    Way("better compression", image(TREE, stored=gzip.compress)),
    Way("many members of gzip", image(b"", stored=lambda _: MEMBERS)),
    Way("zeros behind gzip", image(TREE, stored=lambda one: gzip.compress(one) + bytes(1000))),
    Way("headers of GNU", image(tar(without(PING), tarfile.GNU_FORMAT)), (), image(without(PING))),
    Way("headers of ustar", image(tar(without(PING), tarfile.USTAR_FORMAT)), (), image(without(PING))),
    Way("a long name in headers of GNU", image(tar([file(f"{LONG}a"), symlink("l", LONG)], tarfile.GNU_FORMAT)), (), image([file(f"{LONG}a"), symlink("l", LONG)])),
    Way("a large owner in headers of GNU", image(tar([file("a", owner=(3_000_000, 4_000_000))], tarfile.GNU_FORMAT)), (), image([file("a", owner=(3_000_000, 4_000_000))])),
)  # fmt: skip


def config(**changes: object) -> dict[str, Any]:
    inner = {key: value for key, value in (CONFIG["config"] | changes).items() if value is not ...}
    return CONFIG | {"config": inner}


def set_to(name: str, right: object, *found: str, left: object = CONFIG) -> Way:
    keys = tuple((key, Facet.SETTING) for key in found)
    return Way(name, image(TREE, config=right), keys, image(TREE, config=left))


ENV = CONFIG["config"]["Env"]
HEALTH = CONFIG["config"]["Healthcheck"]
ARM = CONFIG | {"architecture": "arm", "variant": "v7"}
SETTINGS = (
    set_to("order of Env", config(Env=ENV[::-1])),
    set_to("value of Env", config(Env=[ENV[0], "LANG=C"]), "Env LANG"),
    set_to("more in Env", config(Env=[*ENV, "DEBUG=1"]), "Env DEBUG"),
    set_to("less in Env", config(Env=ENV[:1]), "Env LANG"),
    set_to("no Env", config(Env=None), "Env LANG", "Env PATH"),
    set_to("empty value of Env", config(Env=[*ENV, "DEBUG="]), "Env DEBUG"),
    set_to("a name in Env without a value", config(Env=[*ENV, "DEBUG="]), "Env DEBUG", left=config(Env=[*ENV, "DEBUG"])),
    set_to("a value with an equals sign", config(Env=[*ENV, "A=b=c"]), "Env A", left=config(Env=[*ENV, "A=b=d"])),
    set_to("the second of two values in Env", config(Env=[*ENV, "A=1", "A=2"]), "Env A", left=config(Env=[*ENV, "A=1", "A=3"])),
    set_to("value of a label", config(Labels={"team": "audio"}), "Labels team"),
    set_to("no label", config(Labels=None), "Labels team"),
    set_to("an empty label", config(Labels={"team": "video", "x": ""}), "Labels x"),
    set_to("shell form of the entrypoint", config(Entrypoint=["/bin/sh", "-c", "/init"]), "Entrypoint"),
    set_to("no entrypoint", config(Entrypoint=[]), "Entrypoint"),
    set_to("an empty entrypoint and none", config(Entrypoint=[]), left=config(Entrypoint=None)),
    set_to("a missing entrypoint and none", config(Entrypoint=...), left=config(Entrypoint=None)),
    set_to("command", config(Cmd=["serve", "-v"]), "Cmd"),
    set_to("user of a container", config(User="0"), "User"),
    set_to("working directory", config(WorkingDir="/"), "WorkingDir"),
    set_to("no working directory, which is the root", config(WorkingDir=""), left=config(WorkingDir="/")),
    set_to("ports", config(ExposedPorts={"80/udp": {}}), "ExposedPorts 80/tcp", "ExposedPorts 80/udp"),
    set_to("ports of TCP, said or not", config(ExposedPorts={"80": {}})),
    set_to("volumes", config(Volumes={"/data": {}, "/more": {}}), "Volumes /more"),
    set_to("command of the health check", config(Healthcheck=HEALTH | {"Test": ["NONE"]}), "Healthcheck"),
    set_to("interval of the health check", config(Healthcheck=HEALTH | {"Interval": 1}), "Healthcheck"),
    set_to("retries of the health check that are 0", config(Healthcheck=HEALTH | {"Retries": 0})),
    set_to("no health check", config(Healthcheck=...), "Healthcheck"),
    set_to("stop signal", config(StopSignal="SIGKILL"), "StopSignal"),
    set_to("shell", config(Shell=["/bin/sh", "-c"]), "Shell"),
    set_to("triggers", config(OnBuild=["RUN false"]), "OnBuild"),
    set_to("order of triggers", config(OnBuild=["a", "b"]), "OnBuild", left=config(OnBuild=["b", "a"])),
    set_to("no triggers", config(OnBuild=[]), "OnBuild"),
    set_to("a key that nobody knows", config(Unheard="of"), "Unheard"),
    set_to("keys that a container left", config(Hostname="4f2a", Image="sha256:1", AttachStdin=False)),
    set_to("architecture", CONFIG | {"architecture": "arm64"}, "architecture"),
    set_to("variant", ARM | {"variant": "v6"}, "variant", left=ARM),
    set_to("the usual variant, said or not", CONFIG | {"architecture": "arm"}, left=ARM),
    set_to("system", CONFIG | {"os": "windows"}, "os"),
    set_to("version of the system", CONFIG | {"os.version": "10"}, "os.version"),
    set_to("author", CONFIG | {"author": "somebody"}, "author"),
    set_to("when and how it was made", CONFIG | {"created": "2020-01-01T00:00:00Z", "history": [], "rootfs": {"type": "layers", "diff_ids": []}, "moby.buildkit.cache.v0": "e30="}),
)  # fmt: skip

WAYS = (*FILES, *LAYERS, *STORED, *SETTINGS)


@pytest.mark.parametrize("one", WAYS, ids=lambda one: one.name)
def test_a_difference_is_found_and_nothing_else(one: Way) -> None:
    assert shown(verify([one.left], [one.right], one.options)) == {(*found, "real") for found in one.found}


@pytest.mark.parametrize("one", WAYS, ids=lambda one: one.name)
def test_it_is_the_same_difference_from_the_other_side(one: Way) -> None:
    (there,) = verify([one.left], [one.right], one.options).platforms
    (back,) = verify([one.right], [one.left], one.options).platforms
    turned = [replace(d, left=d.right, right=d.left) for d in (judged.difference for judged in back.judged)]
    assert [judged.difference for judged in there.judged] == turned


def shown(verdict: Verdict) -> set[tuple[str, Facet, str]]:
    (platform,) = verdict.platforms
    found = [(one.difference.where, one.difference.facet, one.standing.value) for one in platform.judged]
    assert len(found) == len(set(found))
    assert verdict.equal == (not any(standing == "real" for *_, standing in found))
    return set(found)


def sparse_of_gnu(name: str) -> bytes:
    """A file with a hole as GNU tar wrote it before PAX: pieces in the header, and data of those only."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.mtime = 1024, tarfile.GNUTYPE_SPARSE, 1_700_000_000
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    pieces = [(0, 512), (len(HOLE) - 512, 512)]
    for index, number in enumerate(one for piece in pieces for one in piece):
        header[386 + 12 * index : 398 + 12 * index] = b"%011o\0" % number
    header[483:495] = b"%011o\0" % len(HOLE)
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + HOLE[:512] + HOLE[-512:] + bytes(1024)


def sparse_of_pax(name: str) -> bytes:
    """A file with a hole as GNU tar writes it today, format 1.0: pieces before the data."""
    pieces = f"2\n0\n512\n{len(HOLE) - 512}\n512\n".encode().ljust(512, b"\0")
    info = tarfile.TarInfo(f"GNUSparseFile.0/{name}")
    info.mtime = 1_700_000_000
    info.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": name,
        "GNU.sparse.realsize": str(len(HOLE)),
    }
    data = pieces + HOLE[:512] + HOLE[-512:]
    info.size = len(data)
    return info.tobuf(tarfile.PAX_FORMAT) + data + bytes(1024)


@pytest.mark.parametrize("sparse", [sparse_of_gnu, sparse_of_pax])
def test_a_file_with_holes_that_is_cut_is_refused(sparse: Callable[[str], bytes]) -> None:
    with pytest.raises(ImageError, match="it ends in the middle of a file"):
        verify([image(TREE)], [image(sparse("a")[:-1100])])


@pytest.mark.parametrize("sparse", [sparse_of_gnu, sparse_of_pax])
def test_a_hole_is_zeros(sparse: Callable[[str], bytes]) -> None:
    assert not shown(verify([image([file("a", HOLE)])], [image(sparse("a"))]))
    other = image([file("a", HOLE.replace(b"y", b"z"))])
    assert shown(verify([other], [image(sparse("a"))])) == {("/a", Facet.CONTENT, "real")}
