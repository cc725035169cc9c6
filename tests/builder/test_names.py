import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builder.recorded import SHAPES, observed

from layerwise.builder.names import (
    StepName,
    context_name,
    image_of,
    is_linked_copy,
    is_merge,
    overhead_kind,
    part_kind,
    step_name,
    without_targets,
)

DEBIAN = "localhost:5000/debian:bookworm-slim@sha256:0a1b"


@pytest.mark.parametrize(
    ("name", "parsed"),
    [
        ("[1/2] FROM debian@sha256:0a1b", StepName("", "", "stage-0", 1, 2, "FROM debian@sha256:0a1b")),
        ("[builder 2/5] RUN make", StepName("", "", "builder", 2, 5, "RUN make")),
        ("[builder  3/12] RUN make", StepName("", "", "builder", 3, 12, "RUN make")),
        ("[ 3/12] RUN make", StepName("", "", "stage-0", 3, 12, "RUN make")),
        ("[stage-2 10/12] RUN make", StepName("", "", "stage-2", 10, 12, "RUN make")),
        ("[linux/arm64 2/3] RUN make", StepName("linux/arm64", "", "stage-0", 2, 3, "RUN make")),
        ("[linux/arm64 final 2/3] RUN make", StepName("linux/arm64", "", "final", 2, 3, "RUN make")),
        ("[linux/arm/v7 final 2/3] RUN make", StepName("linux/arm/v7", "", "final", 2, 3, "RUN make")),
        ("[linux/386 final 2/3] RUN make", StepName("linux/386", "", "final", 2, 3, "RUN make")),
        ("[linux/amd64->arm64 tools 2/3] RUN make", StepName("linux/arm64", "linux/amd64", "tools", 2, 3, "RUN make")),
        (
            "[linux/amd64->arm/v7 tools 2/3] RUN make",
            StepName("linux/arm/v7", "linux/amd64", "tools", 2, 3, "RUN make"),
        ),
        (
            "[linux/amd64->windows/amd64 tools 2/3] RUN make",
            StepName("windows/amd64", "linux/amd64", "tools", 2, 3, "RUN make"),
        ),
        (
            "[windows/amd64->linux/arm/v6 tools 2/3] RUN make",
            StepName("linux/arm/v6", "windows/amd64", "tools", 2, 3, "RUN make"),
        ),
        ("[web builder 2/3] RUN make", StepName("", "", "builder", 2, 3, "RUN make")),
        ("[web linux/arm64 builder 2/3] RUN make", StepName("linux/arm64", "", "builder", 2, 3, "RUN make")),
        ("[web linux/amd64->arm64 b 2/3] RUN x", StepName("linux/arm64", "linux/amd64", "b", 2, 3, "RUN x")),
        ("[a 2/3] ONBUILD RUN make", StepName("", "", "a", 2, 3, "ONBUILD RUN make")),
        ("[a 2/3] COPY --link x /x", StepName("", "", "a", 2, 3, "COPY --link x /x")),
        ("[a 2/3] LINK COPY --link x /x", StepName("", "", "a", 2, 3, "COPY --link x /x")),
        ("[a 2/3] LINK ONBUILD ADD --link x /x", StepName("", "", "a", 2, 3, "ONBUILD ADD --link x /x")),
        ("[a 2/3] RUN echo LINK COPY me", StepName("", "", "a", 2, 3, "RUN echo LINK COPY me")),
        ("[a 2/3] RUN one &&\n    two", StepName("", "", "a", 2, 3, "RUN one && two")),
        ("[a 2/3] RUN <<EOF (set -e...)", StepName("", "", "a", 2, 3, "RUN <<EOF (set -e...)")),
        ("[a 2/3] RUN test [ 1/1 ]", StepName("", "", "a", 2, 3, "RUN test [ 1/1 ]")),
    ],
)
def test_a_name_says_what_step_it_is(name: str, parsed: StepName) -> None:
    assert step_name(name) == parsed


