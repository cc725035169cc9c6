import textwrap

import pytest

from layerwise.invocation.command import Origin
from layerwise.invocation.invocation import Invocation, Source, Unreadable
from layerwise.invocation.workflow import read

PATH = ".github/workflows/build.yml"


def builds(text: str, *files: str) -> list[Invocation]:
    return list(read(textwrap.dedent(text), Origin(PATH, "workflow", frozenset(files).__contains__)))


def job(steps: str, above: str = "") -> str:
    """A workflow with one job: ``above`` holds more keys of the job."""
    text = "jobs:\n  build:\n    runs-on: ubuntu-latest\n"
    text += textwrap.indent(textwrap.dedent(above), "    ")
    return text + "    steps:\n" + textwrap.indent(textwrap.dedent(steps).strip("\n"), "      ") + "\n"


def arguments(invocation: Invocation) -> list[tuple[str, str | None, int]]:
    return [(one.name, one.value, one.source.line) for one in invocation.build_args]


def test_the_inputs_of_the_build_action_are_read_with_their_lines():
    (one,) = builds("""\
        on: push
        jobs:
          build:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v4
              - name: Build
                uses: docker/build-push-action@v6
                with:
                  context: app
                  file: docker/Dockerfile
                  target: runtime
                  platforms: linux/amd64,linux/arm64
                  tags: |
                    x/y:latest
                    x/y:1
                  build-args: |
                    GIT_COMMIT=${{ github.sha }}

                    # a comment
                    VERSION=1
                  cache-from: type=gha
                  cache-to: type=gha,mode=max
                  network: host
        """)
    assert one.source == Source(PATH, 8)
    assert (one.context, one.dockerfile, one.target, one.builder) == ("app", "docker/Dockerfile", "runtime", "buildx")
    assert one.platforms == ("linux/amd64", "linux/arm64")
    assert arguments(one) == [("GIT_COMMIT", "${{ github.sha }}", 18), ("VERSION", "1", 21)]
    assert one.tags == ("x/y:latest", "x/y:1")
    assert (one.cache_from, one.cache_to, one.network) == (("type=gha",), ("type=gha,mode=max",), "host")


def test_the_default_context_is_the_repository():
    (one,) = builds(job("- uses: docker/build-push-action@v6"))
    assert (one.context, one.dockerfile) == (".", "Dockerfile")
    (one,) = builds(job("- {uses: docker/build-push-action@v6, with: {context: '{{defaultContext}}:sub'}}"))
    assert (one.context, one.dockerfile) == ("sub", "sub/Dockerfile")


def test_other_actions_are_no_builds():
    assert builds(job("- uses: docker/setup-buildx-action@v3\n- uses: docker/metadata-action@v5")) == []


def test_a_run_script_is_read_with_its_lines():
    (one,) = builds(
        job("""\
            - run: |
                echo hello
                docker build \\
                  --build-arg SHA=${{ github.sha }} .
            """)
    )
    assert one.source.line == 7
    assert arguments(one) == [("SHA", "${{ github.sha }}", 8)]


def test_a_one_line_run_has_the_line_of_its_key():
    (one,) = builds(job("- run: docker build --build-arg A=1 ."))
    assert (one.source.line, one.build_args[0].source.line) == (5, 5)


def test_the_working_directory_of_step_or_job_leads():
    (one,) = builds(job("- run: docker build .\n  working-directory: ./app"))
    assert one.dockerfile == "app/Dockerfile"
    (one,) = builds(job("- run: docker build .", "defaults: {run: {working-directory: app}}\n"))
    assert one.dockerfile == "app/Dockerfile"


def test_the_matrix_fills_in_platform_target_and_file():
    found = builds(
        job(
            """\
            - uses: docker/build-push-action@v6
              with:
                file: ${{ matrix.image.file }}
                target: ${{ matrix.target }}
                platforms: ${{ matrix.platform }}
            """,
            """\
            strategy:
              matrix:
                platform: [linux/amd64, linux/arm64]
                target: [a, b]
                image:
                  - {file: one/Dockerfile}
            """,
        )
    )
    assert [(one.platforms, one.target, one.dockerfile) for one in found] == [
        (("linux/amd64",), "a", "one/Dockerfile"),
        (("linux/amd64",), "b", "one/Dockerfile"),
        (("linux/arm64",), "a", "one/Dockerfile"),
        (("linux/arm64",), "b", "one/Dockerfile"),
    ]


