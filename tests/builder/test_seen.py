from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.records import build, step

from layerwise.builder.seen import change_seen
from layerwise.records import UNKNOWN_CHANGE, BuildRecord, Ending, Outcome, Seen, Source, Sources

BASE = step("FROM debian", number=1)
CACHED = step("COPY a b", number=2, outcome=Outcome.CACHED)
RAN = step("RUN make", number=3)
MANIFESTS = {"requirements.txt": "pip", "dev.txt": "pip", "package.json": "npm"}


def made(*steps: Any, **sources: Any) -> BuildRecord:
    return build(BASE, *(steps or (CACHED, RAN)), sources=Sources(**sources))


def seen(record: BuildRecord, before: BuildRecord | None = None, *changed: str) -> Seen:
    return change_seen(record, before, frozenset(changed), MANIFESTS)


def test_the_first_build_of_all_is_cold() -> None:
    assert seen(made(RAN)) == Seen(kind="cold", evidence="nothing came from the cache")


def test_the_first_build_that_is_recorded_need_not_be_the_first_of_all() -> None:
    assert seen(made()) == Seen(kind="unknown", evidence="1 step ran, and no build before it is recorded")


@pytest.mark.parametrize("before", [None, made(RAN)])
def test_a_build_of_which_nothing_ran_is_unchanged(before: BuildRecord | None) -> None:
    assert seen(made(CACHED), before) == Seen(kind="unchanged", evidence="every step came from the cache")


def test_a_base_that_is_looked_up_again_is_no_change() -> None:
    assert seen(build(BASE, CACHED), made()).kind == "unchanged"


def test_a_build_without_steps_tells_nothing() -> None:
    assert seen(build(BASE), made()) == UNKNOWN_CHANGE


@pytest.mark.parametrize("ending", [ending for ending in Ending if ending is not Ending.COMPLETED])
def test_a_build_that_was_not_completed_tells_nothing(ending: Ending) -> None:
    found = seen(replace(made(), ending=ending), made(), "app.py")
    assert found == Seen(kind="unknown", evidence=f"the build was not completed ({ending.value})")


def test_files_that_differ_are_code() -> None:
    assert seen(made(), made(), "app.py") == Seen(kind="code", evidence="app.py changed")


def test_of_many_files_some_are_named() -> None:
    files = ("a.py", "b.py", "c.py", "d.py", "e.py")
    assert seen(made(), made(), *files).evidence == "a.py, b.py, c.py and 2 more changed"


def test_manifests_that_differ_are_dependencies_of_their_ecosystem() -> None:
    found = seen(made(), made(), "requirements.txt", "dev.txt", "package.json", "app.py")
    assert found == Seen(
        kind="deps:npm+deps:pip+code",
        evidence="package.json changed; dev.txt, requirements.txt changed; app.py changed",
    )


def test_arguments_that_differ_came_or_went_are_arguments() -> None:
    before = made(arguments=(("COMMIT", "1"), ("SAME", "x"), ("GONE", "x")))
    record = made(arguments=(("COMMIT", "2"), ("SAME", "x"), ("NEW", "x")))
    assert seen(record, before) == Seen(kind="args", evidence="COMMIT, GONE, NEW have another value")
    assert seen(made(arguments=(("A", "1"),)), made()).evidence == "A has another value"


def test_another_dockerfile_is_a_dockerfile() -> None:
    found = seen(made(dockerfile_digest="b"), made(dockerfile_digest="a"))
    assert found == Seen(kind="dockerfile", evidence="the Dockerfile changed")
    assert seen(made(dockerfile_digest="b"), made()).kind == "unchanged"


def test_a_base_with_another_digest_has_moved() -> None:
    before, record = made(bases=(("debian", "a"), ("old", "x"))), made(bases=(("debian", "b"), ("new", "y")))
    assert seen(record, before) == Seen(kind="base", evidence="debian moved")
    assert seen(made(bases=(("debian", ""),)), before).kind == "unchanged"


def test_several_causes_are_named_together() -> None:
    before = made(arguments=(("A", "1"),), dockerfile_digest="a", bases=(("debian", "a"),))
    record = made(arguments=(("A", "2"),), dockerfile_digest="b", bases=(("debian", "b"),))
    assert seen(record, before, "app.py").kind == "code+args+dockerfile+base"


def test_a_log_does_not_say_which_arguments_were_passed() -> None:
    record = replace(made(arguments=(("A", "1"),), dockerfile_digest="b"), source=Source.PLAIN)
    assert seen(record, made(dockerfile_digest="a")).kind == "unchanged"
    assert seen(record, made(dockerfile_digest="a"), "app.py").kind == "code"


def test_where_all_ran_and_nothing_differs_the_cache_was_empty() -> None:
    found = seen(made(RAN), made())
    assert found == Seen(kind="cold", evidence="nothing came from the cache, though no input is known to differ")


def test_a_step_that_a_hit_made_needless_does_not_count_for_the_cache() -> None:
    assert seen(made(step("COPY a b", number=2, outcome=Outcome.SKIPPED), RAN), made()).kind == "cold"


def test_steps_that_ran_with_the_same_inputs_are_said_to_have() -> None:
    found = seen(made(CACHED, RAN, step("RUN test", number=4)), made())
    assert found == Seen(kind="unchanged", evidence="the same inputs; 2 steps ran all the same")


def test_without_git_nobody_knows_what_differs() -> None:
    found = change_seen(made(), made(), None, MANIFESTS)
    assert found == Seen(kind="unknown", evidence="nobody knows which files differ from the build before")
    with_arguments = change_seen(made(arguments=(("A", "2"),)), made(arguments=(("A", "1"),)), None, MANIFESTS)
    assert with_arguments.kind == "args"


def test_a_step_that_platforms_share_counts_once() -> None:
    shared = [step("RUN make", number=3, platform=platform, vertex="v") for platform in ("linux/amd64", "linux/arm64")]
    assert seen(made(CACHED, *shared)).evidence.startswith("1 step ran")


@given(st.sets(st.sampled_from(["app.py", "lib/x.py", *MANIFESTS])), st.booleans(), st.booleans())
def test_a_change_always_has_its_evidence(changed: set[str], ran: bool, cached: bool) -> None:
    steps = [*([RAN] if ran else []), *([CACHED] if cached else [])]
    found = change_seen(build(BASE, *steps), made(), frozenset(changed), MANIFESTS)
    assert found.kind
    assert found.evidence
    assert ("code" in found.kind.split("+")) == (ran and bool(changed - set(MANIFESTS)))
