"""For each rule of the noise policy files that differ as it says, and files that differ just a little more."""

import gzip
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from tests.prove.images import Entry, file, folder, gone, hard_link, symlink
from tests.prove.record_rpm import recorded

Files = Sequence[Entry]


@dataclass(frozen=True)
class Case:
    """Two file systems; `real` is the path whose difference no rule excuses, "" where all are excused."""

    left: Files
    right: Files
    real: str = ""


def applies(left: Files, right: Files) -> Case:
    return Case(left, right)


def misses(real: str, left: Files, right: Files) -> Case:
    return Case(left, right, real)


def at(path: str, left: bytes | str, right: bytes | str) -> tuple[Files, Files]:
    return [file(path, left)], [file(path, right)]


# ---- bytecode

MAGIC_311 = b"\xa7\r\r\n"


def pyc(code: bytes, *, stamp: int = 1, size: int = 9, magic: bytes = MAGIC_311) -> bytes:
    """Bytecode that is checked against the time and size of its source."""
    return magic + bytes(4) + struct.pack("<II", stamp, size) + code


def hashed(code: bytes, source: bytes = b"12345678", flags: int = 1) -> bytes:
    """Bytecode that is checked against a hash of its source, or with `flags` 1 against nothing."""
    return MAGIC_311 + struct.pack("<I", flags) + source + code


NONE = b"N"
PAIR = b")\x02z\x01az\x01a"  # ("a", "a")
PAIR_BY_REFERENCE = b")\x02\xda\x01ar\x00\x00\x00\x00"  # the same, the second a reference to the first
PAIR_OF_OTHERS = b")\x02z\x01az\x01b"
A_SET = b">\x02\x00\x00\x00z\x01az\x01b"
A_SET_TURNED = b">\x02\x00\x00\x00z\x01bz\x01a"
SOURCE = file("app/m.py", "x = 1\n")
CACHED = "app/__pycache__/m.cpython-311.pyc"

# ---- the loader's cache


def library_cache(*libraries: tuple[str, str], generator: str = "ldconfig 2.36", hwcap: str = "") -> bytes:
    """A cache as ldconfig writes it since glibc 2.33."""
    entry, header = struct.Struct("<iIIIQ"), struct.Struct("<IIB3xI3I")
    start = 20 + header.size + entry.size * len(libraries)
    strings, entries = b"", b""
    for name, path in libraries:
        key, value = start + len(strings), start + len(strings) + len(name) + 1
        strings += f"{name}\0{path}\0".encode()
        entries += entry.pack(0x303, key, value, 0, 1 << 62 if hwcap else 0)
    strings += (hwcap_at := f"{hwcap}\0".encode())
    extension = start + len(strings) + (-(start + len(strings)) % 4)
    body = strings.ljust(extension - start, b"\0")
    sections = struct.pack("<II", 0xEAA42174, 2)
    data = extension + len(sections) + 32
    sections += struct.pack("<IIII", 0, 0, data, len(generator)) + struct.pack("<IIII", 1, 0, data + len(generator), 4)
    sections += generator.encode() + struct.pack("<I", start + len(strings) - len(hwcap_at))
    return (
        b"glibc-ld.so.cache1.1"
        + header.pack(len(libraries), len(strings), 2, extension, 0, 0, 0)
        + entries
        + body
        + sections
    )


LIBA, LIBB = ("liba.so.1", "/lib/liba.so.1"), ("libb.so.1", "/lib/libb.so.1")
OTHER_LIBA = ("liba.so.1", "/opt/liba.so.1")
CACHE = "etc/ld.so.cache"

STATUS = "Package: a\nStatus: install ok installed\nVersion: 1\n"
STATUS_B = "Package: b\nStatus: install ok installed\nVersion: 2\n"
RECORD = "usr/lib/python3/site-packages/a-1.dist-info/RECORD"
ROWS = "a/__init__.py,sha256=x,1\na-1.dist-info/RECORD,,\n"

# As uv 0.13 wrote it for a project whose cache-keys name git, a variable and a directory.
UV_CACHE = "venv/lib/python3.11/site-packages/a-1.dist-info/uv_cache.json"
UV_STAMP = (
    '{{"timestamp":{{"secs_since_epoch":{0},"nanos_since_epoch":{1}}},"commit":"{2}","tags":{{"v1":"{2}"}},'
    '"env":{{"A":{3}}},"directories":{{"gone":null,"src":{{"secs_since_epoch":{0},"nanos_since_epoch":{1}}}}}}}'
)
UV_ROW = "a-1.dist-info/uv_cache.json,sha256={},{}\n"
HISTORY = "==> 2026-01-0{} 10:00:00 <==\n# cmd: conda install {}\n+a-1\n"
SHADOW = "root:*:{}:0:99999:7:::\n"
MACHINE_ID = "0123456789abcdef" * 2 + "\n"

