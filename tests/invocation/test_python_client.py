import pytest

from layerwise.invocation.command import Origin
from layerwise.invocation.invocation import Invocation
from layerwise.invocation.python_client import read


def builds(text: str) -> list[Invocation]:
    return list(read(text, Origin("tools/image.py", "script", frozenset().__contains__)))


def test_docker_s_client_library_asks_the_legacy_builder():
    (one,) = builds(
        "import docker\n\nclient = docker.from_env()\n"
        'client.images.build(path=".", dockerfile="docker/Dockerfile", target="web",\n'
        '                    buildargs={"DEBUG": "0", "COMMIT": commit})\n'
    )
    assert (one.builder, one.dockerfile, one.context, one.target) == ("legacy", "docker/Dockerfile", ".", "web")
    assert one.source.line == 4
    assert [(arg.name, arg.value, arg.source.line) for arg in one.build_args] == [
        ("DEBUG", "0", 5),
        ("COMMIT", None, 5),
    ]


@pytest.mark.parametrize(
    "call", ["client.api.build(path='app')", "APIClient().build(path='app')", "c.build(path='app')"]
)
def test_the_low_level_client_is_known_too(call):
    (one,) = builds(f"from docker import APIClient\nc = APIClient()\n{call}\n")
    assert (one.builder, one.dockerfile) == ("legacy", "app/Dockerfile")


def test_of_a_path_that_only_a_run_can_tell_nothing_is_said():
    assert (
        builds("import docker\nclient.images.build(path=tmp_path)\nclient.images.build(path=p, dockerfile=d)\n") == []
    )


def test_a_dockerfile_below_an_unknown_path_may_be_the_one():
    (one,) = builds('import docker\nclient.images.build(path=root, dockerfile="Dockerfile.web")\n')
    assert one.dockerfile == "$unknown/Dockerfile.web"


def test_a_dockerfile_in_a_stream_is_no_file_of_the_repository():
    (one,) = builds('import docker\nclient.images.build(fileobj=stream, dockerfile="Dockerfile")\n')
    assert one.dockerfile == "-"


@pytest.mark.parametrize(
    "text",
    [
        "client.images.build(path='.')\n",
        "import docker\nsetup.build(path='.')\n",
        "import docker\nclient.images.build(\n",
        "import docker\nclient.images.build()\n",
    ],
)
def test_other_calls_and_broken_programs_are_no_builds(text):
    assert builds(text) == []
