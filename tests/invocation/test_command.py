import pytest

from layerwise.invocation.command import Origin, build_of, located
from layerwise.invocation.invocation import Invocation, PassedArgument, Source, known_platforms
from layerwise.invocation.shell import calls


def builds(text: str, *files: str, directories: tuple[str, ...] = (".",)) -> list[Invocation]:
    origin = Origin("x.sh", "script", frozenset(files).__contains__)
    found = (build_of(call, origin) for call in calls(text, directories=directories))
    return [one for one in found if one]


def build(text: str, *files: str) -> Invocation:
    (one,) = builds(text, *files)
    return one


def test_every_option_of_interest_is_read():
    one = build(
        "docker buildx build --platform linux/amd64,linux/arm64 -f docker/Dockerfile --target=app --build-arg A=b=c"
        " --network host -t x:1 --tag x:2 --cache-from type=gha --cache-to type=gha,mode=max --push --progress plain src"
    )
    assert one == Invocation(
        source=Source("x.sh", 1),
        kind="script",
        dockerfile="docker/Dockerfile",
        context="src",
        target="app",
        platforms=("linux/amd64", "linux/arm64"),
        build_args=(PassedArgument("A", "b=c", Source("x.sh", 1)),),
        tags=("x:1", "x:2"),
        cache_from=("type=gha",),
        cache_to=("type=gha,mode=max",),
        outputs=("type=registry",),
        builder="buildx",
        network="host",
    )


def test_the_dockerfile_lies_in_the_context_unless_named():
    assert build("docker build src").dockerfile == "src/Dockerfile"
    assert build("docker build -f Dockerfile.dev src").dockerfile == "Dockerfile.dev"
    assert build("docker build -f - . < x").dockerfile == "-"


@pytest.mark.parametrize(
    ("command", "builder"),
    [
        ("docker build .", None),
        ("docker image build .", None),
        ("docker builder build .", None),
        ("DOCKER_BUILDKIT=1 docker build .", "buildx"),
        ("DOCKER_BUILDKIT=0 docker build .", "legacy"),
        ("export DOCKER_BUILDKIT=1; docker build .", "buildx"),
        ("docker buildx build .", "buildx"),
        ("docker buildx b .", "buildx"),
        ("docker-buildx build .", "buildx"),
        ("docker buildx --builder big build .", "buildx"),
        ("docker --context remote build .", None),
        ("podman build .", "podman"),
        ("buildah bud .", "buildah"),
        ("buildah build .", "buildah"),
        ("/kaniko/executor --context .", "kaniko"),
        ("sudo -E docker build .", None),
        ("time env A=b docker build .", None),
        ("$DOCKER build .", None),
        ("${CONTAINER_ENGINE} build .", None),
        ("/usr/bin/docker build .", None),
    ],
)
def test_builders_are_told_apart(command, builder):
    assert build(command).builder == builder


@pytest.mark.parametrize(
    "command",
    [
        "echo docker build .",
        "docker run build",
        "docker push x",
        "docker",
        "docker buildx bake",
        "make build",
        "executor .",
    ],
)
def test_other_commands_are_no_builds(command):
    assert builds(command) == []


def test_short_options_take_their_value_in_every_form():
    assert build("docker build -qt a -tb -t=c .").tags == ("a", "b", "c")


def test_switches_take_no_value():
    one = build("docker build --pull --no-cache --rm=false src")
    assert one.context == "src"


def test_an_unknown_option_takes_a_value():
    assert build("docker build --new-thing value src").context == "src"


def test_unexpanded_options_are_not_the_context():
    assert build('docker build "$@" .').context == "."
    assert build("docker build . $EXTRA").context == "."
    assert build("docker build $CONTEXT").context == "$CONTEXT"


def test_an_argument_without_a_value_takes_the_variable_the_script_sets():
    one = build("export SHA=$(git rev-parse HEAD)\ndocker build --build-arg SHA --build-arg OTHER .")
    assert [(arg.name, arg.value) for arg in one.build_args] == [("SHA", "$(git rev-parse HEAD)"), ("OTHER", None)]


def test_an_argument_knows_its_own_line():
    one = build("docker build \\\n  --build-arg A=1 \\\n  --build-arg B=2 .")
    assert [arg.source.line for arg in one.build_args] == [2, 3]
    assert str(one.build_args[1]) == "x.sh:3 passes B=2"


def test_kaniko_has_names_of_its_own():
    one = build(
        "/kaniko/executor --context dir://$CI_PROJECT_DIR/app --dockerfile ${CI_PROJECT_DIR}/app/Dockerfile"
        " --destination x:1 --cache --customPlatform=linux/arm64 --cache-repo x/cache"
    )
    assert (one.context, one.dockerfile, one.tags, one.platforms) == (
        "app",
        "app/Dockerfile",
        ("x:1",),
        ("linux/arm64",),
    )
    assert one.cache_to == ("x/cache",)


def test_a_platform_that_only_a_run_can_tell_is_left_out():
    assert build("docker build --platform $P,linux/amd64 .").platforms == ("linux/amd64",)
    assert build('docker build --platform "linux/$(go env GOARCH),linux/arm64" .').platforms == ("linux/arm64",)


def test_an_expression_among_platforms_is_not_taken_apart():
    chosen = "${{ github.event_name != 'pull_request' && 'linux/amd64,linux/arm64' || 'linux/amd64' }}"
    assert known_platforms((chosen, "$(X),linux/386,$(Y)")) == ("linux/386",)


def test_an_address_is_kept_as_context():
    one = build("docker build -f a/Dockerfile https://example.com/x.git#main")
    assert (one.context, one.dockerfile) == ("https://example.com/x.git#main", "a/Dockerfile")


def test_the_directory_where_the_files_lie_is_preferred():
    directories = ("scripts", ".")
    assert located("app", None, directories, {"app/Dockerfile"}.__contains__) == ("app", "app/Dockerfile")
    assert located("app", None, directories, frozenset().__contains__) == ("scripts/app", "scripts/app/Dockerfile")


def test_beside_names_the_dockerfile_from_the_context():
    assert located("app", "docker/D", (".",), frozenset().__contains__, beside=True) == ("app", "app/docker/D")


def test_a_build_after_cd_is_placed_there():
    assert build("cd services/api && docker build .").dockerfile == "services/api/Dockerfile"
    assert build("(cd a && docker build x); true", "a/x/Dockerfile").context == "a/x"
