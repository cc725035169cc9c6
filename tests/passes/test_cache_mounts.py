import pytest
from tests.analyses import analysis_of

from layerwise.passes import cache_mounts
from layerwise.passes.base import Proposal
from layerwise.plan import Options, plan
from layerwise.prove.noise import RuleKind, policy
from layerwise.syntax.edit import apply

BOTH = ("linux/amd64", "linux/arm64")
APT = "RUN apt-get update && apt-get install -y jq"


def rewritten(text: str, platforms: tuple[str, ...] = BOTH) -> str:
    analysis = analysis_of(text, platforms=platforms)
    (proposal,) = (one for one in cache_mounts.propose(analysis) if isinstance(one, Proposal))
    return apply(analysis.dockerfile, proposal.edits)


def test_each_architecture_has_an_id_of_its_own_for_apt_and_the_argument_stands_right_above() -> None:
    lines = rewritten(f"FROM python:3.12-slim\n# jq\n{APT}\n").splitlines()
    assert lines[1:4] == [
        "ARG TARGETARCH",
        "# jq",
        "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked,id=apt-archives-$TARGETARCH \\",
    ]
    assert "target=/var/lib/apt/lists,sharing=locked,id=apt-lists-$TARGETARCH" in lines[4]


def test_an_argument_that_is_in_force_is_not_declared_again() -> None:
    text = rewritten(f"FROM python:3.12-slim\nARG TARGETARCH\n{APT}\n")
    assert text.count("ARG TARGETARCH") == 1
    assert "id=apt-archives-$TARGETARCH" in text


def test_an_argument_above_the_first_stage_is_not_in_force_in_it() -> None:
    assert rewritten(f"ARG TARGETARCH\nFROM python:3.12-slim\n{APT}\n").count("ARG TARGETARCH") == 2


@pytest.mark.parametrize("below", ["RUN make", "RUN curl -o /x https://example.org/${TARGETARCH:-amd64}"])
def test_no_argument_is_declared_where_a_run_below_would_read_it(below: str) -> None:
    text = f"FROM python:3.12-slim\n{APT} && rm -rf /var/lib/apt/lists/*\n{below}\n"
    assert "TARGETARCH" not in rewritten(text).replace(below, "")


def test_one_platform_needs_no_id() -> None:
    assert "id=" not in rewritten(f"FROM python:3.12-slim\n{APT}\n", BOTH[:1])
    assert "id=" not in rewritten(f"FROM --platform=$BUILDPLATFORM python:3.12-slim\n{APT}\n")


def test_a_builder_that_knows_no_mounts_is_named() -> None:
    text = "FROM python:3.12-slim\nCOPY . .\nRUN pip install -r requirements.txt\n"
    known = plan(analysis_of(text), Options(), (cache_mounts,))
    other = plan(analysis_of(text, other_builders=("ci.yml:3 builds with kaniko",)), Options(), (cache_mounts,))
    assert known.changed
    assert not other.changed
    assert any("ci.yml:3 builds with kaniko" in one.why for one in other.refused)


def test_a_run_names_that_runners_without_a_cache_gain_nothing() -> None:
    (proposal,) = cache_mounts.propose(analysis_of("FROM python:3.12-slim\nRUN pip install flask\n"))
    assert isinstance(proposal, Proposal)
    assert any("runners that start empty gain nothing" in one for one in proposal.evidence)


@pytest.mark.parametrize(
    "path",
    [
        "/root/.cache/pip/http-v2/a",
        "/home/app/.cache/pip/wheels/b",
        "/root/.npm/_cacache/index-v5/a",
        "/usr/local/share/.cache/yarn/v6/a",
        "/root/.cache/pypoetry/artifacts/a",
        "/var/cache/apt/archives/jq.deb",
        "/var/lib/apt/lists/a",
        "/var/cache/apk/a",
        "/var/cache/dnf/a",
    ],
)
def test_what_an_image_may_be_without_is_noise_to_verify(path: str) -> None:
    matches = [path[:end] for end in range(1, len(path)) if cache_mounts._MISSED_BY_NOBODY.fullmatch(path[:end])]
    assert matches
    assert policy().about(path, RuleKind.ANYTHING)


@pytest.mark.parametrize(
    "path", ["/root/.cache/uv", "/root/.local/share/pnpm/store", "/root/.cache/go-build", "/srv/pip"]
)
def test_of_other_caches_nobody_says_so(path: str) -> None:
    assert not cache_mounts._MISSED_BY_NOBODY.fullmatch(path)