@pytest.mark.parametrize(
    "name",
    [
        "",
        "exporting to image",
        "[internal] load build context",
        "[linux/arm64 internal] load metadata for debian",
        "[auth] library/debian:pull token for registry.example",
        f"FROM {DEBIAN}",
        "[context extra] load from client",
        "[a b/3] RUN make",
        "docker-image://docker.io/docker/dockerfile:1@sha256:0a1b",
    ],
)
def test_a_vertex_that_no_instruction_made_is_no_step(name: str) -> None:
    assert step_name(name) is None


def test_the_two_vertices_of_a_linked_copy_are_told_apart() -> None:
    copy, merge = "[linux/arm64 a 2/3] COPY --link x /x", "[linux/arm64 a 2/3] LINK COPY --link x /x"
    assert (is_linked_copy(copy), is_merge(copy)) == (True, False)
    assert (is_linked_copy(merge), is_merge(merge)) == (False, True)
    assert not is_linked_copy("[a 2/3] COPY x /x")
    assert not is_merge("[a 2/3] RUN echo '] LINK COPY --link'")
    assert not is_merge("exporting to image")


@pytest.mark.parametrize("prefix", ["", "web"])
@pytest.mark.parametrize(
    ("bracket", "rest", "kind"),
    [
        ("internal", "load build definition from Dockerfile", "definition"),
        ("internal", "load .dockerignore", "definition"),
        ("internal", "load metadata for debian", "definition"),
        ("linux/arm64 internal", "load metadata for debian", "definition"),
        ("internal", "preparing inline document", "definition"),
        ("", "resolve image config for docker-image://docker.io/docker/dockerfile:1", "definition"),
        ("", "docker-image://docker.io/docker/dockerfile:1@sha256:0a1b", "definition"),
        ("context base", "load metadata for debian", "definition"),
        ("context extra", "load .dockerignore", "definition"),
        ("internal", "load build context", "context"),
        ("internal", "load remote build context", "context"),
        ("internal", "load git source https://git.example/acme/shop.git", "context"),
        ("context extra", "load from client", "context"),
        ("context extra", "OCI load from client", "context"),
        ("context extra", "https://git.example/acme/shop.git#main", "context"),
        ("context extra", "git@git.example:acme/shop.git", "context"),
        ("context base", "localhost:5000/debian:bookworm-slim", "base"),
        ("", f"FROM {DEBIAN}", "base"),
        ("auth", "library/debian:pull token for registry.example", "auth"),
        ("", "importing cache manifest from localhost:5000/cache", "cache-import"),
        ("", "exporting cache to registry", "cache-export"),
        ("", "exporting cache to client directory", "cache-export"),
        ("", "exporting to GitHub Actions Cache", "cache-export"),
        ("", "exporting to image", "export"),
        ("", "exporting to client tarball", "export"),
        ("", "importing to docker", "load"),
        ("", "pushing localhost:5000/shop with docker", "push"),
        ("", "merging manifest list localhost:5000/shop", "push"),
        ("internal", "pushing localhost:5000/shop", "push"),
        ("internal", "setting cache mount permissions", "other"),
        ("", "resolving provenance for metadata file", "other"),
    ],
)
def test_the_work_around_the_steps_has_its_kind_in_a_bake_too(prefix: str, bracket: str, rest: str, kind: str) -> None:
    inside = f"{prefix} {bracket}".strip()
    assert overhead_kind(f"[{inside}] {rest}" if inside else rest) == kind


@pytest.mark.parametrize("name", ["", "[", "[]", "[] x", "[ ] x", "] x"])
def test_a_name_that_says_nothing_is_other_work(name: str) -> None:
    assert overhead_kind(name) == "other"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("unpacking to docker.io/library/shop:latest", "unpack"),
        ("pushing layers", "push"),
        ("pushing manifest for localhost:5000/shop", "push"),
        ("sending tarball", "load"),
        ("copying files", "load"),
        ("exporting layers", "export"),
        ("naming to docker.io/library/shop:latest", "export"),
    ],
)
def test_an_export_says_what_it_does(status: str, kind: str) -> None:
    assert part_kind(status) == kind


