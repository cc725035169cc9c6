"""Writes rpm.tar.xz: databases of a few packages as rpm makes them, each different in one way, and what rpm says of them.

python3 record_rpm.py, as root where rpm 4.16 or later, rpmbuild and Berkeley DB's db_load are (none of it is needed to
read what this writes)
"""

import json
import os
import shutil
import sqlite3
import struct
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path

RECORDED = Path(__file__).with_name("rpm.tar.xz")
SPEC = """
Name: {name}
Version: {version}
Release: 1
Summary: A package
Summary(de): Ein Paket
License: MIT
BuildArch: noarch
Requires(post): /bin/sh
Provides: goods = 7
%description
It has {name}.
%post
true {name}
%install
mkdir -p %{{buildroot}}/opt/{name}/deep/er %{{buildroot}}/opt/shared %{{buildroot}}/usr/share/doc
echo {text} > %{{buildroot}}/opt/{name}/deep/er/file
echo both > %{{buildroot}}/opt/shared/both
echo text > "%{{buildroot}}/opt/{name}/a b"
echo text > %{{buildroot}}/usr/share/doc/{name}
ln -s deep %{{buildroot}}/opt/{name}/café
for number in $(seq 200); do echo $number > %{{buildroot}}/opt/{name}/deep/file-$number; done
%files
/opt/{name}
/opt/shared
%doc /usr/share/doc/{name}
"""
EMPTY = "Name: empty\nVersion: 1\nRelease: 1\nSummary: None\nLicense: MIT\nBuildArch: noarch\n%description\n%files\n"


def recorded() -> dict[str, bytes]:
    """What was written: each database by its name, and the files of the first's packages."""
    with tarfile.open(RECORDED) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]


def run(*command: str, **environment: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, check=False)
    assert not done.returncode, (command, done.stderr)
    return done.stdout


def built(top: Path, name: str, spec: str) -> Path:
    """The package of a spec, built at a time and on a host that are always the same."""
    file = top / f"{name}.spec"
    file.write_text(spec)
    fixed = ("use_source_date_epoch_as_buildtime 1", "_buildhost host", f"_topdir {top / name}")
    run(
        "rpmbuild",
        "-bb",
        *(part for one in fixed for part in ("--define", one)),
        str(file),
        SOURCE_DATE_EPOCH="1700000000",
    )
    (found,) = (top / name).rglob("*.noarch.rpm")
    return found


def installed(root: Path, *transactions: tuple[Path, ...], options: tuple[str, ...] = ()) -> None:
    """Installs packages into a root, some at a time, each time in another second."""
    for packages in transactions:
        time.sleep(1.1)
        rpm(root, "--nodeps", "--noscripts", "-i", *options, *map(str, packages))


def rpm(root: Path, *arguments: str) -> str:
    return run("rpm", f"--root={root}", "--dbpath=/db", "--define", "_db_backend sqlite", *arguments)


def listed(root: Path) -> dict[str, list[str]]:
    """The files of each package, as rpm says."""
    names = rpm(root, "-qa", "--qf", "%{NAME}\\n").splitlines()
    return {name: rpm(root, "-q", "--qf", "[%{FILENAMES}\\n]", name).splitlines() for name in sorted(names)}


def berkeley(database: Path, packages: Path) -> None:
    """Writes a database's packages into a hash of Berkeley DB with the keys that rpm had there before 4.16."""
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT hnum, blob FROM Packages").fetchall()
    pairs = [(0, struct.pack("=I", len(rows))), *rows]
    lines = [f" {part.hex()}" for number, blob in pairs for part in (struct.pack("=I", number), blob)]
    dump = "\n".join(["VERSION=3", "format=bytevalue", "type=hash", "HEADER=END", *lines, "DATA=END", ""])
    subprocess.run(["db_load", str(packages)], input=dump, text=True, check=True)


def record(top: Path) -> None:
    shop, tools = (built(top, name, SPEC.format(name=name, version=1, text="old")) for name in ("shop", "tools"))
    changed = built(top, "changed", SPEC.format(name="shop", version=1, text="new"))
    newer = built(top, "newer", SPEC.format(name="shop", version=2, text="old"))
    empty = built(top, "empty", EMPTY)
    roots = {name: top / "roots" / name for name in ("first", "later", "changed", "newer", "fewer", "no-documents")}
    for root in roots.values():
        root.mkdir(parents=True)
    installed(roots["first"], (shop, tools, empty))
    installed(roots["later"], (empty,), (tools,), (shop,))
    installed(roots["changed"], (changed, tools, empty))
    installed(roots["newer"], (newer, tools, empty))
    installed(roots["fewer"], (shop, tools))
    installed(roots["no-documents"], (shop, tools, empty), options=("--excludedocs",))
    out = top / "out"
    out.mkdir()
    for name, root in roots.items():
        shutil.copy(root / "db" / "rpmdb.sqlite", out / f"{name}.sqlite")
        berkeley(out / f"{name}.sqlite", out / f"{name}.berkeley")
    (out / "listed.json").write_text(json.dumps(listed(roots["first"]), indent=1))
    with tarfile.open(RECORDED, "w:xz") as archive:
        for file in sorted(out.iterdir()):
            if file.suffix in {".sqlite", ".berkeley", ".json"}:
                archive.add(file, file.name)


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp())
    record(folder)
    shutil.rmtree(folder)
