from tests.analyses import analysis_of

from layerwise.prove.bench.bases import bases_of, is_pinned, names_of, recipe
from layerwise.syntax.parser import parse

TEXT = """# syntax=docker/dockerfile:1
FROM --platform=$BUILDPLATFORM golang:1.22 AS build
COPY --from=busybox /bin/sh /sh
FROM scratch AS empty
FROM debian:12
COPY --from=build /go /go
RUN --mount=type=bind,from=alpine,target=/a make
"""


def test_all_images_are_found_with_the_platforms_they_are_used_for():
    analysis = analysis_of(TEXT, platforms=("linux/amd64", "linux/arm64"))
    assert bases_of(analysis.graphs) == {
        "golang:1.22": ("linux/amd64",),
        "busybox": ("linux/amd64", "linux/arm64"),
        "debian:12": ("linux/amd64", "linux/arm64"),
        "alpine": ("linux/amd64", "linux/arm64"),
    }


def test_an_image_is_known_by_the_named_contexts_that_stand_for_it():
    contexts = {"debian:12": "registry.example.org/debian:12", "other": "registry.example.org/other"}
    assert names_of("registry.example.org/debian:12", contexts) == ("debian:12",)
    assert names_of("alpine", contexts) == ("alpine",)


def test_a_digest_pins():
    assert is_pinned(f"debian@sha256:{'0' * 64}")
    assert not is_pinned("debian:12")


def test_a_base_gets_one_more_layer_by_the_frontend_of_the_file():
    assert recipe(parse(TEXT, "Dockerfile"), "debian:12") == (
        "# syntax=docker/dockerfile:1\nFROM debian:12\nCOPY layerwise-base /.layerwise-base\n"
    )
    assert recipe(parse("FROM a\n", "Dockerfile"), "a").startswith("FROM a\n")
