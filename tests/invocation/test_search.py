import pathlib

import pytest

from layerwise.invocation.invocation import Invocation, PassedArgument, Source
from layerwise.invocation.search import best, builds_of, find_invocations, search, usage


def write(root: pathlib.Path, **files: str) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def build(line: int, kind: str = "script", **fields: object) -> Invocation:
    return Invocation(Source("x", line), kind, **fields)


ARGUMENT = PassedArgument("A", "1", Source("x", 1))


def test_every_kind_of_file_is_found(tmp_path):
    write(
        tmp_path,
        **{
            ".github/workflows/a.yml": "jobs: {a: {steps: [{run: docker build .}]}}",
            ".github/actions/x/action.yaml": "runs: {steps: [{run: docker build .}]}",
            ".gitlab-ci.yml": "a: {script: docker build .}",
            ".circleci/config.yml": "a: {command: docker build .}",
            "Makefile": "a:\n\tdocker build .\n",
            "make/rules.mk": "a:\n\tdocker build .\n",
            "compose.yaml": "services: {a: {build: .}}",
            "deploy/docker-compose.prod.yml": "services: {a: {build: .}}",
            "docker-bake.hcl": 'target "a" {}\n',
            "docker-bake.override.json": '{"target": {"a": {}}}',
            "package.json": '{"scripts": {"a": "docker build ."}}',
            "scripts/a.sh": "docker build .",
        },
    )
    found = search(tmp_path)
    assert found.notes == ()
    assert [(one.source.path, one.kind) for one in found.invocations] == [
        (".circleci/config.yml", "workflow"),
        (".github/actions/x/action.yaml", "workflow"),
        (".github/workflows/a.yml", "workflow"),
        (".gitlab-ci.yml", "workflow"),
        ("Makefile", "makefile"),
        ("compose.yaml", "compose"),
        ("deploy/docker-compose.prod.yml", "compose"),
        ("docker-bake.hcl", "bake"),
        ("docker-bake.override.json", "bake"),
        ("make/rules.mk", "makefile"),
        ("package.json", "script"),
        ("scripts/a.sh", "script"),
    ]
    assert find_invocations(tmp_path) == found.invocations


def test_foreign_and_hidden_directories_are_passed_over(tmp_path):
    for directory in ("node_modules/x", ".venv", "vendor", ".git/hooks"):
        write(tmp_path, **{f"{directory}/a.sh": "docker build ."})
    assert find_invocations(tmp_path) == ()


def test_links_are_not_followed(tmp_path):
    write(tmp_path, **{"a/b.sh": "docker build ."})
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    assert len(find_invocations(tmp_path)) == 1


def test_a_broken_file_is_a_note_and_the_others_are_read(tmp_path):
    write(tmp_path, **{"compose.yaml": "services:\n  build: [\n", "a.sh": "docker build ."})
    found = search(tmp_path)
    assert len(found.invocations) == 1
    assert str(found.notes[0]).startswith("compose.yaml:3: no YAML: ")


def test_a_file_that_cannot_be_read_is_a_note(tmp_path):
    (tmp_path / "a.sh").symlink_to("nowhere")
    assert str(search(tmp_path).notes[0]) == "a.sh:1: cannot be read: No such file or directory"


def test_bytes_that_are_no_text_do_no_harm(tmp_path):
    (tmp_path / "a.sh").write_bytes(b"\xff\xfe docker\ndocker build -t \xff .\n")
    assert len(find_invocations(tmp_path)) == 1


def test_a_dockerfile_named_by_a_variable_may_be_the_one():
    certain, possible = build(1, dockerfile="a/Dockerfile"), build(2, dockerfile="$X/Dockerfile")
    other = build(3, dockerfile="b/$X/Dockerfile")
    assert builds_of((possible, certain, other), "a/Dockerfile") == (certain, possible)


def test_the_best_is_ci_then_the_most_platforms_then_the_last_stage():
    script = build(1, platforms=("linux/amd64", "linux/arm64"))
    check = build(2, "workflow", target="test")
    small = build(3, "workflow", platforms=("linux/amd64",))
    release = build(4, "workflow", platforms=("linux/amd64", "linux/arm64"))
    assert best((script, check, small, release), "Dockerfile") == release
    assert best((script, check), "Dockerfile") == check
    assert best((script,), "Dockerfile") == script
    assert best((script,), "other/Dockerfile") is None


