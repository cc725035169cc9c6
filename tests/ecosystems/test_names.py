import pytest

from layerwise.ecosystems.effects import Environment, Openness
from layerwise.ecosystems.names import every_program, fetchers, group, matches, shell, well_known


@pytest.mark.parametrize(
    "name",
    [
        "CI",
        "DEBUG",
        "VERSION",
        "NODE_ENV",
        "CC",
        "CFLAGS",
        "PIP_INDEX_URL",
        "npm_config_registry",
        "NPM_TOKEN",
        "PYTHONPATH",
        "CARGO_HOME",
        "GOFLAGS",
        "JAVA_HOME",
        "GITHUB_SHA",
        "GITHUB_TOKEN",
        "CI_COMMIT_SHA",
        "JENKINS_URL",
        "http_proxy",
        "HTTPS_PROXY",
        "LANG",
        "LC_ALL",
        "TZ",
        "PATH",
        "HOME",
        "LD_PRELOAD",
        "AWS_REGION",
        "CMAKE_PREFIX_PATH",
        "MAKEFLAGS",
        "SETUPTOOLS_SCM_PRETEND_VERSION",
        "CUDA_HOME",
        "GIT_DIR",
        "GIT_AUTHOR_NAME",
        "DOCKER_HOST",
        "TARGETARCH",
        "DEBIAN_FRONTEND",
        "PUPPETEER_SKIP_DOWNLOAD",
        "CYPRESS_INSTALL_BINARY",
        "SENTRYCLI_CDNURL",
        "CONDA_PREFIX",
        "SOURCE_DATE_EPOCH",
    ],
)
def test_names_that_third_party_code_looks_at(name):
    assert well_known(name)


@pytest.mark.parametrize(
    "name",
    [
        "GIT_COMMIT",
        "COMMIT",
        "COMMIT_SHA",
        "GIT_SHA",
        "BUILD_DATE",
        "VCS_REF",
        "REVISION",
        "GIT_BRANCH",
        "MY_SETTING",
        "SHOP_COLOUR",
    ],
)
def test_names_that_only_the_project_knows(name):
    assert not well_known(name)


def test_names_match_in_any_case():
    assert matches("npm_config_x", {"NPM_*"})
    assert matches("PIP_X", {"pip_*"})
    assert not matches("XPIP_X", {"PIP_*"})
    assert not matches("PIP_X\n", {"PIP_X"})
    assert not matches("X", ())


def test_lists_are_disjoint_in_purpose():
    assert "PATH" in every_program()
    assert "BASH_ENV" in shell()
    assert "*_proxy" in fetchers()
    assert "GIT_DIR" in group("git")


@pytest.mark.parametrize(
    ("openness", "name", "reads"),
    [
        (Openness.CLOSED, "PIP_X", True),
        (Openness.CLOSED, "CI", False),
        (Openness.INSTALLER, "CI", True),
        (Openness.INSTALLER, "GIT_COMMIT", False),
        (Openness.OPEN, "GIT_COMMIT", True),
    ],
)
def test_openness_says_how_far_names_go(openness, name, reads):
    assert Environment(openness, frozenset({"PIP_*"})).reads(name) is reads
