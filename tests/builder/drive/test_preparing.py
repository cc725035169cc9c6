import os
from collections.abc import Mapping

import pytest
from tests.builder.drive.inspected import DIRECTORY
from tests.builder.drive.lines import asked

from layerwise.builder.checkout import Checkout
from layerwise.builder.drive.files import files_of
from layerwise.builder.drive.places import Finder, Memory
from layerwise.builder.drive.preparing import CacheWish, Prepared, prepare
from layerwise.errors import BuilderError, UsageError


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A repository's directory, and a docker whose current builder is the one that a recording describes."""
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\ncase "$*" in "context ls"*) echo box;; *) cat "{DIRECTORY}/${{BUILDER:-containerd}}.txt";; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "Dockerfile").write_text("FROM debian AS a\nRUN true\nFROM debian\nCOPY --from=a /x /x\nRUN true\n")
    return tmp_path


def prepared(
    text: str, place, wish: CacheWish | None = None, nodes: Mapping[str, str] | None = None, **environment: str
) -> Prepared:
    wanted = asked(text, **{name.partition("/")[2]: node for name, node in (nodes or {}).items()})
    variables = {"PATH": os.environ["PATH"], "HOME": str(place), **environment}
    finder = Finder(variables, Memory(place / "builders.json"))
    checkout = Checkout(place, "example.org/shop", "abc", ())
    return prepare(wanted, finder, nodes or {}, wish or CacheWish(), files_of(wanted), checkout, "example.org/shop")


def words(found: Prepared) -> list[tuple[str, ...]]:
    return [call.arguments()[3:] for call in found.calls]


def test_a_plain_build_asks_no_builder(place):
    (call,) = prepared("-t a --builder maker .", place, BUILDER="nowhere").calls
    assert call.arguments()[3:] == ("--builder=maker", "-t", "a", ".")
    assert (call.platform, call.place.builder.driver) == ("", "")


def test_a_push_of_no_platform_is_one_of_the_builder_s_own(place):
    (call,) = prepared("-t example.org/shop --push .", place).calls
    assert call.platform == "linux/amd64"


def test_each_platform_is_a_call_on_its_node(place):
    found = prepared(
        "-t example.org/shop --push --platform linux/amd64,linux/arm64 .", place, nodes={"linux/arm64": "box"}
    )
    assert [call.platform for call in found.calls] == ["linux/amd64", "linux/arm64"]
    assert [call.place.environment.get("DOCKER_CONTEXT") for call in found.calls] == [None, "box"]


def test_a_registry_cache_lies_beside_the_image_and_its_mode_is_asked_for_once(place):
    asked_for: list[int] = []
    wish = CacheWish(kind="registry", mode=lambda: asked_for.append(1) or "min")
    found = prepared("-t example.org/shop:1 --push --platform linux/amd64,linux/arm64 .", place, wish)
    exports = [word for call in words(found) for word in call if word.startswith("--cache-to=")]
    assert all(word.startswith("--cache-to=type=registry,ref=example.org/shop:lw-cache-") for word in exports)
    assert all(",mode=min," in word for word in exports)
    assert asked_for == [1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (".", "where to\\? name the image with -t, or the cache's repository: --cache-ref"),
        ("-t shop .", "shop is in no registry; name one that takes it: --cache-ref"),
    ],
)
def test_a_registry_cache_must_lie_somewhere(place, text, said):
    with pytest.raises(UsageError, match=said):
        prepared(text, place, CacheWish(kind="registry"))
    found = prepared(text, place, CacheWish(kind="registry", ref="example.org/cache"))
    assert any("ref=example.org/cache:lw-cache-" in word for word in words(found)[0])


def test_a_local_cache_lies_where_it_is_named_or_with_the_user(place):
    named = prepared(".", place, CacheWish(kind="local", directory="there"))
    assert any(word.startswith("--cache-to=type=local,dest=there/lw-cache-") for word in words(named)[0])
    own = prepared(".", place, CacheWish(kind="local"), XDG_CACHE_HOME=str(place / "cache"))
    assert any(f"dest={place}/cache/layerwise/caches/example.org-shop-" in word for word in words(own)[0])


def test_github_s_cache_is_for_jobs_of_github(place):
    with pytest.raises(BuilderError, match="works in a job of GitHub Actions alone"):
        prepared(".", place, CacheWish(kind="gha"))
    with pytest.raises(BuilderError, match="are not passed to this step"):
        prepared(".", place, CacheWish(kind="gha"), GITHUB_ACTIONS="true")
    found = prepared(
        ".",
        place,
        CacheWish(kind="gha"),
        GITHUB_ACTIONS="true",
        ACTIONS_RUNTIME_TOKEN="t",
        ACTIONS_RESULTS_URL="https://example.org",
    )
    assert any(word.startswith("--cache-from=type=gha,scope=lw-cache-") for word in words(found)[0])


def test_a_builder_that_keeps_no_cache_is_refused_before_anything_starts(place):
    with pytest.raises(BuilderError, match="keeps no registry cache without the containerd image store"):
        prepared("-t example.org/shop .", place, CacheWish(kind="registry"), BUILDER="graphdriver")
    with pytest.raises(BuilderError, match="makes no image of several platforms"):
        prepared("--platform linux/amd64,linux/386 -t a .", place, BUILDER="graphdriver")
    assert (
        len(prepared("--platform linux/amd64,linux/386 -t a.org/b --push .", place, BUILDER="graphdriver").calls) == 2
    )


def test_a_platform_that_something_must_run_on_needs_emulation(place):
    with pytest.raises(BuilderError, match="does not build for linux/s390x"):
        prepared("--platform linux/s390x -t a.org/b --push .", place)
    (place / "Dockerfile").write_text(
        "FROM --platform=$BUILDPLATFORM debian AS a\nRUN true\nFROM scratch\nCOPY --from=a /x /\n"
    )
    assert len(prepared("--platform linux/s390x -t a.org/b --push .", place).calls) == 1
    with pytest.raises(BuilderError, match="does not build for linux/s390x"):
        prepared("--platform linux/s390x -t a.org/b --push https://example.org/a.git", place)


def test_a_push_that_is_left_to_buildx_is_said(place):
    found = prepared("-t example.org/shop --push --load .", place)
    assert found.notes == ("buildx itself pushes, for there are several outputs: its tags may move one by one",)


def test_a_fork_sends_no_cache_out(place, tmp_path):
    event = tmp_path / "event.json"
    event.write_text('{"repository": {"full_name": "a/b"}, "pull_request": {"head": {"repo": {"full_name": "c/b"}}}}')
    found = prepared(
        "-t example.org/shop --push .",
        place,
        CacheWish(kind="registry"),
        GITHUB_ACTIONS="true",
        GITHUB_EVENT_PATH=str(event),
        GITHUB_HEAD_REF="topic",
    )
    assert not any(word.startswith("--cache-to=") for word in words(found)[0])
    assert found.notes[0].startswith("a fork's merge request sends no cache out")


def test_the_builder_s_own_platform_may_be_called_local(place):
    (call,) = prepared("-t example.org/shop --push --platform local .", place).calls
    assert (call.platform, call.line.last("platform")) == ("linux/amd64", "linux/amd64")
