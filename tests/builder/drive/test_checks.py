from dataclasses import replace

import pytest
from tests.builder.drive.inspected import builder

from layerwise.builder.drive.checks import builds, notes, problems, require
from layerwise.errors import BuilderError


def test_the_docker_driver_without_the_containerd_store_keeps_no_cache_and_makes_no_index():
    graphdriver = builder("graphdriver")
    (said,) = problems(graphdriver, (), "registry", several=False)
    assert said.startswith("builder default: the docker driver keeps no registry cache without the containerd image")
    assert "containerd-snapshotter" in said
    assert "docker buildx create --use --driver docker-container" in said
    (said,) = problems(graphdriver, (), "", several=True)
    assert "makes no image of several platforms" in said


@pytest.mark.parametrize("name", ["containerd", "container", "kubernetes", "remote"])
def test_every_other_builder_does(name):
    assert list(problems(builder(name), (), "registry", several=True)) == []


def test_a_platform_that_nobody_emulates_is_named_with_what_mends_it():
    with pytest.raises(BuilderError) as caught:
        require(builder("graphdriver"), ["linux/arm64"], "", several=False)
    said = str(caught.value)
    assert said.startswith("builder default does not build for linux/arm64 (it does for linux/amd64, ")
    assert "tonistiigi/binfmt --install arm64" in said
    assert "--node linux/arm64=CONTEXT" in said


def test_what_a_builder_builds_for():
    assert builds(builder("containerd"), "linux/amd64/v2")
    assert builds(builder("kubernetes"), "linux/arm64")
    assert not builds(builder("kubernetes"), "linux/s390x")
    assert builds(builder("remote"), "linux/arm/v7")
    assert builds(builder("stopped"), "linux/s390x"), "one that does not run says nothing"


def test_a_node_that_does_not_answer_is_no_use():
    found = builder("remote")
    silent = replace(found, nodes=(replace(found.nodes[0], error="connection refused"),))
    (said,) = problems(silent, (), "", several=False)
    assert said == "builder dev: node dev0 does not answer (connection refused): `docker buildx ls`"


def test_pods_taken_at_random_have_caches_of_their_own():
    found = builder("kubernetes")
    options = 'namespace="b" replicas="3" loadbalance="random"'
    at_random = replace(found, nodes=(replace(found.nodes[0], options=options),))
    (said,) = notes(at_random)
    assert "takes one of 3 pods at random" in said
    assert list(notes(found)) == []
