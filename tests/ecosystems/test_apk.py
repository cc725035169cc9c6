import pytest
from tests.ecosystems.project import read, run, touches, written

from layerwise.ecosystems.effects import CacheDirectory, Openness


@pytest.mark.parametrize(
    ("command", "work"),
    [
        ("apk add --no-cache curl 'git>2' nodejs@edge", [("apk.install", 3, ("curl", "git", "nodejs"))]),
        ("apk --no-cache add -t .build-deps gcc musl-dev", [("apk.install", 2, ("gcc", "musl-dev"))]),
        ("apk update && apk upgrade", [("apk.update", 0, ()), ("apk.install", 0, ())]),
        ("apk del .build-deps", [("apk.remove", 1, ())]),
        ("apk info -v", [("shell", 0, ())]),
    ],
)
def test_work_counts_the_packages(command, work):
    assert [(one.kind, one.packages, one.names) for one in run(command).work] == work


@pytest.mark.parametrize(("name", "reads"), [("HTTPS_PROXY", True), ("GIT_COMMIT", False), ("VERSION", False)])
def test_the_variables_are_a_closed_list(name, reads):
    effects = run("apk add --no-cache curl")
    assert effects.environment.openness is Openness.CLOSED
    assert effects.environment.reads(name) is reads


@pytest.mark.parametrize("place", ["/app", "/usr/src/app", "/opt/app", "/srv/app"])
def test_an_install_leaves_where_applications_go(place):
    assert not touches(run("apk add curl"), place)
    assert touches(run("apk add curl"), "/etc")


def test_a_local_package_is_read():
    assert "/app/x.apk/**" in read(run("apk add --allow-untrusted ./x.apk"))


@pytest.mark.parametrize("command", ["apk --root /x add curl", "apk $VERB curl", "apk frobnicate"])
def test_what_is_not_understood_is_opaque(command):
    assert run(command).opaque


def test_packages_that_are_not_known_are_a_doubt():
    assert run("apk add $PACKAGES").doubts == ("installs packages that are not known: $PACKAGES",)


@pytest.mark.parametrize(
    ("command", "uncached"),
    [
        ("apk add --no-cache curl", ("--no-cache",)),
        ("apk --no-cache add curl", ("--no-cache",)),
        ("apk add -U curl", ()),
        ("apk --no-cache update", ("--no-cache",)),
    ],
)
def test_downloads_lie_in_the_cache_also_where_it_is_turned_off(command, uncached):
    effects = run(command)
    assert effects.uncached == uncached
    assert effects.caches == {CacheDirectory("/etc/apk/cache", "locked"), CacheDirectory("/var/cache/apk", "locked")}


def test_the_cache_may_be_moved():
    effects = run("apk add --cache-dir /c curl")
    assert effects.caches == {CacheDirectory("/c", "locked")}
    assert touches(effects, "/c")
    assert run("apk add --cache-dir $C curl").caches == frozenset()


@pytest.mark.parametrize("command", ["apk cache clean", "apk -v cache purge"])
def test_a_clean_up_writes_just_the_caches(command):
    assert written(run(command)) == {"/etc/apk/cache/**", "/var/cache/apk/**"}
    assert run(command).fetches is False


def test_downloading_into_the_cache_fetches():
    assert run("apk cache download").fetches
    assert run("apk cache frobnicate").opaque


def test_a_virtual_package_is_one_name_for_many():
    effects = run("apk add --no-cache --virtual=.build gcc make && apk del --no-cache .build")
    assert [(one.kind, one.packages) for one in effects.work] == [("apk.install", 2), ("apk.remove", 1)]
    assert effects.needs_source == ()
