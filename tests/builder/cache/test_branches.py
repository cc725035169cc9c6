import json

import pytest

from layerwise.builder.cache.branches import Branches, branches_of

GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_REF_NAME": "topic"}
GITLAB = {"GITLAB_CI": "true", "CI_COMMIT_REF_NAME": "topic", "CI_DEFAULT_BRANCH": "trunk"}


def test_outside_of_ci_git_says():
    assert branches_of({}, "topic", "trunk") == Branches(current="topic", main="trunk")
    assert branches_of({}, "", "") == Branches(current="detached", main="main")


def test_a_push_on_github():
    assert branches_of(GITHUB, "", "") == Branches(current="topic", main="main")


@pytest.fixture
def event(tmp_path):
    def written(**values: object) -> dict[str, str]:
        path = tmp_path / "event.json"
        path.write_text(json.dumps(values))
        return {**GITHUB, "GITHUB_EVENT_PATH": str(path)}

    return written


def test_a_pull_request_on_github(event):
    repository = {"full_name": "acme/shop", "default_branch": "trunk", "private": True}
    environment = event(repository=repository, pull_request={"head": {"repo": {"full_name": "acme/shop"}}})
    environment |= {"GITHUB_REF_NAME": "7/merge", "GITHUB_HEAD_REF": "topic", "GITHUB_BASE_REF": "next"}
    found = branches_of(environment, "", "")
    assert found == Branches(current="topic", base="next", main="trunk", foreign=False, public=False)
    assert found.imported() == ("topic", "next", "trunk")


def test_a_pull_request_of_a_fork_is_foreign(event):
    environment = event(
        repository={"full_name": "acme/shop", "private": False},
        pull_request={"head": {"repo": {"full_name": "mallory/shop"}}},
    )
    found = branches_of({**environment, "GITHUB_HEAD_REF": "topic", "GITHUB_BASE_REF": "main"}, "", "")
    assert (found.foreign, found.public) == (True, True)
    assert found.imported() == ("topic", "main")


@pytest.mark.parametrize("content", ["{", "[]", '{"repository": 3, "pull_request": []}'])
def test_an_event_that_says_nothing_is_no_error(tmp_path, content):
    path = tmp_path / "event.json"
    path.write_text(content)
    found = branches_of({**GITHUB, "GITHUB_EVENT_PATH": str(path)}, "", "")
    assert found == Branches(current="topic", main="main")


def test_a_merge_request_on_gitlab():
    request = {
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "topic",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "next",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "1",
        "CI_MERGE_REQUEST_PROJECT_ID": "1",
        "CI_PROJECT_VISIBILITY": "private",
    }
    found = branches_of({**GITLAB, **request}, "", "")
    assert found == Branches(current="topic", base="next", main="trunk", foreign=False, public=False)
    assert branches_of({**GITLAB, **request, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "2"}, "", "").foreign


def test_a_push_on_gitlab():
    assert branches_of(GITLAB, "", "") == Branches(current="topic", main="trunk")
    assert branches_of(GITLAB, "", "other").main == "other"


def test_never_more_than_three_are_imported_and_each_once():
    assert Branches(current="main", base="main", main="main").imported() == ("main",)
    assert len(Branches(current="a", base="b", main="c").imported()) == 3
