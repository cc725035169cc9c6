import pytest
from tests.prove.images import Entry, file, folder, image, symlink
from tests.prove.record_rpm import recorded

from layerwise.prove.owners import owners
from layerwise.prove.reading import Side, read_tree
from layerwise.prove.verdict import Owner

DPKG = [
    folder("usr/lib"),
    symlink("lib", "usr/lib"),
    file("var/lib/dpkg/info/libc6:amd64.list", "/.\n/lib\n/lib/libc.so\n/usr\n/usr/share/both\n"),
    file("var/lib/dpkg/info/tar.list", "/.\n/usr\n/usr/bin/tar\n/usr/share/both\n/opt/a b\n"),
    file("var/lib/dpkg/info/tar.md5sums", "/usr/bin/other\n"),
]
APK = [
    file(
        "lib/apk/db/installed",
        "P:musl\nV:1\nF:lib\nM:0:0:0755\nR:libc.so\na:0:0:755\nF:\nR:top\n\nP:busybox\nF:bin\nR:sh\n",
    )
]
RPM = [
    folder("usr/lib/sysimage"),
    symlink("usr/lib/sysimage/rpm", "../../../var/lib/rpm"),
    file("var/lib/rpm/rpmdb.sqlite", recorded()["first.sqlite"]),
]
BERKELEY = [file("var/lib/rpm/Packages", recorded()["first.berkeley"])]
WHEEL = [
    file(
        "usr/lib/python3/site-packages/my_package-1.0.dist-info/RECORD",
        'my_package/__init__.py,sha256=x,1\r\n"my_package/a,b.py",sha256=y,2\r\n../../../bin/run,,\r\n',
    )
]


def owned(entries: list[Entry], *paths: str) -> dict[str, str]:
    found = image(entries)
    return {path: str(owner) for path, owner in owners(paths, Side(found, read_tree(found))).items()}


@pytest.mark.parametrize(
    ("entries", "path", "owner"),
    [
        (DPKG, "/usr/bin/tar", "tar (dpkg)"),
        (DPKG, "/usr/lib/libc.so", "libc6 (dpkg)"),  # which dpkg knows below /lib
        (DPKG, "/opt/a b", "tar (dpkg)"),
        (DPKG, "/var/lib/dpkg/info/libc6:amd64.postinst", "libc6 (dpkg)"),
        (APK, "/lib/libc.so", "musl (apk)"),
        (APK, "/bin/sh", "busybox (apk)"),
        (APK, "/top", "musl (apk)"),
        (RPM, "/opt/shop/a b", "shop (rpm)"),
        (RPM, "/opt/shop/deep/er", "shop (rpm)"),
        (RPM, "/opt/tools/caf\u00e9", "tools (rpm)"),
        (BERKELEY, "/opt/tools/deep/file-200", "tools (rpm)"),
        (WHEEL, "/usr/lib/python3/site-packages/my_package/__init__.py", "my_package (Python)"),
        (WHEEL, "/usr/lib/python3/site-packages/my_package/a,b.py", "my_package (Python)"),
        (WHEEL, "/usr/bin/run", "my_package (Python)"),
        (WHEEL, "/usr/lib/python3/site-packages/my_package-1.0.dist-info", "my_package (Python)"),
    ],
)
def test_a_path_belongs_to_the_package_that_lists_it(entries: list[Entry], path: str, owner: str) -> None:
    assert owned(entries, path, "/elsewhere") == {path: owner}


@pytest.mark.parametrize("path", ["/usr", "/usr/share/both", "/usr/bin/other", "/lib/libc.so", "/"])
def test_what_several_packages_list_or_none_does_belongs_to_none(path: str) -> None:
    assert owned(DPKG, path) == {}


def test_a_file_of_two_packages_of_rpm_belongs_to_none() -> None:
    assert owned(RPM, "/opt/shared/both", "/opt/shared", "/opt") == {}


def test_the_first_image_has_the_first_word() -> None:
    sides = [
        Side(one, read_tree(one))
        for one in (
            image([file(f"var/lib/dpkg/info/{name}.list", "/a\n/b\n"[: 3 * size])])
            for name, size in (("x", 1), ("y", 2))
        )
    ]
    assert owners(["/a", "/b"], *sides) == {"/a": Owner("dpkg", "x"), "/b": Owner("dpkg", "y")}


def test_lists_that_are_no_files_say_nothing() -> None:
    entries = [
        folder("var/lib/dpkg/info/a.list"),
        folder("lib/apk/db/installed"),
        folder("var/lib/rpm/rpmdb.sqlite"),
        folder("x/y-1.dist-info/RECORD"),
    ]
    assert owned(entries, "/a") == {}


@pytest.mark.parametrize("name", ["rpmdb.sqlite", "Packages.db", "Packages"])
def test_a_database_that_is_none_says_nothing(name: str) -> None:
    assert owned([file(f"var/lib/rpm/{name}", "none")], "/a") == {}