# As pnpm 9.15 and 10.34 wrote them for one package; most settings are left out here.
MODULES = "app/node_modules/.modules.yaml"
MODULES_9 = """\
hoistedDependencies:
  is-number@{1}:
    is-number: private
layoutVersion: 5
packageManager: pnpm@9.15.9
pendingBuilds: []
prunedAt: Wed, 25 Nov 2026 {0} GMT
storeDir: /root/.local/share/pnpm/store/v3
"""
MODULES_10 = """\
{{
  "layoutVersion": 5,
  "packageManager": "pnpm@10.34.9",
  "prunedAt": "Wed, 25 Nov 2026 {0} GMT",
  "skipped": [{1}]
}}"""
PNPM_STATE = "app/node_modules/.pnpm-workspace-state-v1.json"
STATE_10 = """\
{{
  "lastValidatedTimestamp": {},
  "projects": {{}},
  "settings": {{
    "production": {}
  }},
  "filteredInstall": false
}}
"""

RPM = recorded()
RPMDB = "var/lib/rpm/rpmdb.sqlite"

CASES: dict[str, tuple[Case, Case]] = {
    "python-bytecode": (
        applies(*at(CACHED, pyc(PAIR, stamp=1), pyc(PAIR_BY_REFERENCE, stamp=2))),
        misses(f"/{CACHED}", *at(CACHED, pyc(PAIR), pyc(PAIR_OF_OTHERS))),
    ),
    "python-bytecode-of-one-side": (
        applies([SOURCE, file(CACHED, pyc(NONE))], [SOURCE]),
        misses(f"/{CACHED}", [SOURCE, file(CACHED, pyc(NONE))], [file("app/m.py", "x = 2\n")]),
    ),
    "python-bytecode-directory": (
        applies([SOURCE, file(CACHED, pyc(NONE))], [SOURCE]),
        misses("/app/__pycache__", [SOURCE, file(CACHED, pyc(NONE)), file("app/__pycache__/x.so")], [SOURCE]),
    ),
    "python-record": (
        applies(*at(RECORD, ROWS, "\r\n".join(ROWS.splitlines()[::-1]) + "\r\na/__pycache__/__init__.cpython-311.pyc,,\r\n")),
        misses(f"/{RECORD}", *at(RECORD, ROWS, ROWS.replace("=x", "=y"))),
    ),
    "uv-build-stamp": (
        applies(*at(UV_CACHE, UV_STAMP.format(1795658031, 385721955, "7733f6", "null"), UV_STAMP.format(1795658032, 85721955, "7733f6", "null"))),
        misses(f"/{UV_CACHE}", *at(UV_CACHE, UV_STAMP.format(1795658031, 385721955, "7733f6", "null"), UV_STAMP.format(1795658031, 385721955, "8844a7", "null"))),
    ),
    "pip-cache": (
        applies([folder("root")], [folder("root"), file("root/.cache/pip/http/a")]),
        misses("/root/.cache/piper/a", [], [file("root/.cache/piper/a")]),
    ),
    "uv-cache": (
        applies(*at("home/app/.cache/uv/wheels-v5/a", "1", "2")),
        misses("/home/app/.cache/uv/a", [file("home/app/.cache/uv/a")], [file("home/app/.cache/uv/a", mode=0o600)]),
    ),
    "poetry-cache": (
        applies(*at("root/.cache/pypoetry/cache/a", "1", "2")),
        misses("/root/.cache/pypoetry/virtualenvs/a", *at("root/.cache/pypoetry/virtualenvs/a", "1", "2")),
    ),
    "npm-cache": (
        applies(*at("root/.npm/_cacache/index-v5/a", "1", "2")),
        misses("/root/.npm/_npx/a", *at("root/.npm/_npx/a", "1", "2")),
    ),
    "npm-update-check": (
        applies([folder("root/.npm")], [folder("root/.npm"), file("root/.npm/_update-notifier-last-checked")]),
        misses("/root/.npmrc", [folder("root/.npm")], [folder("root/.npm"), file("root/.npmrc")]),
    ),
    "yarn-cache": (
        applies(*at("usr/local/share/.cache/yarn/v6/a", "1", "2")),
        misses("/app/.yarn/cache/a.zip", *at("app/.yarn/cache/a.zip", "1", "2")),
    ),
    "pnpm-modules": (
        applies(*at(MODULES, MODULES_9.format("10:00:00", "6.0.0"), MODULES_9.format("10:00:09", "6.0.0"))),
        misses(f"/{MODULES}", *at(MODULES, MODULES_9.format("10:00:00", "6.0.0"), MODULES_9.format("10:00:09", "6.0.1"))),
    ),
    "pnpm-workspace-state": (
        applies(*at(PNPM_STATE, STATE_10.format(1795645932767, "true"), STATE_10.format(1795645933384, "true"))),
        misses(f"/{PNPM_STATE}", *at(PNPM_STATE, STATE_10.format(1795645932767, "true"), STATE_10.format(1795645933384, "false"))),
    ),
    "v8-compile-cache": (
        applies([folder("tmp")], [folder("tmp"), file("tmp/v8-compile-cache-0/11.3/a.BLOB")]),
        misses("/tmp/v8-compile-cache-0/a", [file("tmp/v8-compile-cache-0/a")], [symlink("tmp/v8-compile-cache-0/a", "b")]),
    ),
    "conda-index-cache": (
        applies(*at("opt/conda/pkgs/cache/09cdf8bf.json", "1", "2")),
        misses("/opt/conda/pkgs/a-1/info/index.json", *at("opt/conda/pkgs/a-1/info/index.json", "1", "2")),
    ),
    "conda-urls": (
        applies(*at("opt/conda/pkgs/urls.txt", "a\nb\n", "b\na\n")),
        misses("/opt/conda/pkgs/urls.json", *at("opt/conda/pkgs/urls.json", "1", "2")),
    ),
    "conda-history": (
        applies(*at("opt/conda/conda-meta/history", HISTORY.format(1, "a"), HISTORY.format(2, "a"))),
        misses("/opt/conda/conda-meta/history", *at("opt/conda/conda-meta/history", HISTORY.format(1, "a"), HISTORY.format(2, "b"))),
    ),
    "apt-lists": (
        applies([folder("var/lib/apt/lists")], [folder("var/lib/apt/lists"), file("var/lib/apt/lists/deb_InRelease", "1")]),
        misses("/var/lib/apt/keyrings/a", *at("var/lib/apt/keyrings/a", "1", "2")),
    ),
    "apt-cache": (
        applies(*at("var/cache/apt/pkgcache.bin", "1", "2")),
        misses("/var/cache/apt/archives/a.deb", [folder("var/cache/apt/archives")], [folder("var/cache/apt/archives"), file("var/cache/apt/archives/a.deb", mode=0o4755)]),
    ),
    "apt-logs": (
        applies(*at("var/log/apt/history.log", "1", "2")),
        misses("/var/log/apt/own.log", *at("var/log/apt/own.log", "1", "2")),
    ),
    "dpkg-logs": (
        applies(*at("var/log/alternatives.log", "1", "2")),
        misses("/var/log/app.log", *at("var/log/app.log", "1", "2")),
    ),
    "dpkg-status": (
        applies(*at("var/lib/dpkg/status", f"{STATUS}\n{STATUS_B}", f"{STATUS_B}\n{STATUS}\n")),
        misses("/var/lib/dpkg/status", *at("var/lib/dpkg/status", f"{STATUS}\n{STATUS_B}", f"{STATUS}\n{STATUS_B.replace('2', '3')}")),
    ),
    "apt-states": (
        applies(*at("var/lib/apt/extended_states", f"{STATUS}\n{STATUS_B}", f"{STATUS_B}\n{STATUS}\n")),
        misses("/var/lib/apt/extended_states", *at("var/lib/apt/extended_states", f"{STATUS}\n{STATUS_B}", STATUS)),
    ),
    "dpkg-triggers": (
        applies(*at("var/lib/dpkg/triggers/File", "/a x\n/b y\n", "/b y\n/a x\n")),
        misses("/var/lib/dpkg/triggers/File", *at("var/lib/dpkg/triggers/File", "/a x\n/b y\n", "/a y\n/b x\n")),
    ),
    "dpkg-backups": (
        applies(*at("var/lib/dpkg/status-old", "1", "2")),
        misses("/var/lib/dpkg/diversions", *at("var/lib/dpkg/diversions", "1", "2")),
    ),
    "apk-cache": (
        applies(*at("var/cache/apk/APKINDEX.1.tar.gz", "1", "2")),
        misses("/lib/apk/db/installed", *at("lib/apk/db/installed", "1", "2")),
    ),
    "rpm-caches": (
        applies([folder("var/cache")], [folder("var/cache"), file("var/cache/dnf/fedora/a.solv")]),
        misses("/var/lib/rpm/rpmdb.sqlite", *at("var/lib/rpm/rpmdb.sqlite", "1", "2")),
    ),
    "rpm-logs": (
        applies(*at("var/log/dnf.rpm.log", "1", "2")),
        misses("/var/log/dnf/own.log", *at("var/log/dnf/own.log", "1", "2")),
    ),
    "rpm-database": (
        applies(*at(RPMDB, RPM["first.sqlite"], RPM["later.sqlite"])),
        misses(f"/{RPMDB}", *at(RPMDB, RPM["first.sqlite"], RPM["newer.sqlite"])),
    ),
    "rpm-shared-memory": (
        applies(*at(f"{RPMDB}-shm", "1", "2")),
        misses(f"/{RPMDB}-wal", *at(f"{RPMDB}-wal", "", "2")),
    ),
    "rpm-index": (
        applies(*at("usr/lib/sysimage/rpm/Index.db", "1", "2")),
        misses("/usr/lib/sysimage/rpm/Packages.db", *at("usr/lib/sysimage/rpm/Packages.db", "1", "2")),
    ),
    "library-cache": (
        applies(*at(CACHE, library_cache(LIBB, LIBA), library_cache(LIBA, LIBB, generator="ldconfig 2.37"))),
        misses(f"/{CACHE}", *at(CACHE, library_cache(LIBA, OTHER_LIBA), library_cache(OTHER_LIBA, LIBA))),
    ),
    "library-aux-cache": (
        applies(*at("var/cache/ldconfig/aux-cache", "1", "2")),
        misses("/var/cache/ldconfig/aux-cache", [file("var/cache/ldconfig/aux-cache")], [symlink("var/cache/ldconfig/aux-cache", "x")]),
    ),
    "account-backups": (
        applies(*at("etc/shadow-", "1", "2")),
        misses("/etc/passwd", *at("etc/passwd", "1", "2")),
    ),
    "password-days": (
        applies(*at("etc/shadow", SHADOW.format(20000), SHADOW.format(20001))),
        misses("/etc/shadow", *at("etc/shadow", SHADOW.format(20000), SHADOW.format(0))),
    ),
    "machine-id": (
        applies(*at("etc/machine-id", MACHINE_ID, MACHINE_ID[1:-1] + "f\n")),
        misses("/etc/machine-id", *at("etc/machine-id", MACHINE_ID, "")),
    ),
    "font-cache": (
        applies([folder("var/cache")], [folder("var/cache"), file("var/cache/fontconfig/a.cache-8")]),
        misses("/etc/fonts/fonts.conf", *at("etc/fonts/fonts.conf", "1", "2")),
    ),
    "manual-index": (
        applies(*at("var/cache/man/index.db", "1", "2")),
        misses("/usr/share/man/man1/a.1", *at("usr/share/man/man1/a.1", "1", "2")),
    ),
    "cache-directory": (
        applies([folder("root")], [folder("root"), file("root/.cache/pip/a")]),
        misses("/root/.cache", [folder("root")], [folder("root"), file("root/.cache/pip/a"), file("root/.cache/own/b")]),
    ),
    "gzip-stamp": (
        applies(*at("usr/share/doc/a.gz", gzip.compress(b"text", mtime=1), gzip.compress(b"text", mtime=2))),
        misses("/usr/share/doc/a.gz", *at("usr/share/doc/a.gz", gzip.compress(b"text", mtime=1), gzip.compress(b"next", mtime=1))),
    ),
}  # fmt: skip

