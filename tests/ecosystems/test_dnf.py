import pytest
from tests.ecosystems.project import read, run, touches, written

from layerwise.ecosystems.effects import CacheDirectory, Openness


@pytest.mark.parametrize(
    ("command", "work"),
    [
        ("dnf install -y git-2.43 python3.x86_64 gcc-c++", [("dnf.install", 3, ("git", "python3", "gcc-c++"))]),
        ("yum -y --setopt=tsflags=nodocs install nginx", [("dnf.install", 1, ("nginx",))]),
        ("microdnf install -y --nodocs tar gzip", [("dnf.install", 2, ("tar", "gzip"))]),
        ("tdnf install -y ca-certificates", [("dnf.install", 1, ("ca-certificates",))]),
        ("dnf -y group install 'Development Tools'", [("dnf.install", 1, ("development",))]),
        ("dnf -y module install nodejs:20", [("dnf.install", 1, ("nodejs",))]),
        ("dnf -y upgrade", [("dnf.install", 0, ())]),
        ("dnf remove -y gcc make", [("dnf.remove", 2, ())]),
        ("dnf makecache", [("dnf.update", 0, ())]),
        ("dnf clean all", [("shell", 0, ())]),
        ("rpm -Uvh https://example.org/release.rpm", [("dnf.install", 1, ())]),
    ],
)
def test_work_counts_the_packages(command, work):
    assert [(one.kind, one.packages, one.names) for one in run(command).work] == work


@pytest.mark.parametrize(
    ("command", "paths"),
    [
        ("dnf install -y git", {"/var/cache/dnf", "/var/cache/libdnf5"}),
        ("yum install -y git", {"/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5"}),
        ("microdnf install -y git", {"/var/cache/yum", "/var/cache/libdnf5"}),
        ("tdnf install -y git", {"/var/cache/tdnf"}),
        ("dnf install -y --setopt=cachedir=/c git", {"/c"}),
        ("dnf install -y --installroot /mnt/root git", {"/mnt/root/var/cache/dnf", "/mnt/root/var/cache/libdnf5"}),
        ("dnf install -y --installroot $ROOT git", set()),
    ],
)
def test_downloads_lie_where_each_manager_keeps_them(command, paths):
    assert run(command).caches == {CacheDirectory(path, "locked") for path in paths}


@pytest.mark.parametrize(
    ("command", "uncached"),
    [
        ("dnf install -y git", ("keepcache",)),
        ("dnf install -y --setopt=keepcache=0 git", ("keepcache",)),
        ("dnf install -y --setopt=keepcache=True git", ()),
        ("dnf makecache", ()),
    ],
)
def test_packages_are_deleted_after_an_install_unless_kept(command, uncached):
    assert run(command).uncached == uncached


@pytest.mark.parametrize(
    ("command", "paths"),
    [
        ("dnf clean all", {"/var/cache/dnf/**", "/var/cache/libdnf5/**"}),
        ("yum clean all", {"/var/cache/yum/**", "/var/cache/dnf/**", "/var/cache/libdnf5/**"}),
        ("microdnf clean all", {"/var/cache/yum/**", "/var/cache/libdnf5/**"}),
        ("tdnf clean all", {"/var/cache/tdnf/**"}),
        ("dnf --installroot=/r clean metadata", {"/r/var/cache/dnf/**", "/r/var/cache/libdnf5/**"}),
    ],
)
def test_a_clean_up_writes_just_the_caches(command, paths):
    assert written(run(command)) == paths
    assert run(command).caches == frozenset()


@pytest.mark.parametrize(
    ("name", "reads"), [("DNF_VAR_STREAM", True), ("HTTPS_PROXY", True), ("GIT_COMMIT", False), ("VERSION", False)]
)
def test_the_variables_are_a_closed_list(name, reads):
    effects = run("dnf install -y curl")
    assert effects.environment.openness is Openness.CLOSED
    assert effects.environment.reads(name) is reads


@pytest.mark.parametrize("place", ["/app", "/usr/src/app", "/opt/app", "/srv/app"])
def test_an_install_leaves_where_applications_go(place):
    assert not touches(run("dnf install -y git"), place)
    assert touches(run("dnf install -y git"), "/etc")


@pytest.mark.parametrize("command", ["dnf install -y ./x.rpm", "yum localinstall -y x.rpm", "rpm -i x.rpm"])
def test_a_local_package_is_read_and_may_go_to_opt(command):
    assert "/app/x.rpm/**" in read(run(command))
    assert touches(run(command), "/opt/vendor")


def test_an_install_root_is_written_and_so_is_the_system():
    effects = run("dnf install -y --installroot /mnt/root --releasever 9 bash")
    assert touches(effects, "/mnt/root/usr/bin")
    assert not touches(effects, "/mnt/other")


def test_repositories_are_settings():
    effects = run("dnf config-manager --add-repo https://example.org/x.repo && dnf -y copr enable a/b")
    assert effects.opaque is None
    assert effects.fetches
    assert touches(effects, "/etc/yum.repos.d")
    assert "/app/x.repo/**" in read(run("yum-config-manager --add-repo ./x.repo"))


def test_packages_that_are_not_known_are_a_doubt():
    assert run("dnf install -y $PACKAGES").doubts == ("installs packages that are not known: $PACKAGES",)


@pytest.mark.parametrize(
    "command",
    [
        "dnf frobnicate",
        "dnf shell x",
        "dnf -y --setopt=reposdir=/x install git",
        "dnf -y --setopt=$OPT install git",
        "dnf --installroot $R clean all",
        "rpm --root /x -i y.rpm",
        "rpm $WHAT",
        "dnf module frobnicate",
    ],
)
def test_what_is_not_understood_is_opaque(command):
    assert run(command).opaque
