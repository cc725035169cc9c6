from collections.abc import Mapping
from itertools import pairwise

import pytest

from layerwise.model.lineage import changed_instructions
from layerwise.syntax.parser import parse

INSTALL = "RUN pip install -r requirements.txt"
MOUNTED = "RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt"
PACKAGES = " ".join(
    f"lib{name}-dev" for name in ("ssl", "ldap", "fuzzy", "sasl", "pq", "xml", "magic", "png", "tiff", "jpeg")
)
LONG = f"RUN apt-get update && apt-get install -y --no-install-recommends {PACKAGES} && apt-get clean && ldconfig"


def changed(*versions: str | None, current: str) -> Mapping[str, frozenset[str]]:
    """Return what commits changed of which each made the next of the versions; the first one found the first there."""
    texts = [None if version is None else f"FROM debian\n{version}\n" for version in versions]
    contents = {}
    for number, (before, after) in enumerate(pairwise(texts), 1):
        contents[f"c{number}^"] = None if before is None else before.encode()
        contents[f"c{number}"] = None if after is None else after.encode()
    commits = [f"c{number}" for number in range(1, len(versions))]
    return changed_instructions(commits, contents, parse(f"FROM debian\n{current}\n", "Dockerfile"))


def test_an_instruction_that_changes_a_little_again_and_again_stays_the_same_one() -> None:
    versions = ("RUN make", "RUN make one", "RUN make one two", "RUN make one two three", "RUN make two three four")
    named = frozenset({"instruction RUN make two three four five six"})
    assert changed(*versions, current="RUN make two three four five six") == dict.fromkeys(
        ("c1", "c2", "c3", "c4"), named
    )


def test_a_run_with_a_cache_mount_is_still_the_one_that_had_none() -> None:
    assert changed("RUN pip install flask", INSTALL, current=MOUNTED) == {"c1": {f"instruction {MOUNTED}"}}


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("COPY a b", "COPY --link --chown=app:app a b"),
        ("FROM golang AS build", "FROM --platform=$BUILDPLATFORM golang AS build"),
    ],
)
def test_an_instruction_that_got_a_flag_is_the_same_one(before: str, now: str) -> None:
    assert changed("RUN make", before, current=now) == {"c1": {f"instruction {now}"}}


def test_a_copy_from_another_stage_is_not_taken_for_one_from_the_context() -> None:
    assert changed("RUN make", "COPY a b", current="COPY --from=build a b") == {"c1": frozenset()}


def test_a_long_run_is_compared_by_its_words_in_any_order() -> None:
    now = LONG.replace(PACKAGES, " ".join(sorted(PACKAGES.split()))).replace("apt-get clean && ", "")
    assert len(LONG) > 200
    assert changed("RUN make", LONG, current=now) == {"c1": {f"instruction {now}"}}


def test_an_instruction_that_went_is_not_taken_for_one_that_stood_beside_it() -> None:
    both = "RUN make one\nRUN make two"
    assert changed("RUN make one", both, current="RUN make one") == {"c1": frozenset()}


def test_an_instruction_that_went_is_not_taken_for_one_that_is_little_like_it() -> None:
    assert changed("RUN make", "RUN curl https://example.org", current="RUN make") == {"c1": frozenset()}


def test_an_instruction_that_went_and_came_back_is_the_same_one() -> None:
    assert changed("", INSTALL, "", INSTALL, current=INSTALL) == dict.fromkeys(
        ("c1", "c3"), frozenset({f"instruction {INSTALL}"})
    )


def test_an_instruction_that_went_and_came_back_a_little_changed_is_the_same_one() -> None:
    assert changed("", INSTALL, "", MOUNTED, current=MOUNTED)["c1"] == {f"instruction {MOUNTED}"}


def test_a_variable_stays_the_one_of_its_name_whatever_its_value() -> None:
    versions = ("ENV A=1 B=1", "ENV A=one-and-twenty B=1", "ENV A=3 B=1")
    assert changed(*versions, current="ENV A=/opt B=1") == dict.fromkeys(
        ("c1", "c2"), frozenset({"instruction ENV A=/opt"})
    )


def test_a_base_stays_the_one_of_its_image_whatever_its_version() -> None:
    versions = ("FROM golang:1.18 AS build", "FROM golang:1.19 AS build", f"FROM golang@sha256:{'5' * 64} AS build")
    now = "FROM golang:1.21-alpine3.18 AS build"
    assert changed(*versions, current=now) == dict.fromkeys(("c1", "c2"), frozenset({f"instruction {now}"}))


def test_a_version_that_cannot_be_read_hides_nothing_of_the_others() -> None:
    found = changed("RUN pip install flask", INSTALL, "FROM a b", INSTALL, current=MOUNTED)
    assert found == {"c1": {f"instruction {MOUNTED}"}}


def test_the_commit_that_made_the_file_changed_nothing_of_it() -> None:
    assert changed(None, INSTALL, current=INSTALL) == {}
