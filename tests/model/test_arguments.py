import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.invocation.invocation import Invocation, PassedArgument, Source
from layerwise.model.arguments import ArgumentChange, argument_change
from layerwise.model.commits import Commit, History, Touched
from layerwise.records import Basis

SOURCE = Source(".github/workflows/build.yml", 31)


def history(*touched: str, tags: int = 0, total: int = 10) -> History:
    """Ten commits; one of them touched each path given, the first ``tags`` are tagged."""
    commits = []
    for number in range(total):
        paths = (Touched(touched[number], "M"),) if number < len(touched) else ()
        commits.append(Commit(str(number), number, "", paths, ("v1",) * (number < tags)))
    return History(tuple(commits))


def passing(value: str | None, name: str = "X", past: History | None = None) -> ArgumentChange:
    build = Invocation(SOURCE, "workflow", build_args=(PassedArgument(name, value, SOURCE),))
    return argument_change(name, None, [build], past or history())


@pytest.mark.parametrize(
    "value",
    [
        "${{ github.sha }}",
        "$(git rev-parse HEAD)",
        "$(git rev-parse --short=7 HEAD)",
        "$(git describe --tags --always --dirty)",
        "$(git log -1 --format=%h)",
        "$CI_COMMIT_SHA",
        "${CI_COMMIT_SHORT_SHA}",
        "$GITHUB_SHA",
        "v1-${{ github.sha }}",
        "${{ github.event.pull_request.head.sha }}",
        "${{ fromJSON(steps.meta.outputs.json).labels['org.opencontainers.image.revision'] }}",
        "${{ steps.vars.outputs.short_sha }}",
        "${GIT_COMMIT:-unknown}",
    ],
)
def test_a_commit_changes_with_each_commit(value):
    change = passing(value)
    assert (change.per_commit, change.every_build, change.basis) == (1.0, False, Basis.PREDICTED)


@pytest.mark.parametrize(
    "value",
    [
        "${{ github.run_number }}",
        "$CI_PIPELINE_ID",
        "$(date -u +%Y-%m-%dT%H:%M:%SZ)",
        "$( TZ=UTC date)",
        "${BUILD_NUMBER}",
        "${{ fromJSON(steps.meta.outputs.json).labels['org.opencontainers.image.created'] }}",
        "${timestamp()}",
        "$(git rev-parse HEAD)-$(date +%s)",
    ],
)
def test_a_date_or_build_number_changes_with_each_build(value):
    change = passing(value)
    assert (change.per_commit, change.every_build) == (1.0, True)


@pytest.mark.parametrize("value", ["${{ github.ref_name }}", "$CI_COMMIT_TAG", "$(git describe --tags --abbrev=0)"])
def test_a_tag_changes_as_often_as_commits_are_tagged(value):
    change = passing(value, past=history(tags=2))
    assert (change.per_commit, change.basis) == (0.2, Basis.MEASURED)
    assert "2 of the last 10 commits are tagged" in change.evidence[0]


def test_a_tag_without_tags_in_the_history_is_a_prior():
    change = passing("$CI_COMMIT_TAG")
    assert 0 < change.per_commit < 1
    assert change.basis is Basis.PRIOR


@pytest.mark.parametrize(
    "value", ["$(git rev-parse --abbrev-ref HEAD)", "${{ github.repository }}", "$CI_PROJECT_NAME"]
)
def test_what_one_branch_keeps_never_changes(value):
    assert passing(value).per_commit == 0.0


@pytest.mark.parametrize(
    ("value", "file"),
    [
        ("$(cat VERSION)", "VERSION"),
        ("$(cat ./VERSION)", "VERSION"),
        ("$(cat app/version.txt | tr -d v)", "app/version.txt"),
        ("$(jq -r .version package.json)", "package.json"),
        ("$(node -p \"require('./package.json').version\")", "package.json"),
        ("$(poetry version -s)", "pyproject.toml"),
        ("$(npm pkg get version)", "package.json"),
        ("${{ hashFiles('**/requirements.txt') }}", "api/requirements.txt"),
        ("$(sha256sum < uv.lock)", "uv.lock"),
        ("$(cat .python-version)", ".python-version"),
    ],
)
def test_a_value_read_from_a_file_changes_as_often_as_the_file(value, file):
    change = passing(value, past=history(file, file, "other"))
    assert (change.per_commit, change.basis) == (0.2, Basis.MEASURED)
    assert "2 of the last 10 commits touched" in change.evidence[0]


def test_a_file_read_without_any_history_is_a_prior():
    assert passing("$(cat VERSION)", past=History(why="no git")).basis is Basis.PRIOR