@pytest.mark.parametrize(
    ("name", "image"),
    [
        (f"[a 1/2] FROM {DEBIAN}", ("localhost:5000/debian:bookworm-slim", "sha256:0a1b")),
        (f"[linux/arm64 a 1/2] FROM {DEBIAN}", ("localhost:5000/debian:bookworm-slim", "sha256:0a1b")),
        (f"FROM {DEBIAN}", ("localhost:5000/debian:bookworm-slim", "sha256:0a1b")),
        ("[a 1/2] FROM debian", ("debian", "")),
        ("[context 1/2] FROM debian", ("debian", "")),
        ("[context python:3.12-slim] localhost:5000/debian:bookworm-slim", ("python:3.12-slim", "")),
        ("[context extra] load from client", None),
        ("[context python:3.12-slim] load metadata for localhost:5000/debian:bookworm-slim", None),
        ("[a 2/2] RUN echo FROM debian", None),
        ("exporting to image", None),
    ],
)
def test_a_base_is_named_as_the_dockerfile_names_it(name: str, image: tuple[str, str] | None) -> None:
    assert image_of(name) == image


@pytest.mark.parametrize(
    ("name", "context"),
    [
        ("[context extra] load from client", "extra"),
        ("[context python:3.12-slim] localhost:5000/debian", "python:3.12-slim"),
        ("[web context base::linux/arm64] debian", "base"),
        ("[internal] load build context", ""),
        ("[context 2/3] RUN make", ""),
        ("exporting to image", ""),
    ],
)
def test_a_named_context_has_its_name(name: str, context: str) -> None:
    assert context_name(name) == context


def test_names_of_a_bake_lose_its_targets() -> None:
    names = {
        "[internal] load local bake definitions": "[internal] load local bake definitions",
        "[web internal] load build definition from Dockerfile": "[internal] load build definition from Dockerfile",
        "[web linux/arm64 internal] load metadata for debian": "[linux/arm64 internal] load metadata for debian",
        "[web web 1/1] RUN make": "[web 1/1] RUN make",
        "[web 2/3] RUN make": "[2/3] RUN make",
        "[worker linux/arm64 build 2/3] RUN make": "[linux/arm64 build 2/3] RUN make",
        "[web auth] debian:pull token for registry.example": "[auth] debian:pull token for registry.example",
        "[worker] exporting to image": "exporting to image",
        "[web context extra] load from client": "[context extra] load from client",
    }
    assert without_targets(list(names)) == tuple(names.values())


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "bake"])
def test_names_of_a_build_by_itself_stay_as_they_are(shape: str) -> None:
    names = tuple(vertex.name for vertex in observed(shape).vertices)
    assert without_targets(names) == names


def test_the_recorded_bake_has_the_names_that_its_engine_has() -> None:
    shown = set(without_targets([vertex.name for vertex in observed("bake").vertices]))
    kept = {
        vertex.name for name in ("history.rawjson", "history-2.rawjson") for vertex in observed("bake", name).vertices
    }
    assert kept == shown - {"[internal] load local bake definitions"}


WORDS = st.text(st.characters(codec="utf-8"), max_size=30)


@given(st.one_of(WORDS, st.builds("[{} {}/{}] {} {}".format, WORDS, st.integers(0), st.integers(0), WORDS, WORDS)))
def test_any_name_is_taken(name: str) -> None:
    assert overhead_kind(name)
    assert without_targets([name])
    image_of(name)
    context_name(name)
    parsed = step_name(name)
    assert parsed is None or parsed.instruction == " ".join(parsed.instruction.split())
