from pathlib import Path

from tests.builder.drive.lines import line

from layerwise.builder.drive.configured import configured
from layerwise.config import Config

CONFIG = Config(
    dockerfile="docker/Dockerfile",
    context="app",
    target="runtime",
    platforms=("linux/amd64", "linux/arm64"),
    build_args=(("DEBUG", "0"), ("MODE", "x")),
    tags=("a.org/b:1",),
    builder="maker",
)


def test_a_configuration_says_what_the_command_line_does_not():
    assert configured(line(""), CONFIG, Path()).arguments() == (
        "--file=docker/Dockerfile",
        "--target=runtime",
        "--platform=linux/amd64,linux/arm64",
        "--tag=a.org/b:1",
        "--builder=maker",
        "--build-arg=DEBUG=0",
        "--build-arg=MODE=x",
        "app",
    )


def test_the_command_line_stands_above_it():
    words = "-f D --target t --platform linux/s390x -t x --builder y --build-arg DEBUG=1 --build-arg MODE ctx"
    assert configured(line(words), CONFIG, Path("ctx")).arguments() == tuple(words.split())


def test_paths_are_seen_from_where_it_was_looked_for():
    found = configured(line("sub"), CONFIG, Path("sub"))
    assert (found.last("file"), found.context) == ("sub/docker/Dockerfile", "sub")


def test_an_image_for_docker_is_of_one_platform_where_nobody_says_more():
    assert configured(line("--load ."), CONFIG, Path()).values("platform") == ()
    assert configured(line("-o type=docker ."), CONFIG, Path()).values("platform") == ()


def test_an_output_may_have_the_name_already():
    assert configured(line("-o type=image,name=x/y ."), CONFIG, Path()).values("tag") == ()
    assert configured(line("-o type=oci,dest=x ."), CONFIG, Path()).values("tag") == ("a.org/b:1",)


def test_nothing_is_added_where_nothing_is_settled():
    assert configured(line("-t a ."), Config(), Path()) == line("-t a .")