def test_usage_is_what_all_builds_say_together():
    one = build(1, target="a", platforms=("linux/amd64",), build_args=(ARGUMENT,))
    two = build(2, target="${{ matrix.t }}", platforms=("linux/arm64", "linux/amd64"), build_args=(ARGUMENT,))
    other = build(3, target="z", dockerfile="other")
    together = usage((one, two, other), "Dockerfile")
    assert together.invocations == (one, two)
    assert together.platforms == ("linux/amd64", "linux/arm64")
    assert together.targets_built == frozenset({"a"})
    assert together.any_target
    assert together.build_args == (ARGUMENT,)


@pytest.mark.parametrize("dockerfile", ["Dockerfile", "a/b/Dockerfile"])
def test_usage_of_a_dockerfile_that_nobody_builds_is_empty(dockerfile):
    together = usage((), dockerfile)
    assert (together.invocations, together.platforms, together.targets_built) == ((), (), frozenset())
    assert not together.any_target


def test_usage_says_who_builds_without_buildkit_and_where():
    others = [
        build(number, builder=builder)
        for number, builder in enumerate(("kaniko", "podman", "buildah", "legacy", "img"), 1)
    ]
    same = (build(9), build(10, builder="buildx"), build(11, dockerfile="other", builder="kaniko"))
    assert usage((*others, *same, *others), "Dockerfile").other_builders == (
        "x:1 builds it with kaniko",
        "x:2 builds it with Podman",
        "x:3 builds it with buildah",
        "x:4 builds it with Docker's legacy builder",
        "x:5 builds it with img",
    )


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (".gitlab-ci.yml", "a:\n  script:\n    - /kaniko/executor --context .\n", ":3 builds it with kaniko"),
        (".gitlab-ci.yml", "a:\n  image: kaniko\n  script:\n    - executor --no-push\n", ":4 builds it with kaniko"),
        ("Makefile", "export DOCKER_BUILDKIT=0\na:\n\tdocker build .\n", ":3 builds it with Docker's legacy builder"),
        ("Makefile", "a:\n\tpodman build .\n", ":2 builds it with Podman"),
        ("a.sh", "export DOCKER_BUILDKIT=false\ndocker build .\n", ":2 builds it with Docker's legacy builder"),
        ("a.sh", "buildah bud -t x .\n", ":1 builds it with buildah"),
        ("a.sh", "img build -t x .\n", ":1 builds it with img"),
        ("tools/a.py", "import docker\nc.images.build(path='.')\n", ":2 builds it with Docker's legacy builder"),
        (".tekton/a.yaml", "tasks: [{taskRef: {name: buildah}}]\n", ":1 builds it with buildah"),
        (
            "cloudbuild.yaml",
            "steps:\n- name: registry.example.org/kaniko-project/executor\n  args: [--no-push]\n",
            ":2 builds it with kaniko",
        ),
        (
            ".github/workflows/a.yml",
            "jobs:\n  a:\n    steps:\n      - uses: redhat-actions/buildah-build@v2\n        with: {dockerfiles: Dockerfile}\n",
            ":4 builds it with buildah",
        ),
        (
            ".github/workflows/a.yml",
            "jobs:\n  a:\n    steps:\n      - uses: int128/kaniko-action@v1\n        with: {file: Dockerfile}\n",
            ":4 builds it with kaniko",
        ),
        (
            ".github/workflows/a.yml",
            "env: {DOCKER_BUILDKIT: 0}\njobs:\n  a:\n    steps:\n      - run: docker build .\n",
            ":5 builds it with Docker's legacy builder",
        ),
    ],
)
def test_a_builder_that_is_not_buildkit_is_found_wherever_it_is_called(tmp_path, name, text, said):
    write(tmp_path, **{name: text})
    assert usage(find_invocations(tmp_path), "Dockerfile").other_builders == (f"{name}{said}",)


def test_a_builder_of_another_dockerfile_is_of_no_concern(tmp_path):
    write(tmp_path, **{"a.sh": "podman build -f other/Dockerfile .\n"})
    assert usage(find_invocations(tmp_path), "Dockerfile").other_builders == ()
