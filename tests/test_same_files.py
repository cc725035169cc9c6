import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from dev.image_archive import ArchiveError, Image, read_image, settings_of
from dev.same_files import Comparison, Difference, Facet, compare, compare_archives, main, report


@dataclass(frozen=True)
class Member:
    path: str
    content: bytes = b""
    kind: bytes = tarfile.REGTYPE
    mode: int = 0o644
    owner: tuple[int, int] = (0, 0)
    link: str = ""
    device: tuple[int, int] = (0, 0)
    xattrs: tuple[tuple[str, str], ...] = ()
    mtime: int = 1_000_000_000

    def add_to(self, archive: tarfile.TarFile) -> None:
        info = tarfile.TarInfo(self.path)
        info.type, info.mode, info.mtime, info.linkname = self.kind, self.mode, self.mtime, self.link
        info.uid, info.gid = self.owner
        info.devmajor, info.devminor = self.device
        info.size = len(self.content)
        info.pax_headers = {f"SCHILY.xattr.{name}": value for name, value in self.xattrs}
        archive.addfile(info, io.BytesIO(self.content))


FOLDER = Member("app/", kind=tarfile.DIRTYPE, mode=0o755)
FILE = Member("app/main.py", b"print(1)\n")
PROGRAM = Member("app/run", b"#!/bin/sh\n", mode=0o755, owner=(1000, 1000))
LINK = Member("app/link", kind=tarfile.SYMTYPE, link="main.py")
TWIN = Member("app/twin", kind=tarfile.LNKTYPE, link="app/main.py")
DEVICE = Member("app/null", kind=tarfile.CHRTYPE, device=(1, 3))
CAPABLE = Member("app/ping", b"elf", xattrs=(("security.capability", "one"),))
TREE = (FOLDER, FILE, PROGRAM, LINK, TWIN, DEVICE, CAPABLE)

CONFIG = {
    "architecture": "amd64",
    "os": "linux",
    "created": "2026-01-01T00:00:00Z",
    "config": {
        "Env": ["PATH=/bin", "GIT_COMMIT=abc"],
        "Entrypoint": ["/init"],
        "Cmd": ["serve"],
        "WorkingDir": "/app",
        "User": "1000",
        "ExposedPorts": {"80/tcp": {}},
        "Volumes": {"/data": {}},
        "Labels": {"team": "video"},
    },
}


def tar(members: Iterable[Member]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            member.add_to(archive)
    return buffer.getvalue()


def flat(path: Path, members: Iterable[Member]) -> Image:
    path.write_bytes(tar(members))
    return read_image(path)


def differences(tmp_path: Path, left: Iterable[Member], right: Iterable[Member]) -> Comparison:
    return compare(flat(tmp_path / "left.tar", left), flat(tmp_path / "right.tar", right))


def changed(old: Member, **values: object) -> tuple[Member, ...]:
    return tuple(replace(member, **values) if member is old else member for member in TREE)


def oci(
    path: Path, *layers: Iterable[Member], config: object = CONFIG, platforms: tuple[str, ...] = ("amd64",)
) -> Path:
    blobs: dict[str, bytes] = {}

    def store(content: bytes) -> dict[str, object]:
        digest = hashlib.sha256(content).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = content
        return {"digest": f"sha256:{digest}", "size": len(content)}

    manifest = {
        "config": store(json.dumps(config).encode()),
        "layers": [store(gzip.compress(tar(layer))) for layer in layers],
    }
    stored = store(json.dumps(manifest).encode())
    attestation = {**store(b'{"layers": []}'), "platform": {"os": "unknown", "architecture": "unknown"}}
    entries = [{**stored, "platform": {"os": "linux", "architecture": machine}} for machine in platforms]
    inner = store(json.dumps({"manifests": [*entries, attestation]}).encode())
    blobs |= {"oci-layout": b"{}", "index.json": json.dumps({"manifests": [inner]}).encode()}
    path.write_bytes(tar(Member(name, content) for name, content in blobs.items()))
    return path


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (changed(FILE, content=b"print(2)\n"), {("/app/main.py", Facet.CONTENT), ("/app/twin", Facet.CONTENT)}),
        (changed(PROGRAM, mode=0o700), {("/app/run", Facet.MODE)}),
        (changed(PROGRAM, mode=0o4755), {("/app/run", Facet.MODE)}),
        (changed(PROGRAM, owner=(1001, 1000)), {("/app/run", Facet.OWNER)}),
        (changed(PROGRAM, owner=(1000, 0)), {("/app/run", Facet.OWNER)}),
        (changed(LINK, link="./main.py"), {("/app/link", Facet.TARGET)}),
        (changed(LINK, kind=tarfile.REGTYPE), {("/app/link", Facet.KIND)}),
        (changed(LINK, owner=(5, 5)), {("/app/link", Facet.OWNER)}),
        (changed(FOLDER, mode=0o700), {("/app", Facet.MODE)}),
        (changed(DEVICE, device=(1, 5)), {("/app/null", Facet.DEVICE)}),
        (changed(DEVICE, kind=tarfile.BLKTYPE), {("/app/null", Facet.KIND)}),
        (changed(CAPABLE, xattrs=(("security.capability", "two"),)), {("/app/ping", Facet.XATTRS)}),
        (changed(CAPABLE, xattrs=()), {("/app/ping", Facet.XATTRS)}),
        (changed(PROGRAM, path="app/ran"), {("/app/run", Facet.PRESENCE), ("/app/ran", Facet.PRESENCE)}),
        (TREE[:-1], {("/app/ping", Facet.PRESENCE)}),
        ((*TREE, Member("etc/empty", kind=tarfile.DIRTYPE)), {("/etc/empty", Facet.PRESENCE)}),
        (
            changed(TWIN, kind=tarfile.REGTYPE, content=FILE.content, link=""),
            {("/app/main.py", Facet.TWIN), ("/app/twin", Facet.TWIN)},
        ),
    ],
)
def test_a_single_difference_of_a_file_is_found(tmp_path, other, expected):
    found = differences(tmp_path, TREE, other)
    assert {(difference.where, difference.facet) for difference in found.real} == expected
    assert not found.noise


