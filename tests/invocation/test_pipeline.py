import textwrap

import pytest

from layerwise.invocation.command import Origin
from layerwise.invocation.invocation import Invocation
from layerwise.invocation.pipeline import read, read_gitlab


def gitlab(text: str) -> list[Invocation]:
    return list(read_gitlab(textwrap.dedent(text), Origin(".gitlab-ci.yml", "workflow", frozenset().__contains__)))


def other(text: str) -> list[Invocation]:
    return list(read(textwrap.dedent(text), Origin(".circleci/config.yml", "workflow", frozenset().__contains__)))


def test_a_script_is_read_with_variables_and_lines():
    (one,) = gitlab("""\
        variables:
          TARGET: app
        build:
          variables:
            FILE: {value: docker/Dockerfile, description: which}
          script:
            - echo hi
            - docker build --target $TARGET
              -f "$FILE" .
            - |
              echo more
        """)
    assert (one.target, one.dockerfile, one.source.line) == ("app", "docker/Dockerfile", 8)


def test_one_entry_of_a_script_sees_what_another_set():
    (one,) = gitlab("""\
        build:
          script:
            - cd app
            - export SHA=$CI_COMMIT_SHA
            - |
              docker build \\
                --build-arg SHA=$SHA .
        """)
    assert one.dockerfile == "app/Dockerfile"
    assert [(arg.value, arg.source.line) for arg in one.build_args] == [("$CI_COMMIT_SHA", 7)]


def test_a_job_has_what_it_extends_and_a_hidden_job_is_no_build():
    found = gitlab("""\
        .build:
          variables: {TARGET: base, ARG: "1"}
          script: docker build --target $TARGET --build-arg A=$ARG .
        one:
          extends: .build
          variables: {TARGET: one}
        two:
          extends: [.build]
        loop:
          extends: loop
        """)
    assert [(one.target, one.build_args[0].value) for one in found] == [("one", "1"), ("base", "1")]


def test_kaniko_in_a_job_is_a_build():
    (one,) = gitlab("""\
        build:
          image: {name: "kaniko-project/executor:debug", entrypoint: [""]}
          script:
            - /kaniko/executor --context "$CI_PROJECT_DIR" --dockerfile "$CI_PROJECT_DIR/Dockerfile" --destination x
        """)
    assert (one.builder, one.context, one.dockerfile) == ("kaniko", ".", "Dockerfile")


def test_a_reference_tag_is_no_obstacle():
    (one,) = gitlab("build:\n  script:\n    - !reference [.setup, script]\n    - docker build .\n")
    assert one.source.line == 4


def test_steps_of_other_systems_are_found_wherever_they_stand():
    (one,) = other("""\
        jobs:
          build:
            steps:
              - run:
                  name: build
                  command: |
                    docker build -t x .
        """)
    assert (one.source.line, one.tags) == (7, ("x",))


@pytest.mark.parametrize("text", ["", "a", "script: 3", "a: {script: null}", "variables: 3", "a: {extends: {b: c}}"])
def test_a_file_of_another_shape_holds_no_builds(text):
    assert gitlab(text) == []
    assert other(text) == []


@pytest.mark.parametrize(
    "setting",
    [
        "environment: {DOCKER_BUILDKIT: 0}",
        "variables: {DOCKER_BUILDKIT: '0'}",
        "env: ['A=1', 'DOCKER_BUILDKIT=0']",
        "env: {DOCKER_BUILDKIT: false}",
    ],
)
def test_the_variables_around_a_step_say_which_builder_docker_uses(setting):
    (one,) = other(f"jobs:\n  build:\n    {setting}\n    steps:\n      - run: docker build .\n")
    assert one.builder == "legacy"


def test_the_variables_of_one_job_are_not_those_of_another():
    found = other(
        "jobs:\n  a:\n    environment: {DOCKER_BUILDKIT: 0}\n    steps: [{run: docker build .}]\n"
        "  b:\n    steps: [{run: docker build .}]\n"
    )
    assert [one.builder for one in found] == ["legacy", None]


def test_a_variable_of_a_gitlab_job_turns_buildkit_off():
    (one,) = gitlab("variables: {DOCKER_BUILDKIT: 0}\nbuild: {script: docker build .}\n")
    assert one.builder == "legacy"
