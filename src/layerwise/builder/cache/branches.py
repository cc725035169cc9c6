"""Which branch is built, what it will be merged into, and the main one: from CI's variables, else from git."""

import json
import pathlib
from collections.abc import Mapping
from dataclasses import dataclass

_MAIN = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Branches:
    """The branches whose caches may serve a build.

    Attributes:
        current: The branch, or tag, that is built.
        base: What a merge request will be merged into, "" where there is none.
        main: The main branch.
        foreign: Whether a fork's merge request is built: what it makes is nothing that other builds may take.
        public: Whether anyone may read the source; None where nobody says.
    """

    current: str
    base: str = ""
    main: str = _MAIN
    foreign: bool = False
    public: bool | None = None

    def imported(self) -> tuple[str, ...]:
        """Return those whose caches are looked through, each once, at most three."""
        return tuple(dict.fromkeys(name for name in (self.current, self.base, self.main) if name))


def branches_of(environment: Mapping[str, str], checked_out: str, main: str) -> Branches:
    """Return the branches of a build.

    Args:
        environment: Of GitHub Actions, GitLab CI, or of neither.
        checked_out: The branch that git has checked out, "" for none.
        main: The main branch that git or the configuration names, "" where none does.
    """
    if environment.get("GITHUB_ACTIONS") == "true":
        return _github(environment, checked_out, main)
    if environment.get("GITLAB_CI") == "true":
        return _gitlab(environment, checked_out, main)
    return Branches(current=checked_out or "detached", main=main or _MAIN)


def _github(environment: Mapping[str, str], checked_out: str, main: str) -> Branches:
    event = _event(environment.get("GITHUB_EVENT_PATH", ""))
    repository = _table(event, "repository")
    head = _table(_table(_table(event, "pull_request"), "head"), "repo").get("full_name")
    private = repository.get("private")
    return Branches(
        current=environment.get("GITHUB_HEAD_REF") or environment.get("GITHUB_REF_NAME") or checked_out or "detached",
        base=environment.get("GITHUB_BASE_REF", ""),
        main=main or str(repository.get("default_branch") or _MAIN),
        foreign=head is not None and head != repository.get("full_name"),
        public=None if not isinstance(private, bool) else not private,
    )


def _gitlab(environment: Mapping[str, str], checked_out: str, main: str) -> Branches:
    source, own = (environment.get(f"CI_MERGE_REQUEST_{name}PROJECT_ID", "") for name in ("SOURCE_", ""))
    visibility = environment.get("CI_PROJECT_VISIBILITY", "")
    return Branches(
        current=environment.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME")
        or environment.get("CI_COMMIT_REF_NAME")
        or checked_out
        or "detached",
        base=environment.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", ""),
        main=main or environment.get("CI_DEFAULT_BRANCH") or _MAIN,
        foreign=bool(source) and source != own,
        public=visibility == "public" if visibility else None,
    )


def _event(path: str) -> Mapping[str, object]:
    """Return what GitHub says of the event that a job runs for; nothing where it can't be read."""
    try:
        found: object = json.loads(pathlib.Path(path).read_bytes()) if path else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _table(values: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = values.get(name)
    return found if isinstance(found, dict) else {}
