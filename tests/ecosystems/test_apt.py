import pytest
from tests.ecosystems.project import read, run, touches, written

from layerwise.ecosystems.effects import Openness


@pytest.mark.parametrize(
    ("command", "work"),
    [
        ("apt-get update", [("apt.update", 0, ())]),
        ("apt-get install -y curl git", [("apt.install", 2, ("curl", "git"))]),
        (
            "apt-get -qq -o Acquire::Retries=3 install --no-install-recommends -t stable curl=7.* g++:amd64",
            [("apt.install", 2, ("curl", "g++"))],
        ),
        (
            "apt install -y 'python3=3.11.2-1' ca-certificates/stable",
            [("apt.install", 2, ("python3", "ca-certificates"))],
        ),
        ("apt-get install -y linux-libc-dev-", [("apt.install", 1, ("linux-libc-dev-",))]),
        ("apt-get purge -y --auto-remove gcc", [("apt.remove", 1, ("gcc",))]),
        ("apt-get clean", [("shell", 0, ())]),
        ("dpkg -i /tmp/x.deb", [("apt.install", 1, ())]),
    ],
)
def test_work_counts_the_packages(command, work):
    assert [(one.kind, one.packages, one.names) for one in run(command).work] == work


@pytest.mark.parametrize(
    ("command", "name", "reads"),
    [
        ("apt-get install -y curl", "DEBIAN_FRONTEND", True),
        ("apt-get install -y curl", "HTTP_PROXY", True),
        ("apt-get install -y curl", "APT_CONFIG", True),
        ("apt-get install -y curl", "GIT_COMMIT", False),
        ("apt-get install -y curl", "VERSION", False),
        ("apt-get install -y curl", "CI", False),
        ("DEBIAN_FRONTEND=noninteractive apt-get install -y curl", "DEBCONF_DEBUG", True),
        ("apt-get install -y curl=$CURL", "CURL", True),
        ("dpkg --print-architecture", "GIT_COMMIT", False),
    ],
)
def test_the_variables_are_a_closed_list(command, name, reads):
    effects = run(command)
    assert effects.environment.openness is Openness.CLOSED
    assert effects.environment.reads(name) is reads


@pytest.mark.parametrize("place", ["/app", "/usr/src/app", "/opt/app", "/srv/app", "/home/app", "/code", "/workspace"])
def test_an_install_leaves_where_applications_go(place):
    assert not touches(run("apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*"), place)


@pytest.mark.parametrize("place", ["/etc", "/usr/bin", "/usr/share", "/var/lib/dpkg", "/var/cache", "/root", "/bin"])
def test_an_install_may_change_the_system(place):
    assert touches(run("apt-get install -y curl"), place)


def test_packages_of_sources_write_below_usr_src():
    assert touches(run("apt-get install -y libgtest-dev"), "/usr/src/app")
    assert touches(run("apt-get install -y ./x.deb"), "/opt/app")


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("apt-get install -y ./a.deb", "/app/a.deb/**"),
        ("dpkg -i debs/a.deb", "/app/debs/a.deb/**"),
        ("apt-get install -y ./*.deb", "/app/**"),
    ],
)
def test_a_local_package_is_read(command, path):
    assert path in read(run(command))


def test_an_update_writes_lists_and_caches_only():
    assert written(run("apt-get update")) == {"/var/lib/apt/lists/**", "/var/cache/apt/**", "/var/log/**"}


def test_the_caches_are_locked():
    assert {(one.path, one.sharing) for one in run("apt-get update").caches} == {
        ("/var/cache/apt", "locked"),
        ("/var/lib/apt/lists", "locked"),
    }


@pytest.mark.parametrize(
    "command",
    [
        "apt-get install -o Dir::Etc::sourcelist=/app/x curl",
        "apt-get install -o DPkg::Post-Invoke::=/app/x curl",
        "apt-get $ACTION curl",
        "dpkg --root /x -i a.deb",
        "apt-get frobnicate",
    ],
)
def test_what_moves_apt_elsewhere_is_opaque(command):
    assert run(command).opaque


def test_keeping_old_configuration_is_an_ordinary_option():
    assert run('apt-get install -y -o Dpkg::Options::="--force-confold" curl').opaque is None


def test_packages_that_are_not_known_are_a_doubt():
    assert run("apt-get install -y $PACKAGES").doubts == ("installs packages that are not known: $PACKAGES",)
    assert run("apt-get install -y $PACKAGES", PACKAGES="a b").work[0].names == ("a", "b")


def test_an_install_is_not_deterministic_and_fetches():
    effects = run("apt-get install -y curl")
    assert effects.fetches
    assert not effects.deterministic
    assert not effects.needs_source


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("dpkg-reconfigure -f noninteractive tzdata", "/etc"),
        ("echo x | debconf-set-selections", "/var/cache/debconf"),
        ("apt-mark hold curl", "/var/lib"),
        ("apt-key add key.gpg", "/etc/apt"),
        ("add-apt-repository -y ppa:x/y", "/etc/apt"),
        ("dpkg --add-architecture arm64", "/var/lib/dpkg"),
        ("dpkg -x a.deb /out", "/out"),
        ("apt-get download curl", "/app"),
        ("apt-get -y autoremove", "/usr/bin"),
    ],
)
def test_the_programs_around_apt_are_known(command, place):
    effects = run(command)
    assert effects.opaque is None
    assert touches(effects, place)


@pytest.mark.parametrize("command", ["apt-cache policy curl", "dpkg -l", "apt list --installed", "apt-get --version"])
def test_questions_write_nothing(command):
    effects = run(command)
    assert effects.opaque is None
    assert not effects.writes


@pytest.mark.parametrize(
    ("command", "paths"),
    [
        ("apt-get clean", {"/var/cache/apt/**", "/var/lib/apt/lists/partial/**"}),
        ("apt autoclean", {"/var/cache/apt/**", "/var/lib/apt/lists/partial/**"}),
        ("apt-get distclean", {"/var/cache/apt/**", "/var/lib/apt/lists/**"}),
    ],
)
def test_a_clean_up_writes_within_the_caches(command, paths):
    effects = run(command)
    assert written(effects) == paths
    caches = run("apt-get install -y curl").caches
    assert all(any(path.startswith(one.path) for one in caches) for path in paths)
    assert effects.caches == frozenset()