def test_include_extends_what_it_agrees_with_and_else_stands_alone():
    found = builds(
        job(
            "- run: docker build --target ${{ matrix.target }} --build-arg V=${{ matrix.v }} .",
            """\
            strategy:
              matrix:
                target: [a, b]
                include:
                  - {target: a, v: 1}
                  - {target: c, v: 3}
            """,
        )
    )
    assert [(one.target, one.build_args[0].value) for one in found] == [
        ("a", "1"),
        ("b", "${{ matrix.v }}"),
        ("c", "3"),
    ]


def test_exclude_removes_a_combination():
    found = builds(
        job(
            "- run: docker build --target ${{ matrix.a }}${{ matrix.b }} .",
            "strategy:\n  matrix:\n    a: [1, 2]\n    b: [3, 4]\n    exclude:\n      - {a: 1, b: 4}\n",
        )
    )
    assert [one.target for one in found] == ["13", "23", "24"]


def test_a_matrix_that_is_computed_stays_as_written():
    (one,) = builds(
        job(
            "- run: docker build --target ${{ matrix.a }} .",
            "strategy:\n  matrix: ${{ fromJSON(needs.list.outputs.all) }}\n",
        )
    )
    assert one.target == "${{ matrix.a }}"


def test_a_step_that_ignores_the_matrix_is_one_build():
    assert len(builds(job("- run: docker build .", "strategy: {matrix: {a: [1, 2, 3]}}\n"))) == 1


def test_env_of_workflow_job_and_step_is_filled_in_innermost_first():
    (one,) = builds(
        "env: {A: top, B: top, C: top}\n"
        + job(
            "- run: docker build --build-arg A=$A --build-arg B=${B} --build-arg C=${{ env.C }} .\n  env: {C: step}",
            "env: {B: job}\n",
        )
    )
    assert [arg.value for arg in one.build_args] == ["top", "job", "step"]


@pytest.mark.parametrize(
    "script",
    [
        'echo "sha=$(git rev-parse HEAD)" >> $GITHUB_OUTPUT',
        'SHA=$(git rev-parse HEAD)\n    echo "sha=$SHA" >> "$GITHUB_OUTPUT"',
        'echo "::set-output name=sha::$(git rev-parse HEAD)"',
    ],
)
def test_an_output_that_an_earlier_step_sets_is_filled_in(script):
    (one,) = builds(
        job(
            f"- id: vars\n  run: |\n    {script}\n"
            "- uses: docker/build-push-action@v6\n  with:\n    build-args: SHA=${{ steps.vars.outputs.sha }}\n"
        )
    )
    assert one.build_args[0].value == "$(git rev-parse HEAD)"


def test_an_output_of_another_job_is_filled_in():
    (one,) = builds("""\
        jobs:
          first:
            outputs:
              sha: ${{ steps.vars.outputs.sha }}
            steps:
              - id: vars
                run: echo "sha=$(git rev-parse HEAD)" >> $GITHUB_OUTPUT
          second:
            needs: first
            steps:
              - run: docker build --build-arg SHA=${{ needs.first.outputs.sha }} .
        """)
    assert one.build_args[0].value == "$(git rev-parse HEAD)"


def test_a_variable_put_into_the_environment_is_seen_later():
    (one,) = builds(
        job('- run: echo "SHA=$(git rev-parse HEAD)" >> $GITHUB_ENV\n- run: docker build --build-arg SHA=$SHA .')
    )
    assert one.build_args[0].value == "$(git rev-parse HEAD)"


def test_a_composite_action_and_its_defaults_are_read():
    (one,) = builds("""\
        inputs:
          target: {default: app}
        runs:
          using: composite
          steps:
            - uses: docker/build-push-action@v6
              with: {target: "${{ inputs.target }}"}
        """)
    assert one.target == "app"