FURTHER: dict[str, Case] = {
    "bytecode of another size of its source": misses(f"/{CACHED}", *at(CACHED, pyc(NONE), pyc(NONE, size=8))),
    "bytecode of another Python": misses(f"/{CACHED}", *at(CACHED, pyc(NONE), pyc(NONE, magic=b"\xcb\r\r\n"))),
    "bytecode with another hash of its source": misses(f"/{CACHED}", *at(CACHED, hashed(NONE), hashed(NONE, b"87654321"))),
    "bytecode checked in another way": misses(f"/{CACHED}", *at(CACHED, hashed(NONE, flags=1), hashed(NONE, flags=3))),
    "bytecode by hash whose marks differ": applies(*at(CACHED, hashed(PAIR), hashed(PAIR_BY_REFERENCE))),
    "bytecode with a set in another order": applies(*at(CACHED, pyc(A_SET), pyc(A_SET_TURNED))),
    "bytecode of an unknown Python with another time": applies(*at(CACHED, pyc(b"?", stamp=1, magic=b"\xff\xee\r\n"), pyc(b"?", stamp=2, magic=b"\xff\xee\r\n"))),
    "bytecode of an unknown Python with other marks": misses(f"/{CACHED}", *at(CACHED, pyc(PAIR, magic=b"\xff\xee\r\n"), pyc(PAIR_BY_REFERENCE, magic=b"\xff\xee\r\n"))),
    "bytecode that is cut": misses(f"/{CACHED}", *at(CACHED, pyc(PAIR)[:-1], pyc(PAIR_BY_REFERENCE)[:-1])),
    "bytecode with something behind it": misses(f"/{CACHED}", *at(CACHED, pyc(PAIR + b"N"), pyc(PAIR_BY_REFERENCE + b"N"))),
    "bytecode shorter than its header": misses(f"/{CACHED}", *at(CACHED, b"1", b"2")),
    "bytecode of one side without a source": misses(f"/{CACHED}", [folder("app"), folder("app/__pycache__"), file(CACHED, pyc(NONE))], [folder("app"), folder("app/__pycache__")]),
    "bytecode of one side that nobody checks": misses(f"/{CACHED}", [SOURCE, folder("app/__pycache__"), file(CACHED, hashed(NONE, flags=1))], [SOURCE, folder("app/__pycache__")]),
    "bytecode of one side outside of __pycache__": misses("/app/m.pyc", [SOURCE, file("app/m.pyc", pyc(NONE))], [SOURCE]),
    "bytecode of one side that is a link": misses(f"/{CACHED}", [SOURCE, folder("app/__pycache__"), symlink(CACHED, "x")], [SOURCE, folder("app/__pycache__")]),
    "optimised bytecode of one side": applies([SOURCE, file(CACHED.replace(".pyc", ".opt-1.pyc"), pyc(NONE))], [SOURCE]),
    "an empty __pycache__": applies([SOURCE, folder("app/__pycache__")], [SOURCE]),
    "a __pycache__ with an attribute": misses("/app/__pycache__", [SOURCE, folder("app/__pycache__", xattrs=(("user.a", "1"),))], [SOURCE]),
    "bytecode that is hard linked on one side": misses("/b/__pycache__/m.cpython-311.pyc", [SOURCE, file(CACHED, pyc(NONE)), hard_link("b/__pycache__/m.cpython-311.pyc", CACHED)], [SOURCE, file(CACHED, pyc(NONE)), file("b/__pycache__/m.cpython-311.pyc", pyc(NONE))]),
    "bytecode of two layers": applies([SOURCE, file(CACHED, pyc(PAIR))], [SOURCE, file(CACHED, pyc(NONE)), gone(CACHED), file(CACHED, pyc(PAIR, stamp=7))]),
    "a library more": misses(f"/{CACHE}", *at(CACHE, library_cache(LIBA), library_cache(LIBA, LIBB))),
    "a library for another processor": misses(f"/{CACHE}", *at(CACHE, library_cache(LIBA, hwcap="x86-64-v2"), library_cache(LIBA, hwcap="x86-64-v3"))),
    "a cache that is none": misses(f"/{CACHE}", *at(CACHE, library_cache(LIBA), b"x")),
    "a cache that is cut": misses(f"/{CACHE}", *at(CACHE, library_cache(LIBA)[:77], library_cache(LIBB)[:77])),
    "a password": misses("/etc/shadow", *at("etc/shadow", SHADOW.format(20000), SHADOW.format(20000).replace("*", "$y$"))),
    "a backup of accounts on one side": applies([folder("etc")], [folder("etc"), file("etc/group-")]),
    "a setting of pip": misses("/root/.config/pip/pip.conf", *at("root/.config/pip/pip.conf", "1", "2")),
    "a package of one side in dpkg's status": misses("/var/lib/dpkg/status", *at("var/lib/dpkg/status", STATUS, f"{STATUS}\n{STATUS}")),
    "a gzip file that is cut": misses("/a.gz", *at("a.gz", gzip.compress(b"text", mtime=1)[:-2], gzip.compress(b"text", mtime=2)[:-2])),
    "a text with more lines than its form needs": misses("/var/lib/dpkg/triggers/File", *at("var/lib/dpkg/triggers/File", "/a x\n", "/a x\n/a x\n")),
    "a gzip file that is none": misses("/a.gz", *at("a.gz", "1", "2")),
    "a device in a cache": misses("/var/cache/apk/a", [folder("var/cache/apk")], [folder("var/cache/apk"), symlink("var/cache/apk/a", "x")]),
    "the mode of a cache": misses("/root/.cache/pip", [folder("root/.cache/pip")], [folder("root/.cache/pip", mode=0o700)]),
    "a database of rpm before 4.16": applies(*at("var/lib/rpm/Packages", RPM["first.berkeley"], RPM["later.berkeley"])),
    "a package of one side in a database of rpm": misses("/usr/lib/sysimage/rpm/rpmdb.sqlite", *at("usr/lib/sysimage/rpm/rpmdb.sqlite", RPM["first.sqlite"], RPM["fewer.sqlite"])),
    "what dnf remembers": misses("/var/lib/dnf/history.sqlite", *at("var/lib/dnf/history.sqlite", "1", "2")),
    "the modules of pnpm 10": applies(*at(MODULES, MODULES_10.format("10:00:00", ""), MODULES_10.format("23:59:59", ""))),
    "the state of pnpm 10.0": applies(*at(PNPM_STATE.replace("-v1", ""), STATE_10.format(1795645932767, "true"), STATE_10.format(1795645933384, "true"))),
    "a package that pnpm 10 skipped": misses(f"/{MODULES}", *at(MODULES, MODULES_10.format("10:00:00", ""), MODULES_10.format("10:00:00", '"a@1"'))),
    "modules of pnpm without a moment": misses(f"/{MODULES}", *at(MODULES, MODULES_9.format("never", "6.0.0"), MODULES_9.format("10:00:00", "6.0.0"))),
    "the moment of pnpm in a file of the project": misses("/app/.modules.yaml", *at("app/.modules.yaml", MODULES_9.format("10:00:00", "6.0.0"), MODULES_9.format("10:00:09", "6.0.0"))),
    "what yarn remembers of an installation": misses("/app/node_modules/.yarn-state.yml", *at("app/node_modules/.yarn-state.yml", "1", "2")),
    "the row of uv's stamp in a RECORD": applies(*at(RECORD, ROWS + UV_ROW.format("pYFVULI_D-8", 194), ROWS + UV_ROW.format("1hvde5j", 193))),
    "a row of uv's stamp on one side": misses(f"/{RECORD}", *at(RECORD, ROWS, ROWS + UV_ROW.format("pYFVULI_D-8", 194))),
    "another digest beside the row of uv's stamp": misses(f"/{RECORD}", *at(RECORD, ROWS + UV_ROW.format("p", 194), ROWS.replace("=x", "=y") + UV_ROW.format("q", 194))),
    "a RECORD of a package in a directory of the project's": applies(*at("app/lib/a-1.dist-info/RECORD", ROWS + UV_ROW.format("p", 194), UV_ROW.format("q", 194) + ROWS)),
    "a variable in uv's stamp": misses(f"/{UV_CACHE}", *at(UV_CACHE, UV_STAMP.format(1, 2, "7733f6", '"x"'), UV_STAMP.format(1, 2, "7733f6", '"y"'))),
    "uv's stamp with inodes of directories": applies(*at(UV_CACHE, '{"timestamp":null,"directories":{"src":12}}', '{"timestamp":null,"directories":{"src":13}}')),
    "a directory of uv's stamp that is gone": misses(f"/{UV_CACHE}", *at(UV_CACHE, '{"timestamp":null,"directories":{"src":12}}', '{"timestamp":null,"directories":{"src":null}}')),
    "a number elsewhere in uv's stamp": misses(f"/{UV_CACHE}", *at(UV_CACHE, '{"commit":1}', '{"commit":2}')),
    "uv's stamp that is no object": misses(f"/{UV_CACHE}", *at(UV_CACHE, "[1]", "[2]")),
    "uv's stamp with another kind of directories": misses(f"/{UV_CACHE}", *at(UV_CACHE, '{"directories":[1]}', '{"directories":[2]}')),
    "uv's stamp that is cut": misses(f"/{UV_CACHE}", *at(UV_CACHE, '{"timestamp":', '{"timestamp"')),
    "a cache elsewhere": misses("/srv/root/.cache/pip/a", *at("srv/root/.cache/pip/a", "1", "2")),
}  # fmt: skip