@pytest.mark.parametrize(
    ("key", "value", "where"),
    [
        ("Env", ["PATH=/bin", "GIT_COMMIT=def"], "Env GIT_COMMIT"),
        ("Env", ["PATH=/bin"], "Env GIT_COMMIT"),
        ("Entrypoint", ["/init", "-v"], "Entrypoint"),
        ("Cmd", None, "Cmd"),
        ("WorkingDir", "/", "WorkingDir"),
        ("User", "root", "User"),
        ("ExposedPorts", {"80/udp": {}, "80/tcp": {}}, "ExposedPorts 80/udp"),
        ("Volumes", {}, "Volumes /data"),
        ("Labels", {"team": "audio"}, "Labels team"),
        ("StopSignal", "SIGINT", "StopSignal"),
        ("Healthcheck", {"Test": ["NONE"]}, "Healthcheck"),
        ("OnBuild", ["RUN true"], "OnBuild"),
        ("Shell", ["/bin/bash", "-c"], "Shell"),
    ],
)
def test_a_single_difference_of_the_settings_is_found(key, value, where):
    other = {**CONFIG, "config": {**CONFIG["config"], key: value}}
    found = compare(Image({}, settings_of(CONFIG)), Image({}, settings_of(other)))
    assert [(difference.facet, difference.where) for difference in found.real] == [(Facet.SETTING, where)]


def test_another_architecture_is_a_difference():
    found = compare(Image({}, settings_of(CONFIG)), Image({}, settings_of({**CONFIG, "architecture": "arm64"})))
    assert found.real == (Difference(Facet.SETTING, "architecture", "amd64", "arm64"),)


def test_the_order_of_env_and_the_time_of_creation_say_nothing():
    config = {**CONFIG["config"], "Env": ["GIT_COMMIT=abc", "PATH=/bin"]}
    other = {**CONFIG, "created": "2027-01-01T00:00:00Z", "history": [{}], "config": config}
    assert settings_of(other) == settings_of(CONFIG)


def test_time_stamps_and_the_order_of_entries_say_nothing(tmp_path):
    later = tuple(replace(member, mtime=5) for member in (FOLDER, CAPABLE, DEVICE, FILE, TWIN, LINK, PROGRAM))
    assert differences(tmp_path, TREE, later) == Comparison((), ())


def test_it_does_not_matter_which_of_two_hard_links_is_the_first_in_the_archive(tmp_path):
    turned = (replace(FILE, path="app/twin"), replace(TWIN, path="app/main.py", link="app/twin"))
    assert differences(tmp_path, (FILE, TWIN), turned) == Comparison((), ())


@pytest.mark.parametrize(
    "path",
    [
        "usr/lib/python3/__pycache__/abc.cpython-311.pyc",
        "var/log/apt/history.log",
        "var/log/dpkg.log",
        "var/lib/apt/lists/debian_InRelease",
        "var/cache/ldconfig/aux-cache",
        "root/.npm/_logs/a-debug-0.log",
    ],
)
def test_content_on_the_list_of_noise_is_noise_with_a_reason(tmp_path, path):
    found = differences(tmp_path, [Member(path, b"one")], [Member(path, b"two")])
    assert found.equal
    assert [noise.difference.where for noise in found.noise] == [f"/{path}"]
    assert found.noise[0].reason


@pytest.mark.parametrize("path", ["var/log/app.log", "app/abc.pyc", "home/me/.npm/x", "srv/var/log/dpkg.log"])
def test_content_beside_the_list_of_noise_is_real(tmp_path, path):
    assert differences(tmp_path, [Member(path, b"one")], [Member(path, b"two")]).real


def test_the_owner_of_a_noisy_file_is_no_noise(tmp_path):
    log = Member("var/log/dpkg.log")
    assert differences(tmp_path, [log], [replace(log, owner=(5, 0))]).real


