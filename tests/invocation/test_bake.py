import textwrap

import pytest

from layerwise.invocation.bake import read
from layerwise.invocation.command import Origin
from layerwise.invocation.invocation import Invocation, Unreadable


def builds(text: str, path: str = "docker-bake.hcl") -> list[Invocation]:
    return list(read(textwrap.dedent(text), Origin(path, "bake", frozenset().__contains__)))


def arguments(invocation: Invocation) -> list[tuple[str, str | None, int]]:
    return [(one.name, one.value, one.source.line) for one in invocation.build_args]


HCL = """\
variable "TAG" {
  default = "latest"
}
variable "SHA" {}

group "default" {
  targets = ["app"]
}
target "_common" {
  platforms = ["linux/amd64", "linux/arm64"]
  args = {
    SHA = SHA
    TAG = "v${TAG}"
  }
}
target "app" {
  inherits = ["_common"]
  context = "app"
  dockerfile = "docker/Dockerfile"
  target = "runtime"
  network = "host"
  tags = ["x/y:${TAG}"]
  cache-from = ["type=gha"]
  cache-to = ["type=gha,mode=max"]
  args = {
    OWN = 1
    "QUOTED" = true
    NONE = null
  }
}
"""

JSON = """\
{
\t"variable": {"TAG": {"default": "latest"}, "SHA": {}},
\t"group": {"default": {"targets": ["app"]}},
\t"target": {
\t\t"_common": {
\t\t\t"platforms": ["linux/amd64", "linux/arm64"],
\t\t\t"args": {
\t\t\t\t"SHA": "${SHA}",
\t\t\t\t"TAG": "v${TAG}"
\t\t\t}
\t\t},
\t\t"app": {
\t\t\t"inherits": ["_common"],
\t\t\t"context": "app",
\t\t\t"dockerfile": "docker/Dockerfile",
\t\t\t"target": "runtime",
\t\t\t"network": "host",
\t\t\t"tags": ["x/y:${TAG}"],
\t\t\t"cache-from": ["type=gha"],
\t\t\t"cache-to": ["type=gha,mode=max"],
\t\t\t"args": {
\t\t\t\t"OWN": 1,
\t\t\t\t"QUOTED": true,
\t\t\t\t"NONE": null
\t\t\t}
\t\t}
\t}
}
"""


@pytest.mark.parametrize(
    ("text", "path", "lines"),
    [(HCL, "docker-bake.hcl", (16, 12, 13, 26, 27, 28)), (JSON, "docker-bake.json", (12, 8, 9, 22, 23, 24))],
)
def test_a_target_over_what_it_inherits_is_the_same_in_both_languages(text, path, lines):
    (one,) = builds(text, path)
    assert (one.context, one.dockerfile, one.target) == ("app", "app/docker/Dockerfile", "runtime")
    assert one.platforms == ("linux/amd64", "linux/arm64")
    assert one.tags == ("x/y:latest",)
    assert (one.cache_from, one.cache_to, one.network) == (("type=gha",), ("type=gha,mode=max",), "host")
    assert [(arg.name, arg.value) for arg in one.build_args] == [
        ("SHA", "${SHA}"),
        ("TAG", "v${TAG:-latest}"),
        ("OWN", "1"),
        ("QUOTED", "true"),
        ("NONE", None),
    ]
    assert (one.source.line, *(arg.source.line for arg in one.build_args)) == lines


def test_of_several_parents_the_later_wins_and_the_own_value_most():
    (one,) = builds("""\
        group "default" { targets = ["c"] }
        target "a" {
          target = "a"
          args = { A = "a", B = "a", C = "a" }
        }
        target "b" {
          target = "b"
          args = { B = "b", C = "b" }
        }
        target "c" {
          inherits = ["a", "b"]
          args = { C = "c" }
        }
        """)
    assert one.target == "b"
    assert [(arg.name, arg.value) for arg in one.build_args] == [("A", "a"), ("B", "b"), ("C", "c")]


def test_a_matrix_makes_a_build_of_each_combination():
    found = builds("""\
        target "app" {
          name = "app-${tgt}-${item.name}"
          matrix = {
            tgt = ["lint", "test"]
            item = [{ name = "x", version = "1" }, { name = "y", version = "2" }]
          }
          target = tgt
          args = { V = item.version }
        }
        """)
    assert [(one.target, one.build_args[0].value) for one in found] == [
        ("lint", "1"),
        ("lint", "2"),
        ("test", "1"),
        ("test", "2"),
    ]


def test_a_function_stays_as_written():
    (one,) = builds('target "a" {\n  args = { T = timestamp() }\n  target = notequal("", X) ? "a" : "b"\n}\n')
    assert one.build_args[0].value == "${timestamp()}"
    assert one.target.startswith("${notequal(")


def test_what_is_inherited_but_in_no_group_is_a_template():
    found = builds('target "base" {}\ntarget "a" { inherits = ["base"] }\ntarget "alone" {}\n')
    assert [one.source.line for one in found] == [2, 3]


def test_inheritance_in_a_circle_ends():
    found = builds(
        'group "g" { targets = ["a", "b"] }\ntarget "a" { inherits = ["b"] }\n'
        'target "b" { inherits = ["a"], target = "t" }\n'.replace(", target", "\n target")
    )
    assert [one.target for one in found] == ["t", "t"]


def test_an_inline_dockerfile_is_none_of_the_repository():
    (one,) = builds('target "a" {\n  dockerfile-inline = <<EOT\nFROM x\nEOT\n}\n')
    assert one.dockerfile == "-"


@pytest.mark.parametrize("path", ["docker-bake.hcl", "docker-bake.json"])
def test_a_broken_file_says_where(path):
    text = 'target "a" {\n  args = \n}\n' if path.endswith("hcl") else '{"a":\n [}\n'
    with pytest.raises(Unreadable) as caught:
        builds(text, path)
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("text", "path"), [("", "docker-bake.hcl"), ("", "docker-bake.json"), ("[]", "docker-bake.json")]
)
def test_a_file_of_another_shape_holds_no_builds(text, path):
    assert builds(text, path) == []