def test_a_checkout_into_a_directory_of_its_own_is_seen_through():
    steps = (
        "- uses: actions/checkout@v4\n  with: {path: src}\n"
        "- uses: actions/checkout@v4\n  with: {path: lib, repository: other/lib}\n"
        "- uses: docker/build-push-action@v6\n  with: {context: %s}"
    )
    (one,) = builds(job(steps % "src/app"))
    assert (one.context, one.dockerfile) == ("app", "app/Dockerfile")
    (one,) = builds(job(steps % "src"))
    assert (one.context, one.dockerfile) == (".", "Dockerfile")
    (one,) = builds(job(steps % "src"), "src/Dockerfile")
    assert (one.context, one.dockerfile) == ("src", "src/Dockerfile")
    (one,) = builds(job(steps % "., file: src/Dockerfile"))
    assert (one.context, one.dockerfile) == (".", "src/Dockerfile")
    (one,) = builds(job(steps % "lib"))
    assert (one.context, one.dockerfile) == ("lib", "lib/Dockerfile")


def test_platforms_may_be_a_block_of_lines():
    (one,) = builds(
        job("- uses: docker/build-push-action@v6\n  with:\n    platforms: |\n      linux/amd64\n      linux/arm64")
    )
    assert one.platforms == ("linux/amd64", "linux/arm64")


def test_an_anchor_is_followed():
    (one,) = builds(job("- uses: docker/build-push-action@v6\n  with: &w\n    target: a\n- run: 'true'\n  with: *w"))
    assert one.target == "a"


def test_broken_yaml_says_where():
    with pytest.raises(Unreadable) as caught:
        builds("a: 1\nb: [1, 2\n")
    assert caught.value.line == 3


@pytest.mark.parametrize("text", ["", "- 1", "jobs: 3", "jobs: {a: null}", "jobs: {a: {steps: {b: c}}}"])
def test_a_file_of_another_shape_holds_no_builds(text):
    assert builds(text) == []


BUILD = "- uses: docker/build-push-action@v6\n"


@pytest.mark.parametrize("label", ["ubuntu-latest", "ubuntu-24.04-arm", "windows-2022", "[ubuntu-latest]"])
def test_a_machine_that_the_service_starts_for_a_job_has_nothing_cached(label):
    (one,) = builds(job(BUILD).replace("ubuntu-latest", label))
    assert one.cold == f"builds on a new machine each time ({label.strip('[]')}) and imports no cache"


def test_the_label_of_a_machine_may_come_from_the_matrix():
    (one,) = builds(
        job(BUILD, "strategy: {matrix: {on: [ubuntu-24.04]}}\n").replace("ubuntu-latest", "${{ matrix.on }}")
    )
    assert one.fresh_machine == "ubuntu-24.04"


@pytest.mark.parametrize("label", ["self-hosted", "[self-hosted, ubuntu-latest]", "build-box", "${{ inputs.on }}"])
def test_of_other_machines_nobody_knows_what_they_keep(label):
    (one,) = builds(job(BUILD).replace("ubuntu-latest", label))
    assert one.cold is None


@pytest.mark.parametrize(
    "steps",
    [
        "- uses: docker/build-push-action@v6\n  with: {cache-from: type=gha}\n",
        f"- uses: docker/setup-buildx-action@v3\n  with: {{driver: remote}}\n{BUILD}",
        f"- uses: docker/setup-buildx-action@v3\n  with: {{endpoint: ssh://builder}}\n{BUILD}",
        "- uses: depot/build-push-action@v1\n",
        f"- uses: useblacksmith/setup-docker-builder@v1\n{BUILD}",
    ],
)
def test_a_build_with_a_cache_of_its_own_is_not_cold(steps):
    assert [one.cold for one in builds(job(steps))] == [None]


def test_a_docker_build_in_a_script_is_cold_there_too():
    (one,) = builds(job("- uses: docker/setup-buildx-action@v3\n- run: docker build ."))
    assert one.cold


@pytest.mark.parametrize(
    ("inputs", "pushes"),
    [
        ("push: true", True),
        ("push: ${{ github.event_name != 'pull_request' }}", True),
        ("push: false", False),
        ("load: true", False),
        ("outputs: type=image,push=true", True),
        ("outputs: 'type=image,push=true,compression=zstd'", False),
        ("outputs: type=registry", True),
    ],
)
def test_a_push_with_the_default_compression(inputs, pushes):
    (one,) = builds(job(f"- uses: docker/build-push-action@v6\n  with:\n    {inputs}\n"))
    assert one.pushes_gzip is pushes


def test_a_push_in_a_script():
    (one,) = builds(job("- run: docker buildx build --push ."))
    assert one.pushes_gzip
