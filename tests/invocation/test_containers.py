import textwrap

import pytest

from layerwise.invocation.command import Origin
from layerwise.invocation.containers import read
from layerwise.invocation.invocation import Invocation


def builds(text: str, path: str = "cloudbuild.yaml") -> list[Invocation]:
    return list(read(textwrap.dedent(text), Origin(path, "workflow", frozenset().__contains__)))


def test_a_step_of_cloud_build_that_runs_kaniko_is_a_build():
    (one,) = builds("""\
        steps:
          - name: registry.example.org/kaniko-project/executor:latest
            args:
              - --dockerfile=/workspace/docker/Dockerfile
              - --context=dir:///workspace/app
              - --destination=registry.example.org/shop:1
        """)
    assert (one.builder, one.dockerfile, one.context, one.source.line) == ("kaniko", "docker/Dockerfile", "app", 2)


def test_a_step_of_cloud_build_that_runs_docker_is_a_build():
    (one,) = builds("""\
        steps:
          - name: registry.example.org/cloud-builders/docker
            env: [DOCKER_BUILDKIT=0]
            args: [build, -t, shop, --target, web, .]
        """)
    assert (one.builder, one.target) == ("legacy", "web")


def test_a_step_whose_shell_builds_is_read_as_a_script():
    (one,) = builds("""\
        steps:
          - name: registry.example.org/cloud-builders/docker
            entrypoint: bash
            args: [-c, "cd app && DOCKER_BUILDKIT=1 docker build ."]
        """)
    assert (one.builder, one.dockerfile) == ("buildx", "app/Dockerfile")


def test_a_step_of_a_tekton_task_is_a_build():
    (one,) = builds(
        """\
        kind: Task
        spec:
          steps:
            - name: build
              image: $(params.BUILDER_IMAGE)
              script: |
                buildah bud --file $(params.DOCKERFILE) .
        """,
        ".tekton/task.yaml",
    )
    assert (one.builder, one.dockerfile, one.source.line) == ("buildah", "$(params.DOCKERFILE)", 7)


@pytest.mark.parametrize(
    "reference", ["{name: kaniko}", "{resolver: hub, params: [{name: kind, value: task}, {name: name, value: kaniko}]}"]
)
def test_a_task_of_tekton_s_catalogue_is_a_build_of_what_its_parameters_say(reference):
    (one,) = builds(
        f"""\
        spec:
          tasks:
            - name: image
              taskRef: {reference}
              params:
                - {{name: DOCKERFILE, value: ./docker/Dockerfile}}
                - {{name: CONTEXT, value: ./app}}
        """,
        ".tekton/pipeline.yaml",
    )
    assert (one.builder, one.dockerfile, one.context, one.source.line) == ("kaniko", "docker/Dockerfile", "app", 4)


def test_a_pod_of_kaniko_is_a_build_and_its_neighbours_are_none():
    (one,) = builds("""\
        spec:
          containers:
            - {name: proxy, image: envoy, args: [--build]}
            - name: kaniko
              image: registry.example.org/kaniko-project/executor:v1.23.0
              args: ["--dockerfile=Dockerfile", "--context=$(workspaces.source.path)"]
        """)
    assert (one.builder, one.dockerfile, one.context) == ("kaniko", "Dockerfile", ".")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "steps: 3",
        "steps: [{name: x}]",
        "steps: [{name: docker, args: [push, x]}]",
        "spec: {tasks: [{taskRef: {name: git-clone}, params: [{name: url}]}]}",
        "a: {image: docker, command: }",
    ],
)
def test_what_builds_nothing_gives_nothing(text):
    assert builds(text) == []


def test_json_with_tabs_is_read():
    (one,) = builds('{\n\t"steps": [{"name": "docker", "args": ["build", "."]}]\n}\n', "cloudbuild.json")
    assert one.source.line == 2
