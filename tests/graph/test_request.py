import pytest

from layerwise.graph.context import Context
from layerwise.graph.platforms import normalised
from layerwise.graph.request import BaseConfig, Request

CONTEXT = Context.from_paths([])


@pytest.mark.parametrize(
    "reference",
    [
        "golang",
        "golang:1.22",
        "library/golang:1.22",
        "docker.io/library/golang:1.22-alpine@sha256:1",
        "index.docker.io/golang",
    ],
)
def test_a_well_known_image_is_known_by_any_of_its_names(reference: str) -> None:
    assert Request(context=CONTEXT).base(reference) == BaseConfig(workdir="/go", user="")


@pytest.mark.parametrize("reference", ["localhost:5000/golang", "ghcr.io/golang:1", "me/golang"])
def test_an_image_of_another_registry_or_owner_is_not(reference: str) -> None:
    assert Request(context=CONTEXT).base(reference) == BaseConfig()


def test_what_was_looked_up_counts_before_what_is_well_known() -> None:
    config = BaseConfig(workdir="/mine", user="me")
    request = Request(context=CONTEXT, bases={"golang:1": config})
    assert request.base("golang:1") is config
    assert request.base("golang:2").workdir == "/go"


def test_a_named_context_answers_to_its_name_with_and_without_latest() -> None:
    request = Request(context=CONTEXT, contexts={"img": CONTEXT, "old:latest": "new:1"})
    assert request.context_named("img") is request.context_named("img:latest") is CONTEXT
    assert request.context_named("old:latest") == "new:1"
    assert request.context_named("img:1") is None


LONG = ("docker.io/library/golang:1.22", "docker.io/golang:1.22", "library/golang:1.22", "golang:1.22")


@pytest.mark.parametrize("reference", LONG)
@pytest.mark.parametrize("name", LONG)
def test_a_named_context_takes_the_place_of_an_image_whatever_both_call_it(name: str, reference: str) -> None:
    request = Request(context=CONTEXT, contexts={name: "example.org/golang:1"})
    assert request.context_named(reference) == "example.org/golang:1"
    assert request.context_named("me/golang:1.22") is None


@pytest.mark.parametrize("mirror", ["localhost:5000/golang:1.22", "example.org/mirror/library/golang:1.22"])
@pytest.mark.parametrize("image", ["golang:1.22", "docker.io/library/golang:1.22"])
def test_a_mirror_that_takes_an_images_place_is_known_as_the_image_is(mirror: str, image: str) -> None:
    assert Request(context=CONTEXT, contexts={image: mirror}).base_of(image) == BaseConfig(workdir="/go", user="")


@pytest.mark.parametrize(
    "other", ["localhost:5000/golang:1.23", "localhost:5000/shop:1.22", "localhost:5000/my-golang:1.22"]
)
def test_another_image_that_takes_its_place_is_not(other: str) -> None:
    assert Request(context=CONTEXT, contexts={"golang:1.22": other}).base_of("golang:1.22") == BaseConfig()


def test_what_was_looked_up_of_the_mirror_counts_before_what_is_known_of_the_image() -> None:
    mirror, config = "localhost:5000/golang:1.22", BaseConfig(workdir="/mine")
    request = Request(context=CONTEXT, contexts={"golang:1.22": mirror}, bases={mirror: config})
    assert request.base_of("golang:1.22") is config


def test_a_directory_that_takes_an_images_place_has_no_config() -> None:
    assert Request(context=CONTEXT, contexts={"golang": CONTEXT}).base_of("golang") == BaseConfig(workdir="/", user="")


@pytest.mark.parametrize(
    ("platform", "normal"),
    [
        ("linux/amd64", "linux/amd64"),
        ("Linux/AMD64/v1", "linux/amd64"),
        ("linux/amd64/v3", "linux/amd64/v3"),
        ("aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm64/v9", "linux/arm64/v9"),
        ("armhf", "linux/arm/v7"),
        ("linux/armel", "linux/arm/v6"),
        ("linux/arm/v5", "linux/arm/v5"),
        ("i386", "linux/386"),
        ("windows/amd64", "windows/amd64"),
        ("linux/riscv64", "linux/riscv64"),
    ],
)
def test_a_platform_is_written_as_buildkit_writes_it(platform: str, normal: str) -> None:
    assert normalised(platform) == normalised(normal) == normal