def test_a_fixed_text_is_taken_to_change_once_and_says_so():
    change = passing("3.12")
    assert (change.per_commit, change.basis) == (0.1, Basis.PRIOR)
    assert change.evidence == (f"{SOURCE} passes X=3.12: a fixed text, taken to change once in the commits seen",)


def test_the_evidence_names_file_line_and_value():
    assert (
        passing("${{ github.sha }}", "GIT_COMMIT")
        .evidence[0]
        .startswith(".github/workflows/build.yml:31 passes GIT_COMMIT=${{ github.sha }}")
    )


def test_a_value_from_the_environment_is_judged_by_its_variable_then_by_its_own_name():
    assert passing("${SOURCE_SHA}", "X").per_commit == 1.0
    assert passing("${{ inputs.build_date }}", "X").every_build
    assert passing("$WHO_KNOWS", "GIT_SHA").per_commit == 1.0
    assert passing("$WHO_KNOWS", "COLOUR").per_commit == 0.1
    assert passing(None, "VCS_REF").per_commit == 1.0
    assert passing(None, "COLOUR").per_commit == 0.1


def test_what_comes_from_the_environment_is_a_prior():
    assert passing("${SOURCE_SHA}").basis is Basis.PRIOR


def test_the_most_frequent_of_several_callers_counts_and_all_are_named():
    other = Source("Makefile", 3)
    builds = [
        Invocation(other, "makefile", build_args=(PassedArgument("X", "dev", other),)),
        Invocation(SOURCE, "workflow", build_args=(PassedArgument("X", "${{ github.sha }}", SOURCE),)),
    ]
    change = argument_change("X", None, builds, history())
    assert change.per_commit == 1.0
    assert [sentence.split(" ")[0] for sentence in change.evidence] == [str(SOURCE), str(other)]


def test_what_nobody_passes_changes_only_with_the_dockerfile():
    change = argument_change("GIT_COMMIT", "unknown", [Invocation(SOURCE, "workflow")], history())
    assert (change.per_commit, change.basis) == (0.0, Basis.PREDICTED)
    assert change.evidence == ("nobody passes GIT_COMMIT: its default 'unknown' stays until the Dockerfile changes",)


@pytest.mark.parametrize(
    ("name", "per_commit", "every_build"),
    [
        ("GIT_COMMIT", 1.0, False),
        ("GIT_SHA", 1.0, False),
        ("COMMIT", 1.0, False),
        ("REVISION", 1.0, False),
        ("VCS_REF", 1.0, False),
        ("SOURCE_COMMIT", 1.0, False),
        ("COMMIT_HASH", 1.0, False),
        ("git_commit", 1.0, False),
        ("BUILD_DATE", 1.0, True),
        ("BUILD_NUMBER", 1.0, True),
        ("BUILD_ID", 1.0, True),
        ("CI_PIPELINE_ID", 1.0, True),
        ("CACHEBUST", 1.0, True),
        ("CACHE_BUST_APT", 1.0, True),
        ("TARGETARCH", 0.0, False),
        ("GIT_BRANCH", 0.0, False),
        ("HTTP_PROXY", 0.0, False),
        ("PYTHON_VERSION", 0.0, False),
        ("FFMPEG_COMMIT", 0.0, False),
        ("TINI_SHA256", 0.0, False),
        ("BUILDER_IMAGE", 0.0, False),
        ("UID", 0.0, False),
    ],
)
def test_without_any_build_the_name_alone_tells(name, per_commit, every_build):
    change = argument_change(name, None, [], history())
    assert (change.per_commit, change.every_build) == (per_commit, every_build)


@pytest.mark.parametrize("name", ["VERSION", "APP_VERSION", "TAG", "RELEASE"])
def test_a_version_by_name_changes_with_the_tags(name):
    assert argument_change(name, None, [], history(tags=3)).per_commit == 0.3


def test_a_name_alone_is_a_prior():
    assert argument_change("GIT_COMMIT", None, [], history()).basis is Basis.PRIOR


@pytest.mark.parametrize("name", ["TARGETPLATFORM", "http_proxy"])
def test_what_buildkit_gives_a_meaning_never_changes_whoever_passes_it(name):
    assert passing("${{ github.sha }}", name).per_commit == 0.0


@given(st.text(st.characters(codec="ascii"), max_size=30), st.integers(0, 5))
def test_every_value_has_a_rate_between_0_and_1_with_evidence(value, tags):
    change = passing(value, past=history("VERSION", tags=tags))
    assert 0.0 <= change.per_commit <= 1.0
    assert change.evidence
    assert change.basis is not Basis.UNKNOWN
