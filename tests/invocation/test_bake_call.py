import textwrap

import pytest

from layerwise.invocation import workflow
from layerwise.invocation.command import Origin
from layerwise.invocation.invocation import Invocation
from layerwise.invocation.script import read

BAKE = """\
variable "SHA" { default = "dev" }
group "default" { targets = ["app"] }
group "all" { targets = ["default", "test"] }
target "app" {
  dockerfile = "docker/Dockerfile"
  target = "app"
  args = {
    SHA = SHA
  }
}
target "test" {
  target = "test"
}
"""


def origin(path: str, kind: str, **files: str) -> Origin:
    return Origin(path, kind, files.__contains__, files.get)


def script(text: str, path: str = "docker-bake.hcl", bake: str = BAKE) -> list[Invocation]:
    return list(read(text, origin("a.sh", "script", **{path: bake})))


def step(text: str) -> list[Invocation]:
    text = "jobs:\n  a:\n    steps:\n" + textwrap.indent(textwrap.dedent(text), "      ")
    return list(workflow.read(text, origin(".github/workflows/a.yml", "workflow", **{"docker-bake.hcl": BAKE})))


def test_the_default_group_is_built_where_nothing_is_named():
    (one,) = script("\ndocker buildx bake --push")
    assert (one.target, one.dockerfile, one.kind, str(one.source)) == ("app", "docker/Dockerfile", "script", "a.sh:2")


def test_groups_hold_groups():
    assert [one.target for one in script("docker buildx bake all")] == ["app", "test"]
    assert [one.target for one in script("docker buildx bake test")] == ["test"]


def test_a_file_is_named_from_where_the_call_runs():
    assert len(script("cd ci && docker buildx bake -f my.hcl", "ci/my.hcl")) == 1
    assert script("docker buildx bake -f other.hcl") == []
    assert script("docker buildx bake -f ../docker-bake.hcl") == []


def test_the_variables_of_the_caller_stand_above_defaults():
    (one,) = script("export SHA=$(git rev-parse HEAD)\ndocker buildx bake")
    assert [(arg.value, str(arg.source)) for arg in one.build_args] == [("$(git rev-parse HEAD)", "docker-bake.hcl:8")]


@pytest.mark.parametrize("pattern", ["app", "*", "a*"])
def test_set_overrides_what_it_names(pattern):
    (one,) = script(
        f"docker buildx bake --set {pattern}.args.SHA=1 \\\n  --set={pattern}.args.NEW=2"
        f" --set {pattern}.platform=linux/arm64 --set {pattern}.target=other --set {pattern}.context=sub --set {pattern}.network=none"
    )
    assert [(arg.name, arg.value, str(arg.source)) for arg in one.build_args] == [
        ("SHA", "1", "a.sh:1"),
        ("NEW", "2", "a.sh:2"),
    ]
    assert (one.platforms, one.target, one.network) == (("linux/arm64",), "other", "none")
    assert (one.context, one.dockerfile) == ("sub", "sub/docker/Dockerfile")


def test_set_leaves_other_targets_alone():
    (one,) = script("docker buildx bake --set test.target=x --set app.dockerfile=D")
    assert (one.target, one.dockerfile) == ("app", "D")


def test_a_broken_bake_file_is_left_to_its_own_reader():
    assert script("docker buildx bake", bake="target {") == []


def test_the_bake_action_builds_with_the_environment_of_its_step():
    (one,) = step("""\
        - uses: docker/bake-action@v5
          env:
            SHA: ${{ github.sha }}
          with:
            targets: app
            set: |
              *.args.DATE=$(date)
              *.platform=linux/amd64,linux/arm64
        """)
    assert (one.kind, str(one.source)) == ("workflow", ".github/workflows/a.yml:4")
    assert [(arg.name, arg.value, str(arg.source)) for arg in one.build_args] == [
        ("SHA", "${{ github.sha }}", "docker-bake.hcl:8"),
        ("DATE", "$(date)", ".github/workflows/a.yml:10"),
    ]
    assert one.platforms == ("linux/amd64", "linux/arm64")


def test_bake_in_a_run_of_a_workflow_is_a_build():
    (one,) = step("- run: docker buildx bake test")
    assert one.target == "test"


def test_files_of_the_action_that_only_a_run_can_tell_are_passed_over():
    found = step("""\
        - uses: docker/bake-action@v5
          with:
            files: |
              ./docker-bake.hcl
              cwd://${{ steps.meta.outputs.bake-file }}
              compose.yaml
        """)
    assert [one.target for one in found] == ["app"]
