import textwrap

import pytest

from layerwise.invocation.command import Origin
from layerwise.invocation.compose import read
from layerwise.invocation.invocation import Invocation, Unreadable


def builds(text: str, path: str = "compose.yaml") -> list[Invocation]:
    return list(read(textwrap.dedent(text), Origin(path, "compose", frozenset().__contains__)))


def arguments(invocation: Invocation) -> list[tuple[str, str | None, int]]:
    return [(one.name, one.value, one.source.line) for one in invocation.build_args]


def test_the_long_form_is_read_with_its_lines():
    (one,) = builds("""\
        services:
          db:
            image: postgres
          web:
            image: x/web
            build:
              context: web
              dockerfile: docker/Dockerfile
              target: dev
              network: host
              platforms: [linux/amd64, linux/arm64]
              cache_from:
                - type=registry,ref=x/cache
              tags: [x/other]
              args:
                A: 1
                B:
        """)
    assert (one.context, one.dockerfile, one.target, one.source.line) == ("web", "web/docker/Dockerfile", "dev", 7)
    assert (one.platforms, one.network) == (("linux/amd64", "linux/arm64"), "host")
    assert arguments(one) == [("A", "1", 16), ("B", None, 17)]
    assert one.cache_from == ("type=registry,ref=x/cache",)
    assert one.tags == ("x/web", "x/other")


def test_the_short_form_is_the_context():
    (one,) = builds("services: {web: {build: ./web}}")
    assert (one.context, one.dockerfile) == ("web", "web/Dockerfile")


def test_arguments_may_be_a_list():
    (one,) = builds("services:\n  a:\n    build:\n      args:\n        - A=1=2\n        - B\n")
    assert arguments(one) == [("A", "1=2", 5), ("B", None, 6)]


def test_defaults_are_filled_in_but_for_arguments_that_the_environment_may_override():
    (one,) = builds(
        "services: {a: {build: {context: '${DIR:-app}', target: '${T-dev}', args: {V: '${V:-1}', W: '$W'}}}}"
    )
    assert (one.context, one.target) == ("app", "dev")
    assert [arg.value for arg in one.build_args] == ["${V:-1}", "$W"]


def test_paths_start_beside_the_file():
    (one,) = builds("services: {a: {build: {context: .., dockerfile: docker/D}}}", "deploy/compose.yaml")
    assert (one.context, one.dockerfile) == (".", "docker/D")


def test_an_inline_dockerfile_is_none_of_the_repository():
    (one,) = builds("services: {a: {build: {dockerfile_inline: FROM x}}}")
    assert one.dockerfile == "-"


def test_the_platform_of_the_service_counts_where_the_build_has_none():
    (one,) = builds("services: {a: {platform: linux/arm64, build: .}}")
    assert one.platforms == ("linux/arm64",)


def test_an_anchor_that_is_merged_in_counts():
    (one,) = builds("x-a: &a\n  build: {context: app, target: t}\nservices:\n  s:\n    <<: *a\n")
    assert (one.context, one.target) == ("app", "t")


def test_own_keys_stand_before_merged_ones():
    (one,) = builds("x-b: &b {context: app, target: t}\nservices: {s: {build: {<<: *b, target: own}}}")
    assert (one.context, one.target) == ("app", "own")


@pytest.mark.parametrize("text", ["services:", "services: []", "services: {a: null}", "a", ""])
def test_a_file_of_another_shape_holds_no_builds(text):
    assert builds(text) == []


@pytest.mark.parametrize("text", ["services: {a: &a {b: *a}}", "a: [1", "\x00", "a: !!python/object:x {\n"])
def test_a_broken_file_is_unreadable(text):
    with pytest.raises(Unreadable):
        builds(text)


def test_aliases_without_end_are_refused():
    text = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    with pytest.raises(Unreadable, match="aliases"):
        builds(text)


@pytest.mark.parametrize("text", ["[" * 200_000, "- " * 50_000, "{a: " * 50_000])
def test_a_text_too_deep_is_refused(text):
    with pytest.raises(Unreadable):
        builds(text)
