"""Builds that benches made teach the profile, and are no part of what the team's builds say."""

import pytest
from tests.records import build, step

from layerwise.errors import UsageError
from layerwise.records import BENCH, BuildRecord, Sources
from layerwise.store import Store

SOURCES = Sources(dockerfile="Dockerfile")


def kept(store: Store) -> tuple[BuildRecord, BuildRecord, BuildRecord]:
    team = build(step(key="k", seconds=5.0), id="team-1", started_at=1.0, sources=SOURCES)
    bench = build(step(key="k", seconds=9.0), id="bench-1", started_at=2.0, sources=SOURCES, group=f"{BENCH}abc")
    later = build(id="team-2", started_at=3.0, sources=SOURCES)
    for record in (team, bench, later):
        store.add(record)
    return team, bench, later


def test_they_are_listed_where_they_are_asked_for(store):
    team, *_ = kept(store)
    assert [row.id for row in store.builds(team.project)] == ["team-2", "team-1"]
    assert [row.id for row in store.builds(team.project, benches=True)] == ["team-2", "bench-1", "team-1"]


def test_counting_back_leaves_them_out_and_their_ids_find_them(store):
    team, bench, _ = kept(store)
    assert store.find("^1", team.project).id == "team-1"
    assert store.find("bench", team.project).id == "bench-1"
    with pytest.raises(UsageError):
        store.find("^2", team.project)
    assert bench.of_bench
    assert not team.of_bench


def test_a_build_is_compared_with_none_of_them(store):
    *_, later = kept(store)
    assert [record.id for record in store.before(later, limit=9)] == ["team-1"]


def test_their_steps_and_their_overheads_are_the_profile_s(store):
    team, *_ = kept(store)
    assert [one.duration_s for one in store.executions(team.project, {"k"})["linux/amd64", "k"]] == [9.0, 5.0]
    assert [record.id for record in store.records(team.project, limit=9)] == ["team-2", "bench-1", "team-1"]