def test_the_source_time_in_compiled_python_says_nothing_and_its_code_does(tmp_path):
    def compiled(flags: int, stamp: bytes, code: bytes) -> list[Member]:
        return [Member("app/main.pyc", b"\xa7\r\r\n" + flags.to_bytes(4, "little") + stamp + code)]

    by_time = compiled(0, b"12345678", b"code")
    assert differences(tmp_path, by_time, compiled(0, b"87654321", b"code")) == Comparison((), ())
    assert differences(tmp_path, by_time, compiled(0, b"12345678", b"edoc")).real
    assert differences(tmp_path, compiled(1, b"12345678", b"code"), compiled(1, b"87654321", b"code")).real


def test_the_day_of_a_password_says_nothing_and_the_password_does(tmp_path):
    def shadow(line: bytes) -> list[Member]:
        return [Member("etc/shadow", b"root:*:100:0:::::\n" + line, mode=0o640)]

    today = shadow(b"me:!:200:0:9:7:::\n")
    assert differences(tmp_path, today, shadow(b"me:!:201:0:9:7:::\n")) == Comparison((), ())
    assert differences(tmp_path, today, shadow(b"me:x:200:0:9:7:::\n")).real


def test_layers_lie_on_top_of_each_other(tmp_path):
    upper = [replace(FILE, content=b"new"), Member("app/.wh.run"), Member("app/more", b"x")]
    layered = read_image(oci(tmp_path / "a.tar", [FOLDER, FILE, PROGRAM], upper))
    whole = flat(tmp_path / "b.tar", [FOLDER, replace(FILE, content=b"new"), Member("app/more", b"x")])
    assert layered.entries == whole.entries
    assert layered.settings == settings_of(CONFIG)


def test_an_opaque_folder_hides_what_is_below_it_but_not_its_own_layer(tmp_path):
    upper = [FOLDER, Member("app/new"), Member("app/.wh..wh..opq")]
    layered = read_image(oci(tmp_path / "a.tar", [FOLDER, FILE, Member("application")], upper))
    assert set(layered.entries) == {"/app", "/app/new", "/application"}


def test_a_file_in_the_place_of_a_folder_hides_what_was_in_it(tmp_path):
    layered = read_image(oci(tmp_path / "a.tar", [FOLDER, FILE], [Member("app", b"a file")]))
    assert set(layered.entries) == {"/app"}


def test_the_same_files_in_other_layers_are_the_same(tmp_path):
    one = oci(tmp_path / "a.tar", TREE)
    other = oci(tmp_path / "b.tar", [FOLDER, replace(FILE, content=b"old")], TREE)
    assert compare_archives(one, other) == Comparison((), ())


def test_one_of_several_platforms_must_be_chosen(tmp_path):
    path = oci(tmp_path / "a.tar", TREE, platforms=("amd64", "arm64"))
    assert read_image(path, "linux/arm64").entries
    with pytest.raises(ArchiveError, match="2 images"):
        read_image(path)
    with pytest.raises(ArchiveError, match="0 images for linux/s390x"):
        read_image(path, "linux/s390x")


def test_an_archive_of_docker_save_is_read(tmp_path):
    path = tmp_path / "a.tar"
    manifest = [{"Config": "c.json", "Layers": ["1/layer.tar"]}]
    members = [("manifest.json", json.dumps(manifest)), ("c.json", json.dumps(CONFIG))]
    files = [Member(name, text.encode()) for name, text in members]
    path.write_bytes(tar([*files, Member("1/layer.tar", tar(TREE))]))
    assert read_image(path) == Image(flat(tmp_path / "b.tar", TREE).entries, settings_of(CONFIG))


def test_what_is_no_archive_is_an_error(tmp_path):
    path = tmp_path / "a.tar"
    path.write_bytes(b"no tar at all")
    with pytest.raises(ArchiveError, match=r"a\.tar"):
        read_image(path)


def test_the_exit_code_tells_same_different_and_unreadable(tmp_path, capsys):
    one, other = oci(tmp_path / "a.tar", TREE), oci(tmp_path / "b.tar", TREE[:-1])
    assert main([str(one), str(one)]) == 0
    assert main([str(one), str(other)]) == 1
    assert main([str(one), str(tmp_path / "none.tar")]) == 2
    assert "/app/ping" in capsys.readouterr().out


def test_a_flat_file_system_takes_its_settings_from_a_file_beside_it(tmp_path):
    flat(tmp_path / "a.tar", TREE)
    (tmp_path / "a.json").write_text(json.dumps(CONFIG))
    other = oci(tmp_path / "b.tar", TREE)
    assert main([str(tmp_path / "a.tar"), str(other), "--left-config", str(tmp_path / "a.json")]) == 0


def test_a_long_report_is_cut():
    real = tuple(Difference(Facet.MODE, f"/{index}", "0644", "0600") for index in range(60))
    lines = list(report(Comparison((), real), 100))
    assert "real   and 10 more" in lines
    assert lines[-1] == "not the same: 100 entries, 0 noise, 60 real"
