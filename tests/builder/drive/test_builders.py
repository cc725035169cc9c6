import pytest
from tests.builder.drive.inspected import builder

from layerwise.builder.drive.builders import read_inspect
from layerwise.errors import BuilderError


@pytest.mark.parametrize(
    ("name", "driver", "native", "known", "manifests", "digest"),
    [
        ("containerd", "docker", "linux/amd64", True, True, False),
        ("graphdriver", "docker", "linux/amd64", True, False, False),
        ("container", "docker-container", "linux/amd64", True, True, True),
        ("stopped", "docker-container", "", False, True, True),
        ("kubernetes", "kubernetes", "linux/amd64", True, True, True),
        ("remote", "remote", "linux/amd64", True, True, True),
        ("inactive", "remote", "", False, True, True),
    ],
)
def test_a_builder_says_what_it_can_do(name, driver, native, known, manifests, digest):
    found = builder(name)
    assert (found.driver, found.native, found.is_known) == (driver, native, known)
    assert (found.keeps_manifests, found.pushes_by_digest) == (manifests, digest)


def test_each_node_has_its_platforms():
    amd64, arm64 = builder("kubernetes").nodes
    assert (amd64.name, amd64.platforms, amd64.preferred) == (
        "buildkit-amd64",
        ("linux/amd64", "linux/386"),
        ("linux/amd64",),
    )
    assert (arm64.platforms, arm64.preferred) == (("linux/arm64",), ("linux/arm64",))
    assert builder("kubernetes").platforms == ("linux/amd64", "linux/386", "linux/arm64")


def test_the_version_of_buildkit_has_had_two_names():
    assert builder("container").nodes[0].version == "v0.16.0"
    assert builder("remote").nodes[0].version == "v0.12.0-rc1-4-g66a4b9421.m"


def test_a_node_that_does_not_answer_says_why():
    text = (
        "Name:   b\nDriver: docker-container\n\nNodes:\nName:     b0\nEndpoint: ssh://box\nError:    no route to host\n"
    )
    (node,) = read_inspect(text).nodes
    assert (node.error, node.is_up) == ("no route to host", False)


def test_a_builder_without_nodes_says_why():
    text = "Name:   b\nDriver: kubernetes\nError:  no such cluster\n"
    assert read_inspect(text).nodes[0].error == "no such cluster"


@pytest.mark.parametrize("text", ["", "Usage: docker [OPTIONS] COMMAND\n"])
def test_what_describes_no_builder_is_refused(text):
    with pytest.raises(BuilderError, match="says nothing of a builder"):
        read_inspect(text)
